"""Which backend runs the network: the best of those that are here, measured once and remembered.

Every backend has to give the outputs of the plain NumPy network on noise, at every start. Of those
that do, the one with the least wall time + processor time a frame is taken: a second of waiting
and a second of a core's work count the same. So a second thread has to save as much time as it
costs. torch on the processor is taken only where it is asked for: it is not faster than NumPy
there, and its import alone takes two seconds.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

import numpy as np

from aimanet.backends import memory
from aimanet.backends.base import PACKAGES, Candidate, Runner, random_window
from aimanet.backends.by_numpy import NumpyRunner
from aimanet.checkpoint import Weights
from aimanet.errors import CheckpointError, MethodError

ENV_VAR = "AIMANET_BACKEND"

TOLERANCE = 1e-4
"""Greatest difference of outputs (of about 1) between a backend and the NumPy network."""

_ROUNDS = 10
_TURN_S = 0.25  # a network much larger than ours is measured over fewer windows ...
_PATIENCE_S = 3.0  # ... and, as on a busy machine, not with every candidate: the first are best
_THREADS = (1, 2, 4)
_RUNNERS = {
    "onnxruntime": ("by_onnxruntime", "OnnxRuntimeRunner"),
    "openvino": ("by_openvino", "OpenVinoRunner"),
    "numpy": ("by_numpy", "NumpyRunner"),
    "torch": ("by_torch", "TorchRunner"),
}
_EXTRAS = {"onnxruntime": "aimanet[fast]", "openvino": "aimanet[openvino]"}


class BackendError(Exception):
    """A backend gives other outputs than the network's."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a candidate takes a frame, in ms, and its greatest difference from the NumPy network.

    ``error`` says why it is out; ``name`` is the runner's own, or the candidate's label.
    """

    candidate: Candidate
    name: str
    wall_ms: float = float("inf")
    cpu_ms: float = float("inf")
    difference: float = float("inf")
    error: str | None = None

    @property
    def cost(self) -> float:
        """What is compared: wall and processor time together."""
        return self.wall_ms + self.cpu_ms


def candidates(device: str = "cpu", threads: int | None = None) -> list[Candidate]:
    """All that is installed here, with numbers of threads up to the cores (or just ``threads``)."""
    if device == "cuda":
        return [Candidate("torch", device="cuda")]
    counts = [threads] if threads else [n for n in _THREADS if n == 1 or n <= _cores()]
    return [
        Candidate(name, count)
        for name in PACKAGES
        if _installed(name)
        for count in (counts if name != "numpy" else [1])
    ]


def open_runner(candidate: Candidate, weights: Weights) -> Runner:
    """Loads a candidate's backend with weights; whatever that raises comes through."""
    module, name = _RUNNERS[candidate.backend]
    kind: Callable[[Weights, Candidate], Runner]
    kind = getattr(import_module(f"aimanet.backends.{module}"), name)
    return kind(weights, candidate)


def measure(candidate: Candidate, weights: Weights, check: Check | None = None) -> Measured:
    """Loads a candidate, compares its outputs, and takes its time: the best of some windows."""
    check = check or Check(weights)
    try:
        runner = open_runner(candidate, weights)
        difference = check(runner)
        wall, cpu = _best_times(runner, weights)
    except Exception as error:  # whatever is wrong with a backend, there are others
        return Measured(candidate, candidate.label, error=reason(error))
    return Measured(candidate, runner.name, wall, cpu, difference)


class Check:
    """Compares runners with the NumPy network, which runs once.

    Raises CheckpointError where that gives no numbers: finite weights can overflow.
    """

    def __init__(self, weights: Weights) -> None:
        self._window = random_window(weights.recipe)
        with np.errstate(over="ignore", invalid="ignore"):
            self._truth = NumpyRunner(weights).run(*self._window)
        if not all(np.isfinite(part).all() for part in self._truth):
            name = f"{weights.card.name} ({weights.fingerprint})"
            raise CheckpointError(f"the weights {name} give no finite numbers; train them again")

    def __call__(self, runner: Runner) -> float:
        """The greatest difference of any output. Raises BackendError where it is too large."""
        worst = 0.0
        for theirs, truth in zip(runner.run(*self._window), self._truth, strict=True):
            if theirs.shape != truth.shape:
                raise BackendError(f"its output is {theirs.shape}, not {truth.shape}")
            gap = float(np.abs(theirs - truth).max()) / max(1.0, float(np.abs(truth).max()))
            if not gap <= TOLERANCE:  # also where it is no number
                raise BackendError(f"its outputs differ by {gap:.1e}")
            worst = max(worst, gap)
        return worst


