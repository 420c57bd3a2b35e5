"""A recording that starts again at its end: hours of video out of a short clip."""

from __future__ import annotations

from dataclasses import replace

from aimanet.sources import Source, SourceInfo
from aimanet.types import Frame


class RepeatedSource(Source):
    """Plays a recording over and over; index and time go on counting.

    Args:
        inner: a recording; its own speed (real time or not) is kept.
        seconds: end after this time of the recording's own clock.
    """

    def __init__(self, inner: Source, seconds: float) -> None:
        super().__init__(inner.spec, f"{inner.label}, repeated")
        self._inner = inner
        self._seconds = seconds

    def open(self) -> SourceInfo:
        """Opens the recording."""
        info = self._inner.open()
        self._step = 1.0 / (info.fps or 30.0)
        self._index, self._t = -1, -self._step
        self._shift: float | None = None
        return replace(info, frames=None, duration_s=self._seconds)

    def read(self) -> Frame | None:
        """The next frame; None when the time is over or the recording is empty."""
        frame = self._inner.read()
        if frame is None:
            self._inner.close()
            self._inner.open()
            self._shift = None
            frame = self._inner.read()
        if frame is None:
            return None
        if self._shift is None:
            self._shift = self._t + self._step - frame.t
        self._index += 1
        self._t = frame.t + self._shift
        return Frame(self._index, self._t, frame.image) if self._t < self._seconds else None

    def close(self) -> None:
        """Closes the recording."""
        self._inner.close()
