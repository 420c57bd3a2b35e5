"""The thread around the writer: never in the way, and nothing lost in silence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time

import pytest

from aimanet.sessions.info import SessionInfo
from aimanet.sessions.layout import SessionError
from aimanet.sessions.reader import open_session
from aimanet.sessions.recorder import Recorder
from aimanet.sessions.writer import SessionWriter
from aimanet.types import Frame
from tests.aimanet.sessions.recordings import START, crop, frame, image, reading
from tests.given_time import GivenTime


class SlowDisk:
    """Makes the writer only once it is allowed to: the recorder's thread waits meanwhile."""

    def __init__(self, folder, **info):
        self.go = threading.Event()
        self._folder, self._info = folder, SessionInfo.model_validate(info)

    def __call__(self):
        assert self.go.wait(60)
        return SessionWriter(self._folder, self._info)


def at_once(folder, **info):
    return lambda: SessionWriter(folder, SessionInfo.model_validate(info))


def test_frames_readings_and_markers_arrive_in_order(tmp_path):
    with Recorder(at_once(tmp_path / "s", kept="frame")) as recorder:
        for i in range(30):
            assert recorder.offer_waiting(frame(i), crop(i))
        recorder.reading(reading(START + 1))
        recorder.mark("now")
        recorder.mark("then", START + 0.5)
        recorder.edit(notes="typed meanwhile")
    session = open_session(tmp_path / "s")
    assert session.problems == ()
    assert len(session.frames) == 30
    assert len(session.readings) == 1
    assert [(m.t, m.name) for m in session.markers] == [
        (0.5, "then"),
        (frame(29).t - START, "now"),
    ]
    assert session.info.notes == "typed meanwhile"
    assert recorder.info.frames == 30


def test_a_full_queue_drops_counts_and_writes_it_down_and_nobody_waits(tmp_path):
    disk = SlowDisk(tmp_path / "s", kept="none")
    with Recorder(disk, capacity=4) as recorder:
        with GivenTime() as given:
            taken = [recorder.offer(frame(i)) for i in range(10)]
        assert given.s < 0.5
        assert taken == [True] * 4 + [False] * 6
        status = recorder.status()
        assert (status.dropped, status.queued, status.running, status.folder) == (6, 4, True, None)
        disk.go.set()
        assert recorder.offer_waiting(frame(10))
    session = open_session(tmp_path / "s")
    assert session.frames.index.tolist() == [0, 1, 2, 3, 10]
    assert session.info.dropped == session.frames.missing == recorder.dropped == 6


def test_large_pictures_fill_the_queue_by_their_bytes(tmp_path):
    disk = SlowDisk(tmp_path / "s", kept="none")
    large = image(0, (640, 480))
    with Recorder(disk, capacity=100, capacity_bytes=2 * large.nbytes) as recorder:
        assert [recorder.offer(Frame(i, START + i, large)) for i in range(4)] == [
            True,
            True,
            False,
            False,
        ]
        disk.go.set()
    disk = SlowDisk(tmp_path / "t", kept="none")
    with Recorder(disk, capacity_bytes=1) as recorder:
        assert recorder.offer(frame(0))  # one always has room
        disk.go.set()


def test_what_is_queued_at_the_end_is_still_written(tmp_path):
    disk = SlowDisk(tmp_path / "s", kept="frame")
    recorder = Recorder(disk)
    assert not recorder.finished
    recorder.start()
    for i in range(20):
        recorder.offer(frame(i))
    recorder.finish()
    assert not recorder.offer(frame(20))
    assert not recorder.stop(0.01)
    assert not recorder.finished
    disk.go.set()
    assert recorder.stop()
    assert recorder.stop()
    assert recorder.finished
    assert open_session(tmp_path / "s").info.frames == 20
    assert recorder.dropped == 0


def test_of_a_file_nothing_is_lost(tmp_path):
    with Recorder(at_once(tmp_path / "s", kept="frame"), capacity=2) as recorder:
        for i in range(300):
            assert recorder.offer_waiting(frame(i), crop(i))
    assert open_session(tmp_path / "s").info.frames == 300
    assert recorder.dropped == 0


