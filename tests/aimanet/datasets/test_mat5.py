"""MATLAB 5 files, written by SciPy, read piece by piece."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.io

from aimanet.datasets import mat5
from aimanet.datasets.base import DatasetError

VIDEO = np.random.default_rng(0).random((50, 8, 6, 3))


def written(path, packed=True, **values):
    scipy.io.savemat(path, values, do_compression=packed)
    return path


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("dtype", ["f8", "f4", "u1", "i2"])
@pytest.mark.parametrize("piece_bytes", [1 << 23, 1000, 1])
def test_pieces_are_the_file_in_its_order(tmp_path, monkeypatch, packed, dtype, piece_bytes):
    monkeypatch.setattr(mat5, "PIECE_BYTES", piece_bytes)
    video = (VIDEO * 200).astype(dtype)
    path = written(tmp_path / "ä b.mat", packed, before="x", video=video, after=np.eye(3))
    found = mat5.variables(path)["video"]
    assert found.shape == video.shape
    pieces = list(mat5.pieces(path, found, 50))
    assert all(len(piece) % 50 == 0 for piece in pieces)
    assert len(pieces) == 1 or piece_bytes < 1 << 23
    assert np.array_equal(np.concatenate(pieces).reshape(video.shape, order="F"), video)


@pytest.mark.parametrize("packed", [True, False])
def test_small_values_and_words(tmp_path, packed):
    path = written(
        tmp_path / "a.mat",
        packed,
        word="LED-low  ",
        padded=np.array(["True   "]),
        number=[[3]],
        tiny=np.array([[1.5]], np.float32),
        yes=np.bool_(True),
        none=np.zeros((0, 0)),
        empty="",
        cell=np.array(["a", "b"], object),
        umlaut="ünd",
    )
    found = mat5.variables(path)
    words = {name: mat5.text(path, variable) for name, variable in found.items()}
    assert words["word"] == "LED-low"
    assert words["padded"] == "True"
    assert words["number"] == "3"
    assert words["tiny"] == "1.5"
    assert words["yes"] == "1"
    assert words["none"] == words["empty"] == words["cell"] == ""
    assert words["umlaut"] == "ünd"
    assert mat5.numbers(path, found["number"]).tolist() == [3.0]
    assert found["cell"].dtype is None
    with pytest.raises(DatasetError, match="no array of numbers"):
        mat5.numbers(path, found["cell"])


def test_a_file_of_the_other_byte_order(tmp_path):
    """Written by hand: header, then one uncompressed double matrix, all big-endian."""
    values = np.array([1.0, 2.0, 3.0], ">f8")
    flags = np.array([6, 8, 6, 0], ">u4").tobytes()
    dims = np.array([5, 8, 1, 3], ">i4").tobytes()
    name = np.array([(1 << 16) | 1], ">u4").tobytes() + b"x\0\0\0"
    data = np.array([9, 24], ">u4").tobytes() + values.tobytes()
    body = flags + dims + name + data
    head = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x01\x00MI"
    path = tmp_path / "big.mat"
    path.write_bytes(head + np.array([14, len(body)], ">u4").tobytes() + body)
    assert scipy.io.loadmat(path)["x"].tolist() == [[1.0, 2.0, 3.0]]
    assert mat5.numbers(path, mat5.variables(path)["x"]).tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("share", [0.01, 0.05, 0.3, 0.9, 0.999])
def test_a_file_cut_short(tmp_path, packed, share):
    path = written(tmp_path / "a.mat", packed, video=VIDEO)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(DatasetError, match=r"a\.mat: .*download it again"):
        mat5.variables(path)


def test_noise_in_the_middle_is_one_line(tmp_path):
    path = written(tmp_path / "a.mat", True, video=VIDEO)
    data = bytearray(path.read_bytes())
    rng = np.random.default_rng(1)
    for _ in range(40):
        for at in rng.integers(128, len(data), 5):
            data[at] = rng.integers(256)
        path.write_bytes(data)
        assert "\n" not in read_through(path)


def read_through(path) -> str:
    """Why the file cannot be read."""
    try:
        for variable in mat5.variables(path).values():
            list(mat5.pieces(path, variable, 7))
    except DatasetError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is no MATLAB file"),
        (b"hello" * 100, "is no MATLAB file"),
        (b"\x89HDF\r\n\x1a\n" + bytes(200), "7.3"),
        (b"MATLAB 7.3 MAT-file".ljust(512), "7.3"),
    ],
)
def test_other_files(tmp_path, content, told):
    path = tmp_path / "a.mat"
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=told):
        mat5.variables(path)


def test_missing_file(tmp_path):
    with pytest.raises(DatasetError, match="cannot be read"):
        mat5.variables(tmp_path / "a.mat")


def test_large_values_are_not_read_whole(tmp_path, monkeypatch):
    path = written(tmp_path / "a.mat", True, video=VIDEO)
    monkeypatch.setattr(mat5, "_SMALL_BYTES", 1000)
    with pytest.raises(DatasetError, match="too many"):
        mat5.numbers(path, mat5.variables(path)["video"])
