"""The sessions as a table: sorted by any column, narrowed down by words, renamed in place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont

from aimanet.sessions.library import SessionEntry
from app.look import DARK, Look
from app.review import words
from app.wording import one_line, tip

Index = QModelIndex | QPersistentModelIndex

COLUMNS = (
    "Date",
    "Name",
    "Length",
    "Heart rate",
    "Good signal",
    "Participant",
    "Notes",
    "Size",
    "State",
)
DATE, NAME, LENGTH, RATE, GOOD, PARTICIPANT, NOTES, SIZE, STATE = range(len(COLUMNS))

_TIPS = {
    RATE: "Mean heart rate of the readings with a good signal, BPM",
    GOOD: "Share of the readings that could be trusted",
    SIZE: "All files of the session together",
}
_RIGHT = (LENGTH, RATE, SIZE)

SORT_ROLE = int(Qt.ItemDataRole.UserRole)
ENTRY_ROLE = SORT_ROLE + 1


class SessionsModel(QAbstractTableModel):
    """A row for each session; ``renamed`` carries a folder and the name that was typed."""

    renamed = Signal(object, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: list[SessionEntry] = []
        self._look = DARK

    @property
    def entries(self) -> Sequence[SessionEntry]:
        """What is in the table."""
        return self._entries

    def show_entries(self, entries: Sequence[SessionEntry]) -> None:
        """Take over a new list."""
        self.beginResetModel()
        self._entries = list(entries)
        self.endResetModel()

    def replace(self, entry: SessionEntry) -> None:
        """One session has changed."""
        row = self.row_of(entry.folder)
        if row is not None:
            self._entries[row] = entry
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))

    def row_of(self, folder: Path) -> int | None:
        """Where a session stands."""
        return next((n for n, e in enumerate(self._entries) if e.folder == folder), None)

    def apply_look(self, look: Look) -> None:
        """Other colours."""
        self._look = look
        if self._entries:
            last = self.index(len(self._entries) - 1, len(COLUMNS) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """How many sessions."""
        return 0 if parent.isValid() else len(self._entries)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """How much is said of each."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """The columns' names and what they mean."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return _TIPS.get(section)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """One cell."""
        entry, column = self._entries[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(entry, column)
        if role == Qt.ItemDataRole.EditRole:
            return entry.name if column == NAME else _text(entry, column)
        if role == SORT_ROLE:
            return _key(entry, column)
        if role == ENTRY_ROLE:
            return entry
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tip(entry, column)
        return self._style(entry, column, role)

    def _style(self, entry: SessionEntry, column: int, role: int) -> object:
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._look.color(_role(entry, column))
        if role == Qt.ItemDataRole.FontRole and column == NAME:
            return self._look.font(13, QFont.Weight.DemiBold)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Names can be typed over, but those of sessions that cannot be written."""
        flags = super().flags(index)
        entry = self._entries[index.row()]
        if index.column() == NAME and not entry.problem and not entry.recording:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Ask for another name; the table follows once it is on the disk."""
        entry = self._entries[index.row()]
        name = " ".join(str(value).split())
        if role != Qt.ItemDataRole.EditRole or name == entry.name:
            return False
        self.renamed.emit(entry.folder, name)
        return False


def _alignment(column: int) -> int:
    side = Qt.AlignmentFlag.AlignRight if column in _RIGHT else Qt.AlignmentFlag.AlignLeft
    return int(side | Qt.AlignmentFlag.AlignVCenter)


def _text(entry: SessionEntry, column: int) -> str:
    if entry.problem and column in (LENGTH, RATE, GOOD):
        return words.NOTHING
    texts = {
        DATE: words.day(entry.started),
        NAME: one_line(entry.name),
        LENGTH: words.clock(entry.duration_s),
        RATE: words.bpm(entry.hr_bpm),
        GOOD: words.percent(entry.ok_share),
        PARTICIPANT: one_line(entry.participant),
        NOTES: one_line(brief(entry) if entry.problem else entry.notes),
        SIZE: words.size(entry.size_bytes),
        STATE: words.state(entry),
    }
    return texts[column]


def brief(entry: SessionEntry) -> str:
    """What is wrong with a session, without the way to its folder."""
    return entry.problem.replace(f"{entry.folder}/", "").replace(str(entry.folder), "this folder")


def _key(entry: SessionEntry, column: int) -> object:
    """What a column is sorted by: unknown numbers come first."""
    keys: dict[int, object] = {
        DATE: entry.started.timestamp() if entry.started else 0.0,
        LENGTH: entry.duration_s,
        RATE: -1.0 if entry.hr_bpm is None else entry.hr_bpm,
        GOOD: -1.0 if entry.ok_share is None else entry.ok_share,
        SIZE: float(entry.size_bytes),
    }
    return keys.get(column, _text(entry, column).casefold())


def _tip(entry: SessionEntry, column: int) -> str | None:
    text = _told(entry, column)
    return tip(text) if text else None


def _told(entry: SessionEntry, column: int) -> str:
    if entry.problem:
        return entry.problem
    if column == STATE:
        return entry.video_problem or STATE_TIP[words.state(entry)]
    if column == NAME:
        return f"{one_line(entry.name)}\n{entry.folder}"
    return entry.notes if column == NOTES else ""


STATE_TIP = words.STATE_TIPS


def _role(entry: SessionEntry, column: int) -> str:
    if column == STATE:
        if entry.problem or entry.recording:
            return "bad"
        if entry.interrupted or entry.video_problem:
            return "warn"
        return "ok" if entry.has_reference else "muted"
    if entry.problem:
        return "muted"
    return "text" if column in (NAME, RATE, DATE) else "muted"


class SessionsFilter(QSortFilterProxyModel):
    """Rows in which every word of a search is found: in name, participant, notes or date."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setSortRole(SORT_ROLE)
        self._wanted: list[str] = []

    def search(self, text: str) -> None:
        """Show only what has all the words of ``text``."""
        self.beginFilterChange()
        self._wanted = text.casefold().split()
        self.endFilterChange(QSortFilterProxyModel.Direction.Rows)

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:
        """Whether a session is shown."""
        model = self.sourceModel()
        assert isinstance(model, SessionsModel)
        entry = model.entries[row]
        said = (entry.name, entry.participant, entry.notes, words.day(entry.started))
        haystack = " ".join((*said, entry.folder.name)).casefold()
        return all(word in haystack for word in self._wanted)
