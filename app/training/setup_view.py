"""The left side of the page: data, settings, the command they stand for, and the start."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.look import Look
from app.training.data_list import DataList
from app.training.library import free_path
from app.training.parts import button, label
from app.training.plan import TrainPlan, shown
from app.training.settings_form import SettingsForm


class SetupView(QWidget):
    """``start_asked`` carries nothing: ask `plan` and `problem`."""

    start_asked = Signal()

    def __init__(self, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folder = folder
        self._busy = False
        self.data, self.form = DataList(), SettingsForm()
        self.command = QLineEdit(readOnly=True)
        self.command.setProperty("command", "true")
        self.command.setAccessibleName("The same on the command line")
        self.copy = button("Copy", "Copy the command that does the same in a terminal")
        self.start = button("Start training", "Train in a process of its own", primary=True)
        self.why_not = label("small")
        self.why_not.setWordWrap(True)
        self._lay_out()
        self.data.changed.connect(self.refresh)
        self.form.changed.connect(self.refresh)
        self.copy.clicked.connect(self._on_copy)
        self.start.clicked.connect(self.start_asked)

    def _lay_out(self) -> None:
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        inner = QWidget()
        self._inner = QVBoxLayout(inner)
        self._cards = [_card("Training data", self.data), _card("Training", self.form)]
        for card in self._cards:
            self._inner.addWidget(card)
        self._inner.addStretch()
        self._scroll = QScrollArea(widgetResizable=True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(inner)
        line, foot = QHBoxLayout(), QHBoxLayout()
        line.addWidget(self.command, 1)
        line.addWidget(self.copy)
        foot.addWidget(self.why_not, 1)
        foot.addWidget(self.start)
        self._column.addWidget(self._scroll, 1)
        self._column.addLayout(line)
        self._column.addLayout(foot)

    @property
    def plan(self) -> TrainPlan:
        """What is chosen; `problem` is "" where it makes sense."""
        form = self.form
        name = " ".join(form.name.text().split())
        rate = None if form.problem() else form.rate_value
        return TrainPlan(
            out=free_path(self._folder, name),
            name=free_path(self._folder, name).stem,
            data=self.data.choices,
            finetune=form.finetune,
            unit=form.unit.currentText(),  # type: ignore[arg-type]
            amount=form.amount.value(),
            lr=rate,
            batch=form.batch.value(),
            device=form.device.currentText(),
            pseudo_labels=form.pseudo.isEnabled() and form.pseudo.isChecked(),
            more=() if form.problem() else form.more_words(),
        )

    def problem(self) -> str:
        """Why it cannot be started, "" where it can."""
        if not self.form.name.text().strip():
            return "give the model a name"
        if wrong := self.form.problem() or self.plan.problem():
            return wrong
        states = [row.state for row in self.data.rows]
        if "checking" in states or "new" in states:
            return "the folders are being looked into"
        if "bad" in states:
            return "leave out what cannot be used"
        learns = [r for r in self.data.rows if not r.choice.judge and r.finding]
        if any(r.finding and r.finding.unlabelled == r.finding.usable > 0 for r in learns) and not (
            self.plan.pseudo_labels
        ):
            return "recordings without a sensor need a label: tick the box for their own pulse"
        return ""

    def show_busy(self, busy: bool) -> None:
        """A run goes on: another one has to wait."""
        self._busy = busy
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Show the command, and whether it can be started."""
        self.form.show_unlabelled(self.data.unlabelled)
        wrong = "" if self._busy else self.problem()
        self.why_not.setText(f"{wrong[0].upper()}{wrong[1:]}." if wrong else "")
        self.start.setEnabled(not wrong and not self._busy)
        self.start.setToolTip(
            "One run at a time: pause or cancel the current one"
            if self._busy
            else "Train in a process of its own (Ctrl+Return)"
        )
        self.command.setText(shown(self.plan.words()))
        self.command.setCursorPosition(0)
        self.command.setToolTip("The same on the command line: it can be selected and copied")

    def apply_look(self, look: Look) -> None:
        """Other colours or another size."""
        px = look.px
        self.setFixedWidth(px(440))
        self._column.setSpacing(px(10))
        self._inner.setContentsMargins(0, 0, px(4), 0)
        self._inner.setSpacing(px(10))
        for card in self._cards:
            layout = card.layout()
            assert layout is not None
            layout.setContentsMargins(px(14), px(10), px(14), px(14))
            layout.setSpacing(px(8))
        self.data.apply_look(look)
        self.form.apply_look(look)

    @Slot()
    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self.command.text())


def _card(title: str, content: QWidget) -> QFrame:
    card = QFrame()
    card.setProperty("card", "true")
    rows = QVBoxLayout(card)
    rows.addWidget(label("caption", title))
    rows.addWidget(content)
    return card
