"""The shipped network as a method, on drawn crops with a known pulse."""

from __future__ import annotations

import logging

import cv2
import numpy as np
import pytest
import torch

from aimanet import network
from aimanet.backends import Candidate, by_torch
from aimanet.backends.by_numpy import NumpyRunner
from aimanet.checkpoint import Weights
from aimanet.errors import MethodError
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


class NumpyMethod(NetworkMethod):
    """The network, far from any GPU."""

    def __init__(self) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AIMANET_BACKEND", "numpy")
            super().__init__("cpu")


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose GPU is found."""
    monkeypatch.setattr(
        network, "resolve_device", lambda device: device if device == "cpu" else "cuda"
    )


def dying(problem: Exception) -> type:
    """A GPU's runner that works for two windows."""

    class Dying(NumpyRunner):
        def __init__(self, weights: Weights, candidate: Candidate) -> None:
            assert candidate.device == "cuda"
            super().__init__(weights)
            self.windows = 0

        def run(self, motion: np.ndarray, appearance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            self.windows += 1
            if self.windows > 3:  # the check at the start is one, too
                raise problem
            return super().run(motion, appearance)

    return Dying


@pytest.mark.parametrize(
    "problem",
    [
        torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB"),
        RuntimeError("CUDA error: unspecified launch failure\nCompile with `TORCH_USE_CUDA_DSA`"),
        torch.AcceleratorError("CUDA error: device-side assert triggered")
        if hasattr(torch, "AcceleratorError")
        else RuntimeError("CUDA error: no CUDA-capable device is detected"),
    ],
    ids=["memory", "gone", "assert"],
)
@pytest.mark.usefixtures("gpu")
def test_a_gpu_that_fails_is_left_for_good(
    clips: tuple[list[Clip], np.ndarray], monkeypatch, caplog, problem: Exception
) -> None:
    windows = clips[0][:6]
    monkeypatch.setattr(by_torch, "TorchRunner", dying(problem))
    method, steady = NetworkMethod("cuda"), NumpyMethod()
    assert (method.device, method.notice) == ("cuda", None)
    with caplog.at_level(logging.WARNING):
        found = [method.process(w).bvp for w in windows]
    expected = [steady.process(w).bvp for w in windows]
    assert np.allclose(found, expected, atol=1e-4)
    assert method.device == "cpu"
    assert method.notice is not None
    assert method.notice.startswith("the GPU cannot be used (CUDA ")
    assert method.backend in method.notice
    assert "\n" not in method.notice
    assert [record.getMessage() for record in caplog.records] == [method.notice]


@pytest.mark.skipif(torch.cuda.is_available(), reason="torch finds a GPU: it would not fail")
@pytest.mark.usefixtures("gpu")
def test_a_gpu_that_cannot_be_started(clips: tuple[list[Clip], np.ndarray]) -> None:
    """The driver is there and torch cannot use it: its own errors, at the start."""
    method = NetworkMethod("auto")
    assert method.device == "cpu"
    assert method.notice is not None
    assert method.notice.startswith("the GPU cannot be used (")
    assert len(method.process(clips[0][0]).bvp) == 10
    with pytest.raises(MethodError, match=r"cuda does not run this network .*use --device cpu"):
        NetworkMethod("cuda")


def test_a_backend_that_fails_later_leaves_the_network_to_numpy(
    clips: tuple[list[Clip], np.ndarray], monkeypatch
) -> None:
    method = NetworkMethod()

    def fail(*_: object) -> None:
        raise MemoryError("no more")

    method.process(clips[0][0])
    monkeypatch.setattr(method._runner, "run", fail, raising=False)
    assert np.isfinite(method.process(clips[0][1]).bvp).all()
    assert method.backend.startswith("NumPy")
    assert method.notice is not None
    assert "failed (no more)" in method.notice
