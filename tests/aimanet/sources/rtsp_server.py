"""An RTSP camera on the loopback address: H.264 over RTP, interleaved in the TCP connection.

Just enough of RFC 2326 and RFC 6184 for one viewer at a time that asks in the usual order.
"""

from __future__ import annotations

import re
import socket
import struct
import threading
import time
from collections.abc import Iterator
from fractions import Fraction

import av

from tests.aimanet.sources.mjpeg_server import numbered_picture

_SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n"
    "a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:track0\r\n"
)
_ANSWERS = {
    "OPTIONS": "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n\r\n",
    "DESCRIBE": f"Content-Type: application/sdp\r\nContent-Length: {len(_SDP)}\r\n\r\n{_SDP}",
    "SETUP": "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n\r\n",
}


class RtspServer:
    """Numbered pictures (``number_of`` reads them) at ``fps``; the port outlives a restart."""

    def __init__(self, fps: int = 30) -> None:
        self.fps = fps
        self.port = 0
        self.sent_at: dict[int, float] = {}
        self.redirects: dict[str, str] = {}
        """Method to the ``Location`` line that its next request is answered with."""
        self._number = 0
        self._stopping = threading.Event()

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self.port}/live"

    def start(self) -> RtspServer:
        self._stopping.clear()
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        self._stopping.set()
        self._listener.close()
        self._thread.join()

    def __enter__(self) -> RtspServer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _serve(self) -> None:
        self._listener.settimeout(0.05)
        while not self._stopping.is_set():
            try:
                viewer, _ = self._listener.accept()
            except OSError:
                continue
            with viewer:
                try:
                    self._answer_until_play(viewer)
                    self._play(viewer)
                except OSError:
                    pass  # the viewer hung up

    def _answer_until_play(self, viewer: socket.socket) -> None:
        received = b""
        while True:
            while b"\r\n\r\n" not in received:
                part = viewer.recv(4096)
                if not part:
                    raise ConnectionResetError
                received += part
            request, _, received = received.partition(b"\r\n\r\n")
            method = request.split(b" ", 1)[0].decode()
            number = re.search(rb"CSeq:\s*(\d+)", request)
            assert number is not None
            if method in self.redirects:
                moved = self.redirects.pop(method)
                head = f"RTSP/1.0 302 Moved\r\n{moved}\r\nCSeq: ".encode()
                viewer.sendall(head + number[1] + b"\r\n\r\n")
                continue
            rest = _ANSWERS.get(method, "Session: 1\r\n\r\n")
            viewer.sendall(b"RTSP/1.0 200 OK\r\nCSeq: " + number[1] + b"\r\n" + rest.encode())
            if method == "PLAY":
                return

    def _play(self, viewer: socket.socket) -> None:
        start = time.perf_counter()
        for sequence, (due_s, payload, marker) in enumerate(self._units()):
            if self._stopping.wait(max(0.0, start + due_s - time.perf_counter())):
                return
            clock = round(due_s * 90_000)
            head = struct.pack(">BBHII", 0x80, 96 | marker << 7, sequence & 0xFFFF, clock, 1)
            packet = head + payload
            viewer.sendall(struct.pack(">cBH", b"$", 0, len(packet)) + packet)

    def _units(self) -> Iterator[tuple[float, bytes, bool]]:
        """Time (s), one NAL unit, and whether it is the last one of its picture."""
        encoder = av.CodecContext.create("libx264", "w")
        encoder.width, encoder.height, encoder.pix_fmt = 320, 240, "yuv420p"
        encoder.time_base = Fraction(1, self.fps)
        encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "g": "10"}
        for count in range(1 << 30):
            number, self._number = self._number, self._number + 1
            frame = av.VideoFrame.from_ndarray(numbered_picture(number), "rgb24")
            frame.pts = count
            stream = b"".join(bytes(packet) for packet in encoder.encode(frame))
            units = [unit for unit in re.split(rb"\x00?\x00\x00\x01", stream) if unit]
            self.sent_at[number] = time.perf_counter()
            for unit in units:
                yield count / self.fps, unit, unit is units[-1]
