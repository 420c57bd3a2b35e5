"""Training speed: the plain loop that the original recipe describes, beside ours.

Both learn from the same file in the same run, each in a process of its own. They take turns, so
that another program's load falls on both alike; a figure is the median of the turns.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import numpy as np

from aimanet.datasets.arrays import INPUT, OUTPUT, open_arrays
from aimanet.errors import AimaNetError

Side = Literal["plain", "ours"]
CHECKOUT = Path(__file__).resolve().parents[2]
"""Where `python -m aimanet...` finds this very package, installed or not."""
SIDES: tuple[Side, ...] = ("plain", "ours")


class BenchError(AimaNetError):
    """A measurement that could not be made."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of one side: ``frames`` learnt from in ``seconds``.

    ``waited_s`` of them passed without data to learn from.
    """

    frames: int
    seconds: float
    waited_s: float

    @property
    def frames_per_s(self) -> float:
        """Training frames a second."""
        return self.frames / self.seconds


@dataclass(frozen=True, slots=True)
class SideFigures:
    """What one side did: medians over its turns; memory is None where it cannot be told.

    ``framework_mb`` is held before any data are opened, ``peak_mb`` at most, loader processes
    included (MB, 10^6 bytes). ``wait_share`` is the part of the time spent waiting for data,
    ``gpu_busy_share`` the part in which the GPU computes (None on a CPU).
    """

    frames_per_s: float
    turns: tuple[float, ...]
    wait_share: float
    framework_mb: float | None
    peak_mb: float | None
    gpu_busy_share: float | None


@dataclass(frozen=True, slots=True)
class TrainSpeed:
    """Both sides on the same arrays; ``ratio`` is the median over pairs of turns."""

    device: str
    threads: int
    frames: int
    plain: SideFigures
    ours: SideFigures
    ratio: float


def write_arrays(folder: Path, frames: int, size: int = 36) -> None:
    """Writes random inputs (frames, 6, size, size) and labels, a piece at a time."""
    rng = np.random.default_rng(0)
    shape = (frames, 6, size, size)
    inputs = np.lib.format.open_memmap(folder / INPUT, "w+", np.float32, shape)
    for first in range(0, frames, 256):
        part = inputs[first : first + 256]
        part[:] = rng.standard_normal(part.shape, np.float32)
    inputs.flush()
    np.save(folder / OUTPUT, rng.standard_normal(frames))


def measure(
    folder: Path,
    *,
    device: str = "auto",
    seconds: float = 20.0,
    rounds: int = 5,
    say: Callable[[str], None] = lambda text: None,
) -> TrainSpeed:
    """Lets both sides learn from the arrays in ``folder``, ``seconds`` each, in ``rounds`` turns.

    Raises:
        AimaNetError: the arrays cannot be used, or a side failed.
    """
    with ExitStack() as stack:
        results = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "results"
        sides = {
            name: stack.enter_context(SideProcess(name, folder, device, results)) for name in SIDES
        }
        turns: dict[str, list[Turn]] = {name: [] for name in SIDES}
        for i in range(rounds):
            say(f"turn {i + 1} of {rounds} ...")
            for name in SIDES if i % 2 == 0 else SIDES[::-1]:
                turns[name].append(sides[name].turn(seconds / rounds))
        figures = {name: _figures(turns[name], sides[name].finish()) for name in SIDES}
        facts = sides["ours"].facts
    pairs = zip(turns["plain"], turns["ours"], strict=True)
    return TrainSpeed(
        device=facts["device"],
        threads=facts["threads"],
        frames=open_arrays(folder).frames,
        plain=figures["plain"],
        ours=figures["ours"],
        ratio=statistics.median(b.frames_per_s / a.frames_per_s for a, b in pairs),
    )


def _figures(turns: list[Turn], last: dict[str, Any]) -> SideFigures:
    speeds = tuple(turn.frames_per_s for turn in turns)
    return SideFigures(
        frames_per_s=statistics.median(speeds),
        turns=speeds,
        wait_share=statistics.median(turn.waited_s / turn.seconds for turn in turns),
        framework_mb=last["framework_mb"],
        peak_mb=last["peak_mb"],
        gpu_busy_share=last["gpu_busy_share"],
    )


class SideProcess:
    """A process with one side of the comparison (`aimanet.bench.train_side`), ready for turns.

    Leaving it ends the process.
    """

    def __init__(self, name: Side, folder: Path, device: str, results: Path) -> None:
        self.name = name
        arguments = [name, str(folder.resolve()), device, str(results)]
        self._command = [sys.executable, "-m", "aimanet.bench.train_side", *arguments]

    def __enter__(self) -> SideProcess:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=CHECKOUT
        )
        self.facts = self._answer()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.close()  # the other side's loop ends with its input
        except BrokenPipeError:
            pass
        if kind is not None:
            self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def turn(self, seconds: float) -> Turn:
        """Lets it learn for about ``seconds``."""
        return Turn(**self._ask({"seconds": seconds}))

    def finish(self) -> dict[str, Any]:
        """What it knows about the whole run."""
        return self._ask({"seconds": 0})

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # what it said before it died is the better news
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise BenchError(f"the {self.name} loop ended early, status {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise BenchError(answer["error"])
        return answer
