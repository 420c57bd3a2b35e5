"""What our three plots have in common: a caption, a frame, an axis, points to pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from app.look import DARK, Look


class Plot(QFrame):
    """A card with a caption and one curve. Subclasses paint inside ``area()``.

    ``x_range`` and ``y_range`` are in the data's units; set them before mapping points.
    """

    def __init__(self, caption: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", "true")
        self.setAccessibleName(caption)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.look: Look = DARK
        self.caption = caption
        self.note = ""
        self.x_range = (0.0, 1.0)
        self.y_range = (0.0, 1.0)

    def apply_look(self, look: Look) -> None:
        """Repaint in other colours or at another size."""
        self.look = look
        self.setMinimumHeight(look.px(96))
        self.update()

    def sizeHint(self) -> QSize:
        """The size that shows it well."""
        return QSize(self.look.px(360), self.look.px(150))

    def area(self) -> QRectF:
        """Where the curve goes, in widget pixels."""
        px = self.look.px
        return QRectF(self.rect()).adjusted(px(16), px(36), -px(16), -px(26))

    def map_points(self, x: NDArray[np.floating], y: NDArray[np.floating]) -> list[QPointF]:
        """Data to widget pixels."""
        area, (x0, x1), (y0, y1) = self.area(), self.x_range, self.y_range
        px = area.left() + (np.asarray(x, float) - x0) / max(x1 - x0, 1e-9) * area.width()
        py = area.bottom() - (np.asarray(y, float) - y0) / max(y1 - y0, 1e-9) * area.height()
        return [QPointF(a, b) for a, b in zip(px.tolist(), py.tolist(), strict=True)]

    def map_point(self, x: float, y: float) -> QPointF:
        """One point of ``map_points``."""
        return self.map_points(np.array([x]), np.array([y]))[0]

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_caption(painter)
        self.paint_plot(painter)
        painter.end()

    def paint_plot(self, painter: QPainter) -> None:
        """For subclasses: axis, curve, marks."""
        raise NotImplementedError

    def _paint_caption(self, painter: QPainter) -> None:
        px, look = self.look.px, self.look
        row = QRectF(px(16), px(9), self.width() - px(32), px(20))
        painter.setFont(look.font(12, QFont.Weight.DemiBold))
        painter.setPen(look.color("muted"))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(row, Qt.AlignmentFlag.AlignLeft | middle, self.caption)
        painter.setFont(look.font(12))
        painter.drawText(row, Qt.AlignmentFlag.AlignRight | middle, self.note)

    def paint_x_ticks(self, painter: QPainter, ticks: Sequence[tuple[float, str]]) -> None:
        """Faint vertical lines with words under them, shifted inwards at the borders."""
        area, look = self.area(), self.look
        painter.setFont(look.font(11))
        width, over = look.px(64), look.px(4)
        for value, words in ticks:
            x = self.map_point(value, self.y_range[0]).x()
            painter.setPen(QPen(look.color("line", 0.8), 1))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.setPen(look.color("muted"))
            left = min(max(x - width / 2, area.left() - over), area.right() + over - width)
            align = Qt.AlignmentFlag.AlignHCenter
            if left > x - width / 2:
                align = Qt.AlignmentFlag.AlignLeft
            elif left < x - width / 2:
                align = Qt.AlignmentFlag.AlignRight
            row = QRectF(left, area.bottom() + over, width, look.px(18))
            painter.drawText(row, align, words)

    def paint_empty(self, painter: QPainter, words: str) -> None:
        """Words in place of a curve."""
        painter.setFont(self.look.font(13))
        painter.setPen(self.look.color("faint"))
        painter.drawText(self.area(), Qt.AlignmentFlag.AlignCenter, words)
