"""The markers of a session: go to one, add, rename, delete; each change is on the disk at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from aimanet.sessions.markers import add_marker, delete_marker, rename_marker
from aimanet.sessions.reader import Marker, Session
from app.look import Look
from app.review.jobs import Job, Jobs
from app.review.moments_table import MomentsTable
from app.review.panels import MarkersModel

Change = Callable[[], tuple[Marker, ...]]


class MarkersPanel(QWidget):
    """``changed`` carries the markers after a change; ``problem`` a line, empty when all is well.

    ``deleted`` carries a marker that is gone: `restore` brings it back. ``naming``: a name is about
    to be typed, so the panel has to be seen.
    """

    changed = Signal(object)
    deleted = Signal(object)
    problem = Signal(str)
    naming = Signal()

    def __init__(self, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._session: Session | None = None
        self._t = 0.0
        self._naming: Marker | None = None
        self.model = MarkersModel(self)
        self.table = MomentsTable(self.model, "Markers")
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.add, self.rename, self.delete = (
            QPushButton(text) for text in ("Add here", "Rename", "Delete")
        )
        self.add.setToolTip("Add a marker at the moment that is shown")
        self.rename.setToolTip("Give the selected marker another name (F2)")
        self.delete.setToolTip("Delete the selected marker (Del)")
        self._row, self._rows = QHBoxLayout(), QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.addWidget(self.table, 1)
        for button in (self.add, self.rename, self.delete):
            self._row.addWidget(button)
        self._row.addStretch()
        self._rows.addLayout(self._row)
        self._connect()

    def _connect(self) -> None:
        self.add.clicked.connect(self._on_add)
        self.rename.clicked.connect(self._on_rename)
        self.delete.clicked.connect(self._on_delete)
        self.model.renamed.connect(self._on_renamed)
        self.table.customContextMenuRequested.connect(self._on_menu)
        self.table.selectionModel().currentRowChanged.connect(self._show_able)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """What the table leaves: F2 renames, Del deletes."""
        if event.key() == Qt.Key.Key_F2:
            self._on_rename()
        elif event.matches(QKeySequence.StandardKey.Delete):
            self._on_delete()
        else:
            super().keyPressEvent(event)

    def show_session(self, session: Session) -> None:
        """The markers of a session."""
        self._session = session
        self.model.show_rows(session.markers, editable=not session.recording)
        self._show_able()

    def show_moment(self, t: float) -> None:
        """Select the newest marker at ``t`` s; a new one is added there."""
        self._t = t
        if self.table.state() is not QAbstractItemView.State.EditingState:
            self.table.show_moment(t)

    def add_at(self, t: float) -> None:
        """Add a marker at ``t`` s, and ask for its name in the table."""
        if self._session is None or self._session.recording:
            return
        taken = {marker.name for marker in self._session.markers}
        number = next(n for n in range(1, len(taken) + 2) if f"Marker {n}" not in taken)
        self._naming = Marker(round(max(0.0, t), 3), f"Marker {number}")
        folder, marker = self._session.folder, self._naming
        self._start(lambda: add_marker(folder, marker))

    def restore(self, marker: Marker) -> None:
        """Bring a marker back that was deleted."""
        if self._session is not None:
            folder = self._session.folder
            self._start(lambda: add_marker(folder, marker))

    def show_menu(self, t: float, marker: Marker | None, place: QPoint) -> None:
        """What can be done at a moment or with its marker, at a place of the screen."""
        if self._session is None or self._session.recording:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if marker is None:
            menu.addAction("&Add marker here", lambda: self.add_at(t))
        else:
            menu.addAction("&Rename marker", lambda: self._ask_name(marker))
            menu.addAction("&Delete marker", lambda: self._remove(marker))
        menu.popup(place)

    def apply_look(self, look: Look) -> None:
        """Another size."""
        self.table.apply_look(look)
        self._rows.setSpacing(look.px(6))
        self._row.setSpacing(look.px(6))

    @property
    def selected(self) -> Marker | None:
        """The marker in the selected row."""
        row = self.table.currentIndex().row()
        markers = () if self._session is None else self._session.markers
        return markers[row] if 0 <= row < len(markers) else None

    def _ask_name(self, marker: Marker) -> None:
        """Type over its name in the table."""
        if self._session is not None and marker in self._session.markers:
            self.naming.emit()
            index = self.model.index(self._session.markers.index(marker), 1)
            self.table.setCurrentIndex(index)
            self.table.edit(index)

    def _remove(self, marker: Marker) -> None:
        if self._session is not None:
            folder = self._session.folder
            self._start(lambda: delete_marker(folder, marker), gone=marker)

    def _start(self, change: Change, gone: Marker | None = None) -> None:
        session = self._session

        def done(job: Job) -> None:
            if session is None or self._session is None or self._session.folder != session.folder:
                return
            self.problem.emit(job.problem)
            if isinstance(job.result, tuple):
                self.show_session(replace(self._session, markers=job.result))
                self.changed.emit(job.result)
                if gone is not None:
                    self.deleted.emit(gone)
            if self._naming is not None:
                self._ask_name(self._naming)
            self._naming = None

        self._jobs.start("changing the markers", lambda job: change(), done)

    @Slot()
    def _show_able(self) -> None:
        able = self._session is not None and not self._session.recording
        self.add.setEnabled(able)
        for button in (self.rename, self.delete):
            button.setEnabled(able and self.selected is not None)

    @Slot()
    def _on_add(self) -> None:
        self.add_at(self._t)

    @Slot()
    def _on_rename(self) -> None:
        if self.rename.isEnabled() and self.selected is not None:
            self._ask_name(self.selected)

    @Slot()
    def _on_delete(self) -> None:
        if self.delete.isEnabled() and self.selected is not None:
            self._remove(self.selected)

    @Slot(object, str)
    def _on_renamed(self, marker: Marker, name: str) -> None:
        if self._session is not None:
            folder = self._session.folder
            self._start(lambda: rename_marker(folder, marker, name))

    @Slot(QPoint)
    def _on_menu(self, place: QPoint) -> None:
        index = self.table.indexAt(place)
        marker = self.selected if index.isValid() else None
        self.show_menu(self._t, marker, self.table.viewport().mapToGlobal(place))
