"""Words on dark pills, to be painted over a picture."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from app.look import DARK, Look

_MOST = 4


class Pills:
    """Draws each once for a look and a width: text is the slowest thing to paint."""

    def __init__(self, widget: QWidget) -> None:
        self._widget = widget
        self._kept: dict[tuple[str, Look, int, float], QPixmap] = {}

    def pixmap(self, words: str, look: Look, room: int) -> QPixmap:
        """The pill of ``words``, which lose their middle where ``room`` px are too few."""
        wanted = (words, look, room, self._widget.devicePixelRatioF())
        if wanted not in self._kept:
            if len(self._kept) >= _MOST:
                self._kept.clear()
            self._kept[wanted] = _drawn(*wanted)
        return self._kept[wanted]


def _drawn(words: str, look: Look, room: int, ratio: float) -> QPixmap:
    font = look.font(12, QFont.Weight.Medium)
    metrics = QFontMetrics(font)
    text = metrics.elidedText(words, Qt.TextElideMode.ElideMiddle, int(room * 0.9))
    width, height = metrics.horizontalAdvance(text) + look.px(20), look.px(26)
    pixmap = QPixmap(round(width * ratio), round(height * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pill = QRectF(0, 0, width, height)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(DARK.color("background", 0.62))
    painter.drawRoundedRect(pill, height / 2, height / 2)
    painter.setFont(font)
    painter.setPen(DARK.color("text"))
    painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, text)
    painter.end()
    return pixmap
