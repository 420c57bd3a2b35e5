"""Between the data on the page and the disk: asking for folders, looking into them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QDialog, QFileDialog

from app.training.chores import Chore
from app.training.data_list import DataRow
from app.training.findings import parse_finding
from app.training.plan import check_words

if TYPE_CHECKING:
    from app.training.page import TrainingPage


class DataDesk(QObject):
    """Opens the page's dialogs, one at a time, and has folders checked."""

    def __init__(self, page: TrainingPage) -> None:
        super().__init__(page)
        self._page = page
        self.dialog: QDialog | None = None
        self._checks: dict[DataRow, Chore] = {}
        data = page.setup.data
        data.sessions_asked.connect(self._on_sessions)
        data.folder_asked.connect(self._on_folder)
        data.added.connect(self.check)
        data.changed.connect(self._on_data)
        page.setup.form.checkpoint_asked.connect(self._on_checkpoint)

    # --- dialogs ----------------------------------------------------------------------------

    def show(self, dialog: QDialog) -> None:
        """Open ``dialog`` in place of the one that is open."""
        self.close_dialog()
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.finished.connect(self._on_finished)
        self.dialog = dialog
        dialog.open()

    def close_dialog(self) -> None:
        """Take away what is open."""
        if self.dialog is not None:
            self.dialog.reject()

    def ask_folder(self, title: str, then: Callable[[str], object]) -> None:
        """For a folder."""
        dialog = QFileDialog(self._page, title, str(Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(then)
        self.show(dialog)

    def ask_file(self, title: str, kinds: str, then: Callable[[str], object]) -> None:
        """For a file that is there."""
        dialog = QFileDialog(self._page, title, str(Path.home()), kinds)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(then)
        self.show(dialog)

    def ask_place(self, title: str, name: str, kinds: str, then: Callable[[str], object]) -> None:
        """For a file to write."""
        dialog = QFileDialog(self._page, title, str(Path.home() / name), kinds)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(Path(name).suffix.lstrip("."))
        dialog.fileSelected.connect(then)
        self.show(dialog)

    @Slot()
    def _on_finished(self) -> None:
        if self.sender() is self.dialog:
            self.dialog = None

    # --- data -------------------------------------------------------------------------------

    @Slot()
    def _on_sessions(self) -> None:
        self._page.setup.data.add_spec(f"sessions={self._page.sessions_folder}")

    @Slot()
    def _on_folder(self) -> None:
        self.ask_folder("A folder to train on", self.add_folder)

    @Slot(str)
    def add_folder(self, path: str) -> None:
        """Train on a folder, too."""
        self._page.setup.data.add_spec(path)

    @Slot()
    def _on_checkpoint(self) -> None:
        self.ask_file("A checkpoint to start from", "Weights (*.safetensors)", self.start_from)

    @Slot(str)
    def start_from(self, path: str) -> None:
        """Fine-tune a file."""
        self._page.setup.form.choose_checkpoint(Path(path))

    @Slot(object)
    def check(self, row: DataRow) -> None:
        """Have a folder looked into."""
        row.show_checking()
        then = partial(self._on_checked, row)
        self._checks[row] = self._page.chores.start(check_words(row.spec), then)
        self._page.setup.refresh()

    @Slot()
    def _on_data(self) -> None:
        """What was left out need not be looked into."""
        for row in [r for r in self._checks if r not in self._page.setup.data.rows]:
            self._page.chores.drop(self._checks.pop(row))

    def _on_checked(self, row: DataRow, chore: Chore) -> None:
        self._checks.pop(row, None)
        found = [f for f in map(parse_finding, chore.records) if f is not None]
        if len(found) > 1:
            # A folder with several data sets in it becomes a choice each.
            self._page.setup.data.remove(row)
            for finding in found:
                self._page.setup.data.add_spec(f"{finding.dataset}={finding.root}")
        elif found and found[0].usable:
            row.show_finding(found[0])
        else:
            row.show_problem(chore.outcome.words("looking into it"))
        everything_unlabelled = found and all(f.unlabelled == f.usable for f in found)
        if everything_unlabelled and self._page.setup.data.unlabelled:
            self._page.setup.form.show_unlabelled(self._page.setup.data.unlabelled)
            self._page.setup.form.pseudo.setChecked(True)
        self._page.setup.refresh()
