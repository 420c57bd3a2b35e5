"""Recording without a window: what it prints, what is there afterwards, what it refuses."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import threading

import numpy as np
import pytest

from aimanet.commands import record
from aimanet.commands.record import Options, RecordFlagsError, run
from aimanet.commands.record_words import size_text
from aimanet.errors import SourceError
from aimanet.sessions.layout import SessionError
from aimanet.sessions.reader import open_session
from aimanet.sources import open_source
from tests.aimanet.sources.mjpeg_server import network_camera
from tests.aimanet.sources.videos import numbered, write_video
from tests.given_time import real_time

__all__ = ["network_camera"]

DEMO = "synthetic:hr=72,seed=1,width=160,height=120,seconds=2"


def fast(source, out, **more):
    return run(Options(str(source), out=str(out), as_fast_as_possible=True, **more))


def test_json_tells_where_it_is_and_what_is_in_it(tmp_path, capsys, face_model):
    out = tmp_path / "s"
    assert fast(DEMO, out, method="pos", json=True, participant="P07", notes="tea") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["session"] == str(out)
    assert (told["frames"], told["dropped"], told["kept"]) == (60, 0, "face")
    assert told["duration_s"] == pytest.approx(59 / 30, abs=1e-3)
    session = open_session(out)
    assert session.problems == ()
    assert session.info.id == told["id"]
    assert (session.info.participant, session.info.notes) == ("P07", "tea")
    assert (session.info.method, session.info.source.spec) == ("pos", DEMO)
    assert not session.info.consent.confirmed
    assert session.info.size == (72, 72)
    assert told["picture"] is None
    assert (told["hr_bpm"], told["reason"]) == (None, "too_short")


def test_people_read_a_reminder_a_place_and_a_summary(tmp_path, capsys, face_model):
    assert fast(DEMO, tmp_path / "s", method="pos", seconds=1.0, keep="none", consent=True) == 0
    told = capsys.readouterr()
    assert "only with their consent" in told.err
    cost, place, _ = told.out.splitlines()
    assert cost == "Keeping no video: about 216 kB a minute (13 MB an hour)"
    assert place == f"Recording Demo face to {tmp_path / 's'} (Ctrl-C ends it)"
    assert "30 frames in 1.0 s, 0 dropped" in told.out
    assert "no heart rate: the recording is too short" in told.out
    session = open_session(tmp_path / "s")
    assert (session.info.consent.shown, session.info.consent.confirmed) == (True, True)
    assert session.video is None


def test_out_with_a_slash_and_no_out_name_the_session_by_themselves(tmp_path, monkeypatch):
    monkeypatch.setenv("AIMANET_SESSIONS_DIR", str(tmp_path / "mine"))
    assert record.target(None).parent == tmp_path / "mine"
    inside = record.target(f"{tmp_path}{os.sep}")
    assert inside.parent == tmp_path
    assert inside.name[:2] == "20"
    assert record.target(str(tmp_path / "s")) == tmp_path / "s"


def test_a_folder_with_something_in_it_is_refused_before_any_work(tmp_path):
    (tmp_path / "thesis.txt").write_text("x")
    with pytest.raises(SessionError, match=r"is not empty: name a new folder") as told:
        fast(DEMO, tmp_path)
    assert "\n" not in str(told.value)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (Options("0", seconds=0.0), "--seconds 0"),
        (Options(" "), "--source is empty"),
        (Options("0", out=""), "--out is empty"),
        (Options("0", size=(0, 4)), "--size"),
        (Options("0", fps=-1.0), "--fps -1"),
    ],
)
def test_flags_that_make_no_sense(options, says):
    with pytest.raises(RecordFlagsError, match=says):
        run(options)


def test_what_cannot_be_recorded_leaves_no_folder(tmp_path, face_model):
    with pytest.raises(SourceError, match="no such file"):
        fast(tmp_path / "none.mp4", tmp_path / "s")
    with pytest.raises(SourceError, match="live: leave it out"):
        fast("0", tmp_path / "s")
    with pytest.raises(SourceError, match="never ends: give --seconds"):
        fast("synthetic:hr=72,width=160,height=120", tmp_path / "s", method="pos")
    assert list(tmp_path.iterdir()) == []


def test_file_of_unknown_length_is_recorded_to_its_end(tmp_path, capsys, face_model):
    """A browser's MediaRecorder and whoever writes a Matroska file live leave the length out."""
    clip = write_video(tmp_path / "a.mkv", numbered(20), codec="mjpeg", pixels="yuvj420p",
                       options={"live": "1"})  # fmt: skip
    with open_source(str(clip), realtime=False) as source:
        assert source.open().duration_s is None
    assert fast(clip, tmp_path / "s", method="pos", json=True) == 0
    assert json.loads(capsys.readouterr().out)["frames"] == 20


