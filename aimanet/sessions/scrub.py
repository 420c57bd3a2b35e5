"""Any picture of a session at once: what a slider needs."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType

import av.error
import numpy as np
from av.video.frame import VideoFrame

from aimanet.errors import SourceError
from aimanet.sessions.film import HOLD_S
from aimanet.sessions.layout import SessionError, stamps_ms
from aimanet.sessions.reader import Session
from aimanet.sources.checksums import Checksums
from aimanet.sources.container import open_container, video_stream
from aimanet.types import Frame

STROLL_MS = 500
"""So far ahead it is quicker to read on than to jump."""


class Scrubber:
    """The pictures of a session by time, whole ones where it has any. For one thread.

    A recording that was interrupted has no index at its end: the first jump far ahead reads up to
    there once.

    Raises:
        SessionError: it kept no video, or the video cannot be opened.
    """

    def __init__(self, session: Session) -> None:
        path = session.shown
        if path is None or not len(session.frames):
            raise SessionError(f"{session.folder} has no video to look at")
        self._table = session.frames
        self._stamps = stamps_ms(session.frames.t)
        try:
            self._container = open_container(path)
            self._stream = video_stream(self._container, path)
        except (SourceError, OSError) as error:
            raise SessionError(str(error)) from error
        self._has_holes = path == session.compressed
        self._check = Checksums(self._stream.codec_context.name)
        self._before: VideoFrame | None = None
        self._pictures: Iterator[VideoFrame] = iter(())
        self._at: int | None = None  # the stamp of the last picture that was decoded
        self._frame: Frame | None = None

    def at(self, t: float) -> Frame | None:
        """The frame that is on the screen at ``t`` s; None where its picture is lost."""
        row = int(np.clip(np.searchsorted(self._table.t, t, "right") - 1, 0, len(self._table) - 1))
        index = int(self._table.index[row])
        if self._frame is not None and self._frame.index == index:
            return self._frame
        picture = self._find(int(self._stamps[row]))
        if picture is None:
            return None
        image = np.asarray(picture.to_ndarray(format="rgb24"), np.uint8)
        self._frame = Frame(index, float(self._table.t[row]), image)
        return self._frame

    def close(self) -> None:
        """Let go of the file."""
        self._container.close()

    def __enter__(self) -> Scrubber:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _decoded(self) -> Iterator[VideoFrame]:
        for packet in self._container.demux(self._stream):
            if not packet.size or self._check.passes(packet):
                yield from packet.decode()

    def _find(self, stamp: int) -> VideoFrame | None:
        try:
            if self._at is None or not 0 < stamp - self._at <= STROLL_MS:
                self._container.seek(stamp, stream=self._stream)
                self._pictures, self._before = self._decoded(), None
            for picture in self._pictures:
                self._at = picture.pts
                if picture.pts is not None and picture.pts >= stamp:
                    before, self._before = self._before, picture
                    return picture if picture.pts == stamp else self._held(before, stamp)
                self._before = picture
        except (av.error.FFmpegError, OSError):
            pass  # a damaged stretch, or the end of a file that was cut short
        self._at = None
        return self._held(self._before, stamp)

    def _held(self, before: VideoFrame | None, stamp: int) -> VideoFrame | None:
        """The picture ``before`` in the place of one that its encoder was too slow for."""
        if not self._has_holes or before is None or before.pts is None:
            return None
        return before if 0 <= stamp - before.pts <= 1000 * HOLD_S else None
