"""What takes long to make is made by one of the processes that run the tests, for all of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

FOLDER = "AIMANET_TESTS_FOLDER"
"""Names the folder that all processes of one run share (`tests/conftest.py`)."""


def made_once(name: str, make: Callable[[Path], object]) -> Path:
    """The file ``name``, made by ``make(path)`` where no other process has; not to be changed."""
    path = Path(os.environ[FOLDER]) / name
    with (path.with_name(f"{name}.lock")).open("a") as lock:
        if os.name == "posix":
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            part = path.with_name(f"{os.getpid()}-{name}")
            make(part)
            part.replace(path)
    return path
