"""How well the session agrees with its contact sensor."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QListView,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from app.look import DARK, Look
from app.review import words
from app.review.agreement_plot import AgreementPlot
from app.review.sensor_work import Compared
from app.wording import short_words

if TYPE_CHECKING:
    from aimanet.sessions.reference import ReferenceComparison, ReferenceInfo

_FIGURES = ("MAE", "RMSE", "Pearson", "Readings")
_TRUST = {"clear": "clear", "uncertain": "uncertain: look at the curves", "none": "not measured"}


class ReferencePanel(QWidget):
    """Figures and Bland-Altman of one way to read the session; words without a reference."""

    import_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = DARK
        self._compared: Compared | None = None
        self._colors: Mapping[str, str] = {}
        self.which = QComboBox()
        self.which.setView(QListView())
        self.which.setAccessibleName("Which readings to compare")
        self.which.activated.connect(self._on_which)
        self.numbers = {name: QLabel() for name in _FIGURES}
        self.plot = AgreementPlot()
        self.told = QLabel()
        self.told.setProperty("role", "note")
        self.told.setWordWrap(True)
        self._lay_out()

    def _lay_out(self) -> None:
        none = QWidget()
        column = QVBoxLayout(none)
        text = QLabel(
            "Compare this session with a contact sensor: a finger clip, a chest strap, a watch or "
            "an ECG, as CSV, EDF and many other files."
        )
        text.setProperty("role", "muted")
        text.setWordWrap(True)
        button = QPushButton("Choose a sensor's file…")
        button.clicked.connect(self.import_asked)
        self._ask = QHBoxLayout()
        self._ask.addWidget(button)
        self._ask.addStretch()
        column.addWidget(text)
        column.addLayout(self._ask)
        column.addStretch()
        some = QWidget()
        self._rows = QVBoxLayout(some)
        self._grid = QGridLayout()
        for number, (name, label) in enumerate(self.numbers.items()):
            caption = QLabel(name)
            caption.setProperty("role", "note")
            label.setProperty("role", "number")
            self._grid.addWidget(caption, 0, number)
            self._grid.addWidget(label, 1, number)
        self._rows.addWidget(self.which)
        self._rows.addLayout(self._grid)
        self._rows.addWidget(self.plot, 1)
        self._rows.addWidget(self.told)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(none)
        self._stack.addWidget(some)

    def show_compared(self, compared: Compared | None, colors: Mapping[str, str]) -> None:
        """Other figures; None without a reference."""
        self._compared, self._colors = compared, colors
        self._stack.setCurrentIndex(0 if compared is None else 1)
        chosen = self.which.currentText()
        self.which.clear()
        if compared is None:
            return
        self.which.addItems(list(compared.by_name))
        self.which.setCurrentIndex(max(0, self.which.findText(chosen)))
        self.which.setVisible(len(compared.by_name) > 1)
        self.told.setText(short_words(_origin(compared.info), 40))
        self._on_which()

    @Slot()
    def _on_which(self) -> None:
        name = self.which.currentText()
        found = self._compared.by_name.get(name) if self._compared is not None else None
        self.plot.set_color(self._colors.get(name, "pulse"))
        self.plot.show_comparison(found)
        for label, text in zip(self.numbers.values(), _figures(found), strict=True):
            label.setText(text)

    def apply_look(self, look: Look) -> None:
        """Other colours or another size."""
        self._look = look
        px = look.px
        for layout in (self._rows,):
            layout.setContentsMargins(px(6), px(8), px(6), px(4))
            layout.setSpacing(px(6))
        self._grid.setHorizontalSpacing(px(16))
        self._grid.setVerticalSpacing(0)
        self.plot.apply_look(look)
        self.plot.setMinimumHeight(px(90))


def _figures(found: ReferenceComparison | None) -> tuple[str, ...]:
    if found is None:
        return (words.NOTHING,) * len(_FIGURES)
    numbers = (found.mae_bpm, found.rmse_bpm)
    said = [words.NOTHING if math.isnan(v) else f"{v:.1f}" for v in numbers]
    r = found.pearson
    return (*said, words.NOTHING if math.isnan(r) else f"{r:.2f}", f"{int(found.ok.sum()):,}")


def _origin(info: ReferenceInfo | None) -> str:
    if info is None:
        return "The reference was put there by hand or by another program."
    how = (
        "chosen by hand"
        if info.corrected
        else f"found by {info.by}, {_TRUST.get(info.trust, 'in a way that is not known')}"
    )
    shown = f", correlation {info.correlation:.2f}" if info.correlation is not None else ""
    notes = "".join(f"\n{note}" for note in info.notes[:2])
    return f"{info.file} ({info.columns}). Offset {info.offset_s:+.2f} s, {how}{shown}.{notes}"
