"""A session read again with another method: the work, and what comes of it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from aimanet.estimate import PulseConfig
from aimanet.methods import LABELS, make_method
from aimanet.sessions.analyses import KeptAnalysis, Origin, delete_analysis, save_analysis
from aimanet.sessions.analysis import Comparison, compare, reanalyse, recorded
from aimanet.sessions.export.job import file_name
from aimanet.sessions.info import now
from aimanet.sessions.layout import SessionError
from aimanet.sessions.origin import parse_model, versions
from aimanet.sessions.reader import RecordedReading, Session
from aimanet.types import Reading
from app.review.curves import Rates, Values, Wave, rates_of
from app.review.jobs import Job, Work
from app.wording import one_line

_LONGEST = 60
"""Letters of a name on the screen; a file may hold a longer one."""

_TELL_EVERY = 10
"""Frames between two words on the progress."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A method, weights other than those that are shipped, and what it reads.

    ``whole``: the face is searched again in the compressed picture.
    """

    method: str
    weights: Path | None = None
    whole: bool = False

    @property
    def name(self) -> str:
        """What its curve is called; the same wish again has the same name."""
        label = LABELS[self.method]
        parts = [label, *([] if self.weights is None else [self.weights.stem])]
        return " · ".join([*parts, *(["compressed picture"] if self.whole else [])])

    @property
    def key(self) -> str:
        """What its folder in the session is called."""
        parts = [self.method, *([] if self.weights is None else [self.weights.stem])]
        return file_name("-".join([*parts, *(["picture"] if self.whole else [])]))


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """What a method reads in a session, and how far that is from the recorded readings.

    ``key`` names its folder in the session; ``unkept`` says why it has none.
    """

    name: str
    key: str
    readings: tuple[RecordedReading, ...]
    rates: Rates
    wave: Wave
    hr_bpm: float | None
    ok_share: float | None
    against: Comparison
    unkept: str = ""


def analysing(session: Session, wish: Wish) -> Work:
    """Reads the whole session again; None where it was cancelled."""

    def work(job: Job) -> Analysis | None:
        job.tell(0.0, "Loading the method…")
        method = make_method(wish.method, weights=wish.weights)
        total, readings = max(1, len(session.frames)), list[Reading]()
        curve = _Curve()
        with closing(reanalyse(session, method, whole=wish.whole)) as steps:  # type: ignore[type-var]
            for number, (_, reading) in enumerate(steps, 1):
                if job.cancelled:
                    return None
                if reading is not None:
                    readings.append(reading)
                    curve.add(reading)
                if number % _TELL_EVERY == 0:
                    job.tell(min(1.0, number / total), f"{number:,} of {total:,} frames")
        origin = Origin(
            name=wish.name,
            method=method.name,
            model=parse_model(method.model),
            window_s=session.info.window_s or PulseConfig().window_s,
            made=now(),
            versions=versions(),
        )
        wave = curve.wave()
        kept = KeptAnalysis(wish.key, origin, tuple(map(recorded, readings)), wave.t, wave.value)
        if job.cancelled:
            return None
        try:
            save_analysis(session.folder, kept)
        except SessionError as problem:
            return replace(shown(session, kept), unkept=str(problem))
        return shown(session, kept)

    return work


def shown(session: Session, kept: KeptAnalysis) -> Analysis:
    """An analysis that is kept with the session, for plots and table."""
    return Analysis(
        name=one_line(kept.origin.name, _LONGEST),
        key=kept.key,
        readings=kept.readings,
        rates=rates_of(kept.readings),
        wave=Wave(kept.bvp_t, kept.bvp),
        hr_bpm=kept.tally.hr_bpm,
        ok_share=kept.tally.ok_share,
        against=compare(session.readings, kept.readings),
    )


def forgetting(session: Session, analysis: Analysis) -> Work:
    """Deletes what is kept of an analysis."""

    def work(job: Job) -> None:
        delete_analysis(session.folder, analysis.key)

    return work


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
