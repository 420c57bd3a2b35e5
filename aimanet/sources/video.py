"""Video files: everything that FFmpeg reads, with the file's own time stamps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TypeAlias

import av
import av.error
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from aimanet.errors import SourceError
from aimanet.sources.base import RecordedSource, SourceInfo
from aimanet.sources.checksums import Checksums
from aimanet.sources.container import open_container, video_stream
from aimanet.sources.frame_rate import FrameRate, nominal_fps, rate_of
from aimanet.types import Frame

FALLBACK_FPS = 30.0
"""Bridges a missing time stamp where the others say no rate."""
FIRST_PACKETS, FIRST_BYTES = 64, 1 << 25
"""What is looked at for the frame rate before anything is decoded."""

VideoPacket: TypeAlias = "Packet[VideoStream]"


class TimeLine:
    """Turns a file's time stamps into a clock that only grows.

    A missing stamp is one frame after the one before. A stamp that lags by less than a frame
    is nudged; a larger step back (files glued together) shifts everything behind it.

    Args:
        step_s: nominal time between frames, s.
    """

    def __init__(self, step_s: float) -> None:
        self._step = step_s
        self._last: float | None = None
        self._shift = 0.0

    def next(self, stamp: float | None) -> float:
        """The time in s of the frame that carries ``stamp`` (s)."""
        last = self._last
        expected = 0.0 if last is None else last + self._step
        t = expected if stamp is None else stamp + self._shift
        if last is not None and t <= last:
            if last - t < self._step:
                t = last + self._step / 2
            else:
                self._shift += expected - t
                t = expected
        self._last = t
        return t


class VideoSource(RecordedSource):
    """A video file, upright (rotation metadata honoured) and as 8-bit RGB.

    A damaged or truncated file is read as far as it goes; frames that cannot be decoded
    leave a hole in ``Frame.index``.

    Args:
        spec: what the user wrote.
        path: the file.
        realtime: play at the file's own speed.
        fps: the frame rate where the file has no time stamps of its own.
        needs_rate: False where whoever reads it knows the times from elsewhere: then the time
            stamps are passed on as they are.
    """

    def __init__(
        self,
        spec: str,
        path: Path,
        realtime: bool = True,
        fps: float | None = None,
        *,
        needs_rate: bool = True,
    ) -> None:
        super().__init__(spec, path.name, realtime)
        self._path = path
        self._fps = fps
        self._needs_rate = needs_rate
        self._container: InputContainer | None = None
        self._check = Checksums("")
        self._undecoded = 0

    def _start(self) -> tuple[SourceInfo, Iterator[Frame]]:
        self._container = container = open_container(self._path)
        stream = video_stream(container, self._path)
        packets = _packets_of(container, stream)
        beginning = _first_of(packets)
        if self._needs_rate:
            rate = rate_of(self._path, container, stream, beginning, self._fps)
        else:
            rate = FrameRate(nominal_fps(stream), "timestamps", 1.0)
        self._undecoded = 0
        self._check = Checksums(stream.codec_context.name, beginning)
        frames = self._frames_of(chain(beginning, packets), rate)
        first = next(frames, None)
        if first is None:
            raise SourceError(
                f"{self._path}: no frame in it can be decoded; is the file damaged or incomplete?"
            )
        height, width = first.image.shape[:2]
        codec = stream.codec_context.name
        info = SourceInfo(
            width=width,
            height=height,
            fps=rate.fps,
            frames=stream.frames or None,
            duration_s=_duration_s(container, stream, rate),
            detail=f"{codec} {width}x{height}" + (f"@{rate.fps:g}" if rate.fps else ""),
            fps_source=rate.origin,
        )
        return info, chain([first], frames)

    def _release(self) -> None:
        if self._container is not None:
            self._container.close()
            self._container = None

    def _frames_of(self, packets: Iterable[VideoPacket], rate: FrameRate) -> Iterator[Frame]:
        time_line = TimeLine(1.0 / (rate.fps or FALLBACK_FPS))
        to_rgb = VideoReformatter()
        for number, picture in enumerate(self._decode(packets)):
            index = number + self._undecoded
            t = time_line.next(rate.time(index, picture.time))
            try:
                image = _upright_rgb(picture, to_rgb)
            except (av.error.FFmpegError, ValueError):
                continue  # a pixel format that cannot be converted
            yield Frame(index, t, image)

    def _decode(self, packets: Iterable[VideoPacket]) -> Iterator[VideoFrame]:
        for packet in packets:
            if packet.size and not self._check.passes(packet):
                self._undecoded += 1
                continue
            try:
                pictures = packet.decode()
            except av.error.EOFError:
                return
            except av.error.FFmpegError:
                self._undecoded += 1
                continue
            for picture in pictures:
                if picture.is_corrupt:
                    self._undecoded += 1
                else:
                    yield picture


def _packets_of(container: InputContainer, stream: VideoStream) -> Iterator[VideoPacket]:
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.error.FFmpegError):
            return  # a file cut short ends where its data end
        yield packet


def _first_of(packets: Iterator[VideoPacket]) -> list[VideoPacket]:
    """So many packets as show the rate; they are taken from the iterator."""
    first, size = [], 0
    for packet in packets:
        first.append(packet)
        size += packet.size
        if len(first) >= FIRST_PACKETS or size >= FIRST_BYTES:
            break
    return first


def _duration_s(container: InputContainer, stream: VideoStream, rate: FrameRate) -> float | None:
    """As the header says; what FFmpeg reckons from a rate of its own is none."""
    if rate.stretch is None:
        return stream.frames / rate.fps if stream.frames and rate.fps else None
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base) * rate.stretch
    return container.duration / av.time_base * rate.stretch if container.duration else None


def _upright_rgb(picture: VideoFrame, to_rgb: VideoReformatter) -> NDArray[np.uint8]:
    """(H, W, 3) RGB, turned as the file's display matrix says."""
    rgb = to_rgb.reformat(picture, format="rgb24", threads=1)
    quarter_turns = round(picture.rotation / 90) % 4
    image = np.asarray(rgb.to_ndarray(), np.uint8)
    # A picture one pixel wide comes with the padding of its rows.
    return np.ascontiguousarray(np.rot90(image, quarter_turns) if quarter_turns else image)
