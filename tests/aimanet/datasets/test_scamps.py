"""SCAMPS in the published layout, and as it comes from other hands."""

from __future__ import annotations

import sys

import cv2
import h5py
import numpy as np
import pytest

from aimanet.datasets import planes, scamps
from aimanet.datasets.base import DatasetError
from aimanet.datasets.scamps import Scamps
from tests.aimanet.datasets.folders import person
from tests.aimanet.datasets.folders_b import lag_frames, scamps_file

SCAMPS = Scamps()


def only(root):
    found = SCAMPS.find(root)
    assert len(found.recordings) == 1
    return found.recordings[0]


def read_all(recording):
    SCAMPS.label(recording)
    return list(SCAMPS.frames(recording))


def test_the_published_layout(tmp_path):
    for name in ("P000010", "P000002"):
        scamps_file(tmp_path / "scamps_videos" / f"{name}.mat")
    found = SCAMPS.find(tmp_path)
    assert [r.name for r in found.recordings] == ["P000002", "P000010"]
    assert [r.subject for r in found.recordings] == ["P000002", "P000010"]
    assert not found.problems
    assert SCAMPS.cropped
    facts = SCAMPS.look(found.recordings[0])
    assert (facts.frames, facts.fps, facts.samples, facts.problems) == (30, 30.0, 30, ())


@pytest.mark.parametrize("dtype", ["f8", "f4", "u1"])
def test_frames_are_upright(tmp_path, dtype):
    face = person(3, 1.0)
    recording = only(scamps_file(tmp_path / "P000001.mat", face, dtype=dtype).parent)
    frames = list(SCAMPS.frames(recording))
    assert [f.t for f in frames] == pytest.approx(np.arange(30) / 30)
    for frame, image in zip(frames, face.images(), strict=True):
        assert np.array_equal(frame.image, cv2.resize(image, (48, 36))[:, 6:42])


def test_an_asymmetric_picture(tmp_path):
    xsub = np.zeros((3, 30, 20, 30))  # colour, width, height, time
    xsub[0, 25:, :5] = 1.0  # red in the upper right corner
    scamps_file(tmp_path / "P000001.mat", Xsub=xsub)
    image = next(SCAMPS.frames(only(tmp_path))).image
    assert image.shape == (20, 30, 3)
    assert (image[:5, 25:] == (255, 0, 0)).all()
    assert image.sum() == 5 * 5 * 255


def test_raw_frames_give_the_same_picture(tmp_path):
    scamps_file(tmp_path / "P000001.mat")
    both = [f.image for f in SCAMPS.frames(only(tmp_path))]
    scamps_file(tmp_path / "P000001.mat", Xsub=None)
    raw = [f.image for f in SCAMPS.frames(only(tmp_path))]
    assert np.array_equal(both, raw)


@pytest.mark.parametrize("row", [True, False])
def test_the_label_is_at_the_right_moment(tmp_path, row):
    face = person(8, 3.0)
    recording = only(scamps_file(tmp_path / "P000001.mat", face, row=row).parent)
    label = SCAMPS.label(recording)
    assert label.ppg.shape == (90,)
    assert np.allclose(label.ppg, face.bvp(label.t))
    lag, fit = lag_frames(SCAMPS.frames(recording), label, 30.0)
    assert abs(lag) < 0.3
    assert fit > 0.95


@pytest.mark.parametrize("chunks", [(3, 36, 36, 7), (1, 5, 36, 30), (1, 36, 4, 13), None])
def test_blocks_and_bands_do_not_matter(tmp_path, monkeypatch, chunks):
    path = scamps_file(tmp_path / "P000001.mat")
    whole = [f.image for f in SCAMPS.frames(only(tmp_path))]
    with h5py.File(path, "r+") as file:
        values = file["Xsub"][()]
        del file["Xsub"]
        file.create_dataset("Xsub", data=values, chunks=chunks)
    monkeypatch.setattr(planes, "BUDGET_BYTES", 11 * 3 * 36 * 36)
    monkeypatch.setattr(scamps, "_BAND_BYTES", 30_000)
    parts = [f.image for f in SCAMPS.frames(only(tmp_path))]
    assert np.array_equal(whole, parts)


