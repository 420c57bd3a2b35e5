"""Weights come back as they went, and nothing else is taken for weights."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from aimanet.checkpoint import Card, default_weights, fingerprint, load_checkpoint, save_checkpoint
from aimanet.errors import CheckpointError, OutputError
from aimanet.preprocess import Recipe
from aimanet.tscan import TSCAN


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.safetensors"
    card = Card(name="test", seed=5, steps=7, figures={"val_loss": 0.25})
    save_checkpoint(path, TSCAN().state_dict(), Recipe(norm_tau_s=2.0), card)
    return path


def rewrite(path: Path, **changes: str) -> None:
    """The same tensors under other metadata."""
    net, recipe, card = load_checkpoint(path)
    meta = {"format": "aimanet-tscan-1", "recipe": json.dumps({}), "card": json.dumps({})}
    save_file(dict(net.state_dict()), path, {**meta, **changes})
    assert recipe.fs == 30.0
    assert card.name == "test"


def refusal(path: Path) -> str:
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


def test_round_trip(good: Path) -> None:
    net, recipe, card = load_checkpoint(good)
    assert recipe == Recipe(norm_tau_s=2.0)
    assert card == Card(name="test", seed=5, steps=7, figures={"val_loss": 0.25})
    again = good.with_name("again.safetensors")
    save_checkpoint(again, net.state_dict(), recipe, card)
    for name, tensor in load_checkpoint(again)[0].state_dict().items():
        assert torch.equal(tensor, net.state_dict()[name])
    assert len(fingerprint(good)) == 12
    assert list(good.parent.glob("*.part")) == []


def test_missing(tmp_path: Path) -> None:
    assert "no weights at" in refusal(tmp_path / "none.safetensors")


def test_truncated(good: Path) -> None:
    good.write_bytes(good.read_bytes()[:5000])
    assert "no readable safetensors" in refusal(good)


@pytest.mark.parametrize("content", [b"", b"hello, I am text", b"\xff" * 64])
def test_not_weights_at_all(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.safetensors"
    path.write_bytes(content)
    assert "no readable safetensors" in refusal(path)


class _Bomb:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.target,)


def test_a_pickle_is_never_run(tmp_path: Path) -> None:
    path, target = tmp_path / "evil.pt", tmp_path / "it-ran"
    path.write_bytes(pickle.dumps(_Bomb(target)))
    refusal(path)
    assert not target.exists()


def test_somebody_elses_tensors(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save_file({"weight": torch.zeros(3)}, path)
    assert "no AimaNet weights" in refusal(path)


def test_not_a_number(good: Path) -> None:
    net, recipe, card = load_checkpoint(good)
    state = net.state_dict()
    state["dense1.weight"][0, 0] = float("nan")
    save_checkpoint(good, state, recipe, card)
    assert "not finite" in refusal(good)


def test_another_architecture(good: Path) -> None:
    state = load_checkpoint(good)[0].state_dict()
    state.pop("motion1.bias")
    save_checkpoint(good, state, Recipe(), Card())
    assert "do not fit" in refusal(good)


def test_newer_version(good: Path) -> None:
    rewrite(good, format="aimanet-tscan-9")
    assert "newer" in refusal(good)


@pytest.mark.parametrize(
    "recipe",
    [
        "{",
        "[]",
        "[" * 100_000,
        '{"frame_depth": "ten"}',
        '{"appearance": "upside_down"}',
        '{"speed": 3}',
        '{"frame_depth": 1}',
        '{"frame_depth": 10.5}',
        '{"frame_depth": true}',
        '{"image_size": 8}',
        '{"image_size": 1000000}',
        '{"fs": 0}',
        '{"fs": NaN}',
        '{"norm_tau_s": Infinity}',
        '{"fs": 1' + "0" * 400 + "}",
        '{"motion_offset": 0}',
    ],
)
def test_a_damaged_recipe(good: Path, recipe: str) -> None:
    rewrite(good, recipe=recipe)
    assert "recipe" in refusal(good)


@pytest.mark.parametrize("card", ['{"name": 3}', '{"figures": []}', '{"steps": "many"}'])
def test_a_damaged_card(good: Path, card: str) -> None:
    rewrite(good, card=card)
    assert "card" in refusal(good)


def test_a_recipe_of_an_older_version(good: Path) -> None:
    old = {"image_size": 36, "frame_depth": 10, "fs": 30, "norm_tau_s": 2.0, "motion_clip": 6.0}
    rewrite(good, recipe=json.dumps(old), card=json.dumps({"name": "old"}))
    _, recipe, card = load_checkpoint(good)
    assert recipe == Recipe(norm_tau_s=2.0)
    assert card == Card(name="old")


@pytest.mark.parametrize("suffix", [".pth", ".pt", ".h5", ".hdf5"])
def test_weights_of_other_programs_are_to_be_imported(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"x{suffix}"
    path.write_bytes(b"anything")
    assert f"`aimanet import-weights {path} --out x.safetensors`" in refusal(path)


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(OutputError, match="cannot write weights"):
        save_checkpoint(tmp_path / "file" / "w.safetensors", {}, Recipe(), Card())


def test_the_shipped_weights_load_and_have_a_card() -> None:
    net, recipe, card = load_checkpoint(default_weights())
    assert recipe == net.recipe
    assert recipe.image_size == 36
    assert card.steps > 0
    assert "train" in card.command
    assert default_weights().with_suffix(".md").is_file()
