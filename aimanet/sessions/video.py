"""A session's videos: readable up to the last quarter second whatever happens.

`LOSSLESS`: FFV1 version 3 with a checksum in every slice, each frame on its own (no frame is lost
with another) and in a Matroska cluster of its own, or in one of a quarter second where frames are
tiny. RGB goes in and comes out bit for bit.

`COMPRESSED`: H.264 that players know (4:2:0, BT.709), a key frame every second at 30 fps, no frame
held back in the encoder, a quarter second in each cluster.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.codec
import av.error
import numpy as np
from numpy.typing import NDArray

from aimanet.sessions.layout import SessionError, open_new, stamp_ms, to_disk, write_all
from aimanet.sources.ffmpeg import ENCODER_BYTES, limit_memory

CLOCK = Fraction(1, 1000)
"""Matroska's own granularity; FFmpeg writes no finer one. The exact t is in frames.csv."""

CONTAINER_OPTIONS = {"cluster_time_limit": "250", "flush_packets": "1"}
BUFFER_BYTES = 1 << 20
THREADS = max(1, min(4, os.cpu_count() or 1))
BT709 = 1


@dataclass(frozen=True, slots=True)
class Codec:
    """An encoder of FFmpeg's, its pixels and its options.

    ``step``: sides are multiples of it; ``clock``: seconds in a unit of its time stamps.
    """

    encoder: str
    pixels: str
    options: Mapping[str, str]
    step: int = 1
    clock: Fraction = CLOCK

    @property
    def available(self) -> bool:
        """Whether this build of PyAV has the encoder."""
        try:
            av.codec.Codec(self.encoder, "w")
        except av.codec.codec.UnknownCodecError:
            return False
        return True

    def fitted(self, size: tuple[int, int]) -> tuple[int, int]:
        """``size`` (w, h) px, without a last row or column that the encoder cannot take."""
        return size[0] - size[0] % self.step, size[1] - size[1] % self.step

    def prepare(self, context: Any, size: tuple[int, int], rate: Fraction) -> None:
        """Sets an encoder's context up for pictures of ``size`` (w, h) px and opens it."""
        limit_memory(av, size[0] * size[1] * ENCODER_BYTES)
        self.describe(context, size)
        context.options = dict(self.options)
        context.thread_type, context.thread_count = "SLICE", THREADS
        context.framerate = rate
        context.open(strict=False)

    def describe(self, context: Any, size: tuple[int, int]) -> None:
        """Tells an encoder's context what the pictures of ``size`` (w, h) px are."""
        context.width, context.height = self.fitted(size)
        context.pix_fmt, context.time_base = self.pixels, self.clock
        if self.pixels == "yuv420p":
            context.color_primaries = context.color_trc = context.colorspace = BT709
            context.color_range = 1

    def picture(self, image: NDArray[np.uint8], stamp: int) -> av.VideoFrame:
        """An (H, W, 3) uint8 RGB picture at ``stamp`` (in `clock`), as the encoder takes it."""
        width, height = self.fitted((image.shape[1], image.shape[0]))
        rgb = np.ascontiguousarray(image[:height, :width])
        frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
        if self.pixels == "yuv420p":
            frame = frame.reformat(
                format=self.pixels, dst_colorspace="ITU709", dst_color_range="MPEG"
            )
        frame.pts, frame.time_base = stamp, self.clock
        return frame


# Golomb codes and the small context take half the time of the range coder and 1 % more bytes.
LOSSLESS = Codec(
    "ffv1",
    "bgr0",
    {"level": "3", "coder": "0", "context": "0", "slices": "4", "slicecrc": "1", "g": "1"},
)

# At 640x480 "veryfast" takes 5 to 9 ms of a core for a frame and a half to two thirds of the
# bytes of "superfast", which takes 5 to 7 ms.
COMPRESSED = Codec(
    "libx264",
    "yuv420p",
    {"preset": "veryfast", "crf": "18", "tune": "zerolatency", "bf": "0", "g": "30"},
    step=2,
)


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


class SessionVideo:
    """Appends RGB pictures of one size with their times.

    Args:
        path: the new file.
        size: w, h in px.
        fps: what the container should say; None where nobody knows.
        codec: `LOSSLESS` or `COMPRESSED`.

    Raises:
        OSError: from every method; the disk is full (errno ENOSPC), or the folder is gone.
        SessionError: this size cannot be encoded, or a picture has another one.
    """

    def __init__(
        self, path: Path, size: tuple[int, int], fps: float | None, codec: Codec = LOSSLESS
    ) -> None:
        self.size, self._codec = size, codec
        self._sink = _Sink(path)
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
            self._stream: Any = self._container.add_stream(codec.encoder, rate=rate)
            self._stream.time_base = CLOCK
            codec.prepare(self._stream.codec_context, size, rate)
        except (av.error.FFmpegError, ValueError) as error:
            self.abandon()
            raise SessionError(
                f"pictures of {size[0]}x{size[1]} cannot be recorded ({error}); keep none of them"
            ) from error

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
        for packet in self._stream.encode(self._codec.picture(image, self._stamp)):
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
