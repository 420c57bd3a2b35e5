"""Heart rate over the last minutes."""

from __future__ import annotations

from collections import deque
from itertools import pairwise

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QWidget

from aimanet.types import Reading, State
from app.widgets.plot import Plot

_SPANS_S = (30.0, 60.0, 120.0, 300.0)
_MAX_GAP_S = 2.5
_KEPT = 1500
"""Five minutes at up to five readings a second."""


class HistoryPlot(Plot):
    """Numbers that were ``ok`` as a line; numbers that were not, as faint dots."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Heart rate over time", parent)
        self._points: deque[tuple[float, float | None, bool]] = deque(maxlen=_KEPT)

    def show_reading(self, reading: Reading) -> None:
        """Append the number of ``reading``; a clock that went back starts a new history."""
        if self._points and reading.t < self._points[-1][0]:
            self._points.clear()
        self._points.append((reading.t, reading.hr_bpm, reading.state is State.OK))
        self.update()

    def clear(self) -> None:
        """Forget everything."""
        self._points.clear()
        self.update()

    def area(self) -> QRectF:
        """Leaves room for the numbers at the left."""
        return super().area().adjusted(self.look.px(26), 0, 0, 0)

    def paint_plot(self, painter: QPainter) -> None:
        """Axis, curve and marks."""
        good = [(t, hr) for t, hr, ok in self._points if ok and hr is not None]
        if not good:
            self.paint_empty(painter, "No trusted number yet")
            return
        self._choose_ranges(good)
        end = self.x_range[1]
        span = end - self.x_range[0]
        steps = [span, span * 2 / 3, span / 3, 0.0]
        self.paint_x_ticks(painter, [(end - s, _ago(s)) for s in steps])
        self._paint_levels(painter)
        painter.setClipRect(self.area().adjusted(-2, -2, self.look.px(6), 2))
        self._paint_doubtful(painter)
        self._paint_line(painter, good)
        painter.setClipping(False)

    def _choose_ranges(self, good: list[tuple[float, float]]) -> None:
        start, end = self._points[0][0], self._points[-1][0]
        span = next((s for s in _SPANS_S if end - start <= s), _SPANS_S[-1])
        self.x_range = (end - span, end)
        rates = np.array([hr for t, hr in good if t >= end - span] or [good[-1][1]])
        middle = (rates.min() + rates.max()) / 2
        half = max(15.0, (rates.max() - rates.min()) / 2 + 6.0)
        self.y_range = (middle - half, middle + half)

    def _paint_levels(self, painter: QPainter) -> None:
        look, area = self.look, self.area()
        low, high = self.y_range
        step = next(s for s in (10, 20, 50, 100) if (high - low) / s <= 4)
        painter.setFont(look.font(11))
        for level in range(int(np.ceil(low / step)) * step, int(high) + 1, step):
            y = self.map_point(self.x_range[0], level).y()
            painter.setPen(QPen(look.color("line", 0.8), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(look.color("muted"))
            row = QRectF(0, y - look.px(8), area.left() - look.px(7), look.px(16))
            align = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(row, align, str(level))

    def _paint_doubtful(self, painter: QPainter) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.look.color("faint", 0.6))
        radius = 1.6 * self.look.scale
        for t, hr, ok in self._points:
            if hr is not None and not ok and t >= self.x_range[0]:
                painter.drawEllipse(self.map_point(t, hr), radius, radius)

    def _paint_line(self, painter: QPainter, good: list[tuple[float, float]]) -> None:
        look = self.look
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(look.color("pulse"), 2.0 * look.scale))
        stretch = [good[0]]
        for before, now in [*pairwise(good), (good[-1], None)]:
            if now is None or now[0] - before[0] > _MAX_GAP_S:
                t, hr = zip(*stretch, strict=True)
                painter.drawPolyline(self.map_points(np.array(t), np.array(hr)))
                stretch = []
            if now is not None:
                stretch.append(now)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.color("pulse"))
        painter.drawEllipse(self.map_point(*good[-1]), 3.2 * look.scale, 3.2 * look.scale)


def _ago(seconds: float) -> str:
    if seconds < 1:
        return "now"
    minutes, rest = divmod(round(seconds), 60)
    return f"−{minutes}:{rest:02d}"
