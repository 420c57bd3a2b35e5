"""Video over HTTP from one address and no other.

FFmpeg's own HTTP client follows redirects, and its demuxers open whatever a playlist names: the
camera would decide whom this program contacts. So the request is made here, redirects stay on the
host and port that were typed, and FFmpeg is given bytes, a demuxer that opens nothing else, and no
protocol.
"""

from __future__ import annotations

import http.client
import io
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import av
import av.error
import av.logging
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from aimanet.errors import SourceError
from aimanet.sources.address import not_a_video, unreachable
from aimanet.sources.ffmpeg import LARGEST_PIECE, limit_memory
from aimanet.sources.formats import MAX_PIXELS
from aimanet.sources.http_request import request

MOST_BYTES = 64 << 20
"""Between two pictures; a JPEG of 8K takes less. More is no video, whatever length it claims."""

FORMATS = "asf,avi,flv,h264,hevc,matroska,webm,mjpeg,mov,mp4,mpeg,mpegts,mpegvideo,mpjpeg,nut,ogg"
"""Demuxers that read a stream and open no other file or address."""

PLAYLIST_STARTS = (b"#EXTM3U", b"<MPD", b"<?xml", b"ffconcat", b"[playlist]", b"<ASX", b"<smil")
PLAYLIST_TYPES = ("mpegurl", "dash+xml", "smil", "scpls", "application/sdp")

av.logging.set_level(None)


class _Body(io.RawIOBase):
    """The bytes of an answer as they come, with an end to what is waited for and taken.

    ``due`` and ``left``: until when (s, ``perf_counter``) and within how many bytes the next
    picture must have come.
    """

    def __init__(self, response: http.client.HTTPResponse, head: bytes) -> None:
        self._response = response
        self._head = head
        self.due = 0.0
        self.left = 0

    def expect(self, seconds: float) -> None:
        """Allow so long, and :data:`MOST_BYTES`, for the next picture."""
        self.due, self.left = time.perf_counter() + seconds, MOST_BYTES

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes, at least one unless the stream has ended.

        Raises:
            TimeoutError: the next picture is overdue, or larger than any.
        """
        if time.perf_counter() > self.due or self.left <= 0:
            raise TimeoutError
        if self._head:
            data, self._head = self._head[:size], self._head[size:]
        else:
            data = self._response.read1(size)
        self.left -= len(data)
        return data


class HttpCapture:
    """Pictures of an HTTP stream; the part of ``cv2.VideoCapture`` that `Grabber` uses.

    Args:
        url: the address, with user and password where it has them.
        label: the camera's name for messages.
        open_timeout_s: until the video must have begun.
        read_timeout_s: longest wait for a picture.

    Raises:
        LeadsElsewhereError: the camera redirects to an address that was not typed.
        SourceError: it cannot be reached, or does not send a video.
    """

    def __init__(self, url: str, label: str, open_timeout_s: float, read_timeout_s: float) -> None:
        self._label = label
        self._read_timeout_s = read_timeout_s
        self._to_bgr = VideoReformatter()
        self._picture: VideoFrame | None = None
        began = time.perf_counter()
        self._response = self._answer(url, open_timeout_s)
        try:
            _set_timeout(self._response, read_timeout_s)
            self._open_video(began + open_timeout_s)
        except BaseException:
            self._response.close()
            raise

    def _answer(self, url: str, timeout_s: float) -> http.client.HTTPResponse:
        label = self._label
        try:
            return request(url, label, timeout_s)
        except urllib.error.HTTPError as error:
            error.close()
            raise not_a_video(label, f" ({error.code} {error.reason})") from error
        except (http.client.HTTPException, ValueError) as error:
            if isinstance(error, UnicodeError | http.client.InvalidURL):
                raise unreachable(label, UnicodeError(), timeout_s) from error
            raise SourceError(
                f"{label}: answers, but not as a camera does; check the address"
            ) from error
        except OSError as error:
            raise unreachable(label, getattr(error, "reason", error), timeout_s) from error

    def _open_video(self, due: float) -> None:
        kind = self._response.headers.get_content_type()
        try:
            head = self._response.read1(4096)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise not_a_video(self._label) from error
        if _is_playlist(kind, head):
            raise SourceError(
                f"{self._label}: is a playlist, not a live picture; "
                "use the camera's MJPEG or RTSP address"
            )
        limit_memory(av, LARGEST_PIECE)
        self._body = _Body(self._response, head)
        self._body.expect(max(0.0, due - time.perf_counter()))
        form = "mpjpeg" if kind.startswith("multipart/") else None
        options = {"fflags": "nobuffer", "format_whitelist": FORMATS, "protocol_whitelist": "none"}
        try:
            self._container = av.open(self._body, "r", form, options)
        except (av.error.FFmpegError, OSError, ValueError, http.client.HTTPException) as error:
            raise not_a_video(self._label) from error
        self._pictures = self._decode()

    def _decode(self) -> Iterator[VideoFrame]:
        if not self._container.streams.video:
            raise not_a_video(self._label)
        stream = self._container.streams.video[0]
        self._prepare(stream)
        for packet in self._container.demux(stream):
            try:
                yield from (frame for frame in packet.decode() if not frame.is_corrupt)
            except av.error.EOFError:
                return
            except av.error.FFmpegError:
                continue  # half a picture; the next one may be whole

    def _prepare(self, stream: VideoStream) -> None:
        if getattr(stream, "codec_context", None) is None:
            raise not_a_video(self._label)
        # Larger pictures are refused by the grabber in words; this only bounds the memory.
        stream.codec_context.options = {"max_pixels": str(2 * MAX_PIXELS)}
        stream.codec_context.thread_count = 1  # each further one delays the picture by a frame

    def grab(self) -> bool:
        """Wait for the next picture; False when the stream has ended or stalls."""
        self._body.expect(self._read_timeout_s)
        try:
            self._picture = next(self._pictures, None)
        except (av.error.FFmpegError, OSError, ValueError, http.client.HTTPException):
            self._picture = None
        return self._picture is not None

    def retrieve(self) -> tuple[bool, NDArray[np.uint8]]:
        """The picture of the last :meth:`grab`, (H, W, 3) uint8 BGR."""
        if self._picture is None:
            return False, np.empty((0, 0, 3), np.uint8)
        try:
            picture = self._to_bgr.reformat(self._picture, format="bgr24", threads=1)
        except (av.error.FFmpegError, ValueError):
            return False, np.empty((0, 0, 3), np.uint8)
        return True, np.ascontiguousarray(picture.to_ndarray())

    def release(self) -> None:
        """Hang up."""
        self._container.close()
        self._response.close()


def _is_playlist(kind: str, head: bytes) -> bool:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:16].lower()
    named = any(word in kind for word in PLAYLIST_TYPES)
    return named or any(start.startswith(mark.lower()) for mark in PLAYLIST_STARTS)


def _set_timeout(response: http.client.HTTPResponse, seconds: float) -> None:
    """``urlopen`` has one time-out for everything; a stream that runs may have a shorter one."""
    raw = getattr(response.fp, "raw", None)
    connection = getattr(raw, "_sock", None)
    if connection is not None:
        connection.settimeout(seconds)
