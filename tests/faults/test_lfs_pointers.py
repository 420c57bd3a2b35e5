"""A clone without Git LFS has a few lines in place of each large file: every reader says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from aimanet.cli import main
from aimanet.datasets.arrays import open_arrays
from aimanet.datasets.base import DatasetError
from aimanet.datasets.mat5 import variables
from aimanet.files import is_lfs_pointer

POINTER = """\
version https://git-lfs.github.com/spec/v1
oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
size 12345
"""


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("w.safetensors", ["analyze", "synthetic:seconds=5", "--weights"]),
        ("w.safetensors", ["export"]),
        ("w.safetensors", ["import-weights"]),
        ("w.pth", ["import-weights"]),
        ("w.h5", ["import-weights"]),
        ("me.mp4", ["analyze"]),
        ("me.h264", ["analyze"]),
        ("me.mp4", ["live", "--fast", "--json", "--source"]),
        ("p.npz", ["evaluate", "--predictions"]),
    ],
)
def test_commands_say_what_it_is_and_what_to_do(tmp_path, capsys, name, command):
    path = tmp_path / name
    path.write_text(POINTER)
    out = {"import-weights": "out.safetensors", "export": "out.onnx"}.get(command[0])
    more = ["--out", str(tmp_path / out)] if out else []
    assert main([*command, str(path), *more]) == 2
    told = capsys.readouterr().err
    assert str(path) in told
    assert "Git LFS pointer" in told
    assert "git lfs pull" in told
    assert told.count("\n") == 1


def test_pictures(tmp_path, capsys):
    for number in range(3):
        (tmp_path / f"{number}.png").write_text(POINTER)
    (tmp_path / "times.txt").write_text("0\n0.04\n0.08\n")
    assert main(["analyze", str(tmp_path)]) == 2
    assert "0.png: it is a Git LFS pointer" in capsys.readouterr().err


def test_arrays_and_matlab_files(tmp_path):
    for name in ("input_numpy.npy", "output_numpy.npy", "p1_0.mat"):
        (tmp_path / name).write_text(POINTER)
    with pytest.raises(DatasetError, match="git lfs pull"):
        open_arrays(tmp_path)
    with pytest.raises(DatasetError, match="git lfs pull"):
        variables(tmp_path / "p1_0.mat")


def test_only_a_pointer_is_one(tmp_path: Path):
    for name, text in [("long", POINTER + "x" * 2000), ("other", "version 2\n"), ("empty", "")]:
        (tmp_path / name).write_text(text)
        assert not is_lfs_pointer(tmp_path / name)
    assert not is_lfs_pointer(tmp_path)
    assert not is_lfs_pointer(tmp_path / "missing")
