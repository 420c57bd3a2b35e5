"""Buttons that answer a question, in a place of their own that nothing else moves into."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from app.look import Look
from app.wording import short_words

_LONGEST = 28


class Answers(QWidget):
    """``answered`` carries the number of the answer that was clicked."""

    answered = Signal(int)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.buttons: list[QPushButton] = []
        self.setFixedHeight(look.px(34))
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(look.px(8))
        self._row.addStretch(1)

    @property
    def open(self) -> bool:
        """A question waits for its answer."""
        return bool(self.buttons)

    def offer(self, answers: Sequence[str]) -> None:
        """One button for each answer; none of them is chosen by Enter."""
        self.clear()
        for number, words in enumerate(answers):
            button = QPushButton(short_words(words, _LONGEST))
            button.setToolTip(words)
            button.setAutoDefault(False)
            button.setProperty("number", number)
            button.clicked.connect(self._on_clicked)
            self._row.insertWidget(number, button)
            self.buttons.append(button)

    def clear(self) -> None:
        """Nothing is asked any more."""
        for button in self.buttons:
            self._row.removeWidget(button)
            button.deleteLater()
        self.buttons = []

    def _on_clicked(self) -> None:
        number = int(self.sender().property("number"))
        self.clear()
        self.answered.emit(number)
