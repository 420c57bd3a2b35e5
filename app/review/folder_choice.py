"""Which folder of sessions is shown: the one that is recorded to, or another that is known."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QFileDialog, QMenu, QToolButton, QWidget

from app.icons import icon
from app.look import DARK, Look

_WIDTH = 300


class FolderChoice(QToolButton):
    """Names the folder; its menu has the others.

    ``changed``: another folder is shown (``current``). ``others_changed`` carries the folders to
    remember beside the one that is recorded to.
    """

    changed = Signal()
    others_changed = Signal(object)

    def __init__(self, recorded_to: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = DARK
        self.current = self.recorded_to = recorded_to
        self._others: list[Path] = []
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setAccessibleName("Folder of the sessions")
        self._menu = QMenu(self)
        self.setMenu(self._menu)
        self._group = QActionGroup(self)
        self.add = QAction("&Add folder…", self)
        self.remove = QAction("&Remove from list", self)
        self.add.triggered.connect(self._on_add)
        self.remove.triggered.connect(self._on_remove)
        self._group.triggered.connect(self._on_chosen)
        self._show()

    @property
    def folders(self) -> list[Path]:
        """What can be chosen, the one that is recorded to first."""
        return list(dict.fromkeys((self.recorded_to, *self._others)))

    def record_to(self, folder: Path) -> None:
        """New sessions go there: it is shown."""
        self.recorded_to = folder
        self._choose(folder)

    def know(self, others: Sequence[Path]) -> None:
        """Offer these besides the folder that is recorded to."""
        self._others = list(others)
        self._show()

    @Slot(str)
    def look_in(self, folder: str) -> None:
        """Show the sessions of another folder, and remember it."""
        if Path(folder) not in self.folders:
            self._others.append(Path(folder))
            self.others_changed.emit(list(self._others))
        self._choose(Path(folder))

    def apply_look(self, look: Look) -> None:
        """Other colours or another size."""
        self._look = look
        side = look.px(16)
        self.setIcon(icon("folder", look.color("muted"), side))
        self.setIconSize(QSize(side, side))
        self._show()

    def _choose(self, folder: Path) -> None:
        self.current = folder
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        for action in self._group.actions():
            self._group.removeAction(action)
            action.deleteLater()
        self._menu.clear()
        for folder in self.folders:
            note = " (new recordings)" if folder == self.recorded_to else ""
            action = QAction((short(folder) + note).replace("&", "&&"), self, checkable=True)
            action.setChecked(folder == self.current)
            action.setData(str(folder))
            self._group.addAction(action)
            self._menu.addAction(action)
        self._menu.addSeparator()
        self._menu.addActions([self.add, self.remove])
        self.remove.setEnabled(self.current != self.recorded_to)
        room = self._look.px(_WIDTH)
        middle = Qt.TextElideMode.ElideMiddle
        name = self.fontMetrics().elidedText(short(self.current), middle, room)
        self.setText(name.replace("&", "&&"))
        self.setToolTip(f"Sessions in {self.current}")

    @Slot(QAction)
    def _on_chosen(self, action: QAction) -> None:
        self._choose(Path(action.data()))

    @Slot()
    def _on_add(self) -> None:
        dialog = QFileDialog(self, "Folder with sessions", str(self.current))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.look_in)
        dialog.open()

    @Slot()
    def _on_remove(self) -> None:
        """Nothing in the folder is deleted."""
        self._others = [folder for folder in self._others if folder != self.current]
        self.others_changed.emit(list(self._others))
        self._choose(self.recorded_to)


def short(folder: Path) -> str:
    """The folder's path, with ~ for the home folder."""
    home = Path(os.path.expanduser("~"))
    return f"~/{folder.relative_to(home)}" if home in folder.parents else str(folder)
