"""The shipped network as a method, on drawn crops with a known pulse."""

from __future__ import annotations

import numpy as np
import pytest

from aimanet.network import NetworkMethod
from aimanet.preprocess import Windower
from aimanet.synthesis.crops import random_clip
from aimanet.types import Clip


@pytest.fixture(scope="module")
def clips() -> tuple[list[Clip], np.ndarray]:
    """Windows of a drawn face, and the true pulse derivative on their grid."""
    for seed in range(100):
        clip = random_clip(np.random.default_rng((77, seed)), 8.0)
        windower = Windower()
        windows = [w for crop in clip.crops for w in windower.push(crop)]
        if len(windows) >= 20 and not clip.coded:
            truth = np.concatenate([np.diff(clip.trace.bvp(w.t)) for w in windows])
            return windows, truth
    raise AssertionError("no plain clip among a hundred")


def test_each_frame_gives_one_number(clips: tuple[list[Clip], np.ndarray]) -> None:
    windows, _ = clips
    segments = [NetworkMethod().process(w) for w in windows[:3]]
    for segment, window in zip(segments, windows, strict=False):
        assert segment.is_derivative
        assert segment.bvp.dtype == np.float32
        assert np.array_equal(segment.t, window.t[1:])
        assert len(segment.bvp) == 10


def test_same_clips_same_numbers_after_a_reset(clips: tuple[list[Clip], np.ndarray]) -> None:
    windows, _ = clips
    method = NetworkMethod()
    first = np.concatenate([method.process(w).bvp for w in windows])
    method.reset()
    assert method.last_attention is None
    assert np.array_equal(first, np.concatenate([method.process(w).bvp for w in windows]))


def test_attention_is_a_picture(clips: tuple[list[Clip], np.ndarray]) -> None:
    method = NetworkMethod()
    assert method.last_attention is None
    method.process(clips[0][0])
    assert method.last_attention is not None
    assert method.last_attention.shape == (34, 34)
    assert method.last_attention.max() == 1.0
    assert method.last_attention.min() >= 0.0


def test_it_follows_the_true_pulse() -> None:
    scores = []
    for seed in range(12):
        clip = random_clip(np.random.default_rng((78, seed)), 8.0)
        windower, method = Windower(), NetworkMethod()
        windows = [w for crop in clip.crops for w in windower.push(crop)]
        truth = np.concatenate([np.diff(clip.trace.bvp(w.t)) for w in windows])
        seen = np.concatenate([method.process(w).bvp for w in windows])
        scores.append(np.corrcoef(seen, truth)[0, 1])
    assert np.median(scores) > 0.5
