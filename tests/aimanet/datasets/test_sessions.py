"""Our own recordings, whole and half-written."""

from __future__ import annotations

import numpy as np
import pytest

from aimanet.datasets.align import on_grid
from aimanet.datasets.base import DatasetError
from aimanet.datasets.sessions import Sessions
from tests.aimanet.datasets.folders import person, write_text
from tests.aimanet.datasets.folders_b import lag_frames, session
from tests.aimanet.sessions.recordings import START, image, times, write_session

SESSIONS = Sessions()


def only(root):
    found = SESSIONS.find(root)
    assert len(found.recordings) == 1
    return found.recordings[0]


def test_a_folder_of_sessions_or_one(tmp_path):
    face = person(3, 1.0)
    session(tmp_path / "2026-11-22_12-00-00", face, participant="Anna")
    session(tmp_path / "2026-11-22_13-00-00", face, participant=" anna ", reference=None)
    session(tmp_path / "2026-11-23_09-00-00", face, participant="")
    found = SESSIONS.find(tmp_path)
    assert found.problems == ()
    assert [r.subject for r in found.recordings] == ["2026-11-23_09-00-00", "anna", "anna"]
    labelled = {r.name: r.label is not None for r in found.recordings}
    assert labelled["2026-11-22_12-00-00"]
    assert not labelled["2026-11-22_13-00-00"]
    one = only(tmp_path / "2026-11-22_13-00-00")
    assert one.name == "2026-11-22_13-00-00"
    assert SESSIONS.label(one) is None
    facts = SESSIONS.look(one)
    assert (facts.frames, facts.samples, facts.problems) == (30, None, ())
    assert facts.fps == pytest.approx(30.0, abs=3.0)


def test_the_current_folder_has_a_name(tmp_path, monkeypatch):
    from pathlib import Path

    session(tmp_path / "walk", person(3, 0.5), participant="")
    monkeypatch.chdir(tmp_path / "walk")
    recording = only(Path("."))
    assert (recording.name, recording.subject) == ("walk", "walk")


@pytest.mark.parametrize("kept", ["frame", "face"])
def test_what_the_recorder_writes(tmp_path, kept):
    write_session(tmp_path / "a", 20, kept, participant="Anna B")
    recording = only(tmp_path)
    assert recording.subject == "anna b"
    frames = list(SESSIONS.frames(recording))
    faces = [k for k in range(20) if kept == "frame" or k not in (4, 5)]  # recorded without a face
    assert [f.index for f in frames] == faces
    assert np.allclose([f.t for f in frames], (times(20) - START)[faces], atol=1e-9)
    shown = image if kept == "frame" else lambda k: image(k + 500, (36, 36))
    assert all(np.array_equal(f.image, shown(f.index)) for f in frames)
    assert [p.text for p in SESSIONS.look(recording).problems if p.fatal] == []


def test_equal_names_in_different_folders(tmp_path):
    for name in ("anna", "ben"):
        session(tmp_path / name / "first", person(3, 0.5), participant="")
    found = SESSIONS.find(tmp_path)
    assert [r.name for r in found.recordings] == ["anna_first", "ben_first"]


def test_frames_and_label_are_at_the_right_moment(tmp_path):
    face = person(9, 3.0)
    t = session(tmp_path / "a", face)
    recording = only(tmp_path)
    frames = list(SESSIONS.frames(recording))
    assert np.allclose([f.t for f in frames], t, atol=1e-12)  # the video has whole ms
    images = face.images(t)
    assert all(np.array_equal(f.image, i) for f, i in zip(frames, images, strict=True))
    label = SESSIONS.label(recording)
    lag, fit = lag_frames(frames, label, 30.0)
    assert abs(lag) < 0.3
    assert fit > 0.95
    assert np.allclose(on_grid(label, t)[1], face.hr_bpm(t), atol=0.5)
    assert SESSIONS.look(recording).problems == ()