def test_stated_rate_is_kept_in_the_session(tmp_path, capsys, face_model):
    clip = write_video(tmp_path / "cam.mjpeg", numbered(20), codec="mjpeg", pixels="yuvj420p")
    with pytest.raises(SourceError, match="does not say its frame rate"):
        fast(clip, tmp_path / "s", method="pos")
    assert not (tmp_path / "s").exists()
    assert fast(clip, tmp_path / "s", method="pos", fps=20.0) == 0
    session = open_session(tmp_path / "s")
    assert session.info.fps == 20.0
    assert session.info.camera.fps_source == "stated"
    assert session.frames.t == pytest.approx(np.arange(20) / 20)
    with open_source(str(tmp_path / "s"), realtime=False) as source:
        info = source.open()
        assert (info.fps, info.fps_source) == (20.0, "stated")
        assert [frame.t for frame in source] == pytest.approx(np.arange(20) / 20)


def test_ctrl_c_ends_it_and_keeps_it(tmp_path, capsys, face_model):
    source = "synthetic:hr=72,seed=1,width=160,height=120,seconds=600"
    out = tmp_path / "s"

    def press():
        while not (out / "bvp.csv").exists() or (out / "frames.csv").stat().st_size < 500:
            pressed.wait(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    pressed = threading.Event()
    finger = threading.Thread(target=press)
    finger.start()
    assert run(Options(source, out=str(out), method="pos", json=True)) == 0
    finger.join()
    told = json.loads(capsys.readouterr().out)
    session = open_session(out)
    assert session.problems == ()
    assert 5 < told["frames"] == session.info.frames < 600


def test_a_full_disk_is_an_error_after_the_summary(tmp_path, capsys, face_model):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, before[1]))
    try:
        with pytest.raises(SessionError, match="the disk is full"):
            fast(DEMO, tmp_path / "s", method="pos", json=True, keep="frame")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    told = json.loads(capsys.readouterr().out)
    assert told["stopped"].startswith("the disk is full")
    assert 0 < told["frames"] < 60
    assert open_session(tmp_path / "s").info.frames == told["frames"]


@real_time
def test_a_network_camera_is_recorded_live(tmp_path, capsys, face_model, network_camera):
    url = network_camera.url.replace("://", "://me:secret@")
    out = tmp_path / "s"
    shutil.rmtree(out, ignore_errors=True)
    assert run(Options(url, out=str(out), seconds=1.5, method="pos", json=True)) == 0
    assert "secret" not in (out / "session.json").read_text()
    session = open_session(tmp_path / "s")
    assert session.info.source.live
    assert session.info.frames > 5
    assert session.info.t0 > 1.0
    assert session.frames.t[0] == 0.0


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1500, "1.5 kB"),
        (23_400_000, "23 MB"),
        (10**12, "1.0 TB"),
    ],
)
def test_sizes_for_people(size, text):
    assert size_text(size) == text


@pytest.mark.real_data
def test_face_of_a_real_video_is_kept_in_less_than_3_gb_an_hour(
    tmp_path, capsys, face_model, shared_dir
):
    assert fast(shared_dir / "clips" / "evm_face.mp4", tmp_path / "s", method="green") == 0
    cost = capsys.readouterr().out.splitlines()[0]
    session = open_session(tmp_path / "s")
    taken = sum(path.stat().st_size for path in session.folder.iterdir())
    minute_mb = taken / session.duration_s * 60 / 1e6
    assert session.info.kept == "face"
    assert 60 * minute_mb < 3000
    said_mb = float(cost.split("about ")[1].split(" MB a minute")[0])
    assert said_mb == pytest.approx(minute_mb, rel=0.25)
