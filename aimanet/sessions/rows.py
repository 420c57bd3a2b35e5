"""CSV files that grow by whole rows, and reading them back whatever state they are in."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from aimanet.files import require_ordinary
from aimanet.sessions.layout import COLUMNS, TABLE_BYTES, open_new, to_disk, write_all

Row = TypeVar("Row")


def plain(value: float | None) -> str:
    """A number that reads back as the same float; empty for None and NaN."""
    return "" if value is None or math.isnan(value) else repr(float(value))


class RowFile:
    """Appends rows; each is with the system at once (a kill loses none), on the disk at `sync`.

    Raises:
        OSError: from every method; the disk is full, or the folder is gone.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / name
        self.fd = open_new(self.path)
        self.size = 0
        self._open = True
        self._dirty = False
        self.add([COLUMNS[name]])

    def add(self, rows: Iterable[Iterable[str]]) -> None:
        """Appends rows of cells, all of them or none."""
        data = "".join(",".join(cells) + "\n" for cells in rows).encode()
        try:
            write_all(self.fd, data)
        except OSError:
            self.back_to(self.size)
            raise
        self.size += len(data)
        self._dirty = True

    def back_to(self, size: int) -> None:
        """Takes away what was appended after the file was ``size`` bytes long."""
        os.ftruncate(self.fd, size)
        os.lseek(self.fd, size, os.SEEK_SET)
        self.size = size
        self._dirty = True

    def sync(self) -> None:
        """Waits until everything is on the disk."""
        if self._dirty:
            to_disk(self.fd)
            self._dirty = False

    def close(self) -> None:
        """Lets go of the file; harmless when repeated."""
        if self._open:
            self._open = False
            os.close(self.fd)


def quoted(text: str) -> str:
    """A cell with words of a person in it, on one line."""
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow([" ".join(text.split())])
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class Rows(Generic[Row]):
    """What could be read of a file, and what was wrong with it (one line each)."""

    rows: list[Row] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read_rows(path: Path, parse: Callable[[list[str]], Row], columns: Sequence[str]) -> Rows[Row]:
    """Reads what is there: a missing file, half a last row and odd rows are told, not raised.

    Args:
        path: the file.
        parse: makes a row of its cells; ValueError for one that makes no sense.
        columns: the header that is expected.
    """
    found: Rows[Row] = Rows()
    try:
        require_ordinary(path, TABLE_BYTES)
        with path.open(encoding="utf-8-sig", errors="replace", newline="\n") as file:
            _read(file, parse, columns, found, path.name)
    except FileNotFoundError:
        found.problems.append(f"{path.name} is missing")
    except OSError as error:
        found.problems.append(f"{path.name} cannot be read: {error.strerror or error}")
    return found


def _read(
    file: Iterable[str],
    parse: Callable[[list[str]], Row],
    columns: Sequence[str],
    found: Rows[Row],
    name: str,
) -> None:
    bad: list[int] = []
    number = 0
    for number, line in enumerate(file, 1):
        if number == 1:
            if line.rstrip("\r\n").split(",")[: len(columns)] != list(columns):
                found.problems.append(f"{name} does not begin with {','.join(columns)}: left out")
                return
            continue
        if not line.endswith("\n"):
            found.problems.append(f"{name}: half a row at the end, left out")
            continue
        try:
            found.rows.append(parse(cells_of(line)))
        except (ValueError, IndexError):
            bad.append(number)
    if number == 0:
        found.problems.append(f"{name} is empty")
    if bad:
        lines = "line" if len(bad) == 1 else f"{len(bad)} lines, the first"
        found.problems.append(f"{name}: {lines} {bad[0]} cannot be read, left out")


def cells_of(line: str) -> list[str]:
    """The cells of one line; ValueError where its quotes hold more than any cell of ours."""
    line = line.rstrip("\r\n")
    if '"' not in line:
        return line.split(",")
    try:
        return next(csv.reader([line]))
    except csv.Error as error:
        raise ValueError(str(error)) from error


def finite(text: str) -> float:
    """A number; ValueError for anything else, NaN and the infinities included."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def maybe(text: str) -> float | None:
    """A number, or None for an empty cell."""
    return finite(text) if text.strip() else None
