"""The spectrum behind the heart rate, with the peak that was chosen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QFont, QLinearGradient, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from aimanet.types import Reading, State
from app.widgets.plot import Plot

LOW_BPM, HIGH_BPM = 42.0, 210.0
_TICKS = (42, 60, 90, 120, 150, 180, 210)


class SpectrumPlot(Plot):
    """Power over beats per minute, scaled to its maximum."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Spectrum", parent)
        self._bpm: NDArray[np.float64] = np.empty(0)
        self._power: NDArray[np.float64] = np.empty(0)
        self.peak_bpm: float | None = None
        self._dim = True
        self.x_range = (LOW_BPM, HIGH_BPM)
        self.y_range = (0.0, 1.12)

    def set_window(self, window_s: float) -> None:
        """Name the length of the window, in seconds."""
        self.note = f"window {window_s:.0f} s"
        self.update()

    def show_reading(self, reading: Reading) -> None:
        """Draw the spectrum of ``reading`` and mark its heart rate."""
        bpm = np.asarray(reading.spectrum_bpm, float)
        inside = (bpm >= LOW_BPM) & (bpm <= HIGH_BPM)
        self._bpm, self._power = bpm[inside], np.asarray(reading.spectrum_power, float)[inside]
        self.peak_bpm = reading.hr_bpm if self._bpm.size else None
        self._dim = reading.state is not State.OK
        words = f"Peak at {self.peak_bpm:.0f} beats per minute" if self.peak_bpm else "No peak"
        self.setAccessibleDescription(words)
        self.update()

    def clear(self) -> None:
        """Forget the spectrum."""
        self._bpm = self._power = np.empty(0)
        self.peak_bpm = None
        self.update()

    def paint_plot(self, painter: QPainter) -> None:
        """Axis, curve and marks."""
        if self._bpm.size < 2:
            self.paint_empty(painter, "The spectrum appears with the first number")
            return
        self.paint_x_ticks(painter, [(t, f"{t} BPM" if t == 210 else str(t)) for t in _TICKS])
        self._paint_curve(painter, self.map_points(self._bpm, np.clip(self._power, 0.0, 1.1)))
        if self.peak_bpm is not None:
            self._paint_peak(painter, self.peak_bpm)

    def _paint_curve(self, painter: QPainter, points: list[QPointF]) -> None:
        area, look = self.area(), self.look
        role = "muted" if self._dim else "accent"
        ends = [
            QPointF(points[-1].x(), area.bottom()),
            QPointF(points[0].x(), area.bottom()),
        ]
        fill = QLinearGradient(area.topLeft(), area.bottomLeft())
        fill.setColorAt(0.0, look.color(role, 0.42))
        fill.setColorAt(1.0, look.color(role, 0.04))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(fill))
        painter.drawPolygon(QPolygonF([*points, *ends]))
        painter.setPen(QPen(look.color(role), 1.8 * look.scale))
        painter.drawPolyline(points)

    def _paint_peak(self, painter: QPainter, bpm: float) -> None:
        look, area = self.look, self.area()
        role = "muted" if self._dim else "pulse"
        top = self.map_point(bpm, float(np.clip(np.interp(bpm, self._bpm, self._power), 0, 1.1)))
        painter.setPen(QPen(look.color(role, 0.8), 1.4 * look.scale, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(top.x(), area.bottom()), top)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.color(role))
        painter.drawEllipse(top, 4.2 * look.scale, 4.2 * look.scale)
        painter.setFont(look.font(13, QFont.Weight.Bold))
        painter.setPen(look.color(role))
        width = look.px(60)
        right = top.x() + look.px(10) + width < area.right()
        left = top.x() + look.px(10) if right else top.x() - look.px(10) - width
        side = Qt.AlignmentFlag.AlignLeft if right else Qt.AlignmentFlag.AlignRight
        row = QRectF(left, max(area.top() - look.px(6), top.y() - look.px(9)), width, look.px(18))
        painter.drawText(row, side | Qt.AlignmentFlag.AlignVCenter, f"{bpm:.0f}")
