"""A table of moments of a session: choosing one goes there, rows can be copied."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from PySide6.QtCore import QModelIndex, Qt, Signal, Slot
from PySide6.QtGui import QAction, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from app.look import Look
from app.review.panels import MarkersModel, ReadingsModel


class MomentsTable(QTableView):
    """A table with a moment in each row: ``sought`` when one is chosen by hand."""

    sought = Signal(float)

    def __init__(self, model: ReadingsModel | MarkersModel, name: str) -> None:
        super().__init__()
        self._model = model
        self._showing = False
        self.setModel(model)
        self.setAccessibleName(name)
        self.setToolTip("Choose a row to go there")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.selectionModel().currentRowChanged.connect(self._on_row)
        self.clicked.connect(self._on_clicked)
        for text, slot in (("&Copy row", self._on_copy), ("Copy &all rows", self._on_copy_all)):
            action = QAction(text, self)
            action.triggered.connect(slot)
            self.addAction(action)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def show_moment(self, t: float) -> None:
        """Select the row that was the newest at ``t`` s."""
        if not self.isVisible() or not len(self._model.t):
            return
        row = int(np.searchsorted(self._model.t, t + 1e-6, "right")) - 1
        if row < 0 or row == self.currentIndex().row():
            return
        self._showing = True
        self.selectRow(row)
        self._showing = False

    def apply_look(self, look: Look) -> None:
        """Another size."""
        self.verticalHeader().setDefaultSectionSize(look.px(28))
        header = self.horizontalHeader()
        for column in range(self._model.columnCount() - 1):
            header.resizeSection(column, look.px(92 if column == 0 else 82))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+C copies the row."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self._on_copy()
        else:
            super().keyPressEvent(event)

    @Slot()
    def _on_copy(self) -> None:
        if self.currentIndex().isValid():
            self._copy([self.currentIndex().row()])

    @Slot()
    def _on_copy_all(self) -> None:
        self._copy(range(self._model.rowCount()))

    def _copy(self, rows: Iterable[int]) -> None:
        """Cells as a spreadsheet takes them from the clipboard, with the columns' names."""
        columns = range(self._model.columnCount())
        heads = [self._model.headerData(c, Qt.Orientation.Horizontal) for c in columns]
        lines = [heads, *([self._model.index(row, c).data() for c in columns] for row in rows)]
        text = "\n".join("\t".join(map(str, line)) for line in lines)
        QGuiApplication.clipboard().setText(text)

    @Slot(QModelIndex)
    def _on_row(self, index: QModelIndex) -> None:
        if not self._showing and index.isValid() and self.hasFocus():
            self.sought.emit(float(self._model.t[index.row()]))

    @Slot(QModelIndex)
    def _on_clicked(self, index: QModelIndex) -> None:
        self.sought.emit(float(self._model.t[index.row()]))
