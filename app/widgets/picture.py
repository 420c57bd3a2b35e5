"""Pictures of what is on the screen: to the clipboard, or to a PNG file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, QPoint, QStandardPaths, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QPixmap
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget


class PictureExport(QObject):
    """Copies or saves a picture; ``saved`` carries the file, ``failed`` what went wrong in words.

    Args:
        widget: the widget whose picture it is; the file dialog belongs to it.
        name: what the picture shows; also the beginning of its file's name.
        picture: makes the picture; what the widget shows where it is None.
    """

    saved = Signal(str)
    failed = Signal(str)

    def __init__(
        self, widget: QWidget, name: str, picture: Callable[[], QPixmap] | None = None
    ) -> None:
        super().__init__(widget)
        self._widget, self._name = widget, name
        self._picture = picture or widget.grab
        self._waiting = QPixmap()
        places = QStandardPaths.StandardLocation
        self._folder = QStandardPaths.writableLocation(places.PicturesLocation)

    @Slot()
    def copy(self) -> None:
        """To the clipboard."""
        QGuiApplication.clipboard().setPixmap(self._picture())

    @Slot()
    def ask_file(self) -> None:
        """Save the picture as it is now, however long the file's name takes."""
        self._waiting = self._picture()
        dialog = QFileDialog(self._widget, "Save picture", self._folder)
        dialog.setNameFilter("PNG picture (*.png)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("png")
        dialog.selectFile(f"{self._name} {datetime.now():%Y-%m-%d %H-%M-%S}.png")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.save_as)
        dialog.open()

    @Slot(str)
    def save_as(self, path: str) -> None:
        """Write the picture for which a file was asked."""
        self._folder = str(Path(path).parent)
        if self._waiting.save(path, "PNG"):
            self.saved.emit(path)
        else:
            self.failed.emit(f"The picture cannot be written to {path}; choose another folder.")


class PictureMenu(QMenu):
    """What a right click on a plot offers: copy and save its picture, and what is added."""

    def __init__(self, widget: QWidget, name: str) -> None:
        super().__init__(widget)
        self._widget = widget
        self.export = PictureExport(widget, name)
        self.addAction("&Copy picture", self.export.copy)
        self.addAction("&Save picture…", self.export.ask_file)
        widget.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        widget.customContextMenuRequested.connect(self._on_asked)

    @Slot(QPoint)
    def _on_asked(self, place: QPoint) -> None:
        self.popup(self._widget.mapToGlobal(place))
