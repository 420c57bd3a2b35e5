"""``aimanet bench speed``: what AimaNet takes of this computer."""

from __future__ import annotations

import os
import platform
import tempfile
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aimanet.commands.bench_shared import BenchFlagsError, check_seconds, rounded, say

if TYPE_CHECKING:
    from aimanet.bench.against import Versus
    from aimanet.bench.children import Cost
    from aimanet.bench.clips import ClipFacts
    from aimanet.bench.longrun import Mark, Trend
    from aimanet.bench.speed import Asked, LiveUse, NetworkSpeed
    from aimanet.bench.stages import StageReport

DRAWN_S, QUICK_DRAWN_S = 20.0, 6.0
QUICK_S, QUICK_MINUTES = 9.0, 0.5


@dataclass(frozen=True, slots=True)
class Options:
    """Speed and memory on this computer.

    Takes a clip (by default the demo face, 640x480 at 30 frames a second, encoded as a webcam
    does) and tells: the time of each stage; the processor's time for a second of video, live
    without a window and as fast as possible on one core and on two, as the operating system counts
    it; how long it takes from the start to the first answers, from the grab to the reading and,
    where there is a display, to the screen; memory over some minutes; each way to run the network;
    training. Progress goes to stderr.

    With --against another program is run on the same clip in turn with `aimanet analyze`, and
    nothing else is measured.

    Examples: `aimanet bench speed --quick`, `aimanet bench speed --hours 8 --minutes 0`,
    `aimanet bench speed --clip me.mp4 --against "python other.py {clip}"`.
    """

    method: str = "tscan"
    """tscan, pos, chrom or green."""
    weights: Path | None = None
    """Other weights for tscan than the ones that come with AimaNet."""
    device: str = "auto"
    """auto, cpu or cuda."""
    clip: Path | None = None
    """A video of a face to measure with; repeated where it is too short."""
    seconds: float = 30.0
    """Length of the live run; twice that is analysed as fast as possible."""
    rounds: int = 3
    """How often that is done; the figures are medians."""
    minutes: float = 5.0
    """Minutes of video for the memory, decoded, read and recorded; 0 leaves it out."""
    hours: float = 0.0
    """Hours of faces for the memory, read and recorded (nothing is decoded, so they go faster)."""
    quick: bool = False
    """Shorter runs: a first idea in about two minutes."""
    against: str | None = None
    """Another program's command line, with {clip} where the name of the clip goes."""
    json: bool = False
    """Print one JSON object."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Where it was measured."""

    cpu: str
    cores: int
    system: str
    python: str


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was measured; what could not be, or was left out, is None.

    ``window`` is what `python -m app.bench` says, or why there is no window.
    """

    method: str
    machine: Machine
    clip: ClipFacts
    stages: StageReport
    live: LiveUse
    analyze_one_core: Cost | None
    analyze_two_cores: Cost | None
    analyze_jobs_two_cores_times_real_time: float | None
    window: dict[str, Any] | str
    memory: Trend | None
    long_run: Trend | None
    networks: list[NetworkSpeed]
    training_frames_per_s: float


def run(options: Options) -> int:
    """Measures and prints a table or JSON."""
    _check(options)
    from aimanet.commands.bench_speed_table import print_report, print_versus
    from aimanet.terminal.records import to_line

    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aimanet-bench-")))
        clip, known = _clip(options, folder)
        if options.against is not None:
            versus = _compare(options, options.against, clip, folder)
            print(to_line(rounded(asdict(versus)))) if options.json else print_versus(versus, known)
            return 2 if versus.error else 0
        report = measure(options, clip, known, folder)
    print(to_line(rounded(asdict(report)))) if options.json else print_report(report)
    return 0


def _check(options: Options) -> None:
    check_seconds(options.seconds)
    for name in ("minutes", "hours"):
        value = getattr(options, name)
        if not value >= 0:
            raise BenchFlagsError(f"--{name} {value:g}: give 0 or more")
    if options.rounds < 1:
        raise BenchFlagsError(f"--rounds {options.rounds}: give 1 or more")
    if options.against is not None:
        from aimanet.bench.children import fill

        fill(options.against, Path("clip"))


def _clip(options: Options, folder: Path) -> tuple[Path, ClipFacts]:
    from aimanet.bench.clips import draw_clip, facts

    if options.clip is not None:
        return options.clip, facts(options.clip, drawn=False)
    say("drawing a clip ...")
    clip = draw_clip(folder / "demo.mp4", QUICK_DRAWN_S if options.quick else DRAWN_S)
    return clip, facts(clip, drawn=True)


def _asked(options: Options) -> Asked:
    from aimanet.bench.speed import Asked

    return Asked(options.method, options.device, options.weights)


def _seconds(options: Options) -> float:
    return QUICK_S if options.quick else options.seconds


def _rounds(options: Options) -> int:
    return 1 if options.quick else options.rounds


def _compare(options: Options, command: str, clip: Path, folder: Path) -> Versus:
    from aimanet.bench.against import compare
    from aimanet.bench.speed import Lengths

    lengths = Lengths.at(clip, 2.0 * _seconds(options), folder)
    return compare(_asked(options), command, lengths, _rounds(options), say)


def measure(options: Options, clip: Path, known: ClipFacts, folder: Path) -> Report:
    """Takes all figures, one after the other; those of this process before torch is loaded."""
    from aimanet.bench import speed
    from aimanet.bench.stages import live_stages
    from aimanet.methods import make_method

    asked, seconds, rounds = _asked(options), _seconds(options), _rounds(options)
    say(f"the stages, live for {seconds:g} s ...")
    method = make_method(asked.method, device=asked.device, weights=asked.weights)
    stages = live_stages(method, str(clip.absolute()), seconds)
    memory = _memory(options, clip, folder)
    long_run = _long_run(options, clip, folder)
    say("a process live without a window ...")
    played = speed.Lengths.at(clip, seconds, folder)
    live = speed.live_use(asked, played)
    say("analyze, as fast as it goes ...")
    doubled = speed.Lengths.at(clip, 2.0 * seconds, folder)
    one = speed.batch_use(asked, doubled, 1, rounds)
    two = speed.batch_use(asked, doubled, 2, rounds)
    several = speed.several_use(asked, doubled.clip, doubled.clip_s, 2, 4)
    say("the window ...")
    window = speed.window_figures(doubled.clip, asked.method, seconds)
    say("the network, and training ...")
    return Report(
        method=method.name,
        machine=_machine(),
        clip=known,
        stages=stages,
        live=live,
        analyze_one_core=one,
        analyze_two_cores=two,
        analyze_jobs_two_cores_times_real_time=several,
        window=window,
        memory=memory,
        long_run=long_run,
        networks=speed.networks(asked) if asked.method == "tscan" else [],
        training_frames_per_s=speed.training_frames_per_s(asked.device, seconds / 5.0),
    )


def _memory(options: Options, clip: Path, folder: Path) -> Trend | None:
    from aimanet.bench.longrun import filmed, long_run

    minutes = min(options.minutes, QUICK_MINUTES) if options.quick else options.minutes
    if not minutes:
        return None
    return long_run(
        filmed(clip, 60.0 * minutes),
        _method(options),
        folder / "minutes",
        every_s=min(60.0, 60.0 * minutes / 5.0),
        tell=lambda mark: _tell(mark, minutes),
    )


def _long_run(options: Options, clip: Path, folder: Path) -> Trend | None:
    from aimanet.bench.longrun import crops_of, long_run, repeated

    if not options.hours:
        return None
    return long_run(
        repeated(crops_of(clip), 3600.0 * options.hours),
        _method(options),
        folder / "hours",
        every_s=min(60.0, 3600.0 * options.hours / 5.0),
        tell=lambda mark: _tell(mark, 60.0 * options.hours),
    )


def _method(options: Options) -> Any:
    from aimanet.methods import make_method

    return make_method(options.method, device=options.device, weights=options.weights)


def _tell(mark: Mark, minutes: float) -> None:
    say(f"memory: {mark.minutes:.1f} of {minutes:g} min ...", again=True)


def _machine() -> Machine:
    from aimanet.crew import cores

    system = f"{platform.system()} {platform.release()}"
    return Machine(_cpu_name(), cores(), system, platform.python_version())


def _cpu_name() -> str:
    """The processor's own name where the system tells it."""
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
