"""Promises made in seconds, on machines that stand still now and then.

A busy machine gives a process no time for whole seconds. "No read takes longer than two" is neither
kept nor broken in such a moment, so tests look at the time that was given, not at the clock.
"""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import ParamSpec

import pytest

BEAT_S = 0.02
STANDSTILL_S = 0.2
STARVED = 0.2
"""Share of the time in which threads of this process waited for a processor."""
TRIES = 6
P = ParamSpec("P")


class GivenTime:
    """``with GivenTime() as given``: a clock that stands still while this process does.

    A thread wakes every :data:`BEAT_S`; a late beat counts no more than three.
    """

    def __init__(self) -> None:
        self.s = 0.0
        """Seconds given since the start."""
        self.standstill_s = 0.0
        """The longest time between two beats."""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="given time", daemon=True)
        self._began, self._waited = time.perf_counter(), _waited_s()

    @property
    def disturbed(self) -> bool:
        """The machine stood still, or was busy with something else."""
        waited = _waited_s() - self._waited
        busy = waited > STARVED * (time.perf_counter() - self._began)
        return busy or self.standstill_s > STANDSTILL_S

    def _beat(self) -> None:
        last = time.perf_counter()
        while not self._over.wait(BEAT_S):
            now = time.perf_counter()
            self.s += min(now - last, 3 * BEAT_S)
            self.standstill_s = max(self.standstill_s, now - last)
            last = now

    def __enter__(self) -> GivenTime:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()


def _waited_s() -> float:
    """Seconds that the threads of this process have waited for a processor (Linux, else 0)."""
    waited = 0
    for thread in Path("/proc/self/task").glob("*/schedstat"):
        try:
            waited += int(thread.read_text().split()[1])
        except (OSError, IndexError):
            pass  # it has just ended
    return waited / 1e9


def real_time(test: Callable[P, None]) -> Callable[P, None]:
    """For tests of what holds in real time only: tried again where the machine was disturbed.

    The fixtures stay; the test has to put them right where it changed them. A failure on a
    machine that ran undisturbed counts at once, and so does the last one.
    """

    @functools.wraps(test)
    def trying(*args: P.args, **kwargs: P.kwargs) -> None:
        for left in reversed(range(TRIES)):
            with GivenTime() as given:
                try:
                    return test(*args, **kwargs)
                except (Exception, pytest.fail.Exception):
                    time.sleep(3 * BEAT_S)  # a standstill that has just ended is noticed, too
                    if not left or not given.disturbed:
                        raise
        return None

    return trying
