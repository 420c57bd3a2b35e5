"""A network camera on the loopback address that misbehaves on the wire, and then behaves again.

`BadCamera` sends numbered pictures as an MJPEG stream. `next_trouble` is what the connections that
exist now (and new ones, while `always`) do instead: a function that is given the socket.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable
from types import TracebackType

import cv2
import numpy as np

from tests.aimanet.sources.mjpeg_server import numbered_picture

BOUNDARY = b"--frame\r\n"
HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n"

Trouble = Callable[[socket.socket, "BadCamera"], None]


def jpeg(number: int, width: int = 320, height: int = 240) -> bytes:
    """A numbered picture, encoded."""
    bgr = cv2.cvtColor(numbered_picture(number, width, height), cv2.COLOR_RGB2BGR)
    return bytes(np.asarray(cv2.imencode(".jpg", bgr)[1]).tobytes())


def part(data: bytes, declared: int | None = None) -> bytes:
    """One part of the stream; ``declared`` is the length it claims."""
    length = len(data) if declared is None else declared
    head = f"Content-Type: image/jpeg\r\nContent-Length: {length}\r\n\r\n".encode()
    return BOUNDARY + head + data + b"\r\n"


class BadCamera:
    """``with BadCamera() as camera``; ``camera.url`` stays the same over `stop` and `start`."""

    def __init__(self, fps: float = 30.0) -> None:
        self.fps = fps
        self.size = (320, 240)
        self.port = 0
        self.number = 0
        self.trouble: Trouble | None = None
        self.always = False
        self.viewers = 0
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    @property
    def url(self) -> str:
        """Where the pictures are."""
        return f"http://127.0.0.1:{self.port}/video"

    def make(self, trouble: Trouble, *, always: bool = False) -> None:
        """The connections that exist do ``trouble`` next; new ones too where ``always``."""
        self.always = always
        self.trouble = trouble

    def behave(self) -> None:
        """New connections get pictures."""
        self.trouble, self.always = None, False

    def __enter__(self) -> BadCamera:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._listener.settimeout(0.1)
        self.port = self._listener.getsockname()[1]
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.set()
        for thread in self._threads:
            thread.join(10)
        self._listener.close()

    def _start(self, work: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                viewer, _ = self._listener.accept()
            except TimeoutError:
                continue
            self._start(self._serve, viewer)

    def _serve(self, viewer: socket.socket) -> None:
        self.viewers += 1
        viewer.settimeout(1.0)
        viewer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            viewer.recv(65536)
            if self.always and self.trouble is not None:
                self.trouble(viewer, self)
            else:
                viewer.sendall(HEAD)
                self._stream(viewer)
        except OSError:
            pass  # the viewer hung up
        finally:
            viewer.close()
            self.viewers -= 1

    def _stream(self, viewer: socket.socket) -> None:
        while not self.closing.wait(1 / self.fps):
            trouble = self.trouble
            if trouble is not None:
                if not self.always:
                    self.trouble = None
                trouble(viewer, self)
                return
            viewer.sendall(part(self.picture()))

    def picture(self) -> bytes:
        """The next picture."""
        with self._lock:
            self.number += 1
            return jpeg(self.number, *self.size)

    def patiently(self, viewer: socket.socket, seconds: float = 20.0) -> None:
        """Keeps the connection open and says nothing more, until the viewer hangs up."""
        deadline = time.monotonic() + seconds
        viewer.settimeout(0.1)
        while time.monotonic() < deadline and not self.closing.is_set():
            try:
                if not viewer.recv(4096):
                    return
            except TimeoutError:
                continue


# While it streams ------------------------------------------------------------------------------


def hangs_up(viewer: socket.socket, camera: BadCamera) -> None:
    """The connection ends as it should."""


def resets(viewer: socket.socket, camera: BadCamera) -> None:
    viewer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def stalls(viewer: socket.socket, camera: BadCamera) -> None:
    camera.patiently(viewer)


def stalls_in_a_part(viewer: socket.socket, camera: BadCamera) -> None:
    viewer.sendall(BOUNDARY + b"Content-Type: ima")
    camera.patiently(viewer)


def half_a_picture(viewer: socket.socket, camera: BadCamera) -> None:
    whole = camera.picture()
    viewer.sendall(part(whole[: len(whole) // 2], declared=len(whole)))


def half_a_picture_and_on(viewer: socket.socket, camera: BadCamera) -> None:
    """The rest is missing, but the stream goes on with the next part."""
    whole = camera.picture()
    viewer.sendall(part(whole[: len(whole) // 2]) + part(camera.picture()))
    camera._stream(viewer)


def garbage(viewer: socket.socket, camera: BadCamera) -> None:
    """Parts that hold no JPEG, for a second, and then pictures again."""
    rng = np.random.default_rng(0)
    for _ in range(30):
        viewer.sendall(part(rng.bytes(3000)))
        if camera.closing.wait(1 / camera.fps):
            return
    camera._stream(viewer)


def no_stream_at_all(viewer: socket.socket, camera: BadCamera) -> None:
    viewer.sendall(np.random.default_rng(1).bytes(200_000))


def empty_parts(viewer: socket.socket, camera: BadCamera) -> None:
    for _ in range(20):
        viewer.sendall(part(b""))
    camera._stream(viewer)


def claims_too_much(viewer: socket.socket, camera: BadCamera) -> None:
    viewer.sendall(part(camera.picture(), declared=2**40))
    camera.patiently(viewer)


def claims_less_than_nothing(viewer: socket.socket, camera: BadCamera) -> None:
    viewer.sendall(part(camera.picture(), declared=-1))
    camera._stream(viewer)


def other_resolution(viewer: socket.socket, camera: BadCamera) -> None:
    camera.size = (480, 360)
    camera._stream(viewer)


RUNNING: tuple[Trouble, ...] = (
    hangs_up, resets, stalls, stalls_in_a_part, half_a_picture, half_a_picture_and_on, garbage,
    no_stream_at_all, empty_parts, claims_too_much, claims_less_than_nothing, other_resolution,
)  # fmt: skip


# From the start --------------------------------------------------------------------------------


def not_found(viewer: socket.socket, camera: BadCamera) -> None:
    viewer.sendall(b"HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n")


def busy(viewer: socket.socket, camera: BadCamera) -> None:
    viewer.sendall(b"HTTP/1.0 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy")


def never_answers(viewer: socket.socket, camera: BadCamera) -> None:
    camera.patiently(viewer)


def endless_header(viewer: socket.socket, camera: BadCamera) -> None:
    viewer.sendall(b"HTTP/1.0 200 OK\r\n")
    while not camera.closing.is_set():
        viewer.sendall(b"X-Filler: " + b"x" * 4000 + b"\r\n")


def slow_header(viewer: socket.socket, camera: BadCamera) -> None:
    """A byte now and then: no single wait is long."""
    while not camera.closing.wait(0.3):
        viewer.sendall(b"H")


def goes_round_in_circles(viewer: socket.socket, camera: BadCamera) -> None:
    head = f"HTTP/1.0 302 Found\r\nLocation: {camera.url}\r\nContent-Length: 0\r\n\r\n"
    viewer.sendall(head.encode())


def packed(viewer: socket.socket, camera: BadCamera) -> None:
    head = HEAD.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n")
    viewer.sendall(head + b"\x1f\x8b" + np.random.default_rng(2).bytes(50_000))


def a_web_page(viewer: socket.socket, camera: BadCamera) -> None:
    page = b"<html>log in first</html>" * 100
    viewer.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n" + page)


def only_garbage(viewer: socket.socket, camera: BadCamera) -> None:
    viewer.sendall(HEAD)
    rng = np.random.default_rng(3)
    while not camera.closing.wait(0.02):
        viewer.sendall(part(rng.bytes(2000)))


def only_boundaries(viewer: socket.socket, camera: BadCamera) -> None:
    viewer.sendall(HEAD)
    while not camera.closing.wait(0.001):
        viewer.sendall(BOUNDARY * 200)


REFUSED: tuple[Trouble, ...] = (
    not_found, busy, never_answers, endless_header, slow_header, goes_round_in_circles, packed,
    a_web_page, only_garbage, only_boundaries, hangs_up, resets, no_stream_at_all,
)  # fmt: skip


def chunked(viewer: socket.socket, camera: BadCamera) -> None:
    """HTTP/1.1 in chunks that end anywhere: odd, but allowed."""
    viewer.sendall(
        HEAD.replace(b"1.0", b"1.1").replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n")
    )
    while not camera.closing.wait(1 / camera.fps):
        data = part(camera.picture())
        for piece in (data[:700], data[700:]):
            viewer.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")


def no_lengths(viewer: socket.socket, camera: BadCamera) -> None:
    """Parts that do not say how long they are, as some cameras send them."""
    viewer.sendall(HEAD)
    while not camera.closing.wait(1 / camera.fps):
        viewer.sendall(BOUNDARY + b"Content-Type: image/jpeg\r\n\r\n" + camera.picture() + b"\r\n")


ODD_BUT_GOOD: tuple[Trouble, ...] = (chunked, no_lengths)
