"""BP4D+ in the published layout, packed and unpacked, and as it comes from other hands."""

from __future__ import annotations

import shutil
import zipfile

import numpy as np
import pytest

from aimanet.datasets import zipped
from aimanet.datasets.base import DatasetError
from aimanet.datasets.bp4d import Bp4d
from tests.aimanet.datasets.folders import column, write_text
from tests.aimanet.datasets.folders_b import bp4d, bp4d_face, lag_frames, write_zip

BP4D = Bp4d()
ONE = (("F001", "T1"),)


def only(root):
    found = BP4D.find(root)
    assert len(found.recordings) == 1
    return found.recordings[0]


def fatal(recording):
    return [p.text for p in BP4D.look(recording).problems if p.fatal]


def test_the_published_layout(tmp_path):
    trials = (("M001", "T1"), ("F002", "T8"), ("F001", "T10"), ("F001", "T2"))
    bp4d(tmp_path, trials, seconds=0.4)
    found = BP4D.find(tmp_path)
    assert [r.name for r in found.recordings] == ["F001_T2", "F001_T10", "F002_T8", "M001_T1"]
    assert [r.subject for r in found.recordings] == ["F001", "F001", "F002", "M001"]
    assert found.problems == ()
    first = found.recordings[0]
    assert first.video == tmp_path / "2D+3D" / "F001.zip"
    assert dict(first.tags) == {"task": "T2", "gender": "female"}
    assert {path.name for path in BP4D.files(first)} == {
        "F001.zip",
        "BP_mmHg.txt",
        "Pulse Rate_BPM.txt",
    }
    facts = BP4D.look(first)
    assert (facts.frames, facts.fps, facts.samples) == (10, 25.0, 400)
    assert [p.text for p in facts.problems] == ["F001_T2 has only 10 frames"]


@pytest.mark.parametrize("packed", [True, False])
def test_the_label_is_at_the_right_moment(tmp_path, packed):
    bp4d(tmp_path, ONE, seconds=4.0, packed=packed)
    recording = only(tmp_path)
    face = bp4d_face("F001", "T1", 4.0)
    label = BP4D.label(recording)
    assert label.kind == "blood pressure"
    assert len(label.t) == 4000
    assert label.t[-1] == pytest.approx(3.999)
    frames = list(BP4D.frames(recording))
    assert [f.t for f in frames] == pytest.approx(np.arange(100) / 25)
    for frame, image in zip(frames[::20], list(face.images())[::20], strict=True):
        assert np.abs(frame.image.astype(int) - image).mean() < 3  # a JPG of the same moment
    lag, fit = lag_frames(frames, label, 25.0)
    assert abs(lag) < 0.3
    assert fit > 0.9
    assert np.allclose(label.hr_bpm, face.hr_bpm(label.t), atol=0.5)


def test_values_that_are_no_pressure_are_left_out(tmp_path):
    bp4d(tmp_path, ONE, seconds=4.0)
    path = tmp_path / "Physiology/F001/T1/BP_mmHg.txt"
    lines = path.read_text().splitlines()
    lines[1000:1200] = ["300.0"] * 200
    lines[2000:2100] = ["-1"] * 100
    path.write_text("\r\n".join(lines))
    label = BP4D.label(only(tmp_path))
    assert len(label.t) == 3700
    assert (label.ppg > 5).all()
    assert (label.ppg < 250).all()
    assert any("no blood pressure" in p.text for p in BP4D.look(only(tmp_path)).problems)


def test_no_value_is_swallowed_as_a_header(tmp_path):
    bp4d(tmp_path, ONE, seconds=0.4)
    path = tmp_path / "Physiology/F001/T1/BP_mmHg.txt"
    assert BP4D.label(only(tmp_path)).ppg[0] == pytest.approx(float(path.read_text().split()[0]))


def test_a_sensor_of_another_length_starts_with_the_frames(tmp_path):
    bp4d(tmp_path, ONE, seconds=4.0)
    face = bp4d_face("F001", "T1", 4.0)
    t = np.arange(6000) / 1000
    long = column(90 + 15 * face.bvp(np.minimum(t, 4.5)) + t)
    write_text(tmp_path / "Physiology/F001/T1/BP_mmHg.txt", long)
    recording = only(tmp_path)
    lag, _ = lag_frames(BP4D.frames(recording), BP4D.label(recording), 25.0)
    assert abs(lag) < 0.3
    told = [p.text for p in BP4D.look(recording).problems]
    assert any("6.0 s of sensor for 4.0 s of video, from the start" in text for text in told)


def test_f042_t11_is_known_and_missing_things_are_told(tmp_path):
    bp4d(tmp_path, (("F041", "T7"), ("F042", "T1")), seconds=0.4)
    sensors = tmp_path / "Physiology"
    (sensors / "F042" / "T11").mkdir()
    (sensors / "F042" / "T3").mkdir()
    shutil.rmtree(sensors / "F041" / "T7")
    (sensors / "F043" / "T1").mkdir(parents=True)
    found = BP4D.find(tmp_path)
    assert [r.name for r in found.recordings] == ["F041_T7", "F042_T1"]
    assert BP4D.label(found.recordings[0]) is None
    told = {p.path.name: p for p in found.problems}
    assert "F041_T7 has no label" in told["F041.zip"].text
    assert told["F042"].text == "no pictures for T3 of F042"
    assert told["F043"].text == "no pictures for T1 of F043"
    assert not any(p.fatal for p in found.problems)


