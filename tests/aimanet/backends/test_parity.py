"""Every backend gives the torch network's numbers, whatever the recipe, and the same heart rate."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch

from aimanet.backends.base import PACKAGES, Candidate, random_window
from aimanet.backends.choice import open_runner
from aimanet.backends.graph import shift_rows
from aimanet.checkpoint import Weights, shapes
from aimanet.network import NetworkMethod
from aimanet.pipeline import Pipeline
from aimanet.preprocess import Recipe
from aimanet.tscan import TSCAN, TemporalShift

from ..crops import Scene, face_crops
from .conftest import RECIPES, network, saved


def needed(backend: str) -> None:
    if find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
@pytest.mark.parametrize("backend", PACKAGES)
def test_the_networks_numbers(backend: str, recipe: Recipe, tmp_path: Path) -> None:
    needed(backend)
    net = network(recipe)
    runner = open_runner(Candidate(backend), saved(net, tmp_path / "w.safetensors"))
    motion, appearance = random_window(recipe, seed=1)
    with torch.inference_mode():
        masks = net.attend(torch.from_numpy(appearance))
        truth = net.read(torch.from_numpy(motion), *masks)[0].numpy()
    bvp, mask = runner.run(motion, appearance)
    assert bvp.shape == (recipe.frame_depth,)
    assert np.abs(bvp - truth).max() < 1e-5
    assert np.allclose(mask, masks[0][-1, 0], rtol=1e-4)
    assert truth.std() > 1e-4
    assert PACKAGES[backend] in runner.name


@pytest.mark.parametrize("padding", ["zero", "replicate"])
def test_the_shift_as_rows_is_the_shift(padding: str) -> None:
    x = torch.randn(7, 8, 3, 3)
    pictures = torch.cat([x.flatten(0, 1), torch.zeros(1, 3, 3)])
    shifted = pictures[torch.from_numpy(shift_rows(8, 7, padding))].reshape(7, 8, 3, 3)
    assert torch.equal(shifted, TemporalShift(7, padding)(x))


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_the_shapes_that_are_asked_of_a_file_are_the_networks(recipe: Recipe) -> None:
    state = TSCAN(recipe).state_dict()
    assert shapes(recipe) == {name: tuple(tensor.shape) for name, tensor in state.items()}


@pytest.fixture(scope="module")
def heart_rate() -> float:
    """What the plain network reads in a clip."""
    return _read("numpy")


@pytest.mark.parametrize("backend", ["onnxruntime", "openvino", "torch"])
def test_the_same_heart_rate(backend: str, heart_rate: float) -> None:
    needed(backend)
    assert abs(_read(backend) - heart_rate) < 0.01


def _read(backend: str) -> float:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIMANET_BACKEND", backend)
        method = NetworkMethod(threads=1)
    assert PACKAGES[backend] in method.backend
    pipeline = Pipeline(method)
    for crop in face_crops(Scene(hr=66.0, seconds=8.0)):
        pipeline.push(crop)
    hr = pipeline.summary().hr_bpm
    assert hr is not None
    return hr


def test_arrays_come_out_as_the_method_wants_them(small: Weights) -> None:
    runner = open_runner(Candidate("numpy"), small)
    for out in runner.run(*random_window(small.recipe)):
        assert out.dtype == np.float32
