"""Weights come back as they went, and nothing else is taken for weights."""

from __future__ import annotations

import json
import os
import pickle
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from aimanet.checkpoint import (
    Card,
    default_weights,
    fingerprint,
    load_checkpoint,
    read_weights,
    save_checkpoint,
    write_whole,
)
from aimanet.errors import CheckpointError, OutputError
from aimanet.importers import import_weights as load_foreign
from aimanet.methods import make_method
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


def test_truncated_anywhere(good: Path) -> None:
    whole = good.read_bytes()
    for size in (1, 7, 8, 9, 100, len(whole) // 2, len(whole) - 1):
        good.write_bytes(whole[:size])
        assert "no readable safetensors" in refusal(good)


HEAD = '{"__metadata__":{"format":"aimanet-tscan-1","recipe":"{}","card":"{}"}'


@pytest.mark.parametrize(
    ("claimed", "header"),
    [
        (2**63 - 1, "{}"),
        (50 * 2**30, "{}"),
        (90_000_000, "{}"),  # safetensors itself would go along to 100 MB
        (0, "{}"),
        (None, HEAD + ',"dense1.weight":{"dtype":"F32","shape":[9999999999,9999],'
         '"data_offsets":[0,399959999960000]}}'),
        (None, HEAD + ',"dense1.weight":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}'),
        (None, HEAD + ',"dense1.weight":{"dtype":"F32","shape":[-1],"data_offsets":[4,0]}}'),
        (None, HEAD + ',"dense1.weight":{"dtype":"F999","shape":[1],"data_offsets":[0,4]}}'),
        (None, '{"a":' * 20_000),
    ],
)  # fmt: skip
def test_a_header_that_lies_about_sizes(tmp_path: Path, claimed: int | None, header: str) -> None:
    """Refused at once, and nothing of the size that is claimed is made room for."""
    path = tmp_path / "liar.safetensors"
    length = len(header) if claimed is None else claimed
    path.write_bytes(length.to_bytes(8, "little") + header.encode() + b"\0" * 64)
    tracemalloc.start()
    assert "no readable safetensors" in refusal(path)
    assert tracemalloc.get_traced_memory()[1] < 4_000_000
    tracemalloc.stop()


def test_a_file_of_gigabytes_is_not_read(good: Path) -> None:
    """Tensors of another network are refused by their names and shapes, unread."""
    resource = pytest.importorskip("resource")
    gigabytes = 4 * 2**30
    entry = {"dtype": "F32", "shape": [gigabytes // 4], "data_offsets": [0, gigabytes]}
    header = f'{HEAD},"x":{json.dumps(entry)}}}'
    with good.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header.encode())
        file.truncate(8 + len(header) + gigabytes)  # a hole: takes no room on the disk
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert "do not fit" in refusal(good)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


class _Bomb:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.target,)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("suffix", [".pt", ".pth", ".safetensors", ".onnx", ""])
@pytest.mark.parametrize("protocol", [0, 5])
def test_a_pickle_is_never_run(suffix: str, protocol: int, tmp_path: Path) -> None:
    path, target = tmp_path / f"evil{suffix}", tmp_path / "it-ran"
    path.write_bytes(pickle.dumps(_Bomb(target), protocol=protocol))
    refusal(path)
    with pytest.raises(CheckpointError):
        make_method("tscan", device="cpu", weights=path)
    with pytest.raises(CheckpointError):
        load_foreign(path)
    assert not target.exists()
    pickle.loads(path.read_bytes())
    assert target.exists()  # it would have


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_pickle_in_torchs_own_archive_is_never_run(suffix: str, tmp_path: Path) -> None:
    path, target = tmp_path / f"evil{suffix}", tmp_path / "it-ran"
    torch.save({"motion1.weight": _Bomb(target)}, path)
    refusal(path)
    with pytest.raises(CheckpointError, match=r"could run somebody's code|no readable"):
        load_foreign(path)
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


def test_numbers_too_large_for_the_network(good: Path) -> None:
    """Finite weights whose answers are none, found before a reading could be made of them."""
    net, recipe, card = load_checkpoint(good)
    state = {name: tensor * 0 + 3e38 for name, tensor in net.state_dict().items()}
    save_checkpoint(good, state, recipe, card)
    with pytest.raises(CheckpointError, match=r"test \(\w{12}\) give no finite numbers"):
        make_method("tscan", device="cpu", weights=good)
    path = good.with_name("double.safetensors")
    tensors = {name: tensor.double() * 0 + 1e200 for name, tensor in net.state_dict().items()}
    save_file(tensors, path, {"format": "aimanet-tscan-1", "recipe": "{}", "card": "{}"})
    assert "not finite" in refusal(path)


@pytest.mark.parametrize("kind", [torch.float16, torch.float64])
def test_other_precisions_are_read(good: Path, kind: torch.dtype) -> None:
    net = load_checkpoint(good)[0]
    tensors = {name: tensor.to(kind) for name, tensor in net.state_dict().items()}
    meta = {"format": "aimanet-tscan-1", "recipe": "{}", "card": "{}"}
    save_file(tensors, good, meta)
    for name, array in read_weights(good).tensors.items():
        assert array.dtype == np.float32
        assert np.allclose(array, net.state_dict()[name], atol=1e-3)


def test_another_architecture(good: Path) -> None:
    state = load_checkpoint(good)[0].state_dict()
    state.pop("motion1.bias")
    save_checkpoint(good, state, Recipe(), Card())
    assert "do not fit" in refusal(good)
    # The same layers for larger pictures, and whole numbers in the right shapes.
    save_checkpoint(good, TSCAN(Recipe(image_size=48)).state_dict(), Recipe(), Card())
    assert "do not fit their recipe (dense1.weight" in refusal(good)
    save_file(
        {name: tensor.int() for name, tensor in TSCAN().state_dict().items()},
        good,
        {"format": "aimanet-tscan-1", "recipe": "{}", "card": "{}"},
    )
    assert "is I32" in refusal(good)


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
        '{"image_size": 256, "frame_depth": 1000}',  # 8 GB for one layer's output
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


@pytest.mark.skipif(os.name == "nt", reason="no pipes in folders there")
def test_a_link_is_followed_and_a_pipe_stays_one(tmp_path: Path) -> None:
    real, link, pipe = tmp_path / "real", tmp_path / "link", tmp_path / "pipe"
    real.write_bytes(b"old")
    link.symlink_to(real)
    write_whole(link, b"new", "weights")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_whole(pipe, b"through it", "weights")
        assert os.read(reader, 100) == b"through it"
    finally:
        os.close(reader)
    assert pipe.is_fifo()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "pipe", "real"]


def test_the_shipped_weights_load_and_have_a_card() -> None:
    net, recipe, card = load_checkpoint(default_weights())
    assert recipe == net.recipe
    assert recipe.image_size == 36
    assert card.steps > 0
    assert "train" in card.command
    assert default_weights().with_suffix(".md").is_file()
