"""A thread around the writer, so that a slow disk never slows the picture.

    capture thread --offer(frame, crop)--> bounded queue -> recorder thread -> SessionWriter
    inference thread --reading(reading)-->

Overflow rule: a frame that finds the queue full is left out of the recording and counted in
``dropped``; what is queued stays, so that the recording has one hole and not many.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from aimanet.errors import AimaNetError
from aimanet.sessions.info import SessionInfo
from aimanet.sessions.layout import SessionError
from aimanet.sessions.writer import SessionWriter
from aimanet.types import FaceCrop, Frame, Reading

QUEUE_FRAMES = 60
QUEUE_BYTES = 128 << 20
"""Two seconds at 30 fps, less of large pictures: a disk may pause so long without a loss."""

QUEUE_WORDS = 4096
"""Readings, markers and edits that may wait: more than half an hour of them."""

_WAKE_S = 0.25  # how often an idle thread looks whether the program has ended

LOOK_S = 1.0  # between two looks at the room on the disk

log = logging.getLogger(__name__)

Work = Callable[[SessionWriter], object]


@dataclass(frozen=True, slots=True)
class RecorderStatus:
    """How a recording is doing; cheap enough for a timer of the window.

    ``folder`` is None until the session is there. ``elapsed_s`` is the session's own time,
    ``frames`` what is written, ``dropped`` what the disk was too slow for, ``queued`` what waits,
    ``free_bytes`` the room on its disk (None where unknown). ``error`` says why it ended early.
    ``pictures_lost`` of the frames are not in the compressed picture: its encoder was too slow.
    """

    folder: Path | None
    running: bool
    elapsed_s: float
    frames: int
    dropped: int
    queued: int
    size_bytes: int
    free_bytes: int | None
    error: str = ""
    pictures_lost: int = 0


class Recorder:
    """Records in a thread of its own from `start` to `stop`; every other call returns at once.

    Any thread may call. Errors never leave the recorder's thread: they are in ``error`` and
    go to ``on_error``, and what is offered after them is left out.

    Args:
        make: makes the writer, in the recorder's thread (a slow disk is slow here, too).
        on_error: told once, in the recorder's thread, why the recording ended early.
        capacity: frames that may wait.
        capacity_bytes: bytes of pictures that may wait.
    """

    def __init__(
        self,
        make: Callable[[], SessionWriter],
        on_error: Callable[[SessionError], None] | None = None,
        capacity: int = QUEUE_FRAMES,
        capacity_bytes: int = QUEUE_BYTES,
    ) -> None:
        self._make = make
        self._on_error = on_error
        self._capacity, self._capacity_bytes = capacity, capacity_bytes
        self._changed = threading.Condition()
        self._queue: deque[tuple[int, Work]] = deque()  # bytes of the picture, what to do
        self._frames = self._bytes = 0
        self._newest_t = 0.0
        self._marks = 0
        self._stopping = False
        self._writer: SessionWriter | None = None
        self._look_at = 0.0
        self._free_bytes: int | None = None
        self._thread = threading.Thread(target=self._run, name="recorder")
        self.dropped = 0
        self.error: SessionError | None = None
        self.info: SessionInfo | None = None

    def start(self) -> Recorder:
        """Begins; returns at once."""
        self._thread.start()
        return self

    @property
    def running(self) -> bool:
        """What is offered now will be recorded."""
        return self._thread.is_alive() and not self._stopping and self.error is None

    @property
    def finished(self) -> bool:
        """The session is closed, or could not be made; nothing more will happen."""
        return self._thread.ident is not None and not self._thread.is_alive()

    def offer(self, frame: Frame, crop: FaceCrop | None = None) -> bool:
        """Takes a frame if there is room; False if not, or when nothing is recorded any more.

        The picture is not copied: nobody may change it afterwards.
        """
        with self._changed:
            if not self.running:
                return False
            self._newest_t = frame.t
            if self._is_full(_bytes_of(frame)):
                self.dropped += 1
                return False
            self._take(frame, crop, wait=False)
        return True

    def offer_waiting(self, frame: Frame, crop: FaceCrop | None = None) -> bool:
        """As `offer`, but waits for room: of a file nothing needs to be lost."""
        with self._changed:
            while self.running and self._is_full(_bytes_of(frame)):
                self._changed.wait(_WAKE_S)
            if not self.running:
                return False
            self._newest_t = frame.t
            self._take(frame, crop, wait=True)
        return True

    def reading(self, reading: Reading) -> None:
        """Takes a reading."""
        self._say(lambda writer: writer.reading(reading))

    def mark(self, name: str, t: float | None = None) -> int | None:
        """Drops a marker at the source's time ``t``, by default at the newest frame.

        Returns its number, for `rename_mark`; None when nothing is recorded any more.
        """
        with self._changed:
            at = self._newest_t if t is None else t
            if not self._say(lambda writer: writer.mark(at, name)):
                return None
            self._marks += 1
            return self._marks - 1

    def rename_mark(self, number: int, name: str) -> None:
        """Gives a marker another name."""
        self._say(lambda writer: writer.rename_mark(number, name))

    def edit(self, **changes: str) -> None:
        """Changes ``name``, ``participant`` or ``notes`` of the session."""
        self._say(lambda writer: writer.edit(**changes))

    def status(self) -> RecorderStatus:
        """How it is doing."""
        writer = self._writer
        with self._changed:
            running, queued = self.running, self._frames
        return RecorderStatus(
            folder=None if writer is None else writer.folder,
            running=running,
            elapsed_s=0.0 if writer is None else writer.duration_s,
            frames=0 if writer is None else writer.frames,
            dropped=self.dropped,
            queued=queued,
            size_bytes=0 if writer is None else writer.size_bytes,
            free_bytes=self._free_bytes,
            error="" if self.error is None else str(self.error),
            pictures_lost=0 if writer is None else writer.pictures_lost,
        )

    def finish(self) -> None:
        """Asks for the end without waiting: what is queued is still written, then it closes."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def stop(self, timeout_s: float | None = None) -> bool:
        """`finish`, and waits; True when the session is closed and the thread is gone."""
        self.finish()
        if self._thread.ident is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def __enter__(self) -> Recorder:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _is_full(self, size: int) -> bool:
        if self._frames >= self._capacity:
            return True
        # One picture always has room, however large it is.
        return bool(self._frames) and self._bytes + size > self._capacity_bytes

    def _take(self, frame: Frame, crop: FaceCrop | None, wait: bool) -> None:
        size = _bytes_of(frame)
        self._queue.append((size, lambda writer: writer.frame(frame, crop, wait)))
        self._frames += 1
        self._bytes += size
        self._changed.notify_all()

    def _say(self, work: Work) -> bool:
        with self._changed:
            if not self.running or len(self._queue) - self._frames >= QUEUE_WORDS:
                return False
            self._queue.append((0, work))
            self._changed.notify_all()
            return True

    def _run(self) -> None:
        """The thread: until `finish`, an error, or the end of the program."""
        try:
            with self._make() as writer:
                self._writer = writer
                while (work := self._next()) is not None:
                    writer.dropped = self.dropped
                    work(writer)
                    self._look_at_disk(writer)
                writer.dropped = self.dropped
            self.info = writer.info
        except Exception as error:  # its last stop: whatever it is, the owner is told
            self._fail(error)

    def _next(self) -> Work | None:
        """What to do next; None at the end."""
        with self._changed:
            if not self._queue and not self._stopping:
                self._changed.wait(_WAKE_S)
            # A program that ends without `stop` must not wait for us for ever.
            self._stopping |= not threading.main_thread().is_alive()
            if not self._queue:
                return None if self._stopping else SessionWriter.tick
            size, work = self._queue.popleft()
            if size:
                self._frames -= 1
                self._bytes -= size
                self._changed.notify_all()
            return work

    def _look_at_disk(self, writer: SessionWriter) -> None:
        """Here and not in `status`: asking a disk that hangs would stop the window."""
        now = time.monotonic()
        if now < self._look_at:
            return
        self._look_at = now + LOOK_S
        try:
            self._free_bytes = shutil.disk_usage(writer.folder).free
        except OSError:
            self._free_bytes = None

    def _fail(self, problem: Exception) -> None:
        error = problem if isinstance(problem, SessionError) else _wrapped(problem)
        with self._changed:
            self.error = error
            self._queue.clear()
            self._frames = self._bytes = 0
            self._changed.notify_all()
        self.info = None if self._writer is None else self._writer.info
        if self._on_error is not None:
            self._on_error(error)


def _wrapped(problem: Exception) -> SessionError:
    if isinstance(problem, AimaNetError):
        return SessionError(str(problem))
    log.error("while recording", exc_info=problem)
    what = str(problem) or type(problem).__name__
    return SessionError(
        f"an unexpected error occurred while recording ({what}); "
        "what is on the disk up to then can be opened"
    )


def _bytes_of(frame: Frame) -> int:
    return int(frame.image.nbytes)
