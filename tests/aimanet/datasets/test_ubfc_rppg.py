"""UBFC-rPPG, both parts: as published, and with everything that goes wrong with large downloads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from aimanet.datasets.base import DatasetError, Label, Recording
from aimanet.datasets.ubfc_rppg import UbfcRppg
from tests.aimanet.datasets import folders
from tests.aimanet.sources.videos import cut

DATASET = UbfcRppg()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folders.ubfc_rppg(tmp_path_factory.mktemp("rppg"), subjects=(3, 10), simple=(5,))


def realistic(root: Path, seconds: float = 3.0, **more) -> Recording:
    folders.ubfc_rppg(root, subjects=(1,), simple=(), seconds=seconds, **more)
    return DATASET.find(root).recordings[0]


def simple(root: Path, seconds: float = 3.0) -> Recording:
    folders.ubfc_rppg(root, subjects=(), simple=(5,), seconds=seconds)
    return DATASET.find(root).recordings[0]


def lines_of(recording: Recording) -> list[list[str]]:
    return [line.split() for line in recording.label.read_text().splitlines()]


def write_lines(recording: Recording, lines: list[list[str]], end: str = "\n") -> None:
    folders.write_text(recording.label, end.join(" ".join(line) for line in lines) + end)


def lag(recording: Recording) -> float:
    return folders.lag_s(list(DATASET.frames(recording)), DATASET.label(recording))


def test_both_parts(root: Path) -> None:
    recordings = DATASET.find(root).recordings
    assert [r.name for r in recordings] == ["dataset1_5-gt", "subject3", "subject10"]
    assert [r.subject for r in recordings] == ["dataset1/5-gt", "subject3", "subject10"]
    assert [r.tags[0][1] for r in recordings] == ["simple", "realistic", "realistic"]


@pytest.mark.parametrize(
    ("part", "names"),
    [
        ("DATASET_1", ["dataset1_5-gt"]),
        ("DATASET_2", ["subject3", "subject10"]),
        ("DATASET_2/subject3", ["subject3"]),
    ],
)
def test_one_part_alone_has_the_same_names(root: Path, part: str, names: list[str]) -> None:
    assert [r.name for r in DATASET.find(root / part).recordings] == names


def test_frames_have_the_times_of_the_labels(root: Path) -> None:
    recording = DATASET.find(root).recordings[1]
    frames, label = list(DATASET.frames(recording)), DATASET.label(recording)
    assert [frame.t for frame in frames] == pytest.approx(label.t.tolist())
    assert np.diff(label.t).std() > 0.001  # jitter, which the file's header knows nothing of
    assert label.hr_bpm is not None
    assert frames[-1].t == pytest.approx(86 / 28.9, abs=0.01)


def test_labels_are_where_the_pulse_is(root: Path) -> None:
    for recording in DATASET.find(root).recordings:
        assert abs(lag(recording)) < 0.2 / 30


def test_a_shift_of_one_frame_would_be_seen(root: Path) -> None:
    recording = DATASET.find(root).recordings[2]
    label = DATASET.label(recording)
    late = Label(label.t[:-1], label.ppg[1:])
    assert folders.lag_s(list(DATASET.frames(recording)), late) == pytest.approx(-1 / 29, abs=0.01)


def test_part_one_has_its_own_clock(root: Path) -> None:
    recording = DATASET.find(root).recordings[0]
    frames, label = list(DATASET.frames(recording)), DATASET.label(recording)
    assert frames[1].t == pytest.approx(1 / 30)
    assert 1 / np.median(np.diff(label.t)) == pytest.approx(62, rel=0.02)
    assert 60 < np.median(label.hr_bpm) < 110
    facts = DATASET.look(recording)
    assert (facts.frames, facts.samples, facts.problems) == (90, 190, ())


def test_part_one_starts_at_its_first_stamp(tmp_path: Path) -> None:
    face = folders.person(7)
    folders.ubfc_rppg_1(tmp_path / "7-gt", face, start_ms=81_500)
    (recording,) = DATASET.find(tmp_path).recordings
    assert DATASET.label(recording).t[0] == 0.0
    assert abs(lag(recording)) < 0.2 / 30


def test_after_exercise_is_a_recording(tmp_path: Path) -> None:
    folders.ubfc_rppg_1(tmp_path / "after-exercise", folders.person(8, 0.5))
    (recording,) = DATASET.find(tmp_path).recordings
    assert recording.name == "dataset1_after-exercise"


def test_a_header_that_contradicts_the_clock_is_not_believed(tmp_path: Path) -> None:
    face = folders.person(6, seconds=8.0, fps=28.0)
    folders.ubfc_rppg_1(tmp_path / "6-gt", face)
    folders.write_video(tmp_path / "6-gt" / "vid.avi", face.images(), 30)
    (recording,) = DATASET.find(tmp_path).recordings
    frames = list(DATASET.frames(recording))
    assert frames[-1].t == pytest.approx(223 / 28, abs=0.1)
    assert abs(lag(recording)) < 0.03
    (told,) = DATASET.look(recording).problems
    assert "clock is believed" in told.text
    assert not told.fatal


def test_windows_line_ends_tabs_and_plain_numbers(tmp_path: Path) -> None:
    recording = realistic(tmp_path)
    before = DATASET.label(recording)
    lines = [[f"{float(word):.7f}" for word in line] for line in lines_of(recording)]
    text = "\r\n".join("  \t ".join(line) + "  " for line in lines)
    folders.write_text(recording.label, f"\ufeff{text}\r\n\r\n")
    np.testing.assert_allclose(DATASET.label(recording).ppg, before.ppg, atol=1e-6)


def test_a_column_each_instead_of_a_line(tmp_path: Path) -> None:
    recording = realistic(tmp_path)
    before = DATASET.label(recording)
    write_lines(recording, [list(row) for row in zip(*lines_of(recording), strict=True)])
    np.testing.assert_allclose(DATASET.label(recording).t, before.t)


def test_times_out_of_order_are_dropped_and_told(tmp_path: Path) -> None:
    recording = realistic(tmp_path)
    ppg, hr, t = lines_of(recording)
    t[10], t[30], t[31] = t[9], "9.9e+02", t[20]
    write_lines(recording, [ppg, hr, t])
    label = DATASET.label(recording)
    assert (np.diff(label.t) > 0).all()
    assert len(label.t) == 84
    times = [frame.t for frame in DATASET.frames(recording)]
    assert (np.diff(times) > 0).all()
    assert len(times) == 87
    assert abs(lag(recording)) < 0.2 / 30
    (told,) = DATASET.look(recording).problems
    assert "3 of 87 time stamps do not increase" in told.text


def test_a_time_line_that_runs_backwards(tmp_path: Path) -> None:
    recording = realistic(tmp_path, seconds=1.0)
    ppg, hr, t = lines_of(recording)
    write_lines(recording, [ppg, hr, t[::-1]])
    with pytest.raises(DatasetError, match="do not increase"):
        DATASET.label(recording)
    assert len(list(DATASET.frames(recording))) == 29  # the pictures still have the video's times
    assert any(problem.fatal for problem in DATASET.look(recording).problems)


def test_a_few_labels_too_few(tmp_path: Path) -> None:
    recording = realistic(tmp_path)
    write_lines(recording, [line[:-3] for line in lines_of(recording)])
    times = [frame.t for frame in DATASET.frames(recording)]
    assert len(times) == 87
    assert np.diff(times)[-3:] == pytest.approx(1 / 28.9, abs=0.004)
    assert abs(lag(recording)) < 0.2 / 30
    (told,) = DATASET.look(recording).problems
    assert told.text == "84 labels for 87 frames"


def test_half_the_labels_are_refused(tmp_path: Path) -> None:
    recording = realistic(tmp_path)
    write_lines(recording, [line[:43] for line in lines_of(recording)])
    with pytest.raises(DatasetError, match="43 labels over"):
        DATASET.label(recording)


def test_other_counts_over_the_same_time(tmp_path: Path) -> None:
    """Somebody resampled the label: the video's own clock is all there is."""
    face = folders.person(4)
    folders.write_video(tmp_path / "subject4" / "vid.avi", face.images(), 30)
    t = np.arange(180) / 60
    rows = [" ".join(f"{value:.6f}" for value in row) for row in (face.bvp(t), face.hr_bpm(t), t)]
    folders.write_text(tmp_path / "subject4" / "ground_truth.txt", "\n".join(rows))
    (recording,) = DATASET.find(tmp_path).recordings
    assert abs(lag(recording)) < 0.2 / 30
    assert "video's clock" in DATASET.look(recording).problems[0].text


