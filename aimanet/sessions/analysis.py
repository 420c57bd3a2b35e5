"""A session's pulse read once more, and how that compares with what was shown on the day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aimanet.ahead import open_crops
from aimanet.estimate import PulseConfig
from aimanet.methods import PulseMethod
from aimanet.pipeline import Pipeline
from aimanet.rhythm.study import Study, study_recorded
from aimanet.rhythm.tape import PulseTape
from aimanet.sessions.reader import RecordedReading, Session, Signal
from aimanet.sessions.replay import ReplaySource
from aimanet.sources.base import Faces
from aimanet.types import Reading

MATCH_S = 0.2
"""Readings further apart than this (s) are not of the same moment; they come every third second."""


def reanalyse(
    session: Session,
    method: PulseMethod,
    window_s: float | None = None,
    tape: PulseTape | None = None,
    whole: bool = False,
) -> Iterator[tuple[float, Reading | None]]:
    """The session through the pipeline, as fast as possible: for each frame its t and reading.

    Faces are found ahead in a thread (`aimanet.ahead`), which ends when the iterator is closed.

    Args:
        session: one that kept frames or faces.
        method: any; the recorded one gives the recorded readings where the recording began
            with the source and lost no frame.
        window_s: seconds behind an estimate; by default the recorded ones.
        tape: keeps the whole curve, for `aimanet.rhythm.study.study`.
        whole: search the face again in the whole picture, be it compressed, instead of reading
            the lossless crops of a session that kept the face.

    Raises:
        SourceError: there is no video, or nothing in it can be read.
        FaceModelError: the face detector cannot be had.
    """
    seconds = window_s or session.info.window_s
    config = PulseConfig() if seconds is None else PulseConfig(window_s=seconds)
    source = ReplaySource(session, realtime=False, whole=whole)
    with open_crops(source, _detector) as crops:
        pipeline = Pipeline(method, config=config)
        pipeline.on_segment = None if tape is None else tape.add
        for crop in crops:
            yield crop.t, pipeline.push(crop)


def _detector() -> Faces:
    from aimanet.face import FaceTracker  # MediaPipe takes a second to load

    return FaceTracker()


def recorded(reading: Reading) -> RecordedReading:
    """A reading as a session keeps it."""
    r = reading
    return RecordedReading(r.t, r.hr_bpm, r.snr_db, r.state, r.quality, r.reason)


def studied(session: Session) -> Study:
    """PRV and respiration from the curve of the day."""
    window_s = session.info.window_s or PulseConfig().window_s
    return study_recorded(session.bvp_t, session.bvp, session.readings, window_s)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two rows of readings of one session, ``pairs`` matched by time.

    ``same`` pairs are equal to the last digit; ``same_state`` in their state; ``both`` have a
    heart rate on either side, which differs by ``mae_bpm`` on average and ``max_bpm`` at most
    (None without any); ``before`` and ``after`` readings have no partner.
    """

    pairs: int
    same: int
    same_state: int
    both: int
    mae_bpm: float | None
    max_bpm: float | None
    before: int
    after: int


Pair = tuple[RecordedReading, RecordedReading]


def compare(before: Sequence[RecordedReading], after: Sequence[RecordedReading]) -> Comparison:
    """How ``after`` differs from ``before``; both in the order of time."""
    pairs = match(before, after)
    gaps = np.array(
        [
            abs(a.hr_bpm - b.hr_bpm)
            for a, b in pairs
            if a.hr_bpm is not None and b.hr_bpm is not None
        ]
    )
    return Comparison(
        pairs=len(pairs),
        same=sum(a == b for a, b in pairs),
        same_state=sum(a.state is b.state for a, b in pairs),
        both=len(gaps),
        mae_bpm=float(gaps.mean()) if len(gaps) else None,
        max_bpm=float(gaps.max()) if len(gaps) else None,
        before=len(before) - len(pairs),
        after=len(after) - len(pairs),
    )


def match(before: Sequence[RecordedReading], after: Sequence[RecordedReading]) -> list[Pair]:
    """Pairs of readings that are each other's nearest, at most `MATCH_S` apart."""
    if not before or not after:
        return []
    t, s = np.array([r.t for r in before]), np.array([r.t for r in after])
    to_after, to_before = _nearest(t, s), _nearest(s, t)
    return [
        (before[i], after[j])
        for i, j in enumerate(to_after.tolist())
        if to_before[j] == i and abs(t[i] - s[j]) <= MATCH_S
    ]


def _nearest(t: Signal, among: Signal) -> NDArray[np.intp]:
    """For each of ``t`` (N,) the place of the nearest in ``among`` (M,), both rising."""
    right = np.clip(np.searchsorted(among, t), 1, max(1, len(among) - 1))
    left = right - 1
    right = np.minimum(right, len(among) - 1)
    return np.where(t - among[left] <= among[right] - t, left, right)
