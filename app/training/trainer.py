"""One run of the command line's trainer, from its beginning to its end."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from aimanet.types import TrainProgress
from app.training.outcome import Outcome
from app.training.plan import TrainPlan, resume_words
from app.training.process import Job, child_command
from app.training.runs import at_end, lock_file, mark, parse_progress, read_log, read_run


class Stage(Enum):
    """What a run is at."""

    IDLE = "idle"
    PREPARING = "preparing"
    STARTING = "starting"
    TRAINING = "training"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run ended: finished, paused, cancelled or failed; ``words`` say why it failed."""

    out: Path
    kind: str
    words: str = ""
    resumable: bool = False
    has_weights: bool = False


class Trainer(QObject):
    """Runs `train` as a process; ``changed`` says that ``stage`` or the progress has."""

    changed = Signal()
    told = Signal(list)
    ended = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.stage = Stage.IDLE
        self.out: Path | None = None
        self.name = ""
        self.steps: list[TrainProgress] = []
        self.prepared = (0, 0)
        self._wish = ""
        self._job: Job | None = None
        self._next: list[str] = []

    @property
    def busy(self) -> bool:
        """A process is there."""
        return self._job is not None

    @property
    def force(self) -> int:
        """How hard the process has been told to end, 0-3."""
        return self._job.stage if self._job is not None else 0

    def begin(self, plan: TrainPlan, prepare: Sequence[str] = ()) -> None:
        """Train; ``prepare`` is a command that comes first, if any."""
        self._reset(plan.out, plan.name)
        self._next = [*plan.words(), "--json"]
        if prepare:
            self._run(list(prepare), Stage.PREPARING)
        else:
            self._train()

    def resume(self, out: Path) -> None:
        """Go on with a run that was stopped."""
        self._reset(out, out.stem)
        self.steps = read_log(out)
        self._next = [*resume_words(out), "--json"]
        self._train()

    def pause(self) -> None:
        """End the process after this step, to go on later."""
        self._stop("paused")

    def cancel(self) -> None:
        """End the run; what has been learnt stays. Called again, more forcefully."""
        self._stop("cancelled")

    def close(self) -> None:
        """The window closes: as `pause`, but without more force if that is under way."""
        if self._job is not None and not self._job.asked_to_stop:
            self._stop("paused")

    def wait(self, patience_ms: int) -> None:
        """Stop, and block until the process has ended."""
        self.close()
        if self._job is not None:
            self._job.wait(patience_ms)

    def _stop(self, wish: str) -> None:
        if self._job is None:
            return
        self._wish = wish
        self._next = []
        self.stage = Stage.STOPPING
        self._job.stop()
        self.changed.emit()

    def _reset(self, out: Path, name: str) -> None:
        self.out, self.name, self.steps, self._wish = out, name, [], ""
        self.prepared = (0, 0)

    def _train(self) -> None:
        assert self.out is not None
        words, self._next = self._next, []
        mark(self.out)
        self._run(words, Stage.STARTING, lock_file(self.out))

    def _run(self, words: list[str], stage: Stage, lock: Path | None = None) -> None:
        self.stage = stage
        job = Job(child_command(words), self, lock)
        job.record.connect(self._on_record)
        job.told.connect(self.told)
        job.ended.connect(self._on_ended)
        self._job = job
        self.told.emit([f"$ aimanet {shlex.join(words)}"])
        job.start()
        self.changed.emit()

    @Slot(dict)
    def _on_record(self, record: dict[str, Any]) -> None:
        if self.stage is Stage.PREPARING:
            self._on_prepared(record)
            return
        progress = parse_progress(record)
        if progress is None:
            self.told.emit([str(record)[:500]])
            return
        if self.steps and progress.step <= self.steps[-1].step:
            self.steps = [p for p in self.steps if p.step < progress.step]
        self.steps.append(progress)
        if self.stage is Stage.STARTING:
            self.stage = Stage.TRAINING
        self.changed.emit()

    def _on_prepared(self, record: dict[str, Any]) -> None:
        done, total = record.get("done"), record.get("total")
        if isinstance(done, int) and isinstance(total, int):
            self.prepared = (done, total)
        if record.get("state") == "skipped":
            self.told.emit([f"skipped {record.get('name')}: {record.get('reason')}"])
        self.changed.emit()

    @Slot(object)
    def _on_ended(self, outcome: Outcome) -> None:
        job, self._job = self._job, None
        if job is not None:
            job.deleteLater()
        if outcome.good and self._next and not self._wish:
            self._train()
            return
        self._next = []
        end = self._end(outcome)
        self.stage = Stage.IDLE
        self.changed.emit()
        self.ended.emit(end)

    def _end(self, outcome: Outcome) -> RunEnd:
        assert self.out is not None
        at_the_end = bool(self.steps) and at_end(self.steps[-1])
        by_itself = outcome.good and not self._wish
        finished = (by_itself and self.out.is_file()) or (outcome.good and at_the_end)
        mark_as = {"finished": finished, "set_aside": self._wish == "cancelled" and not finished}
        if read_run(self.out) is not None:
            mark(self.out, **mark_as)
        run = read_run(self.out)
        resumable, weights = run is not None and run.saved, self.out.is_file()
        if finished:
            return RunEnd(self.out, "finished", "", resumable, weights)
        if self._wish and outcome.kind in ("done", "stopped"):
            return RunEnd(self.out, self._wish, "", resumable, weights)
        words = outcome.words("the training")
        if outcome.good:
            words = "the training ended without a result; the log may say why"
        return RunEnd(self.out, "failed", words, resumable, weights)