def test_a_time_line_that_does_not_start_at_zero(tmp_path):
    face = person(9, 3.0)
    t = session(tmp_path / "a", face)
    rows = "\n".join(f"{k},{at + 5!r},1,1,5,5" for k, at in enumerate(t.tolist()))
    write_text(tmp_path / "a" / "frames.csv", f"index,t,x,y,w,h\n{rows}\n")
    path = tmp_path / "a" / "reference.csv"
    lines = [line.split(",") for line in path.read_text().splitlines()[1:]]
    moved = "\r\n".join(f"{float(at) + 5},{ppg}" for at, ppg, _ in lines)
    write_text(path, f"t,ppg\r\n{moved}\r\n")
    recording = only(tmp_path)
    lag, _ = lag_frames(SESSIONS.frames(recording), SESSIONS.label(recording), 30.0)
    assert abs(lag) < 0.3
    assert SESSIONS.label(recording).hr_bpm is None


def test_without_frames_csv_the_video_has_the_times(tmp_path):
    t = session(tmp_path / "a", person(9, 1.0))
    (tmp_path / "a" / "frames.csv").unlink()
    recording = only(tmp_path)
    assert np.allclose([f.t for f in SESSIONS.frames(recording)], t, atol=0.0006)
    assert "times are the video's" in SESSIONS.look(recording).problems[0].text


def test_a_killed_recording_is_used_up_to_what_is_whole(tmp_path):
    face = person(9, 3.0)
    t = session(tmp_path / "a", face, killed=True)
    folder = tmp_path / "a"
    for name, share in (("frames.csv", 0.8), ("reference.csv", 0.6)):
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[: int(len(data) * share)])
    write_text(folder / "session.json", '{"format": "aimanet-session-1", "part')
    recording = only(tmp_path)
    assert recording.subject == "a"
    assert "damaged" in SESSIONS.find(tmp_path).problems[0].text
    frames = list(SESSIONS.frames(recording))
    assert 80 <= len(frames) <= 90
    assert np.abs(np.array([f.t for f in frames]) - t[: len(frames)]).max() < 0.02
    images = list(face.images(t[: len(frames)]))
    assert all(np.array_equal(f.image, i) for f, i in zip(frames, images, strict=True))
    label = SESSIONS.label(recording)
    assert 1.0 < label.t[-1] < 2.5
    assert np.isfinite(label.ppg).all()
    assert not any(p.fatal for p in SESSIONS.look(recording).problems)


def test_an_incomplete_copy_is_told(tmp_path):
    session(tmp_path / "a", person(9, 3.0))
    path = tmp_path / "a" / "video.mkv"
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    recording = only(tmp_path)
    assert any(p.fatal for p in SESSIONS.look(recording).problems)
    with pytest.raises(DatasetError, match=r"only .* of 90 frames"):
        list(SESSIONS.frames(recording))


def test_rows_edited_by_hand(tmp_path):
    t = session(tmp_path / "a", person(9, 1.0))
    path = tmp_path / "a" / "frames.csv"
    lines = path.read_text().splitlines()
    lines[5] = "4,abc,,,,"
    lines[9] = "8"
    lines[12] = lines[11]
    write_text(path, "\r\n".join(lines) + "\r\n20,0.")
    times = np.array([f.t for f in SESSIONS.frames(only(tmp_path))])
    assert (np.diff(times) > 0).all()
    assert len(times) >= len(t) - 1  # of two rows with the same time one has no picture
    assert np.abs(times[:, None] - t).min(axis=1).max() < 0.006


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ({"format": "aimanet-session-2"}, "update AimaNet"),
        ({"kept": "none"}, "without pictures"),
    ],
)
def test_sessions_that_cannot_be_used_are_told(tmp_path, head, told):
    session(tmp_path / "a", person(3, 0.5), **{"kept": "frame"} | head)
    found = SESSIONS.find(tmp_path)
    assert found.recordings == ()
    assert told in found.problems[0].text


def test_a_lost_video_is_told(tmp_path):
    session(tmp_path / "a", person(3, 0.5))
    (tmp_path / "a" / "video.mkv").unlink()
    (problem,) = SESSIONS.find(tmp_path).problems
    assert "video.mkv is missing" in problem.text
    assert problem.fatal


