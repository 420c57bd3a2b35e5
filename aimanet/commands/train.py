"""``aimanet train``: the network's weights from drawn faces."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any

import tyro

from aimanet.stop import StopRequest
from aimanet.terminal.records import number, to_line
from aimanet.training import TrainConfig, fit
from aimanet.types import TrainProgress


@dataclass(frozen=True, slots=True)
class Options:
    """Train the network on drawn faces. Ctrl-C ends it and keeps what has been learnt.

    Examples: `aimanet train --out mine.safetensors --minutes 60`,
    `aimanet train --device cuda --steps 20000 --fresh 8 --workers 8 --json`.
    """

    config: Annotated[TrainConfig, tyro.conf.OmitArgPrefixes] = field(default_factory=TrainConfig)
    """What to train, and how long."""
    json: bool = False
    """One JSON object a line for each step."""


def run(options: Options) -> int:
    """Trains until the last step, the time limit or Ctrl-C."""
    with StopRequest() as stop, closing(fit(options.config)) as steps:
        last = _print_lines(steps, stop) if options.json else _show_progress(steps, stop)
    if not options.json:
        done = f"after step {last.step} of {last.n_steps}" if last else "before the first step"
        word = "Stopped" if stop.asked else "Finished"
        print(f"{word} {done}; weights in {options.config.out}")
    return 0


def progress_record(progress: TrainProgress) -> dict[str, Any]:
    """A `TrainProgress` as plain JSON values; null where a figure is missing or not finite."""
    return {
        name: number(value, 6) if isinstance(value, float) else value
        for name, value in asdict(progress).items()
    }


def _print_lines(steps: Iterator[TrainProgress], stop: StopRequest) -> TrainProgress | None:
    last = None
    for last in steps:
        print(to_line(progress_record(last)), flush=True)
        if stop.asked:
            break
    return last


def _show_progress(steps: Iterator[TrainProgress], stop: StopRequest) -> TrainProgress | None:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (
        TextColumn("training"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("loss {task.fields[loss]:.3f}  {task.fields[rate]:.0f} frames/s"),
        TextColumn("{task.fields[eta]} left"),
    )
    last = None
    console = Console(highlight=False)
    with Progress(*columns, console=console, disable=not sys.stdout.isatty()) as progress:
        task = progress.add_task("", total=None, loss=float("nan"), rate=0.0, eta="?")
        for last in steps:
            progress.update(
                task,
                total=last.n_steps,
                completed=last.step,
                loss=last.train_loss,
                rate=last.frames_per_s,
                eta=clock(last.eta_s),
            )
            if last.val_mae_bpm is not None:
                console.print(_validation_line(last))
            if stop.asked:
                break
    return last


def _validation_line(p: TrainProgress) -> str:
    loss = "" if p.val_loss is None else f", validation loss {p.val_loss:.3f}"
    return (
        f"step {p.step:>6}  loss {p.train_loss:.3f}{loss}, "
        f"error {p.val_mae_bpm:.2f} BPM  ({clock(p.elapsed_s)})"
    )


def clock(seconds: float) -> str:
    """``1:02:03`` or ``2:03``; ``?`` for what is not finite."""
    if not 0.0 <= seconds < 1e8:
        return "?"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
