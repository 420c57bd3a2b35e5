"""What methods said about clips: the answer to each clip, and every live reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aimanet.bench.accuracy.material import ClipInfo
from aimanet.types import State

Values = NDArray[np.float64]

STATES = tuple(State)
"""Codes of states: their places here."""

NEAR_BPM = 5.0
"""A reading this close to the truth is right."""


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """The live readings of one method on one clip, as columns (n,), in order.

    ``t`` s since the clip's first frame; ``span_s`` until the next reading (the last one: until
    the clip's end); ``hr_bpm`` and ``snr_db`` NaN where there is no estimate; ``truth_bpm`` the
    mean true rate over the seconds that the estimate rests on, NaN where unknown, ``now_bpm`` the
    true rate of the last two seconds; ``quality`` 0-1;
    ``state`` indices into `STATES`; ``features`` what the judge weighed, by name, NaN where it had
    nothing to weigh.
    """

    t: Values
    span_s: Values
    hr_bpm: Values
    truth_bpm: Values
    now_bpm: Values
    quality: Values
    snr_db: Values
    state: NDArray[np.int8]
    features: Mapping[str, Values]

    def __len__(self) -> int:
        return len(self.t)

    def is_state(self, state: State) -> NDArray[np.bool_]:
        """Where the readings are in that state (n,)."""
        return self.state == STATES.index(state)

    @property
    def ok(self) -> NDArray[np.bool_]:
        """Where a number was shown as one to believe (n,)."""
        return self.is_state(State.OK)

    @property
    def error_bpm(self) -> Values:
        """Read minus true (n,); NaN where either is missing."""
        return self.hr_bpm - self.truth_bpm


@dataclass(frozen=True, slots=True, eq=False)
class ClipResult:
    """One method on one clip.

    ``hr_bpm`` is the rate of the whole clip (what `analyze` answers), NaN where it has none;
    ``truth_bpm`` the mean true rate over the clip, NaN for a lifeless one. ``fps`` and
    ``face_share`` (of the frames) are measured.
    """

    clip: ClipInfo
    method: str
    model: str | None
    hr_bpm: float
    truth_bpm: float
    snr_db: float
    state: State
    seconds: float
    fps: float
    face_share: float
    readings: Readings

    @property
    def error_bpm(self) -> float:
        """Read minus true."""
        return self.hr_bpm - self.truth_bpm

    @property
    def ok_s(self) -> float:
        """Seconds in which a number was shown as ``ok``."""
        return float(self.readings.span_s[self.readings.ok].sum())

    @property
    def judged_s(self) -> float:
        """Seconds since the method stopped warming up: those in which a number was due."""
        live = ~self.readings.is_state(State.WARMING_UP)
        return float(self.readings.span_s[live].sum())

    @property
    def first_ok_s(self) -> float:
        """Seconds from the first frame to the first ``ok``; infinite where there is none."""
        found = self.readings.t[self.readings.ok]
        return float(found[0]) if len(found) else float("inf")


@dataclass(frozen=True, slots=True)
class Missing:
    """A clip that is in no figure, and why."""

    clip: ClipInfo
    reason: str
