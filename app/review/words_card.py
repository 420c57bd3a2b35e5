"""Words in the middle of a card, in place of what is not there."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from app.look import DARK, Look
from app.review.drawings import drawing


class WordsCard(QFrame):
    """A drawing, a title, a few lines, and perhaps one thing to do (``acted``)."""

    acted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", "true")
        self._look, self._drawing = DARK, "wave"
        self._words = ""
        self._picture, self._title, self._text = QLabel(), QLabel(), QLabel()
        self._title.setProperty("role", "hero")
        self._text.setProperty("role", "muted")
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._button = QPushButton()
        self._button.clicked.connect(self.acted)
        self._rows = QVBoxLayout(self)
        self._rows.addStretch(2)
        for label in (self._picture, self._title, self._text):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(label is not self._picture)
            label.setTextFormat(Qt.TextFormat.PlainText)
            self._rows.addWidget(label, 0, Qt.AlignmentFlag.AlignHCenter)
        self._rows.addWidget(self._button, 0, Qt.AlignmentFlag.AlignHCenter)
        self._rows.addStretch(3)

    @property
    def title(self) -> str:
        """What is said in large letters."""
        return self._title.text()

    @property
    def button(self) -> QPushButton:
        """What can be done about it; hidden where nothing can."""
        return self._button

    def say(self, drawing: str, title: str, text: str, button: str = "") -> None:
        """Say something else."""
        self._drawing = drawing
        self._title.setText(title)
        self._words = text
        self._text.setVisible(bool(text))
        self._button.setText(button)
        self._button.setVisible(bool(button))
        self.setAccessibleName(f"{title}. {text}")
        self._fit()
        self._draw()

    def apply_look(self, look: Look) -> None:
        """Other colours or another size."""
        self._look = look
        self._rows.setSpacing(look.px(12))
        self._text.setFixedWidth(look.px(520))
        self._title.setMinimumWidth(look.px(520))
        self._fit()
        self._draw()

    def _fit(self) -> None:
        """All lines are seen; a word that is wider than the card's text loses its middle.

        A label in a layout asks for the height it would have at a width of its own choice.
        """
        width = self._text.maximumWidth()
        self._text.ensurePolished()
        elided = self._text.fontMetrics().elidedText
        lines = (line.split(" ") for line in self._words.split("\n"))
        middle = Qt.TextElideMode.ElideMiddle
        fitting = [" ".join(elided(word, middle, width) for word in line) for line in lines]
        self._text.setText("\n".join(fitting))
        self._text.setToolTip(self._words if self._text.text() != self._words else "")
        self._text.setMinimumHeight(self._text.heightForWidth(width))

    def _draw(self) -> None:
        side, color = self._look.px(64), self._look.color("faint")
        self._picture.setPixmap(drawing(self._drawing, color, side))
        self._picture.setFixedSize(QSize(side, side))
