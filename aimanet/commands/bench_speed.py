"""``aimanet bench speed``: what AimaNet takes of this computer."""

from __future__ import annotations

import os
import platform
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aimanet.commands.bench_shared import BenchFlagsError, check_seconds, rounded, say

if TYPE_CHECKING:
    from aimanet.bench.speed import FileSpeed, LiveLoad, MemoryTrend
    from aimanet.methods import PulseMethod


@dataclass(frozen=True, slots=True)
class Options:
    """Speed and memory on this computer.

    Takes the demo face at 640x480 and 30 fps: the load live (a video played in real time,
    so decoding is in it), the time of each stage and of the network alone, how many times faster
    than real time a file is analysed, and the resident memory over an hour of video, simulated
    as fast as possible.

    Example: `aimanet bench speed --memory-minutes 0 --json`.
    """

    method: str = "tscan"
    """tscan, pos, chrom or green."""
    weights: Path | None = None
    """Other weights for tscan than the ones that come with AimaNet."""
    device: str = "auto"
    """auto, cpu or cuda."""
    seconds: float = 20.0
    """Length of the live run."""
    memory_minutes: float = 60.0
    """Minutes of video for the memory test; 0 leaves it out."""
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
    check_seconds(options.seconds)
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


def measure(method: PulseMethod, *, seconds: float, memory_minutes: float) -> Report:
    """Runs all measurements with a method on a clip drawn for the purpose."""
    from aimanet.bench import speed

    with tempfile.TemporaryDirectory() as folder:
        say("drawing a clip ...")
        clip = speed.draw_clip(Path(folder) / "demo.mp4", speed.CLIP_SECONDS)
        say(f"live for {seconds:g} s ...")
        live = speed.live_load(method, clip, seconds)
        say("the method alone, then a file ...")
        alone, file = speed.network_ms(method), speed.file_speed(method, clip)
        marks = []
        if memory_minutes > 0:
            for mark in speed.memory_marks(method, clip, memory_minutes):
                marks.append(mark)
                say(f"memory: {mark.minutes:.1f} of {memory_minutes:g} min ...", again=True)
    return Report(
        method=method.name,
        cpu=platform.processor() or platform.machine(),
        cores=os.cpu_count() or 1,
        live=live,
        network_ms=alone,
        file=file,
        memory=speed.trend(marks),
    )


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
