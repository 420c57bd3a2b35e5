"""COHFACE: HDF5 labels beside compressed videos."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from aimanet.datasets.base import DatasetError, Label, Recording
from aimanet.datasets.cohface import Cohface
from tests.aimanet.datasets import folders

DATASET = Cohface()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folders.cohface(tmp_path_factory.mktemp("cohface"), subjects=(2, 10), sessions=(0, 2))


def one(root: Path, seconds: float = 3.0) -> Recording:
    folders.cohface(root, subjects=(1,), sessions=(0,), seconds=seconds)
    return DATASET.find(root).recordings[0]


def lag(recording: Recording) -> float:
    return folders.lag_s(list(DATASET.frames(recording)), DATASET.label(recording))


def test_recordings(root: Path) -> None:
    found = DATASET.find(root)
    assert [r.name for r in found.recordings] == ["2_0", "2_2", "10_0", "10_2"]
    assert [r.subject for r in found.recordings] == ["2", "2", "10", "10"]
    assert found.recordings[1].tags == (("session", "2"), ("light", "natural"))
    assert found.problems == ()


def test_labels_are_where_the_pulse_is(root: Path) -> None:
    for recording in DATASET.find(root).recordings:
        assert abs(lag(recording)) < 0.3 / 20


def test_a_shift_of_one_frame_would_be_seen(root: Path) -> None:
    recording = DATASET.find(root).recordings[0]
    label = DATASET.label(recording)
    late = Label(label.t + 1 / 20, label.ppg)
    measured = folders.lag_s(list(DATASET.frames(recording)), late)
    assert measured == pytest.approx(1 / 20, abs=0.3 / 20)


def test_look(root: Path) -> None:
    facts = DATASET.look(DATASET.find(root).recordings[0])
    assert (facts.frames, facts.fps, facts.samples, facts.problems) == (60, 20.0, 768, ())


def test_a_person_s_folder_and_other_folders_beside(tmp_path: Path) -> None:
    folders.cohface(tmp_path / "copy", subjects=(1,), sessions=(0,), seconds=0.3)
    (tmp_path / "copy" / "protocols" / "all").mkdir(parents=True)
    (tmp_path / "copy" / "protocols" / "all" / "train.txt").write_text("1/0/data")
    (tmp_path / "copy" / "1" / "4").mkdir()
    (tmp_path / "copy" / "7").mkdir()
    found = DATASET.find(tmp_path)
    assert [r.name for r in found.recordings] == ["1_0"]
    assert found.problems == ()
    assert [r.name for r in DATASET.find(tmp_path / "copy" / "1").recordings] == ["1_0"]


def test_matroska_instead_of_avi(tmp_path: Path) -> None:
    recording = one(tmp_path)
    face = folders.person(10, 3.0, 20)
    recording.video.unlink()
    folders.write_video(recording.video.with_suffix(".mkv"), face.images(), 20, folders.FFV1)
    (recording,) = DATASET.find(tmp_path).recordings
    assert recording.video.name == "data.mkv"
    assert abs(lag(recording)) < 0.2 / 20


@pytest.mark.parametrize(("rate", "fs"), [(128, 128.0), (np.array([512.0]), 512.0), (b"64", 64.0)])
def test_the_rate_is_that_of_the_attribute(tmp_path: Path, rate: object, fs: float) -> None:
    recording = one(tmp_path, seconds=0.5)
    face = folders.person(10, 0.5, 20)
    with h5py.File(recording.label, "r+") as file:
        del file["pulse"]
        file["pulse"] = face.bvp(np.arange(round(0.5 * fs)) / fs)[:, None]
        file.attrs["sample-rate-hz"] = rate
        file.attrs["illumination"] = b"natural"
    (recording,) = DATASET.find(tmp_path).recordings
    label = DATASET.label(recording)
    assert label.t[1] == pytest.approx(1 / fs)
    assert recording.tags[1] == ("light", "natural")


def test_without_attributes_it_is_256_hz(tmp_path: Path) -> None:
    recording = one(tmp_path, seconds=0.5)
    with h5py.File(recording.label, "r+") as file:
        for name in list(file.attrs):
            del file.attrs[name]
    (recording,) = DATASET.find(tmp_path).recordings
    assert recording.tags == (("session", "0"),)
    assert DATASET.label(recording).t[1] == pytest.approx(1 / 256)


def test_lengths_that_differ_are_told_then_refused(tmp_path: Path) -> None:
    recording = one(tmp_path)
    face = folders.person(10, 3.0, 20)
    with h5py.File(recording.label, "r+") as file:
        del file["pulse"]
        file["pulse"] = face.bvp(np.arange(round(5.2 * 256)) / 256)
    (told,) = DATASET.look(recording).problems
    assert told.text == "label of 5.2 s, video of 3.0 s"
    assert not told.fatal
    assert abs(lag(recording)) < 0.3 / 20
    with h5py.File(recording.label, "r+") as file:
        del file["pulse"]
        file["pulse"] = face.bvp(np.arange(300) / 256)
    with pytest.raises(DatasetError, match="cut short"):
        DATASET.label(recording)


def test_broken_files_are_one_line(tmp_path: Path) -> None:
    recording = one(tmp_path, seconds=0.3)
    recording.label.write_bytes(recording.label.read_bytes()[:700])
    with pytest.raises(DatasetError, match=r"data\.hdf5: cannot be read") as caught:
        DATASET.label(recording)
    assert "\n" not in str(caught.value)
    with h5py.File(recording.label, "w") as file:
        file["pulse2"] = np.zeros(3)
    with pytest.raises(DatasetError, match="no `pulse`"):
        DATASET.label(recording)
    with h5py.File(recording.label, "w") as file:
        file["pulse"] = np.arange(77.0)
        file.attrs["sample-rate-hz"] = "fast"
    with pytest.raises(DatasetError, match="no rate"):
        DATASET.label(recording)
    assert [r.name for r in DATASET.find(tmp_path).recordings] == ["1_0"]


@pytest.mark.parametrize("samples", [1 << 28, 1 << 60])
def test_a_pulse_of_gigabytes_is_not_read(tmp_path: Path, samples: int) -> None:
    recording = one(tmp_path, seconds=0.3)
    with h5py.File(recording.label, "w") as file:  # never written: it takes no room in the file
        file.create_dataset("pulse", (samples,), np.float64, chunks=(1 << 10,))
    assert recording.label.stat().st_size < 100_000
    with pytest.raises(DatasetError, match=f"its `pulse` has {samples} samples"):
        DATASET.label(recording)


def test_odd_contents_are_one_line(tmp_path: Path) -> None:
    recording = one(tmp_path, seconds=0.3)
    with h5py.File(recording.label, "w") as file:
        file.create_group("pulse")
    with pytest.raises(DatasetError, match=r"data\.hdf5: cannot be read"):
        DATASET.label(recording)
    with h5py.File(recording.label, "w") as file:
        file["pulse"] = np.arange(77.0)
        file.attrs["sample-rate-hz"] = np.zeros(0)
    with pytest.raises(DatasetError, match=r"data\.hdf5: cannot be read"):
        DATASET.label(recording)


def test_missing_files(tmp_path: Path) -> None:
    folders.cohface(tmp_path, subjects=(1,), sessions=(0, 1, 2), seconds=0.2)
    (tmp_path / "1" / "0" / "data.avi").unlink()
    (tmp_path / "1" / "1" / "data.hdf5").unlink()
    (tmp_path / "2.zip").write_bytes(b"PK")
    found = DATASET.find(tmp_path)
    assert [(r.name, r.label is None) for r in found.recordings] == [("1_1", True), ("1_2", False)]
    assert [p.path.name for p in found.problems] == ["data.hdf5", "data.avi", "2.zip"]


def test_without_h5py_the_message_names_the_extra(tmp_path: Path) -> None:
    recording = one(tmp_path, seconds=0.3)
    script = (
        "import sys; sys.modules['h5py'] = None\n"
        "from pathlib import Path\n"
        "from aimanet.datasets.cohface import Cohface\n"
        "dataset = Cohface()\n"
        "(recording,) = dataset.find(Path(sys.argv[1])).recordings\n"
        "print(len(list(dataset.frames(recording))), *dataset.look(recording).problems)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert "pip install h5py" in ran.stdout
    assert ran.stdout.startswith("6 ")
    assert recording.tags[1] == ("light", "lamp")
