"""``aimanet bench train``: how fast AimaNet learns on this computer."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aimanet.commands.bench_shared import BenchFlagsError, check_seconds, rounded, say

if TYPE_CHECKING:
    from aimanet.bench.train import SideFigures, TrainSpeed

MIN_FRAMES = 300


@dataclass(frozen=True, slots=True)
class Options:
    """Frames a second of training, beside a plain loop.

    Takes arrays of random numbers: frames a second of `aimanet seed` and of the plain loop
    that the original recipe describes (an appearance for each frame, two loader processes), in
    turns, with the memory of both.

    Example: `aimanet bench train`.
    """

    device: str = "auto"
    """auto, cpu or cuda."""
    seconds: float = 20.0
    """Length of either side."""
    frames: int = 6320
    """Frames of the random arrays (31 kB each)."""
    data_path: Path | None = None
    """A folder with input_numpy.npy and output_numpy.npy, instead of random arrays."""
    json: bool = False
    """Print one JSON object."""


def run(options: Options) -> int:
    """Measures and prints a table or JSON; progress goes to stderr."""
    check_seconds(options.seconds)
    if options.frames < MIN_FRAMES:
        raise BenchFlagsError(f"--frames {options.frames}: give {MIN_FRAMES} or more")

    from aimanet.bench import train
    from aimanet.terminal.records import to_line

    with tempfile.TemporaryDirectory() as own:
        folder = options.data_path or Path(own)
        if options.data_path is None:
            say(f"writing {options.frames} frames of random numbers ...")
            train.write_arrays(folder, options.frames)
        speed = train.measure(folder, device=options.device, seconds=options.seconds, say=say)
    if options.json:
        print(to_line(rounded(asdict(speed))))
    else:
        _print_train(speed)
    return 0


def _print_train(speed: TrainSpeed) -> None:
    from rich.console import Console
    from rich.table import Table

    where = f"{speed.threads} threads" if speed.device == "cpu" else speed.device
    table = Table("what", "plain loop", "aimanet seed", title=f"training on {where}")
    both = speed.plain, speed.ours

    def row(name: str, text: Callable[[SideFigures], str]) -> None:
        table.add_row(name, *(text(side) for side in both))

    row("frames a second", lambda side: f"{side.frames_per_s:.0f}")
    row("slowest and fastest turn", lambda side: f"{min(side.turns):.0f}, {max(side.turns):.0f}")
    row("share of time waiting for data", lambda side: f"{100 * side.wait_share:.1f} %")
    row("share of time the GPU is busy", lambda side: _percent(side.gpu_busy_share))
    row("memory of the framework, MB", lambda side: _whole(side.framework_mb))
    row("memory at most, MB", lambda side: _whole(side.peak_mb))
    console = Console()
    console.print(table)
    console.print(
        f"aimanet seed is {speed.ratio:.2f} times as fast (median over pairs of turns)",
        highlight=False,
    )


def _percent(share: float | None) -> str:
    return "no GPU" if share is None else f"{100 * share:.0f} %"


def _whole(value: float | None) -> str:
    return "?" if value is None else f"{value:.0f}"