@pytest.mark.parametrize("content", [b"", b"x" * 500])
def test_a_broken_video_is_told(tmp_path, content):
    session(tmp_path / "a", person(3, 0.5))
    (tmp_path / "a" / "video.mkv").write_bytes(content)
    problems = SESSIONS.look(only(tmp_path)).problems
    assert problems[0].fatal
    with pytest.raises(DatasetError, match=r"video\.mkv"):
        list(SESSIONS.frames(only(tmp_path)))


def test_face_crops_without_a_face_are_no_frames(tmp_path):
    session(tmp_path / "a", person(3, 0.5), kept="face")
    path = tmp_path / "a" / "frames.csv"
    lines = path.read_text().splitlines()
    lines[4] = ",".join([*lines[4].split(",")[:2], "", "", "", ""])
    write_text(path, "\n".join(lines) + "\n")
    recording = only(tmp_path)
    assert recording.tags == (("kept", "face"),)
    assert SESSIONS.face_alone(recording)
    assert [f.index for f in SESSIONS.frames(recording)] == [k for k in range(15) if k != 3]


@pytest.mark.parametrize(
    ("header", "kind"), [("t,ecg", "ecg"), ("t,bp_mmhg", "blood pressure"), ("t,ppg", "ppg")]
)
def test_kinds_of_references(tmp_path, header, kind):
    session(tmp_path / "a", person(3, 0.5))
    rows = "".join(f"{k / 100},{np.sin(k / 9)}\n" for k in range(50))
    write_text(tmp_path / "a" / "reference.csv", f"{header}\n{rows}")
    assert SESSIONS.label(only(tmp_path)).kind == kind


def test_a_reference_of_rates_alone(tmp_path):
    session(tmp_path / "a", person(3, 3.0))
    write_text(tmp_path / "a" / "reference.csv", "t,hr_bpm\n0,72\n1,72\n2,72\n3,0\n3.5,74\n")
    label = SESSIONS.label(only(tmp_path))
    ppg, hr_bpm = on_grid(label, np.arange(60) / 30)
    assert np.isnan(ppg).all()
    assert np.allclose(hr_bpm, 72.0)
    assert SESSIONS.look(only(tmp_path)).problems == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "empty"),
        ("t,ppg\n", "no numbers"),
        ("time,value\n0,1\n1,2\n", "no column t"),
        ("t,spo2\n0,98\n1,98\n", "neither ppg nor hr_bpm"),
        ("t,ppg\n0,1\n0,2\n0,3\n0,4\n", "do not increase"),
        ("t,ppg\n0,1\n1,1\n2,1\n3,1\n", "never changes"),
        ("t,hr_bpm\n0,0\n1,0\n", "fewer than two heart rates"),
    ],
)
def test_a_broken_reference_is_one_line(tmp_path, text, told):
    session(tmp_path / "a", person(3, 0.5))
    write_text(tmp_path / "a" / "reference.csv", text)
    with pytest.raises(DatasetError, match=rf"reference\.csv: .*{told}"):
        SESSIONS.label(only(tmp_path))
    (problem,) = (p for p in SESSIONS.look(only(tmp_path)).problems if p.fatal)
    assert told in problem.text


@pytest.mark.parametrize("text", ["[]", "{}", '{"format": "something else"}', '{"format": 3}'])
def test_other_peoples_json_is_no_session(tmp_path, text):
    write_text(tmp_path / "a" / "session.json", text)
    assert SESSIONS.find(tmp_path).recordings == ()
    assert SESSIONS.find(tmp_path / "missing").recordings == ()


def test_participants_may_be_numbers(tmp_path):
    session(tmp_path / "a", person(3, 0.5), participant=7)
    assert only(tmp_path).subject == "7"


def test_files_that_matter(tmp_path):
    session(tmp_path / "a", person(3, 0.5))
    names = {path.name for path in SESSIONS.files(only(tmp_path))}
    assert names == {"video.mkv", "frames.csv", "reference.csv"}
