"""UBFC-Phys as it is downloaded, and as people leave it on their disks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from aimanet.datasets.base import DatasetError, Label, Recording
from aimanet.datasets.ubfc_phys import EXCLUDED, UbfcPhys
from tests.aimanet.datasets import folders
from tests.aimanet.sources.videos import cut

DATASET = UbfcPhys()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folders.ubfc_phys(tmp_path_factory.mktemp("phys"), subjects=(2, 10), tasks=("T1", "T3"))


def one(root: Path, **more) -> Recording:
    folders.ubfc_phys(root, subjects=(1,), tasks=("T1",), **more)
    return DATASET.find(root).recordings[0]


def texts(root: Path) -> list[str]:
    return [f"{p.path.name}: {p.text}" for p in DATASET.find(root).problems]


def test_recordings_in_natural_order_with_person_task_and_reason(root: Path) -> None:
    found = DATASET.find(root)
    assert [r.name for r in found.recordings] == ["s2_T1", "s2_T3", "s10_T1", "s10_T3"]
    assert [r.subject for r in found.recordings] == ["s2", "s2", "s10", "s10"]
    assert found.recordings[1].tags == (("task", "T3"), ("sex", "f"), ("group", "test"))
    assert [bool(r.excluded) for r in found.recordings] == [False, False, False, True]


def test_the_authors_leave_out_sixty_seven() -> None:
    assert len(EXCLUDED) == 67
    assert {"s3_T1", "s55_T2", "s53_T3"} <= EXCLUDED
    assert "s2_T1" not in EXCLUDED


def test_label_and_frames_share_a_clock(root: Path) -> None:
    for recording in DATASET.find(root).recordings:
        frames, label = list(DATASET.frames(recording)), DATASET.label(recording)
        assert frames[0].t == 0.0
        assert frames[-1].t == pytest.approx(104 / 35, abs=1e-6)
        assert label.t[1] == pytest.approx(1 / 64)
        assert abs(folders.lag_s(frames, label)) < 0.3 / 35


def test_a_shift_of_one_frame_would_be_seen(root: Path) -> None:
    recording = DATASET.find(root).recordings[0]
    frames, label = list(DATASET.frames(recording)), DATASET.label(recording)
    late = Label(label.t + 1 / 35, label.ppg)
    assert folders.lag_s(frames, late) == pytest.approx(1 / 35, abs=0.3 / 35)


def test_look_counts(root: Path) -> None:
    facts = DATASET.look(DATASET.find(root).recordings[0])
    assert (facts.frames, facts.fps, facts.samples) == (105, 35.0, 192)
    assert facts.seconds == pytest.approx(191 / 64)
    assert facts.problems == ()


def test_rate_comes_from_the_header(tmp_path: Path) -> None:
    recording = one(tmp_path, fps=30.0)
    frames, label = list(DATASET.frames(recording)), DATASET.label(recording)
    assert DATASET.look(recording).fps == 30.0
    assert abs(folders.lag_s(frames, label)) < 0.3 / 30


@pytest.mark.parametrize("place", ["Data", "my copy/Dätä", "s1"])
def test_deeper_folders(tmp_path: Path, place: str) -> None:
    folders.ubfc_phys(tmp_path / place, subjects=(1,), tasks=("T1",), seconds=1)
    (recording,) = DATASET.find(tmp_path).recordings
    assert recording.subject == "s1"
    assert len(list(DATASET.frames(recording))) == 35


def test_folder_of_one_person(root: Path) -> None:
    assert [r.name for r in DATASET.find(root / "s2").recordings] == ["s2_T1", "s2_T3"]


def test_capitals_and_what_systems_leave_behind(tmp_path: Path) -> None:
    recording = one(tmp_path, seconds=1)
    folder = recording.video.parent
    recording.video.rename(folder / "vid_s1_T1.AVI")
    recording.label.rename(folder / "BVP_s1_T1.CSV")
    (folder / "._vid_s1_T1.AVI").write_bytes(b"\0\5\x16\7")
    (folder / "Thumbs.db").write_bytes(b"x")
    (tmp_path / ".s2").mkdir()
    (recording,) = DATASET.find(tmp_path).recordings
    assert recording.label is not None
    assert DATASET.look(recording).problems == ()


def test_a_raw_wristband_file(tmp_path: Path) -> None:
    recording = one(tmp_path)
    plain = DATASET.label(recording)
    text = recording.label.read_text()
    folders.write_text(
        recording.label, f"1549537026.000000\r\n64.000000\r\n{text}".replace("\n", "\r\n")
    )
    raw = DATASET.label(recording)
    np.testing.assert_allclose(raw.t, plain.t)
    np.testing.assert_allclose(raw.ppg, plain.ppg)


def test_a_header_blank_lines_and_words_between(tmp_path: Path) -> None:
    recording = one(tmp_path)
    rows = recording.label.read_text().splitlines()
    rows[10], rows[20] = "NaN", "error"
    folders.write_text(recording.label, "\ufeffBVP\n" + "\n".join(rows) + "\n\n")
    label = DATASET.label(recording)
    assert len(label.t) == 190
    assert label.t[10] == pytest.approx(11 / 64)
    (told,) = DATASET.look(recording).problems
    assert not told.fatal
    assert "2 of 192 rows" in told.text


def test_a_little_longer_label_is_stretched_and_told(tmp_path: Path) -> None:
    recording = one(tmp_path, seconds=8.0)
    rows = recording.label.read_text().splitlines()
    folders.write_text(recording.label, "\n".join([*rows, *rows[:32]]))
    label = DATASET.label(recording)
    assert label.t[-1] == pytest.approx(8.0 * 543 / 544)
    assert label.drift_s == pytest.approx(0.5)
    (told,) = DATASET.look(recording).problems
    assert "stretched" in told.text
    assert not told.fatal


def test_grossly_different_lengths_are_refused(tmp_path: Path) -> None:
    recording = one(tmp_path)
    rows = recording.label.read_text().splitlines()
    folders.write_text(recording.label, "\n".join(rows[:96]))
    with pytest.raises(DatasetError, match=r"bvp_s1_T1\.csv: label of 1\.5 s, video of 3\.0 s"):
        DATASET.label(recording)
    (told,) = DATASET.look(recording).problems
    assert told.fatal
    assert told.path == recording.label


def test_a_cut_video(tmp_path: Path) -> None:
    recording = one(tmp_path)
    cut(recording.video, 0.5)
    (told,) = DATASET.look(recording).problems
    assert told.fatal
    assert "of 105 frames" in told.text
    frames = DATASET.frames(recording)
    with pytest.raises(DatasetError, match="incomplete"):
        list(frames)


@pytest.mark.parametrize("content", [b"", b"no video at all", b"RIFF\0\0\0\0AVI "])
def test_a_broken_video_is_one_line(tmp_path: Path, content: bytes) -> None:
    recording = one(tmp_path, seconds=1)
    recording.video.write_bytes(content)
    (told,) = DATASET.look(recording).problems
    assert told.fatal
    assert "\n" not in told.text
    with pytest.raises(DatasetError, match=r"vid_s1_T1\.avi"):
        next(DATASET.frames(recording))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "empty"),
        ("a\nb\n", "no numbers"),
        ("1\n" * 192, "never changes"),
        ("\0\1\2", "no text"),
    ],
)
def test_a_broken_label_is_one_line(tmp_path: Path, content: str, said: str) -> None:
    recording = one(tmp_path)
    folders.write_text(recording.label, content)
    with pytest.raises(DatasetError, match=said):
        DATASET.label(recording)
    assert [p.path for p in DATASET.look(recording).problems if p.fatal] == [recording.label]


def test_what_is_missing_is_told(root: Path, tmp_path: Path) -> None:
    folders.ubfc_phys(tmp_path, subjects=(1, 4), tasks=("T1", "T2", "T3"), seconds=0.2)
    (tmp_path / "s1" / "vid_s1_T2.avi").unlink()
    (tmp_path / "s4" / "bvp_s4_T1.csv").unlink()
    (tmp_path / "s4" / "vid_s4_T3.avi").unlink()
    (tmp_path / "s4" / "bvp_s4_T3.csv").unlink()
    (tmp_path / "s5.zip").write_bytes(b"PK")
    (tmp_path / "s4.zip").write_bytes(b"PK")
    found = DATASET.find(tmp_path)
    assert [r.name for r in found.recordings] == ["s1_T1", "s1_T3", "s4_T1", "s4_T2"]
    assert found.recordings[2].label is None
    assert DATASET.label(found.recordings[2]) is None
    assert sorted(texts(tmp_path)) == [
        "bvp_s1_T2.csv: has no video beside it; get vid_s1_T2.avi",
        "s4: s4 has no T3",
        "s5.zip: is still packed; unpack it here",
        "vid_s4_T1.avi: has no label: bvp_s4_T1.csv is missing",
    ]


def test_an_info_file_is_not_needed(tmp_path: Path) -> None:
    folder = one(tmp_path, seconds=0.2).video.parent
    (folder / "info_s1.txt").write_bytes(b"s1\r\nm\r\n")
    assert DATASET.find(tmp_path).recordings[0].tags == (("task", "T1"), ("sex", "m"))
    (folder / "info_s1.txt").unlink()
    assert DATASET.find(tmp_path).recordings[0].tags == (("task", "T1"),)


def test_a_second_copy_is_left_out(tmp_path: Path) -> None:
    folders.ubfc_phys(tmp_path / "a", subjects=(1,), tasks=("T1",), seconds=0.2)
    folders.ubfc_phys(tmp_path / "b", subjects=(1,), tasks=("T1",), seconds=0.2)
    found = DATASET.find(tmp_path)
    assert len(found.recordings) == 1
    assert any("once more" in problem.text for problem in found.problems)


def test_a_file_that_vanished(tmp_path: Path) -> None:
    recording = one(tmp_path, seconds=0.5)
    gone = replace(recording, label=tmp_path / "gone.csv")
    with pytest.raises(DatasetError, match=r"gone\.csv: cannot be read"):
        DATASET.label(gone)


def test_other_folders_are_not_this_data_set(tmp_path: Path) -> None:
    folders.pure(tmp_path, names=("01-01",), seconds=0.2)
    assert DATASET.find(tmp_path).recordings == ()
    assert DATASET.find(tmp_path / "nowhere").recordings == ()
