"""``aimanet bench speed | train``: what AimaNet takes of this computer, and how fast it learns."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import tyro

from aimanet.errors import AimaNetError

if TYPE_CHECKING:
    from aimanet.bench.speed import FileSpeed, LiveLoad, MemoryTrend
    from aimanet.bench.train import SideFigures, TrainSpeed
    from aimanet.methods import PulseMethod


MIN_FRAMES = 300


class BenchFlagsError(AimaNetError):
    """Flags of ``bench`` that nothing can be measured with."""


@dataclass(frozen=True, slots=True)
class Options:
    """Speed and memory on this computer.

    speed takes the demo face at 640x480 and 30 fps: the load live (a video played in real time,
    so decoding is in it), the time of each stage and of the network alone, how many times faster
    than real time a file is analysed, and the resident memory over an hour of video, simulated
    as fast as possible.

    train takes arrays of random numbers: frames a second of `aimanet seed` and of the plain loop
    that the original recipe describes (an appearance for each frame, two loader processes), in
    turns, with the memory of both.

    Examples: `aimanet bench speed --memory-minutes 0 --json`, `aimanet bench train`.
    """

    what: tyro.conf.Positional[Literal["speed", "train"]]
    """What to measure."""
    method: str = "tscan"
    """tscan, pos, chrom or green."""
    weights: Path | None = None
    """Other weights for tscan than the ones that come with AimaNet."""
    device: str = "auto"
    """auto, cpu or cuda."""
    seconds: float = 20.0
    """Length of the live run; of either side with train."""
    memory_minutes: float = 60.0
    """Minutes of video for the memory test; 0 leaves it out."""
    frames: int = 6320
    """train: frames of the random arrays (31 kB each)."""
    data_path: Path | None = None
    """train: a folder with input_numpy.npy and output_numpy.npy, instead of random arrays."""
    json: bool = False
    """Print one JSON object."""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was measured; ``memory`` is None where it was left out or unknown."""

    method: str
    cpu: str
    cores: int
    live: LiveLoad
    network_ms: float
    file: FileSpeed
    memory: MemoryTrend | None


def run(options: Options) -> int:
    """Measures and prints a table or JSON; progress goes to stderr."""
    if not options.seconds > 0:
        raise BenchFlagsError(f"--seconds {options.seconds:g}: give a time above 0")
    return _run_train(options) if options.what == "train" else _run_speed(options)


def _run_speed(options: Options) -> int:
    if not options.memory_minutes >= 0:
        raise BenchFlagsError(f"--memory-minutes {options.memory_minutes:g}: give 0 or more")

    from aimanet.methods import make_method
    from aimanet.terminal.records import to_line

    method = make_method(options.method, device=options.device, weights=options.weights)
    report = measure(method, seconds=options.seconds, memory_minutes=options.memory_minutes)
    if options.json:
        print(to_line(rounded(asdict(report))))
    else:
        _print_table(report)
    return 0


def _run_train(options: Options) -> int:
    if options.frames < MIN_FRAMES:
        raise BenchFlagsError(f"--frames {options.frames}: give {MIN_FRAMES} or more")

    from aimanet.bench import train
    from aimanet.terminal.records import to_line

    with tempfile.TemporaryDirectory() as own:
        folder = options.data_path or Path(own)
        if options.data_path is None:
            _say(f"writing {options.frames} frames of random numbers ...")
            train.write_arrays(folder, options.frames)
        speed = train.measure(folder, device=options.device, seconds=options.seconds, say=_say)
    if options.json:
        print(to_line(rounded(asdict(speed))))
    else:
        _print_train(speed)
    return 0


def measure(method: PulseMethod, *, seconds: float, memory_minutes: float) -> Report:
    """Runs all measurements with a method on a clip drawn for the purpose."""
    from aimanet.bench import speed

    with tempfile.TemporaryDirectory() as folder:
        _say("drawing a clip ...")
        clip = speed.draw_clip(Path(folder) / "demo.mp4", speed.CLIP_SECONDS)
        _say(f"live for {seconds:g} s ...")
        live = speed.live_load(method, clip, seconds)
        _say("the method alone, then a file ...")
        alone, file = speed.network_ms(method), speed.file_speed(method, clip)
        marks = []
        if memory_minutes > 0:
            for mark in speed.memory_marks(method, clip, memory_minutes):
                marks.append(mark)
                _say(f"memory: {mark.minutes:.1f} of {memory_minutes:g} min ...", again=True)
    return Report(
        method=method.name,
        cpu=platform.processor() or platform.machine(),
        cores=os.cpu_count() or 1,
        live=live,
        network_ms=alone,
        file=file,
        memory=speed.trend(marks),
    )


def rounded(value: Any) -> Any:
    """The same nest of dictionaries with floats of four significant digits."""
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return [rounded(inner) for inner in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def _say(text: str, *, again: bool = False) -> None:
    """A line of progress where someone looks; repeated ones overwrite each other."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="" if again else "\n", file=sys.stderr, flush=True)


def _print_table(report: Report) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("what", "figure", title=f"{report.method}, {report.cores} cores, {report.cpu}")
    live, file, memory = report.live, report.file, report.memory
    table.add_row("live, share of one core", f"{100 * live.core_share:.0f} %")
    table.add_row("live, frames a second", f"{live.read_fps:.1f}")
    table.add_row("live, dropped frames", f"{live.dropped} of {live.frames + live.dropped}")
    table.add_row("face, ms a frame", f"{live.detect_ms:.2f}")
    table.add_row("window, ms a frame", f"{live.window_ms:.2f}")
    table.add_row("method, ms a frame", f"{live.network_ms:.2f}")
    table.add_row("pulse, ms a frame", f"{live.pulse_ms:.2f}")
    table.add_row("method alone, ms a frame", f"{report.network_ms:.2f}")
    table.add_row("file, times real time", f"{file.times_real_time:.1f}")
    table.add_row("file, ms a frame", f"{file.ms_per_frame:.2f}")
    if memory is not None:
        held = f"{memory.start_mb:.0f} to {memory.end_mb:.0f} MB, peak {memory.peak_mb:.0f}"
        table.add_row(f"memory over {memory.minutes:.0f} min", held)
        table.add_row("memory, slope", f"{memory.slope_mb_per_hour:+.1f} MB an hour")
    Console().print(table)


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
