"""Asking about a model: another name, and whether it may really go."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLineEdit, QVBoxLayout, QWidget

from app.look import Look
from app.training.library import ModelEntry, file_name
from app.training.parts import button, label


class _Asking(QDialog):
    """A title, words, and room for the rest."""

    def __init__(self, look: Look, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setMinimumWidth(look.px(440))
        self.rows = QVBoxLayout(self)
        self.rows.setContentsMargins(look.px(22), look.px(20), look.px(22), look.px(18))
        self.rows.setSpacing(look.px(12))
        heading = label("hero", title)
        heading.setWordWrap(True)
        self.rows.addWidget(heading)

    def add_words(self, text: str) -> None:
        """A paragraph."""
        words = label("muted", text)
        words.setWordWrap(True)
        self.rows.addWidget(words)

    def add_buttons(self, words: str, kind: str) -> None:
        """Cancel, and the one that does it (``kind``: primary or danger)."""
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.go = button(words, "")
        self.go.setProperty(kind, "true")
        box.addButton(self.go, QDialogButtonBox.ButtonRole.AcceptRole)
        box.accepted.connect(self.accept)
        box.rejected.connect(self.reject)
        self.rows.addWidget(box)


class RenameDialog(_Asking):
    """``renamed`` carries the model and its new name."""

    renamed = Signal(object, str)

    def __init__(self, look: Look, model: ModelEntry, parent: QWidget) -> None:
        super().__init__(look, "Rename the model", parent)
        self._model = model
        self.name = QLineEdit(model.name)
        self.name.setMaxLength(80)
        self.name.setAccessibleName("Name")
        self.name.selectAll()
        self.rows.addWidget(self.name)
        self.add_buttons("Rename", "primary")
        self.go.setDefault(True)
        self.name.textChanged.connect(self._on_text)

    @Slot(str)
    def _on_text(self, text: str) -> None:
        self.go.setEnabled(bool(file_name(text)))

    @Slot()
    def accept(self) -> None:
        """Hand the name over."""
        super().accept()
        self.renamed.emit(self._model, self.name.text())


class DeleteDialog(_Asking):
    """Says what would be lost; ``confirmed`` carries the model."""

    confirmed = Signal(object)

    def __init__(self, look: Look, model: ModelEntry, in_use: bool, parent: QWidget) -> None:
        super().__init__(look, f"Delete “{model.name}”?", parent)
        self._model = model
        lost = "Its weights and notes"
        if model.run is not None:
            lost = "Its weights, its notes and the state of its training"
        self.add_words(f"{lost} are deleted from the disk. This cannot be undone.")
        if in_use:
            self.add_words("It reads the pulse right now: AimaNet's own weights will take over.")
        self.add_buttons("Delete", "danger")

    @Slot()
    def accept(self) -> None:
        """It may go."""
        super().accept()
        self.confirmed.emit(self._model)
