"""Source and face in a thread of their own, ahead of the window, the network and the pulse.

    source -> face --bounded queue--> whoever takes the crops (window -> network -> pulse)

Overflow rule: the thread waits; of a recording nothing is lost. The crops are those that one
thread alone would make, so the readings are, too. On one core there is nothing to gain, and
everything happens in the caller's thread.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Protocol, Self

from aimanet.crew import cores
from aimanet.sources import Source, SourceInfo
from aimanet.sources.base import Faces
from aimanet.types import FaceCrop

QUEUE_CROPS = 32
"""About half a megabyte of crops: more than three windows of the network."""

_WAKE_S = 0.25  # how often a waiting thread looks around; on Windows a wait hears no Ctrl-C

Detector = Callable[[], Faces]
"""Makes the tracker, in the thread that uses and closes it; loading it takes a second."""


class Crops(Protocol):
    """Where the faces of a recording come from; open between ``__enter__`` and ``__exit__``."""

    info: SourceInfo

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def __iter__(self) -> Iterator[FaceCrop]:
        """The crops of all frames, in order.

        Raises:
            AimaNetError: what the source or the tracker raised, after all crops before it.
        """
        ...


def open_crops(source: Source, detector: Detector, threads: int | None = None) -> Crops:
    """The faces of a recording, found ahead of the consumer where there is a core for it.

    Args:
        source: not opened yet; opened, read and closed in one thread.
        detector: makes the tracker where the source does not bring one.
        threads: 1 stays in the caller's thread; by default the cores decide.
    """
    if (threads or cores()) < 2:
        return CropsHere(source, detector)
    return CropsAhead(source, detector)


class CropsHere:
    """The plain way: a frame is read and searched when its crop is wanted."""

    def __init__(self, source: Source, detector: Detector) -> None:
        self._source, self._detector = source, detector
        self._tracker: Faces | None = None

    def __enter__(self) -> Self:
        self.info = self._source.open()
        return self

    def __exit__(self, *_: object) -> None:
        self._source.close()
        if self._tracker is not None:
            self._tracker.close()

    def __iter__(self) -> Iterator[FaceCrop]:
        """The crops of all frames."""
        self._tracker = self._source.tracker() or self._detector()
        yield from map(self._tracker.track, self._source)


class CropsAhead:
    """The same in a thread that runs up to ``capacity`` crops ahead.

    Entering it waits until the source is open; leaving it, for whatever reason, ends the thread
    after the frame that it is at and waits for it.
    """

    def __init__(self, source: Source, detector: Detector, capacity: int = QUEUE_CROPS) -> None:
        self._source, self._detector = source, detector
        self._capacity = capacity
        self._queue: deque[FaceCrop] = deque()
        self._changed = threading.Condition()
        self._opened: SourceInfo | None = None
        self._failure: BaseException | None = None
        self._ended = self._closing = False
        self._thread = threading.Thread(target=self._run, name="faces", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            with self._changed:
                self._await(lambda: self._opened is not None or self._ended)
            if self._opened is None:
                self._raise_failure()
        except BaseException:
            self.__exit__()
            raise
        assert self._opened is not None
        self.info = self._opened
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        while self._thread.is_alive():
            self._thread.join(_WAKE_S)

    def __iter__(self) -> Iterator[FaceCrop]:
        """The crops of all frames."""
        while waiting := self._take():
            yield from waiting
        self._raise_failure()

    def _take(self) -> list[FaceCrop]:
        """All that wait, at least one; none at the end."""
        with self._changed:
            self._await(lambda: bool(self._queue) or self._ended)
            taken = list(self._queue)
            self._queue.clear()
            self._changed.notify_all()
        return taken

    def _await(self, reached: Callable[[], bool]) -> None:
        while not reached():
            self._changed.wait(_WAKE_S)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        """The thread: open, find the faces of all frames, close."""
        try:
            opened = self._source.open()
            with self._changed:
                self._opened = opened
                self._changed.notify_all()
            self._find_all()
        except BaseException as error:  # handed to the consumer, who knows what to tell
            self._failure = error
        finally:
            self._source.close()
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _find_all(self) -> None:
        tracker = self._source.tracker() or self._detector()
        try:
            for frame in self._source:
                crop = tracker.track(frame)
                if not self._put(crop):
                    return
        finally:
            tracker.close()

    def _put(self, crop: FaceCrop) -> bool:
        """Waits for room; False where nobody wants more."""
        with self._changed:
            self._await(lambda: len(self._queue) < self._capacity or self._closing)
            self._queue.append(crop)
            self._changed.notify_all()
            return not self._closing
