"""A share as a small bar beside its number, in a table's cell."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from app.look import DARK, Look
from app.review.model import SORT_ROLE


class ShareBar(QStyledItemDelegate):
    """Paints the number as ever and a bar behind it; a negative share has none."""

    look: Look = DARK

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """One cell."""
        super().paint(painter, option, index)
        share = float(index.data(SORT_ROLE))
        if share < 0:
            return
        look, rect = self.look, QRectF(option.rect)
        left, height = rect.left() + look.px(54), look.px(5)
        groove = QRectF(
            left, rect.center().y() - height / 2, rect.right() - look.px(14) - left, height
        )
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.color("line"))
        painter.drawRoundedRect(groove, height / 2, height / 2)
        role = "ok" if share >= 0.7 else "warn" if share >= 0.3 else "bad"
        painter.setBrush(look.color(role))
        filled = QRectF(groove)
        filled.setWidth(max(height, groove.width() * share) if share > 0 else 0)
        painter.drawRoundedRect(filled, height / 2, height / 2)
        painter.restore()
