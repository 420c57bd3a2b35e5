"""How fast a recording was taken: from its time stamps, its header, or whoever states it.

FFmpeg takes a raw stream that says nothing for 25 frames a second and a GIF for 10; the heart rate
would be wrong by as much as the frame rate. So what FFmpeg makes up is never used.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from aimanet.errors import SourceError, UnknownRateError
from aimanet.sources.base import RateOrigin, SourceInfo

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream


LOWEST_FPS, HIGHEST_FPS = 5.0, 250.0
"""What a header may say and be believed; high-speed modes of phones reach 240."""
LOWEST_STATED_FPS = 7.0
"""Fewer frames a second carry no pulse that can be read."""

OPTIONS = {"default_fps": "0"}
"""For FFmpeg: an APNG whose delay is 0 has no time stamps, rather than 15 frames a second."""

_NO_TIME_STAMPS = 0x0080
"""FFmpeg's ``AVFMT_NOTIMESTAMPS``, which PyAV does not name: raw streams."""
_CLOCKS = frozenset({"h261", "h263"})
"""Codecs whose nominal rate is that of a clock; a camera may leave out any of its ticks."""
_MOST_OF_A_CLOCK = {"mpeg4": 60.0}
"""MPEG-4 Part 2 names its clock, too; one that ticks like a camera is taken for the rate."""
_NUMBERED = frozenset({"avi", "yuv4mpegpipe"})
"""Formats whose time stamps are frame numbers over the rate in the header."""
_STATING = _NUMBERED | {"asf", "flv", "matroska,webm"}
"""Formats that have a place for the rate beside the time stamps."""
_GIF_DEFAULTS_S = (0.01, 0.1)
"""Delays that programs write, and FFmpeg takes for 0, where nobody gave one."""
_HEAD_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class FrameRate:
    """The frames a second of a recording, and where they are from.

    ``fps`` is None where time stamps stand alone. These (s) are multiplied by ``stretch``; where
    it is None, they are not used, and the times are frame numbers over ``fps``.
    """

    fps: float | None
    origin: RateOrigin
    stretch: float | None

    def time(self, index: int, stamp: float | None) -> float | None:
        """When (s) frame ``index`` with this time stamp (s) was taken; None where nobody knows."""
        if self.stretch is None:
            return index / self.fps if self.fps else None
        return None if stamp is None else stamp * self.stretch


def require_readable(fps: float) -> None:
    """Refuses a stated rate at which no pulse could be read.

    Raises:
        SourceError: it is below seven frames a second, beyond any camera, or no number.
    """
    if not math.isfinite(fps) or fps <= 0:
        raise SourceError(f"fps {fps:g} is no frame rate: state the true one, such as 30")
    if fps < LOWEST_STATED_FPS:
        raise SourceError(
            f"fps {fps:g} is too low: a pulse needs at least {LOWEST_STATED_FPS:g} frames a second"
        )
    if fps > HIGHEST_FPS:
        raise SourceError(
            f"fps {fps:g} is too high: at most {HIGHEST_FPS:g} frames a second are believable"
        )


def unused_rate(info: SourceInfo, stated: float | None) -> str:
    """A line for people where a stated rate was not needed; else empty."""
    if stated is None or info.fps_source in (None, "stated"):
        return ""
    return f"--fps {stated:g} is not used: the recording has time stamps of its own"


def rate_of(
    path: Path,
    container: InputContainer,
    stream: VideoStream,
    packets: Sequence[Packet[VideoStream]],
    stated: float | None,
) -> FrameRate:
    """The rate of a video, of which ``packets`` are the first.

    True time stamps always count. Where there are none, or impossible ones, a ``stated`` rate
    stands above what the header says.

    Raises:
        UnknownRateError: nothing believable says it.
    """
    name = container.format.name
    times = _time_stamps(container, stream, packets)
    if name in _NUMBERED:
        claimed = None if _header_is_silent(path, name) else _rate(stream.average_rate)
        return _settled(path, claimed, stated, numbered=claimed is not None)
    if len(times) == 1 and times[0] is not None:
        return FrameRate(nominal_fps(stream), "timestamps", 1.0)
    measured = _measured(name, times)
    if measured is None:
        return _settled(path, _claimed(name, stream), stated)
    if measured > HIGHEST_FPS:
        return _settled(path, measured, stated)
    return FrameRate(nominal_fps(stream) or measured, "timestamps", 1.0)


