"""The figures the project promises, of whole processes and as the operating system counts them."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aimanet.bench.children import Cost, Use, cost, on_cores, ours, run_counted
from aimanet.bench.clips import of_length
from aimanet.bench.train import BenchError, SideProcess, write_arrays

TRAINING_FRAMES = 1200


@dataclass(frozen=True, slots=True)
class Asked:
    """The method to measure, as the command line names it."""

    method: str = "tscan"
    device: str = "auto"
    weights: Path | None = None

    def flags(self) -> list[str]:
        """The same as options of ``analyze`` and ``live``."""
        weights = [] if self.weights is None else ["--weights", str(self.weights.absolute())]
        return ["--method", self.method, "--device", self.device, *weights]


@dataclass(frozen=True, slots=True)
class Lengths:
    """A clip and a short beginning of it: their difference is the work without the start."""

    clip: Path
    short: Path
    clip_s: float
    short_s: float

    @classmethod
    def of(cls, clip: Path, clip_s: float, folder: Path) -> Lengths:
        """A clip and its first third."""
        short_s = clip_s / 3.0
        return cls(clip, of_length(clip, folder / f"short_{clip.name}", short_s), clip_s, short_s)

    @classmethod
    def at(cls, clip: Path, clip_s: float, folder: Path) -> Lengths:
        """``clip`` repeated or cut to ``clip_s``, and the first third of that."""
        long = of_length(clip, folder / f"{clip_s:g}s_{clip.name}", clip_s)
        return cls.of(long, clip_s, folder)


@dataclass(frozen=True, slots=True)
class LiveUse:
    """`aimanet live --headless` on a clip in real time, as a process of its own.

    ``first_reading_s`` and ``first_ok_s`` count from the start of the process; None: never.
    """

    cost: Cost
    first_reading_s: float | None
    first_ok_s: float | None


@dataclass(frozen=True, slots=True)
class NetworkSpeed:
    """One way to run the network: wall and processor ms a frame; or why it cannot."""

    name: str
    wall_ms_per_frame: float | None
    cpu_ms_per_frame: float | None
    greatest_difference: float | None
    error: str | None


def live_use(asked: Asked, lengths: Lengths) -> LiveUse:
    """Plays both lengths in real time without a window, and times the first answers."""
    firsts: dict[str, float] = {}

    def hear(line: str, at: float) -> None:
        reading = json.loads(line)
        if reading["hr_bpm"] is not None:
            firsts.setdefault("reading", at)
        if reading["state"] == "ok":
            firsts.setdefault("ok", at)

    def play(clip: Path) -> Use:
        firsts.clear()
        return run_counted(ours("live", "--source", str(clip), "--json", *asked.flags()), hear)

    short = play(lengths.short)
    long = play(lengths.clip)
    taken = cost([short], [long], lengths.short_s, lengths.clip_s)
    return LiveUse(taken, firsts.get("reading"), firsts.get("ok"))


def batch_use(asked: Asked, lengths: Lengths, cores: int, rounds: int) -> Cost | None:
    """`aimanet analyze` as fast as it goes on so many cores; None where they cannot be had."""
    shorts, longs = [], []
    with on_cores(cores) as had:
        if not had:
            return None
        for _ in range(rounds):
            shorts.append(run_counted(ours("analyze", str(lengths.short), *asked.flags())))
            longs.append(run_counted(ours("analyze", str(lengths.clip), *asked.flags())))
    return cost(shorts, longs, lengths.short_s, lengths.clip_s)


def several_use(asked: Asked, clip: Path, clip_s: float, jobs: int, copies: int) -> float:
    """Seconds of video a second that ``analyze --jobs`` reads, with its start, of a few files."""
    names = [str(clip)] * copies
    took = run_counted(ours("analyze", *names, "--jobs", str(jobs), *asked.flags()))
    return copies * clip_s / took.wall_s


def networks(asked: Asked) -> list[NetworkSpeed]:
    """Every local back end that is installed, with the weights asked for."""
    from aimanet.backends import candidates, measure
    from aimanet.checkpoint import default_weights, read_weights

    weights = read_weights(asked.weights or default_weights())
    found = []
    for candidate in candidates("cpu"):
        m = measure(candidate, weights)
        if m.error is None:
            found.append(NetworkSpeed(m.name, m.wall_ms, m.cpu_ms, m.difference, None))
        else:
            found.append(NetworkSpeed(m.name, None, None, None, m.error))
    return found


def training_frames_per_s(device: str, seconds: float) -> float:
    """What `aimanet seed` learns from in a second; the same loop as in `aimanet bench train`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_arrays(folder, TRAINING_FRAMES)
        with SideProcess("ours", folder, device, folder / "results") as side:
            return side.turn(seconds).frames_per_s


def window_figures(clip: Path, method: str, seconds: float) -> dict[str, Any] | str:
    """What `python -m app.bench` says of the window; or why there is none."""
    from aimanet.terminal.display import why_no_window

    why_not = why_no_window()
    if why_not is not None:
        return why_not
    command = [sys.executable, "-m", "app.bench", "--seconds", f"{seconds:g}", "--json"]
    command += ["--source", str(clip), "--method", method]
    lines: list[str] = []
    with tempfile.TemporaryDirectory(prefix="aimanet-bench-") as folder:
        env = {**os.environ, "AIMANET_CONFIG_DIR": folder}  # the user's settings stay as they are
        try:
            run_counted(command, lambda line, _: lines.append(line), env)
            told: dict[str, Any] = json.loads(lines[-1])
        except (BenchError, IndexError, ValueError) as error:
            return f"not measured: {error}"
    return told
