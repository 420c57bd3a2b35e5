"""Asks for the address of a network camera, until one connects."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QLineEdit, QVBoxLayout, QWidget

from app.look import Look
from app.widgets.banner import sentence
from app.widgets.source_picker import is_url

_NO_ADDRESS = "An address begins with http://, https:// or rtsp:// and names a host."


class UrlDialog(QDialog):
    """Stays open, with what was typed, until the camera sends pictures or it is cancelled.

    ``chosen`` carries an address that at least looks like one; `show_connected` or
    `show_problem` answers. ``given_up``: cancelled while connecting.
    """

    chosen = Signal(str)
    given_up = Signal()

    def __init__(self, look: Look, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Open network camera")
        self._look = look
        self.connecting = False
        self.edit = QLineEdit(text if is_url(text) else "http://")
        self.edit.setAccessibleName("Address")
        self.edit.setMinimumWidth(look.px(420))
        hint = QLabel("MJPEG over http(s), or RTSP: for example rtsp://192.168.1.20:554/stream")
        hint.setProperty("role", "small")
        self.told = QLabel()
        self.told.setWordWrap(True)
        self._room = 3 * self.told.fontMetrics().lineSpacing()
        self.told.setMinimumHeight(self._room)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Open | QDialogButtonBox.StandardButton.Cancel
        )
        self._open = self.buttons.button(QDialogButtonBox.StandardButton.Open)
        column = QVBoxLayout(self)
        margin = look.px(18)
        column.setContentsMargins(margin, margin, margin, margin)
        column.setSpacing(look.px(10))
        title = QLabel("Address of the camera")
        title.setBuddy(self.edit)
        for widget in (title, self.edit, hint, self.told, self.buttons):
            column.addWidget(widget)
        self.edit.textEdited.connect(self._on_edited)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)

    @Slot()
    def accept(self) -> None:
        """Try the address; the answer closes the dialog, or stands in it."""
        text = self.edit.text().strip()
        if not (is_url(text) and text.partition("://")[2].strip("/")):
            self.show_problem(_NO_ADDRESS)
            return
        self._show(True, "Connecting…", "muted")
        self.chosen.emit(text)

    @Slot()
    def reject(self) -> None:
        """Give up; an attempt that is under way ends."""
        connecting, self.connecting = self.connecting, False
        super().reject()
        if connecting:
            self.given_up.emit()

    def show_connected(self) -> None:
        """There are pictures."""
        if self.connecting:
            self.connecting = False
            super().accept()

    def show_problem(self, text: str) -> None:
        """It did not work, for this reason; the address can be changed."""
        self._show(False, sentence(text), "bad")
        self.edit.setFocus()

    def _show(self, connecting: bool, text: str, role: str) -> None:
        self.connecting = connecting
        self._open.setEnabled(not connecting)
        self.edit.setReadOnly(connecting)
        self.told.setText(text)
        self.told.setMinimumHeight(max(self._room, self.told.heightForWidth(self.told.width())))
        self.told.setStyleSheet(f"color: {self._look.color(role).name()};")

    @Slot()
    def _on_edited(self) -> None:
        self.told.clear()
