"""Which column of a sensor's file is what, in which unit: for a person to see and correct."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QLabel,
    QListView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from aimanet.sessions.reference import IBI_UNITS, RATE_UNITS, TIME_UNITS, Mapping, SensorFile
from app.look import Look

_ROLES = {
    "time": ("Time", TIME_UNITS),
    "ppg": ("PPG", ()),
    "ecg": ("ECG", ()),
    "hr": ("Heart rate", RATE_UNITS),
    "ibi": ("Intervals", IBI_UNITS),
}
_UNIT_FIELDS = {"time": "time_unit", "hr": "hr_unit", "ibi": "ibi_unit"}
_UNIT_WORDS = {"clock": "date/time", "bpm": "BPM", "hz": "Hz", "us": "µs", "d": "days"}
_PREVIEW_ROWS = 6


class MappingForm(QWidget):
    """The file's first rows, and a choice for each role; ``changed`` by hand only."""

    changed = Signal()

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._filling = False
        self._mapping = Mapping()
        self.columns = {role: _combo(words) for role, (words, _) in _ROLES.items()}
        self.units = {role: _combo(f"{_ROLES[role][0]} unit") for role in _UNIT_FIELDS}
        self.rate = QDoubleSpinBox()
        self.rate.setRange(0.0, 100_000.0)
        self.rate.setDecimals(3)
        self.rate.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.rate.setSuffix(" Hz")
        self.rate.setSpecialValueText("as in the file")
        self.rate.setAccessibleName("Samples per second")
        self.rate.setToolTip("Samples per second, for files without a time column")
        self.preview = QTableWidget()
        self.preview.setAccessibleName("First rows of the file")
        self.preview.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.preview.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self.preview.verticalHeader().hide()
        self.preview.verticalHeader().setDefaultSectionSize(look.px(22))
        self.preview.setFixedHeight(look.px(128))
        header = self.preview.horizontalHeader()
        header.setMinimumSectionSize(look.px(72))
        header.setMaximumSectionSize(look.px(320))
        self._lay_out()
        for role in _UNIT_FIELDS:
            for unit in _ROLES[role][1]:
                self.units[role].addItem(_UNIT_WORDS.get(unit, unit), unit)
        self.units["time"].addItem("choose", "")
        for box in (*self.columns.values(), *self.units.values()):
            box.activated.connect(self._on_changed)
        self.rate.editingFinished.connect(self._on_rate)

    def _lay_out(self) -> None:
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(self._look.px(8))
        grid = QGridLayout()
        grid.setHorizontalSpacing(self._look.px(8))
        grid.setVerticalSpacing(self._look.px(4))
        for number, (role, (words, _)) in enumerate(_ROLES.items()):
            caption = QLabel(words)
            caption.setProperty("role", "note")
            grid.addWidget(caption, 0, number)
            grid.addWidget(self.columns[role], 1, number)
            if role in self.units:
                grid.addWidget(self.units[role], 2, number)
            grid.setColumnStretch(number, 1)
        grid.addWidget(self.rate, 2, 1)
        rows.addWidget(self.preview)
        rows.addLayout(grid)

    def show_file(self, file: SensorFile, mapping: Mapping) -> None:
        """Another file, and what its columns seem to be."""
        self._filling = True
        names = [column.name for column in file.columns]
        rows = file.preview(_PREVIEW_ROWS)
        self.preview.setColumnCount(len(names))
        self.preview.setRowCount(len(rows))
        self.preview.setHorizontalHeaderLabels(names)
        for row, cells in enumerate(rows):
            for column, text in enumerate(cells):
                self.preview.setItem(row, column, QTableWidgetItem(text))
        self.preview.resizeColumnsToContents()
        for box in self.columns.values():
            box.clear()
            box.addItem("–", None)
            for number, name in enumerate(names):
                box.addItem(name, number)
        self._filling = False
        self.show_mapping(mapping)

    def show_mapping(self, mapping: Mapping) -> None:
        """What is chosen now."""
        self._filling = True
        self._mapping = mapping
        for role, box in self.columns.items():
            at = getattr(mapping, role)
            box.setCurrentIndex(0 if at is None else box.findData(at))
        for role, box in self.units.items():
            box.setCurrentIndex(max(0, box.findData(getattr(mapping, _UNIT_FIELDS[role]))))
            box.setEnabled(getattr(mapping, role) is not None)
        self.rate.setValue(mapping.rate_hz or 0.0)
        self.rate.setEnabled(mapping.time is None)
        self._filling = False

    @property
    def mapping(self) -> Mapping:
        """What is chosen."""
        return self._mapping

    @Slot()
    def _on_changed(self) -> None:
        if self._filling:
            return
        chosen = {role: box.currentData() for role, box in self.columns.items()}
        units = {_UNIT_FIELDS[role]: box.currentData() for role, box in self.units.items()}
        rate = self.rate.value() or None
        self.show_mapping(
            replace(
                self._mapping, **chosen, **units, rate_hz=rate if chosen["time"] is None else None
            )
        )
        self.changed.emit()

    @Slot()
    def _on_rate(self) -> None:
        if (self.rate.value() or None) != self._mapping.rate_hz:
            self._on_changed()


def _combo(name: str) -> QComboBox:
    box = QComboBox()
    box.setView(QListView())
    box.setAccessibleName(name)
    box.setMinimumContentsLength(6)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    return box
