"""A cached recording through a method: the wave it predicts, beside the sensor's."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from aimanet.datasets.cached import CachedRecording
from aimanet.evaluation.metrics import MIN_SAMPLES, score_windows, window_samples
from aimanet.evaluation.predictions import Prediction
from aimanet.evaluation.profiles import EvaluationError, Profile
from aimanet.evaluation.results import VideoResult
from aimanet.evaluation.trust import Trust
from aimanet.methods import PulseMethod
from aimanet.pulse import integrate
from aimanet.types import BvpSegment

Signal = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Traced:
    """What a method made of a recording.

    ``pieces``: stretches in which both waves are there without a hole, in order; predictions are
    integrated already. ``ok_share``: the share of live readings that would have been ``ok``.
    """

    pieces: tuple[Prediction, ...]
    ok_share: float | None


class _Run:
    """The wave of one run of crops, as segments come in: newer samples win."""

    def __init__(self, t: Signal, fs: float) -> None:
        self._t0, self._fs = float(t[0]), fs
        self._wave = np.full(len(t), np.nan)
        self._derivative = False

    def add(self, segment: BvpSegment) -> None:
        first = round((float(segment.t[0]) - self._t0) * self._fs)
        values = segment.bvp[max(0, -first) :]
        first = max(0, first)
        values = values[: len(self._wave) - first]
        self._wave[first : first + len(values)] = values
        self._derivative = segment.is_derivative

    def wave(self) -> Signal:
        """The pulse (n,), NaN where no segment was."""
        wave = self._wave
        for part in stretches(np.isfinite(wave)) if self._derivative else []:
            wave[part] = integrate(wave[part])
        return wave


def trace(cached: CachedRecording, method: PulseMethod) -> Traced:
    """Runs a method over a recording, clip by clip, as it would have run live."""
    method.reset()
    trust = Trust()
    bvp = np.full(len(cached.t), np.nan)
    runs = cached.runs()
    waves = [_Run(cached.t[a:b], cached.grid.fs) for a, b in runs]
    current = -1
    for clip in cached.clips(method.recipe.frame_depth):
        current = _run_of(runs, cached, float(clip.t[0])) if clip.starts else current
        segment = method.process(clip)
        waves[current].add(segment)
        trust.take(clip, segment)
    for (a, b), wave in zip(runs, waves, strict=True):
        bvp[a:b] = wave.wave()
    return Traced(tuple(_pieces(cached, runs, bvp)), trust.share)


def _run_of(runs: list[tuple[int, int]], cached: CachedRecording, t: float) -> int:
    """The run that begins at ``t``."""
    return next(k for k, (a, _) in enumerate(runs) if cached.t[a] == t)


def _pieces(cached: CachedRecording, runs: list[tuple[int, int]], bvp: Signal) -> list[Prediction]:
    known = np.isfinite(bvp) & np.isfinite(cached.ppg)
    found = []
    for first, end in runs:
        for part in stretches(known[first:end]):
            at = slice(first + part.start, first + part.stop)
            if at.stop - at.start >= MIN_SAMPLES:
                wave, label = bvp[at].copy(), cached.ppg[at].astype(np.float64)
                found.append(Prediction(cached.name, wave, label, cached.grid.fs, False))
    return found


def stretches(known: NDArray[np.bool_]) -> list[slice]:
    """The stretches of True in (n,), in order."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(np.int8)))
    return [slice(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def score_traced(
    traced: Traced, cached: CachedRecording, profile: Profile, window_s: float | None
) -> tuple[VideoResult, tuple[Prediction, ...]]:
    """Scores a recording; returns the scores and the waves that were scored.

    The toolbox knows no holes. Here a whole video is its longest piece without a hole, and
    windows are cut from every piece that holds at least one; rests shorter than a window, which
    the toolbox would count like whole ones, are left out. Where no piece is as long as a window,
    the longest counts as one.

    Raises:
        EvaluationError: no piece is long enough.
    """
    used = _used(traced.pieces, window_s)
    scores = [
        score
        for piece in used
        for score in score_windows(
            piece.pred, piece.label, piece.fs, profile, derivative=False, window_s=window_s
        )
    ]
    seconds = sum(len(piece.pred) / piece.fs for piece in used)
    return (
        VideoResult(cached.name, tuple(scores), seconds, cached.subject, traced.ok_share),
        used,
    )


def _used(pieces: tuple[Prediction, ...], window_s: float | None) -> tuple[Prediction, ...]:
    if not pieces:
        raise EvaluationError("no stretch with both a face and a label")
    longest = max(pieces, key=lambda piece: len(piece.pred))
    if window_s is None:
        return (longest,)
    size = window_samples(window_s, longest.fs)
    return tuple(_whole_windows(p, size) for p in pieces if len(p.pred) >= size) or (longest,)


def _whole_windows(piece: Prediction, size: int) -> Prediction:
    kept = len(piece.pred) // size * size
    return replace(piece, pred=piece.pred[:kept], label=piece.label[:kept])
