"""Standard streams that never cost a command its work: full, closed, or a terminal that is gone."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from aimanet.errors import OutputError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

CLOSED = "it is closed"


class CarefulFile(io.FileIO):
    """A descriptor to write to; what it does not take is dropped.

    A reader of a pipe that has gone away is a BrokenPipeError all the same.

    Args:
        descriptor: an open one.
        on_failure: told once why nothing can be written; it may raise.
        failure: why not, if that is known before.
    """

    def __init__(
        self, descriptor: int, on_failure: Callable[[str], None], failure: str = ""
    ) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self.on_failure, self._failure = on_failure, failure
        self.failed = False

    def write(self, data: ReadableBuffer, /) -> int:
        """Writes, or tells why not."""
        size = memoryview(data).nbytes
        if self.failed:
            return size
        if not self._failure:
            try:
                return super().write(data)
            except BrokenPipeError:
                raise
            except OSError as error:
                self._failure = (error.strerror or str(error)).lower()
        self.failed = True
        self.on_failure(self._failure)
        return size


def secure_streams() -> None:
    """Has stdout and stderr drop what they cannot write; stdout's failure is a line on stderr.

    They write to copies of their descriptors. One of the three that is closed leads nowhere from
    now on: the next file that is opened would get its number, and everybody's messages.
    """
    closed = [not _is_open(descriptor) for descriptor in range(3)]
    sys.stderr = _careful(sys.stderr, 2, lambda _: None)
    # Where there never is a stdout (a program without a console on Windows) nobody misses it.
    why = CLOSED if closed[1] and os.name != "nt" else ""
    sys.stdout = _careful(sys.stdout, 1, _say_so, why)


def give_up_with_stdout() -> None:
    """From now on a stdout that takes nothing is an OutputError: there is no other work to keep."""
    if (file := _file_of(sys.stdout)) is not None:
        file.on_failure = _refuse


def stdout_failed() -> bool:
    """Whether something was dropped that was written to stdout."""
    file = _file_of(sys.stdout)
    return file is not None and file.failed


def _careful(
    stream: TextIO | None, descriptor: int, on_failure: Callable[[str], None], failure: str = ""
) -> TextIO:
    """Text as ``stream`` writes it; characters that its encoding lacks become codes."""
    file = CarefulFile(os.dup(descriptor), on_failure, failure)
    errors = stream.errors if stream is not None else "strict"
    return io.TextIOWrapper(
        io.BufferedWriter(file),
        encoding=stream.encoding if stream is not None else "utf-8",
        errors="backslashreplace" if errors == "strict" else errors,
        line_buffering=descriptor == 2 or file.isatty(),
    )


def _file_of(stream: TextIO | None) -> CarefulFile | None:
    raw = getattr(getattr(stream, "buffer", None), "raw", None)
    return raw if isinstance(raw, CarefulFile) else None


def _is_open(descriptor: int) -> bool:
    """False for a closed one, after it was opened to lead nowhere (numbers are given in order)."""
    try:
        os.fstat(descriptor)
    except OSError:
        os.open(os.devnull, os.O_RDWR)
        return False
    return True


def _words(why: str) -> str:
    return f"cannot write to standard output ({why})"


def _say_so(why: str) -> None:
    print(f"error: {_words(why)}", file=sys.stderr)


def _refuse(why: str) -> None:
    raise OutputError(_words(why))
