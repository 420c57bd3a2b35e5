"""Asks for the frame rate of a recording that does not say it."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from aimanet.sources.frame_rate import HIGHEST_FPS, LOWEST_STATED_FPS
from app.look import Look

USUAL_FPS = 30.0
_HINT = (
    "It is in the settings of the camera. A rate that is 10 % off makes the heart rate 10 % wrong."
)


class RateDialog(QDialog):
    """``stated`` carries the frames a second; cancelled, the recording stays closed.

    Args:
        look: colours and sizes.
        reason: why it asks, a sentence.
        parent: the window.
    """

    stated = Signal(float)

    def __init__(self, look: Look, reason: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Frame rate")
        self.reason = QLabel(reason)
        self.reason.setWordWrap(True)
        self.reason.setMinimumWidth(look.px(420))
        self.field = QDoubleSpinBox()
        self.field.setRange(LOWEST_STATED_FPS, HIGHEST_FPS)
        self.field.setDecimals(3)
        self.field.setValue(USUAL_FPS)
        self.field.setAccessibleName("Frames per second")
        name = QLabel("&Frames per second:")
        name.setBuddy(self.field)
        hint = QLabel(_HINT)
        hint.setWordWrap(True)
        hint.setProperty("role", "small")
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Open | QDialogButtonBox.StandardButton.Cancel
        )
        row = QHBoxLayout()
        row.addWidget(name)
        row.addWidget(self.field, 1)
        column = QVBoxLayout(self)
        margin = look.px(18)
        column.setContentsMargins(margin, margin, margin, margin)
        column.setSpacing(look.px(10))
        column.addWidget(self.reason)
        column.addLayout(row)
        column.addWidget(hint)
        column.addWidget(self.buttons)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.field.selectAll()
        self.field.setFocus()

    @Slot()
    def accept(self) -> None:
        """Hand the rate over."""
        super().accept()
        self.stated.emit(self.field.value())
