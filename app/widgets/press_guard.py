"""Keeps a press from hitting what a button was not when somebody aimed at it."""

from __future__ import annotations

import time

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QApplication

_HOLD_S = 0.4
"""At least so long: a person sees and decides no faster."""

_PRESSES = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick, QEvent.Type.Shortcut)
_KEYS = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Select)


class PressGuard(QObject):
    """Ignores mouse, keys and shortcuts for a moment after `hold`.

    Whoever gives a button another meaning in place, or puts one under the pointer, calls `hold`:
    the second press of a double click, or one that was already on its way, meant what was
    there before. A button that is held down is let go without a click.

    Args:
        targets: buttons, and actions whose shortcut means the same.
        hold_s: how long; never shorter than the system's double click.
    """

    def __init__(self, *targets: QObject, hold_s: float = _HOLD_S) -> None:
        super().__init__(targets[0] if targets else None)
        self._hold_s = hold_s
        self._until = 0.0
        self._targets: list[QObject] = []
        for target in targets:
            self.add(target)

    def add(self, target: QObject) -> None:
        """Guard another button or action."""
        self._targets.append(target)
        target.installEventFilter(self)

    @property
    def holding(self) -> bool:
        """Presses are ignored now."""
        return time.monotonic() < self._until

    def hold(self) -> None:
        """What the targets mean has just changed, or where they are."""
        interval_s = QApplication.doubleClickInterval() / 1000
        self._until = time.monotonic() + max(self._hold_s, interval_s)
        for target in self._targets:
            if isinstance(target, QAbstractButton):
                target.setDown(False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Swallow presses while holding."""
        if not self.holding:
            return False
        if isinstance(event, QKeyEvent):
            return event.type() == QEvent.Type.KeyPress and event.key() in _KEYS
        return event.type() in _PRESSES