def choose(weights: Weights, device: str = "cpu", threads: int | None = None) -> Runner:
    """The best runner for weights.

    Args:
        weights: what it has to run.
        device: cpu or cuda.
        threads: so many, for a caller that has other work for the rest; None: as measured.

    Raises:
        MethodError: ``AIMANET_BACKEND`` asks for what is not here or does not work; or CUDA fails.
    """
    asked = forced() if device == "cpu" else None
    field = [c for c in candidates(device, threads) if asked in (None, c.backend)]
    if device == "cuda" or len(field) == 1:
        return _only(field[0], weights, asked)
    if asked is None:
        field = [c for c in field if c.backend != "torch"]
    check = Check(weights)
    for candidate in _ranked(field, weights, check):
        try:
            runner = open_runner(candidate, weights)
            check(runner)
        except Exception:  # the next one
            continue
        return runner
    if asked is None:
        return NumpyRunner(weights)
    raise MethodError(f"{ENV_VAR}={asked} does not run this network here; leave it out")


def forced() -> str | None:
    """The backend that ``AIMANET_BACKEND`` asks for. Raises MethodError where it is not here."""
    name = os.environ.get(ENV_VAR, "").strip().lower()
    if not name:
        return None
    if name not in PACKAGES:
        raise MethodError(f"{ENV_VAR}={name} is unknown: use one of {', '.join(PACKAGES)}")
    if not _installed(name):
        package = _EXTRAS.get(name, name)
        raise MethodError(
            f'{ENV_VAR}={name}, but it is not installed: pip install "{package}", or leave it out'
        )
    return name


def reason(error: Exception) -> str:
    """What an error says, in one short line."""
    words = " ".join(str(error).split()) or type(error).__name__
    return words if len(words) <= 120 else words[:119] + "…"


def _only(candidate: Candidate, weights: Weights, asked: str | None) -> Runner:
    check = Check(weights)
    try:
        runner = open_runner(candidate, weights)
        check(runner)
    except Exception as error:
        what = "cuda" if candidate.device == "cuda" else f"{ENV_VAR}={asked}"
        advice = "use --device cpu" if candidate.device == "cuda" else "leave it out"
        raise MethodError(
            f"{what} does not run this network ({reason(error)}); {advice}"
        ) from error
    return runner


def _ranked(field: list[Candidate], weights: Weights, check: Check) -> Iterator[Candidate]:
    """The one that won here before; else, and after it, those that work by what they cost now."""
    key = memory.key(field, weights.recipe)
    known = memory.recall(key)
    if known in field:
        yield known
    measured: list[Measured] = []
    began = time.perf_counter()
    for candidate in field:
        spent = time.perf_counter() - began
        if spent < _PATIENCE_S or all(m.error for m in measured):
            measured.append(measure(candidate, weights, check))
    working = sorted((m for m in measured if m.error is None), key=lambda m: m.cost)
    if working:
        memory.remember(key, working[0].candidate)
    yield from (m.candidate for m in working)


def _best_times(runner: Runner, weights: Weights) -> tuple[float, float]:
    """Milliseconds a frame, wall and processor: the least of some windows, the first left out."""
    window, depth = random_window(weights.recipe), weights.recipe.frame_depth
    times: list[tuple[float, float]] = []
    began = time.perf_counter()
    while len(times) < _ROUNDS and (len(times) < 2 or time.perf_counter() - began < _TURN_S):
        wall, cpu = time.perf_counter(), time.process_time()
        runner.run(*window)
        times.append((time.perf_counter() - wall, time.process_time() - cpu))
    wall, cpu = np.min(times[1:], axis=0)
    return 1e3 * float(wall) / depth, 1e3 * float(cpu) / depth


def _installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _cores() -> int:
    """Cores that this process may use; whoever starts many processes says 1 as others do, too."""
    allowed = os.environ.get("OMP_NUM_THREADS", "")
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return min(cores, int(allowed)) if allowed.isdecimal() else cores
