"""What every source has in common: open, read frames with their time, close.

Live sources stamp a frame with ``time.perf_counter()`` at the grab (``time.monotonic()`` is
too coarse on Windows); recorded ones use the file's own time. Either way ``Frame.t`` only
ever grows.
"""

from __future__ import annotations

import abc
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Protocol, Self

from aimanet.errors import SourceError
from aimanet.types import FaceCrop, Frame

LONGEST_WAIT_S = 1.0
"""No ``read()`` of a recorded source blocks longer than this, whatever its time stamps say."""


RateOrigin = Literal["timestamps", "header", "stated"]
"""Where the frame rate of a recording is from; "stated" by a person."""


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What an opened source delivers.

    ``width``/``height`` are those of the frames (after rotation); ``fps`` is nominal, None
    where unknown; ``frames`` and ``duration_s`` are None where there is no end or it is not
    known; ``detail`` is a line for people. ``origin_s`` is what t = 0 is on a clock
    that the recording itself names (Unix time, say), None where it names none. ``fps_source`` is
    None for what is no recording. ``problems`` are lines about what of it cannot be read.
    """

    width: int
    height: int
    fps: float | None
    frames: int | None
    duration_s: float | None
    detail: str
    origin_s: float | None = None
    fps_source: RateOrigin | None = None
    problems: tuple[str, ...] = ()


class Faces(Protocol):
    """What finds the face in a source's frames; `aimanet.face.FaceTracker` for most of them."""

    def track(self, frame: Frame) -> FaceCrop:
        """The face of a frame."""

    def reset(self) -> None:
        """Forgets the face of the past."""

    def close(self) -> None:
        """Frees what it holds; used and closed in one thread."""


class Source(abc.ABC):
    """A stream of frames. Open, read and close it in one and the same thread.

    Attributes:
        spec: what ``open_source`` was given.
        label: a name for people.
        live: frames are lost unless they are read in time.
        keeps_time: so they are although their times are not those of a clock: a drawn scene
            that goes on at its speed however slow the reader is.
    """

    live = False
    keeps_time = False

    def __init__(self, spec: str, label: str) -> None:
        self.spec = spec
        self.label = label

    @property
    def endless(self) -> bool:
        """Whether it goes on until somebody stops it; a file ends, also one of unknown length."""
        return self.live

    @abc.abstractmethod
    def open(self) -> SourceInfo:
        """Acquire the camera or file.

        Raises:
            SourceError: it is not there, not readable, or already in use.
        """

    @abc.abstractmethod
    def read(self) -> Frame | None:
        """The next frame, or None at the end.

        Raises:
            SourceInterrupted: a live source is gone; the next ``read()`` tries again.
            SourceError: reading on is pointless, or the source is not open.
        """

    @abc.abstractmethod
    def close(self) -> None:
        """Release everything; harmless when repeated or never opened."""

    def tracker(self) -> Faces | None:
        """What stands in for the face detector, where the frames are of faces already."""
        return None

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[Frame]:
        while (frame := self.read()) is not None:
            yield frame


class Pacer:
    """Holds frames back until their time has come.

    Waits are reckoned from the first frame, so errors of single waits do not add up. A hole
    of more than :data:`LONGEST_WAIT_S` in the recording is shortened to that; a reader that
    paused longer than that goes on from where it stopped instead of rushing after the clock.
    """

    def __init__(self) -> None:
        self._start: float | None = None

    def late_s(self, t: float) -> float:
        """How long source time ``t`` (s) is overdue; 0 for a reader that paused, or has time."""
        if self._start is None:
            return 0.0
        late = time.perf_counter() - (self._start + t)
        return late if 0.0 < late <= LONGEST_WAIT_S else 0.0

    def wait(self, t: float) -> None:
        """Sleep until source time ``t`` (s) is due."""
        now = time.perf_counter()
        if self._start is None or abs(self._start + t - now) > LONGEST_WAIT_S:
            ahead = self._start is not None and self._start + t > now
            self._start = now - t + (LONGEST_WAIT_S if ahead else 0.0)
        delay = self._start + t - now
        if delay > 0:
            time.sleep(delay)


class RecordedSource(Source):
    """A source whose frames already have their times: files, folders, synthetic faces.

    Args:
        realtime: deliver frames at the speed of their time stamps, else at once.
    """

    def __init__(self, spec: str, label: str, realtime: bool) -> None:
        super().__init__(spec, label)
        self._realtime = realtime
        self._pacer = Pacer()
        self._frames: Iterator[Frame] | None = None

    @abc.abstractmethod
    def _start(self) -> tuple[SourceInfo, Iterator[Frame]]:
        """Acquire the recording; its facts and its frames from the first on."""

    def _release(self) -> None:
        """Let go of what :meth:`_start` acquired."""

    def open(self) -> SourceInfo:
        """Acquire the recording and go to its beginning."""
        self.close()
        self._pacer = Pacer()
        try:
            info, self._frames = self._start()
        except BaseException:
            self.close()
            raise
        return info

    def read(self) -> Frame | None:
        """The next frame, in real time when its moment has come; None at the end."""
        if self._frames is None:
            raise SourceError(f"{self.label}: not open; call open() before read()")
        frame = next(self._frames, None)
        if frame is not None and self._realtime:
            self._pacer.wait(frame.t)
        return frame

    def close(self) -> None:
        """Release the recording."""
        self._frames = None
        self._release()
