"""Files from elsewhere, before they are opened."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

NOT_ORDINARY = "it is no ordinary file"


def require_ordinary(path: Path, most_bytes: int | None = None) -> None:
    """Refuses what an `open` would wait for (a pipe) or never reach the end of (a device).

    Args:
        path: the file; a link is followed.
        most_bytes: the largest that makes sense for it.

    Raises:
        OSError: it is missing, no ordinary file, or larger; ``strerror`` says which.
    """
    facts = os.stat(path)
    if stat.S_ISDIR(facts.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(facts.st_mode):
        raise OSError(errno.EINVAL, NOT_ORDINARY, str(path))
    if most_bytes is not None and facts.st_size > most_bytes:
        text = f"{facts.st_size} bytes are too many, {most_bytes} at most"
        raise OSError(errno.EFBIG, text, str(path))
