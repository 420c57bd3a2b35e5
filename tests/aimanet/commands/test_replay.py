"""Recorded from a file and replayed: the same readings, to the last digit."""

from __future__ import annotations

import json
import shutil

import pytest

from aimanet.commands.record import Options as RecordOptions
from aimanet.commands.record import run as record
from aimanet.commands.replay import Options, run
from aimanet.errors import SourceError
from aimanet.sessions.layout import SessionError
from aimanet.sessions.reader import open_session


def recorded(clip, out, keep, method, seconds=6.0):
    options = RecordOptions(
        str(clip),
        out=str(out),
        seconds=seconds,
        keep=keep,
        method=method,
        as_fast_as_possible=True,
        json=True,
    )
    assert record(options) == 0
    return out


@pytest.fixture(scope="module")
def faces(clip, face_model, tmp_path_factory):
    """The first seconds of the demo clip, the face only, read by the network."""
    return recorded(clip, tmp_path_factory.mktemp("sessions") / "face", "face", "tscan")


@pytest.fixture(scope="module")
def frames(clip, face_model, tmp_path_factory):
    """The same in whole frames, read by POS."""
    return recorded(clip, tmp_path_factory.mktemp("sessions") / "frame", "frame", "pos")


def replay(capsys, folder, **more):
    capsys.readouterr()
    assert run(Options(folder, json=True, **more)) == 0
    return json.loads(capsys.readouterr().out)


def assert_same(told):
    compared = told["compared"]
    assert compared["same"] == compared["pairs"] == told["recorded"]["readings"] >= 15
    assert (compared["before"], compared["after"], compared["max_bpm"]) == (0, 0, 0.0)
    assert told["problems"] == []
    assert compared["both"] > 3
    assert told["replayed"]["hr_bpm"] == told["recorded"]["hr_bpm"]
    for side in ("recorded", "replayed"):
        assert told[side]["prv"] is None
        assert told[side]["prv_reason"].startswith("needs a minute of good signal, has ")
    assert all(row["recorded"] == row["replayed"] for row in told["readings"])


def test_from_frames_the_readings_are_the_recorded_ones_exactly(frames, capsys):
    assert_same(replay(capsys, frames))


def test_from_faces_the_readings_are_the_recorded_ones_exactly(faces, capsys):
    assert_same(replay(capsys, faces))


@pytest.mark.slow
def test_the_network_reads_the_same_from_frames_and_from_faces(clip, faces, tmp_path, capsys):
    frames = recorded(clip, tmp_path / "frame", "frame", "tscan")
    assert open_session(frames).readings == open_session(faces).readings
    assert_same(replay(capsys, frames))


def test_another_method_is_set_beside_the_recorded_one(faces, capsys):
    told = replay(capsys, faces, method="pos")
    assert (told["recorded"]["method"], told["replayed"]["method"]) == ("tscan", "pos")
    assert told["compared"]["same"] < told["compared"]["pairs"]
    assert told["compared"]["mae_bpm"] < 5.0
    capsys.readouterr()
    assert run(Options(faces, method="green")) == 0
    out = capsys.readouterr().out
    assert "recorded: TS-CAN" in out
    assert "replayed: GREEN" in out
    assert "readings are the same to the last digit" in out


def test_other_weights_than_those_of_the_day_are_told(faces, capsys, tmp_path):
    folder = shutil.copytree(faces, tmp_path / "s")
    head = json.loads((folder / "session.json").read_text())
    head["model"]["hash"] = "0" * 12
    (folder / "session.json").write_text(json.dumps(head))
    told = replay(capsys, folder)
    assert len(told["problems"]) == 1
    assert "recorded with the weights tscan (000000000000)" in told["problems"][0]


def test_an_interrupted_session_replays_with_a_note(faces, capsys, tmp_path):
    folder = shutil.copytree(faces, tmp_path / "s")
    head = json.loads((folder / "session.json").read_text())
    (folder / "session.json").write_text(json.dumps({**head, "ended": None}))
    (folder / "video.mkv").write_bytes((folder / "video.mkv").read_bytes()[:-200_000])
    assert run(Options(folder, method="green")) == 0
    assert "note: the recording was interrupted" in capsys.readouterr().err


def test_what_is_no_session_is_one_line(tmp_path):
    with pytest.raises(SessionError, match="is no session"):
        run(Options(tmp_path))


def test_compressed_picture_is_read_if_asked_and_the_lossless_face_if_not(
    clip, face_model, tmp_path, capsys
):
    folder = recorded(clip, tmp_path / "s", "face+picture", "pos")
    assert_same(replay(capsys, folder))
    told = replay(capsys, folder, whole_picture=True)
    assert told["problems"] == [
        "replayed from the compressed picture: its readings differ from those of the face"
    ]
    assert told["compared"]["same"] < told["compared"]["pairs"] == told["recorded"]["readings"]
    assert told["compared"]["max_bpm"] < 5.0


def test_whole_picture_of_a_session_that_kept_the_face_alone_is_refused(faces):
    with pytest.raises(SourceError, match="no video of the whole picture: play its face instead"):
        run(Options(faces, json=True, whole_picture=True))


def test_whole_picture_without_loss_is_what_is_replayed_anyway(frames, capsys):
    assert_same(replay(capsys, frames, whole_picture=True))
