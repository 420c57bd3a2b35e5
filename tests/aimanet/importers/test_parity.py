"""Imported weights against their originals: the same numbers for the same pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from aimanet.checkpoint import Card, load_checkpoint, save_checkpoint
from aimanet.importers import import_weights
from aimanet.network import NetworkMethod
from aimanet.preprocess import MotionAppearance, Recipe
from aimanet.tscan import TSCAN
from aimanet.types import Clip

from . import references
from .files import read_open_rppg, write_mtts_can, write_open_rppg


def channels_first(x: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(x.transpose(0, 3, 1, 2), dtype=np.float32))


def outputs(path: Path, motion: np.ndarray, appearance: np.ndarray) -> np.ndarray:
    """What the imported network says to channels-last inputs, (N*T,)."""
    found = import_weights(path)
    net = TSCAN(found.recipe).eval()
    net.load_state_dict(found.state)
    with torch.no_grad():
        return net(channels_first(motion), channels_first(appearance)).flatten().numpy()


def clips_of(video: np.ndarray, recipe: Recipe) -> list[Clip]:
    depth = recipe.frame_depth
    return [
        Clip(
            (i + np.arange(depth + 1)) / recipe.fs,
            recipe.fs,
            video[i : i + depth + 1],
            1 / recipe.fs,
            starts=i == 0,
        )
        for i in range(0, len(video) - depth, depth)
    ]


def run_live(path: Path, video: np.ndarray, tmp_path: Path) -> np.ndarray:
    """The whole way of ours: imported, saved, loaded, and clip by clip through the method."""
    found = import_weights(path)
    saved = tmp_path / "imported.safetensors"
    save_checkpoint(saved, found.state, found.recipe, Card())
    assert load_checkpoint(saved)[1] == found.recipe
    method = NetworkMethod(weights=saved)
    return np.concatenate([method.process(c).bvp for c in clips_of(video, found.recipe)])


@pytest.mark.parametrize(("size", "prefix"), [(36, "module."), (72, ""), (72, "module.")])
def test_rppg_toolbox_network(size: int, prefix: str, tmp_path: Path) -> None:
    torch.manual_seed(size)
    original, path = references.toolbox(size), tmp_path / "x.pth"
    torch.save({prefix + k: v for k, v in original.state_dict().items()}, path)
    rng = np.random.default_rng(1)
    motion, appearance = rng.normal(size=(2, 20, size, size, 3))
    with torch.no_grad():
        expected = original(channels_first(motion), channels_first(appearance)).flatten().numpy()
    assert np.allclose(outputs(path, motion, appearance), expected, rtol=0, atol=1e-5)
    assert import_weights(path).recipe.image_size == size
    assert expected.std() > 1e-3


@pytest.mark.parametrize(("size", "inputs"), [(96, 30976), (128, 57600)])
def test_rppg_toolbox_sizes(size: int, inputs: int, tmp_path: Path) -> None:
    original, path = references.toolbox(size), tmp_path / "x.pth"
    torch.save(original.state_dict(), path)
    found = import_weights(path, frame_depth=20)
    assert found.state["dense1.weight"].shape == (128, inputs)
    assert (found.recipe.image_size, found.recipe.frame_depth) == (size, 20)


@pytest.mark.parametrize("size", [36, 72])
def test_rppg_toolbox_preprocessing_on_a_video_of_one_window(size: int, tmp_path: Path) -> None:
    torch.manual_seed(2)
    original, path = references.toolbox(size), tmp_path / "x.pth"
    torch.save(original.state_dict(), path)
    video = references.video(11, size)
    motion, appearance = references.toolbox_inputs(video)
    with torch.no_grad():
        expected = original(channels_first(motion), channels_first(appearance)).flatten().numpy()
    assert np.allclose(run_live(path, video, tmp_path), expected, rtol=0, atol=1e-5)


def test_running_statistics_come_near_those_of_the_whole_video(tmp_path: Path) -> None:
    path = tmp_path / "x.pth"
    torch.save(references.toolbox(36).state_dict(), path)
    recipe = import_weights(path).recipe
    video = references.video(301, 36)
    motion, appearance = references.toolbox_inputs(video)
    inputs = MotionAppearance(recipe)
    pairs = [inputs(c) for c in clips_of(video, recipe)]
    for ours, theirs in zip(pairs[-1], (motion[-10:], appearance[-10:]), strict=True):
        assert np.abs(ours - theirs.transpose(0, 3, 1, 2)).max() < 0.02 * np.abs(theirs).max()


@pytest.mark.parametrize("shape", ["bare", "model_state_dict", "module."])
def test_seed_network(shape: str, tmp_path: Path) -> None:
    torch.manual_seed(3)
    original, path = references.seed(), tmp_path / "x.pt"
    state = {
        ("module." if shape == "module." else "") + k: v for k, v in original.state_dict().items()
    }
    whole = {"epoch": 3, "model_state_dict": state, "optimizer_state_dict": {}, "loss": 0.5}
    torch.save(whole if shape == "model_state_dict" else state, path)
    motion, appearance = np.random.default_rng(4).normal(size=(2, 20, 36, 36, 3))
    with torch.no_grad():
        expected = original(channels_first(motion), channels_first(appearance)).flatten().numpy()
    assert np.allclose(outputs(path, motion, appearance), expected, rtol=0, atol=1e-5)
    recipe = import_weights(path).recipe
    assert (recipe.attention_scale, recipe.appearance, recipe.fs) == ("ch", "frame", 35.0)


@pytest.mark.parametrize(
    ("first", "heads", "inside"),
    [
        (0, ("output_1", "output_2"), ""),
        (7, ("output_1", "output_2"), "model_weights"),
        (95, ("dense_96",), ""),
        (0, ("dense_1",), "model_weights"),
    ],
)
def test_mtts_can_network(first: int, heads: tuple[str, ...], inside: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    weights, other = references.keras_weights(rng), references.keras_weights(rng)
    path = tmp_path / "x.hdf5"
    write_mtts_can(path, weights, first=first, heads=heads, inside=inside, respiration=other)
    motion, appearance = rng.normal(size=(2, 20, 36, 36, 3))
    expected = references.keras_network(weights, motion, appearance, 10, replicate=False)
    assert np.allclose(outputs(path, motion, appearance), expected, rtol=0, atol=1e-5)


def test_mtts_can_preprocessing_on_a_video_of_one_window(tmp_path: Path) -> None:
    weights, path = references.keras_weights(np.random.default_rng(6)), tmp_path / "x.hdf5"
    write_mtts_can(path, weights)
    video = references.video(11, 36)
    assert video.min() == 0.0  # so that the floor of 1/255 matters
    motion, appearance = references.mtts_can_inputs(video)
    expected = references.keras_network(weights, motion, appearance, 10, replicate=False)
    assert np.allclose(run_live(path, video, tmp_path), expected, rtol=0, atol=1e-5)


def check_open_rppg(path: Path, weights: references.Weights, tmp_path: Path) -> None:
    """A chunk of 160 frames; ours has seen as many when it comes to the last window."""
    video = references.video(161, 36, seed=8)
    # The original repeats its last motion; here the frame after the chunk moves in the same way.
    video[159] = (video[158] + np.clip(video[159], 60, 200)) / 2
    video[160] = 2 * video[159] - video[158]
    motion, appearance = references.open_rppg_inputs(video[:160])
    expected = references.keras_network(weights, motion[140:], appearance, 20, replicate=True)
    live = run_live(path, video, tmp_path)
    assert live.shape == (160,)
    assert np.allclose(live[140:], expected, rtol=0, atol=1e-5)
    assert expected.std() > 1e-3


def test_open_rppg(tmp_path: Path) -> None:
    weights, path = references.keras_weights(np.random.default_rng(7)), tmp_path / "x.weights.h5"
    write_open_rppg(path, weights)
    check_open_rppg(path, read_open_rppg(path), tmp_path)


@pytest.mark.real_data
def test_open_rppg_as_published(shared_dir: Path, tmp_path: Path) -> None:
    path = shared_dir / "weights" / "open_rppg_TSCAN.rlap.weights.h5"
    weights = read_open_rppg(path)
    check_open_rppg(path, weights, tmp_path)
    rng = np.random.default_rng(9)
    motion, appearance = rng.normal(size=(20, 36, 36, 3)), rng.uniform(size=(1, 36, 36, 3))
    expected = references.keras_network(weights, motion, appearance, 20, replicate=True)
    assert np.allclose(outputs(path, motion, appearance), expected, rtol=0, atol=1e-5)
