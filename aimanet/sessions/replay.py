"""A session played again: the same frames at the same times through the same pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from aimanet.errors import SourceError
from aimanet.sessions.footage import with_footage
from aimanet.sessions.layout import VIDEO, SessionError, row_of, stamps_ms
from aimanet.sessions.reader import Session, open_session
from aimanet.sources import SourceInfo
from aimanet.sources.base import RecordedSource
from aimanet.sources.video import VideoSource
from aimanet.types import BBox, FaceCrop, Frame

PREFIX = "session"


class ReplaySource(RecordedSource):
    """The video of a session with the exact times of its ``frames.csv``.

    Spec ``session:PATH``. Where the session kept the face only, frames are the crops themselves:
    use `tracker` with them, a face detector would look for a face within the face.

    Args:
        session: the session, or its folder (opened by `open`, which then raises).
        realtime: play at the speed of the recording, else as fast as it can be read.
        whole: play the whole picture, be it compressed, and not the lossless face beside it.
    """

    def __init__(
        self, session: Session | Path | str, realtime: bool = True, whole: bool = False
    ) -> None:
        self._session = session if isinstance(session, Session) else None
        self._folder = Path(session) if not isinstance(session, Session) else session.folder
        label = self._folder.name if self._session is None else self._session.info.name
        super().__init__(f"{PREFIX}:{self._folder}", label or self._folder.name, realtime)
        self._whole = whole
        self._video: VideoSource | None = None

    @property
    def session(self) -> Session:
        """The session that is played.

        Raises:
            SourceError: it cannot be opened.
        """
        if self._session is None:
            try:
                self._session = open_session(self._folder)
            except SessionError as error:
                raise SourceError(str(error)) from error
            self.label = self._session.info.name or self.label
        return self._session

    def tracker(self) -> RecordedFaces | None:
        """What stands in for the face detector: the recorded faces, where only they were kept."""
        return RecordedFaces(self.session) if self._faces else None

    @property
    def _faces(self) -> bool:
        return self.session.info.kept == "face" and not self._whole

    def _start(self) -> tuple[SourceInfo, Iterator[Frame]]:
        session = self.session
        if session.info.kept == "none":
            raise SourceError(
                f"{session.folder} was recorded without its video: there is nothing to play"
            )
        if self._whole and session.picture is None:
            raise SourceError(
                f"{session.folder} holds no video of the whole picture: play its face instead"
            )
        if not len(session.frames):
            raise SourceError(f"{session.folder} holds no frames: it ended before the first one")
        if not self._realtime:  # who plays it live has looked already, or does not want to wait
            session = self._session = with_footage(session)
        path = (session.picture if self._whole else None) or session.folder / VIDEO
        self._video = VideoSource(self.spec, path, False, needs_rate=False)
        opened = self._video.open()
        return self._info(session, opened), self._retimed(session, self._video)

    def _release(self) -> None:
        if self._video is not None:
            self._video.close()
            self._video = None

    def _info(self, session: Session, opened: SourceInfo) -> SourceInfo:
        kept = "faces" if self._faces else "frames"
        return SourceInfo(
            width=opened.width,
            height=opened.height,
            fps=session.info.fps,
            frames=len(session.frames),
            duration_s=session.duration_s,
            detail=f"session of {len(session.frames)} {kept}, {opened.width}x{opened.height}",
            origin_s=session.info.origin_s,
            fps_source="stated" if session.info.camera.fps_source == "stated" else "timestamps",
            problems=session.problems,
        )

    def _retimed(self, session: Session, video: VideoSource) -> Iterator[Frame]:
        """Pairs pictures and rows by time stamp: either may lack the other's last or any one."""
        stamps = stamps_ms(session.frames.t)
        for picture in video:
            row = row_of(stamps, round(1000.0 * picture.t))
            if row is not None:
                index, t = int(session.frames.index[row]), float(session.frames.t[row])
                yield Frame(index, t, picture.image)


class RecordedFaces:
    """A tracker for sessions that kept the face only: what the tracker of the day cut out.

    With it any method reads the very crops that were read live.
    """

    def __init__(self, session: Session) -> None:
        table = session.frames
        self._boxes: dict[int, BBox] = {
            int(index): (float(box[0]), float(box[1]), float(box[2]), float(box[3]))
            for index, box in zip(table.index, table.box, strict=True)
            if np.isfinite(box).all()
        }

    def track(self, frame: Frame) -> FaceCrop:
        """The face of a frame of `ReplaySource`, which is the frame itself."""
        bbox = self._boxes.get(frame.index)
        return FaceCrop(frame.index, frame.t, bbox, None if bbox is None else frame.image)

    def reset(self) -> None:
        """Nothing to forget."""

    def close(self) -> None:
        """Nothing to free."""
