"""Bland & Altman's plot: differences over means, bias and limits of agreement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.widgets.plot import Plot

if TYPE_CHECKING:
    from aimanet.sessions.reference import ReferenceComparison

_MOST = 1500


class AgreementPlot(Plot):
    """Camera minus sensor over their mean, good readings only; textbook limits (1.96 sd)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Bland–Altman, BPM", "Too few good readings to compare", parent)
        self.dim = False
        self._color = "pulse"
        self._dots = pg.ScatterPlotItem(pen=None)
        self._lines = [pg.InfiniteLine(0.0, angle=0) for _ in range(3)]
        for item in (*self._lines, self._dots):
            self.graph.addItem(item)
        self.show_levels()
        self.setToolTip("Each dot a reading: camera minus sensor over the mean of the two")

    def show_comparison(self, found: ReferenceComparison | None) -> None:
        """Draw it; None for nothing."""
        count = 0 if found is None else int(found.ok.sum())
        self.set_empty(count < 2)
        if found is None or count < 2:
            self.note = ""
            return
        camera, sensor = found.camera_bpm[found.ok], found.sensor_bpm[found.ok]
        mean, error = (camera + sensor) / 2, camera - sensor
        agreed = found.agreement
        for line, level in zip(
            self._lines, (agreed.low_bpm, agreed.bias_bpm, agreed.high_bpm), strict=True
        ):
            line.setPos(level)
        step = max(1, count // _MOST)
        self._dots.setData(mean[::step], error[::step])
        self._choose_ranges(mean, error, agreed.low_bpm, agreed.high_bpm)
        self.note = (
            f"bias {agreed.bias_bpm:+.1f}, limits {agreed.low_bpm:+.1f} to {agreed.high_bpm:+.1f}"
        )
        self.setAccessibleDescription(self.note)

    def _choose_ranges(self, mean: np.ndarray, error: np.ndarray, low: float, high: float) -> None:
        reach = max(abs(low), abs(high), float(np.percentile(np.abs(error), 98)), 1.0) * 1.25
        level = next((s for s in (1, 2, 5, 10, 20, 50, 100) if reach / s <= 2.5), 100)
        self.set_ticks("left", [(k * level, f"{k * level:+d}" if k else "0") for k in range(-2, 3)])
        left, right = float(mean.min()) - 3.0, float(mean.max()) + 3.0
        step = next((s for s in (2, 5, 10, 20, 50) if (right - left) / s <= 6), 50)
        ticks = range(int(np.ceil(left / step)) * step, int(right) + 1, step)
        self.set_ticks("bottom", [(v, str(v)) for v in ticks])
        self.graph.setRange(xRange=(left, right), yRange=(-reach, reach), padding=0)

    def set_color(self, color: str) -> None:
        """A role, or #rrggbb: that of the curve."""
        self._color = color
        self.color_items()

    def clear(self) -> None:
        """Forget everything."""
        self.show_comparison(None)

    def color_items(self) -> None:
        """Dots of the curve's colour, limits dashed."""
        from app.review.plots import named

        look = self.look
        color = named(look, self._color)
        color.setAlphaF(0.55)
        self._dots.setBrush(color)
        self._dots.setSize(4.2 * look.scale)
        for number, line in enumerate(self._lines):
            middle = number == 1
            style = Qt.PenStyle.SolidLine if middle else Qt.PenStyle.DashLine
            line.setPen(pg.mkPen(look.color("text" if middle else "muted"), width=1, style=style))
