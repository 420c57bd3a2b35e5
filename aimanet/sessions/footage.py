"""How much of a session's video can be read: every picture checked without being decoded.

Each row of ``frames.csv`` has its picture, found by its time stamp, and lossless ones carry
checksums (`aimanet.sources.checksums`). So a video that was cut short, or damaged in its middle,
is told at the speed of the disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import av.error
import numpy as np

from aimanet.errors import SourceError
from aimanet.sessions.layout import row_of, stamps_ms
from aimanet.sessions.reader import Footage, Session
from aimanet.sources.checksums import Checksums
from aimanet.sources.container import open_container

Tick = Callable[[float], None]

LAST_S = 1.0
EVERY = 100
"""Pictures between two calls of `Tick`."""


def with_footage(session: Session, tick: Tick = lambda share: None) -> Session:
    """The session with the `Footage` of its videos, and a problem more for each that is not whole.

    A session without a video (a problem says so already), or one that is being recorded, stays as
    it is. Reads the files once; ``tick`` gets the share (0-1) and may raise to stop it.
    """
    if session.recording or session.footage:
        return session
    videos = [video for video in (session.video, session.compressed) if video is not None]
    found = tuple(_footage(session, video, tick) for video in videos)
    problems = (*session.problems, *filter(None, [one.problem for one in found]))
    return replace(session, footage=found, problems=problems)


def not_whole(session: Session) -> str:
    """What is missing of the video that a film is made of; empty where nothing is.

    That the last second is missing where the program was killed is no news.
    """
    shown = session.shown
    for one in session.footage:
        is_end = session.interrupted and session.duration_s - one.last_s <= LAST_S
        if shown is not None and one.name == shown.name and not one.is_whole and not is_end:
            return one.problem
    return ""


def _footage(session: Session, video: Path, tick: Tick) -> Footage:
    """Compares the pictures of a video with the rows of ``frames.csv``."""
    t = session.frames.t
    stamps = stamps_ms(t)
    seen = np.zeros(len(t), bool)
    beyond, size = 0, max(1, video.stat().st_size)
    for number, (stamp, at, sound) in enumerate(_pictures(video)):
        if number % EVERY == 0:
            tick(min(1.0, at / size))
        row = row_of(stamps, stamp)
        if row is None:
            beyond += sound
        else:
            seen[row] |= sound
    there = np.flatnonzero(seen)
    last_s = float(t[there[-1]]) if len(there) else 0.0
    return Footage(video.name, _expected(session, video), len(there), beyond, last_s)


def _expected(session: Session, video: Path) -> int:
    """A picture for each row; of the compressed one those that its encoder was quick enough for."""
    picture = session.info.picture
    if picture is None or video != session.compressed:
        return len(session.frames)
    if picture.frames is not None:
        return min(picture.frames, len(session.frames))
    return max(0, len(session.frames) - (picture.dropped or 0))


def _pictures(video: Path) -> Iterator[tuple[int, int, bool]]:
    """Time stamp (ms), place in the file and soundness of each; ends where the file does."""
    try:
        with open_container(video) as container:
            stream = container.streams.video[0]
            check = Checksums(stream.codec_context.name)
            for packet in container.demux(stream):
                if packet.size and packet.pts is not None:
                    sound = not packet.is_corrupt and check.passes(packet)
                    yield packet.pts, packet.pos or 0, sound
    except (SourceError, av.error.FFmpegError, OSError, ValueError, IndexError):
        return
