"""ONNX exports: the network's own numbers, for any number of windows, with the recipe inside."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from aimanet import exporters
from aimanet.checkpoint import Card, read_weights, save_checkpoint
from aimanet.errors import CheckpointError, OutputError
from aimanet.exporters import ExportError, export_onnx, to_onnx
from aimanet.importers import ORIGINS
from aimanet.preprocess import Recipe
from aimanet.tscan import TSCAN

onnxruntime = pytest.importorskip("onnxruntime")

RECIPES = {
    "ours": Recipe(),
    "small": Recipe(image_size=10, frame_depth=2, appearance="frame", shift_padding="replicate"),
    "72 px": replace(ORIGINS["rppg-toolbox"].recipe, image_size=72),
    "open-rppg": ORIGINS["open-rppg"].recipe,
    "seed": ORIGINS["seed"].recipe,
}


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_equal_outputs_for_any_number_of_windows(recipe: Recipe, tmp_path: Path) -> None:
    torch.manual_seed(5)
    net = TSCAN(recipe).eval()
    with torch.no_grad():
        for weights in net.parameters():
            weights *= 2  # fresh ones say almost nothing
    path, out = tmp_path / "w.safetensors", tmp_path / "w.onnx"
    save_checkpoint(path, net.state_dict(), recipe, Card(name="a card"))
    assert export_onnx(path, out).difference < 1e-5
    assert sorted(p.name for p in tmp_path.iterdir()) == ["w.onnx", "w.safetensors"]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(out, options, providers=["CPUExecutionProvider"])
    noise = np.random.default_rng(0)
    size, depth = recipe.image_size, recipe.frame_depth
    for n in (2,) if size > 36 else (1, 2, 4):
        pictures = n * depth if recipe.appearance == "frame" else n
        motion = noise.normal(size=(n * depth, 3, size, size)).astype(np.float32)
        appearance = noise.normal(size=(pictures, 3, size, size)).astype(np.float32)
        (theirs,) = session.run(None, {"motion": motion, "appearance": appearance})
        with torch.no_grad():
            ours = net(torch.from_numpy(motion), torch.from_numpy(appearance)).numpy()
        assert theirs.shape == (n, depth)
        assert np.allclose(theirs, ours, rtol=0, atol=1e-5)
        assert ours.std() > 1e-4


def test_recipe_and_card_travel_along(tmp_path: Path) -> None:
    net, path = TSCAN(RECIPES["small"]), tmp_path / "w.safetensors"
    save_checkpoint(path, net.state_dict(), net.recipe, Card(name="a card"))
    model = onnx.load_from_string(to_onnx(read_weights(path)))
    facts = {p.key: p.value for p in model.metadata_props}
    assert Recipe(**json.loads(facts["recipe"])) == net.recipe
    assert json.loads(facts["card"]) == asdict(Card(name="a card"))
    assert facts["format"] == "aimanet-tscan-1"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The smallest checkpoint there can be."""
    path, recipe = tmp_path / "small.safetensors", RECIPES["small"]
    save_checkpoint(path, TSCAN(recipe).state_dict(), recipe, Card())
    return path


def test_mistakes(small: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(OutputError, match="cannot write"):
        export_onnx(small, tmp_path / "file" / "x.onnx")
    with pytest.raises(CheckpointError, match="no weights at"):
        export_onnx(tmp_path / "none.safetensors", tmp_path / "x.onnx")
    assert not (tmp_path / "x.onnx").exists()


def test_an_export_that_differs_is_not_written(small: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(exporters, "TOLERANCE", -1.0)
    with pytest.raises(ExportError, match="differs"):
        export_onnx(small, tmp_path / "x.onnx")
    assert not (tmp_path / "x.onnx").exists()


def test_without_onnx_the_extra_is_named(small: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ExportError, match="pip install onnx"):
        export_onnx(small, tmp_path / "x.onnx")
