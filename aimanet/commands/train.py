"""``aimanet train``: the network's weights from drawn faces, data sets, sessions, or a mixture."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from typing import Annotated

import tyro

from aimanet.stop import StopRequest
from aimanet.terminal.records import to_line
from aimanet.training import TrainConfig, World, fit, join, settle
from aimanet.training.journal import progress_record
from aimanet.training.run_folder import RunFolder
from aimanet.types import TrainProgress


@dataclass(frozen=True, slots=True)
class Options:
    """Train the network: on drawn faces, data sets, your own sessions, or a mixture.

    Ctrl-C ends it and keeps what has been learnt; `--resume` goes on, bit for bit. Beside the
    result (NAME.safetensors) a folder NAME.run holds the state, the log and the best checkpoints.

    Examples: `aimanet train --out mine.safetensors --minutes 60`,
    `aimanet train --data pure=~/PURE synthetic --data-weights 3 1 --finetune tscan.safetensors`,
    `aimanet train --out mine.safetensors --resume`,
    `torchrun --nproc_per_node 4 -m aimanet train --data ~/UBFC --batch 64 --epochs 30`.
    """

    config: Annotated[TrainConfig, tyro.conf.OmitArgPrefixes] = field(default_factory=TrainConfig)
    """What to train, and how long."""
    json: bool = False
    """One JSON object a line for each step."""


def run(options: Options) -> int:
    """Trains until the last step, the time limit, early stop or Ctrl-C."""
    from aimanet.commands.train_data import gather

    run_folder = RunFolder(options.config.out)
    with (
        join(options.config.device) as world,
        run_folder.only_one() if world.first else nullcontext(),
    ):
        config, data = gather(settle(options.config, world), world)
        # torchrun hands Ctrl-C on to processes that have got it from the terminal already.
        with (
            StopRequest(patient=world.size > 1) as stop,
            closing(fit(config, data, stop=stop, world=world)) as steps,
        ):
            last = _follow(steps, world, json=options.json)
        if world.first and not options.json:
            print(_ending(config, last, stopped=stop.asked))
    return 0


def _follow(steps: Iterator[TrainProgress], world: World, *, json: bool) -> TrainProgress | None:
    """Shows the steps; of several processes only the first one does."""
    if not json and world.first:
        return _show_progress(steps)
    last = None
    for last in steps:
        if world.first:
            print(to_line(progress_record(last)), flush=True)
    return last


def _show_progress(steps: Iterator[TrainProgress]) -> TrainProgress | None:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (
        TextColumn("training{task.fields[epoch]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("loss {task.fields[loss]:.3f}  {task.fields[rate]:.0f} frames/s"),
        TextColumn("{task.fields[eta]} left"),
    )
    last = None
    console = Console(highlight=False)
    with Progress(*columns, console=console, disable=not sys.stdout.isatty()) as progress:
        task = progress.add_task("", total=None, loss=float("nan"), rate=0.0, eta="?", epoch="")
        for last in steps:
            progress.update(
                task,
                total=last.n_steps,
                completed=last.step,
                loss=last.train_loss,
                rate=last.frames_per_s,
                eta=clock(last.eta_s),
                epoch=f" (epoch {last.epoch + 1})" if last.epoch else "",
            )
            if last.val_mae_bpm is not None:
                console.print(_validation_line(last))
    return last


def _validation_line(p: TrainProgress) -> str:
    loss = "" if p.val_loss is None else f", validation loss {p.val_loss:.3f}"
    return (
        f"step {p.step:>6}  loss {p.train_loss:.3f}{loss}, "
        f"error {p.val_mae_bpm:.2f} BPM  ({clock(p.elapsed_s)})"
    )


def _ending(config: TrainConfig, last: TrainProgress | None, *, stopped: bool) -> str:
    weights = f"weights in {config.out}"
    if stopped:
        done = f"after step {last.step} of {last.n_steps}" if last else "before the first step"
        return f"Stopped {done}; {weights}; --resume continues"
    if last is None:
        return f"Nothing left to do: the run is at its end (more --steps continue it); {weights}"
    early = last.step < last.n_steps and last.eta_s > 0
    word = "Finished early, no better for a while," if early else "Finished"
    return f"{word} after step {last.step} of {last.n_steps}; {weights}"


def clock(seconds: float) -> str:
    """``1:02:03`` or ``2:03``; ``?`` for what is not finite."""
    if not 0.0 <= seconds < 1e8:
        return "?"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
