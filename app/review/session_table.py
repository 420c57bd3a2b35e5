"""The table of sessions: keys of its own, whole rows, a bar for the share of good signal."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QTableView, QWidget

from app.review.model import GOOD, NAME
from app.review.share_bar import ShareBar

_STEPS = {Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Home}


class SessionTable(QTableView):
    """Rows as a whole; Enter opens, F2 renames, Del deletes."""

    opened = Signal()
    delete_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Recorded sessions")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSortingEnabled(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.horizontalHeader().setHighlightSections(False)
        self.bar = ShareBar(self)
        self.setItemDelegateForColumn(GOOD, self.bar)

    @property
    def is_typing(self) -> bool:
        """A name is being typed over."""
        return self.state() is QAbstractItemView.State.EditingState

    def rename_current(self) -> None:
        """Type over the name of the current row."""
        index = self.currentIndex()
        if index.isValid():
            self.edit(index.siblingAtColumn(NAME))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys of the list."""
        if self.is_typing:
            super().keyPressEvent(event)
        elif event.key() in _STEPS and not self.selectionModel().hasSelection():
            self._choose_one()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit()
        elif event.key() == Qt.Key.Key_F2:
            self.rename_current()
        elif event.matches(QKeySequence.StandardKey.Delete):
            self.delete_asked.emit()
        else:
            super().keyPressEvent(event)

    def _choose_one(self) -> None:
        """Where nothing is chosen yet, an arrow chooses: Qt would step past a row nobody sees."""
        if self.model().rowCount():
            self.selectRow(max(0, self.currentIndex().row()))
