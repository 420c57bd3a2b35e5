"""Exceptions that nothing caught: said in the window instead of ending it."""

from __future__ import annotations

import sys
from types import TracebackType

from PySide6.QtCore import QObject, QTimer, Slot

from app.notices import Notices


class Unforeseen(QObject):
    """Takes exceptions that no slot and no painter caught, which PySide6 hands to Python's hook.

    Each is written to stderr in full, as Python does; the first of a kind is said in the window,
    later and not from within: what raised it may be painting. Values from files are checked where
    they are read, so this is for mistakes of ours.
    """

    def __init__(self, notices: Notices, parent: QObject) -> None:
        super().__init__(parent)
        self._notices = notices
        self._said: set[str] = set()
        self._text = ""
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._say)
        self._before = sys.excepthook
        sys.excepthook = self._on_exception

    def undo(self) -> None:
        """Put the hook back that was there before."""
        sys.excepthook = self._before

    def _on_exception(
        self, kind: type[BaseException], problem: BaseException, trace: TracebackType | None
    ) -> None:
        words = " ".join(str(problem).split())[-200:] or kind.__name__
        if words in self._said:
            return
        self._said.add(words)
        self._before(kind, problem, trace)
        if isinstance(problem, Exception):
            self._text = f"An unexpected error occurred: {words}. What was recorded is safe"
            self._soon.start()

    @Slot()
    def _say(self) -> None:
        self._notices.say("unforeseen", "error", self._text)
