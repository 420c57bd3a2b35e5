from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from aimanet.errors import SourceError, SourceInterrupted
from aimanet.sources import Source, list_cameras, open_source
from aimanet.sources.camera import NetworkSource
from aimanet.sources.cameras import CameraInfo, find_camera
from aimanet.sources.grabber import CAPACITY
from aimanet.types import Frame
from tests.aimanet.sources.mjpeg_server import MjpegServer, number_of, numbered_picture
from tests.aimanet.sources.rtsp_server import RtspServer
from tests.given_time import GivenTime, real_time

PATIENCE_S = 60.0


def read_through(source: Source, within_s: float = PATIENCE_S) -> Frame:
    """The next frame, however many interruptions come before it."""
    deadline = time.perf_counter() + within_s
    while time.perf_counter() < deadline:
        try:
            frame = source.read()
        except SourceInterrupted:
            continue
        assert frame is not None
        return frame
    raise AssertionError(f"no frame within {within_s} s")


def read_until_interrupted(source: Source, within_s: float = PATIENCE_S) -> str:
    deadline = time.perf_counter() + within_s
    while time.perf_counter() < deadline:
        with GivenTime() as given:
            try:
                source.read()
            except SourceInterrupted as error:
                assert given.s < 2.0
                return str(error)
    raise AssertionError(f"no interruption within {within_s} s")


def patient(camera: MjpegServer) -> NetworkSource:
    """It does not connect anew only because the machine stood still."""
    source = NetworkSource("x", camera.url)
    source.open_timeout_ms = source.read_timeout_ms = 60_000
    source.open_wait_s = PATIENCE_S
    return source


@pytest.fixture(autouse=True)
def nobody_grabs_afterwards() -> Iterator[None]:
    """A test elsewhere that counts threads and open files is not to see the last of ours."""
    yield
    for thread in threading.enumerate():
        if thread.name.startswith("grabber"):
            thread.join(PATIENCE_S)


@contextmanager
def short_timeouts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(NetworkSource, "open_timeout_ms", 1200)
        patch.setattr(NetworkSource, "read_timeout_ms", 1200)
        yield


@real_time
def test_frames_arrive_whole_in_order_and_on_time(network_camera: MjpegServer) -> None:
    with patient(network_camera) as source:
        frames = [read_through(source) for _ in range(30)]
    numbers = [number_of(frame.image) for frame in frames]
    assert (np.diff(numbers) == np.diff([frame.index for frame in frames])).all()
    assert np.abs(frames[5].image.astype(int) - numbered_picture(numbers[5])).mean() < 4
    assert frames[0].image.flags.c_contiguous
    times = np.array([frame.t for frame in frames])
    assert (np.diff(times) > 0).all()
    late = times - [network_camera.sent_at[number] for number in numbers]
    assert late.min() > -0.005
    assert np.median(late) < 0.5


def test_info_reports_what_the_camera_really_gives(network_camera: MjpegServer) -> None:
    source = open_source(network_camera.url, size=(1280, 720), fps=60)
    assert isinstance(source, NetworkSource)
    source.open_timeout_ms, source.open_wait_s = 60_000, PATIENCE_S
    assert source.live
    info = source.open()
    source.close()
    assert (info.width, info.height) == (320, 240)
    assert (info.fps, info.frames, info.duration_s) == (None, None, None)
    assert info.detail == "320x240 (asked for 1280x720@60)"


