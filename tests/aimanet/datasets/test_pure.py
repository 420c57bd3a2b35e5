"""PURE: pictures and an oximeter by their time stamps, in the published layout and in others."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from aimanet.datasets.base import DatasetError, Label, Recording
from aimanet.datasets.pure import Pure
from tests.aimanet.datasets import folders

DATASET = Pure()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folders.pure(tmp_path_factory.mktemp("pure"))


def one(root: Path, seconds: float = 2.0, **more) -> Recording:
    folders.pure(root, names=("01-01",), seconds=seconds, **more)
    return DATASET.find(root).recordings[0]


def log_of(recording: Recording) -> dict:
    return json.loads(recording.label.read_text())


def save(recording: Recording, log: dict) -> None:
    recording.label.write_text(json.dumps(log))


def pngs(recording: Recording) -> list[Path]:
    return sorted(recording.video.glob("*.png"))


def lag(recording: Recording) -> float:
    return folders.lag_s(list(DATASET.frames(recording)), DATASET.label(recording))


def test_recordings(root: Path) -> None:
    found = DATASET.find(root)
    assert [r.name for r in found.recordings] == ["01-01", "01-02", "02-01"]
    assert [r.subject for r in found.recordings] == ["01", "01", "02"]
    assert found.recordings[1].tags == (("setup", "talking"),)
    assert found.problems == ()


def test_frames_have_their_own_times(root: Path) -> None:
    recording = DATASET.find(root).recordings[0]
    frames = list(DATASET.frames(recording))
    true = folders.jittered(folders.person(101, 2.0, 30))
    assert [frame.t for frame in frames] == pytest.approx(true.tolist(), abs=1e-6)
    assert frames[0].image.shape == (72, 96, 3)


def test_label_by_stamps_not_by_index(root: Path) -> None:
    recording = DATASET.find(root).recordings[0]
    label = DATASET.label(recording)
    assert label.t[0] == pytest.approx(-0.007, abs=1e-6)
    assert np.diff(label.t) == pytest.approx(1 / 60, abs=1e-6)
    assert label.hr_bpm[0] > 50
    assert 0.005 < label.drift_s < 0.05


def test_labels_are_where_the_pulse_is(root: Path) -> None:
    for recording in DATASET.find(root).recordings:
        assert abs(lag(recording)) < 0.2 / 30


def test_a_shift_of_one_frame_would_be_seen(root: Path) -> None:
    recording = DATASET.find(root).recordings[2]
    label = DATASET.label(recording)
    late = Label(label.t + 1 / 30, label.ppg)
    measured = folders.lag_s(list(DATASET.frames(recording)), late)
    assert measured == pytest.approx(1 / 30, abs=0.2 / 30)


def test_look(root: Path) -> None:
    facts = DATASET.look(DATASET.find(root).recordings[0])
    assert (facts.frames, facts.samples, facts.problems) == (60, 120, ())
    assert facts.fps == pytest.approx(30, rel=0.05)


def test_flat_layout(tmp_path: Path) -> None:
    folders.pure(tmp_path, names=("01-01", "10-06"), flat=True)
    recordings = DATASET.find(tmp_path).recordings
    assert [r.name for r in recordings] == ["01-01", "10-06"]
    assert recordings[0].label == tmp_path / "01-01.json"
    assert abs(lag(recordings[1])) < 0.2 / 30


def test_pictures_right_beside_the_log(tmp_path: Path) -> None:
    recording = one(tmp_path, seconds=0.3)
    for path in pngs(recording):
        path.rename(path.parent.parent / path.name)
    recording.video.rmdir()
    (found,) = DATASET.find(tmp_path).recordings
    assert len(list(DATASET.frames(found))) == 9


@pytest.mark.parametrize("below", ["PURE", "my däta/PURE 2014"])
def test_deeper(tmp_path: Path, below: str) -> None:
    folders.pure(tmp_path / below, names=("01-01", "02-01"), seconds=0.2)
    assert [r.name for r in DATASET.find(tmp_path).recordings] == ["01-01", "02-01"]


def test_one_recording_alone(root: Path) -> None:
    assert [r.name for r in DATASET.find(root / "01-02").recordings] == ["01-02"]


@pytest.mark.parametrize("divide", [1_000, 1_000_000])
def test_stamps_in_other_units(tmp_path: Path, divide: int) -> None:
    recording = one(tmp_path)
    log = log_of(recording)
    for entry in (*log["/FullPackage"], *log["/Image"]):
        entry["Timestamp"] //= divide
    save(recording, log)
    for path in pngs(recording):
        path.rename(path.with_name(f"Image{int(path.stem[5:]) // divide}.png"))
    assert [frame.t for frame in DATASET.frames(recording)][-1] == pytest.approx(1.96, abs=0.02)
    assert abs(lag(recording)) < 0.2 / 30


def test_names_of_different_length_are_ordered_as_numbers(tmp_path: Path) -> None:
    face = folders.person(1, 2.0)
    folders.pure_recording(tmp_path / "01-01", "01-01", face, start_ns=9_400_000_000)
    (recording,) = DATASET.find(tmp_path).recordings
    times = [frame.t for frame in DATASET.frames(recording)]
    assert (np.diff(times) > 0).all()
    assert abs(lag(recording)) < 0.2 / 30


def test_dropped_frames_and_pictures_without_entries(tmp_path: Path) -> None:
    recording = one(tmp_path)
    log = log_of(recording)
    for path in pngs(recording)[20:23]:
        path.unlink()
    del log["/Image"][40:42]
    save(recording, log)
    assert len(list(DATASET.frames(recording))) == 57
    assert abs(lag(recording)) < 0.2 / 30
    texts = [p.text for p in DATASET.look(recording).problems]
    assert texts == [
        "3 of 58 pictures that the log lists are not there",
        "2 of 57 pictures are not in the log",
    ]


def test_a_long_gap_is_told(tmp_path: Path) -> None:
    recording = one(tmp_path)
    for path in pngs(recording)[15:40]:
        path.unlink()
    assert any("no pictures for 0.9 s" in p.text for p in DATASET.look(recording).problems)


def test_what_the_oximeter_did_not_see_is_left_out(tmp_path: Path) -> None:
    recording = one(tmp_path)
    log = log_of(recording)
    for k, package in enumerate(log["/FullPackage"][30:75]):
        package["Value"]["probeError" if k % 2 else "searching"] = True
        package["Value"]["waveform"] = 0
    del log["/FullPackage"][5]["Value"]["pulseRate"]
    log["/FullPackage"][6]["Value"]["pulseRate"] = 0
    save(recording, log)
    label = DATASET.label(recording)
    assert len(label.t) == 75
    assert np.diff(label.t).max() == pytest.approx(46 / 60, abs=1e-3)
    assert np.isnan(label.hr_bpm[5:7]).all()
    texts = [p.text for p in DATASET.look(recording).problems]
    assert any("45 of 120 readings without a finger" in text for text in texts)
    assert any("longest hole is 0.8 s" in text for text in texts)


def test_stamps_that_go_back(tmp_path: Path) -> None:
    recording = one(tmp_path)
    log = log_of(recording)
    log["/FullPackage"][50]["Timestamp"] = log["/FullPackage"][40]["Timestamp"]
    save(recording, log)
    label = DATASET.label(recording)
    assert (np.diff(label.t) > 0).all()
    assert len(label.t) == 119


def test_pictures_numbered_anew_take_the_times_of_the_log(tmp_path: Path) -> None:
    recording = one(tmp_path)
    for k, path in enumerate(pngs(recording)):
        path.rename(path.with_name(f"frame_{k}.png"))
    assert abs(lag(recording)) < 0.2 / 30


def test_pictures_of_another_recording(tmp_path: Path) -> None:
    recording = one(tmp_path)
    for k, path in enumerate(pngs(recording)[:-2]):
        path.rename(path.with_name(f"frame_{k}.png"))
    for path in recording.video.glob("Image*"):
        path.unlink()
    with pytest.raises(DatasetError, match="are no time stamps of"):
        next(DATASET.frames(recording))
    assert DATASET.look(recording).problems[0].fatal


def test_other_files_in_the_folder(tmp_path: Path) -> None:
    recording = one(tmp_path, seconds=0.5)
    for name in ("Image1.avi", "._Image1392643993642815000.png", "Thumbs.db", "notes.txt"):
        (recording.video / name).write_bytes(b"x")
    assert len(list(DATASET.frames(recording))) == 15
    assert len(DATASET.files(recording)) == 16
    assert DATASET.look(recording).problems == ()


def test_a_damaged_picture_leaves_a_hole(tmp_path: Path) -> None:
    recording = one(tmp_path)
    pngs(recording)[7].write_bytes(b"")
    frames = list(DATASET.frames(recording))
    assert [frame.index for frame in frames[6:8]] == [6, 8]
    assert "1 of 60 pictures are empty" in DATASET.look(recording).problems[0].text


def test_mostly_damaged_pictures(tmp_path: Path) -> None:
    recording = one(tmp_path, seconds=0.5)
    for path in pngs(recording)[3:]:
        path.write_bytes(b"\x89PNG")
    with pytest.raises(DatasetError, match="only 3 of 15 frames"):
        list(DATASET.frames(recording))


def test_without_a_log(tmp_path: Path) -> None:
    recording = one(tmp_path, seconds=0.5)
    recording.label.unlink()
    found = DATASET.find(tmp_path)
    (recording,) = found.recordings
    assert recording.label is None
    assert DATASET.label(recording) is None
    assert [frame.t for frame in DATASET.frames(recording)][-1] == pytest.approx(0.466, abs=0.01)
    assert "01-01.json is missing" in found.problems[0].text


def test_a_log_without_pictures_and_a_packed_one(tmp_path: Path) -> None:
    folders.pure(tmp_path, names=("01-01", "02-01"), seconds=0.2)
    for path in (tmp_path / "02-01" / "02-01").iterdir():
        path.unlink()
    (tmp_path / "03-01.zip").write_bytes(b"PK")
    found = DATASET.find(tmp_path)
    assert [r.name for r in found.recordings] == ["01-01"]
    assert [p.path.name for p in found.problems] == ["02-01.json", "03-01.zip"]


LOG = '{"/FullPackage": [{"Timestamp": %s, "Value": {"waveform": %s}}], "/Image": []}'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "empty"),
        ('{"/FullPackage": [', "not the oximeter's log"),
        ("[1, 2]", "not the oximeter's log"),
        ('{"/Image": []}', "FullPackage"),
        ('{"/FullPackage": [], "/Image": []}', "no readings"),
        (LOG % ("1e999", "1"), "OverflowError"),
        (LOG % (10**400, "1"), "OverflowError"),
        (LOG % (1, 10**400), "OverflowError"),
    ],
)
def test_a_broken_log_is_one_line(tmp_path: Path, content: str, said: str) -> None:
    recording = one(tmp_path, seconds=0.3)
    folders.write_text(recording.label, content)
    with pytest.raises(DatasetError, match=said) as caught:
        DATASET.label(recording)
    assert "\n" not in str(caught.value)
    assert len(list(DATASET.frames(recording))) == 9  # by the stamps in the names
    assert [p.path for p in DATASET.look(recording).problems if p.fatal] == [recording.label]


def test_a_log_of_another_day(tmp_path: Path) -> None:
    recording = one(tmp_path)
    log = log_of(recording)
    for package in log["/FullPackage"]:
        package["Timestamp"] += 3600 * 10**9
    save(recording, log)
    with pytest.raises(DatasetError, match="do not overlap"):
        DATASET.label(recording)
