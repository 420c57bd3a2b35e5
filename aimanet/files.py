"""Files from elsewhere, before they are opened."""

from __future__ import annotations

import errno
import json
import os
import stat
from pathlib import Path
from typing import Any

DEEPEST = 40
"""Levels of lists and objects that JSON of ours, or of any instrument, may have."""

NOT_ORDINARY = "it is no ordinary file"

LFS_POINTER = "it is a Git LFS pointer, not the file itself; run `git lfs pull` in its repository"
_LFS_HEAD = b"version https://git-lfs.github.com/spec/"
_LFS_BYTES = 1024
"""A pointer is shorter than this."""


def require_ordinary(path: Path, most_bytes: int | None = None) -> None:
    """Refuses what an `open` would wait for (a pipe) or never reach the end of (a device).

    Args:
        path: the file; a link is followed.
        most_bytes: the largest that makes sense for it.

    Raises:
        OSError: it is missing, no ordinary file, larger, or a pointer of Git LFS; ``strerror``
            says which.
    """
    facts = os.stat(path)
    if stat.S_ISDIR(facts.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(facts.st_mode):
        raise OSError(errno.EINVAL, NOT_ORDINARY, str(path))
    if most_bytes is not None and facts.st_size > most_bytes:
        text = f"{facts.st_size} bytes are too many, {most_bytes} at most"
        raise OSError(errno.EFBIG, text, str(path))
    if is_lfs_pointer(path):
        raise OSError(errno.EINVAL, LFS_POINTER, str(path))


def is_lfs_pointer(path: Path) -> bool:
    """Whether Git LFS has left a few lines in place of an ordinary file, which stayed behind."""
    try:
        if not path.is_file() or path.stat().st_size >= _LFS_BYTES:
            return False
        with path.open("rb") as file:
            return file.read(len(_LFS_HEAD)) == _LFS_HEAD
    except OSError:
        return False


def parse_json(text: str) -> Any:
    """What JSON says; in place of `json.loads` for files that others may have written.

    Raises:
        ValueError: it is no JSON, or nested too deeply to be walked.
    """
    try:
        value = json.loads(text)
        if r"\ud" in text.lower():
            whole = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
            value = json.loads(whole)  # halves of letters cannot be shown or written anywhere
    except RecursionError:
        raise ValueError("nested too deeply") from None
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return value
    raise ValueError(f"nested more than {DEEPEST} levels deep")


def _inside(value: object) -> list[object]:
    found: list[object] = []
    if isinstance(value, dict):
        found = list(value.values())
    elif isinstance(value, list):
        found = value
    return [inner for inner in found if isinstance(inner, dict | list)]
