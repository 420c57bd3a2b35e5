"""A camera that misbehaves: reads stay short, it is told in words, and pictures come again."""

from __future__ import annotations

import ast
import os
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from aimanet.errors import SourceError, SourceInterrupted
from aimanet.live import CaptureFeed
from aimanet.sources import Source, camera, open_source
from aimanet.sources.camera import NetworkSource
from aimanet.sources.cameras import CameraInfo
from aimanet.stop import StopRequest
from aimanet.types import Frame
from tests.aimanet.sources.mjpeg_server import number_of
from tests.faults import bad_camera
from tests.faults.bad_camera import BadCamera, Trouble
from tests.given_time import GivenTime, real_time

LONGEST_READ_S = 2.5
PATIENCE_S = 60.0


@pytest.fixture(autouse=True)
def short_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NetworkSource, "open_timeout_ms", 1200)
    monkeypatch.setattr(NetworkSource, "read_timeout_ms", 1200)
    monkeypatch.setattr(NetworkSource, "open_wait_s", 3.0)


@pytest.fixture
def bad() -> Iterator[BadCamera]:
    with BadCamera() as camera:
        yield camera
    for thread in grabbers():  # who counts threads and files later is not to see the last of ours
        thread.join(PATIENCE_S)


def grabbers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("grabber")]


def handles() -> int:
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0


def read(source: Source, told: list[str]) -> Frame | None:
    """One read, which must not take long; what it says when there is no picture is kept."""
    with GivenTime() as given:
        try:
            return source.read()
        except SourceInterrupted as error:
            told.append(str(error))
            return None
        finally:
            assert given.s < LONGEST_READ_S


def opened(source: Source) -> Source:
    """Open; again, where the machine stood still for longer than the time-outs allow."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            source.open()
            return source
        except SourceError:
            if time.monotonic() > deadline:
                raise


def read_past(source: Source, number: int, told: list[str]) -> list[Frame]:
    """Frames until one comes that was sent after picture ``number``."""
    frames: list[Frame] = []
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        frame = read(source, told)
        if frame is not None:
            frames.append(frame)
            if number_of(frame.image) > number:
                return frames
    raise AssertionError(f"nothing came back; told: {told}")


@pytest.mark.parametrize("trouble", bad_camera.RUNNING, ids=lambda t: t.__name__)
def test_trouble_while_it_streams_passes(bad: BadCamera, trouble: Trouble) -> None:
    told: list[str] = []
    with closing(opened(open_source(bad.url))) as source:
        frames = read_past(source, 3, told)
        bad.make(trouble)
        while bad.trouble is not None:  # until the stream is in it
            frames.append(read(source, told) or frames[-1])
        frames += read_past(source, bad.number + 3, told)
    times = np.array([frame.t for frame in dict.fromkeys(frames)])
    assert (np.diff(times) > 0).all()
    assert all("\n" not in line and line.startswith("http://127.0.0.1") for line in told)


@pytest.mark.parametrize("trouble", bad_camera.REFUSED, ids=lambda t: t.__name__)
def test_a_camera_that_never_sends_a_picture_is_refused(bad: BadCamera, trouble: Trouble) -> None:
    bad.make(trouble, always=True)
    source = open_source(bad.url)
    with GivenTime() as given, pytest.raises(SourceError) as caught:
        source.open()
    assert given.s < 8
    assert "\n" not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)
    bad.behave()
    opened(source)  # it may be tried again
    assert read_past(source, 0, [])
    source.close()


@pytest.mark.parametrize("way", bad_camera.ODD_BUT_GOOD, ids=lambda t: t.__name__)
def test_odd_streams_are_read(bad: BadCamera, way: Trouble) -> None:
    bad.make(way, always=True)
    with closing(opened(open_source(bad.url))) as source:
        frames = read_past(source, 8, [])
    numbers = [number_of(frame.image) for frame in frames]
    assert numbers == sorted(numbers)


@real_time
def test_nothing_is_left_behind_by_twenty_lost_connections(bad: BadCamera) -> None:
    told: list[str] = []
    before: tuple[int, int] | None = None
    with closing(opened(open_source(bad.url))) as source:
        for k in range(20):
            read_past(source, bad.number, told)
            bad.make((bad_camera.hangs_up, bad_camera.resets)[k % 2])
            while bad.trouble is not None:
                read(source, told)
            if k == 4:
                before = threading.active_count(), handles()
        read_past(source, bad.number, told)
        after = threading.active_count(), handles()
    assert before is not None
    assert after[0] <= before[0] + 2  # the server's own
    assert after[1] <= before[1] + 4
    for thread in grabbers():
        thread.join(PATIENCE_S)
    assert not grabbers()


@real_time
def test_it_is_told_and_the_frames_go_on(bad: BadCamera) -> None:
    """What `live` and the window are given: a notice, a hole in the index, frames again."""
    told: list[str] = []
    seen: list[Frame] = []
    with CaptureFeed(open_source(bad.url), StopRequest(), told.append) as feed:
        for frame in feed.frames(PATIENCE_S):
            seen.append(frame)
            if len(seen) == 10:
                bad.make(bad_camera.hangs_up)
            if told and len(seen) > 30 and frame.t - seen[0].t > 1.0:
                break
    assert any("disconnected" in line or "no pictures" in line for line in told)
    steps = np.diff([frame.index for frame in seen])
    assert (steps > 0).all()
    assert steps.max() > 1


@real_time
def test_five_frames_a_second_are_delivered_as_such(bad: BadCamera) -> None:
    with closing(opened(open_source(bad.url))) as source:
        read_past(source, 5, [])
        bad.fps = 5.0
        slow = [frame for frame in (read(source, []) for _ in range(30)) if frame is not None][-6:]
    assert np.median(np.diff([frame.t for frame in slow])) > 0.12


@real_time
def test_a_new_resolution_comes_whole(bad: BadCamera) -> None:
    """Within a connection FFmpeg scales to the first size, after the next it is the new one."""
    with closing(opened(open_source(bad.url))) as source:
        read_past(source, 3, [])
        bad.make(bad_camera.other_resolution)
        while bad.trouble is not None:
            read(source, [])
        frames = read_past(source, bad.number + 6, [])
        assert frames[-1].image.shape in ((240, 320, 3), (360, 480, 3))
        bad.make(bad_camera.hangs_up)
        while bad.trouble is not None:
            read(source, [])
        frames = read_past(source, bad.number + 6, [])
    assert frames[-1].image.shape == (360, 480, 3)
    assert frames[-1].image.flags.c_contiguous


def test_enormous_pictures_are_refused(bad: BadCamera, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dozen of them, kept for a late reader, would take gigabytes."""
    for name, value in (("open_timeout_ms", 60_000), ("open_wait_s", 90.0)):
        monkeypatch.setattr(NetworkSource, name, value)  # they take a while to decode
    data = bad_camera.jpeg(1, 8400, 4400)
    monkeypatch.setattr(bad, "picture", lambda: data)
    with pytest.raises(SourceError, match="its pictures are 8400x4400"):
        open_source(bad.url).open()


