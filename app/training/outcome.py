"""How a process ended, and what to say about it."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["done", "stopped", "refused", "memory", "killed", "crashed", "not_started"]

_MEMORY = (
    "MemoryError",
    "OutOfMemoryError",
    "out of memory",
    "can't allocate memory",
    "Cannot allocate memory",
    "std::bad_alloc",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """``text`` is the process's own last word, or how it was ended."""

    kind: Kind
    text: str = ""
    code: int = 0

    @property
    def good(self) -> bool:
        """It did what it was asked to."""
        return self.kind == "done"

    def words(self, what: str) -> str:
        """A line for people; ``what`` is the process, as in “the training”."""
        if self.kind == "refused":
            return self.text or f"{what} ended with an error that it did not explain; see the log"
        if self.kind == "memory":
            return f"{what} ran out of memory: a smaller batch or fewer workers need less"
        if self.kind == "killed":
            return (
                f"{what} was ended from outside ({self.text}), perhaps because the computer ran"
                " out of memory"
            )
        if self.kind == "crashed":
            return f"{what} ended unexpectedly ({self.text}); the log may say more"
        if self.kind == "not_started":
            return f"{what} could not be started ({self.text})"
        return f"{what} was stopped" if self.kind == "stopped" else f"{what} is done"


def judge(code: int, *, died: bool, stopped: bool, lines: Sequence[str]) -> Outcome:
    """What the end of a process means.

    Args:
        code: its exit code; the signal's number if it ``died`` of one.
        died: a signal ended it.
        stopped: we wanted it to end, and it did not end by itself.
        lines: the last lines that it wrote.
    """
    if stopped:
        return Outcome("stopped", code=code)
    if not died and code == 0:
        return Outcome("done")
    if any(mark in line for mark in _MEMORY for line in lines):
        return Outcome("memory", code=code)
    if died:
        name = _signal(code)
        return Outcome("killed" if name in ("SIGKILL", "SIGTERM") else "crashed", name, code)
    errors = [line for line in lines if line.startswith("error: ")]
    if errors:
        return Outcome("refused", errors[-1].removeprefix("error: "), code)
    if code in (130, 143):
        return Outcome("killed", "interrupted", code)
    last = lines[-1][:160] if lines else f"exit status {code}"
    return Outcome("crashed", last, code)


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
