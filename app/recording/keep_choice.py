"""What of the video is kept, with what it costs."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QLabel, QRadioButton, QWidget

from app.look import Look
from app.recording.plan import PictureSize
from app.recording.words import size_text
from app.settings import KeptName

_CHOICES: dict[KeptName, tuple[str, str]] = {
    "frame": (
        "The whole picture",
        "All of it can be analysed again, the search for the face too.",
    ),
    "face": (
        "The face only",
        "The small crop that the methods see; they can be compared on it.",
    ),
    "none": ("No video", "Times, readings and the pulse wave; nothing can be analysed again."),
}


class KeepChoice(QWidget):
    """One of three."""

    changed = Signal()

    def __init__(self, look: Look, keep: KeptName, picture: PictureSize) -> None:
        super().__init__()
        self.setAccessibleName("What of the video is kept")
        self.picture = picture
        self._group = QButtonGroup(self)
        self.buttons: dict[KeptName, QRadioButton] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, look.px(4), 0, 0)
        grid.setHorizontalSpacing(look.px(12))
        grid.setVerticalSpacing(look.px(1))
        grid.setColumnStretch(0, 1)
        for number, (name, (words, hint)) in enumerate(_CHOICES.items()):
            button, cost, why = QRadioButton(words), QLabel(self._cost(name)), QLabel(hint)
            cost.setProperty("role", "muted")
            why.setProperty("role", "small")
            why.setWordWrap(True)
            why.setContentsMargins(look.px(22), 0, 0, look.px(6))
            button.setChecked(name == keep)
            button.setAccessibleDescription(f"{cost.text()}. {hint}")
            self._group.addButton(button)
            self.buttons[name] = button
            grid.addWidget(button, 2 * number, 0)
            grid.addWidget(cost, 2 * number, 1, Qt.AlignmentFlag.AlignRight)
            grid.addWidget(why, 2 * number + 1, 0, 1, 2)
        self._group.buttonToggled.connect(self._on_toggled)

    @property
    def current(self) -> KeptName:
        """Which one is chosen."""
        return next(name for name, button in self.buttons.items() if button.isChecked())

    def _cost(self, name: KeptName) -> str:
        return f"about {size_text(round(self.picture.bytes_per_hour(name)))} an hour"

    @Slot()
    def _on_toggled(self) -> None:
        if self._group.checkedButton() is not None:
            self.changed.emit()
