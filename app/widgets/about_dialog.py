"""What this is, and every shortcut."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from app.icons import app_icon
from app.look import Look

_WHAT = (
    "Reads a heart rate from the tiny colour changes of a face, with TS-CAN or one of three "
    "classical methods. Pictures stay on this computer.\n\n"
    "It is made for curiosity and research and is not a medical device."
)


class AboutDialog(QDialog):
    """One page: a paragraph, then keys in two columns."""

    def __init__(
        self, look: Look, version: str, actions: Sequence[QAction], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("About AimaNet")
        self.text = QLabel(_WHAT)
        self.text.setWordWrap(True)
        self.text.setMinimumWidth(look.px(460))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        margin = look.px(22)
        column.setContentsMargins(margin, margin, margin, margin)
        column.setSpacing(look.px(14))
        column.addLayout(_head(look, version))
        column.addWidget(self.text)
        column.addLayout(_keys(look, actions))
        column.addWidget(buttons)


def _head(look: Look, version: str) -> QHBoxLayout:
    mark, title, number = QLabel(), QLabel("AimaNet"), QLabel(version)
    mark.setPixmap(app_icon().pixmap(look.px(44), look.px(44)))
    title.setProperty("role", "title")
    number.setProperty("role", "muted")
    row = QHBoxLayout()
    row.setSpacing(look.px(12))
    for widget in (mark, title, number):
        row.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
    row.addStretch()
    return row


def _keys(look: Look, actions: Sequence[QAction]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(look.px(16))
    grid.setVerticalSpacing(look.px(5))
    grid.setColumnMinimumWidth(2, look.px(16))
    half = (len(actions) + 1) // 2
    for place, action in enumerate(actions):
        keys = QLabel(action.shortcut().toString(QKeySequence.SequenceFormat.NativeText))
        keys.setProperty("role", "caption")
        words = QLabel(action.text().replace("&", "").rstrip("…"))
        row, column = place % half, 3 * (place // half)
        grid.addWidget(keys, row, column)
        grid.addWidget(words, row, column + 1)
    grid.setColumnStretch(1, 1)
    grid.setColumnStretch(4, 1)
    return grid
