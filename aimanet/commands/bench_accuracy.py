"""``aimanet bench accuracy``: how right the readings are, and whether they are to be believed."""

from __future__ import annotations

import platform
import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from aimanet import __version__
from aimanet.commands.bench_shared import BenchFlagsError

if TYPE_CHECKING:
    from aimanet.bench.accuracy.material import Material
    from aimanet.bench.accuracy.report import Report
    from aimanet.bench.accuracy.runner import Setup, Tell

SEEDS, SECONDS = 3, 20.0
"""Clips of each kind, and their length."""

QUICK_SEEDS, QUICK_SECONDS = 1, 15.0
QUICK_KINDS = (
    *("still", "talking", "moving", "dark skin", "call, H.264", "quick heart"),
    *("print in a hand", "doll", "wall"),
)
"""What --quick takes: some kinds with a pulse, some without."""

NO_MATTER = ("json", "jobs", "cache", "out")
"""Flags that the figures do not depend on."""

TOLD_S = 30.0
"""Seconds between lines of progress where nobody looks."""


@dataclass(frozen=True, slots=True)
class Options:
    """How right the readings are: errors by condition, trust, false alarms, calibration.

    Draws the held-out set (kinds of video that training never sees, fixed seeds, with and without
    a pulse), runs the face tracker and every method over each clip as live, and compares the
    clip's rate and each live reading with the truth. Takes other clips, too: data sets, sessions,
    folders of videos with a list of their truth.

    Examples: `aimanet bench accuracy --quick`, `aimanet bench accuracy --out accuracy`,
    `aimanet bench accuracy --weights default mine.safetensors --cache /tmp/crops`,
    `aimanet bench accuracy --without-drawn --data ~/UBFC sessions=~/sessions`.
    """

    out: Path | None = None
    """Write tables (CSV, JSON), every reading and plots (PNG, SVG) to this folder."""
    data: tuple[str, ...] = ()
    """Also real videos, a row a folder: data sets or sessions as NAME=DIR or DIR, or a folder of
    videos with clips.csv (video,truth,hr_bpm, as `synthesize` writes it; neither: no pulse)."""
    methods: tuple[str, ...] = ("tscan", "pos", "chrom", "green")
    """Which methods."""
    weights: tuple[str, ...] = ()
    """Checkpoints for tscan, a row each; `default` means the one that comes with AimaNet."""
    faces: Path | None = None
    """Also photographs from this folder, animated as all kinds are; they take turns."""
    kinds: tuple[str, ...] = ()
    """Only these kinds of the held-out set; a comma between them will do, too."""
    seeds: int | None = None
    """Clips of each kind; 3, or 1 with --quick."""
    seconds: float | None = None
    """Length of a clip; 20, or 15 with --quick."""
    quick: bool = False
    """Few kinds, short clips: some minutes."""
    without_drawn: bool = False
    """Leave the drawn people out: only --faces and --data."""
    cache: Path | None = None
    """Keep the face crops of drawn clips in this folder, and take them from it the next time."""
    any_version: bool = False
    """With --cache: take crops of other versions of the code, too (the report says so)."""
    jobs: int = 0
    """Processes; 0 takes all cores. The results are the same."""
    device: str = "auto"
    """Where the network runs: auto, cpu or cuda."""
    json: bool = False
    """Print one JSON object."""


def run(options: Options) -> int:
    """Measures, writes the folder, prints the tables or the JSON."""
    _check(options)
    from aimanet.bench.accuracy.folder import to_json, write_files
    from aimanet.evaluation.folder import ResultFolder

    folder = None if options.out is None else ResultFolder(options.out)
    report = _measure(options)
    written = None if folder is None else write_files(folder, report)
    if options.json:
        print(to_json(report))
    else:
        _print(report, written)
    return 0


def _check(options: Options) -> None:
    """Refuses what makes no sense, before any work."""
    if options.seeds is not None and not 1 <= options.seeds <= 1000:
        raise BenchFlagsError(f"--seeds {options.seeds}: give a number from 1 to 1000")
    if options.seconds is not None and not 1.0 <= options.seconds <= 3600.0:
        raise BenchFlagsError(f"--seconds {options.seconds:g}: give a time from 1 to 3600")
    if options.jobs < 0:
        raise BenchFlagsError(f"--jobs {options.jobs}: give 0 for all cores, or more")
    if options.without_drawn and not (options.data or options.faces):
        raise BenchFlagsError(
            "--without-drawn leaves nothing: name a folder with --data or --faces"
        )
    if options.any_version and options.cache is None:
        raise BenchFlagsError("--any-version is about the crops in --cache: name its folder")


