"""Webcams and network cameras: one class over ``cv2.VideoCapture``."""

from __future__ import annotations

import os
import socket
import sys
import time
from abc import abstractmethod
from typing import Any
from urllib.parse import urlsplit

from aimanet.errors import SourceError
from aimanet.sources.address import not_a_video, origin, unreachable, without_password
from aimanet.sources.base import Source, SourceInfo
from aimanet.sources.cameras import (
    backend_id,
    describe_all,
    find_camera,
    list_cameras,
    load_cv2,
)
from aimanet.sources.ffmpeg import limit_memory
from aimanet.sources.grabber import Grabber
from aimanet.sources.rtsp_relay import RtspRelay
from aimanet.types import Frame

Size = tuple[int, int]
RAW_PIXELS = 640 * 480
"""Above this many pixels USB 2 is too slow for raw pictures: cameras are asked for MJPEG."""


class CameraSource(Source):
    """A live camera. Pictures are stamped with ``time.perf_counter()`` at their grab.

    Args:
        spec: what the user wrote.
        label: a name for people.
        size: width, height to ask for.
        fps: frame rate to ask for.
    """

    live = True
    open_wait_s = 15.0
    close_wait_s = 4.0

    def __init__(
        self, spec: str, label: str, size: Size | None = None, fps: float | None = None
    ) -> None:
        super().__init__(spec, label)
        self._size = size
        self._fps = fps
        self._grabber: Grabber | None = None
        self._given_fps: float | None = None

    @abstractmethod
    def _connect(self) -> Any:
        """Open the camera (in the grabber's thread); a ``cv2.VideoCapture`` that is open."""

    def open(self) -> SourceInfo:
        """Connect and wait for the first picture."""
        self.close()
        load_cv2()
        self._grabber = Grabber(self._connect, self.label)
        self._grabber.start()
        try:
            height, width = self._grabber.first(self.open_wait_s).image.shape[:2]
        except BaseException:
            self.close()
            raise
        detail = self._detail(width, height)
        return SourceInfo(width, height, self._given_fps, None, None, detail)

    def read(self) -> Frame | None:
        """The next picture; waits at most about a second for it.

        Raises:
            SourceInterrupted: the camera is gone; reconnecting goes on in the background.
        """
        if self._grabber is None:
            raise SourceError(f"{self.label}: not open; call open() before read()")
        grabbed = self._grabber.take()
        cv2 = load_cv2()
        return Frame(grabbed.index, grabbed.t, cv2.cvtColor(grabbed.image, cv2.COLOR_BGR2RGB))

    def close(self) -> None:
        """Release the camera; a stalled one may take a few seconds more in the background."""
        if self._grabber is not None:
            self._grabber.stop(self.close_wait_s)
            self._grabber = None

    def _detail(self, width: int, height: int) -> str:
        given = _mode((width, height), self._given_fps)
        if self._size is None and self._fps is None:
            return given
        return f"{given} (asked for {_mode(self._size, self._fps)})"

    def _note_fps(self, capture: Any) -> None:
        fps = float(capture.get(load_cv2().CAP_PROP_FPS))
        self._given_fps = fps if 1 <= fps <= 1000 else None


