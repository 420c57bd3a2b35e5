"""Two models side by side, on recordings of one's choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QMenu,
    QProgressBar,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.look import Look
from app.training.library import ModelEntry
from app.training.parts import Elided, button, label
from app.widgets.press_guard import PressGuard

Row = tuple[str, ...]

_JUDGED = ("Data", "Model", "Error, BPM", "RMSE, BPM", "Pearson", "SNR, dB", "Videos")
_READ = ("Video", "Model", "Heart rate, BPM", "SNR, dB", "Good readings", "State")


@dataclass(frozen=True, slots=True)
class Contest:
    """Which models read what. ``videos``: files without a label, read one by one."""

    models: tuple[ModelEntry, ...]
    specs: tuple[str, ...]
    videos: bool

    def commands(self) -> list[tuple[str, list[str]]]:
        """What has to be run: the model's name (all of them at once: "") and the words."""
        if not self.videos:
            weights = [_weights(m) for m in self.models]
            words = ["evaluate", "--data", *self.specs, "--methods", "tscan"]
            return [("", [*words, "--weights", *weights, "--jobs", "1", "--json"])]
        return [
            (name_of(model), ["analyze", video, *_named(model), "--json"])
            for video in self.specs
            for model in self.models
        ]


def name_of(model: ModelEntry) -> str:
    """What a model is called in tables."""
    return "AimaNet's own weights" if model.shipped else model.name


def _weights(model: ModelEntry) -> str:
    return "default" if model.shipped else str(model.path)


def _named(model: ModelEntry) -> list[str]:
    return [] if model.shipped else ["--weights", str(model.path)]


def judged_rows(record: dict[str, Any], models: Sequence[ModelEntry]) -> list[Row]:
    """The rows of the table out of what ``evaluate --json`` prints."""
    found = record.get("rows")
    rows: list[Row] = []
    for row in found if isinstance(found, list) else []:
        try:
            summary, number = row["summary"], len(rows) % max(len(models), 1)
            names = [name_of(m) for m in models]
            match = [n for m, n in zip(models, names, strict=True) if row.get("model") == m.name]
            name = match[0] if len(match) == 1 else names[number]
            figures = [_figure(summary, key) for key in ("mae", "rmse", "pearson", "snr")]
            rows.append((str(row["dataset"]), name, *figures, str(summary["videos"])))
        except (KeyError, TypeError):
            continue
    return rows


def read_row(video: str, model: str, record: dict[str, Any]) -> Row:
    """A row of the table out of what ``analyze --json`` prints."""
    readings = record.get("readings")
    states = [r.get("state") for r in readings if isinstance(r, dict)] if readings else []
    good = f"{100 * states.count('ok') / len(states):.0f} %" if states else "–"
    rate, snr = record.get("hr_bpm"), record.get("snr_db")
    state, reason = record.get("state", ""), record.get("reason")
    if state != "ok":  # no number without trust
        rate = None
    return (
        Path(video).name,
        model,
        f"{rate:.1f}" if isinstance(rate, int | float) else "–",
        f"{snr:.1f}" if isinstance(snr, int | float) else "–",
        good,
        str(reason or state).replace("_", " "),
    )


def _figure(summary: dict[str, Any], key: str) -> str:
    value, error = summary.get(key), summary.get(f"{key}_se")
    if not isinstance(value, int | float):
        return "–"
    return f"{value:.2f} ± {error:.2f}" if isinstance(error, int | float) else f"{value:.2f}"


