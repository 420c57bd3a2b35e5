"""The live pulse curve, scrolling smoothly between two readings."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QBrush, QLinearGradient, QPainter, QPen
from PySide6.QtWidgets import QWidget

from aimanet.types import Reading, State
from app.widgets.plot import Plot

SPAN_S = 8.0
_HOLD_BACK_S = 0.4
"""Readings come about three times a second: the pen stays this far behind the newest sample,
so that there is always curve left to draw until the next one."""


class WaveformPlot(Plot):
    """The last eight seconds of blood volume pulse, in arbitrary units."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Pulse wave", parent)
        self._t: NDArray[np.float64] = np.empty(0)
        self._bvp: NDArray[np.float64] = np.empty(0)
        self._arrived = 0.0
        self._pen_t = 0.0
        self._reach = 1.0
        self._dim = True

    def show_reading(self, reading: Reading) -> None:
        """Take over the curve of ``reading``; it is drawn as time goes on."""
        self._t = np.asarray(reading.bvp_t, float)
        self._bvp = np.asarray(reading.bvp, float)
        self._dim = reading.state is not State.OK
        self._arrived = time.perf_counter()
        if not self._t.size:
            self.update()
            return
        if abs(self._t[-1] - self._pen_t) > 2.0:  # another source, or a long hole
            self._pen_t = self._t[-1] - _HOLD_BACK_S
        recent = self._bvp[self._t > self._t[-1] - SPAN_S]
        reach = float(np.percentile(np.abs(recent), 98)) * 1.25 or 1.0
        self._reach += (reach - self._reach) * (1.0 if reach > 2 * self._reach else 0.3)
        self.update()

    def clear(self) -> None:
        """Forget the curve."""
        self._t = self._bvp = np.empty(0)
        self._pen_t, self._reach = 0.0, 1.0
        self.update()

    def advance(self) -> None:
        """Move the pen to where it belongs now; called by the window's timer."""
        if not self._t.size:
            return
        waited = time.perf_counter() - self._arrived
        target = min(self._t[-1], self._t[-1] - _HOLD_BACK_S + waited)
        if target > self._pen_t:
            self._pen_t = target
            self.update()

    def paint_plot(self, painter: QPainter) -> None:
        """Axis, curve and marks."""
        self.x_range = (self._pen_t - SPAN_S, self._pen_t)
        self.y_range = (-self._reach, self._reach)
        shown = (self._t <= self._pen_t) & (self._t >= self._pen_t - SPAN_S)
        if np.count_nonzero(shown) < 2:
            self.paint_empty(painter, "The pulse wave appears here after a few seconds")
            return
        seconds = range(int(SPAN_S), -1, -2)
        self.paint_x_ticks(painter, [(self._pen_t - s, f"−{s} s" if s else "now") for s in seconds])
        clipped = np.clip(self._bvp[shown], -self._reach, self._reach)
        self._paint_curve(painter, self.map_points(self._t[shown], clipped))

    def _paint_curve(self, painter: QPainter, points: list[QPointF]) -> None:
        look, role = self.look, "muted" if self._dim else "pulse"
        fade = QLinearGradient(QPointF(self.area().left(), 0), QPointF(self.area().right(), 0))
        fade.setColorAt(0.0, look.color(role, 0.05))
        fade.setColorAt(0.2, look.color(role, 0.9))
        fade.setColorAt(1.0, look.color(role))
        pen = QPen(QBrush(fade), 2.0 * look.scale)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawPolyline(points)
        painter.setPen(Qt.PenStyle.NoPen)
        head = points[-1]
        for radius, alpha in ((7.0, 0.22), (3.4, 1.0)):
            painter.setBrush(look.color(role, alpha))
            painter.drawEllipse(head, radius * look.scale, radius * look.scale)
