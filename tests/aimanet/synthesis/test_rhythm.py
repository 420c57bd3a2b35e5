"""Pulses of real hearts: breath, early beats, irregular ones."""

from __future__ import annotations

import numpy as np

from aimanet.synthesis.pulse import PulseShape, PulseTrace, Rhythm

T = np.arange(0, 60, 1 / 240)


def intervals(rhythm: Rhythm, seed: int = 0) -> np.ndarray:
    trace = PulseTrace(
        72.0, 61.0, np.random.default_rng(seed), shape=PulseShape(echo=0.0), variability=0.0,
        breathing=0.0, rhythm=rhythm,
    )  # fmt: skip
    bvp = trace.bvp(T)
    peaks = np.flatnonzero((bvp[1:-1] > bvp[:-2]) & (bvp[1:-1] >= bvp[2:])) + 1
    return np.diff(T[peaks]) * 1000


def test_a_steady_rhythm_is_steady() -> None:
    assert np.ptp(intervals(Rhythm())) < 10


def test_breath_sways_the_rate() -> None:
    ibi_ms = intervals(Rhythm(sway=0.08))
    assert 80 < np.ptp(ibi_ms) < 180
    assert np.abs(np.diff(ibi_ms, 2)).mean() > 10  # and back again


def test_an_early_beat_is_followed_by_a_pause() -> None:
    ibi_ms = intervals(Rhythm(ectopic=0.1))
    early = np.flatnonzero(ibi_ms[:-1] < 720)
    assert 2 <= len(early) < 15
    pairs = ibi_ms[early] + ibi_ms[early + 1]
    assert np.median(np.abs(pairs - 2 * 60_000 / 72)) < 100


def test_an_irregular_rhythm_has_no_memory_and_keeps_its_mean() -> None:
    ibi_ms = intervals(Rhythm(irregular=0.2))
    assert 0.12 < ibi_ms.std() / ibi_ms.mean() < 0.3
    assert abs(np.corrcoef(ibi_ms[1:], ibi_ms[:-1])[0, 1]) < 0.3
    assert abs(60_000 / ibi_ms.mean() - 72) < 4