def test_another_viewer_holds_the_camera(bad: BadCamera) -> None:
    bad.make(bad_camera.busy, always=True)
    with pytest.raises(SourceError, match="not with a video"):
        open_source(bad.url).open()


def test_another_program_holds_the_webcam(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system lists it, opening it fails; there is no webcam here to really hold."""
    listed = [CameraInfo(63, "Held Camera", "V4L2")]
    monkeypatch.setattr(camera, "list_cameras", lambda: listed)
    with pytest.raises(SourceError, match=r"Held Camera: cannot be opened; does another program"):
        open_source("camera:63").open()


LIVE = (
    "sources/*.py",
    "live.py",
    "pipeline.py",
    "face*.py",
    "preprocess.py",
    "pulse.py",
    "estimate.py",
    "rate.py",
)
WALL = {("time", "time"), ("time", "time_ns"), ("datetime", "now"), ("datetime", "today")}


def test_nothing_on_the_live_path_asks_the_wall_clock(repository: Path) -> None:
    files = [path for pattern in LIVE for path in (repository / "aimanet").glob(pattern)]
    assert len(files) > 15
    asked = [
        (path.name, node.lineno)
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in WALL
    ]
    assert asked == []


@real_time
def test_a_wall_clock_that_jumps_changes_nothing(
    bad: BadCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    jumps = iter(range(10**9))
    monkeypatch.setattr(time, "time", lambda: 1e9 * (-1) ** next(jumps))
    monkeypatch.setattr(time, "time_ns", lambda: -next(jumps))
    told: list[str] = []
    with (
        CaptureFeed(open_source(bad.url), StopRequest(), told.append) as feed,
        GivenTime() as given,
    ):
        times = [frame.t for frame in feed.frames(1.5)]
        assert 1.0 < given.s < 10
    assert told == []
    assert len(times) > 15
    assert 0 < min(np.diff(times)) <= max(np.diff(times)) < 1.0
