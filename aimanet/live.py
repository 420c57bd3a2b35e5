"""Frames as they come: a capture thread with a bounded queue, or the plain loop of a recording."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Protocol

from aimanet.errors import SourceError, SourceInterrupted
from aimanet.sources import Source, SourceInfo
from aimanet.stop import StopRequest
from aimanet.types import Frame

Notice = Callable[[str], None]

QUEUE_FRAMES = 15
"""Half a second at 30 fps: longer than the network's bursts, short enough to stay live."""

_WAKE_S = 0.25  # how often a waiting consumer looks whether it was asked to stop
_JOIN_S = 5.0  # longer than a source may block in one read


class Feed(Protocol):
    """Where a live loop takes its frames from; open between ``__enter__`` and ``__exit__``."""

    info: SourceInfo
    dropped: int

    def __enter__(self) -> Feed: ...
    def __exit__(self, *_: object) -> None: ...
    def frames(self, seconds: float | None = None) -> Iterator[Frame]:
        """Frames until the source ends, a stop is asked for or ``seconds`` have gone by."""
        ...


class DirectFeed:
    """Reads a recording in the caller's thread, each frame when it is wanted: none is lost.

    ``seconds`` of ``frames`` are the recording's own.
    """

    def __init__(self, source: Source, stop: StopRequest) -> None:
        self._source = source
        self._stop = stop
        self.dropped = 0

    def __enter__(self) -> DirectFeed:
        self.info = self._source.open()
        return self

    def __exit__(self, *_: object) -> None:
        self._source.close()

    def frames(self, seconds: float | None = None) -> Iterator[Frame]:
        """Frames until the end, a stop, or ``seconds`` after the first one."""
        start: float | None = None
        while not self._stop.asked and (frame := self._source.read()) is not None:
            start = frame.t if start is None else start
            if seconds is not None and frame.t - start >= seconds:
                return
            yield frame


class CaptureFeed:
    """Reads a source in a thread of its own and keeps the newest frames in a bounded queue.

    Overflow rule: the oldest frame goes and is counted in ``dropped``; the hole shows in
    ``Frame.index`` and ``Frame.t``, so that the windows behind it can bridge or reset.

    Args:
        source: opened, read and closed in the thread.
        stop: when asked, the frames end.
        on_notice: told, in the consumer's thread, that the source is gone for now.
        capacity: frames kept.
    """

    def __init__(
        self,
        source: Source,
        stop: StopRequest,
        on_notice: Notice = lambda _: None,
        capacity: int = QUEUE_FRAMES,
    ) -> None:
        self._source = source
        self._stop = stop
        self._on_notice = on_notice
        self._capacity = capacity
        self._queue: deque[Frame] = deque()
        self._notices: deque[str] = deque(maxlen=8)
        self._changed = threading.Condition()
        self._closing = False
        self._ended = False
        self._failure: BaseException | None = None
        self._opened: SourceInfo | None = None
        self._thread = threading.Thread(target=self._capture, name="capture", daemon=True)
        self.dropped = 0

    def __enter__(self) -> CaptureFeed:
        """Starts the thread and waits until the source is open.

        Raises:
            SourceError: it cannot be opened.
            KeyboardInterrupt: a stop was asked for meanwhile.
        """
        self._thread.start()
        try:
            self._await_opening()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(_JOIN_S)

    @property
    def queued(self) -> int:
        """Frames that wait for the consumer."""
        return len(self._queue)

    def frames(self, seconds: float | None = None) -> Iterator[Frame]:
        """Frames until the source ends, a stop is asked for or ``seconds`` of the clock are over.

        Raises:
            SourceError: the source failed for good.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        while not self._stop.asked:
            if deadline is not None and time.monotonic() >= deadline:
                return
            frame = self._take(deadline)
            while self._notices:
                self._on_notice(self._notices.popleft())
            if frame is not None:
                yield frame
            elif self._ended and not self._queue:
                self._raise_failure()
                return

    def _await_opening(self) -> None:
        with self._changed:
            while self._opened is None and not self._ended:
                if self._stop.asked:
                    raise KeyboardInterrupt
                self._changed.wait(_WAKE_S)
        if self._opened is None:
            self._raise_failure()
            raise SourceError(f"{self._source.label} ended before it delivered anything")
        self.info = self._opened

    def _take(self, deadline: float | None) -> Frame | None:
        """The oldest waiting frame; None after a while without one."""
        with self._changed:
            if not self._queue and not self._ended and not self._notices:
                left = _WAKE_S if deadline is None else deadline - time.monotonic()
                self._changed.wait(max(0.0, min(_WAKE_S, left)))
            return self._queue.popleft() if self._queue else None

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _capture(self) -> None:
        """The thread: open, read to the end, close."""
        try:
            opened = self._source.open()
            with self._changed:
                self._opened = opened
                self._changed.notify_all()
            self._read_all()
        except BaseException as error:  # handed to the consumer, who knows what to tell
            self._failure = error
        finally:
            self._source.close()
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _read_all(self) -> None:
        while not self._closing:
            try:
                frame = self._source.read()
            except SourceInterrupted as gone:
                self._tell(str(gone))
                continue
            if frame is None:
                return
            self._put(frame)

    def _put(self, frame: Frame) -> None:
        with self._changed:
            if len(self._queue) >= self._capacity:
                self._queue.popleft()
                self.dropped += 1
            self._queue.append(frame)
            self._changed.notify_all()

    def _tell(self, notice: str) -> None:
        with self._changed:
            if not self._notices or self._notices[-1] != notice:
                self._notices.append(notice)
            self._changed.notify_all()
