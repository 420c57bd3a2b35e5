"""Asking for a file, a folder or an address, without stopping the window."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from aimanet import __version__
from aimanet.sources.formats import VIDEO_SUFFIXES
from app.look import Look
from app.widgets.about_dialog import AboutDialog
from app.widgets.url_dialog import UrlDialog

_VIDEOS = f"Videos ({' '.join(f'*{suffix}' for suffix in sorted(VIDEO_SUFFIXES))});;All files (*)"


class Dialogs(QObject):
    """Opens at most one dialog at a time; ``chosen`` carries the answer as a source spec.

    ``given_up``: the connection to an address that was chosen is no longer wanted.
    """

    chosen = Signal(str)
    given_up = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._window = parent
        self.open_one: QDialog | None = None
        self._folder = ""

    def start_from(self, spec: str | None) -> None:
        """Files are asked for where the last one was, or where the system keeps videos."""
        place = Path(spec).parent if spec and "://" not in spec else None
        if place is not None and place.is_absolute() and place.is_dir():
            self._folder = str(place)
        else:
            movies = QStandardPaths.StandardLocation.MoviesLocation
            found = QStandardPaths.writableLocation(movies)
            self._folder = found if Path(found).is_dir() else str(Path.home())

    def ask_file(self) -> None:
        """For a video file."""
        dialog = QFileDialog(self._window, "Open video file", self._folder, _VIDEOS)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self._on_path)
        self.show(dialog)

    def ask_folder(self) -> None:
        """For a folder of numbered images."""
        dialog = QFileDialog(self._window, "Open image folder", self._folder)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self._on_path)
        self.show(dialog)

    def ask_url(self, look: Look, text: str) -> None:
        """For the address of a network camera; ``text`` is there already."""
        dialog = UrlDialog(look, text, self._window)
        dialog.chosen.connect(self.chosen)
        dialog.given_up.connect(self.given_up)
        self.show(dialog)

    @Slot()
    def show_connected(self) -> None:
        """The address that was asked for sends pictures."""
        if isinstance(self.open_one, UrlDialog):
            self.open_one.show_connected()

    @Slot(str)
    def show_problem(self, text: str) -> None:
        """The address that was asked for cannot be had: that is said where it can be changed."""
        if isinstance(self.open_one, UrlDialog) and self.open_one.connecting:
            self.open_one.show_problem(text)

    def show_about(self, look: Look, actions: Sequence[QAction]) -> None:
        """What this is, and the keys."""
        self.show(AboutDialog(look, __version__, actions, self._window))

    def close(self) -> None:
        """Take away what is open."""
        if self.open_one is not None:
            self.open_one.reject()

    def show(self, dialog: QDialog) -> None:
        """Open ``dialog`` in place of the one that is open."""
        self.close()
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.finished.connect(self._on_finished)
        self.open_one = dialog
        dialog.open()

    @Slot(str)
    def _on_path(self, path: str) -> None:
        self._folder = str(Path(path).parent)
        self.chosen.emit(path)

    @Slot()
    def _on_finished(self) -> None:
        self.open_one = None