def test_splits_by_folder(tmp_path):
    for k, part in enumerate(("Train", "Val", "Test")):
        scamps_file(tmp_path / part / f"P0000{k}.mat")
    tags = [dict(r.tags) for r in SCAMPS.find(tmp_path).recordings]
    assert [t["split"] for t in tags] == ["train", "validation", "test"]


@pytest.mark.parametrize(
    "text",
    [
        "file,split\r\nP000001.mat,Train\r\nP000002.mat,Test\r\n",
        "Train,Validation,Test\nP000001,,P000002\n",
        "0,P000001,train\n1,P000002,test\n",
    ],
)
def test_the_official_split_in_whatever_form(tmp_path, text):
    for k in (1, 2):
        scamps_file(tmp_path / "videos" / f"P00000{k}.mat")
    (tmp_path / "ScampsTrainTestSplit.csv").write_text(text)
    tags = [dict(r.tags) for r in SCAMPS.find(tmp_path).recordings]
    assert [t["split"] for t in tags] == ["train", "test"]


def test_a_file_twice_is_told(tmp_path):
    scamps_file(tmp_path / "a" / "P000001.mat")
    scamps_file(tmp_path / "b" / "P000001.mat")
    found = SCAMPS.find(tmp_path)
    assert len(found.recordings) == 1
    assert "once more" in found.problems[0].text


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"Xsub": None, "raw": False}, "waveforms only"),
        ({"Xsub": np.zeros((30, 36, 36, 3))}, "30x36x36x3, not 3 x width"),
        ({"d_ppg": None}, "there is no d_ppg"),
        ({"d_ppg": np.zeros((1, 90))}, "never changes"),
    ],
)
def test_what_is_missing_is_told(tmp_path, change, told):
    recording = only(scamps_file(tmp_path / "P000001.mat", **change).parent)
    (problem,) = (p for p in SCAMPS.look(recording).problems if p.fatal)
    assert told in problem.text
    with pytest.raises(DatasetError, match=r"P000001\.mat: "):
        read_all(recording)


def test_a_wave_of_gigabytes_is_not_read(tmp_path):
    path = scamps_file(tmp_path / "P000001.mat")
    recording = only(tmp_path)
    with h5py.File(path, "a") as file:
        del file["d_ppg"]
        file.create_dataset("d_ppg", (1, 1 << 28), "f8", chunks=(1, 1 << 10))
    (problem,) = (p for p in SCAMPS.look(recording).problems if p.fatal)
    assert "its d_ppg has 268435456 samples" in problem.text


def test_too_few_labels_are_told(tmp_path):
    short = np.sin(np.arange(25.0))[None]
    recording = only(scamps_file(tmp_path / "P000001.mat", d_ppg=short).parent)
    (problem,) = SCAMPS.look(recording).problems
    assert "25 samples for 30 frames" in problem.text
    assert not problem.fatal


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.95])
def test_a_file_cut_short(tmp_path, share):
    path = scamps_file(tmp_path / "P000001.mat")
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    recording = only(tmp_path)
    (problem,) = SCAMPS.look(recording).problems
    assert problem.fatal
    assert "\n" not in problem.text
    with pytest.raises(DatasetError, match="download it again"):
        list(SCAMPS.frames(recording))


def test_damage_inside_the_data_is_one_line(tmp_path):
    path = scamps_file(tmp_path / "P000001.mat", raw=False)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 2000] = bytes(2000)
    path.write_bytes(data)
    with pytest.raises(DatasetError, match="damaged"):
        list(SCAMPS.frames(only(tmp_path)))


def test_h5py_is_named_where_it_is_missing(tmp_path, monkeypatch):
    recording = only(scamps_file(tmp_path / "P000001.mat").parent)
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(DatasetError, match="pip install h5py"):
        list(SCAMPS.frames(recording))
    assert "pip install h5py" in SCAMPS.look(recording).problems[0].text
