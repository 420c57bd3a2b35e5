"""The live pulse curve, scrolling smoothly between two readings."""

from __future__ import annotations

import time

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QLinearGradient, QPen
from PySide6.QtWidgets import QWidget

from aimanet.types import Reading, State
from app.widgets.plot import Discs, Plot

SPAN_S = 8.0
_HOLD_BACK_S = 0.4
"""Readings come about three times a second: the pen stays this far behind the newest sample,
so that there is always curve left to draw until the next one."""


class WaveformPlot(Plot):
    """The last eight seconds of blood volume pulse, in arbitrary units.

    The axis counts seconds back from the pen at the right, so that only the curve moves.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Pulse wave", "The pulse wave appears here after a few seconds", parent)
        self._t: NDArray[np.float64] = np.empty(0)
        self._bvp: NDArray[np.float64] = np.empty(0)
        self._arrived = 0.0
        self._pen_t = 0.0
        self._reach = 0.0
        self._curve = pg.PlotCurveItem(antialias=True)
        self._tip = Discs()
        self.graph.addItem(self._curve)
        self.graph.addItem(self._tip)
        self.graph.setRange(xRange=(-SPAN_S, 0.15), yRange=(-1.1, 1.1), padding=0)
        seconds = range(int(SPAN_S), -1, -2)
        self.set_ticks("bottom", [(-s, f"−{s} s" if s else "now") for s in seconds])

    def show_reading(self, reading: Reading) -> None:
        """Take over the curve of ``reading``; it is drawn as time goes on."""
        self._t = np.asarray(reading.bvp_t, float)
        self._bvp = np.asarray(reading.bvp, float)
        self.set_dim(reading.state is not State.OK)
        self._arrived = time.perf_counter()
        if self._t.size:
            if abs(self._t[-1] - self._pen_t) > 2.0:  # another source, or a long hole
                self._pen_t = self._t[-1] - _HOLD_BACK_S
            recent = self._bvp[self._t > self._t[-1] - SPAN_S]
            reach = float(np.percentile(np.abs(recent), 98)) * 1.25 or 1.0
            # another method's wave may be a hundred times smaller: no point in gliding there
            glides = 0.3 * self._reach < reach < 2.0 * self._reach
            self._reach += (reach - self._reach) * (0.3 if glides else 1.0)
        self._draw()

    def clear(self) -> None:
        """Forget the curve."""
        self._t = self._bvp = np.empty(0)
        self._pen_t, self._reach = 0.0, 0.0
        self._draw()

    def advance(self) -> None:
        """Move the pen to where it belongs now; called by the window's timer."""
        if not self._t.size:
            return
        waited = time.perf_counter() - self._arrived
        target = min(self._t[-1], self._t[-1] - _HOLD_BACK_S + waited)
        if target > self._pen_t:
            self._pen_t = target
            self._draw()

    def _draw(self) -> None:
        shown = (self._t < self._pen_t) & (self._t >= self._pen_t - SPAN_S)
        self.set_empty(bool(np.count_nonzero(shown) < 2))
        if self.is_empty:
            return
        height = np.clip(self._bvp / self._reach, -1.0, 1.0)
        head = float(np.interp(self._pen_t, self._t, height))
        x = np.append(self._t[shown] - self._pen_t, 0.0)
        self._curve.setData(x, np.append(height[shown], head))
        self._tip.setPos(0.0, head)

    def color_items(self) -> None:
        """The oldest part fades away, the pen's tip glows."""
        look, role = self.look, "muted" if self.dim else "pulse"
        fade = QLinearGradient(-SPAN_S, 0, 0, 0)
        for place, alpha in ((0.0, 0.05), (0.2, 0.9), (1.0, 1.0)):
            fade.setColorAt(place, look.color(role, alpha))
        pen = QPen(QBrush(fade), 2.0 * look.scale)
        pen.setCosmetic(True)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        self._curve.setPen(pen)
        tip = ((14.0, look.color(role, 0.22)), (6.8, look.color(role)))
        self._tip.set_discs((size * look.scale, color) for size, color in tip)
