"""The difference from a contact sensor over time."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.review.curves import Values, thinned
from app.review.plots import TimePlot, named


class ErrorPlot(TimePlot):
    """Read minus measured heart rate, BPM; a curve for each way to read the session."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Error against the reference, BPM", "No readings to compare", parent)
        self._curves: Mapping[str, tuple[Values, Values, str]] = {}
        self._lines: dict[str, pg.PlotCurveItem] = {}
        self._zero = pg.InfiniteLine(0.0, angle=0)
        self.graph.addItem(self._zero)
        self.show_levels()
        self.setToolTip("Above zero the camera read too much, below too little")

    def show_errors(self, curves: Mapping[str, tuple[Values, Values, str]]) -> None:
        """By name times (N,) s, errors (N,) BPM, and a colour."""
        self._curves = curves
        for line in self._lines.values():
            self.graph.removeItem(line)
        self._lines = {}
        for name in curves:
            self._lines[name] = pg.PlotCurveItem(antialias=True, connect="finite")
            self.graph.addItem(self._lines[name])
        known = [np.abs(e[np.isfinite(e)]) for _, e, _ in curves.values()]
        errors = np.concatenate(known) if known else np.empty(0)
        self.set_empty(not len(errors))
        self._choose_levels(float(np.percentile(errors, 99)) if len(errors) else 5.0)
        self._draw()
        self.color_items()

    def _choose_levels(self, worst: float) -> None:
        reach = next((r for r in (3, 5, 10, 20, 30, 50, 100) if worst <= r * 0.95), 150)
        self.graph.setYRange(-1.1 * reach, 1.1 * reach, padding=0)
        self.set_ticks("left", [(v, f"{v:+d}" if v else "0") for v in (-reach, 0, reach)])

    def show_range(self, t0: float, t1: float) -> None:
        """As `TimePlot.show_range`, with as many points as can be told apart."""
        super().show_range(t0, t1)
        self._draw()

    def _draw(self) -> None:
        t0, t1 = self.range
        for name, (t, error, _) in self._curves.items():
            a, b = np.searchsorted(t, [t0 - 3.0, t1 + 3.0])
            self._lines[name].setData(*thinned(t[a:b], error[a:b]))

    def color_items(self) -> None:
        """As in the plots above."""
        super().color_items()
        look = self.look
        pen = pg.mkPen(look.color("faint"), width=1, style=Qt.PenStyle.DashLine)
        self._zero.setPen(pen)
        for number, (name, line) in enumerate(self._lines.items()):
            color = named(look, self._curves[name][2])
            line.setPen(pg.mkPen(color, width=1.6 * look.scale))
            line.setZValue(20 - number)

    def clear(self) -> None:
        """Forget everything."""
        super().clear()
        self.show_errors({})
