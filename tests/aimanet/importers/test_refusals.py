"""What is no TS-CAN is refused in one line that says what it is."""

from __future__ import annotations

import json
import os
import pickle
import sys
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from aimanet.errors import CheckpointError
from aimanet.importers import import_weights
from aimanet.preprocess import Recipe
from aimanet.tscan import TSCAN

from . import references
from .files import write_mtts_can, write_open_rppg


def refusal(path: Path, origin: str = "auto", frame_depth: int | None = None) -> str:
    with pytest.raises(CheckpointError) as caught:
        import_weights(path, origin=origin, frame_depth=frame_depth)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    assert len(message) < 400
    return message


@pytest.fixture
def toolbox(tmp_path: Path) -> tuple[Path, dict[str, torch.Tensor]]:
    """Where to save, and what rPPG-Toolbox would."""
    return tmp_path / "x.pth", dict(references.toolbox(36).state_dict())


@pytest.fixture
def keras() -> references.Weights:
    return references.keras_weights(np.random.default_rng(0))


def test_nothing_there_or_a_folder(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "none.pth")
    assert "is a folder" in refusal(tmp_path)


@pytest.mark.parametrize("name", ["x.pth", "x.hdf5", "x.safetensors"])
def test_a_pipe_or_a_device_is_not_waited_for(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / name)
    assert "no ordinary file" in refusal(tmp_path / name)
    (tmp_path / name).unlink()
    (tmp_path / name).symlink_to("/dev/zero")
    assert "no ordinary file" in refusal(tmp_path / name)


@pytest.mark.parametrize("content", [b"", b"hello, I am text", b"\x00" * 64, b"GIF89a"])
@pytest.mark.parametrize("name", ["x.pth", "x.h5", "x"])
def test_no_weights_at_all(content: bytes, name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert "is no weights file" in refusal(path)


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04" + b"\x55" * 200, b"\x80\x02garbage", b"\x80", b"PK\x03\x04"]
)
def test_damaged_pytorch(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.pth"
    path.write_bytes(content)
    assert "is no readable PyTorch file" in refusal(path)


def test_a_zip_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "x.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("letter.txt", "hello")
    assert "is no readable PyTorch file" in refusal(path)


def test_a_truncated_pytorch_file(toolbox) -> None:
    path, state = toolbox
    torch.save(state, path)
    path.write_bytes(path.read_bytes()[:50_000])
    assert "is no readable PyTorch file" in refusal(path)


class _Bomb:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.target,)


def test_a_pickle_is_never_run(tmp_path: Path) -> None:
    target = tmp_path / "it-ran"
    for name, save in (("zip.pth", torch.save), ("bare.pt", _bare)):
        save({"weight": _Bomb(target)}, tmp_path / name)
        assert "more than tensors" in refusal(tmp_path / name)
    assert not target.exists()


def _bare(obj: object, path: Path) -> None:
    path.write_bytes(pickle.dumps(obj, protocol=2))


def test_an_archive_that_unpacks_to_gigabytes(tmp_path: Path) -> None:
    """Half a megabyte of zeros, well packed: torch itself would make room for all of them."""
    torch.save({"motion_conv1.weight": torch.zeros(3)}, tmp_path / "plain.pth")
    path = tmp_path / "bomb.pth"
    with (
        zipfile.ZipFile(tmp_path / "plain.pth") as plain,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bomb,
    ):
        for name in plain.namelist():
            with bomb.open(name, "w") as entry:
                for _ in range(300 if name.endswith("data/0") else 0):
                    entry.write(bytes(1 << 20))
    assert path.stat().st_size < 3_000_000
    assert "unpacks to 0.3 GB: no TS-CAN is as large" in refusal(path)


def test_hdf5_whose_arrays_are_gigabytes_together(tmp_path: Path) -> None:
    path = tmp_path / "many.h5"
    with h5py.File(path, "w") as file:
        for i in range(5):  # never written: they take no room in the file
            file.create_dataset(f"layer{i}", (1 << 24,), np.float32, chunks=(1 << 20,))
    assert path.stat().st_size < 100_000
    assert "no layer of a TS-CAN" in refusal(path)


def test_hdf5_of_wide_numbers_counts_their_bytes(tmp_path: Path) -> None:
    path = tmp_path / "wide.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("layer", (1 << 25,), np.longdouble, chunks=(1 << 20,))
    assert "no layer of a TS-CAN" in refusal(path)


