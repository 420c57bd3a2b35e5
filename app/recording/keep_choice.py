"""What of the video is kept, with what it costs."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QLabel, QRadioButton, QWidget

from aimanet.sessions.info import Keep
from app.look import Look
from app.recording.plan import Costs

_CHOICES: dict[Keep, tuple[str, str]] = {
    "face": (
        "Face only",
        "Lossless, as the methods see it: each can be run again, exactly.",
    ),
    "face+picture": (
        "Face and picture",
        "The lossless face, plus the whole picture in high-quality H.264.",
    ),
    "frame": (
        "Full frames, lossless",
        "Everything can be re-analysed later, the search for the face too.",
    ),
    "none": ("No video", "Times, readings and the pulse wave; nothing can be re-analysed."),
}


class KeepChoice(QWidget):
    """One of four; ``refused`` says why a choice cannot be had here."""

    changed = Signal()

    def __init__(self, look: Look, keep: Keep, costs: Costs, refused: dict[Keep, str]) -> None:
        super().__init__()
        self.setAccessibleName("What of the video is kept")
        self.costs = costs
        self._group = QButtonGroup(self)
        self.buttons: dict[Keep, QRadioButton] = {}
        self.labels: dict[Keep, QLabel] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, look.px(4), 0, 0)
        grid.setHorizontalSpacing(look.px(12))
        grid.setVerticalSpacing(look.px(1))
        grid.setColumnStretch(0, 1)
        for number, (name, (words, hint)) in enumerate(_CHOICES.items()):
            button, cost, why = QRadioButton(words), QLabel(), QLabel(refused.get(name, hint))
            cost.setProperty("role", "muted")
            why.setProperty("role", "small")
            why.setWordWrap(True)
            why.setContentsMargins(look.px(22), 0, 0, look.px(6))
            button.setEnabled(name not in refused)
            button.setChecked(name == ("face" if keep in refused else keep))
            self._group.addButton(button)
            self.buttons[name], self.labels[name] = button, cost
            grid.addWidget(button, 2 * number, 0)
            grid.addWidget(cost, 2 * number, 1, Qt.AlignmentFlag.AlignRight)
            grid.addWidget(why, 2 * number + 1, 0, 1, 2)
        self.show_costs(costs)
        self._group.buttonToggled.connect(self._on_toggled)

    @property
    def current(self) -> Keep:
        """Which one is chosen."""
        return next(name for name, button in self.buttons.items() if button.isChecked())

    def show_costs(self, costs: Costs) -> None:
        """What each choice takes on the disk."""
        self.costs = costs
        for name, label in self.labels.items():
            label.setText(costs.text(name))
            hint = f"{label.text()}. {_CHOICES[name][1]}"
            self.buttons[name].setAccessibleDescription(hint)
        self.changed.emit()

    @Slot()
    def _on_toggled(self) -> None:
        if self._group.checkedButton() is not None:
            self.changed.emit()
