"""What a kind of hostile file is, to the fuzzer."""

from __future__ import annotations

import io
import random
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from pathlib import Path

from aimanet.cli import main

Action = Callable[[], int]


class Target(ABC):
    """A kind of hostile file.

    `write` makes the originals in a process of its own, because what is forked later must not
    have started any threads; `prepare` reads them and imports what the command needs; `case`
    writes one damaged file below ``own`` and returns what is to be run.
    """

    name = ""

    @abstractmethod
    def write(self, originals: Path) -> None:
        """Write the originals below a folder that stays."""

    @abstractmethod
    def prepare(self, originals: Path) -> None:
        """Take them from there."""

    @abstractmethod
    def case(self, own: Path, rng: random.Random) -> Action:
        """One damaged file and the command that is given it."""


def preload(*modules: str) -> None:
    """Imports what the children will need, so that each of them need not."""
    for name in modules:
        import_module(name)


def warm(*argv: str) -> None:
    """A command line that fails at once: what reads command lines is imported by then."""
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        assert main(argv) == 2


def command(*argv: object) -> Action:
    """One command line of AimaNet, as the program runs it."""
    return lambda: main([str(arg) for arg in argv])
