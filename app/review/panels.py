"""Beside the picture: what is known of a session, its readings, its markers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtWidgets import (
    QGridLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from aimanet.methods import LABELS
from aimanet.sessions.library import SessionEntry
from aimanet.sessions.reader import Marker, RecordedReading, Session
from aimanet.words import trusted_bpm
from app.look import DARK, Look
from app.review import words
from app.review.rhythm_panel import RhythmPanel
from app.wording import one_line, short_words, tip, wording

Index = QModelIndex | QPersistentModelIndex

_LONGEST_NAME = 200


class AboutPanel(QScrollArea):
    """The figures of the recording, and where the session comes from."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setAccessibleName("About the session")
        self._look = DARK
        self._inside = QWidget()
        self._rows = QVBoxLayout(self._inside)
        self._figures, self._facts = QGridLayout(), QGridLayout()
        self._facts.setColumnStretch(1, 1)
        self.rhythm = RhythmPanel()
        self._rows.addLayout(self._figures)
        self._rows.addWidget(self.rhythm)
        self._rows.addLayout(self._facts)
        self._rows.addStretch()
        self.setWidget(self._inside)
        self.numbers: dict[str, QLabel] = {}
        for column, name in enumerate(("Mean heart rate", "Good signal", "Length")):
            self.numbers[name] = _label("", "number")
            self._figures.addWidget(_label(name, "note"), 0, column)
            self._figures.addWidget(self.numbers[name], 1, column)
        self.facts: dict[str, QLabel] = {}

    def show_session(self, session: Session, entry: SessionEntry) -> None:
        """What is known of it."""
        tally = session.tally
        self.numbers["Mean heart rate"].setText(words.bpm(tally.hr_bpm, 1))
        self.numbers["Mean heart rate"].setToolTip("BPM, of the readings with a good signal")
        self.numbers["Good signal"].setText(words.percent(tally.ok_share))
        self.numbers["Length"].setText(words.clock(session.duration_s))
        while (item := self._facts.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        self.facts = {}
        for row, (name, text) in enumerate(facts_of(session, entry)):
            shown = short_words(text, 32)
            self.facts[name] = _label(shown, "")
            self.facts[name].setToolTip(tip(text) if shown != text else "")
            self.facts[name].setWordWrap(True)
            self.facts[name].setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._facts.addWidget(_label(name, "note"), row, 0, Qt.AlignmentFlag.AlignTop)
            self._facts.addWidget(self.facts[name], row, 1)

    def apply_look(self, look: Look) -> None:
        """Another size."""
        px = look.px
        self.rhythm.apply_look(look)
        self._rows.setContentsMargins(px(6), px(8), px(10), px(6))
        self._rows.setSpacing(px(12))
        self._figures.setHorizontalSpacing(px(18))
        self._figures.setVerticalSpacing(px(1))
        self._facts.setHorizontalSpacing(px(14))
        self._facts.setVerticalSpacing(px(6))


def facts_of(session: Session, entry: SessionEntry) -> list[tuple[str, str]]:
    """Names and words, only of what is known."""
    info = session.info
    model = f", weights {info.model.name}" if info.model is not None and info.model.name else ""
    method = LABELS.get(info.method, info.method)
    pace = f", {info.fps:.4g} per second" if info.fps else ""
    picture = f", {info.size[0]}×{info.size[1]} px" if info.size and info.kept != "none" else ""
    source = " · ".join(dict.fromkeys(filter(None, (info.source.label, info.camera.detail))))
    facts = [
        ("Participant", entry.participant),
        ("Notes", entry.notes.strip()),
        ("Recorded", words.long_day(info.started)),
        ("Method", f"{method}{model}"),
        ("Window", f"{info.window_s:g} s" if info.window_s else ""),
        ("Source", source),
        ("Video", f"{words.KEPT[info.kept]}{picture}"),
        ("Picture", _compressed(session)),
        ("Frames", f"{words.count(len(session.frames), 'frame')}{pace}{_holes(session)}"),
        ("Size", words.size(entry.size_bytes)),
        ("AimaNet", info.versions.get("aimanet", "")),
        ("Folder", str(session.folder)),
    ]
    return [(name, text) for name, text in facts if text]


def _compressed(session: Session) -> str:
    """The whole picture beside a face; empty without one."""
    info = session.info.picture
    if info is None:
        return ""
    if session.compressed is None:
        return "missing: its file is not in the session's folder any more"
    size = f", {info.size[0]}×{info.size[1]} px" if info.size else ""
    lost = f"; {words.count(info.dropped, 'frame')} missing in it" if info.dropped else ""
    return f"compressed (H.264){size}{lost}"


def _holes(session: Session) -> str:
    dropped, missing = session.info.dropped or 0, session.frames.missing
    if dropped:
        return f"; {dropped:,} dropped because the disk was too slow"
    return f"; {missing:,} missing" if missing else ""


class ReadingsModel(QAbstractTableModel):
    """The readings of the day."""

    HEADS = ("Time", "BPM", "SNR, dB", "Quality", "State")

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: Sequence[RecordedReading] = ()
        self._look = DARK
        self.t = np.empty(0)

    def show_rows(self, rows: Sequence[RecordedReading]) -> None:
        """Other readings."""
        self.beginResetModel()
        self._rows, self.t = rows, np.array([row.t for row in rows])
        self.endResetModel()

    def set_look(self, look: Look) -> None:
        """Other colours."""
        self._look = look

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """How many readings."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """What is said of each."""
        return 0 if parent.isValid() else len(self.HEADS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Names of the columns."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.HEADS[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """One cell."""
        row, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            snr = words.NOTHING if row.snr_db is None else f"{row.snr_db:.1f}"
            state = wording(row.state, row.reason).title
            rate = words.bpm(trusted_bpm(row), 1)
            cells = (words.clock(row.t, tenths=True), rate, snr, f"{row.quality:.0%}", state)
            return cells[column]
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._look.color(wording(row.state, row.reason).role if column == 4 else "text")
        return None


class MarkersModel(QAbstractTableModel):
    """The markers in the order of time; ``renamed`` carries one and the name that was typed."""

    renamed = Signal(object, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: Sequence[Marker] = ()
        self._editable = False
        self.t = np.empty(0)

    def show_rows(self, rows: Sequence[Marker], *, editable: bool) -> None:
        """Other markers."""
        self.beginResetModel()
        self._editable = editable
        self._rows, self.t = rows, np.array([row.t for row in rows])
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """How many markers."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """When and what."""
        return 0 if parent.isValid() else 2

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Names of the columns."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return ("Time", "Marker")[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """One cell."""
        row = self._rows[index.row()]
        if role == Qt.ItemDataRole.EditRole:
            return one_line(row.name)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            name = one_line(row.name) or "(without a name)"
            said = (words.clock(row.t, tenths=True), name)[index.column()]
            return tip(said) if role == Qt.ItemDataRole.ToolTipRole else said
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Names can be typed over."""
        flags = super().flags(index)
        if self._editable and index.column() == 1:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Ask for another name; the table follows once it is on the disk."""
        marker, name = self._rows[index.row()], " ".join(str(value).split())[:_LONGEST_NAME]
        if role == Qt.ItemDataRole.EditRole and name != one_line(marker.name):
            self.renamed.emit(marker, name)
        return False


def _label(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", role)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
    return label
