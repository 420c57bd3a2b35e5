"""What a session keeps to look at: its lossless video, and beside a face the whole picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aimanet.sessions.film import Film
from aimanet.sessions.info import PictureRecord, SessionInfo
from aimanet.sessions.layout import FACE_SIDE, VIDEO
from aimanet.sessions.video import SessionVideo
from aimanet.types import FaceCrop, Frame


class Videos:
    """The video files of one session, opened for its first frame.

    Args:
        folder: the session's.
        info: what of the picture it keeps.
        frame: the first one.
        crop: its face.

    Attributes:
        size: w, h in px of the lossless video; None where none is kept.

    Raises:
        OSError: from every method; the disk is full, or the folder is gone.
        SessionError: this size cannot be encoded, or a picture has another one.
    """

    def __init__(
        self, folder: Path, info: SessionInfo, frame: Frame, crop: FaceCrop | None
    ) -> None:
        self._whole = info.kept == "frame"
        self.size: tuple[int, int] | None = None
        self._video: SessionVideo | None = None
        self._film: Film | None = None
        if info.kept != "none":
            self.size = _size(frame.image) if self._whole else _face_size(crop)
            self._video = SessionVideo(folder / VIDEO, self.size, info.fps)
        if info.picture is not None:
            try:
                self._film = Film(folder, _size(frame.image), info.fps)
            except BaseException:
                self.abandon()
                raise

    @property
    def bytes(self) -> int:
        """What they hold."""
        return sum(video.bytes for video in (self._video, self._film) if video is not None)

    @property
    def lost(self) -> int:
        """Pictures that the encoder of the compressed one was too slow for."""
        return 0 if self._film is None else self._film.dropped

    def add(self, frame: Frame, crop: FaceCrop | None, t: float, wait: bool) -> None:
        """Appends a frame and its face at ``t`` s; ``wait``: the encoder may take its time."""
        if self._video is not None:
            self._video.add(frame.image if self._whole else self._face(crop), t)
        if self._film is not None:
            self._film.add(frame.image, t, wait)

    def record(self) -> PictureRecord | None:
        """What ``session.json`` says of the compressed picture."""
        film = self._film
        if film is None:
            return None
        return PictureRecord(size=film.size, frames=film.frames, dropped=film.dropped)

    def sync(self) -> None:
        """Waits until what was written is on the disk."""
        for video in (self._video, self._film):
            if video is not None and video.is_open:
                video.sync()

    def finish(self) -> None:
        """Closes them whole."""
        for video in (self._film, self._video):
            if video is not None:
                video.finish()

    def abandon(self) -> None:
        """After a failed write: closes them with what is whole."""
        for video in (self._film, self._video):
            if video is not None:
                video.abandon()

    def _face(self, crop: FaceCrop | None) -> NDArray[np.uint8]:
        if crop is not None and crop.crop is not None:
            return crop.crop
        width, height = self.size or (FACE_SIDE, FACE_SIDE)
        return np.zeros((height, width, 3), np.uint8)


def _size(image: NDArray[np.uint8]) -> tuple[int, int]:
    return image.shape[1], image.shape[0]


def _face_size(crop: FaceCrop | None) -> tuple[int, int]:
    return (FACE_SIDE, FACE_SIDE) if crop is None or crop.crop is None else _size(crop.crop)
