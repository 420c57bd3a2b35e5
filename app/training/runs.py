"""Runs on disk: how far each has come, and whether it can go on."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aimanet.file_lock import is_held
from aimanet.plausible import LARGEST
from aimanet.types import TrainProgress

_FINISHED = "finished"
_SET_ASIDE = "set-aside"
_LOG_BYTES = 8_000_000


@dataclass(frozen=True, slots=True)
class RunEntry:
    """The run that makes ``out``. ``saved``: there is a state to go on from."""

    out: Path
    saved: bool
    last: TrainProgress | None
    finished: bool
    set_aside: bool

    @property
    def name(self) -> str:
        """What its model is called."""
        return self.out.stem

    @property
    def half_done(self) -> bool:
        """It can go on, and has a reason to."""
        return self.saved and not self.finished


def run_folder(out: Path) -> Path:
    """The trainer's folder of the run that makes ``out``."""
    return out.with_name(out.name.removesuffix(".safetensors") + ".run")


def lock_file(out: Path) -> Path:
    """What the process that trains ``out`` holds."""
    return out.with_name(f".{out.stem}.lock")


def read_run(out: Path) -> RunEntry | None:
    """The run of ``out``, if there ever was one."""
    folder = run_folder(out)
    if not folder.is_dir():
        return None
    steps = read_log(out, whole=False)
    last = steps[-1] if steps else None
    return RunEntry(
        out=out,
        saved=(folder / "state.pt").is_file(),
        last=last,
        finished=(folder / _FINISHED).exists() or (last is not None and at_end(last)),
        set_aside=(folder / _SET_ASIDE).exists(),
    )


def at_end(progress: TrainProgress) -> bool:
    """Nothing is left to do: all steps are done, or the time is up."""
    return progress.step >= progress.n_steps or progress.eta_s == 0.0


def read_log(out: Path, *, whole: bool = True) -> list[TrainProgress]:
    """What the run has told so far; without ``whole`` only the end of it."""
    try:
        with (run_folder(out) / "log.jsonl").open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - (_LOG_BYTES if whole else 4000)))
            lines = file.read().splitlines()
    except OSError:
        return []
    return list(_parsed(lines))


def _parsed(lines: Iterable[bytes]) -> Iterable[TrainProgress]:
    for line in lines:
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            continue  # the first one may be cut, and a kill cuts the last
        progress = parse_progress(found) if isinstance(found, dict) else None
        if progress is not None:
            yield progress


def parse_progress(found: dict[str, Any]) -> TrainProgress | None:
    """A step as ``train --json`` tells it; None for anything else."""
    try:
        step, n_steps = int(found["step"]), int(found["n_steps"])
        if not 0 <= step <= n_steps or isinstance(found["step"], bool):
            return None
        return TrainProgress(
            epoch=int(found.get("epoch") or 0),
            step=step,
            n_steps=n_steps,
            train_loss=_number(found["train_loss"]),
            val_loss=_maybe(found.get("val_loss")),
            val_mae_bpm=_maybe(found.get("val_mae_bpm")),
            lr=_number(found.get("lr")),
            elapsed_s=_number(found.get("elapsed_s")),
            eta_s=_number(found.get("eta_s")),
            frames_per_s=_number(found.get("frames_per_s")),
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _number(value: object) -> float:
    """A number that a plot can show; NaN for null and for what has left all bounds."""
    told = math.nan if value is None else float(value)  # type: ignore[arg-type]
    return told if abs(told) <= LARGEST else math.nan


def _maybe(value: object) -> float | None:
    return None if value is None else _number(value)


def mark(out: Path, *, finished: bool = False, set_aside: bool = False) -> None:
    """Remember that the run has come to its end, or that it is not to be offered any more."""
    folder = run_folder(out)
    for name, wanted in ((_FINISHED, finished), (_SET_ASIDE, set_aside)):
        try:
            if wanted:
                (folder / name).touch()
            else:
                (folder / name).unlink(missing_ok=True)
        except OSError:
            pass  # a disk that is full: the run is offered once more, nothing worse


def is_trained_now(out: Path) -> bool:
    """Another process, perhaps of another window, trains it."""
    return run_folder(out).is_dir() and is_held(lock_file(out))


def unfinished(folder: Path) -> list[RunEntry]:
    """Half-done runs to offer, the newest first."""
    try:
        outs = [p.with_suffix(".safetensors") for p in folder.iterdir() if p.suffix == ".run"]
    except OSError:
        return []
    found = [run for run in map(read_run, outs) if run and run.half_done and not run.set_aside]
    return sorted(found, key=_saved_at, reverse=True)


def _saved_at(run: RunEntry) -> float:
    try:
        return (run_folder(run.out) / "state.pt").stat().st_mtime
    except OSError:
        return 0.0