@pytest.mark.parametrize("lines", [2, 1])
def test_a_line_is_missing(tmp_path: Path, lines: int) -> None:
    recording = realistic(tmp_path, seconds=1.0)
    write_lines(recording, lines_of(recording)[:lines])
    with pytest.raises(DatasetError, match=f"{lines} lines of numbers instead of three"):
        DATASET.label(recording)


def test_a_line_cut_short(tmp_path: Path) -> None:
    recording = realistic(tmp_path)
    ppg, hr, t = lines_of(recording)
    write_lines(recording, [ppg, hr, t[:40]])
    with pytest.raises(DatasetError, match="87, 87 and 40 numbers"):
        DATASET.label(recording)


def test_not_a_number_and_no_pulse_found(tmp_path: Path) -> None:
    recording = realistic(tmp_path)
    ppg, hr, t = lines_of(recording)
    ppg[5], hr[7] = "NaN", "0"
    write_lines(recording, [ppg, hr, t])
    label = DATASET.label(recording)
    assert len(label.t) == 86
    assert np.flatnonzero(np.isnan(label.hr_bpm)).tolist() == [6]
    assert "1 of 87 rows" in DATASET.look(recording).problems[0].text


def test_a_cut_download(tmp_path: Path) -> None:
    recording = realistic(tmp_path)
    cut(recording.video, 0.6)
    (told,) = DATASET.look(recording).problems
    assert told.fatal
    assert "of 87 frames" in told.text
    with pytest.raises(DatasetError, match="incomplete"):
        list(DATASET.frames(recording))


