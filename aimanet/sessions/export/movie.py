"""MP4 for showing: H.264 with the overlay burnt in and the recording's own times."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np

from aimanet.errors import OutputError
from aimanet.sessions.export.job import ExportError, Tick
from aimanet.sessions.export.overlay import Image, Moment, Overlay
from aimanet.sessions.film import HOLD_S
from aimanet.sessions.footage import not_whole
from aimanet.sessions.reader import Session
from aimanet.sessions.replay import ReplaySource
from aimanet.sessions.video import Codec
from aimanet.types import Frame

Size = tuple[int, int]

SHOWN = Codec(
    "libx264",
    "yuv420p",
    {"preset": "veryfast", "crf": "20"},
    step=2,
    clock=Fraction(1, 90_000),  # MP4's usual time base: eleven microseconds
)
CONTAINER = {"movflags": "+faststart"}
EVERY = 5
"""Frames between two questions whether to go on."""


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
        opened = source.open()
        session = source.session
        _encode(session, source, (opened.width, opened.height), path, tick)
    except av.error.FFmpegError as error:
        if error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EIO):
            raise OSError(error.errno, error.strerror or str(error)) from error
        raise OutputError(f"cannot encode {stem}.mp4: {error}") from error
    finally:
        source.close()
    _verify(path, len(session.frames))
    return [path]


def _encode(session: Session, source: ReplaySource, size: Size, path: Path, tick: Tick) -> None:
    """Draws and encodes a picture for each row of ``frames.csv``."""
    overlay = Overlay(session, size)
    length, stamp = max(session.duration_s, 1e-9), -1
    with av.open(str(path), "w", format="mp4", options=CONTAINER) as container:
        stream = _stream(container, overlay.size, session)
        if lost := not_whole(session):
            container.metadata["comment"] = lost
        for count, (moment, image) in enumerate(_pictures(session, source)):
            stamp = max(stamp + 1, round(moment.t / SHOWN.clock))
            for packet in stream.encode(SHOWN.picture(overlay.draw(image, moment), stamp)):
                container.mux(packet)
            if count % EVERY == 0:
                tick(min(1.0, moment.t / length))
        for packet in stream.encode(None):
            container.mux(packet)


def _pictures(session: Session, source: ReplaySource) -> Iterator[tuple[Moment, Image | None]]:
    """Each moment of the session with its picture, None where that is lost.

    One that the encoder of the compressed picture was too slow for is the one before it.
    """
    table, frame = session.frames, source.read()
    boxed, holds = session.picture is not None, session.picture == session.compressed
    held: Frame | None = None
    for index, t, box in zip(table.index.tolist(), table.t.tolist(), table.box, strict=True):
        moment = Moment(t, _bbox(box) if boxed else None)
        if frame is not None and frame.index == index:
            held = frame
            yield moment, frame.image
            frame = source.read()
        elif holds and held is not None and t - held.t <= HOLD_S:
            yield moment, held.image
        else:
            yield moment, None


def _bbox(box: Any) -> tuple[float, float, float, float] | None:
    if not np.isfinite(box).all():
        return None
    return float(box[0]), float(box[1]), float(box[2]), float(box[3])


def _stream(container: Any, size: tuple[int, int], session: Session) -> Any:
    rate = Fraction(session.info.fps or 30.0).limit_denominator(1001)
    stream = container.add_stream(SHOWN.encoder, rate=rate, options=dict(SHOWN.options))
    stream.time_base = SHOWN.clock
    SHOWN.describe(stream.codec_context, size)
    return stream


def _verify(path: Path, count: int) -> None:
    """A disk that is full when the file is closed is not told of: look what is there."""
    try:
        with av.open(str(path)) as container:
            there = container.streams.video[0].frames
    except (av.error.FFmpegError, OSError, IndexError):
        there = 0
    if there != count:
        raise OSError(errno.ENOSPC, "No space left on device")
