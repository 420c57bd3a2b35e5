"""Between the list of models and the disk: renaming, notes, deleting, in and out."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QKeySequence, QShortcut

from app.training import library
from app.training.chores import Chore
from app.training.dialogs import DeleteDialog, RenameDialog
from app.training.library import LibraryError, ModelEntry, free_path

if TYPE_CHECKING:
    from app.training.page import TrainingPage

_WEIGHTS = "Weights (*.safetensors *.pth *.pt *.h5 *.hdf5);;All files (*)"


class ModelDesk(QObject):
    """Does what is asked for in the list of models."""

    def __init__(self, page: TrainingPage) -> None:
        super().__init__(page)
        self._page = page
        self._meant: ModelEntry | None = None
        models = page.models
        models.rename_asked.connect(self._on_rename)
        models.delete_asked.connect(self._on_delete)
        models.described.connect(self._on_described)
        models.copy_asked.connect(self._on_copy)
        models.onnx_asked.connect(self._on_onnx)
        models.import_asked.connect(self._on_import)
        for key, asked in (("F2", models.rename), ("Delete", models.delete)):
            shortcut = QShortcut(QKeySequence(key), models.table)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(asked.click)

    def _say(self, level: str, text: str) -> None:
        self._page.banners.say("models", level, text)

    # --- name, notes, delete ----------------------------------------------------------------

    @Slot(object)
    def _on_rename(self, model: ModelEntry) -> None:
        dialog = RenameDialog(self._page.look_now, model, self._page)
        dialog.renamed.connect(self.rename)
        self._page.data_desk.show(dialog)

    @Slot(object, str)
    def rename(self, model: ModelEntry, name: str) -> None:
        """Call a model something else; the one in use stays in use."""
        in_use = self._page.models.is_in_use(model)
        self._page.models.keep_notes()
        try:
            new = library.rename(model, name)
        except LibraryError as problem:
            self._say("error", str(problem))
            return
        self._page.models.let_go()
        self._page.banners.dismiss("models")
        self._page.run_view.forget(model.path)
        if in_use:
            self._page.use_model.emit(str(new))
        self._page.refresh()
        self._page.models.select(new)

    @Slot(object)
    def _on_delete(self, model: ModelEntry) -> None:
        in_use = self._page.models.is_in_use(model)
        dialog = DeleteDialog(self._page.look_now, model, in_use, self._page)
        dialog.confirmed.connect(self.delete)
        self._page.data_desk.show(dialog)

    @Slot(object)
    def delete(self, model: ModelEntry) -> None:
        """A model goes; if it was in use, our own weights take over first."""
        if self._page.trainer.busy and self._page.trainer.out == model.path:
            self._say("warning", f"“{model.name}” is being trained: cancel that first")
            return
        if self._page.models.is_in_use(model):
            self._page.use_model.emit("")
        self._page.models.let_go()
        try:
            library.delete(model)
            self._page.banners.dismiss("models")
        except LibraryError as problem:
            self._say("error", str(problem))
        self._page.run_view.forget(model.path)
        self._page.refresh()

    @Slot(object, str)
    def _on_described(self, model: ModelEntry, notes: str) -> None:
        if not model.path.exists() and model.run is None:
            return
        try:
            library.describe(model, notes)
        except LibraryError as problem:
            self._say("error", str(problem))

    # --- in and out -------------------------------------------------------------------------

    @Slot()
    def _on_import(self) -> None:
        self._page.data_desk.ask_file("Weights to import", _WEIGHTS, self.take)

    @Slot(str)
    def take(self, path: str) -> None:
        """A file of weights becomes one of our models."""
        source = Path(path)
        if source.suffix == library.SUFFIX:
            try:
                self._arrived(library.copy_in(source, self._page.folder))
            except LibraryError as problem:
                self._say("error", str(problem))
            return
        out = free_path(self._page.folder, source.stem)
        words = ["import-weights", str(source), "--out", str(out), "--name", out.stem]
        self._say("info", f"“{source.name}” is being converted")
        self._page.chores.start(words, partial(self._on_taken, out))

    def _on_taken(self, out: Path, chore: Chore) -> None:
        if chore.outcome.good and out.is_file():
            self._arrived(out)
        else:
            self._say("error", chore.outcome.words("the import"))

    def _arrived(self, out: Path) -> None:
        self._say("info", f"“{out.stem}” was added to the models")
        self._page.refresh()
        self._page.models.select(out)

    @Slot(object)
    def _on_copy(self, model: ModelEntry) -> None:
        self._meant = model
        name = f"{model.path.stem}.safetensors"
        self._page.data_desk.ask_place(
            "Copy the weights", name, "Weights (*.safetensors)", self.copy
        )

    @Slot(str)
    def copy(self, path: str) -> None:
        """A copy of the weights that were meant."""
        if self._meant is None:
            return
        try:
            library.copy_out(self._meant, Path(path))
            self._say("info", f"“{self._meant.name}” is copied to {path}")
        except LibraryError as problem:
            self._say("error", str(problem))

    @Slot(object)
    def _on_onnx(self, model: ModelEntry) -> None:
        self._meant = model
        name = f"{model.path.stem}.onnx"
        self._page.data_desk.ask_place("Export as ONNX", name, "ONNX (*.onnx)", self.export)

    @Slot(str)
    def export(self, path: str) -> None:
        """The model that was meant as ONNX."""
        if self._meant is None:
            return
        words = ["export", str(self._meant.path), "--out", path, "--format", "onnx"]
        self._say("info", f"“{self._meant.name}” is being exported")
        self._page.chores.start(words, partial(self._on_exported, path))

    def _on_exported(self, path: str, chore: Chore) -> None:
        if chore.outcome.good:
            self._say("info", f"Exported to {path}")
        else:
            self._say("error", chore.outcome.words("the export"))
