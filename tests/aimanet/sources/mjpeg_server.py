"""A network camera on the loopback address: MJPEG over HTTP, as IP cameras speak it.

It can be stopped and started again on the same port, can fall silent in the middle of a
stream, and can accept a connection without ever answering. Each default picture carries
its own number (see :func:`number_of`), so that a test can tell which frame it received.
Pass ``picture`` to send others, for example those of a synthetic face.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

Picture = Callable[[int], NDArray[np.uint8]]
BITS = 16
_BOUNDARY = "frame"


def numbered_picture(number: int, width: int = 320, height: int = 240) -> NDArray[np.uint8]:
    """(height, width, 3) RGB: the number as a row of light and dark bars over a warm grey."""
    image = np.full((height, width, 3), (180, 120, 90), np.uint8)
    for bit, columns in enumerate(np.array_split(np.arange(width), BITS)):
        image[: height // 2, columns] = 235 if number >> bit & 1 else 20
    return image


def number_of(image: NDArray[np.uint8]) -> int:
    """The number that :func:`numbered_picture` drew, also after JPEG or H.264."""
    top = image[: image.shape[0] // 2 - 8].mean(axis=(0, 2))
    bars = [float(columns.mean()) for columns in np.array_split(top, BITS)]
    return sum(1 << bit for bit, light in enumerate(bars) if light > 128)


class _Handler(BaseHTTPRequestHandler):
    server: _HttpServer

    def do_GET(self) -> None:
        camera = self.server.camera
        if camera.silent.is_set():
            self.server.closing.wait()
            return
        if self.path != "/video":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={_BOUNDARY}")
        self.end_headers()
        try:
            self._stream(camera)
        except OSError:
            pass  # the viewer hung up

    def _stream(self, camera: MjpegServer) -> None:
        start = time.perf_counter()
        generation = camera.generation
        for sent in range(1 << 30):
            if self.server.closing.wait(max(0.0, start + sent / camera.fps - time.perf_counter())):
                return
            while camera.silent.is_set() or camera.generation != generation:
                if self.server.closing.wait(0.02):
                    return
            jpeg = camera.next_jpeg()
            head = (
                f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
            )
            self.wfile.write(head.encode() + jpeg + b"\r\n")

    def log_message(self, format: str, *args: object) -> None:
        pass


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], camera: MjpegServer) -> None:
        self.camera = camera
        self.closing = threading.Event()
        self.viewers: list[socket.socket] = []
        super().__init__(address, _Handler)

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        viewer, address = super().get_request()
        viewer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.viewers.append(viewer)
        return viewer, address

    def handle_error(self, request: object, client_address: object) -> None:
        pass

    def hang_up(self) -> None:
        self.closing.set()
        for viewer in self.viewers:
            try:
                viewer.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # gone already


class MjpegServer:
    """``with MjpegServer() as camera: open_source(camera.url)``.

    Args:
        picture: number of the frame -> (H, W, 3) uint8 RGB.
        fps: frames a second sent to each viewer.
    """

    def __init__(self, picture: Picture = numbered_picture, fps: float = 30.0) -> None:
        self.picture = picture
        self.fps = fps
        self.port = 0
        self.silent = threading.Event()
        self.generation = 0
        self.sent_at: dict[int, float] = {}
        """``time.perf_counter()`` at which each picture went out."""
        self._number = 0
        self._lock = threading.Lock()
        self._server: _HttpServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where the pictures are; valid from the first start on, also while stopped."""
        return f"http://127.0.0.1:{self.port}/video"

    def start(self) -> MjpegServer:
        """Listen; after a :meth:`stop` on the same port as before."""
        self.silent.clear()
        self._server = _HttpServer(("127.0.0.1", self.port), self)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Hang up on every viewer and refuse new ones (nobody listens on the port)."""
        if self._server is None or self._thread is None:
            return
        self._server.hang_up()
        self._server.shutdown()
        self._server.server_close()
        self._server.hang_up()
        self._thread.join()
        self._server = None

    def restart(self) -> None:
        """Come back on the same port."""
        self.stop()
        self.start()

    def stall(self) -> None:
        """Keep connections open and accept new ones, but send nothing more."""
        self.silent.set()

    def resume(self) -> None:
        """Go on sending after :meth:`stall`."""
        self.silent.clear()

    def abandon_viewers(self) -> None:
        """Never send anything more on the present connections; new ones work."""
        self.generation += 1

    def next_jpeg(self) -> bytes:
        """The next picture, encoded; numbers go on over restarts."""
        with self._lock:
            number, self._number = self._number, self._number + 1
        bgr = cv2.cvtColor(self.picture(number), cv2.COLOR_RGB2BGR)
        data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()
        self.sent_at[number] = time.perf_counter()
        return data

    def __enter__(self) -> MjpegServer:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


@pytest.fixture
def network_camera() -> Iterator[MjpegServer]:
    """A running network camera, 320x240 at 30 fps with numbered pictures."""
    with MjpegServer() as camera:
        yield camera
