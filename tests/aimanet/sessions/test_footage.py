"""Videos of sessions that were cut short, damaged in the middle, exchanged or lost."""

from __future__ import annotations

import json
import shutil

import av
import numpy as np
import pytest

from aimanet.cli import main
from aimanet.datasets.sessions import Sessions
from aimanet.sessions.cut import looks_cut
from aimanet.sessions.export import export_session
from aimanet.sessions.footage import not_whole, with_footage
from aimanet.sessions.layout import SessionError, stamp_ms, stamps_ms
from aimanet.sessions.library import entry
from aimanet.sessions.reader import open_session
from aimanet.sessions.replay import ReplaySource
from tests.aimanet.sessions.recordings import image, write_session

COUNT = 60


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    return write_session(tmp_path_factory.mktemp("sessions") / "s", COUNT)


@pytest.fixture
def folder(original, tmp_path):
    return shutil.copytree(original, tmp_path / "s")


def cut(folder, share):
    video = folder / "video.mkv"
    data = video.read_bytes()
    video.write_bytes(data[: int(share * len(data))])


def garble(folder, share=0.5, size=3000):
    video = folder / "video.mkv"
    data = bytearray(video.read_bytes())
    at = int(share * len(data))
    data[at : at + size] = np.random.default_rng(1).bytes(size)
    video.write_bytes(data)


def played(folder):
    with ReplaySource(folder, realtime=False) as source:
        return list(source)


def test_a_whole_video_is_whole(folder):
    session = with_footage(open_session(folder))
    (found,) = session.footage
    assert (found.name, found.expected, found.readable, found.beyond) == ("video.mkv", 60, 60, 0)
    assert found.is_whole
    assert session.problems == ()
    assert not_whole(session) == ""
    assert entry(folder).video_problem == ""


@pytest.mark.parametrize("share", [0.01, 0.05, 0.3, 0.7, 0.97])
def test_a_video_that_was_cut_short_says_how_many_frames_can_be_read(folder, share):
    cut(folder, share)
    session = with_footage(open_session(folder))
    readable = session.footage[0].readable
    assert abs(readable - share * COUNT) < 2
    line = f"video.mkv is damaged or was cut short: {readable} of 60 frames can be read"
    assert session.problems == (line,)
    assert not_whole(session) == line
    assert entry(folder).video_problem.startswith("video.mkv was cut short; open the session")
    assert looks_cut(folder / "video.mkv")
    if readable:
        frames = played(folder)
        assert len(frames) == readable
        assert all(np.array_equal(frame.image, image(frame.index)) for frame in frames)


def test_damage_in_the_middle_costs_its_frames_and_no_wrong_picture_is_shown(folder):
    garble(folder)
    session = with_footage(open_session(folder))
    assert 55 <= session.footage[0].readable < 60
    frames = played(folder)
    assert len(frames) == session.footage[0].readable
    assert all(np.array_equal(frame.image, image(frame.index)) for frame in frames)


def test_every_flipped_bit_is_found(folder):
    video = folder / "video.mkv"
    data = video.read_bytes()
    for at in np.random.default_rng(2).integers(len(data) // 4, len(data) // 2, 12).tolist():
        video.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        whole = with_footage(open_session(folder)).footage[0].is_whole
        frames = played(folder)
        assert whole == (len(frames) == COUNT)
        assert all(np.array_equal(frame.image, image(frame.index)) for frame in frames)


def test_more_pictures_than_rows_are_counted(folder):
    rows = (folder / "frames.csv").read_text().splitlines(keepends=True)
    (folder / "frames.csv").write_text("".join(rows[:41]))
    session = with_footage(open_session(folder))
    assert session.footage[0].is_whole
    assert session.footage[0].beyond == 20
    assert session.problems == (
        "video.mkv has 20 pictures that are not in frames.csv: without a time they are left out",
    )
    assert len(played(folder)) == 40


def test_the_last_second_of_a_killed_recording_is_no_loss(folder):
    head = folder / "session.json"
    head.write_text(json.dumps({**json.loads(head.read_text()), "ended": None}))
    cut(folder, 0.9)
    session = with_footage(open_session(folder))
    assert not session.footage[0].is_whole
    assert not_whole(session) == ""
    cut(folder, 0.3)
    assert "of 60 frames can be read" in not_whole(with_footage(open_session(folder)))


def test_a_missing_video_is_said_in_the_list(folder):
    (folder / "video.mkv").unlink()
    assert entry(folder).video_problem == "video.mkv is missing"
    assert with_footage(open_session(folder)).footage == ()


def test_counting_can_be_stopped(folder):
    def stop(share):
        raise SessionError("enough")

    with pytest.raises(SessionError, match="enough"):
        with_footage(open_session(folder), stop)


def test_stamps_are_those_of_the_writer():
    t = np.cumsum(np.random.default_rng(4).choice([0.0002, 0.0005, 0.033, 0.2], 500))
    before, expected = None, []
    for at in t.tolist():
        before = stamp_ms(at, before)
        expected.append(before)
    assert stamps_ms(t).tolist() == expected


def test_exports_say_what_is_missing_and_the_film_keeps_its_length(folder, tmp_path):
    cut(folder, 0.05)
    session = open_session(folder)
    words = f"{with_footage(session).footage[0].readable} of 60 frames can be read"
    done = export_session(session, ["csv", "json", "html", "mp4"], tmp_path / "out", name="x")
    assert words in done.incomplete
    assert words in (tmp_path / "out" / "x_session.csv").read_text()
    assert words in (tmp_path / "out" / "x.html").read_text()
    told = json.loads((tmp_path / "out" / "x.json").read_text())
    assert words in told["problems"][0]
    assert told["footage"][0]["expected"] == 60
    with av.open(str(tmp_path / "out" / "x.mp4")) as film:
        pictures = list(film.decode(video=0))
        assert words in film.metadata["comment"]
    assert len(pictures) == 60
    assert pictures[-1].time == pytest.approx(session.duration_s, abs=0.002)
    assert export_session(session, ["csv"], tmp_path / "tables").incomplete == ""


def test_the_command_ends_with_status_2_where_the_film_lacks_pictures(folder, tmp_path, capfd):
    assert main(["export", str(folder), "--out", str(tmp_path / "a.mp4")]) == 0
    cut(folder, 0.3)
    assert main(["export", str(folder), "--out", str(tmp_path / "b.mp4")]) == 2
    told = capfd.readouterr().err
    assert "of 60 frames can be read; the MP4 has a card in place of each of the others" in told
    assert (tmp_path / "b.mp4").is_file()
    assert main(["export", str(folder), "--out", str(tmp_path / "t"), "--format", "csv"]) == 0
    assert "of 60 frames can be read" in capfd.readouterr().err


def test_replay_says_it_and_reads_what_is_left(folder, capfd):
    cut(folder, 0.7)
    assert main(["replay", str(folder), "--method", "green"]) == 0
    assert "of 60 frames can be read" in capfd.readouterr().err
    assert main(["replay", str(folder), "--method", "green", "--json"]) == 0
    assert "of 60 frames can be read" in json.loads(capfd.readouterr().out)["problems"][0]


def test_lost_pictures_do_not_move_the_others_in_training(folder):
    garble(folder, 0.3, 30_000)
    recordings = Sessions().find(folder).recordings
    t = open_session(folder).frames.t
    frames = list(Sessions().frames(recordings[0]))
    assert 54 <= len(frames) < 60
    for frame in frames:
        assert np.array_equal(frame.image, image(frame.index))
        assert frame.t == pytest.approx(t[frame.index])
