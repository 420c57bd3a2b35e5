"""``aimanet seed``: the recipe the project started from, on ready-made arrays."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aimanet.file_lock import only_one
from aimanet.stop import StopRequest
from aimanet.terminal.records import to_line

if TYPE_CHECKING:
    from aimanet.training.seed import SeedRun, Start
    from aimanet.types import TrainProgress

RESULTS = Path("results")
BUSY = 0.75
"""Load a core from which on a computer counts as busy."""


@dataclass(frozen=True, slots=True)
class Options:
    """Train as the project AimaNet started from did, on its ready-made arrays.

    They are input_numpy.npy (frames, 6, size, size: motion, then appearance) and output_numpy.npy
    (one label a frame), or train/images, train/gt, test/images and test/gt with one file a
    recording. Windows of 10 frames in the files' order, Adadelta, mean squared error.

    The weights with the least test loss go to results/best_model_checkpoint_<date>.pt in the
    current folder, the losses of all epochs to results/train_loss.npy and test_loss.npy. Ctrl-C
    ends it and keeps what has been learnt. Files do not say who is in them: a split by frame
    number may show the same person on both sides.

    Example: `aimanet seed --epochs 2 --batch-size 3 --train-split-index 132720`.
    """

    data_path: Path = Path(".")
    """The folder of the arrays."""
    epochs: int = 8
    """Passes over the training frames."""
    batch_size: int = 3
    """Windows of 10 frames a step."""
    train_split_index: int = 132720
    """Frames before this one train, the rest tests (the folders train and test need none)."""
    init: Path | None = None
    """Start from these weights and obey their recipe: a checkpoint of ours or a seed's .pt."""
    seed: int = 0
    """Of the first weights and of dropout."""
    device: str = "auto"
    """auto, cpu or cuda."""
    json: bool = False
    """Print one JSON object a line: several a second, and one an epoch that has val_loss."""


def run(options: Options) -> int:
    """Trains until the last epoch or Ctrl-C."""
    _share_cores()
    from aimanet.training.seed import SeedConfig, SeedRun

    config = SeedConfig(
        data_path=options.data_path,
        epochs=options.epochs,
        batch_size=options.batch_size,
        train_split_index=options.train_split_index,
        seed=options.seed,
        device=options.device,
        results=RESULTS,
        start=load_start(options.init) if options.init else None,
    )
    busy = f"{RESULTS.absolute()} is in use: another process trains there; use another folder"
    with only_one(Path(f".{RESULTS}.lock"), "results", busy), StopRequest() as stop:
        with stop.at_once():
            prepared = SeedRun(config)
        if not _look_through(prepared, stop):
            print("Stopped before the first step; nothing was written", file=sys.stderr)
            return 0
        for note in prepared.notes:
            print(f"note: {note}", file=sys.stderr)
        with closing(prepared.train()) as steps:
            if options.json:
                _print_lines(steps, stop)
            else:
                _show_progress(prepared, steps, stop)
    if not options.json:
        print(_closing_words(prepared))
    return 0


def _share_cores() -> None:
    """Lets torch's threads wait asleep where other programs use the cores already.

    OpenMP's threads spin while they wait for each other. On an idle computer that is the fastest
    (by a tenth); on a busy one they keep from the core the very thread that they wait for, and
    training takes three times as long. It is decided once, before torch is loaded.
    """
    cores = os.cpu_count() or 1
    if hasattr(os, "getloadavg") and os.getloadavg()[0] > BUSY * cores:
        os.environ.setdefault("GOMP_SPINCOUNT", "3000")


def load_start(path: Path) -> Start:
    """Weights and recipe of a checkpoint of ours, or of a .pt as this command writes it.

    Raises:
        CheckpointError: no such file, or nothing in it that can be used.
    """
    from aimanet.checkpoint import FOREIGN, load_checkpoint
    from aimanet.importers import import_weights
    from aimanet.training.seed import Start

    if path.is_file() and path.suffix.lower() in FOREIGN:
        found = import_weights(path)
        return Start(found.state, found.recipe, str(path))
    net, recipe, _ = load_checkpoint(path)
    return Start(net.state_dict(), recipe, str(path))


def _look_through(prepared: SeedRun, stop: StopRequest) -> bool:
    """Looks at every number of the inputs; False where Ctrl-C ended that."""
    shown = sys.stderr.isatty()
    for frames in prepared.check_values():
        if shown:
            share = 100 * frames / prepared.arrays.frames
            print(f"\r\x1b[Klooking through the arrays ... {share:.0f} %", end="", file=sys.stderr)
        if stop.asked:
            break
    if shown:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    return not stop.asked


def _print_lines(steps: Iterator[TrainProgress], stop: StopRequest) -> None:
    from aimanet.training.journal import progress_record

    for progress in steps:
        print(to_line(progress_record(progress)), flush=True)
        if stop.asked:
            break


def _show_progress(prepared: SeedRun, steps: Iterator[TrainProgress], stop: StopRequest) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from aimanet.commands.train import clock

    columns = (
        TextColumn("epoch {task.fields[epoch]} of {task.fields[epochs]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("loss {task.fields[loss]:.4f}  {task.fields[rate]:.0f} frames/s"),
        TextColumn("{task.fields[eta]} left"),
    )
    console, epochs = Console(highlight=False, soft_wrap=True), prepared.config.epochs
    with Progress(*columns, console=console, disable=not sys.stdout.isatty()) as bar:
        task = bar.add_task(
            "", total=prepared.n_steps, epoch=1, epochs=epochs, loss=math.nan, rate=0.0, eta="?"
        )
        for p in steps:
            bar.update(
                task,
                completed=p.step,
                epoch=p.epoch,
                loss=p.train_loss,
                rate=p.frames_per_s,
                eta=clock(p.eta_s),
            )
            if p.val_loss is not None:
                console.print(_epoch_line(prepared, p))
                sys.stdout.flush()
            if stop.asked:
                break


def _epoch_line(prepared: SeedRun, p: TrainProgress) -> str:
    losses = f"training loss {p.train_loss:.6f}, test loss {p.val_loss:.6f}"
    best = " (best so far)" if prepared.best == p.epoch - 1 else ""
    return f"epoch {p.epoch} of {prepared.config.epochs}: {losses}{best}"


def _closing_words(prepared: SeedRun) -> str:
    epochs, done = prepared.config.epochs, len(prepared.losses)
    lines = [f"Finished {done} of {epochs} epochs" if done == epochs else ""]
    if done < epochs:
        lines = [f"Stopped at step {prepared.step} of {prepared.n_steps}"]
    if prepared.interrupted:
        lines.append(f"weights as they are in {prepared.results.interrupted}")
    if prepared.best is not None:
        loss = prepared.losses[prepared.best][1]
        lines.append(
            f"least test loss {loss:.6f} in epoch {prepared.best + 1},"
            f" its weights in {prepared.results.best}"
        )
    return "; ".join(lines)
