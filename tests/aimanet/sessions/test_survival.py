"""kill -9, a disk that fills, a head that cannot be written: what was recorded opens."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager

import numpy as np
import pytest

from aimanet.sessions.info import SessionInfo, keeping
from aimanet.sessions.layout import SessionError
from aimanet.sessions.library import entry
from aimanet.sessions.reader import open_session
from aimanet.sessions.replay import ReplaySource
from aimanet.sessions.writer import SessionWriter
from aimanet.types import FaceCrop, Frame
from tests.aimanet.sessions.recordings import START, crop, frame, image, reading

ENDLESS = """
import sys
from itertools import count
from pathlib import Path
from aimanet.sessions.info import SessionInfo, keeping
from aimanet.sessions.writer import SessionWriter
from tests.aimanet.sessions.recordings import START, crop, frame, reading

info = SessionInfo(fps=30).model_copy(update=keeping(sys.argv[2]))
with SessionWriter(Path(sys.argv[1]), info) as writer:
    for i in count():
        writer.frame(frame(i), crop(i), wait=True)
        if i % 10 == 9:
            writer.reading(reading(START + i / 30))
        print(i, flush=True)
"""


def pictures(folder):
    with ReplaySource(folder, realtime=False) as source:
        return list(source)


@pytest.mark.parametrize(
    "kept", ["frame", "face+picture", pytest.param("face", marks=pytest.mark.slow)]
)
def test_kill_9_loses_less_than_a_second(tmp_path, repository, kept):
    folder = tmp_path / "s"
    child = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, folder, kept],
        cwd=repository,
        env={**os.environ, "PYTHONPATH": str(repository)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        for line in child.stdout:
            if int(line) == 149:
                child.send_signal(signal.SIGKILL)
                break
        last = int(([line, *child.stdout])[-1])
    finally:
        child.kill()
        child.wait()
    session = open_session(folder)
    assert session.interrupted
    assert not session.recording
    assert session.problems == ("the recording was interrupted; everything up to then is here",)
    assert len(session.frames) >= last
    assert len(session.readings) >= last // 10
    played = pictures(folder)
    assert played[-1].t > last / 30 - 1.0
    at = played[100]
    kept_image = image(at.index) if kept == "frame" else image(at.index + 500, (36, 36))
    assert np.array_equal(at.image, kept_image)
    if shutil.which("ffprobe"):
        assert frames_of_ffprobe(folder / "video.mkv") == len(played)
    if kept == "face+picture":
        with ReplaySource(folder, realtime=False, whole=True) as source:
            wholes = list(source)
        assert wholes[-1].t > last / 30 - 2.0
        assert wholes[-1].image.shape == (48, 64, 3)


def frames_of_ffprobe(path):
    show = ["-show_entries", "stream=nb_read_frames", "-of", "json"]
    done = subprocess.run(
        ["ffprobe", "-v", "error", "-count_frames", *show, path],
        capture_output=True,
        text=True,
        timeout=60,
    )
    return int(json.loads(done.stdout)["streams"][0]["nb_read_frames"])


@contextmanager
def largest_file(size):
    """Files end at ``size`` bytes, as at a quota; the signal for it is off in Python."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def record_until_it_fails(writer):
    for i in range(2000):
        writer.frame(frame(i), crop(i))
        if i % 10 == 9:
            writer.reading(reading(START + i / 30))
    raise AssertionError("the disk never filled")


@pytest.mark.parametrize("kept", ["frame", "face", "face+picture", "none"])
def test_a_full_disk_ends_it_with_one_error_and_whole_files(tmp_path, kept):
    info = SessionInfo(fps=30.0).model_copy(update=keeping(kept))
    writer = SessionWriter(tmp_path / "s", info)
    limit = {"frame": 300_000, "face": 150_000, "face+picture": 400_000, "none": 20_000}[kept]
    with largest_file(limit), pytest.raises(SessionError, match="the disk is full") as told:
        record_until_it_fails(writer)
    writer.frame(frame(5000))
    writer.close()
    session = open_session(tmp_path / "s")
    assert session.info.stopped == str(told.value)
    assert session.problems == (str(told.value),)
    assert session.info.frames - 1 <= len(session.frames) <= session.info.frames
    assert len(session.readings) >= len(session.frames) // 10 - 1
    if kept != "none":
        played = pictures(tmp_path / "s")
        assert len(session.frames) - 30 <= len(played) <= len(session.frames)
        assert len(played) > 10
    if kept == "face+picture":
        with ReplaySource(tmp_path / "s", realtime=False, whole=True) as source:
            assert list(source), "its pictures may be dropped, but it opens"


def test_a_file_system_that_fills(tmp_path):
    mount = tmp_path / "small"
    mount.mkdir()
    asked = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", mount]
    if shutil.which("mount") is None or subprocess.run(asked, capture_output=True).returncode:
        pytest.skip("no right to mount a file system")
    try:
        writer = SessionWriter(mount / "s", SessionInfo(kept="frame", fps=30.0))
        with pytest.raises(SessionError, match="the disk is full"):
            record_until_it_fails(writer)
        session = open_session(mount / "s")
        assert session.info.stopped.startswith("the disk is full")
        assert len(pictures(mount / "s")) >= len(session.frames) - 2 > 50
    finally:
        subprocess.run(["umount", mount], check=True)


def test_a_disk_that_is_full_from_the_start_leaves_an_error(tmp_path):
    with largest_file(10), pytest.raises(SessionError, match="the disk is full"):
        SessionWriter(tmp_path / "s", SessionInfo())


def test_a_folder_that_vanishes_is_an_error_and_no_crash(tmp_path):
    writer = SessionWriter(tmp_path / "s", SessionInfo(kept="none"))
    writer.frame(frame(0))
    shutil.rmtree(tmp_path / "s")
    with pytest.raises(SessionError, match="cannot continue recording"):
        writer.edit(notes="where is it?")
    writer.close()


def test_a_head_that_lost_its_end_still_lists_length_and_heart_rate(tmp_path):
    writer = SessionWriter(tmp_path / "s", SessionInfo(kept="none"))
    for i in range(90):
        writer.frame(Frame(i, START + i / 30, image(0)), FaceCrop(i, START + i / 30, None, None))
    writer.reading(reading(START + 2, 64.0))
    assert entry(tmp_path / "s").recording
    head = (tmp_path / "s" / "session.json").read_text()
    writer.close()
    (tmp_path / "s" / "session.json").write_text(head)
    listed = entry(tmp_path / "s")
    assert listed.interrupted
    assert not listed.recording
    assert listed.duration_s == pytest.approx(89 / 30)
    assert (listed.hr_bpm, listed.ok_share) == (64.0, 1.0)
