"""MP4 for showing: H.264 with the overlay burnt in and the recording's own times."""

from __future__ import annotations

import errno
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np

from aimanet.errors import OutputError
from aimanet.sessions.export.job import ExportError, Tick
from aimanet.sessions.export.overlay import Moment, Overlay
from aimanet.sessions.reader import Session
from aimanet.sessions.replay import ReplaySource

CLOCK = Fraction(1, 90_000)
"""MP4's usual time base: eleven microseconds."""
OPTIONS = {"preset": "veryfast", "crf": "20"}
CONTAINER = {"movflags": "+faststart"}
EVERY = 5
"""Frames between two questions whether to go on."""
BT709 = 1


def check(session: Session) -> None:
    """Refuses a session without pictures before anything is written."""
    if session.info.kept == "none":
        raise ExportError(f"{session.folder} was recorded without its video: no MP4 of it")
    if session.shown is None or not len(session.frames):
        raise ExportError(f"{session.folder} has no video to make an MP4 of")


def write(session: Session, stage: Path, stem: str, tick: Tick) -> list[Path]:
    """``STEM.mp4``: one picture at a time, so its length does not matter."""
    path = stage / f"{stem}.mp4"
    source = ReplaySource(session, realtime=False, whole=session.picture is not None)
    try:
        source.open()
        count = _encode(session, source, path, tick)
    except av.error.FFmpegError as error:
        if error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EIO):
            raise OSError(error.errno, error.strerror or str(error)) from error
        raise OutputError(f"cannot encode {stem}.mp4: {error}") from error
    finally:
        source.close()
    if not count:
        raise ExportError(f"{session.folder}: no picture of its video can be read: no MP4 of it")
    _verify(path, count)
    return [path]


def _encode(session: Session, source: ReplaySource, path: Path, tick: Tick) -> int:
    """Draws and encodes all frames; how many there were."""
    moments = _moments(session)
    length, count, stamp = max(session.duration_s, 1e-9), 0, -1
    with av.open(str(path), "w", format="mp4", options=CONTAINER) as container:
        stream: Any = None
        overlay: Overlay | None = None
        for frame in source:
            if overlay is None:
                overlay = Overlay(session, (frame.image.shape[1], frame.image.shape[0]))
                stream = _stream(container, overlay.size, session)
            drawn = overlay.draw(frame.image, moments.get(frame.index) or Moment(frame.t, None))
            stamp = max(stamp + 1, round(frame.t / CLOCK))
            for packet in stream.encode(_picture(drawn, stamp)):
                container.mux(packet)
            count += 1
            if count % EVERY == 0:
                tick(min(1.0, frame.t / length))
        if stream is not None:
            for packet in stream.encode(None):
                container.mux(packet)
    return count


def _moments(session: Session) -> dict[int, Moment]:
    """By the frame's index; where the face is the whole picture, there is no box to draw."""
    table = session.frames
    whole = session.picture is not None
    return {
        int(index): Moment(float(t), _bbox(box) if whole else None)
        for index, t, box in zip(table.index, table.t, table.box, strict=True)
    }


def _bbox(box: Any) -> tuple[float, float, float, float] | None:
    if not np.isfinite(box).all():
        return None
    return float(box[0]), float(box[1]), float(box[2]), float(box[3])


def _stream(container: Any, size: tuple[int, int], session: Session) -> Any:
    rate = Fraction(session.info.fps or 30.0).limit_denominator(1001)
    stream = container.add_stream("libx264", rate=rate, options=OPTIONS)
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    codec = stream.codec_context
    stream.time_base = codec.time_base = CLOCK
    codec.color_primaries = codec.color_trc = codec.colorspace = BT709
    codec.color_range = 1
    return stream


def _picture(drawn: Any, stamp: int) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(drawn), format="rgb24")
    frame = frame.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
    frame.pts, frame.time_base = stamp, CLOCK
    return frame


def _verify(path: Path, count: int) -> None:
    """A disk that is full when the file is closed is not told of: look what is there."""
    try:
        with av.open(str(path)) as container:
            there = container.streams.video[0].frames
    except (av.error.FFmpegError, OSError, IndexError):
        there = 0
    if there != count:
        raise OSError(errno.ENOSPC, "No space left on device")
