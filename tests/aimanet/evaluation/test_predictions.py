"""Archives of waves: everything that can be wrong with one is told in a line."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest

from aimanet.evaluation.predictions import Prediction, pack_predictions, read_predictions
from aimanet.evaluation.profiles import EvaluationError

from .waves import pair


@pytest.fixture
def save(tmp_path):
    def write(**arrays):
        pred, label = pair(60)
        whole = {"a/pred": pred, "a/label": label, "fs": 30, "is_derivative": True} | arrays
        path = tmp_path / "p.npz"
        np.savez(path, **{k: v for k, v in whole.items() if v is not None})
        return path

    return write


def complaint(path):
    with pytest.raises(EvaluationError) as error:
        read_predictions(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_videos_come_in_natural_order_whatever_their_type_or_shape(save):
    pred, label = pair(60)
    more = {
        "s10/pred": pred.astype(np.float32)[:, None],
        "s10/label": (label * 10).astype(np.int16),
        "s9/pred": pred.astype(np.float16)[None],
        "s9/label": label.astype(">f8"),
        "PURE/01-01/pred": pred,
        "PURE/01-01/label": label,
        "a/comment": np.array("not looked at"),
    }
    got = read_predictions(save(fs=np.array([25.0]), is_derivative=np.array([False]), **more))
    assert [one.video for one in got] == ["PURE/01-01", "a", "s9", "s10"]
    assert all(one.pred.shape == one.label.shape == (60,) for one in got)
    assert {(one.fs, one.derivative) for one in got} == {(25.0, False)}
    assert got[3].pred.dtype == np.float32


def test_a_video_may_have_its_own_rate_and_kind(save):
    pred, label = pair(60)
    own = {"b/pred": pred, "b/label": label, "b/fs": 20.0, "b/is_derivative": False}
    a, b = read_predictions(save(**own))
    assert (a.fs, a.derivative, b.fs, b.derivative) == (30.0, True, 20.0, False)
    a, b = read_predictions(save(fs=None, **{"a/fs": 15}, **own))
    assert (a.fs, b.fs) == (15.0, 20.0)


def nan_at_5():
    wave = pair(60)[0]
    wave[5:7] = np.nan
    return wave


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"fs": None}, "has no fs: add the frames per second"),
        ({"is_derivative": None}, "has no is_derivative: add 1 for waves of differences"),
        ({"fs": 0}, "fs is 0: a rate above 0 Hz"),
        ({"fs": -30.0}, "fs is -30"),
        ({"fs": np.nan}, "fs is nan"),
        ({"fs": [30, 30]}, r"fs has the shape (2,)"),
        ({"fs": "thirty"}, "fs is <U6: real numbers"),
        ({"is_derivative": 2}, "is_derivative is 2, not 0 or 1"),
        ({"a/label": None}, "has a/pred but no a/label"),
        ({"a/pred": None}, "has a/label but no a/pred"),
        ({"a/pred": None, "a/label": None}, "holds no arrays <video>/pred and <video>/label"),
        ({"a/pred": np.zeros(59)}, "a: 59 predictions but 60 labels"),
        ({"a/pred": np.zeros((6, 10))}, "a/pred has the shape (6, 10): one number a frame"),
        ({"a/pred": np.full(60, np.longdouble("1e4000"))}, "a/pred[0] is inf: 60 in all"),
        ({"a/pred": pair(60)[0] * 1e300}, " in all not finite, or beyond 1e+12"),
        ({"fs": np.array(1e308)}, "fs is 1e+308: a rate above 0 Hz and up to 10000 is needed"),
        ({"a/pred": nan_at_5()}, "a/pred[5] is nan: 2 in all not finite, or beyond 1e+12"),
        ({"a/label": np.full(60, np.inf)}, "a/label[0] is inf"),
        ({"a/pred": np.zeros(8), "a/label": np.zeros(8)}, "a/pred has 8 samples: at least 10"),
        ({"a/pred": np.zeros(0), "a/label": np.zeros(0)}, "a/pred has 0 samples"),
        ({"a/pred": np.float64(3)}, "a/pred has the shape (): one number"),
        ({"a/pred": np.zeros(60, complex)}, "a/pred is complex128: real numbers"),
        ({"a/pred": np.array([None] * 60)}, "a/pred cannot be read (pickled objects"),
        ({"a/pred": np.zeros(60, bool)}, "a/pred is bool: real numbers"),
    ],
)
def test_what_is_wrong_inside_is_named(save, arrays, words):
    assert words in complaint(save(**arrays))


def test_what_is_no_archive_is_told(tmp_path, save):
    assert "is no file" in complaint(tmp_path)
    assert "is no file" in complaint(tmp_path / "none.npz")
    lone = tmp_path / "lone.npy"
    np.save(lone, np.zeros(9))
    assert "is no .npz archive" in complaint(lone)
    empty = tmp_path / "empty.npz"
    empty.touch()
    assert "is no .npz archive" in complaint(empty)
    other = tmp_path / "other.npz"
    with zipfile.ZipFile(other, "w") as file:
        file.writestr("a/pred.npy", b"no array at all")
        file.writestr("a/label", b"neither")
    assert "a/pred" in complaint(other)
    cut = tmp_path / "cut.npz"
    cut.write_bytes(save().read_bytes()[:-30])
    assert "is no .npz archive" in complaint(cut)
    whole = bytearray(save().read_bytes())
    whole[300] ^= 0xFF
    broken = tmp_path / "broken.npz"
    broken.write_bytes(bytes(whole))
    assert "cannot be read" in complaint(broken)


def test_a_damaged_archive_of_any_packing_is_told(tmp_path, save):
    with zipfile.ZipFile(save()) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for packing in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        path = tmp_path / "packed.npz"
        with zipfile.ZipFile(path, "w", packing) as archive:
            for name, data in members.items():
                archive.writestr(name, data)
        damaged = bytearray(path.read_bytes())
        damaged[60:140] = bytes(80)
        path.write_bytes(bytes(damaged))
        assert "cannot be read" in complaint(path)


def test_packed_waves_read_back(tmp_path):
    pred, label = pair(60)
    one = Prediction("a", pred, label, 30.0, False)
    path = tmp_path / "back.npz"
    for rates, scalars in (((30.0, 30.0), {"fs", "is_derivative"}), ((30.0, 25.0), {"b/fs"})):
        path.write_bytes(pack_predictions([one, Prediction("b", pred, label, rates[1], False)]))
        back = read_predictions(path)
        assert [b.fs for b in back] == list(rates)
        assert np.array_equal(back[1].label, label)
        assert back[0].pred.dtype == np.float64
        with np.load(path) as archive:
            assert scalars <= set(archive.files)
