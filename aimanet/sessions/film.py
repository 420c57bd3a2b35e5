"""The compressed picture of a session, encoded in a thread of its own.

However slow the encoder is, it costs no face: a picture that finds the queue full is left out of
``picture.mkv`` alone and counted.
"""

from __future__ import annotations

import threading
from collections import deque
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aimanet.sessions.layout import PICTURE, SessionError
from aimanet.sessions.video import COMPRESSED, SessionVideo

QUEUE_FRAMES = 30
QUEUE_BYTES = 64 << 20
"""A second at 30 fps, less of large pictures."""

HOLD_S = 1.0
"""A picture that was left out is shown as the one before it, unless that is older than this."""


class Film:
    """Appends pictures in the order they come; call it from one thread.

    Args:
        folder: the session's.
        size: w, h in px.
        fps: what the container should say; None where nobody knows.

    Attributes:
        frames: pictures that are written.
        dropped: pictures that found the queue full.

    Raises:
        OSError, SessionError: as `SessionVideo`; by the call after the picture that met it.
    """

    def __init__(self, folder: Path, size: tuple[int, int], fps: float | None) -> None:
        require_encoder()
        self.frames = self.dropped = 0
        self._video = SessionVideo(folder / PICTURE, size, fps, COMPRESSED)
        self._changed = threading.Condition()
        self._queue: deque[tuple[NDArray[np.uint8], float]] = deque()
        self._error: Exception | None = None
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="picture", daemon=True)
        self._thread.start()

    @property
    def bytes(self) -> int:
        """Length of the file."""
        return self._video.bytes

    def add(self, image: NDArray[np.uint8], t: float, wait: bool) -> None:
        """Takes an (H, W, 3) uint8 RGB picture at ``t`` s; ``wait``: until there is room for it."""
        with self._changed:
            while wait and self._is_full(image) and self._error is None:
                self._changed.wait()
            self._raise()
            if self._is_full(image):
                self.dropped += 1
                return
            self._queue.append((image, t))
            self._changed.notify_all()

    def sync(self) -> None:
        """Waits until what was written is on the disk."""
        self._raise()
        self._video.sync()

    @property
    def size(self) -> tuple[int, int]:
        """w, h (px) of what can be read back."""
        return COMPRESSED.fitted(self._video.size)

    @property
    def is_open(self) -> bool:
        """The file is not closed yet."""
        return self._video.is_open

    def finish(self) -> None:
        """Writes what waits, the index and the length, and closes the file."""
        self._stop()
        self._raise()
        self._video.finish()

    def abandon(self) -> None:
        """After a failed write: leaves out what waits, cuts off what went in halfway, closes."""
        with self._changed:
            self._queue.clear()
        self._stop()
        self._video.abandon()

    def _is_full(self, image: NDArray[np.uint8]) -> bool:
        waiting = len(self._queue)
        too_many = waiting >= QUEUE_FRAMES or waiting * image.nbytes >= QUEUE_BYTES
        return bool(waiting) and too_many

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error

    def _stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join()

    def _run(self) -> None:
        """The thread: until `finish`, `abandon` or an error, which the next call raises."""
        while (work := self._next()) is not None:
            try:
                self._video.add(*work)
                self.frames += 1
            except Exception as error:
                with self._changed:
                    self._error = error
                    self._queue.clear()
                    self._changed.notify_all()
                return

    def _next(self) -> tuple[NDArray[np.uint8], float] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._stopping)
            if not self._queue:
                return None
            work = self._queue.popleft()
            self._changed.notify_all()
            return work


def require_encoder() -> None:
    """Refuses where no H.264 can be written.

    Raises:
        SessionError: this PyAV was built without the encoder.
    """
    if not COMPRESSED.available:
        raise SessionError(
            f"the installed PyAV has no H.264 encoder ({COMPRESSED.encoder}): the compressed "
            "picture cannot be kept here; keep the face or the lossless picture"
        )
