"""A whole recording in one answer, and the compact memory behind it."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

import numpy as np

from aimanet.estimate import Estimate
from aimanet.rate import RatePath
from aimanet.types import Reading, Reason, State

KEEP_READINGS = 150_000
"""Compact readings kept for the summary: about 14 hours, 2.5 MB; then the oldest quarter goes."""

STATES = tuple(State)
REASONS = (None, *Reason)

DOUBT = 0.3
"""Weight in the recording's rate of a window whose reading is not ``ok``."""


@dataclass(frozen=True, slots=True)
class ShortReading:
    """What the summary keeps of a `Reading`."""

    t: float
    hr_bpm: float | None
    snr_db: float | None
    state: State


@dataclass(frozen=True, slots=True)
class Summary:
    """A whole recording in one answer.

    ``hr_bpm`` and ``snr_db`` are None where there was never an estimate; ``state`` is ``ok`` when
    most of the seconds that could be judged (a face, warmed up) were; ``fps`` is measured.
    ``reason`` is the commonest of the readings that decided ``state``, None where that is ``ok``.
    """

    hr_bpm: float | None
    snr_db: float | None
    state: State
    method: str
    model: str | None
    fps: float
    frames: int
    duration_s: float
    face_fraction: float
    readings: list[ShortReading] = field(default_factory=list)
    reason: Reason | None = None


class History:
    """The readings of a recording in 18 bytes each, and the best path of rates through its windows.

    A pulse that noise drowns in every single window still stands out of all of them together:
    the path decides the rate, whether or not any reading could be trusted.
    """

    def __init__(self) -> None:
        self._path = RatePath()
        self._t, self._hr, self._snr, self._state = array("d"), array("f"), array("f"), array("b")
        self._reason = array("b")

    def add(
        self, reading: Reading, estimate: Estimate | None = None, reason: Reason | None = None
    ) -> None:
        """Keeps a reading and what the window behind it says about all rates.

        ``reason`` is why its state is not ``ok``, as far as that is known before the first window
        is full, too, when the reading itself only says that it is measuring.
        """
        if len(self._t) >= KEEP_READINGS:
            for column in (self._t, self._hr, self._snr, self._state, self._reason):
                del column[: KEEP_READINGS // 4]
        self._t.append(reading.t)
        self._hr.append(np.nan if reading.hr_bpm is None else reading.hr_bpm)
        self._snr.append(np.nan if reading.snr_db is None else reading.snr_db)
        self._state.append(STATES.index(reading.state))
        self._reason.append(REASONS.index(reason))
        if estimate is not None and len(estimate.rates):
            trust = 1.0 if reading.state is State.OK else DOUBT
            window_s, rates = estimate.window_s, estimate.rates
            self._path.add(reading.t, window_s, rates, estimate.evidence, trust)

    def readings(self) -> list[ShortReading]:
        """Returns them all, oldest first."""
        return [
            ShortReading(t, _or_none(hr), _or_none(snr), STATES[state])
            for t, hr, snr, state in zip(self._t, self._hr, self._snr, self._state, strict=True)
        ]

    def verdict(self) -> tuple[float | None, float | None, State]:
        """Returns heart rate, SNR and state of the whole recording."""
        hr, snr = np.array(self._hr), np.array(self._snr)
        state = np.array(self._state)
        ok = state == STATES.index(State.OK)
        poor = state == STATES.index(State.POOR_SIGNAL)
        known = ~np.isnan(hr)
        trusted = ok & known
        if not len(state) or not np.any(known | poor):
            warming = np.any(state == STATES.index(State.WARMING_UP))
            return None, None, State.WARMING_UP if warming else State.NO_FACE
        whole = State.OK if ok.sum() > poor.sum() else State.POOR_SIGNAL
        if not np.any(known):
            return None, None, whole
        best = trusted if np.any(trusted) else known
        rate = self._path.mean_bpm() or float(np.median(hr[best]))
        return rate, float(np.median(snr[best])), whole

    def reason(self, whole: State) -> Reason | None:
        """Returns the commonest reason of the readings in the state ``whole``; None for ``ok``."""
        state, reason = np.array(self._state), np.array(self._reason)
        among = reason[state == STATES.index(whole)]
        if whole is State.OK or not len(among):
            return None
        return REASONS[int(np.argmax(np.bincount(among)))]


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