class WebcamSource(CameraSource):
    """A camera of this computer, by index or by (part of) its name.

    A name is looked up again at each reconnection: a replugged camera may get another index.
    """

    def __init__(
        self,
        spec: str,
        camera: int | str,
        size: Size | None = None,
        fps: float | None = None,
    ) -> None:
        label = camera if isinstance(camera, str) else f"Camera {camera}"
        super().__init__(spec, label, size, fps)
        self._camera = camera

    def open(self) -> SourceInfo:
        """Find the camera, connect, and wait for its first picture."""
        if isinstance(self._camera, str):
            self.label = find_camera(self._camera).name
        else:
            names = {camera.index: camera.name for camera in list_cameras()}
            self.label = names.get(self._camera, self.label)
        return super().open()

    def _connect(self) -> Any:
        camera = self._camera
        index = camera if isinstance(camera, int) else find_camera(camera).index
        cv2 = load_cv2()
        capture = cv2.VideoCapture(index, backend_id())
        if not capture.isOpened():
            raise SourceError(self._why_not(index))
        self._ask(capture)
        self._note_fps(capture)
        return capture

    def _ask(self, capture: Any) -> None:
        cv2 = load_cv2()
        if self._size is not None:
            if self._size[0] * self._size[1] > RAW_PIXELS:
                capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
            capture.set(cv2.CAP_PROP_FRAME_WIDTH, self._size[0])
            capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self._size[1])
        if self._fps is not None:
            capture.set(cv2.CAP_PROP_FPS, self._fps)

    def _why_not(self, index: int) -> str:
        device = f"/dev/video{index}"
        if sys.platform == "linux" and os.path.exists(device) and not os.access(device, os.R_OK):
            return f"{self.label}: no permission to use {device}; join the group 'video'"
        cameras = list_cameras()
        if all(camera.index != index for camera in cameras):
            return f"camera {index}: there is no such camera; {describe_all(cameras)}"
        return f"{self.label}: cannot be opened; does another program use it?"


class NetworkSource(CameraSource):
    """A camera by URL: MJPEG over HTTP, RTSP (over TCP), what FFmpeg can play.

    Nothing but the host and port of the URL is ever contacted, whatever the camera answers.
    """

    open_wait_s = 6.0
    close_wait_s = 1.0  # nobody else waits for the device: a stalled connection may linger
    open_timeout_ms = 5000
    read_timeout_ms = 3000

    def __init__(
        self, spec: str, url: str, size: Size | None = None, fps: float | None = None
    ) -> None:
        self._url = url
        self._parts = urlsplit(url)
        # a URL may hold a password: never in labels and messages
        shown = without_password(url).partition("?")[0].partition("#")[0]
        super().__init__(spec, shown, size, fps)

    def _connect(self) -> Any:
        if self._parts.scheme.startswith("http"):
            from aimanet.sources.http_video import HttpCapture

            limits = (self.open_timeout_ms / 1000, self.read_timeout_ms / 1000)
            return HttpCapture(self._url, self.label, *limits)
        if self._parts.scheme.startswith("rtsp"):
            return self._relayed(RtspRelay(self._url, self.label, self.open_timeout_ms / 1000))
        return self._by_ffmpeg(self._url)

    def _relayed(self, relay: RtspRelay) -> Any:
        try:
            capture = self._by_ffmpeg(relay.url)
        except SourceError as error:
            relay.close()
            raise relay.trouble or error from error
        self._note_fps(capture)
        return RelayedCapture(capture, relay)

    def _by_ffmpeg(self, url: str) -> Any:
        cv2 = load_cv2()
        limit_memory(cv2)
        began = time.perf_counter()
        wishes = {
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC: self.open_timeout_ms,
            cv2.CAP_PROP_READ_TIMEOUT_MSEC: self.read_timeout_ms,
            cv2.CAP_PROP_N_THREADS: 1,  # each further one delays the picture by a frame
        }
        flat = [number for pair in wishes.items() for number in pair]
        capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG, flat)
        if not capture.isOpened():
            raise self._why_not(time.perf_counter() - began)
        return capture

    def _why_not(self, waited_s: float) -> SourceError:
        """OpenCV gives no reason, so try to connect."""
        if waited_s > 0.9 * self.open_timeout_ms / 1000:
            return unreachable(self.label, TimeoutError(), waited_s)
        _, host, port = origin(self._url)
        try:
            socket.create_connection((host, port), 1.0).close()
        except (OSError, UnicodeError) as error:
            return unreachable(self.label, error, 1.0)
        return not_a_video(self.label)


class RelayedCapture:
    """A ``cv2.VideoCapture`` together with the relay that it reads from."""

    def __init__(self, capture: Any, relay: RtspRelay) -> None:
        self._relay = relay
        self.grab, self.retrieve = capture.grab, capture.retrieve
        self._capture = capture

    def release(self) -> None:
        """Let go of the camera."""
        self._capture.release()
        self._relay.close()


def _mode(size: Size | None, fps: float | None) -> str:
    text = f"{size[0]}x{size[1]}" if size else "any size"
    return f"{text}@{fps:g}" if fps else text
