"""The shipped network as a method, on drawn crops with a known pulse."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from aimanet.network import NetworkMethod
from aimanet.preprocess import Windower
from aimanet.synthesis import DemoScene, SceneConfig
from aimanet.synthesis.crops import random_clip
from aimanet.types import Clip, FaceCrop


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


@pytest.mark.parametrize(("seed", "hr"), [(3, 55.0), (4, 90.0), (6, 140.0)])
def test_it_follows_the_true_pulse(seed: int, hr: float) -> None:
    scene = DemoScene(SceneConfig(seed=seed, hr=hr, seconds=8, width=240, height=180, size=0.75))
    windower, method = Windower(), NetworkMethod()
    seen, truth = [], []
    for i in range(240):
        face = cv2.resize(scene.render(i)[22:142, 60:180], (72, 72), interpolation=cv2.INTER_AREA)
        for window in windower.push(FaceCrop(i, i / 30, (60, 22, 120, 120), face)):
            seen.append(method.process(window).bvp)
            truth.append(np.diff(scene.bvp(window.t)))
    assert np.corrcoef(np.concatenate(seen), np.concatenate(truth))[0, 1] > 0.7
