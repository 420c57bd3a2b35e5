"""What a model learns from: folders and drawn faces, each with its part in the mixture."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.icons import icon
from app.look import DARK, Look
from app.training.findings import Finding, listed
from app.training.parts import Elided, label
from app.training.plan import ARRAYS, SYNTHETIC, DataChoice


class DataRow(QFrame):
    """One choice: where it lies, what was found there, its share, and what it is for."""

    changed = Signal()
    gone = Signal(object)

    def __init__(self, spec: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("datum", "true")
        self.spec = spec
        self.finding: Finding | None = None
        self.state = "ok" if spec == SYNTHETIC else "new"
        self.title = label("head")
        self.place = Elided("note")
        self.found = label("note")
        self.found.setWordWrap(True)
        self.share = QDoubleSpinBox(decimals=1, minimum=0.0, maximum=99.0, singleStep=1.0)
        self.share.setSpecialValueText("auto")
        self.share.setAccessibleName("Share in the mixture")
        self.share.setToolTip(
            "How often it comes up beside the others, as 3 to 1. Auto: data sets count by their"
            " size, drawn faces as much as all the others together."
        )
        self.use = QComboBox()
        self.use.addItems(["Train on it", "Validate on it"])
        self.use.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.use.setMinimumContentsLength(len("Validate on it") + 1)
        self.use.setAccessibleName("What it is for")
        self.use.setToolTip(
            "Train on it, or keep it for validation. Without validation data, a fifth of the people"
            " is kept for it."
        )
        self.away = QToolButton()
        self.away.setProperty("quiet", "true")
        self.away.setToolTip("Leave it out")
        self.away.setAccessibleName("Leave it out")
        self._lay_out()
        self.share.valueChanged.connect(self._on_change)
        self.use.currentIndexChanged.connect(self._on_change)
        self.away.clicked.connect(self._on_away)
        self._describe()

    def _lay_out(self) -> None:
        self._grid = QGridLayout(self)
        self._grid.addWidget(self.title, 0, 0)
        self._grid.addWidget(self.share, 0, 1)
        self._grid.addWidget(self.use, 0, 2)
        self._grid.addWidget(self.away, 0, 3)
        self._grid.addWidget(self.place, 1, 0, 1, 4)
        self._grid.addWidget(self.found, 2, 0, 1, 4)
        self._grid.setColumnStretch(0, 1)
        self.use.setVisible(self.spec != SYNTHETIC)

    @property
    def choice(self) -> DataChoice:
        """What is chosen."""
        judge = self.use.currentIndex() == 1 and self.spec != SYNTHETIC
        return DataChoice(self.spec, self.share.value(), judge)

    @property
    def dataset(self) -> str:
        """The data set's name, "" before the folder was looked into."""
        return self.finding.dataset if self.finding else ""

    def _describe(self) -> None:
        name, equals, rest = self.spec.partition("=")
        path = rest if equals and not Path(self.spec).exists() else self.spec
        if self.spec == SYNTHETIC:
            self.title.setText("Drawn faces")
            self.place.set_text("generated on the fly, unlimited, known pulse")
        else:
            known = self.dataset or (name if equals else "")
            titles = {"sessions": "Own sessions", ARRAYS: "Ready-made arrays"}
            self.title.setText(titles.get(known, known) or Path(path).name)
            self.place.set_text(path)
        self.found.setVisible(self.spec != SYNTHETIC)

    def show_checking(self) -> None:
        """It is being looked into."""
        self.state = "checking"
        self._say("note", "Looking into it…", "")

    def show_finding(self, finding: Finding) -> None:
        """What is in it."""
        self.finding = finding
        self.state = "ok" if finding.usable else "bad"
        self._say(finding.role, finding.words, listed(finding.problems))
        self._describe()

    def show_problem(self, text: str) -> None:
        """It cannot be used."""
        self.state = "bad"
        self._say("wrong", text, text)

    def _say(self, role: str, text: str, tip: str) -> None:
        self.found.setProperty("role", role)
        self.found.setText(text)
        self.found.setToolTip(tip)
        self.found.style().unpolish(self.found)
        self.found.style().polish(self.found)

    def apply_look(self, look: Look) -> None:
        """Other colours or another size."""
        px = look.px
        self._grid.setContentsMargins(px(12), px(7), px(6), px(9))
        self._grid.setHorizontalSpacing(px(8))
        self._grid.setVerticalSpacing(px(2))
        self.share.setFixedWidth(px(74))
        self.use.setFixedWidth(px(132))
        self.away.setIcon(icon("close", look.color("muted"), px(14)))

    @Slot()
    def _on_change(self) -> None:
        self.share.setEnabled(not self.choice.judge)
        self.changed.emit()

    @Slot()
    def _on_away(self) -> None:
        self.gone.emit(self)


class DataList(QWidget):
    """All the choices, and the menu that adds one. ``added`` carries a row to be looked into."""

    changed = Signal()
    added = Signal(object)
    sessions_asked = Signal()
    folder_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = DARK
        self.rows: list[DataRow] = []
        self.add = QPushButton("Add data…")
        self.add.setToolTip("Add data to train on; several sources are mixed")
        menu = QMenu(self.add)
        self.own = _entry(menu, "My recorded &sessions", self.sessions_asked)
        self.folder = _entry(menu, "A &folder: data set, sessions or arrays…", self.folder_asked)
        self.drawn = menu.addAction("&Drawn faces")
        self.drawn.triggered.connect(self._on_drawn)
        self.add.setMenu(menu)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        foot = QHBoxLayout()
        foot.addWidget(self.add)
        foot.addStretch()
        self._column.addLayout(foot)

    @property
    def choices(self) -> tuple[DataChoice, ...]:
        """What is chosen."""
        return tuple(row.choice for row in self.rows)

    @property
    def unlabelled(self) -> int:
        """Recordings to learn from that have no label of a sensor."""
        return sum(r.finding.unlabelled for r in self.rows if r.finding and not r.choice.judge)

    def add_spec(self, spec: str) -> DataRow | None:
        """One more, unless it is there already."""
        if any(row.spec == spec for row in self.rows):
            return None
        row = DataRow(spec)
        row.apply_look(self._look)
        row.changed.connect(self.changed)
        row.gone.connect(self.remove)
        self.rows.append(row)
        self._column.insertWidget(self._column.count() - 1, row)
        self._tell()
        if spec != SYNTHETIC:
            self.added.emit(row)
        return row

    @Slot(object)
    def remove(self, row: DataRow) -> None:
        """Leave one out."""
        self.rows.remove(row)
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()
        self._tell()

    def _tell(self) -> None:
        self.drawn.setEnabled(all(row.spec != SYNTHETIC for row in self.rows))
        for row in self.rows:
            row.share.setVisible(len(self.rows) > 1)
        self.changed.emit()

    def apply_look(self, look: Look) -> None:
        """Other colours or another size."""
        self._look = look
        self._column.setSpacing(look.px(8))
        for row in self.rows:
            row.apply_look(look)

    @Slot()
    def _on_drawn(self) -> None:
        self.add_spec(SYNTHETIC)


def _entry(menu: QMenu, words: str, asked: object) -> QAction:
    action = menu.addAction(words)
    action.triggered.connect(asked)
    return action