def nominal_fps(stream: VideoStream) -> float | None:
    """What FFmpeg says of a stream with time stamps; None where it names a clock instead."""
    rates = map(_rate, (stream.average_rate, stream.guessed_rate))
    return next((rate for rate in rates if rate and rate <= HIGHEST_FPS), None)


def _settled(
    path: Path, claimed: float | None, stated: float | None, *, numbered: bool = False
) -> FrameRate:
    """What somebody stated, else what the header claims, if that can be."""
    if stated is not None:
        return FrameRate(stated, "stated", claimed / stated if claimed and numbered else None)
    if claimed is None:
        raise UnknownRateError(str(path), "does not say its frame rate")
    if not LOWEST_FPS <= claimed <= HIGHEST_FPS:
        raise UnknownRateError(
            str(path),
            f"says that it has {claimed:.6g} frames a second, which cannot be "
            f"({LOWEST_FPS:g} to {HIGHEST_FPS:g} can)",
        )
    return FrameRate(claimed, "header", 1.0 if numbered else None)


def _time_stamps(
    container: InputContainer, stream: VideoStream, packets: Sequence[Packet[VideoStream]]
) -> list[float | None]:
    """The packets' own time stamps (s); None for those that FFmpeg made up from a rate."""
    made_up = bool(container.format.flags & _NO_TIME_STAMPS) or (
        stream.start_time is None
        and container.format.name != "apng"
        and not any(packet.pts for packet in packets[:1])  # made up, they begin at 0
    )
    stamps = [packet.dts if packet.pts is None else packet.pts for packet in packets if packet.size]
    tick = float(stream.time_base or 0)
    return [None if stamp is None or made_up else stamp * tick for stamp in stamps]


def _measured(name: str, times: Sequence[float | None]) -> float | None:
    """Frames a second by the time stamps; None where most are missing or stand still."""
    moments = sorted({time for time in times if time is not None})
    if len(moments) < 2 or 2 * len(moments) < len(times):
        return None
    steps = {round(after - before, 6) for before, after in pairwise(moments)}
    if name == "gif" and steps <= set(_GIF_DEFAULTS_S):
        return None
    return (len(moments) - 1) / (moments[-1] - moments[0])


def _claimed(name: str, stream: VideoStream) -> float | None:
    """What the headers of codec and container say."""
    codec = stream.codec_context
    rate = None if codec.name in _CLOCKS else _rate(codec.framerate)
    if rate and rate > _MOST_OF_A_CLOCK.get(codec.name, math.inf):
        rate = None
    return rate or (_rate(stream.average_rate) if name in _STATING else None)


def _rate(rate: Fraction | None) -> float | None:
    return float(rate) if rate and rate > 0 else None


def _header_is_silent(path: Path, name: str) -> bool:
    """Whether FFmpeg's rate for an AVI or YUV4MPEG is one that it put for none."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if name == "yuv4mpegpipe":
        fields = head.partition(b"\n")[0].split()
        return not any(field[:1] == b"F" and field != b"F0:0" for field in fields[1:])
    main, track = head.find(b"avih"), head.find(b"vids")
    # microseconds a frame in the main header; scale and rate in the track's, one without the other
    # says nothing
    scale, rate = head[track + 20 : track + 24], head[track + 24 : track + 28]
    return not any(head[main + 8 : main + 12]) and not (any(scale) and any(rate))
