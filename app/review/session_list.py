"""The table of sessions with its search, and calm words where there is nothing to list."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from aimanet.sessions.layout import sessions_folder
from aimanet.sessions.library import SessionEntry
from app.icons import icon
from app.look import DARK, Look
from app.review import words
from app.review.folder_choice import FolderChoice
from app.review.model import (
    DATE,
    ENTRY_ROLE,
    GOOD,
    LENGTH,
    NAME,
    NOTES,
    PARTICIPANT,
    RATE,
    SIZE,
    STATE,
    SessionsFilter,
    SessionsModel,
)
from app.review.session_table import SessionTable
from app.review.words_card import WordsCard

_WIDTHS = {
    DATE: 150,
    LENGTH: 78,
    RATE: 100,
    GOOD: 112,
    PARTICIPANT: 100,
    SIZE: 84,
    STATE: 118,
}
_BUTTONS = ("open", "rename", "edit", "folder")
_ROW_PX = 36
_ROOMY_PX = 1080


class SessionList(QWidget):
    """Everything of the page while no session is open.

    Signals carry folders; ``delete_asked`` all that are selected.
    """

    open_asked = Signal(object)
    edit_asked = Signal(object)
    delete_asked = Signal(object)
    show_folder_asked = Signal(object)
    export_asked = Signal(object)
    refresh_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = DARK
        self.model = SessionsModel(self)
        self.filter = SessionsFilter(self)
        self.filter.setSourceModel(self.model)
        self.table = SessionTable()
        self.table.setModel(self.filter)
        self.table.sortByColumn(DATE, Qt.SortOrder.DescendingOrder)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search name, participant or notes")
        self.search.setAccessibleName("Search sessions")
        self.search.setToolTip("Every word must be found in name, participant, notes or date")
        self.search.setClearButtonEnabled(True)
        self.summary = QLabel()
        self.summary.setProperty("role", "muted")
        self.actions_ = self._make_actions()
        self.empty = WordsCard()
        self._folder, self._missing = Path(), False
        self.folders = FolderChoice(sessions_folder())
        self._loaded = False
        self._lay_out()
        self._connect()
        self._show_what_fits()

    def _make_actions(self) -> dict[str, QAction]:
        said = {
            "open": ("&Open", "Look at the session (Enter)"),
            "rename": ("&Rename", "Give it another name (F2)"),
            "edit": ("&Details…", "Name, participant and notes"),
            "export": ("E&xport…", "Save it as tables, EDF+, video, picture or report"),
            "folder": ("&Show folder", "Open its folder in the file manager"),
            "copy": ("&Copy path", "The path of its folder, to the clipboard"),
            "delete": ("De&lete…", "Delete what is selected, after asking (Del)"),
        }
        made = {}
        for name, (text, tip) in said.items():
            made[name] = QAction(text, self)
            made[name].setToolTip(tip)
        return made

    def _lay_out(self) -> None:
        self.buttons = {name: QPushButton() for name in (*_BUTTONS, "delete")}
        for name, button in self.buttons.items():
            action = self.actions_[name]
            button.setText(action.text().replace("&", ""))
            button.setToolTip(action.toolTip())
            button.clicked.connect(action.trigger)
        self.buttons["open"].setProperty("primary", "true")
        self.refresh_button = QPushButton("Refresh")
        self.refresh_button.setToolTip("Look again what is in the folder")
        title = QLabel("Sessions")
        title.setProperty("role", "title")
        self._head, self._foot = QHBoxLayout(), QHBoxLayout()
        self._head.addWidget(title)
        self._head.addWidget(self.folders)
        self._head.addWidget(self.summary, 1)
        self._head.addWidget(self.search)
        self._head.addWidget(self.refresh_button)
        for name in _BUTTONS:
            self._foot.addWidget(self.buttons[name])
        self._foot.addStretch()
        self._foot.addWidget(self.buttons["delete"])
        self._card = QFrame()
        self._card.setProperty("card", "true")
        inside = QVBoxLayout(self._card)
        inside.setContentsMargins(1, 6, 1, 6)
        inside.addWidget(self.table)
        self._stack = QStackedLayout()
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.addLayout(self._head)
        self._rows.addLayout(self._stack, 1)
        self._rows.addLayout(self._foot)
        # Only now: a stack that belongs to nobody shows its first widget as a window.
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self._card)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._on_search)
        self.search.returnPressed.connect(self._on_search_done)
        self.refresh_button.clicked.connect(self.refresh_asked)
        self.table.opened.connect(self._on_open)
        self.table.delete_asked.connect(self._on_delete)
        self.table.doubleClicked.connect(self._on_double)
        self.table.customContextMenuRequested.connect(self._on_menu)
        self.table.selectionModel().selectionChanged.connect(self._on_selection)
        self.empty.acted.connect(self._on_empty_action)
        self.actions_["open"].triggered.connect(self._on_open)
        self.actions_["rename"].triggered.connect(self.table.rename_current)
        self.actions_["edit"].triggered.connect(self._on_edit)
        self.actions_["export"].triggered.connect(self._on_export)
        self.actions_["folder"].triggered.connect(self._on_folder)
        self.actions_["copy"].triggered.connect(self._on_copy)
        self.actions_["delete"].triggered.connect(self._on_delete)

    # --- what is shown ----------------------------------------------------------------------

    def show_loading(self, folder: Path) -> None:
        """The list is being read; what was there stays."""
        self._folder = folder
        self._show_what_fits()

    def show_entries(self, entries: Sequence[SessionEntry], *, missing: bool = False) -> None:
        """The list of now, or that the folder is missing; what was selected stays selected."""
        self._missing, first = missing, not self._loaded
        chosen, current = set(self.selected_folders()), self.current_folder()
        scrolled = self.table.verticalScrollBar().value()
        self._loaded = True
        if list(entries) != list(self.model.entries):
            self.model.show_entries(entries)
            self._select(chosen, current)
            self.table.verticalScrollBar().setValue(scrolled)
        self._show_what_fits()
        if first and not self.search.hasFocus():
            self.table.setFocus()  # arrows and Enter work at once

    def select(self, folder: Path) -> None:
        """Make this session the one that is meant."""
        self._select({folder}, folder)
        self.table.scrollTo(self.table.currentIndex())

    def _select(self, folders: set[Path], current: Path | None) -> None:
        selection = self.table.selectionModel()
        selection.clear()
        flags = selection.SelectionFlag.Select | selection.SelectionFlag.Rows
        for row in range(self.filter.rowCount()):
            index = self.filter.index(row, NAME)
            folder = _entry(index).folder
            if folder == current:
                selection.setCurrentIndex(index, selection.SelectionFlag.NoUpdate)
            if folder in folders:
                selection.select(index, flags)
        self._on_selection()

    def _show_what_fits(self) -> None:
        total, shown = len(self.model.entries), self.filter.rowCount()
        self._stack.setCurrentWidget(self._card if shown else self.empty)
        if not self._loaded:
            self.empty.say("waiting", "Looking for sessions…", f"in {self._folder}")
        elif self._missing:
            self.empty.say(
                "search",
                "This folder is not there",
                f"If it is on a drive or share: connect it and press Refresh.\n{self._folder}",
            )
        elif not total:
            self.empty.say(
                "wave",
                "No sessions yet",
                "A session keeps video, pulse wave and readings of a measurement together, to "
                "look at them again. Press Record while you measure, and it appears here.\n"
                f"Sessions are kept on this computer only, in\n{self._folder}",
            )
        elif not shown:
            sought = self.search.text().strip()
            self.empty.say("search", f"No session matches “{sought}”", "", "Clear the search")
        self.refresh_summary()
        self._on_selection()

    def replace(self, entry: SessionEntry) -> None:
        """One session has changed."""
        self.model.replace(entry)
        self._show_what_fits()

    def refresh_summary(self) -> None:
        """Say how many there are."""
        total, shown = len(self.model.entries), self.filter.rowCount()
        self.summary.setText(self._summary(total, shown) if total else "")

    def _summary(self, total: int, shown: int) -> str:
        size = words.size(sum(entry.size_bytes for entry in self.model.entries))
        if shown < total:
            return f"{shown} of {words.count(total, 'session')}"
        return f"{words.count(total, 'session')} · {size}"

    def apply_look(self, look: Look) -> None:
        """Other colours or another size."""
        self._look = look
        px = look.px
        self.model.apply_look(look)
        self.table.bar.look = look
        self.empty.apply_look(look)
        self.folders.apply_look(look)
        for layout in (self._head, self._foot, self._rows):
            layout.setSpacing(px(8))
        self._rows.setSpacing(px(10))
        self.search.setFixedWidth(px(280))
        side = QSize(px(16), px(16))
        self.refresh_button.setIcon(icon("refresh", look.color("muted"), px(16)))
        self.refresh_button.setIconSize(side)
        self.buttons["folder"].setIcon(icon("folder", look.color("muted"), px(16)))
        self.buttons["folder"].setIconSize(side)
        self.table.verticalHeader().setDefaultSectionSize(px(_ROW_PX))
        header = self.table.horizontalHeader()
        for column in (NAME, NOTES):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        for column, width in _WIDTHS.items():
            header.resizeSection(column, px(width))
        header.setMinimumSectionSize(px(60))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little room, the sizes go."""
        super().resizeEvent(event)
        self.table.setColumnHidden(SIZE, self.width() < self._look.px(_ROOMY_PX))

    # --- what is selected -------------------------------------------------------------------

    def selected_entries(self) -> list[SessionEntry]:
        """In the order of the table."""
        rows = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        return [_entry(self.filter.index(row, 0)) for row in rows]

    def selected_folders(self) -> list[Path]:
        """As `selected_entries`."""
        return [entry.folder for entry in self.selected_entries()]

    def current_folder(self) -> Path | None:
        """The session with the keyboard's focus."""
        index = self.table.currentIndex()
        return _entry(index).folder if index.isValid() else None

    @Slot()
    def _on_selection(self) -> None:
        chosen = self.selected_entries()
        usable = len(chosen) == 1 and not chosen[0].problem
        able = {
            "open": len(chosen) == 1,
            "rename": usable and not chosen[0].recording,
            "edit": usable and not chosen[0].recording,
            "export": usable,
            "folder": len(chosen) == 1,
            "copy": len(chosen) == 1,
            "delete": bool(chosen),
        }
        for name, is_able in able.items():
            self.actions_[name].setEnabled(is_able)
        for name, button in self.buttons.items():
            button.setEnabled(able[name])
        for button in self.buttons.values():
            button.setVisible(bool(self.model.entries))

    # --- asking -----------------------------------------------------------------------------

    @Slot(str)
    def _on_search(self, text: str) -> None:
        self.filter.search(text)
        self._show_what_fits()

    @Slot()
    def _on_search_done(self) -> None:
        """Enter in the search goes to what was found."""
        if self.filter.rowCount():
            self.table.selectRow(0)
            self.table.setFocus()

    @Slot()
    def _on_empty_action(self) -> None:
        self.search.clear()
        self.search.setFocus()

    @Slot(QModelIndex)
    def _on_double(self, index: QModelIndex) -> None:
        self.open_asked.emit(_entry(index).folder)

    @Slot()
    def _on_open(self) -> None:
        chosen = self.selected_folders()
        if len(chosen) == 1:
            self.open_asked.emit(chosen[0])

    @Slot()
    def _on_edit(self) -> None:
        self.edit_asked.emit(self.selected_folders()[0])

    @Slot()
    def _on_export(self) -> None:
        self.export_asked.emit(self.selected_folders()[0])

    @Slot()
    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(str(self.selected_folders()[0]))

    @Slot()
    def _on_folder(self) -> None:
        self.show_folder_asked.emit(self.selected_folders()[0])

    @Slot()
    def _on_delete(self) -> None:
        chosen = self.selected_entries()
        if chosen:
            self.delete_asked.emit(chosen)

    @Slot(QPoint)
    def _on_menu(self, place: QPoint) -> None:
        if not self.table.indexAt(place).isValid():
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions(list(self.actions_.values()))
        menu.popup(self.table.viewport().mapToGlobal(place))


def _entry(index: QModelIndex) -> SessionEntry:
    entry = index.data(ENTRY_ROLE)
    assert isinstance(entry, SessionEntry)
    return entry
