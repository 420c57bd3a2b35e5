"""The run that goes on, or the last one: how far it is, its curves, its log."""

from __future__ import annotations

import math

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QPlainTextEdit,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from app.look import Look
from app.training.curves import ErrorPlot, LossPlot
from app.training.parts import button, clock, label
from app.training.trainer import RunEnd, Stage, Trainer
from app.widgets.press_guard import PressGuard

_REDRAW_MS = 200
_LOG_LINES = 3000

_PAUSE_TIP = (
    "Ends the training process after the current step and keeps its state on disk. Continue"
    " resumes exactly there; meanwhile it takes neither processor nor memory."
)
_CANCEL_TIP = (
    "Ends the training after the current step. The weights are saved under Models and the run can"
    " be continued. Pressed again: at once."
)


class RunView(QWidget):
    """Shows a `Trainer`; the buttons are for the page to connect."""

    def __init__(self, trainer: Trainer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._trainer = trainer
        self._end: RunEnd | None = None
        self.headline, self.detail = label("hero", "No training yet"), label("muted")
        self.detail.setText("Choose data on the left and press Start training.")
        self.detail.setWordWrap(True)
        self.bar = QProgressBar(maximum=1000, textVisible=False)
        self.figures = {
            name: label("state", "–") for name in ("Step", "Left", "Speed", "Learning rate")
        }
        self.loss, self.error = LossPlot(), ErrorPlot()
        self.log = QPlainTextEdit(readOnly=True)
        self.log.setProperty("log", "true")
        self.log.setMaximumBlockCount(_LOG_LINES)
        self.log.setPlaceholderText("Training log")
        self.log.setAccessibleName("Log of the training")
        self.log.setTabChangesFocus(True)
        self.pause = button("Pause", _PAUSE_TIP)
        self.cancel = button("Cancel", _CANCEL_TIP)
        self.go_on = button("Continue", "Continue exactly from where it stopped", primary=True)
        self.use = button("Use it now", "Use this model for live readings")
        self.use.setProperty("primary", "true")
        self.compare = button("Compare…", "With the model in use, on recordings of your choice")
        self._buttons = (self.compare, self.pause, self.cancel, self.go_on, self.use)
        self.guard = PressGuard(*self._buttons)
        self._redraw = QTimer(self, interval=_REDRAW_MS, singleShot=True)
        self._redraw.timeout.connect(self._draw)
        self._lay_out()
        trainer.changed.connect(self._on_changed)
        trainer.told.connect(self._on_told)
        trainer.ended.connect(self.show_end)
        self._show_buttons()

    def _lay_out(self) -> None:
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._head = QHBoxLayout()
        words = QVBoxLayout()
        words.addWidget(self.headline)
        words.addWidget(self.detail)
        self._head.addLayout(words, 1)
        for part in self._buttons:
            self._head.addWidget(part)
        self._numbers = QGridLayout()
        for column, (name, value) in enumerate(self.figures.items()):
            self._numbers.addWidget(label("small", name), 0, column)
            self._numbers.addWidget(value, 1, column)
            self._numbers.setColumnStretch(column, 1)
        self._plots = QHBoxLayout()
        self._plots.addWidget(self.loss)
        self._plots.addWidget(self.error)
        self._column.addLayout(self._head)
        self._column.addWidget(self.bar)
        self._column.addLayout(self._numbers)
        self._column.addLayout(self._plots, 3)
        self._column.addWidget(self.log, 1)

    @property
    def end(self) -> RunEnd | None:
        """How the last run ended; None while one goes on, or before the first."""
        return self._end

    def clear(self) -> None:
        """A new run begins."""
        self._end = None
        self.log.clear()

    def forget(self, out: object) -> None:
        """A model is no more: nothing is offered for it."""
        if self._end is not None and self._end.out == out:
            self._end = None
            self._say("No training yet", "Choose data on the left and press Start training.")
            self._show_buttons()

    def apply_look(self, look: Look) -> None:
        """Other colours or another size."""
        self._column.setSpacing(look.px(10))
        self._head.setSpacing(look.px(8))
        self._plots.setSpacing(look.px(10))
        self._numbers.setVerticalSpacing(0)
        self.log.setMinimumHeight(look.px(70))
        for plot in (self.loss, self.error):
            plot.apply_look(look)

    # --- while it goes on -------------------------------------------------------------------

    @Slot()
    def _on_changed(self) -> None:
        if self._trainer.busy:
            self._end = None
        if not self._redraw.isActive():
            self._redraw.start()
        self._show_stage()
        self._show_buttons()

    @Slot(list)
    def _on_told(self, lines: list[str]) -> None:
        self.log.appendPlainText("\n".join(lines))

    def _show_stage(self) -> None:
        trainer = self._trainer
        if trainer.stage is Stage.IDLE:
            return
        titles = {
            Stage.PREPARING: "Preparing",
            Stage.STARTING: "Starting",
            Stage.TRAINING: "Training",
            Stage.STOPPING: "Stopping",
        }
        self._say(f"{titles[trainer.stage]} “{trainer.name}”", self._doing())
        waiting = trainer.stage in (Stage.STARTING, Stage.PREPARING) and not trainer.prepared[1]
        self.bar.setRange(0, 0 if waiting else 1000)
        done, total = trainer.prepared
        if trainer.stage is Stage.PREPARING and total:
            self.bar.setValue(round(1000 * done / total))

    def _doing(self) -> str:
        trainer = self._trainer
        if trainer.stage is Stage.PREPARING:
            done, total = trainer.prepared
            what = "Faces are cut out of the videos; the next time they are there at once"
            return f"{what}: {done} of {total}." if total else f"{what}."
        if trainer.stage is Stage.STARTING:
            return "The process is starting. The first step takes longest."
        if trainer.stage is Stage.STOPPING:
            forced = ("", "It finishes its step and saves.", "It is being interrupted.", "Ending.")
            return forced[trainer.force]
        return "In a process of its own, at low priority: the live view keeps running."

    @Slot()
    def _draw(self) -> None:
        steps = self._trainer.steps
        self.loss.show_run(steps)
        self.error.show_run(steps)
        for value in self.figures.values():
            value.setText("–")
        if not steps:
            return
        last = steps[-1]
        share = last.elapsed_s / max(last.elapsed_s + last.eta_s, 1e-9)
        if self._trainer.stage in (Stage.TRAINING, Stage.STOPPING, Stage.IDLE):
            self.bar.setRange(0, 1000)
            self.bar.setValue(round(1000 * share) if math.isfinite(share) else 0)
        by_time = last.n_steps >= 1_000_000
        step = f"{last.step}" if by_time else f"{last.step} of {last.n_steps}"
        epoch = f" · epoch {last.epoch + 1}" if last.epoch else ""
        self.figures["Step"].setText(step + epoch)
        self.figures["Left"].setText(clock(last.eta_s))
        if math.isfinite(last.frames_per_s):
            self.figures["Speed"].setText(f"{last.frames_per_s:.0f} frames/s")
        self.figures["Learning rate"].setText(f"{last.lr:.2g}")

    # --- at its end -------------------------------------------------------------------------

    @Slot(object)
    def show_end(self, end: RunEnd) -> None:
        """What became of it."""
        self._end = end
        self._redraw.stop()
        self._draw()
        self.bar.setRange(0, 1000)
        name = end.out.stem
        titles = {
            "finished": f"“{name}” is trained",
            "paused": f"“{name}” is paused",
            "cancelled": f"“{name}” was stopped",
            "failed": f"“{name}” did not get to its end",
        }
        self._say(titles[end.kind], _after(end))
        if end.kind == "finished":
            self.bar.setValue(1000)
        self._show_buttons()

    def _say(self, headline: str, detail: str) -> None:
        self.headline.setText(headline)
        self.detail.setText(detail)

    def _show_buttons(self) -> None:
        before = [(b.isHidden(), b.text()) for b in self._buttons]
        self._set_buttons()
        if before != [(b.isHidden(), b.text()) for b in self._buttons]:
            self.guard.hold()  # one of them is where another one was

    def _set_buttons(self) -> None:
        stage, end = self._trainer.stage, self._end
        running = self._trainer.busy
        self.pause.setVisible(running)
        self.pause.setEnabled(stage in (Stage.STARTING, Stage.TRAINING))
        self.cancel.setVisible(running)
        self.cancel.setText("Stop at once" if stage is Stage.STOPPING else "Cancel")
        over = None if running else end
        self.go_on.setVisible(over is not None and over.resumable and over.kind != "finished")
        ready = over is not None and over.has_weights
        self.use.setVisible(ready)
        self.compare.setVisible(ready)
        self.use.setProperty("primary", "true" if over and over.kind == "finished" else "false")
        self.use.style().unpolish(self.use)
        self.use.style().polish(self.use)


def _after(end: RunEnd) -> str:
    """What there is now, and what can be done with it."""
    if end.kind == "failed":
        return "What was saved last is kept." if end.resumable else "Nothing was saved yet."
    if end.kind == "finished":
        return "Saved under Models. Compare it, or use it now."
    if not end.resumable:
        return "It was stopped before its first step: nothing was saved."
    if end.kind == "paused":
        return "Its state is saved. Continue any time, also after a restart."
    return "Saved under Models. Continue any time."
