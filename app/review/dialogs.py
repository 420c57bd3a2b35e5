"""Asking about a session: its name and notes, and whether it may really go."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtGui import QTextOption
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from aimanet.sessions.library import SessionEntry
from app.look import Look
from app.review import words
from app.wording import one_line, short_words

_LONGEST = 40
"""Letters in a word, that a dialog may stay narrower than the screen."""

_NAMED = 6
"""Sessions or files that a question names; the others are counted."""

_ENDLESS = 1000
"""A word of so many letters is no word."""


class Asking(QDialog):
    """A dialog over the window with a title, words, and buttons at its foot."""

    def __init__(self, look: Look, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.look = look
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.rows = QVBoxLayout(self)
        self.rows.setContentsMargins(look.px(22), look.px(20), look.px(22), look.px(18))
        self.rows.setSpacing(look.px(12))
        heading = QLabel(short_words(title, _LONGEST))
        heading.setProperty("role", "hero")
        heading.setTextFormat(Qt.TextFormat.PlainText)
        heading.setWordWrap(True)
        self.rows.addWidget(heading)

    def add_words(self, text: str, role: str = "muted") -> QLabel:
        """A paragraph."""
        label = QLabel(short_words(text, _LONGEST))
        label.setProperty("role", role)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        self.rows.addWidget(label)
        return label

    def add_question(self, no: str, yes: str) -> tuple[QPushButton, QPushButton]:
        """Two buttons: Enter means ``no``; ``yes`` cannot be undone and has to be clicked."""
        buttons, stay, go = QDialogButtonBox(), QPushButton(no), QPushButton(yes)
        go.setProperty("danger", "true")
        go.setAutoDefault(False)
        buttons.addButton(stay, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.addButton(go, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.rows.addWidget(buttons)
        stay.setDefault(True)
        stay.setFocus()
        return stay, go

    def place(self) -> None:
        """In the middle of the window it belongs to, and within it."""
        parent = self.parentWidget()
        if parent is None:
            return
        self.adjustSize()
        window = parent.window()
        middle = window.mapToGlobal(window.rect().center())
        self.move(middle - QPoint(self.width() // 2, self.height() // 2))


class DetailsDialog(Asking):
    """Name, participant and notes; ``accepted_with`` carries the folder and what changed."""

    accepted_with = Signal(object, object)

    def __init__(self, look: Look, entry: SessionEntry, parent: QWidget) -> None:
        super().__init__(look, "Details of the session", parent)
        self._entry = entry
        self.setMinimumWidth(look.px(480))
        self.add_words(f"Recorded on {words.long_day(entry.started)}")
        self.name, self.participant = QLineEdit(entry.name), QLineEdit(entry.participant)
        self.notes = QPlainTextEdit()
        if max(map(len, entry.notes.split()), default=0) > _ENDLESS:  # takes Qt seconds to break
            self.notes.setWordWrapMode(QTextOption.WrapMode.WrapAnywhere)
        self.notes.setPlainText(entry.notes)
        self.notes.setTabChangesFocus(True)
        self.notes.setMinimumHeight(look.px(120))
        self.name.setMaxLength(200)
        self.participant.setMaxLength(200)
        self.participant.setPlaceholderText("An identifier rather than a name")
        form = QFormLayout()
        form.setLabelAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        form.setSpacing(look.px(10))
        fields = {"&Name": self.name, "&Participant": self.participant, "N&otes": self.notes}
        for label, field in fields.items():
            form.addRow(label, field)
            field.setAccessibleName(label.replace("&", ""))
        self.rows.addLayout(form)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.save = QPushButton("Save")
        self.save.setProperty("primary", "true")
        self.save.setDefault(True)
        buttons.addButton(self.save, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self._on_save)
        buttons.rejected.connect(self.reject)
        self.name.textChanged.connect(self._on_name)
        self.rows.addWidget(buttons)
        self.name.selectAll()

    @Slot(str)
    def _on_name(self, text: str) -> None:
        self.save.setEnabled(bool(text.strip()))
        self.save.setToolTip("" if text.strip() else "A session needs a name")

    @Slot()
    def _on_save(self) -> None:
        now = {
            "name": " ".join(self.name.text().split()),
            "participant": self.participant.text().strip(),
            "notes": self.notes.toPlainText().strip(),
        }
        changes = {key: text for key, text in now.items() if text != getattr(self._entry, key)}
        self.accept()
        if changes:
            self.accepted_with.emit(self._entry.folder, changes)


class DeleteDialog(Asking):
    """Says what would be lost; ``confirmed`` carries the folders."""

    confirmed = Signal(object)

    def __init__(self, look: Look, entries: Sequence[SessionEntry], parent: QWidget) -> None:
        one = one_line(entries[0].name) if len(entries) == 1 else None
        super().__init__(
            look, f"Delete “{one}”?" if one else f"Delete {len(entries)} sessions?", parent
        )
        self._folders: list[Path] = [entry.folder for entry in entries]
        self.setMinimumWidth(look.px(460))
        self.told = self.add_words(lost(entries), "")
        self.add_words("This cannot be undone.")
        self.keep, self.delete = self.add_question("Keep", "Delete")

    @Slot()
    def accept(self) -> None:
        """They are not wanted any more."""
        super().accept()
        self.confirmed.emit(self._folders)


class ReplaceDialog(Asking):
    """Whether an export may replace files that are there already; ``confirmed`` says yes."""

    confirmed = Signal()

    def __init__(self, look: Look, files: Sequence[Path], parent: QWidget) -> None:
        super().__init__(look, f"Replace {words.count(len(files), 'file')}?", parent)
        self.setMinimumWidth(look.px(420))
        names = [path.name for path in files[:_NAMED]]
        if len(files) > _NAMED:
            names.append(f"and {len(files) - _NAMED} more")
        self.told = self.add_words(f"In {files[0].parent}:\n" + "\n".join(names), "")
        self.keep, self.replace = self.add_question("Keep", "Replace")

    @Slot()
    def accept(self) -> None:
        """Replace them."""
        super().accept()
        self.confirmed.emit()


def lost(entries: Sequence[SessionEntry]) -> str:
    """What a deletion takes away, in words."""
    size = words.size(sum(entry.size_bytes for entry in entries))
    length = words.clock(sum(entry.duration_s for entry in entries))
    kept = {entry.kept for entry in entries}
    parts = [*(["video"] if kept - {"none"} else []), "pulse wave", "readings", "markers", "notes"]
    if any(entry.has_reference for entry in entries):
        parts.append("reference of the contact sensor")
    what = ", ".join(parts[:-1]) + f" and {parts[-1]}"
    if len(entries) == 1:
        entry = entries[0]
        if entry.problem:
            return f"It cannot be opened, and holds {size} in {entry.folder}."
        when = f"Recorded on {words.long_day(entry.started)}, {length} long, {size}."
        return f"{when}\n\nThis deletes the {what}."
    names = "\n".join(f"•  {one_line(entry.name)}" for entry in entries[:_NAMED])
    more = f"\n   and {len(entries) - _NAMED} more" if len(entries) > _NAMED else ""
    return f"{names}{more}\n\n{length} of recordings, {size}. This deletes the {what}."
