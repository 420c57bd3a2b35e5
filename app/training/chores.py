"""Short commands beside the training: looking into folders, judging models, converting files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from app.training.outcome import Outcome
from app.training.process import Job, child_command

Then = Callable[["Chore"], None]


class Chore(Job):
    """A command whose objects are collected; ``then`` is called with it at its end."""

    def __init__(self, words: Sequence[str], then: Then, parent: QObject) -> None:
        super().__init__(child_command(words), parent)
        self.words = tuple(words)
        self.records: list[dict[str, Any]] = []
        self.outcome = Outcome("not_started")
        self.then = then
        self.record.connect(self._on_record)

    @Slot(dict)
    def _on_record(self, record: dict[str, Any]) -> None:
        self.records.append(record)


class Chores(QObject):
    """Runs chores one after the other. ``changed`` says that one began or ended."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: list[Chore] = []
        self.current: Chore | None = None
        self._closed = False

    @property
    def busy(self) -> bool:
        """A process is there."""
        return self.current is not None

    def start(self, words: Sequence[str], then: Then) -> Chore:
        """Queue a command."""
        chore = Chore(words, then, self)
        chore.ended.connect(self._on_ended)
        self._waiting.append(chore)
        self._next()
        return chore

    def drop(self, chore: Chore) -> None:
        """Nobody wants it any more: it is not begun, or it is stopped; ``then`` is not called."""
        chore.then = _nothing
        if chore in self._waiting:
            self._waiting.remove(chore)
            chore.deleteLater()
        elif chore is self.current:
            chore.stop()

    def stop(self) -> None:
        """Nothing more is begun; what goes on is asked to end."""
        self._closed = True
        self._waiting.clear()
        if self.current is not None:
            self.current.then = _nothing
            self.current.stop()

    def wait(self, patience_ms: int) -> None:
        """Stop, and block until nothing goes on."""
        self.stop()
        if self.current is not None:
            self.current.wait(patience_ms)

    def _next(self) -> None:
        if self.current is None and self._waiting and not self._closed:
            self.current = self._waiting.pop(0)
            self.current.start()
            self.changed.emit()

    @Slot(object)
    def _on_ended(self, outcome: Outcome) -> None:
        chore = self.current
        if chore is None or chore is not self.sender():
            return
        self.current = None
        chore.outcome = outcome
        chore.then(chore)
        chore.deleteLater()
        self.changed.emit()
        self._next()


def _nothing(chore: Chore) -> None:
    """For a chore that nobody waits for."""
