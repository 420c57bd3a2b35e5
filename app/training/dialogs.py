"""Questions about a model: its new name, whether to delete it, whether to use it."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLineEdit, QVBoxLayout, QWidget

from app.look import Look
from app.training.library import ModelEntry, file_name
from app.training.parts import button, label
from app.training.standard_test import TestResult


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
        self.box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.go = button(words, "")
        self.go.setProperty(kind, "true")
        self.box.addButton(self.go, QDialogButtonBox.ButtonRole.AcceptRole)
        self.box.accepted.connect(self.accept)
        self.box.rejected.connect(self.reject)
        self.rows.addWidget(self.box)


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
            self.add_words("It is in use now: AimaNet's own weights will take over.")
        self.add_buttons("Delete", "danger")

    @Slot()
    def accept(self) -> None:
        """It may go."""
        super().accept()
        self.confirmed.emit(self._model)


class UseDialog(_Asking):
    """For a model that is worse than AimaNet's own, or that nobody has tested.

    ``confirmed`` and ``test_asked`` carry the model.
    """

    confirmed = Signal(object)
    test_asked = Signal(object)

    def __init__(
        self, look: Look, model: ModelEntry, ours: TestResult | None, parent: QWidget
    ) -> None:
        super().__init__(look, f"Use “{model.name}” for live readings?", parent)
        self._model = model
        own = f" AimaNet's own: {ours.words}." if ours else ""
        if model.test is None:
            self.add_words(
                "It has not been tested yet. The test reads the same drawn clips with every model"
                f" and takes a few minutes.{own}"
            )
        else:
            self.add_words(
                f"Its mean error in the standard test is large: {model.test.words}.{own}"
            )
        self.add_buttons("Use it anyway", "danger")
        self.test = button("Test it first", "Use it afterwards if it is as good as AimaNet's own")
        self.test.clicked.connect(self._on_test)
        self.box.addButton(self.test, QDialogButtonBox.ButtonRole.ActionRole)
        self.test.setVisible(model.test is None)

    @Slot()
    def accept(self) -> None:
        """Use it all the same."""
        super().accept()
        self.confirmed.emit(self._model)

    @Slot()
    def _on_test(self) -> None:
        self.reject()
        self.test_asked.emit(self._model)
