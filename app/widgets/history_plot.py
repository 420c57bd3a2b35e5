"""Heart rate over the last minutes."""

from __future__ import annotations

from collections import deque

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtWidgets import QWidget

from aimanet.types import Reading, State
from aimanet.words import trusted_bpm
from app.widgets.plot import Discs, Plot

_SPANS_S = (30.0, 60.0, 120.0, 300.0)
_MAX_GAP_S = 2.5
_KEPT = 1500
"""Five minutes at up to five readings a second."""


class HistoryPlot(Plot):
    """Numbers that were ``ok`` as a line, one alone as a dot; of the others nothing is drawn.

    The axis counts minutes and seconds back from the newest reading.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Heart rate over time, BPM", "No trusted number yet", parent)
        self._points: deque[tuple[float, float, bool]] = deque(maxlen=_KEPT)
        self._ranges: tuple[float, float, float] | None = None
        self._line = pg.PlotCurveItem(antialias=True)
        self._alone = pg.ScatterPlotItem(pen=None)
        self._tip = Discs()
        for item in (self._alone, self._line, self._tip):
            self.graph.addItem(item)
        self.show_levels()

    def show_reading(self, reading: Reading) -> None:
        """Append the number of ``reading``; a clock that went back starts a new history."""
        if self._points and reading.t < self._points[-1][0]:
            self._points.clear()
        bpm, ok = trusted_bpm(reading), reading.state is State.OK
        self._points.append((reading.t, np.nan if bpm is None else bpm, ok))
        self.set_dim(not ok)
        self._draw()

    def clear(self) -> None:
        """Forget everything."""
        self._points.clear()
        self._draw()

    def _draw(self) -> None:
        t, bpm, ok = np.array(self._points, float).reshape(-1, 3).T
        good = (ok > 0) & np.isfinite(bpm)
        self.set_empty(not good.any())
        if self.is_empty:
            return
        self._choose_ranges(t, bpm[good])
        ago = t - t[-1]
        joined = good[:-1] & good[1:] & (np.diff(t) <= _MAX_GAP_S)
        alone = np.isfinite(bpm) & ~(np.append(joined, False) | np.insert(joined, 0, False))
        anywhere = np.nan_to_num(bpm, nan=bpm[good][0])  # what is joined to nothing is not drawn
        self._line.setData(ago, anywhere, connect=np.append(joined, False))
        self._alone.setData(ago[alone], bpm[alone])
        self._tip.setVisible(bool(good[-1]))
        if good[-1]:
            self._tip.setPos(0.0, bpm[-1])

    def _choose_ranges(self, t: NDArray[np.float64], rates: NDArray[np.float64]) -> None:
        """Ranges in coarse steps: they change seldom, and so do the axes."""
        lived = t[-1] - t[0]
        span = next((s for s in _SPANS_S if lived <= s), _SPANS_S[-1])
        low, high = np.floor((rates.min() - 6) / 10) * 10, np.ceil((rates.max() + 6) / 10) * 10
        if (span, low, high) == self._ranges:
            return
        self._ranges = (span, low, high)
        self.graph.setRange(xRange=(-span, 0.012 * span), yRange=(low, high), padding=0)
        self.set_ticks("bottom", [(-s, _ago(s)) for s in (span, span * 2 / 3, span / 3, 0.0)])
        step = next(s for s in (10, 20, 50, 100) if (high - low) / s <= 4)
        levels = range(int(np.ceil(low / step)) * step, int(high) + 1, step)
        self.set_ticks("left", [(level, str(level)) for level in levels])

    def rest(self) -> None:
        """The line stays; the point that stands for now goes."""
        super().rest()
        self._tip.hide()

    def color_items(self) -> None:
        """The line keeps its colour when the present number is poor: it was trusted."""
        look = self.look
        self._line.setPen(pg.mkPen(look.color("pulse"), width=2.0 * look.scale))
        self._alone.setBrush(look.color("faint", 0.7))
        self._alone.setSize(3.4 * look.scale)
        self._tip.set_discs([(6.6 * look.scale, look.color("pulse"))])


def _ago(seconds: float) -> str:
    if seconds < 1:
        return "now"
    minutes, rest = divmod(round(seconds), 60)
    return f"−{minutes}:{rest:02d}"
