"""A field for the name of the marker that has just been dropped."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from app.look import Look

_STAYS_MS = 10_000


class MarkerField(QLineEdit):
    """Stands there for some seconds; Enter goes into it, and Enter again gives the name.

    The marker is on the disk already: who does not care for its name need not look here.
    """

    named = Signal(int, str)
    shown = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("markerName")
        self.setAccessibleName("Name of the marker")
        self.setToolTip("Enter, or a click, to name this marker; Esc leaves it as it is")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.number = -1
        self._before = ""
        self._away = QTimer(self, interval=_STAYS_MS, singleShot=True)
        self._away.timeout.connect(self._on_time)
        self.hide()

    def offer(self, number: int, name: str) -> None:
        """The marker ``number`` was dropped and is called ``name``."""
        self.put_away()
        self.number, self._before = number, name
        self.setText(name)
        self.show()
        self._away.start()
        self.shown.emit(True)

    @Slot()
    def enter(self) -> None:
        """Into the field, or done with it."""
        if self.hasFocus():
            self.put_away()
        else:
            self.setFocus(Qt.FocusReason.ShortcutFocusReason)

    @Slot()
    def put_away(self) -> None:
        """Take over the name, if it is another one, and disappear."""
        if self.number < 0:
            return
        number, name = self.number, " ".join(self.text().split())
        self.number = -1
        self._away.stop()
        self.clearFocus()  # else the next button would get it, and with it the space bar
        self.hide()
        if name and name != self._before:
            self.named.emit(number, name)
        self.shown.emit(False)

    def apply_look(self, look: Look) -> None:
        """Another size."""
        self.setFixedWidth(look.px(150))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """All of the name is replaced by what is typed."""
        super().focusInEvent(event)
        self._away.stop()
        QTimer.singleShot(0, self, self.selectAll)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Going elsewhere takes the name over; a menu or another window does not."""
        super().focusOutEvent(event)
        kept = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason)
        if event.reason() not in kept:
            self.put_away()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc leaves the marker as it is called, Enter takes the name over."""
        if event.key() == Qt.Key.Key_Escape:
            self.setText(self._before)
            self.put_away()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.put_away()
        else:
            super().keyPressEvent(event)

    @Slot()
    def _on_time(self) -> None:
        if not self.hasFocus():
            self.put_away()