def _measure(options: Options) -> Report:
    from aimanet.bench.accuracy.folders import find
    from aimanet.bench.accuracy.report import Report
    from aimanet.bench.accuracy.runner import evaluate_shots

    setup = _setup(options)
    seeds, seconds = _lengths(options)
    code, materials = _held_out(options, seeds, seconds)
    materials += find(options.data)
    with _progress() as tell:
        outcome = evaluate_shots(materials, setup, jobs=options.jobs, tell=tell)
    if not outcome.results:
        first = outcome.missing[0]
        raise BenchFlagsError(f"nothing could be measured; {first.clip.name}: {first.reason}")
    return Report(
        results=outcome.results,
        missing=outcome.missing,
        command=command_line(options),
        created=datetime.now().astimezone().isoformat(" ", "minutes"),
        versions=_versions(),
        seeds=tuple(range(seeds)) if code else (),
        seconds=seconds,
        code=f"{code} or others (--any-version)" if options.any_version else code,
    )


def _setup(options: Options) -> Setup:
    """Checks methods, weights and detector once, before the workers do."""
    from aimanet.bench.accuracy.runner import Setup
    from aimanet.face_model import face_model_path
    from aimanet.methods import resolve_device

    device = resolve_device(options.device) if "tscan" in options.methods else "cpu"
    setup = Setup(
        methods=options.methods,
        weights=options.weights,
        device=device,
        cache=options.cache,
        model=face_model_path(),
        any_version=options.any_version,
    )
    setup.entrants()
    return setup


def _lengths(options: Options) -> tuple[int, float]:
    usual = (QUICK_SEEDS, QUICK_SECONDS) if options.quick else (SEEDS, SECONDS)
    return options.seeds or usual[0], options.seconds or usual[1]


def _held_out(options: Options, seeds: int, seconds: float) -> tuple[str, list[Material]]:
    """The fingerprint of the code that draws, and the clips to be drawn."""
    if options.without_drawn and options.faces is None:
        return "", []
    from aimanet.bench.accuracy.footage import code_version
    from aimanet.bench.accuracy.photographs import read_photographs
    from aimanet.bench.accuracy.shots import chosen_kinds, shots

    code = code_version()
    kinds = chosen_kinds(options.kinds or (QUICK_KINDS if options.quick else ()))
    found: list[Material] = []
    if not options.without_drawn:
        found += shots(kinds, seeds, seconds, code)
    if options.faces is not None:
        found += shots(kinds, seeds, seconds, code, read_photographs(options.faces))
    return code, found


def _versions() -> tuple[tuple[str, str], ...]:
    names = ["numpy", "scipy", "mediapipe", "av"]
    names += ["torch"] if "torch" in sys.modules else []
    own = (("aimanet", __version__), ("python", platform.python_version()))
    return (*own, *((name, version(name)) for name in names))


def command_line(options: Options) -> str:
    """What to type to get the same figures again; only flags that differ from the default."""
    usual = Options()
    words = ["aimanet", "bench", "accuracy"]
    for name in Options.__dataclass_fields__:
        value = getattr(options, name)
        if value == getattr(usual, name) or name in NO_MATTER:
            continue
        words.append(f"--{name.replace('_', '-')}")
        if isinstance(value, tuple):
            words += value
        elif value is not True:
            words.append(f"{value:g}" if isinstance(value, float) else str(value))
    return shlex.join(words)


@contextmanager
def _progress() -> Iterator[Tell]:
    """A bar where someone looks at stderr, now and then a line where it goes to a file."""
    if not sys.stderr.isatty():
        yield _lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Eta

    columns = (TextColumn("clips"), BarColumn(), MofNCompleteColumn(), Eta())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("clips", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _lines() -> Tell:
    began = told = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told >= TOLD_S and done < total:
            told = now
            left = (now - began) / done * (total - done) / 60.0
            print(f"{done} of {total} clips, {left:.0f} min left", file=sys.stderr, flush=True)

    return tell


def _print(report: Report, written: Path | None) -> None:
    from rich.console import Console

    from aimanet.bench.accuracy import terminal

    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)

    def say(line: str) -> None:
        console.print(line, markup=False, soft_wrap=True)

    for line in terminal.head_lines(report):
        say(line)
    if report.conditions:
        console.print(terminal.condition_table(report))
        say(terminal.LEGEND)
    if report.lifeless:
        console.print(terminal.lifeless_table(report))
    for one in report.calibration:
        if one.method in report.networks and one.readings:
            console.print(terminal.calibration_table(one))
    for one in report.calibration:
        say(terminal.calibration_line(one))
    console.print(terminal.verdict_table(report))
    for line in terminal.notes(report):
        say(line)
    if written is not None:
        say(f"Files: {str(written.parent).encode('utf-8', 'replace').decode()}")