@real_time
def test_a_late_reader_gets_fresh_pictures_and_a_hole(network_camera: MjpegServer) -> None:
    with patient(network_camera) as source:
        before = read_through(source)
        time.sleep(1.5)  # the reader is busy with something else
        awake = time.perf_counter()
        frames = [read_through(source) for _ in range(CAPACITY + 3)]
    numbers = [number_of(frame.image) for frame in frames]
    assert frames[0].index - before.index > 15  # dropped, and the index says so
    indices = np.array([frame.index for frame in frames])
    assert (np.diff(indices) == np.diff(numbers)).all()
    waiting = [frame.t for frame in frames[: CAPACITY // 2]]
    assert max(waiting) < awake  # stamped at the grab, not when the reader came back


@real_time
def test_killed_and_restarted_camera(network_camera: MjpegServer) -> None:
    network_camera.restart()
    with NetworkSource("x", network_camera.url) as source:
        before = read_through(source)
        network_camera.stop()
        assert "disconnected" in read_until_interrupted(source)
        assert "refused" in read_until_interrupted(source)
        network_camera.start()
        after = [read_through(source) for _ in range(5)]
    assert after[0].index > before.index + 1
    assert after[0].t > before.t
    numbers = [number_of(frame.image) for frame in after]
    assert (np.diff(numbers) == np.diff([frame.index for frame in after])).all()


@real_time
def test_stalling_camera_interrupts_and_comes_back(
    network_camera: MjpegServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    network_camera.restart()
    with short_timeouts(monkeypatch), NetworkSource("x", network_camera.url) as source:
        read_through(source)
        network_camera.stall()
        assert "no pictures" in read_until_interrupted(source)
        network_camera.resume()
        read_through(source)


@real_time
def test_a_dead_connection_is_replaced_by_a_new_one(
    network_camera: MjpegServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with short_timeouts(monkeypatch), NetworkSource("x", network_camera.url) as source:
        read_through(source)
        network_camera.abandon_viewers()
        assert "no pictures" in read_until_interrupted(source)
        read_through(source)


def test_a_camera_that_accepts_but_never_answers(
    network_camera: MjpegServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    network_camera.stall()
    with short_timeouts(monkeypatch):
        with (
            GivenTime() as given,
            pytest.raises(SourceError, match="no picture within") as caught,
        ):
            NetworkSource("x", network_camera.url).open()
        assert given.s < 5
    assert not isinstance(caught.value, SourceInterrupted)


def test_the_timeouts_in_use_are_short_enough() -> None:
    assert NetworkSource.open_timeout_ms <= 5000
    assert NetworkSource.read_timeout_ms <= 5000


@real_time
def test_closing_a_stalled_camera_does_not_take_long(network_camera: MjpegServer) -> None:
    network_camera.restart()
    source = NetworkSource("x", network_camera.url)
    source.open()
    network_camera.stall()
    read_until_interrupted(source)
    with GivenTime() as given:
        source.close()
    assert given.s < 2
    source.close()


@real_time
def test_a_refusing_address(network_camera: MjpegServer) -> None:
    network_camera.stop()
    source = NetworkSource("x", network_camera.url.replace("//", "//me:secret@"))
    with pytest.raises(SourceError, match="refused") as caught:
        source.open()
    assert "secret" not in str(caught.value) + source.label
    assert "\n" not in str(caught.value)
    network_camera.start()
    source.open()  # the same source may be tried again
    read_through(source)
    source.close()


@real_time
def test_rtsp_camera_killed_and_restarted() -> None:
    with RtspServer() as camera, open_source(camera.url) as source:
        frames = [read_through(source) for _ in range(20)]
        numbers = [number_of(frame.image) for frame in frames]
        assert (np.diff(numbers) == np.diff([frame.index for frame in frames])).all()
        late = [frame.t - camera.sent_at[n] for frame, n in zip(frames, numbers, strict=True)]
        assert np.median(late) < 0.5
        camera.stop()
        read_until_interrupted(source)
        camera.start()
        assert number_of(read_through(source).image) > numbers[-1]


@real_time
def test_an_address_without_a_video(network_camera: MjpegServer) -> None:
    with pytest.raises(SourceError, match="not with a video"):
        NetworkSource("x", network_camera.url.replace("/video", "/nothing")).open()


def test_reading_needs_open(network_camera: MjpegServer) -> None:
    source = NetworkSource("x", network_camera.url)
    with pytest.raises(SourceError, match="not open"):
        source.read()


def test_failures_are_silent_on_stderr(network_camera: MjpegServer) -> None:
    network_camera.stop()
    program = f"""
from aimanet.errors import SourceError
from aimanet.sources import list_cameras, open_source
list_cameras(probe=True)
for spec in ({network_camera.url!r}, "7", "No such camera"):
    try:
        open_source(spec).open()
    except SourceError as error:
        print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 3


def test_a_camera_that_nobody_closed_does_not_keep_the_program(network_camera: MjpegServer) -> None:
    program = f"""
from aimanet.sources import open_source
source = open_source({network_camera.url!r})
source.open()
print(source.read().image.shape)
"""
    subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60, check=True)


def test_a_webcam_that_is_not_there() -> None:
    with pytest.raises(SourceError, match="camera 63: there is no such camera"):
        open_source("63").open()
    with pytest.raises(SourceError, match="'No such make': there is no such camera"):
        open_source("No such make").open()


def test_cameras_are_listed_without_an_error_whatever_there_is() -> None:
    cameras = list_cameras()
    assert [camera.index for camera in cameras] == sorted({camera.index for camera in cameras})
    assert all(camera.name and camera.backend for camera in cameras)


CAMERAS = [
    CameraInfo(0, "Integrated Camera", "V4L2"),
    CameraInfo(2, "Logitech C920", "V4L2"),
    CameraInfo(4, "Logitech C920 Pro", "V4L2"),
]


@pytest.mark.parametrize(
    ("name", "index"),
    [("integrated camera", 0), ("INTEGR", 0), ("Logitech C920", 2), ("pro", 4), (" c920 pro ", 4)],
)
def test_a_name_finds_its_camera(name: str, index: int) -> None:
    assert find_camera(name, CAMERAS).index == index


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("logitech", ["2 cameras fit", "2: Logitech C920", "camera:2"]),
        ("Razer", ["no such camera", "0: Integrated Camera", "4: Logitech C920 Pro"]),
    ],
)
def test_a_name_that_does_not_decide(name: str, words: list[str]) -> None:
    with pytest.raises(SourceError) as caught:
        find_camera(name, CAMERAS)
    assert all(word in str(caught.value) for word in words)


def test_without_any_camera_the_alternatives_are_named() -> None:
    with pytest.raises(SourceError, match=r"no camera was found here.*synthetic"):
        find_camera("Logitech", [])
