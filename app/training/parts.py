"""Small pieces that the parts of the training page share."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QWidget


def label(role: str, words: str = "") -> QLabel:
    """Plain words in the style of ``role``."""
    made = QLabel(words)
    made.setProperty("role", role)
    made.setTextFormat(Qt.TextFormat.PlainText)
    return made


def button(words: str, tip: str, *, primary: bool = False) -> QPushButton:
    """A button with a tool tip."""
    made = QPushButton(words)
    made.setToolTip(tip)
    if primary:
        made.setProperty("primary", "true")
    return made


class Elided(QLabel):
    """One line that gives way in its middle; the whole of it is in the tool tip."""

    def __init__(self, role: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", role)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._whole = ""

    def set_text(self, text: str) -> None:
        """Show ``text``."""
        self._whole = text
        self.setToolTip(text)
        self._fit()

    @property
    def whole(self) -> str:
        """All of the text."""
        return self._whole

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As much of the text as there is room for."""
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """It may become as narrow as need be."""
        return QSize(20, super().minimumSizeHint().height())

    def _fit(self) -> None:
        middle = Qt.TextElideMode.ElideMiddle
        self.setText(self.fontMetrics().elidedText(self._whole, middle, max(self.width(), 20)))


def clock(seconds: float) -> str:
    """``1:02:03`` or ``2:03``; ``–`` for what is not finite."""
    if not 0.0 <= seconds < 1e8:
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
