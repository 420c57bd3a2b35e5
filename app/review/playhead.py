"""The moment that is shown: one time for video, plots, slider and tables."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal, Slot

_TICK_MS = 25


class Playhead(QObject):
    """Moves by hand or, while it plays, by the clock; ``moved`` carries t in s.

    Playing follows the real time: what cannot be drawn in time is skipped, never slowed down.
    """

    moved = Signal(float)
    playing_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.t = self.duration_s = 0.0
        self.speed = 1.0
        self._frames: NDArray[np.float64] = np.empty(0)
        self._since = QElapsedTimer()
        self._from = 0.0
        self._tick = QTimer(self, interval=_TICK_MS)
        self._tick.setTimerType(Qt.TimerType.PreciseTimer)
        self._tick.timeout.connect(self._on_tick)

    @property
    def playing(self) -> bool:
        """Time goes on by itself."""
        return self._tick.isActive()

    def load(self, frames_t: NDArray[np.float64], duration_s: float) -> None:
        """Another session: the times of its frames (N,) s, and how long it is."""
        self.pause()
        self._frames, self.duration_s = frames_t, duration_s
        self.seek(0.0)

    def seek(self, t: float) -> None:
        """Go to ``t`` s; while playing, go on from there."""
        self._from = min(max(0.0, t), self.duration_s)
        self._since.restart()
        self._go(self._from)

    def step(self, frames: int) -> None:
        """So many frames on, or back; stops playing."""
        self.pause()
        if not len(self._frames):
            self.seek(self.t + frames / 30.0)
            return
        row = int(np.searchsorted(self._frames, self.t, "right")) - 1 + frames
        self.seek(float(self._frames[min(max(0, row), len(self._frames) - 1)]))

    def play(self) -> None:
        """Go on by itself; from the beginning where the end was reached."""
        if not self.playing and self.duration_s > 0:
            self._tick.start()
            self.seek(0.0 if self.t >= self.duration_s else self.t)
            self.playing_changed.emit(True)

    def pause(self) -> None:
        """Stay where it is."""
        if self.playing:
            self._tick.stop()
            self.playing_changed.emit(False)

    @Slot()
    def toggle(self) -> None:
        """Play, or pause."""
        if self.playing:
            self.pause()
        else:
            self.play()

    def set_speed(self, speed: float) -> None:
        """How much faster than it was."""
        self.speed = speed
        self.seek(self.t)

    def _go(self, t: float) -> None:
        self.t = t
        self.moved.emit(t)

    @Slot()
    def _on_tick(self) -> None:
        t = self._from + self.speed * self._since.elapsed() / 1000.0
        self._go(min(t, self.duration_s))
        if t >= self.duration_s:
            self.pause()
