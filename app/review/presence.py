"""Whether another window has a session open: readers hold it with a shared lock."""

from __future__ import annotations

import os
from pathlib import Path

from aimanet.sessions.layout import FRAMES

try:
    import fcntl
except ImportError:  # Windows: there a file that is open cannot be deleted anyway
    fcntl = None  # type: ignore[assignment]


class Presence:
    """Holds a session for as long as it is looked at; it can still be opened by others."""

    def __init__(self, folder: Path) -> None:
        self._fd: int | None = None
        if fcntl is None:
            return
        try:
            self._fd = os.open(folder / FRAMES, os.O_RDONLY)
            fcntl.flock(self._fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:  # no such file, being recorded, or a network share without locks
            self.leave()

    def leave(self) -> None:
        """Let go of it; harmless when repeated."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def is_open(folder: Path) -> bool:
    """Whether somebody looks at the session, in this program or in another one."""
    if fcntl is None:
        return False
    try:
        with (folder / FRAMES).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
