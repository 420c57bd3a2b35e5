"""Other processes measured from outside: what the operating system says they took."""

from __future__ import annotations

import os
import shlex
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from aimanet.bench.train import CHECKOUT, BenchError


@dataclass(frozen=True, slots=True)
class Use:
    """What one run of a program took, its children included.

    ``cpu_s`` is user and system time of all cores together; ``peak_mb`` the most that its largest
    process held (MB, 10^6 bytes).
    """

    wall_s: float
    cpu_s: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Cost:
    """Two runs over clips of different length, told apart into the start and the work.

    ``cpu_s_per_s`` CPU seconds for each second of video, without the start; ``with_start`` the
    same of the whole run over the longer clip; ``start_cpu_s`` the start (imports, models, end).
    ``times_real_time`` seconds of video per second of the clock, without the start and with it;
    None where the longer clip took no longer (too much else was going on).
    """

    seconds: float
    cpu_s_per_s: float
    cpu_s_per_s_with_start: float
    start_cpu_s: float
    times_real_time: float | None
    times_real_time_with_start: float
    peak_mb: float


def cost(short: Sequence[Use], long: Sequence[Use], short_s: float, long_s: float) -> Cost:
    """Medians of the runs over ``short_s`` and over ``long_s`` of video, compared."""
    few, many = _median(short), _median(long)
    per_s = max(0.0, many.cpu_s - few.cpu_s) / (long_s - short_s)
    longer = many.wall_s - few.wall_s
    return Cost(
        seconds=long_s,
        cpu_s_per_s=per_s,
        cpu_s_per_s_with_start=many.cpu_s / long_s,
        start_cpu_s=max(0.0, many.cpu_s - per_s * long_s),
        times_real_time=(long_s - short_s) / longer if longer > 0.0 else None,
        times_real_time_with_start=long_s / many.wall_s,
        peak_mb=many.peak_mb,
    )


def _median(uses: Sequence[Use]) -> Use:
    return Use(
        wall_s=statistics.median(use.wall_s for use in uses),
        cpu_s=statistics.median(use.cpu_s for use in uses),
        peak_mb=max(use.peak_mb for use in uses),
    )


def ours(*arguments: str) -> list[str]:
    """The command line of this very AimaNet."""
    return [sys.executable, "-m", "aimanet", *arguments]


def fill(command: str, clip: Path) -> list[str]:
    """A user's command line in words, ``{clip}`` replaced.

    Raises:
        BenchError: it is empty, its quotes do not match, or it does not name the clip.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise BenchError(f"--against {command!r}: {error}; check the quotes") from error
    if not any("{clip}" in word for word in words):
        raise BenchError(
            f"--against {command!r} does not say where the clip goes: write {{clip}} there, "
            "as in 'python other.py {clip}'"
        )
    return [word.replace("{clip}", str(clip)) for word in words]


def run_counted(
    command: Sequence[str],
    on_line: Callable[[str, float], None] | None = None,
    env: dict[str, str] | None = None,
    cwd: Path | None = CHECKOUT,
) -> Use:
    """Runs a program to its end.

    Args:
        command: its words.
        on_line: told each line of its output, and the seconds since it was started.
        env: its environment; by default ours.
        cwd: where it runs; by default where `python -m aimanet` is this package.

    Its memory is never told smaller than ours was when it was started: Linux counts so.

    Raises:
        BenchError: it cannot be started, or fails; with the last line of its stderr.
    """
    if not hasattr(os, "wait4"):
        raise BenchError("this system does not count a program's CPU time; use Linux or macOS")
    with tempfile.TemporaryFile() as errors:
        began = time.perf_counter()
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=env,
                cwd=cwd,
                start_new_session=True,
            )
        except OSError as error:
            raise BenchError(f"cannot start {command[0]}: {error.strerror or error}") from error
        with _ended_with_us(process):
            assert process.stdout is not None
            for line in process.stdout:
                if on_line is not None:
                    on_line(line.decode("utf-8", "replace"), time.perf_counter() - began)
            _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise BenchError(_failure(command, process.returncode, _last_line(errors)))
    unit = 1 if sys.platform == "darwin" else 1024
    return Use(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * unit / 1e6)


@contextmanager
def _ended_with_us(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """The program and what it started end when we are interrupted."""
    try:
        yield
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    finally:
        if process.stdout is not None:
            process.stdout.close()


def _last_line(errors: IO[bytes]) -> str:
    errors.seek(0)
    lines = errors.read().decode("utf-8", "replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _failure(command: Sequence[str], status: int, said: str) -> str:
    how = f"status {status}" if status > 0 else f"signal {-status}"
    return f"{shlex.join(command)[:200]} ended with {how}" + (f": {said[:300]}" if said else "")


@contextmanager
def on_cores(count: int) -> Iterator[bool]:
    """Programs started in here have ``count`` cores; False where that cannot be had."""
    if not hasattr(os, "sched_setaffinity"):
        yield False
        return
    before = os.sched_getaffinity(0)
    if len(before) < count:
        yield False
        return
    os.sched_setaffinity(0, set(sorted(before)[:count]))
    try:
        yield True
    finally:
        os.sched_setaffinity(0, before)
