"""What is asked before a recording: who, what of the video is kept, where it goes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from aimanet.sessions.info import CONSENT, Keep
from app.look import Look
from app.recording.keep_choice import KeepChoice
from app.recording.plan import Costs, Plan, free_bytes
from app.recording.words import room_text

_WIDTH = 540
_NOTES_ROWS = 3


class RecordingDialog(QDialog):
    """``decided`` carries a `Plan` and whether to ask again next time.

    Args:
        look: colours and size.
        plan: what stands there at first.
        ask: whether it will be asked the next time.
        costs: what each choice takes; `show_costs` when it is known better.
        starts: True where it starts a recording, False where it only sets how to record.
        person: somebody is recorded, whose consent is needed.
        refused: choices that cannot be had here, and why.
        parent: the window.
    """

    decided = Signal(object, bool)

    def __init__(
        self,
        look: Look,
        plan: Plan,
        ask: bool,
        costs: Costs,
        starts: bool,
        person: bool = True,
        refused: dict[Keep, str] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._starts, self._plan, self._person = starts, plan, person
        self.setWindowTitle("Record" if starts else "Recording settings")
        self.participant = QLineEdit(plan.participant)
        self.notes = QPlainTextEdit(plan.notes)
        self.keep = KeepChoice(look, plan.keep, costs, refused or {})
        self.folder_label, self.room_label = QLabel(), QLabel()
        self.agreed = QCheckBox("The person in the picture has agreed to be recorded")
        self.at_once = QCheckBox("Do not ask again" if starts else "Record without asking")
        self.change = QPushButton("Change…")
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.go = QPushButton("Record" if starts else "Save")
        self._answered = False
        self._fill(plan, ask, look)
        self._lay_out(look)
        self._connect()
        self._show_folder()
        self._show_consent()
        self.ensurePolished()
        self.resize(self.sizeHint())  # left alone, Qt takes two thirds of a low screen at most

    def _fill(self, plan: Plan, ask: bool, look: Look) -> None:
        self.participant.setPlaceholderText("A code rather than a name, for example P07")
        self.participant.setAccessibleName("Participant")
        self.notes.setPlaceholderText("Light, task, anything worth remembering")
        self.notes.setAccessibleName("Notes")
        self.notes.setTabChangesFocus(True)
        self.notes.setFixedHeight(look.px(20 * _NOTES_ROWS + 16))
        self.agreed.setChecked(plan.agreed)
        self.at_once.setChecked(not ask)
        self.at_once.setToolTip("All of this stays within reach: Measure, Recording settings…")
        self.folder_label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.folder_label.setTextFormat(Qt.TextFormat.PlainText)
        self.go.setProperty("primary", "true")
        self.buttons.addButton(self.go, QDialogButtonBox.ButtonRole.AcceptRole)
        self.change.setAutoDefault(False)  # Enter records, wherever one is
        self.go.setDefault(True)

    def _lay_out(self, look: Look) -> None:
        px = look.px
        column = QVBoxLayout(self)
        column.setContentsMargins(px(24), px(20), px(24), px(18))
        column.setSpacing(px(14))
        title = QLabel("Record this session" if self._starts else "Recording settings")
        title.setProperty("role", "title")
        consent = QLabel(CONSENT)
        consent.setProperty("role", "muted")
        consent.setWordWrap(True)
        consent.setFixedWidth(px(_WIDTH))
        consent.setVisible(self._person)
        for part in (title, consent):
            column.addWidget(part)
        column.addLayout(self._form(look))
        for box in (self.agreed, self.at_once):
            column.addWidget(box)
        column.addSpacing(px(4))
        column.addWidget(self.buttons)

    def _form(self, look: Look) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(look.px(16))
        grid.setVerticalSpacing(look.px(12))
        grid.setColumnStretch(1, 1)
        rows: list[tuple[str, QWidget]] = [("Participant", self.participant)]
        if self._starts:
            rows.append(("Notes", self.notes))
        rows += [("Keep", self.keep), ("Folder", self._folder_row(look))]
        for row, (words, widget) in enumerate(rows):
            label = QLabel(words)
            label.setProperty("role", "caption")
            label.setContentsMargins(0, look.px(7), 0, 0)
            label.setBuddy(widget)
            grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(widget, row, 1)
        return grid

    def _folder_row(self, look: Look) -> QWidget:
        holder = QWidget()
        self.room_label.setProperty("role", "small")
        words = QVBoxLayout()
        words.setSpacing(look.px(2))
        words.addWidget(self.folder_label)
        words.addWidget(self.room_label)
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, look.px(5), 0, 0)
        row.setSpacing(look.px(10))
        row.addLayout(words, 1)
        row.addWidget(self.change, 0, Qt.AlignmentFlag.AlignTop)
        self._path_px = look.px(330)
        return holder

    def _connect(self) -> None:
        self.keep.changed.connect(self._show_folder)
        self.agreed.clicked.connect(self._on_agreed)
        self.agreed.toggled.connect(self._show_consent)
        self.at_once.toggled.connect(self._show_consent)
        self.participant.textEdited.connect(self._on_participant)
        self.change.clicked.connect(self._on_change)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)

    @property
    def plan(self) -> Plan:
        """What is chosen."""
        return replace(
            self._plan,
            keep=self.keep.current,
            participant=" ".join(self.participant.text().split()),
            notes=self.notes.toPlainText().strip(),
            reminded=self._person,
            agreed=self.agreed.isChecked(),
        )

    def show_costs(self, costs: Costs) -> None:
        """What each choice takes on the disk, as it was measured meanwhile."""
        self.keep.show_costs(costs)

    @property
    def _needs_consent(self) -> bool:
        """A recording may follow without another question."""
        return self._person and (self._starts or self.at_once.isChecked())

    @Slot()
    def _show_consent(self) -> None:
        """Where consent is asked for, nothing is recorded without it."""
        self.agreed.setVisible(self._needs_consent)
        ready = self.agreed.isChecked() or not self._needs_consent
        self.go.setEnabled(ready)
        self.go.setToolTip("" if ready else "Tick that the person has agreed")

    @Slot()
    def accept(self) -> None:
        """Hand the answers over."""
        if not self.go.isEnabled():
            return
        super().accept()
        self.decided.emit(self.plan, not self.at_once.isChecked())

    @Slot()
    def _on_agreed(self) -> None:
        self._answered = True

    @Slot()
    def _on_participant(self) -> None:
        """Another person has not agreed yet, whatever the one before said."""
        if not self._answered:
            self.agreed.setChecked(False)

    @Slot()
    def _on_change(self) -> None:
        dialog = QFileDialog(self, "Folder for recordings", str(self._plan.folder))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.set_folder)
        dialog.open()

    @Slot(str)
    def set_folder(self, path: str) -> None:
        """New sessions go into ``path``."""
        self._plan = replace(self._plan, folder=Path(path))
        self._show_folder()

    @Slot()
    def _show_folder(self) -> None:
        path = str(self._plan.folder)
        metrics = self.folder_label.fontMetrics()
        middle = Qt.TextElideMode.ElideMiddle
        self.folder_label.setText(metrics.elidedText(path, middle, self._path_px))
        self.folder_label.setToolTip(path)
        free = free_bytes(self._plan.folder)
        rate = 3600 * self.keep.costs.per_second[self.keep.current]
        self.room_label.setText(room_text(free, rate))
        short = free is not None and free / rate < 0.1
        self.room_label.setProperty("role", "warn" if short else "small")
        self.room_label.style().polish(self.room_label)