class CompareView(QWidget):
    """``asked`` carries a `Contest`; the page runs it and calls `show_rows`."""

    asked = Signal(object)
    stop_asked = Signal()
    sessions_asked = Signal()
    folder_asked = Signal()
    videos_asked = Signal()
    use_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._models: list[ModelEntry] = []
        self._specs: tuple[str, ...] = ()
        self._videos = False
        self.first, self.second = QComboBox(), QComboBox()
        self.place = Elided("muted")
        self.choose = button("Choose…", "The recordings that both models read")
        self.run = button("Compare", "Let both models read the recordings", primary=True)
        self.stop = button("Stop", "End the comparison")
        self.use = button("Use the first one now", "Use it for live readings")
        self.guard = PressGuard(self.run, self.stop, self.use)
        self.bar = QProgressBar(textVisible=False)
        self.table = QTableWidget()
        self.words = label("muted")
        self._fill()
        self._lay_out()
        self._connect()
        self.choose_specs((), videos=False)
        self.show_busy(False)

    def _fill(self) -> None:
        menu = QMenu(self.choose)
        self.own = menu.addAction("My recorded &sessions")
        self.folder = menu.addAction("A &folder: data set or sessions…")
        self.videos = menu.addAction("&Videos without a label…")
        self.choose.setMenu(menu)
        self.first.setAccessibleName("Model")
        self.second.setAccessibleName("Compared with")
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        self.table.horizontalHeader().setDefaultAlignment(left)
        self.table.horizontalHeader().setHighlightSections(False)
        self.table.setAccessibleName("Comparison")
        self.words.setWordWrap(True)

    def _lay_out(self) -> None:
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        top = QFrame()
        top.setProperty("card", "true")
        self._grid = QGridLayout(top)
        for row, (words, field) in enumerate(
            (("Model", self.first), ("Compared with", self.second), ("On", self.place))
        ):
            self._grid.addWidget(label("caption", words), row, 0)
            self._grid.addWidget(field, row, 1)
        self._grid.addWidget(self.choose, 2, 2)
        self._buttons = buttons = QHBoxLayout()
        buttons.addWidget(self.words, 1)
        for part in (self.stop, self.use, self.run):
            buttons.addWidget(part)
        self._grid.addLayout(buttons, 3, 0, 1, 3)
        self._grid.setColumnStretch(1, 1)
        card = QFrame()
        card.setProperty("card", "true")
        self._inner = QVBoxLayout(card)
        self._inner.addWidget(self.bar)
        self._inner.addWidget(self.table)
        self._column.addWidget(top)
        self._column.addWidget(card, 1)

    def _connect(self) -> None:
        self.own.triggered.connect(self.sessions_asked)
        self.folder.triggered.connect(self.folder_asked)
        self.videos.triggered.connect(self.videos_asked)
        self.run.clicked.connect(self._on_run)
        self.stop.clicked.connect(self.stop_asked)
        self.use.clicked.connect(self._on_use)
        for box in (self.first, self.second):
            box.currentIndexChanged.connect(self._allow)

    def show_models(self, models: Sequence[ModelEntry], in_use: Path | None) -> None:
        """What there is to compare."""
        kept = (self.first.currentData(), self.second.currentData())
        self._models = [m for m in models if not m.problem]
        for box, before in zip((self.first, self.second), kept, strict=True):
            box.blockSignals(True)
            box.clear()
            for model in self._models:
                current = model.shipped if in_use is None else model.path == in_use
                words = "AimaNet's own weights" if model.shipped else model.name
                box.addItem(f"{words} (in use)" if current else words, str(model.path))
            default = 1 if box is self.first and len(self._models) > 1 else 0
            index = box.findData(before) if before else default
            box.setCurrentIndex(max(index, 0))
            box.blockSignals(False)
        self._allow()

    def choose_models(self, first: Path, second: Path) -> None:
        """Have these two compared."""
        for box, path in ((self.first, first), (self.second, second)):
            index = box.findData(str(path))
            if index >= 0:
                box.setCurrentIndex(index)

    def choose_specs(self, specs: Sequence[str], *, videos: bool) -> None:
        """Have these recordings read."""
        self._specs, self._videos = tuple(specs), videos
        self.place.set_text(", ".join(specs) or "choose recordings that neither was trained on")
        self._allow()

    @property
    def contest(self) -> Contest | None:
        """What is chosen, None where something is missing."""
        chosen = [self._model(box) for box in (self.first, self.second)]
        models = tuple(m for m in chosen if m is not None)
        if len(models) < 2 or models[0].path == models[1].path or not self._specs:
            return None
        return Contest(models, self._specs, self._videos)

    def _model(self, box: QComboBox) -> ModelEntry | None:
        path = box.currentData()
        return next((m for m in self._models if str(m.path) == path), None)

    def show_busy(self, busy: bool) -> None:
        """It is being computed, or not."""
        self.bar.setVisible(busy)
        self.bar.setRange(0, 0 if busy else 1)
        if busy != self.stop.isVisibleTo(self):
            self.guard.hold()  # the others move
        self.stop.setVisible(busy)
        self.run.setVisible(not busy)
        self._allow()

    def show_words(self, text: str) -> None:
        """How it stands."""
        self.words.setText(text)

    def show_rows(self, rows: Sequence[Row], *, videos: bool) -> None:
        """The table."""
        heads = _READ if videos else _JUDGED
        self.table.setColumnCount(len(heads))
        self.table.setHorizontalHeaderLabels(list(heads))
        self.table.setRowCount(len(rows))
        for y, row in enumerate(rows):
            for x, words in enumerate(row):
                self.table.setItem(y, x, QTableWidgetItem(words))
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)

    def apply_look(self, look: Look) -> None:
        """Other colours or another size."""
        px = look.px
        self._column.setSpacing(px(10))
        self._grid.setContentsMargins(px(16), px(14), px(16), px(14))
        self._grid.setHorizontalSpacing(px(12))
        self._grid.setVerticalSpacing(px(8))
        self._inner.setContentsMargins(px(8), px(8), px(8), px(8))
        self._buttons.setSpacing(px(8))
        self.table.verticalHeader().setDefaultSectionSize(px(34))

    @Slot()
    def _allow(self) -> None:
        same = self.first.currentData() == self.second.currentData()
        self.run.setEnabled(self.contest is not None)
        self.run.setToolTip(
            "Choose two different models"
            if same
            else "Choose recordings to compare them on"
            if not self._specs
            else "Let both models read the recordings"
        )
        self.use.setEnabled(self._model(self.first) is not None)

    @Slot()
    def _on_run(self) -> None:
        if self.contest is not None:
            self.asked.emit(self.contest)

    @Slot()
    def _on_use(self) -> None:
        self.use_asked.emit(self._model(self.first))
