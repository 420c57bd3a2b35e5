"""The session's video: lossless, readable up to its last whole frame whatever happens.

FFV1 version 3 with a checksum in every slice, each frame on its own (no frame is lost with
another) and in a Matroska cluster of its own, or in one of a quarter second where frames are tiny.
RGB goes in and comes out bit for bit.
"""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from aimanet.sessions.layout import VIDEO, SessionError, open_new, stamp_ms, to_disk, write_all

CLOCK = Fraction(1, 1000)
"""Matroska's own granularity; FFmpeg writes no finer one. The exact t is in frames.csv."""

# Golomb codes and the small context take half the time of the range coder and 1 % more bytes.
CODEC_OPTIONS = {
    "level": "3",
    "coder": "0",
    "context": "0",
    "slices": "4",
    "slicecrc": "1",
    "g": "1",
}
CONTAINER_OPTIONS = {"cluster_time_limit": "250", "flush_packets": "1"}
BUFFER_BYTES = 1 << 20
THREADS = max(1, min(4, os.cpu_count() or 1))


class _Sink:
    """The file under the container: counts bytes, takes all of them or raises."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self.fd = open_new(path)
        self._at = 0
        self.size = 0
        self.deaf = False

    def write(self, data: bytes) -> int:
        """Appends at the present position; OSError when the disk is full."""
        if not self.deaf:
            write_all(self.fd, data)
        self._at += len(data)
        self.size = max(self.size, self._at)
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Goes back to fill in what is known only at the end."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        self._at = base + offset
        if not self.deaf:
            os.lseek(self.fd, self._at, os.SEEK_SET)
        return self._at

    def tell(self) -> int:
        """The present position."""
        return self._at

    def seekable(self) -> bool:
        """As files are."""
        return True


class LosslessVideo:
    """Appends RGB pictures of one size with their times.

    Args:
        folder: the session's.
        size: w, h in px.
        fps: what the container should say; None where nobody knows.

    Raises:
        OSError: from every method; the disk is full (errno ENOSPC), or the folder is gone.
        SessionError: this size cannot be encoded, or a picture has another one.
    """

    def __init__(self, folder: Path, size: tuple[int, int], fps: float | None) -> None:
        self.size = size
        self._sink = _Sink(folder / VIDEO)
        self._stamp: int | None = None
        self._whole = 0  # bytes up to the end of the last whole cluster
        self.is_open = True
        rate = Fraction(fps or 30.0).limit_denominator(1001)
        try:
            self._container = av.open(
                self._sink,
                "w",
                format="matroska",
                container_options=CONTAINER_OPTIONS,
                buffer_size=BUFFER_BYTES,
            )
            stream = self._container.add_stream("ffv1", rate=rate, options=CODEC_OPTIONS)
            self._stream = stream
            self._prepare()
        except (av.error.FFmpegError, ValueError) as error:
            self.abandon()
            raise SessionError(
                f"pictures of {size[0]}x{size[1]} cannot be recorded ({error}); keep none of them"
            ) from error

    def _prepare(self) -> None:
        codec = self._stream.codec_context
        codec.width, codec.height = self.size
        codec.pix_fmt = "bgr0"
        codec.thread_type, codec.thread_count = "SLICE", THREADS
        self._stream.time_base = codec.time_base = CLOCK
        codec.open(strict=False)

    @property
    def bytes(self) -> int:
        """Length of the file."""
        return self._sink.size

    def add(self, image: NDArray[np.uint8], t: float) -> None:
        """Appends an (H, W, 3) uint8 RGB picture at ``t`` s."""
        height, width = image.shape[:2]
        if (width, height) != self.size:
            raise SessionError(
                f"the picture changed from {self.size[0]}x{self.size[1]} to {width}x{height}: "
                "this recording ends here; start a new one"
            )
        self._stamp = stamp_ms(t, self._stamp)
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
        frame.pts, frame.time_base = self._stamp, CLOCK
        for packet in self._stream.encode(frame):
            self._container.mux(packet)
        self._whole = self._sink.tell()

    def sync(self) -> None:
        """Waits until what was written is on the disk."""
        to_disk(self._sink.fd)

    def finish(self) -> None:
        """Writes the index and the length, and closes the file."""
        if not self.is_open:
            return
        for packet in self._stream.encode(None):
            self._container.mux(packet)
        self._container.close()
        self.sync()
        self.is_open = False
        os.close(self._sink.fd)

    def abandon(self) -> None:
        """After a failed write: cuts off the cluster that went in only halfway, and closes."""
        if not self.is_open:
            return
        self.is_open = False
        self._sink.deaf = True
        try:
            self._container.close()
        except (OSError, ValueError, AttributeError, av.error.FFmpegError):
            pass  # it complains once more about what is known
        finally:
            os.ftruncate(self._sink.fd, self._whole)
            os.close(self._sink.fd)