def test_other_peoples_folders(tmp_path):
    root = tmp_path / "BP4D+ größe"
    bp4d(root, (("F001", "T1"), ("M002", "T2")), seconds=0.4, packed=False, name="img {:d}.JPG")
    (root / "2D+3D" / "F001" / "T1" / "._img 3.JPG").write_bytes(b"x")
    (root / "Physiology").rename(root / "physiology")
    assert [r.name for r in BP4D.find(root).recordings] == ["F001_T1", "M002_T2"]
    recording = BP4D.find(root / "2D+3D").recordings[0]
    assert recording.label is not None
    assert len(list(BP4D.frames(recording))) == 10


def test_an_unpacked_trial_goes_before_its_zip(tmp_path):
    bp4d(tmp_path, ONE, seconds=0.4)
    with zipfile.ZipFile(tmp_path / "2D+3D" / "F001.zip") as archive:
        archive.extractall(tmp_path / "2D+3D" / "F001")  # a folder of its own around it
    assert only(tmp_path).video == tmp_path / "2D+3D" / "F001" / "F001" / "T1"


def test_zips_of_other_shapes(tmp_path):
    bp4d(tmp_path, ONE, seconds=0.4)
    path = tmp_path / "2D+3D" / "F001.zip"
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    moved = {f"Disk (1)/{name.lower()}": data for name, data in members.items()}
    moved["__MACOSX/F001/T1/0.jpg"] = moved["Disk (1)/f001/t1/.hidden.jpg"] = b"x"
    write_zip(path, moved)
    recording = only(tmp_path)
    assert len(list(BP4D.frames(recording))) == 10


@pytest.mark.parametrize("share", [0.0, 0.5, 0.98])
def test_a_zip_cut_short(tmp_path, share):
    bp4d(tmp_path, (*ONE, ("F002", "T1")), seconds=0.4)
    path = tmp_path / "2D+3D" / "F001.zip"
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    found = BP4D.find(tmp_path)
    assert [r.subject for r in found.recordings] == ["F002"]
    (problem,) = (p for p in found.problems if p.fatal)
    assert problem.path == path
    assert "damaged or incomplete zip" in problem.text


def test_damage_inside_a_zip(tmp_path):
    bp4d(tmp_path, ONE, seconds=0.4)
    path = tmp_path / "2D+3D" / "F001.zip"
    data = bytearray(path.read_bytes())
    data[len(data) // 3 : len(data) // 2] = bytes(len(data) // 2 - len(data) // 3)
    path.write_bytes(data)
    recording = only(tmp_path)
    with pytest.raises(DatasetError, match=r"F001\.zip: damaged or incomplete"):
        list(BP4D.frames(recording))


def test_a_zip_that_python_cannot_unpack(tmp_path):
    bp4d(tmp_path, ONE, seconds=0.4)
    path = tmp_path / "2D+3D" / "F001.zip"
    data = path.read_bytes()
    for magic, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):  # method 9: Windows' Deflate64
        parts = data.split(magic)
        changed = [p[: at - 4] + b"\x09\x00" + p[at - 2 :] for p in parts[1:]]
        data = magic.join([parts[0], *changed])
    path.write_bytes(data)
    (told,) = fatal(only(tmp_path))
    assert "unpack it beside the zip" in told


def test_pictures_that_are_none(tmp_path):
    bp4d(tmp_path, ONE, seconds=0.4, packed=False)
    folder = tmp_path / "2D+3D" / "F001" / "T1"
    (folder / "4.jpg").write_bytes(b"")
    recording = only(tmp_path)
    assert [f.index for f in BP4D.frames(recording)] == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    for path in folder.glob("*.jpg"):
        path.write_bytes(b"x")
    assert "first picture of F001_T1" in fatal(recording)[0]
    with pytest.raises(DatasetError, match="only 0 of the 10 pictures"):
        list(BP4D.frames(recording))


@pytest.mark.parametrize("text", ["", "abc\n", "80\n" * 3000])
def test_a_broken_label_is_one_line(tmp_path, text):
    bp4d(tmp_path, ONE, seconds=3.0, packed=False)
    write_text(tmp_path / "Physiology/F001/T1/BP_mmHg.txt", text)
    (told,) = fatal(only(tmp_path))
    assert "\n" not in told


def test_nothing_of_ours(tmp_path):
    (tmp_path / "F001.zip").mkdir()
    (tmp_path / "photos.zip").write_bytes(b"x")
    (tmp_path / "F001" / "T1").mkdir(parents=True)
    assert BP4D.find(tmp_path).recordings == ()
    assert BP4D.find(tmp_path / "missing").recordings == ()


def test_a_picture_that_unpacks_to_gigabytes_is_left_out(tmp_path, monkeypatch):
    bp4d(tmp_path, ONE, seconds=0.4)
    monkeypatch.setattr(zipped, "_LARGEST", 100_000)
    path = tmp_path / "2D+3D" / "F001.zip"
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("F001/T1/99.jpg", bytes(100_001))
    read = list(zipped.pictures(path, "T1"))
    assert [len(data) > 0 for data in read] == [True] * 10 + [False]
