"""Whether a session is being recorded right now, by this process or another one."""

from __future__ import annotations

from pathlib import Path

from aimanet.files import require_ordinary
from aimanet.sessions.layout import FRAMES

try:
    import fcntl
except ImportError:  # Windows: there a file that is being written cannot be deleted anyway
    fcntl = None  # type: ignore[assignment]


def hold(fd: int) -> None:
    """Marks the session of an open ``frames.csv`` as being recorded, until it is closed.

    A process that dies lets go of it by itself.
    """
    if fcntl is None:
        return
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # a network share without locks
        pass


def is_recording(folder: Path) -> bool:
    """Whether somebody holds the session."""
    if fcntl is None:
        return False
    try:
        require_ordinary(folder / FRAMES)
        with (folder / FRAMES).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
