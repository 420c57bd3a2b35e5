"""A lock that dies with its process: two prepares at once take turns at a recording.

The kernel lets go of it however the process ends, so nothing has to guess from process numbers
(which are reused, and mean nothing in another container on the same disk).
"""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from aimanet.errors import OutputError


class FileLock:
    """An exclusive lock on ``path``, which is there only while somebody holds or wants it.

    Raises:
        OutputError: the folder may not be written, or its file system knows no locks.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
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
                raise OutputError(_why(self._path.parent, error)) from error
            if _is_at(self._path, file):
                self._file = file
            else:  # the one before us removed it: ours is a lock on nothing
                file.close()
        return True


def _is_at(path: Path, file: BinaryIO) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _why(folder: Path, error: OSError) -> str:
    where = str(folder).encode("utf-8", "replace").decode("utf-8")
    if error.errno in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP):
        what = "its file system has no file locks"
    else:
        what = (error.strerror or str(error)).lower()
    return f"cannot write the cache in {where} ({what}); set AIMANET_CACHE_DIR to another folder"


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