def test_an_error_reaches_the_owner_once_and_nobody_else(tmp_path):
    told = []
    recorder = Recorder(at_once(tmp_path / "s", kept="frame"), on_error=told.append).start()
    assert recorder.offer_waiting(frame(0))
    assert recorder.offer_waiting(Frame(50, START + 5, image(1, (32, 24))))
    recorder._thread.join(60)
    assert not recorder.offer(frame(2))
    assert not recorder.offer_waiting(frame(3))
    recorder.reading(reading(START + 6))
    recorder.mark("late")
    assert recorder.stop()
    assert [type(error) for error in told] == [SessionError]
    assert recorder.error is told[0]
    status = recorder.status()
    assert not status.running
    assert "changed from 64x48 to 32x24" in status.error
    session = open_session(tmp_path / "s")
    assert session.info.frames == 1
    assert session.info.stopped == status.error


def test_a_marker_gets_its_name_afterwards(tmp_path):
    with Recorder(at_once(tmp_path / "s")) as recorder:
        assert recorder.offer_waiting(frame(0))
        first = recorder.mark("Marker 1")
        assert recorder.mark("method: pos") == first + 1
        recorder.rename_mark(first, "stood up")
    names = [marker.name for marker in open_session(tmp_path / "s").markers]
    assert names == ["stood up", "method: pos"]
    assert recorder.mark("late") is None


def test_a_folder_that_is_taken_is_an_error_of_the_thread(tmp_path):
    (tmp_path / "thesis.txt").write_text("x")
    ended = threading.Event()
    with Recorder(at_once(tmp_path), on_error=lambda _: ended.set()) as recorder:
        assert ended.wait(60)
    assert "not empty" in str(recorder.error)
    assert recorder.info is None


def test_what_nobody_foresaw_is_a_line_too(tmp_path, caplog):
    ended = threading.Event()
    with Recorder(at_once(tmp_path / "s"), on_error=lambda _: ended.set()) as recorder:
        recorder.offer_waiting(frame(0))
        recorder._say(lambda writer: 1 / 0)
        assert ended.wait(60)
    assert "unexpected" in str(recorder.error)
    assert "ZeroDivisionError" in caplog.text
    assert open_session(tmp_path / "s").info.ended is not None


def test_the_status_counts_while_it_runs(tmp_path):
    with Recorder(at_once(tmp_path / "s", kept="frame")) as recorder:
        for i in range(31):
            recorder.offer_waiting(frame(i))
        while recorder.status().frames < 31:
            time.sleep(0.01)
        status = recorder.status()
        assert status.elapsed_s == pytest.approx(1.0)
        assert status.size_bytes > 31 * 9000
        assert status.free_bytes > 0
        assert status.folder == tmp_path / "s"


def test_a_program_that_forgets_to_stop_ends_all_the_same(tmp_path, repository):
    code = """
import sys
from pathlib import Path
from aimanet.sessions.info import SessionInfo
from aimanet.sessions.recorder import Recorder
from aimanet.sessions.writer import SessionWriter
from tests.aimanet.sessions.recordings import frame

recorder = Recorder(lambda: SessionWriter(Path(sys.argv[1]), SessionInfo(kept="frame"))).start()
recorder.offer_waiting(frame(0))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "s"],
        cwd=repository,
        env={**os.environ, "PYTHONPATH": str(repository)},
        timeout=60,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    head = json.loads((tmp_path / "s" / "session.json").read_text())
    assert head["frames"] == 1
    assert head["ended"] is not None


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_an_hour_in_constant_memory(tmp_path):
    """108,000 frames and 10,800 readings; Matroska's index costs some 40 bytes a frame."""
    seconds = int(os.environ.get("AIMANET_TEST_SECONDS", "3600"))
    pictures = [image(i, (160, 120)) for i in range(30)]
    faces = [crop(i) for i in range(30)]
    sizes = []
    with Recorder(at_once(tmp_path / "s", kept="face", fps=30.0)) as recorder:
        for i in range(30 * seconds):
            t = START + i / 30
            face = faces[i % 30]
            face = type(face)(i, t, face.bbox, face.crop)
            assert recorder.offer_waiting(Frame(i, t, pictures[i % 30]), face)
            if i % 10 == 9:
                recorder.reading(reading(t))
            if i % 3000 == 2999:
                sizes.append(resident_bytes())
    print([round(size / 1e6, 1) for size in sizes])
    assert sizes[-1] - sizes[len(sizes) // 5] < 4e6 + 100 * 30 * seconds
    session = open_session(tmp_path / "s")
    assert session.info.frames == 30 * seconds
    assert session.problems == ()


def resident_bytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
