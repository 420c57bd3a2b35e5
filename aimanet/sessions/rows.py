"""CSV files that grow by whole rows, and reading them back whatever state they are in."""

from __future__ import annotations

import csv
import io
import math
import os
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Generic, TextIO, TypeVar

import numpy as np
from numpy.typing import NDArray

from aimanet.files import require_ordinary
from aimanet.plausible import MOST_ROWS, in_bounds, in_order, one_recording
from aimanet.sessions.layout import COLUMNS, TABLE_BYTES, open_new, to_disk, write_all

Row = TypeVar("Row")

NEVER_EMPTY = ("index", "t", "bvp")
MOST_LINE = 1 << 20
TOO_LONG = "too long"
"""What stands for a line of more than `MOST_LINE` letters: no row of ours."""


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


def reading_row(
    t: float,
    hr_bpm: float | None,
    snr_db: float | None,
    state: str,
    quality: float,
    reason: str | None,
) -> tuple[str, ...]:
    """The cells of a row of ``readings.csv``."""
    return plain(t), plain(hr_bpm), plain(snr_db), str(state), plain(quality), str(reason or "")


def curve_rows(
    t: NDArray[np.floating[Any]], bvp: NDArray[np.floating[Any]]
) -> Iterator[tuple[str, str]]:
    """The cells of rows of ``bvp.csv``."""
    for at, value in zip(t, bvp, strict=True):
        yield f"{at:.6f}", f"{value:.9g}"


def quoted(text: str) -> str:
    """A cell with words of a person in it, on one line."""
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow([" ".join(text.split())])
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class Rows(Generic[Row]):
    """What could be read of a file, the line each row stands in, and what was wrong with it."""

    rows: list[Row] = field(default_factory=list)
    lines: array[int] = field(default_factory=lambda: array("q"))
    problems: list[str] = field(default_factory=list)
    bad: array[int] = field(default_factory=lambda: array("q"))

    def told(self, name: str) -> list[str]:
        """``problems`` and one more line about the rows that are left out."""
        if not self.bad:
            return self.problems
        lines = "line" if len(self.bad) == 1 else f"{len(self.bad)} lines, the first"
        return [*self.problems, f"{name}: {lines} {min(self.bad)} cannot be read, left out"]


def read_rows(
    path: Path,
    parse: Callable[[list[str]], Row | None],
    columns: Sequence[str],
    most: int = MOST_ROWS,
) -> Rows[Row]:
    """Reads what is there: a missing file, half a last row and odd rows are told, not raised.

    Args:
        path: the file.
        parse: makes a row of its cells, or keeps it itself; ValueError for one without sense.
        columns: the header that is expected.
        most: rows that are read; what follows is left out and told.
    """
    found: Rows[Row] = Rows()
    try:
        require_ordinary(path, TABLE_BYTES)
        with path.open(encoding="utf-8-sig", errors="replace", newline="\n") as file:
            _read(_lines(file), parse, columns, found, path.name, most)
    except FileNotFoundError:
        found.problems.append(f"{path.name} is missing")
    except OSError as error:
        found.problems.append(f"{path.name} cannot be read: {error.strerror or error}")
    return found


def _lines(file: TextIO) -> Iterator[str]:
    """The lines; of one that is longer than any of ours only the beginning, as one that is whole.

    A file without line ends is never in memory at once.
    """
    for line in iter(partial(file.readline, MOST_LINE), ""):
        if len(line) < MOST_LINE or line.endswith("\n"):
            yield line
            continue
        rest = line
        while rest and not rest.endswith("\n"):
            rest = file.readline(MOST_LINE)
        yield TOO_LONG + ("\n" if rest else "")


def _read(
    lines: Iterable[str],
    parse: Callable[[list[str]], Row | None],
    columns: Sequence[str],
    found: Rows[Row],
    name: str,
    most: int,
) -> None:
    number = 0
    for number, line in enumerate(lines, 1):
        if number == 1:
            if line.rstrip("\r\n").split(",")[: len(columns)] != list(columns):
                found.problems.append(f"{name} does not begin with {','.join(columns)}: left out")
                return
            continue
        if not line.endswith("\n"):
            found.problems.append(f"{name}: half a row at the end, left out")
            continue
        if len(found.lines) == most:
            found.problems.append(f"{name} has more than {most:,} rows: the rest is left out")
            return
        try:
            row = parse(cells_of(line))
        except (ValueError, IndexError):
            found.bad.append(number)
            continue
        found.lines.append(number)
        if row is not None:
            found.rows.append(row)
    if number == 0:
        found.problems.append(f"{name} is empty")


@dataclass(frozen=True, slots=True)
class Numbers:
    """The ``values`` (N, C) of a table of numbers, NaN for empty cells, and what was wrong."""

    values: NDArray[np.float64]
    problems: list[str]


def read_numbers(path: Path, columns: Sequence[str], more: str = "") -> Numbers:
    """Reads a table of numbers with a time ``t``: rows in bounds and in order, as one recording.

    What `aimanet.plausible` does not let pass is left out and told like a row that is no row.

    Args:
        path: the file.
        columns: the header that is expected.
        more: a last column that may be missing or empty.
    """
    width = len(columns) + bool(more)
    flat = array("d")

    def take(cells: list[str]) -> None:
        if len(cells) < len(columns):
            raise ValueError("cells are missing")
        try:
            row = list(map(float, cells[:width]))
        except ValueError:
            row = [float(cell) if cell.strip() else math.nan for cell in cells[:width]]
        flat.extend(row if len(row) == width else [*row, math.nan])

    found: Rows[None] = read_rows(path, take, columns)
    values = np.frombuffer(flat, np.float64).reshape(-1, width) if flat else np.empty((0, width))
    names = [*columns, more][:width]
    good = _plausible(values, names)
    found.bad.extend(np.frombuffer(found.lines, np.int64)[~good].tolist() if found.lines else ())
    return Numbers(values if good.all() else values[good], found.told(path.name))


def _plausible(values: NDArray[np.float64], names: Sequence[str]) -> NDArray[np.bool_]:
    """(N,) which rows can be of one recording."""
    good = np.ones(len(values), bool)
    for column, name in zip(values.T, names, strict=True):
        good &= in_bounds(column, name) | (np.isnan(column) & (name not in NEVER_EMPTY))
    for name in ("t", "index"):
        if name in names:
            rows = np.flatnonzero(good)
            right = one_recording if name == "t" else in_order
            good[rows] = right(values[rows, names.index(name)])
    return good


def cells_of(line: str) -> list[str]:
    """The cells of one line; ValueError where its quotes hold more than any cell of ours."""
    line = line.rstrip("\r\n")
    if '"' not in line:
        return line.split(",")
    try:
        return next(csv.reader([line]))
    except csv.Error as error:
        raise ValueError(str(error)) from error
