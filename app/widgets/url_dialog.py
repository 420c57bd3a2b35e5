"""Asks for the address of a network camera."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QLineEdit, QVBoxLayout, QWidget

from app.look import Look
from app.widgets.source_picker import is_url


class UrlDialog(QDialog):
    """``chosen`` carries an address that at least looks like one."""

    chosen = Signal(str)

    def __init__(self, look: Look, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Open network camera")
        self.edit = QLineEdit(text if is_url(text) else "http://")
        self.edit.setAccessibleName("Address")
        self.edit.setMinimumWidth(look.px(420))
        hint = QLabel("MJPEG over http(s), or RTSP: for example rtsp://192.168.1.20:554/stream")
        hint.setProperty("role", "small")
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Open | QDialogButtonBox.StandardButton.Cancel
        )
        column = QVBoxLayout(self)
        margin = look.px(18)
        column.setContentsMargins(margin, margin, margin, margin)
        column.setSpacing(look.px(10))
        title = QLabel("Address of the camera")
        title.setBuddy(self.edit)
        for widget in (title, self.edit, hint, self.buttons):
            column.addWidget(widget)
        self.edit.textChanged.connect(self._check)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._check(self.edit.text())

    @Slot(str)
    def _check(self, text: str) -> None:
        complete = is_url(text.strip()) and len(text.strip().partition("://")[2]) > 0
        self.buttons.button(QDialogButtonBox.StandardButton.Open).setEnabled(complete)

    @Slot()
    def accept(self) -> None:
        """Hand the address over."""
        super().accept()
        self.chosen.emit(self.edit.text().strip())
