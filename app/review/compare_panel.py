"""Re-analysis: choose a method, see how far it is, and what came of it side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QListView,
    QProgressBar,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from aimanet.methods import LABELS
from app.look import DARK, Look
from app.review import words
from app.review.analysis import Analysis, Wish
from app.review.plots import named
from app.widgets.press_guard import PressGuard

_FILES = "Checkpoints (*.safetensors);;All files (*)"
_OTHER = "other"


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the small table.

    ``off_bpm`` is the mean distance from the recorded readings, ``error_bpm`` from the reference.
    """

    name: str
    color: str
    hr_bpm: float | None
    ok_share: float | None
    off_bpm: float | None
    error_bpm: float | None = None


class ComparePanel(QWidget):
    """Asks for analyses (``run_asked``), their end and their removal; shows a row for each.

    ``shown_changed`` carries a name and whether its curve is wanted in the plots.
    """

    run_asked = Signal(object)
    cancel_asked = Signal()
    remove_asked = Signal(str)
    shown_changed = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = DARK
        self._lines: Sequence[Line] = ()
        self._dialog: QFileDialog | None = None
        self.method = QComboBox()
        self.method.setView(QListView())
        self.method.setAccessibleName("Method to read the session again with")
        for name, label in LABELS.items():
            self.method.addItem(label, name)
        self.method.addItem("TS-CAN with other weights…", _OTHER)
        self.method.setCurrentIndex(1)
        self.whole = QCheckBox("From the compressed picture")
        self.whole.setToolTip(
            "Search the face again in the whole picture. Compression costs some of the pulse; "
            "without the tick the lossless face is read"
        )
        self.whole.hide()
        self.run = QPushButton("Re-analyse")
        self.run.setProperty("primary", "true")
        self.run.setToolTip("Read the whole session again with this method")
        self.cancel = QPushButton("Cancel")
        self.cancel.setToolTip("Stop reading; what was there before stays")
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setRange(0, 1000)
        self.progress.setAccessibleName("Progress of the analysis")
        self.told = QLabel()
        self.told.setProperty("role", "note")
        self.told.setWordWrap(True)
        self.table = self._make_table()
        self.remove = QPushButton("Remove")
        self.remove.setToolTip("Take the selected analysis away")
        self.guard = PressGuard(self.run, self.cancel)
        self._lay_out()
        self.run.clicked.connect(self._on_run)
        self.cancel.clicked.connect(self.cancel_asked)
        self.remove.clicked.connect(self._on_remove)
        self.table.itemChanged.connect(self._on_item)
        self.table.itemSelectionChanged.connect(self._on_selection)
        self.show_idle()

    def _make_table(self) -> QTableWidget:
        table = QTableWidget(0, 5)
        table.setAccessibleName("The same session read by different methods")
        table.setHorizontalHeaderLabels(["Method", "Mean BPM", "Good", "Differs", "Error"])
        tips = (
            "A tick shows its curve in the plots",
            "Mean heart rate of the readings with a good signal",
            "Share of readings that could be trusted",
            "Mean absolute difference from the recorded readings, BPM",
            "Mean absolute error against the reference, BPM",
        )
        for column, tip in enumerate(tips):
            heading = table.horizontalHeaderItem(column)
            assert heading is not None
            heading.setToolTip(tip)
            side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
            heading.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.verticalHeader().hide()
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        return table

    def _lay_out(self) -> None:
        self._top, self._rows = QHBoxLayout(), QVBoxLayout(self)
        self._top.addWidget(self.method, 1)
        self._top.addWidget(self.run)
        self._top.addWidget(self.cancel)
        self._rows.addLayout(self._top)
        self._rows.addWidget(self.whole)
        self._rows.addWidget(self.progress)
        self._rows.addWidget(self.told)
        self._rows.addWidget(self.table, 1)
        self._rows.addWidget(self.remove, 0, Qt.AlignmentFlag.AlignLeft)

    # --- what is shown ----------------------------------------------------------------------

    def show_possible(self, problem: str, compressed: bool) -> None:
        """Whether this session can be read again, else why not; or from a compressed picture."""
        self.whole.setVisible(compressed and not problem)
        self.whole.setChecked(False)
        self.run.setEnabled(not problem)
        self.method.setEnabled(not problem)
        self.told.setText(problem)
        self.told.setVisible(bool(problem))

    def show_running(self, share: float, text: str) -> None:
        """An analysis is under way."""
        self._show_cancel(True)
        self.method.setEnabled(False)
        self.progress.show()
        self.progress.setValue(round(1000 * share))
        self.told.setText(text)
        self.told.show()

    def show_idle(self) -> None:
        """Nothing is under way."""
        self._show_cancel(False)
        self.progress.hide()
        self.told.hide()
        self.method.setEnabled(True)

    def _show_cancel(self, running: bool) -> None:
        if self.run.isHidden() != running:
            self.guard.hold()  # one takes the other's place
        self.run.setVisible(not running)
        self.cancel.setVisible(running)

    def show_lines(self, lines: Sequence[Line], hidden: set[str], with_error: bool) -> None:
        """A row for the recorded readings, and one for each analysis."""
        chosen = self.selected
        self._lines = lines
        self.table.blockSignals(True)
        self.table.setColumnHidden(4, not with_error)
        self.table.setRowCount(len(lines))
        for row, line in enumerate(lines):
            for column, text in enumerate(_cells(line)):
                item = QTableWidgetItem(text)
                if column:
                    item.setTextAlignment(
                        Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                    )
                self.table.setItem(row, column, item)
            first = self.table.item(row, 0)
            assert first is not None
            first.setToolTip(line.name)
            first.setIcon(self._swatch(line.color))
            shown = line.name not in hidden
            first.setCheckState(Qt.CheckState.Checked if shown else Qt.CheckState.Unchecked)
        self.table.blockSignals(False)
        names = [line.name for line in lines]
        if chosen in names:
            self.table.selectRow(names.index(chosen))
        self._on_selection()

    def _swatch(self, color: str) -> QIcon:
        side = self._look.px(12)
        pixmap = QPixmap(side, side)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(named(self._look, color))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawEllipse(1, 1, side - 2, side - 2)
        painter.end()
        made = QIcon(pixmap)
        made.addPixmap(pixmap, QIcon.Mode.Selected)
        return made

    def apply_look(self, look: Look) -> None:
        """Other colours or another size."""
        self._look = look
        px = look.px
        self._rows.setContentsMargins(px(6), px(10), px(6), px(4))
        self._rows.setSpacing(px(8))
        self._top.setSpacing(px(8))
        self.table.verticalHeader().setDefaultSectionSize(px(30))
        self.table.setIconSize(QSize(px(12), px(12)))
        for column, width in ((1, 94), (2, 66), (3, 76), (4, 66)):
            self.table.horizontalHeader().resizeSection(column, px(width))

    # --- asking -----------------------------------------------------------------------------

    @property
    def selected(self) -> str:
        """The name in the selected row; empty for none."""
        row = self.table.currentRow()
        return self._lines[row].name if 0 <= row < len(self._lines) else ""

    @Slot()
    def _on_run(self) -> None:
        method = self.method.currentData()
        if method != _OTHER:
            self.run_asked.emit(Wish(method, whole=self.whole.isChecked()))
            return
        self._dialog = QFileDialog(self, "Choose weights for TS-CAN", str(Path.home()), _FILES)
        self._dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        self._dialog.fileSelected.connect(self._on_weights)
        self._dialog.open()

    @Slot(str)
    def _on_weights(self, path: str) -> None:
        self.run_asked.emit(Wish("tscan", Path(path), self.whole.isChecked()))

    @Slot()
    def _on_remove(self) -> None:
        self.remove_asked.emit(self.selected)

    @Slot()
    def _on_selection(self) -> None:
        self.remove.setEnabled(self.table.currentRow() > 0)
        self.remove.setVisible(len(self._lines) > 1)

    @Slot(QTableWidgetItem)
    def _on_item(self, item: QTableWidgetItem) -> None:
        if item.column() == 0:
            shown = item.checkState() is Qt.CheckState.Checked
            self.shown_changed.emit(self._lines[item.row()].name, shown)


def line_for(analysis: Analysis, color: str, error_bpm: float | None = None) -> Line:
    """The row of an analysis."""
    return Line(
        analysis.name,
        color,
        analysis.hr_bpm,
        analysis.ok_share,
        analysis.against.mae_bpm,
        error_bpm,
    )


def _cells(line: Line) -> tuple[str, ...]:
    off = words.NOTHING if line.off_bpm is None else f"{line.off_bpm:.1f}"
    error = words.NOTHING if line.error_bpm is None else f"{line.error_bpm:.1f}"
    return line.name, words.bpm(line.hr_bpm, 1), words.percent(line.ok_share), off, error
