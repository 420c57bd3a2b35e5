"""The pictures of a session, fetched in a thread: the newest wish wins, older ones are skipped."""

from __future__ import annotations

import threading

import numpy as np
from PySide6.QtCore import QThread, Signal

from aimanet.errors import AimaNetError
from aimanet.sessions.reader import Session
from aimanet.sessions.scrub import Scrubber
from aimanet.types import BBox, Frame
from app.buffers import NewestSlot
from app.link import Picture
from app.workers import words_for


class PictureThread(QThread):
    """Shows any moment of a session.

    ``ready`` says that ``pictures`` holds a newer one; ``lost`` that there is none for the moment
    that was asked for (t s); ``failed`` that there will be none at all.
    """

    ready = Signal()
    lost = Signal(float)
    failed = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("pictures")
        self.pictures: NewestSlot[Picture] = NewestSlot()
        self._session = session
        self._change = threading.Condition()
        self._wish: float | None = None
        self._stopping = False

    def want(self, t: float) -> None:
        """The picture at ``t`` s, in place of what was wished for before."""
        with self._change:
            self._wish = t
            self._change.notify()

    def stop(self) -> None:
        """Ask it to end after the picture it is at."""
        with self._change:
            self._stopping = True
            self._change.notify()

    def run(self) -> None:
        """Until it is stopped, or the video turns out not to be one."""
        try:
            with Scrubber(self._session) as scrubber:
                self._serve(scrubber)
        except AimaNetError as problem:
            self.failed.emit(str(problem))
        except Exception as problem:  # as in Job.run
            self.failed.emit(words_for(problem, "reading the video"))

    def _serve(self, scrubber: Scrubber) -> None:
        while (t := self._next()) is not None:
            frame = scrubber.at(t)
            if frame is None:
                self.lost.emit(t)
            else:
                self.pictures.put(Picture(frame.t, frame.image, self._box(frame)))
                self.ready.emit()

    def _next(self) -> float | None:
        with self._change:
            self._change.wait_for(lambda: self._stopping or self._wish is not None)
            if self._stopping:
                return None
            t, self._wish = self._wish, None
            return t

    def _box(self, frame: Frame) -> BBox | None:
        """Of a session that kept the face only, the picture is the face."""
        if self._session.picture is None:
            return None
        table = self._session.frames
        row = min(int(np.searchsorted(table.t, frame.t)), len(table) - 1)
        x, y, w, h = (float(value) for value in table.box[row])
        return (x, y, w, h) if np.isfinite([x, y, w, h]).all() else None
