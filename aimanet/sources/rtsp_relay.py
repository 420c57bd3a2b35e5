"""RTSP through a relay on this machine, which keeps the camera from redirecting FFmpeg.

FFmpeg follows an RTSP redirect to any address and has no option against it. So it connects to the
relay, the relay to the host and port that were typed, and every ``Location`` header on the way back
is checked.
"""

from __future__ import annotations

import selectors
import socket
import ssl
import struct
import threading
from urllib.parse import urljoin, urlsplit

from aimanet.errors import SourceError
from aimanet.sources.address import LeadsElsewhereError, origin, unreachable, unverified_tls

LONGEST_HEAD = 64 << 10
"""Bytes of an answer's head; longer ones are no RTSP."""


class AnswerFilter:
    """What a camera sends, byte for byte, with its ``Location`` headers checked.

    It splits the stream as FFmpeg does: lines end in LF, every CR is ignored, a ``$`` at the start
    of a line begins a packet of media, and a head is followed by ``Content-Length`` bytes.

    Args:
        url: the camera's address without user and password.
        relay_url: what takes its place in a redirect to the same host and port.
        label: the camera's name for messages.
    """

    def __init__(self, url: str, relay_url: str, label: str) -> None:
        self._url, self._relay_url, self._label = url, relay_url, label
        self._kept = bytearray()
        self._opaque = 0
        self._body = 0
        self._head = 0

    def feed(self, data: bytes) -> bytes:
        """What of ``data``, and of what was held back before, may be passed on.

        Raises:
            LeadsElsewhereError: the camera redirects to another host or port.
            ValueError: this is no RTSP.
        """
        self._kept += data
        passed = bytearray()
        while self._kept:
            piece = self._next()
            if not piece:
                break
            passed += piece
        return bytes(passed)

    def _next(self) -> bytes:
        """The next whole piece; empty while it is not complete."""
        if self._opaque:
            return self._take(min(self._opaque, len(self._kept)), opaque=True)
        if self._kept[0] == ord("$"):
            if len(self._kept) < 4:
                return b""
            self._opaque = 4 + struct.unpack(">H", self._kept[2:4])[0]
            return self._next()
        end = self._kept.find(b"\n") + 1
        self._head += end or len(self._kept)
        if self._head > LONGEST_HEAD:
            raise ValueError("an endless head")
        if not end:
            self._head -= len(self._kept)
            return b""
        return self._line(self._take(end))

    def _take(self, size: int, *, opaque: bool = False) -> bytes:
        piece = bytes(self._kept[:size])
        del self._kept[:size]
        if opaque:
            self._opaque -= size
        return piece

    def _line(self, line: bytes) -> bytes:
        text = line.replace(b"\r", b"").strip(b"\n").decode("latin-1")
        name, colon, value = text.partition(":")
        if not text:
            self._opaque, self._body, self._head = self._body, 0, 0
        elif colon and name.lower() == "content-length":
            self._body = max(0, int(value))
        elif colon and name.lower() == "location":
            return self._location(value.strip())
        return line

    def _location(self, value: str) -> bytes:
        target = urljoin(self._url, value)
        if origin(target) != origin(self._url):
            raise LeadsElsewhereError(self._label, target)
        parts = urlsplit(target)
        path = parts._replace(scheme="", netloc="").geturl()
        return f"Location: {urljoin(self._relay_url, path)}\r\n".encode("latin-1", "replace")


class RtspRelay:
    """Connects to a camera and waits for FFmpeg on the loopback address.

    Args:
        url: the camera's ``rtsp://`` or ``rtsps://`` address.
        label: its name for messages.
        timeout_s: for connecting.

    Raises:
        SourceError: the camera cannot be reached.
    """

    def __init__(self, url: str, label: str, timeout_s: float) -> None:
        parts = urlsplit(url)
        user, at, host = parts.netloc.rpartition("@")
        self._url = parts._replace(netloc=host).geturl()
        self._label, self._timeout_s = label, timeout_s
        self._closing = threading.Event()
        self._camera: socket.socket | None = self._reach()
        self._listener = socket.create_server(("127.0.0.1", 0))
        netloc = f"127.0.0.1:{self._listener.getsockname()[1]}"
        bare = parts._replace(scheme="rtsp", netloc=netloc)
        self._bare_url = bare.geturl()
        self.url = bare._replace(netloc=user + at + netloc).geturl()
        """What FFmpeg is to open, with user and password where the camera's address has them."""
        self.trouble: SourceError | None = None
        """Why the relay hung up."""
        self._thread = threading.Thread(target=self._run, name=f"relay {label}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Hang up on both sides; returns when that is done."""
        self._closing.set()
        self._thread.join()
        self._listener.close()
        if self._camera is not None:
            self._camera.close()

    def _reach(self) -> socket.socket:
        scheme, host, port = origin(self._url)
        try:
            plain = socket.create_connection((host, port), self._timeout_s)
            if scheme == "rtsp":
                return plain
            return unverified_tls().wrap_socket(plain, server_hostname=host)
        except (OSError, UnicodeError) as error:
            raise unreachable(self._label, error, self._timeout_s) from error

    def _run(self) -> None:
        self._listener.settimeout(0.1)
        while not self._closing.is_set():
            try:
                viewer, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            try:
                self._serve(viewer)
            except SourceError as error:
                self.trouble = error
            except (OSError, ValueError):
                pass  # one side hung up; FFmpeg notices and the grabber connects again
            finally:
                viewer.close()

    def _serve(self, viewer: socket.socket) -> None:
        camera, self._camera = self._camera or self._reach(), None
        with camera:
            answers = AnswerFilter(self._url, self._bare_url, self._label)
            self._pump(viewer, camera, answers)

    def _pump(self, viewer: socket.socket, camera: socket.socket, answers: AnswerFilter) -> None:
        with selectors.DefaultSelector() as ready:
            for side in (viewer, camera):
                side.settimeout(self._timeout_s)
                ready.register(side, selectors.EVENT_READ)
            while not self._closing.is_set():
                for key, _ in ready.select(0.1):
                    data = key.fileobj.recv(1 << 16)  # type: ignore[union-attr]
                    if not data:
                        return
                    if key.fileobj is viewer:
                        camera.sendall(data)
                    else:
                        viewer.sendall(answers.feed(data + _pending(camera)))


def _pending(connection: socket.socket) -> bytes:
    """What TLS has decrypted already; `select` does not see it."""
    if isinstance(connection, ssl.SSLSocket) and connection.pending():
        return connection.recv(connection.pending())
    return b""
