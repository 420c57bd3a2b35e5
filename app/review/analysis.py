"""A session read again with another method: the work, and what comes of it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from aimanet.methods import LABELS, make_method
from aimanet.sessions.analysis import Comparison, compare, reanalyse, recorded
from aimanet.sessions.reader import RecordedReading, Session
from aimanet.sessions.tally import Tally
from aimanet.types import Reading
from app.review.curves import Rates, Values, Wave, rates_of
from app.review.jobs import Job, Work

_TELL_EVERY = 10
"""Frames between two words on the progress."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A method, and weights other than those that are shipped."""

    method: str
    weights: Path | None = None

    @property
    def name(self) -> str:
        """What its curve is called; the same wish again has the same name."""
        label = LABELS[self.method]
        return label if self.weights is None else f"{label} · {self.weights.stem}"


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """What a method reads in a session, and how far that is from the recorded readings."""

    name: str
    wish: Wish
    readings: tuple[RecordedReading, ...]
    rates: Rates
    wave: Wave
    hr_bpm: float | None
    ok_share: float | None
    against: Comparison


def analysing(session: Session, wish: Wish) -> Work:
    """Reads the whole session again; None where it was cancelled."""

    def work(job: Job) -> Analysis | None:
        job.tell(0.0, "Loading the method…")
        method = make_method(wish.method, weights=wish.weights)
        total, readings = max(1, len(session.frames)), list[Reading]()
        curve = _Curve()
        with closing(reanalyse(session, method)) as steps:  # type: ignore[type-var]
            for number, (_, reading) in enumerate(steps, 1):
                if job.cancelled:
                    return None
                if reading is not None:
                    readings.append(reading)
                    curve.add(reading)
                if number % _TELL_EVERY == 0:
                    job.tell(min(1.0, number / total), f"{number:,} of {total:,} frames")
        return _result(session, wish, tuple(map(recorded, readings)), curve.wave())

    return work


def _result(
    session: Session, wish: Wish, readings: tuple[RecordedReading, ...], wave: Wave
) -> Analysis:
    tally = Tally()
    for reading in readings:
        tally.add(reading.hr_bpm, reading.state)
    return Analysis(
        name=wish.name,
        wish=wish,
        readings=readings,
        rates=rates_of(readings),
        wave=wave,
        hr_bpm=tally.hr_bpm,
        ok_share=tally.ok_share,
        against=compare(session.readings, readings),
    )


class _Curve:
    """The samples of the live curve, each as it was first shown: what a session keeps."""

    def __init__(self) -> None:
        self._t: list[Values] = []
        self._value: list[Values] = []
        self._last = -np.inf

    def add(self, reading: Reading) -> None:
        """Takes what is new in a reading's curve."""
        t = np.asarray(reading.bvp_t, float)
        if not len(t):
            return
        step = 0.5 * (t[1] - t[0]) if len(t) > 1 else 0.0
        new = t > self._last + step
        self._t.append(t[new])
        self._value.append(np.asarray(reading.bvp, float)[new])
        self._last = max(self._last, float(t[-1]))

    def wave(self) -> Wave:
        """All of it."""
        if not self._t:
            return Wave(np.empty(0), np.empty(0))
        return Wave(np.concatenate(self._t), np.concatenate(self._value))
