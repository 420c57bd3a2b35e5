"""What the workers of `test_crew` do; a module of its own, because they import it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from aimanet.errors import OutputError, SourceError


def attempt(task: str) -> str:
    word, _, rest = task.partition(" ")
    if word == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if word == "fail":
        raise OutputError("the disk is full")
    if word == "tell":
        return f"{os.environ['OMP_NUM_THREADS']} {os.getpid()}"
    if word == "dawdle":
        Path(rest).write_text(str(os.getpid()))
        try:
            time.sleep(600)
        finally:
            Path(rest).unlink()
    return task.upper()


@contextmanager
def start() -> Iterator[Callable[[str], str]]:
    yield attempt


@contextmanager
def no_start() -> Iterator[Callable[[str], str]]:
    raise SourceError("there is nothing to start with")
    yield attempt


@contextmanager
def dead_start() -> Iterator[Callable[[str], str]]:
    os._exit(3)
    yield attempt
