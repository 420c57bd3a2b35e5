"""Networks of all recipes with loud random weights, as checkpoints on disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from aimanet.checkpoint import Card, Weights, read_weights, save_checkpoint
from aimanet.importers import ORIGINS
from aimanet.preprocess import Recipe
from aimanet.tscan import TSCAN

RECIPES = {
    "ours": Recipe(),
    "small": Recipe(image_size=10, frame_depth=2, appearance="frame", shift_padding="replicate"),
    "odd sizes": Recipe(image_size=21, frame_depth=7, attention_scale="ch"),
    "rppg-toolbox": replace(ORIGINS["rppg-toolbox"].recipe, image_size=24),
    "open-rppg": ORIGINS["open-rppg"].recipe,
    "seed": ORIGINS["seed"].recipe,
}


def network(recipe: Recipe) -> TSCAN:
    """A network that says something: fresh weights say almost nothing."""
    torch.manual_seed(5)
    net = TSCAN(recipe).eval()
    with torch.no_grad():
        for weights in net.parameters():
            weights *= 2
    return net


def saved(net: TSCAN, path: Path) -> Weights:
    """The network as it comes back from a file."""
    save_checkpoint(path, net.state_dict(), net.recipe, Card(name="test"))
    return read_weights(path)


@pytest.fixture
def small(tmp_path: Path) -> Weights:
    """The smallest network there can be."""
    return saved(network(RECIPES["small"]), tmp_path / "small.safetensors")


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the test's own, and no backend asked for."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("AIMANET_CACHE_DIR", str(folder))
    monkeypatch.delenv("AIMANET_BACKEND", raising=False)
    return folder
