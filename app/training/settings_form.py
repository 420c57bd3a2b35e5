"""How to train: the few settings that matter, and the rest behind “More”."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.look import Look
from app.training.library import ModelEntry
from app.training.parts import label

_OTHER = "Another checkpoint…"
_SPIN_MARGIN = 10
"""Px; what the padding of the line edits beside them is."""


@dataclass(frozen=True, slots=True)
class Extra:
    """A setting of `train` behind “More”: its flag, its words, and what it may be."""

    flag: str
    words: str
    tip: str
    default: str
    choices: tuple[str, ...] = ()


EXTRAS = (
    Extra(
        "--keep",
        "Result",
        "What the model gets at the end: the last weights or the best ones",
        "last",
        ("last", "best"),
    ),
    Extra("--val-share", "Kept apart", "Share of the people kept for validation", "0.2"),
    Extra("--validate-every", "Validate every", "Steps between two validations", "100"),
    Extra("--validation-clips", "Validation clips", "Drawn clips a validation uses", "48"),
    Extra("--patience", "Patience", "Stop after so many validations without a better one", "0"),
    Extra(
        "--optimizer",
        "Optimizer",
        "How the weights are moved",
        "adamw",
        ("adamw", "adam", "sgd", "adadelta"),
    ),
    Extra(
        "--schedule",
        "Schedule",
        "How the learning rate goes down",
        "cosine",
        ("cosine", "onecycle", "step", "constant"),
    ),
    Extra("--loss", "Loss", "What is made small", "pearson", ("pearson", "mse", "sum")),
    Extra(
        "--augment",
        "Augment",
        "Full mirrors, tints and stretches recordings; flip mirrors only",
        "full",
        ("full", "flip", "none"),
    ),
    Extra("--weight-decay", "Weight decay", "Of the optimizer", "0.001"),
    Extra("--ema", "Mean of weights", "Decay of the running mean that is saved", "0.995"),
    Extra("--seed", "Seed", "Of faces, weights, order and augmentation", "1"),
)
"""A test compares defaults and choices with those of `train`."""


class SettingsForm(QWidget):
    """``changed`` says that anything was; ``checkpoint_asked`` wants a file to start from."""

    changed = Signal()
    checkpoint_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.start_from = QComboBox()
        self.name = QLineEdit("my model")
        self.amount = QDoubleSpinBox(minimum=0.1, maximum=1_000_000, decimals=1, value=30)
        self.unit = QComboBox()
        self.rate = QLineEdit()
        self.batch = QSpinBox(minimum=1, maximum=4096, value=4)
        for spin in (self.amount, self.batch):
            spin.lineEdit().setTextMargins(_SPIN_MARGIN, 0, 0, 0)  # its padding no sheet moves
        self.device = QComboBox()
        self.pseudo = QCheckBox("Camera's own pulse as label where no sensor is there")
        self.more = QToolButton()
        self.extras: dict[str, QComboBox | QLineEdit] = {}
        self.other = QLineEdit()
        self._before = 0
        self._captions: list[QLabel] = []
        self._fill()
        self._lay_out()
        self._connect()

    def _fill(self) -> None:
        self.start_from.setToolTip("From scratch, or from the weights of another model")
        self.start_from.setAccessibleName("Start from")
        self.name.setMaxLength(80)
        self.name.setToolTip("What the model is called in the list and on its card")
        self.unit.addItems(["minutes", "epochs", "steps"])
        self.unit.setToolTip("An epoch goes once through the largest data set; steps are batches")
        self.amount.setToolTip("How long to train. A run can be stopped and continued at any time.")
        self.rate.setPlaceholderText("automatic")
        self.rate.setToolTip("The highest learning rate; automatic fits the optimizer")
        self.batch.setToolTip("Clips a step. More need more memory and fewer steps.")
        self.device.addItems(["auto", "cpu", "cuda"])
        self.device.setToolTip("Where to compute; auto takes a graphics card where there is one")
        self.pseudo.setToolTip(
            "Sessions that were recorded without a contact sensor learn from what POS reads of"
            " them (--pseudo-labels). A sensor's labels are better."
        )
        self.more.setText("More settings")
        self.more.setCheckable(True)
        self.more.setProperty("quiet", "true")
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.other.setPlaceholderText("as on the command line, e.g. --workers 2 --seed 3")
        self.other.setToolTip("Anything else that “aimanet train --help” lists")
        for extra in EXTRAS:
            self.extras[extra.flag] = _field(extra)

    def _lay_out(self) -> None:
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._form, self._more_form = QFormLayout(), QFormLayout()
        self._length = length = QHBoxLayout()
        length.addWidget(self.amount, 1)
        length.addWidget(self.unit, 1)
        rows: dict[str, QWidget | QHBoxLayout] = {"Start &from": self.start_from}
        rows |= {"&Name": self.name, "How &long": length}
        rows |= {"Learning &rate": self.rate, "&Batch": self.batch, "&Device": self.device}
        for words, field in rows.items():
            self._add(self._form, words, field)
        self._more_box = QWidget()
        self._more_box.setLayout(self._more_form)
        self._more_form.setContentsMargins(0, 0, 0, 0)
        for extra in EXTRAS:
            self._add(self._more_form, extra.words, self.extras[extra.flag])
        self._add(self._more_form, "Others", self.other)
        self._more_box.hide()
        self._column.addLayout(self._form)
        self._column.addWidget(self.pseudo)
        self._column.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        self._column.addWidget(self._more_box)

    def _add(self, form: QFormLayout, words: str, field: QWidget | QHBoxLayout) -> None:
        caption = label("caption", words)
        widget = self.amount if isinstance(field, QHBoxLayout) else field
        caption.setBuddy(widget)
        widget.setAccessibleName(words.replace("&", ""))
        form.addRow(caption, field)
        caption.setTextFormat(Qt.TextFormat.AutoText)  # plain text shows no key to press
        self._captions.append(caption)

    def _connect(self) -> None:
        self.start_from.activated.connect(self._on_start_from)
        self.more.toggled.connect(self._more_box.setVisible)
        for line in (self.name, self.rate, self.other):
            line.textChanged.connect(self.changed)
        for box in (self.unit, self.device):
            box.currentIndexChanged.connect(self.changed)
        for spin in (self.amount, self.batch):
            spin.valueChanged.connect(self.changed)
        self.unit.currentIndexChanged.connect(self._on_unit)
        self.pseudo.toggled.connect(self.changed)
        for field in self.extras.values():
            if isinstance(field, QComboBox):
                field.currentIndexChanged.connect(self.changed)
            else:
                field.textChanged.connect(self.changed)

    # --- what is chosen ---------------------------------------------------------------------

    @property
    def finetune(self) -> Path | None:
        """The checkpoint to start from."""
        path = self.start_from.currentData()
        return Path(path) if path else None

    @property
    def rate_value(self) -> float | None:
        """The learning rate, None for the automatic one (ValueError for no number)."""
        text = self.rate.text().strip().replace(",", ".")
        return float(text) if text else None

    def more_words(self) -> tuple[str, ...]:
        """The flags behind “More” (ValueError for an open quotation mark)."""
        words = []
        for extra in EXTRAS:
            value = _value(self.extras[extra.flag])
            if value and value != extra.default:
                words += [extra.flag, value]
        return (*words, *shlex.split(self.other.text()))

    def problem(self) -> str:
        """What cannot be understood, "" if nothing."""
        try:
            rate = self.rate_value
        except ValueError:
            return f"the learning rate is no number: “{self.rate.text()}”"
        if rate is not None and not 0 < rate <= 10:
            return "the learning rate must be above 0 and at most 10"
        try:
            self.more_words()
        except ValueError:
            return "the other settings have an open quotation mark"
        return ""

    # --- from outside -----------------------------------------------------------------------

    def show_models(self, models: Sequence[ModelEntry]) -> None:
        """What one can start from."""
        before = self.start_from.currentData()
        self.start_from.clear()
        self.start_from.addItem("Scratch: random weights", "")
        for model in models:
            if not model.problem:
                words = "AimaNet's own weights" if model.shipped else model.name
                self.start_from.addItem(words, str(model.path))
        self.start_from.addItem(_OTHER, None)
        index = self.start_from.findData(before) if before else 0
        if before and index < 0:
            self.choose_checkpoint(Path(before))
        else:
            self._before = max(index, 0)
            self.start_from.setCurrentIndex(self._before)

    def choose_checkpoint(self, path: Path) -> None:
        """Start from a file, of the list or not."""
        index = self.start_from.findData(str(path))
        if index < 0:
            index = self.start_from.count() - 1
            self.start_from.insertItem(index, path.name, str(path))
        self._before = index
        self.start_from.setCurrentIndex(index)
        self.changed.emit()

    def show_unlabelled(self, count: int) -> None:
        """So many recordings have no label."""
        self.pseudo.setEnabled(count > 0)
        number = "1 recording" if count == 1 else f"{count} recordings"
        what = number if count else "recordings"
        self.pseudo.setText(f"Camera's own pulse as label for {what} without a sensor")
        if not count:
            self.pseudo.setChecked(False)

    def apply_look(self, look: Look) -> None:
        """Another size."""
        for form in (self._form, self._more_form):
            form.setHorizontalSpacing(look.px(12))
            form.setVerticalSpacing(look.px(8))
        self._column.setSpacing(look.px(10))
        self._length.setSpacing(look.px(8))
        for caption in self._captions:
            caption.setContentsMargins(0, look.px(2), 0, 0)  # on the line of its field

    @Slot(int)
    def _on_start_from(self, index: int) -> None:
        if self.start_from.itemText(index) == _OTHER:
            self.start_from.setCurrentIndex(self._before)
            self.checkpoint_asked.emit()
        else:
            self._before = index
            self.changed.emit()

    @Slot(int)
    def _on_unit(self, index: int) -> None:
        self.amount.setDecimals(0 if index == 2 else 1)
        self.amount.setMinimum(1 if index == 2 else 0.1)
        self.amount.setValue((30, 10, 3000)[index])


def _field(extra: Extra) -> QComboBox | QLineEdit:
    field: QComboBox | QLineEdit
    if extra.choices:
        field = QComboBox()
        field.addItems(extra.choices)
        field.setCurrentText(extra.default)
    else:
        field = QLineEdit()
        field.setPlaceholderText(extra.default)
    field.setToolTip(f"{extra.tip} ({extra.flag})")
    return field


def _value(field: QComboBox | QLineEdit) -> str:
    return field.currentText() if isinstance(field, QComboBox) else field.text().strip()