def test_hdf5_of_endless_levels_is_not_walked(keras, tmp_path: Path) -> None:
    write_mtts_can(tmp_path / "deep.h5", keras)
    with h5py.File(tmp_path / "deep.h5", "a") as file:
        file.create_group("/".join("g" * 400)).create_dataset("x", data=np.zeros(3, np.float32))
        for i in range(30):
            file[f"g/round {i}"] = file["g"]
    assert len(import_weights(tmp_path / "deep.h5").state) > 0


def test_a_whole_module(tmp_path: Path) -> None:
    torch.save(torch.nn.Linear(2, 2), tmp_path / "x.pth")
    message = refusal(tmp_path / "x.pth")
    assert "torch.nn.modules.linear.Linear" in message
    assert "state_dict() alone" in message


@pytest.mark.parametrize("content", [torch.zeros(3), [1, 2], {}, {"a": torch.zeros(2)}])
def test_other_contents(content: object, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "x.pth")
    assert any(word in refusal(tmp_path / "x.pth") for word in ("no state dict", "no TS-CAN"))


def test_sister_networks(toolbox, tmp_path: Path) -> None:
    path, state = toolbox
    torch.save({k: v for k, v in state.items() if "apperance_conv" not in k}, path)
    assert "EfficientPhys" in refusal(path)
    torch.save({"module.ConvBlock1.0.weight": torch.zeros(16, 3, 1, 5, 5)}, path)
    assert "PhysNet" in refusal(path)
    named = tmp_path / "PURE_DeepPhys.pth"
    torch.save(state, named)
    assert "DeepPhys" in refusal(named)
    assert import_weights(named, origin="rppg-toolbox").recipe.image_size == 36


def test_the_pulse_of_the_toolboxs_mtts_can(toolbox) -> None:
    path, state = toolbox
    heads = {k: state.pop(k) for k in list(state) if "dense" in k}
    respiration = {k.replace(".", "_r."): torch.zeros_like(v) for k, v in heads.items()}
    pulse = {k.replace(".", "_y."): v for k, v in heads.items()}
    torch.save(state | respiration | pulse, path)
    assert torch.equal(import_weights(path).state["dense2.bias"], heads["final_dense_2.bias"])
    torch.save(state | respiration, path)
    assert "respiration alone" in refusal(path)


def test_wrong_shapes_and_numbers(toolbox) -> None:
    path, state = toolbox
    for key, value, words in (
        ("motion_conv1.weight", torch.zeros(32, 6, 3, 3), "motion_conv1.weight has shape"),
        ("final_dense_1.weight", torch.zeros(128, 3000), "no size of pictures"),
        ("final_dense_1.weight", torch.zeros(128), "no size of pictures"),
        ("final_dense_2.bias", torch.tensor([float("nan")]), "not all finite"),
        ("final_dense_2.bias", torch.tensor([1e300], dtype=torch.float64), "not all finite"),
        ("final_dense_2.bias", torch.tensor([1]), "no plain tensor"),
        ("motion_conv1.bias", torch.zeros(32).to_sparse(), "no plain tensor"),
        ("extra.weight", torch.zeros(2), "layers TS-CAN has not"),
    ):
        torch.save(state | {key: value}, path)
        assert words in refusal(path)
    state.pop("motion_conv3.bias")
    torch.save(state, path)
    assert "lacks motion_conv3.bias" in refusal(path)


@pytest.mark.parametrize("depth", [1, 0, -3, 10**9])
def test_frame_depths_that_make_no_sense(depth: int, toolbox) -> None:
    path, state = toolbox
    torch.save(state, path)
    assert "frame_depth" in refusal(path, frame_depth=depth)


def test_a_tensor_without_numbers(toolbox) -> None:
    path, state = toolbox
    torch.save(state | {"motion_conv1.bias": torch.empty(32, device="meta")}, path)
    assert "motion_conv1.bias is no plain tensor" in refusal(path)


def test_names_without_end_are_cut(toolbox) -> None:
    path, state = toolbox
    torch.save({f"{k}{'x' * 10_000}": v for k, v in state.items()}, path)
    assert "holds another network" in refusal(path)
    torch.save(state | {"x" * 10_000: torch.zeros(1)}, path)
    assert "has layers TS-CAN has not" in refusal(path)


