"""The list of models, and what can be done with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QMenu,
    QPlainTextEdit,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.look import Look
from app.training.library import ModelEntry
from app.training.parts import button, label
from app.training.standard_test import TestResult
from app.widgets.press_guard import PressGuard

_HEADS = ("Model", "Test error, BPM", "Made", "Trained on", "State")

_ERROR_TIP = (
    "Mean error of the heart rate on the same drawn clips for every model, as"
    " “bench accuracy --quick” prints it. Your own recordings are compared under Compare"
)


class ModelsView(QWidget):
    """Each signal carries the `ModelEntry` that is meant; ``import_asked`` nothing."""

    use_asked = Signal(object)
    test_asked = Signal(object)
    go_on_asked = Signal(object)
    compare_asked = Signal(object)
    fine_tune_asked = Signal(object)
    rename_asked = Signal(object)
    delete_asked = Signal(object)
    onnx_asked = Signal(object)
    copy_asked = Signal(object)
    described = Signal(object, str)
    import_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.models: list[ModelEntry] = []
        self._in_use: Path | None = None
        self._training: Path | None = None
        self._tested: Path | None = None
        self._shown: ModelEntry | None = None
        self.table = QTableWidget(0, len(_HEADS))
        self.notes = QPlainTextEdit()
        self.about = label("muted")
        self.title = label("hero")
        self.use = button("Use it now", "Use it for live readings")
        self.use.setProperty("primary", "true")
        self.test = button("Test", "Read the same drawn clips as with every model: a few minutes")
        self.go_on = button("Continue training", "Continue its run exactly where it stopped")
        self.compare = button("Compare…", "With the model in use")
        self.fine_tune = button("Fine-tune…", "Start a training from these weights")
        self.rename = button("Rename…", "Call it something else (F2)")
        self.delete = button("Delete…", "Delete it from the disk (Del)")
        self.export = button("Export", "A copy of it, or ONNX for other programs")
        self.get = button("Import…", "Weights of AimaNet, rPPG-Toolbox, open-rppg, MTTS-CAN")
        self.guard = PressGuard(self.use)
        self._fill()
        self._lay_out()
        self._connect()

    def _fill(self) -> None:
        self.table.setHorizontalHeaderLabels(list(_HEADS))
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.setWordWrap(False)
        self.table.setAccessibleName("Models")
        self.table.verticalHeader().hide()
        error = self.table.horizontalHeaderItem(1)
        assert error is not None
        error.setToolTip(_ERROR_TIP)
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        for column in (0, 1, 2, 4):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        self.notes.setPlaceholderText("Notes on this model")
        self.notes.setAccessibleName("Notes on the model")
        self.notes.setTabChangesFocus(True)
        for words in (self.about, self.title):
            words.setWordWrap(True)
        self.about.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        menu = QMenu(self.export)
        self.copy = menu.addAction("&Copy of the weights…")
        self.onnx = menu.addAction("As &ONNX…")
        self.export.setMenu(menu)

    def _lay_out(self) -> None:
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        left = QFrame()
        left.setProperty("card", "true")
        self._left = QVBoxLayout(left)
        self._left.addWidget(self.table, 1)
        foot = QHBoxLayout()
        foot.addWidget(self.get)
        foot.addStretch()
        self._left.addLayout(foot)
        self.side = QFrame()
        self.side.setProperty("card", "true")
        self._side = QVBoxLayout(self.side)
        for part in (self.title, self.about, self.notes):
            self._side.addWidget(part)
        self._side.addStretch()
        for buttons in (
            (self.use, self.test, self.compare),
            (self.go_on, self.fine_tune),
            (self.rename, self.export, self.delete),
        ):
            row = QHBoxLayout()
            for one in buttons:
                row.addWidget(one, 1)
            self._side.addLayout(row)
        self._row.addWidget(left, 1)
        self._row.addWidget(self.side)

    def _connect(self) -> None:
        self.table.itemSelectionChanged.connect(self._on_selected)
        self.get.clicked.connect(self.import_asked)
        self.use.clicked.connect(self._on_use)
        self.test.clicked.connect(self._on_test)
        self.go_on.clicked.connect(self._on_go_on)
        self.compare.clicked.connect(self._on_compare)
        self.fine_tune.clicked.connect(self._on_fine_tune)
        self.rename.clicked.connect(self._on_rename)
        self.delete.clicked.connect(self._on_delete)
        self.copy.triggered.connect(self._on_copy)
        self.onnx.triggered.connect(self._on_onnx)

    @property
    def selected(self) -> ModelEntry | None:
        """The model whose details are shown."""
        row = self.table.currentRow()
        return self.models[row] if 0 <= row < len(self.models) else None

    def show_models(
        self,
        models: Sequence[ModelEntry],
        in_use: Path | None,
        training: Path | None,
        tested: Path | None,
    ) -> None:
        """Show another list; the selection stays where it can."""
        self.keep_notes()
        before = self.selected.path if self.selected else None
        self.models, self._in_use = list(models), in_use
        self._training, self._tested = training, tested
        self.table.blockSignals(True)
        self.table.setRowCount(len(models))
        for row, model in enumerate(models):
            for column, words in enumerate(self._cells(model)):
                item = QTableWidgetItem(words)
                item.setToolTip(words)
                self.table.setItem(row, column, item)
        paths = [m.path for m in models]
        self.table.selectRow(paths.index(before) if before in paths else 0)
        self.table.blockSignals(False)
        self._on_selected()

    def select(self, path: Path) -> None:
        """Show the details of one."""
        for row, model in enumerate(self.models):
            if model.path == path:
                self.table.selectRow(row)

    def keep_notes(self) -> None:
        """Save what was typed about the model that is shown."""
        model = self._shown
        if model is not None and self.notes.toPlainText().strip() != model.notes:
            self.described.emit(model, self.notes.toPlainText())
            self._shown = replace(model, notes=self.notes.toPlainText().strip())

    def let_go(self) -> None:
        """What is shown is no more, or elsewhere: its notes are not saved again."""
        self._shown = None

    def is_in_use(self, model: ModelEntry) -> bool:
        """It is what TS-CAN reads with."""
        if self._in_use is None:
            return model.shipped
        return not model.shipped and model.path.resolve() == self._in_use.resolve()

    def _cells(self, model: ModelEntry) -> list[str]:
        error = "not tested" if model.test is None else _error(model.test)
        name = "AimaNet's own weights" if model.shipped else model.name
        data = model.head.data or model.head.origin
        return [name, error, model.head.created or "–", data or "–", self._state(model)]

    def _state(self, model: ModelEntry) -> str:
        if self._training == model.path:
            return "in training"
        if self._tested == model.path:
            return "being tested"
        told = ["in use"] if self.is_in_use(model) else []
        if model.run is not None and model.run.half_done:
            told.append("half done")
        if model.problem and not (model.run and model.run.half_done):
            told.append("cannot be used")
        return ", ".join(told)

    @Slot()
    def _on_selected(self) -> None:
        model = self.selected
        if self._shown is not None and (model is None or model.path != self._shown.path):
            self.keep_notes()
        self._shown = model
        self.side.setVisible(model is not None)
        if model is None:
            return
        self.title.setText(self._cells(model)[0])
        self.about.setText(details(model))
        self.notes.setPlainText(model.notes)
        self.notes.setVisible(not model.shipped)
        self._allow(model)

    def _allow(self, model: ModelEntry) -> None:
        whole, training = not model.problem, self._training == model.path
        in_use = self.is_in_use(model)
        self.use.setEnabled(whole and not in_use)
        text = "In use" if in_use else "Use it now"
        if text != self.use.text():
            self.guard.hold()
            self.use.setText(text)
        self.test.setEnabled(whole and self._tested is None and not training)
        self.go_on.setVisible(bool(model.run and model.run.half_done))
        self.go_on.setEnabled(self._training is None)
        for part in (self.compare, self.export, self.fine_tune):
            part.setEnabled(whole)
        for part in (self.rename, self.delete):
            part.setEnabled(not model.shipped and not training)
        self.delete.setToolTip(
            "The weights that come with AimaNet stay"
            if model.shipped
            else "It is being trained: cancel that first"
            if training
            else "Delete it from the disk (Del)"
        )

    def apply_look(self, look: Look) -> None:
        """Other colours or another size."""
        px = look.px
        self._row.setSpacing(px(10))
        self._left.setContentsMargins(px(6), px(6), px(6), px(10))
        self._side.setContentsMargins(px(16), px(14), px(16), px(14))
        self._side.setSpacing(px(10))
        self.side.setFixedWidth(px(380))
        self.notes.setMaximumHeight(px(90))
        self.table.verticalHeader().setDefaultSectionSize(px(34))

    @Slot()
    def _on_use(self) -> None:
        self.use_asked.emit(self.selected)

    @Slot()
    def _on_test(self) -> None:
        self.test_asked.emit(self.selected)

    @Slot()
    def _on_go_on(self) -> None:
        self.go_on_asked.emit(self.selected)

    @Slot()
    def _on_compare(self) -> None:
        self.compare_asked.emit(self.selected)

    @Slot()
    def _on_fine_tune(self) -> None:
        self.fine_tune_asked.emit(self.selected)

    @Slot()
    def _on_rename(self) -> None:
        if self.rename.isEnabled():
            self.rename_asked.emit(self.selected)

    @Slot()
    def _on_delete(self) -> None:
        if self.delete.isEnabled():
            self.delete_asked.emit(self.selected)

    @Slot()
    def _on_copy(self) -> None:
        self.copy_asked.emit(self.selected)

    @Slot()
    def _on_onnx(self) -> None:
        self.onnx_asked.emit(self.selected)


def _error(test: TestResult) -> str:
    return "no rate" if test.mae_bpm is None else f"{test.mae_bpm:.2f}"


def details(model: ModelEntry) -> str:
    """What is known about a model, in lines."""
    head, lines = model.head, []
    if model.problem:
        lines.append(f"{model.problem[0].upper()}{model.problem[1:]}.")
    if head.data:
        lines.append(f"Trained on {head.data}.")
    if head.origin:
        lines.append(f"Imported from {head.origin}.")
    if head.steps:
        made = f", {head.created}" if head.created else ""
        steps = "step" if head.steps == 1 else "steps"
        lines.append(f"{head.steps} {steps}{made}.")
    if model.test is not None:
        lines.append(f"Mean error in the standard test: {model.test.words}.")
    if model.mae_bpm is not None:
        lines.append(
            f"Error in its last validation: {model.mae_bpm:.2f} BPM, on single windows of its own"
            " data; not comparable between models."
        )
    if model.size:
        lines.append(f"{head.image_size} px, {head.fs:g} Hz, {model.size / 1e6:.1f} MB.")
    if model.run is not None and model.run.half_done and model.run.last is not None:
        lines.append(f"Its training stopped at step {model.run.last.step}.")
    return "\n".join(lines)
