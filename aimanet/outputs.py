"""Result files: complete or not there, and CSV that a spreadsheet shows as it is."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Callable, Iterable
from contextlib import nullcontext, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from aimanet.errors import OutputError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class AtomicText:
    """A text file written beside its target and moved over it at the end.

    Entering it creates the temporary file, so that a target that cannot be written is found
    out before any work is done. Leaving it with an exception removes the temporary file and
    keeps whatever the target held before. What exists and is no regular file (``/dev/null``,
    a pipe) is written to directly.

    Raises:
        OutputError: the target is a folder, its folder is missing, or it may not be written.
    """

    def __init__(self, path: Path) -> None:
        self._asked = path
        self._target = Path(os.path.realpath(path))
        self._direct = self._target.exists() and not self._target.is_file()
        self._part = _part_of(self._target, os.getpid())

    def __enter__(self) -> TextIO:
        if self._target.is_dir():
            raise OutputError(f"{self._asked} is a folder: name a file in it to write to")
        if self._target.exists() and not os.access(self._target, os.W_OK):
            raise OutputError(f"{self._asked} may not be written: change its rights or the name")
        try:
            raw = _Raw(self._target if self._direct else self._part, self._why)
        except OSError as error:
            raise OutputError(self._why(error)) from error
        self._file = io.TextIOWrapper(io.BufferedWriter(raw), encoding="utf-8", newline="")
        return self._file

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        try:
            with nullcontext() if kind is None else suppress(OutputError):
                self._file.close()
            if kind is None and not self._direct:
                os.replace(self._part, self._target)
        except OSError as failure:
            raise OutputError(self._why(failure)) from failure
        finally:
            if not self._direct:
                self._part.unlink(missing_ok=True)

    def _why(self, error: OSError) -> str:
        if not self._target.parent.is_dir():
            return f"cannot write {self._asked}: the folder {self._target.parent} does not exist"
        return f"cannot write {self._asked}: {error.strerror or error}; choose another place"


class _Raw(io.FileIO):
    """A file to write whose OSErrors are OutputErrors, wherever they come from under a buffer."""

    def __init__(self, path: Path, why: Callable[[OSError], str]) -> None:
        super().__init__(path, "w")
        self._why = why

    def write(self, data: ReadableBuffer, /) -> int:
        """Writes (OutputError: it cannot)."""
        try:
            return super().write(data)
        except OSError as error:
            raise OutputError(self._why(error)) from error


def remove_parts(path: Path, pids: Iterable[int]) -> None:
    """Removes what those processes had half written of the file: for whoever killed them."""
    target = Path(os.path.realpath(path))
    for pid in pids:
        _part_of(target, pid).unlink(missing_ok=True)


def _part_of(target: Path, pid: int) -> Path:
    return target.with_name(f".{target.name}.{pid}.part")


FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""What a formula begins with in a spreadsheet, which skips white space; four are wide forms."""


class CsvRows:
    """Rows of a CSV for other programs, in which text cannot act as a formula.

    Text that begins like a formula gets an apostrophe before it, as OWASP advises against CSV
    injection; numbers stay numbers, written by ``number``. None is an empty cell.
    """

    def __init__(
        self, file: TextIO, lineterminator: str = "\n", number: Callable[[float], str] = repr
    ) -> None:
        self._writer = csv.writer(file, lineterminator=lineterminator)
        self._number = number

    def add(self, cells: Iterable[object]) -> None:
        """Appends one row."""
        self._writer.writerow([self._cell(cell) for cell in cells])

    def _cell(self, cell: object) -> object:
        if isinstance(cell, float):
            return self._number(float(cell))
        if isinstance(cell, str) and cell.lstrip().startswith(FORMULA):
            return "'" + cell
        return cell


def digits(value: float) -> str:
    """A number that reads back as the same; nothing where there is none."""
    return repr(value) if math.isfinite(value) else ""
