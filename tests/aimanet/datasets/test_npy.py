"""Files of numbers: what is refused when they are opened, and what reading them holds in memory."""

from __future__ import annotations

import numpy as np
import pytest

from aimanet.datasets.base import DatasetError
from aimanet.datasets.npy import ArrayPair, NpyFile


def saved(path, array, **kwargs):
    np.save(path, array, **kwargs)
    return path


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f4", "u1", "i2", "?"])
def test_any_real_number_is_read_as_float32(tmp_path, dtype):
    array = np.arange(24).reshape(6, 4).astype(dtype)
    out = np.empty((3, 4), np.float32)
    NpyFile.open(saved(tmp_path / "x.npy", array)).read(2, 5, out)
    assert np.array_equal(out, array[2:5].astype(np.float32))


@pytest.mark.parametrize(
    ("array", "says"),
    [
        (np.array([1 + 2j]), "complex128"),
        (np.array(["one"]), "<U3"),
        (np.zeros((4, 5), order="F"), "Fortran"),
        (np.zeros(3, np.dtype([("a", "f4")])), "not real numbers"),
    ],
)
def test_other_contents_are_refused(tmp_path, array, says):
    with pytest.raises(DatasetError, match=says):
        NpyFile.open(saved(tmp_path / "x.npy", array))


def test_pickled_objects_are_refused_unread(tmp_path):
    with pytest.raises(DatasetError, match="not real numbers"):
        NpyFile.open(saved(tmp_path / "x.npy", np.array([{}, None]), allow_pickle=True))
    (tmp_path / "y.npy").write_bytes(b"\x80\x04}.")
    with pytest.raises(DatasetError, match="pickled"):
        NpyFile.open(tmp_path / "y.npy")


@pytest.mark.parametrize("length", [0, 5, 40, 1000])
def test_a_file_that_is_cut_short(tmp_path, length):
    path = saved(tmp_path / "x.npy", np.zeros(1000))
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(DatasetError, match=r"x\.npy") as caught:
        NpyFile.open(path)
    assert "\n" not in str(caught.value)


def test_no_file_and_a_folder_in_its_place(tmp_path):
    with pytest.raises(DatasetError, match="there is no"):
        NpyFile.open(tmp_path / "x.npy")
    with pytest.raises(DatasetError, match="cannot be read"):
        NpyFile.open(tmp_path)


def test_a_file_that_shrinks_while_it_is_read(tmp_path):
    file = NpyFile.open(saved(tmp_path / "x.npy", np.zeros(1000)))
    saved(tmp_path / "x.npy", np.zeros(10))
    with pytest.raises(DatasetError, match="has changed"):
        file.read(500, 600, np.empty(100, np.float32))


def pair(tmp_path, inputs, labels):
    return ArrayPair.open(saved(tmp_path / "x.npy", inputs), saved(tmp_path / "y.npy", labels))


@pytest.mark.parametrize("size", [10, 36, 72])
def test_a_pair_of_files(tmp_path, size):
    inputs = np.random.default_rng(0).normal(size=(12, 6, size, size))
    found = pair(tmp_path, inputs, np.arange(12)[:, None])
    assert (found.frames, found.image_size, found.name) == (12, size, "x")
    x, y = np.empty((5, 6, size, size), np.float32), np.empty(5, np.float32)
    found.read(7, 12, x, y)
    assert np.array_equal(x, inputs[7:].astype(np.float32))
    assert y.tolist() == [7, 8, 9, 10, 11]


GOOD = np.zeros((12, 6, 12, 12), np.float32)


@pytest.mark.parametrize(
    ("inputs", "labels", "says"),
    [
        (GOOD[:, :5], np.zeros(12), r"shape \(12, 5, 12, 12\)"),
        (GOOD.transpose(0, 2, 3, 1).copy(), np.zeros(12), r"shape \(12, 12, 12, 6\)"),
        (GOOD[..., :11], np.zeros(12), r"shape \(12, 6, 12, 11\)"),
        (GOOD[0], np.zeros(12), r"shape \(6, 12, 12\)"),
        (np.zeros(()), np.zeros(12), r"shape \(\)"),
        (GOOD[:, :, :9, :9], np.zeros(12), "9 px; at least 10"),
        (GOOD[:0], np.zeros(0), "no frame"),
        (GOOD, np.zeros(11), "12 frames but .* 11 labels"),
        (GOOD, np.zeros((12, 2)), "one number a frame"),
        (GOOD, np.zeros(()), "one number a frame"),
        (GOOD, np.array([0.0] * 7 + [np.nan] * 5), r"y\.npy holds NaN or infinity at frame 7"),
        (GOOD, np.array([1e300] + [0.0] * 11), r"y\.npy holds NaN or infinity at frame 0"),
    ],
)
def test_pairs_that_are_refused(tmp_path, inputs, labels, says):
    with pytest.raises(DatasetError, match=says):
        pair(tmp_path, inputs, labels)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_frame_that_is_not_finite_is_named_while_streaming(tmp_path, value):
    inputs = GOOD.copy()
    inputs[9, 3, 4, 5] = value
    found = pair(tmp_path, inputs, np.zeros(12))
    x, y = np.empty((4, 6, 12, 12), np.float32), np.empty(4, np.float32)
    found.read(4, 8, x, y)
    with pytest.raises(DatasetError, match=r"x\.npy holds NaN or infinity at frame 9"):
        found.read(8, 12, x, y)


def test_large_finite_numbers_are_let_through(tmp_path):
    found = pair(tmp_path, np.full((12, 6, 12, 12), 3e38, np.float32), np.zeros(12))
    x, y = np.empty((12, 6, 12, 12), np.float32), np.empty(12, np.float32)
    found.read(0, 12, x, y)
    assert (x == np.float32(3e38)).all()