def test_torch_says_nothing_of_its_own_about_an_odd_pickle(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    path = tmp_path / "x.pt"
    path.write_bytes(pickle.dumps({"a": 1}, protocol=4))
    assert "PyTorch file" in refusal(path)
    assert [str(w.message) for w in recwarn] == []


def test_half_precision_and_double_are_read(toolbox) -> None:
    path, state = toolbox
    for kind in (torch.float16, torch.bfloat16, torch.float64):
        torch.save({k: v.to(kind) for k, v in state.items()}, path)
        assert import_weights(path).state["dense1.bias"].dtype == torch.float32


def test_a_forced_origin_of_the_other_format(toolbox, keras, tmp_path: Path) -> None:
    path, state = toolbox
    torch.save(state, path)
    assert "weights are HDF5" in refusal(path, "open-rppg")
    assert "is no TS-CAN: it lacks tsm_conv1" in refusal(path, "seed")
    write_mtts_can(tmp_path / "x.hdf5", keras)
    assert "weights are PyTorch's" in refusal(tmp_path / "x.hdf5", "seed")
    assert "of open-rppg" in refusal(tmp_path / "x.hdf5", "open-rppg")
    with pytest.raises(CheckpointError, match="unknown origin"):
        import_weights(path, origin="elsewhere")


def test_damaged_hdf5(keras, tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    write_open_rppg(path, keras)
    whole = path.read_bytes()
    for size in (8, 100, 3000, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        assert "is no readable HDF5 file" in refusal(path)


def test_other_hdf5(keras, tmp_path: Path) -> None:
    path = tmp_path / "x.hdf5"
    write_mtts_can(path, keras, shifts=False)
    assert "DeepPhys" in refusal(path)
    assert import_weights(path, origin="mtts-can").recipe.frame_depth == 10
    write_mtts_can(path, keras, heads=("output_2",))
    assert "respiration alone" in refusal(path)
    write_mtts_can(path, keras, heads=())
    assert "lacks its dense layers" in refusal(path)
    with h5py.File(path, "w") as file:
        file["dXsub"] = np.zeros((10, 6, 36, 36), np.float32)  # MTTS-CAN's training data
    assert "is no TS-CAN" in refusal(path)


def test_keras_shapes_and_numbers(keras, tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    kernel, bias = keras["d1"]
    for name, kernel_, words in (
        ("d1", kernel[:3000], "fits no TS-CAN"),
        ("m2", np.zeros((3, 3, 32, 16), np.float32), "has shape"),
        ("m2", np.zeros((3, 3, 3, 32, 32), np.float32), "has shape"),
        ("g1", np.full((1, 1, 32, 1), np.inf, np.float32), "not all finite"),
    ):
        write_open_rppg(path, keras | {name: (kernel_, keras[name][1])})
        assert words in refusal(path)
    assert len(bias) == 128


def test_hdf5_that_points_elsewhere_or_claims_terabytes(keras, tmp_path: Path) -> None:
    path = tmp_path / "x.hdf5"
    (tmp_path / "secret").write_bytes(bytes(1000))
    write_mtts_can(path, keras)
    with h5py.File(path, "a") as file:
        file.create_dataset("far", (100,), "f4", external=[(str(tmp_path / "secret"), 0, 400)])
    assert "far is no layer" in refusal(path)
    with h5py.File(path, "a") as file:
        del file["far"]
        file.create_dataset("huge", (1 << 40,), "f4", chunks=(1 << 20,))
    assert "huge is no layer" in refusal(path)


def test_without_h5py_the_package_is_named(keras, tmp_path: Path, monkeypatch) -> None:
    write_open_rppg(tmp_path / "x.h5", keras)
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(CheckpointError, match=r"x\.h5: pip install h5py"):
        import_weights(tmp_path / "x.h5")


def test_what_our_own_seed_command_writes(tmp_path: Path) -> None:
    path, state = tmp_path / "x.pt", references.seed().state_dict()
    recipe = Recipe(appearance="frame", attention_scale="hw", fs=35.0, motion_clip=0.0)
    whole = {"format": "aimanet-seed-1", "model_state_dict": state}
    torch.save(whole | {"recipe": recipe_json(recipe)}, path)
    found = import_weights(path)
    assert (found.recipe, found.notes) == (recipe, ())
    torch.save(whole | {"recipe": recipe_json(recipe, fs=-1.0)}, path)
    assert "recipe" in refusal(path)


def recipe_json(recipe: Recipe, **changes: object) -> str:
    fields = {name: getattr(recipe, name) for name in Recipe.__slots__}  # type: ignore[attr-defined]
    return json.dumps(fields | changes)


def test_our_own_checkpoints_need_no_import(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    path = tmp_path / "x.safetensors"
    save_file(TSCAN().state_dict(), path)
    assert "already" in refusal(path)
    save_file({k: v.contiguous() for k, v in references.toolbox(36).state_dict().items()}, path)
    assert import_weights(path).origin.title == "rPPG-Toolbox"
