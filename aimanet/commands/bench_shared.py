"""What the sub-commands of ``bench`` have in common."""

from __future__ import annotations

import sys
from typing import Any

from aimanet.errors import AimaNetError


class BenchFlagsError(AimaNetError):
    """Flags of ``bench`` that nothing can be measured with."""


def check_seconds(seconds: float) -> None:
    """Refuses a length that is none."""
    if not seconds > 0:
        raise BenchFlagsError(f"--seconds {seconds:g}: give a time above 0")


def rounded(value: Any) -> Any:
    """The same nest of dictionaries with floats of four significant digits."""
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, tuple | list):
        return [rounded(inner) for inner in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def say(text: str, *, again: bool = False) -> None:
    """A line of progress where someone looks; repeated ones overwrite each other."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="" if again else "\n", file=sys.stderr, flush=True)
