"""A lock that dies with its process: of two that write the same files one waits or is refused.

The kernel lets go of it however the process ends, so nothing has to guess from process numbers
(which are reused, and mean nothing in another container on the same disk).
"""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO
from weakref import WeakSet

from aimanet.errors import OutputError

LOOK_S = 0.5
"""Longer than `is_held` holds a lock to see whether it is free."""

NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
"""What file systems say that know no locks."""


class FileLock:
    """An exclusive lock on ``path``, which is there only while somebody holds or wants it.

    Processes forked meanwhile do not hold it.

    Args:
        path: a file of its own; folders above it are made.
        protects: what is written under it, and the advice where that cannot be, for the error.
        optional: a file system that knows no locks grants it.

    Raises:
        OutputError: the folder may not be written, or its file system knows no locks.
    """

    def __init__(
        self,
        path: Path,
        protects: tuple[str, str] = ("results", "choose another place"),
        *,
        optional: bool = False,
    ) -> None:
        self._path, self._protects, self._optional = path, protects, optional
        self._file: BinaryIO | None = None

    def __enter__(self) -> FileLock:
        self._take(wait=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.release()

    def try_take(self) -> bool:
        """Takes the lock unless somebody has it."""
        return self._take(wait=False)

    def release(self) -> None:
        """Lets go; harmless when repeated."""
        if self._file is not None:
            if os.name != "nt":  # Windows does not delete what is open
                self._path.unlink(missing_ok=True)
            self._file.close()
            self._file = None

    def _take(self, wait: bool) -> bool:
        while self._file is None:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                file = self._path.open("ab")
                if not _lock(file, wait):
                    file.close()
                    return False
            except OSError as error:
                if self._optional and error.errno in NO_LOCKS:
                    return True
                raise OutputError(self._why(error)) from error
            if _is_at(self._path, file):
                self._file = file
                _HELD.add(self)
            else:  # the one before us removed it: ours is a lock on nothing
                file.close()
        return True

    def _why(self, error: OSError) -> str:
        where = str(self._path.parent).encode("utf-8", "replace").decode("utf-8")
        if error.errno in NO_LOCKS:
            reason = "its file system has no file locks"
        else:
            reason = (error.strerror or str(error)).lower()
        what, advice = self._protects
        return f"cannot write {what} in {where} ({reason}); {advice}"


@contextmanager
def only_one(path: Path, what: str, busy: str) -> Iterator[None]:
    """Holds the lock ``path`` on ``what``.

    Raises:
        OutputError: another process holds it (the line is ``busy``), or it cannot be written.
    """
    lock = FileLock(path, (what, "choose another place"), optional=True)
    end = time.monotonic() + LOOK_S
    while not lock.try_take():
        if time.monotonic() > end:
            raise OutputError(busy)
        time.sleep(0.05)
    try:
        yield
    finally:
        lock.release()


def is_held(path: Path) -> bool:
    """Whether a process holds the lock ``path``; False where that cannot be found out."""
    if not path.exists():
        return False
    lock = FileLock(path)
    try:
        free = lock.try_take()
    except OutputError:
        return False
    lock.release()
    return not free


def _forget_held() -> None:
    """In a forked process: closes its copies, or it would hold on when its parent is killed."""
    for lock in list(_HELD):
        if lock._file is not None:
            lock._file.close()
            lock._file = None


_HELD: WeakSet[FileLock] = WeakSet()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_held)


def _is_at(path: Path, file: BinaryIO) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


if sys.platform == "win32":
    import msvcrt

    def _lock(file: BinaryIO, wait: bool) -> bool:
        while True:
            try:
                # LK_LOCK itself waits ten seconds before it gives up.
                msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
                return True
            except OSError as error:
                if error.errno not in (errno.EACCES, errno.EDEADLK):
                    raise
                if not wait:
                    return False

else:
    import fcntl

    def _lock(file: BinaryIO, wait: bool) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        return True