def test_a_download_that_lacks_its_last_frame(tmp_path: Path) -> None:
    recording = realistic(tmp_path)
    size = recording.video.stat().st_size
    with recording.video.open("r+b") as file:
        file.truncate(size - 96 * 72 * 3)
    frames = list(DATASET.frames(recording))
    assert len(frames) in (85, 86)
    assert abs(lag(recording)) < 0.2 / 30


def test_missing_files_and_packed_ones(tmp_path: Path) -> None:
    folders.ubfc_rppg(tmp_path, subjects=(1, 3), simple=(), seconds=0.5)
    part = tmp_path / "DATASET_2"
    (part / "subject1" / "ground_truth.txt").unlink()
    (part / "subject3" / "vid.avi").unlink()
    (part / "subject4.zip").write_bytes(b"PK")
    found = DATASET.find(tmp_path)
    (recording,) = found.recordings
    assert (recording.name, recording.label) == ("subject1", None)
    assert len(list(DATASET.frames(recording))) == 14
    assert sorted((p.path.name, p.fatal) for p in found.problems) == [
        ("ground_truth.txt", True),
        ("subject4.zip", True),
        ("vid.avi", False),
    ]


def test_part_one_with_too_few_columns(tmp_path: Path) -> None:
    recording = simple(tmp_path, seconds=1.0)
    folders.write_text(recording.label, "0,70\n16,70\n")
    with pytest.raises(DatasetError, match="2 numbers a line instead of four"):
        DATASET.label(recording)


def test_spaces_in_the_csv_and_a_broken_row(tmp_path: Path) -> None:
    recording = simple(tmp_path)
    rows = recording.label.read_text().splitlines()
    rows[3] = "48,70"
    folders.write_text(recording.label, "\r\n".join(row.replace(",", " , ") for row in rows))
    label = DATASET.label(recording)
    assert len(label.t) == len(rows) - 1
    assert abs(lag(recording)) < 0.2 / 30


def test_strange_places_and_capitals(tmp_path: Path) -> None:
    root = tmp_path / "Größe 1" / "UBFC"
    folders.ubfc_rppg(root, subjects=(1,), simple=(), seconds=0.5)
    folder = root / "DATASET_2" / "subject1"
    (folder / "vid.avi").rename(folder / "vid.AVI")
    (recording,) = DATASET.find(tmp_path).recordings
    assert recording.subject == "subject1"
    assert DATASET.look(recording).problems == ()
