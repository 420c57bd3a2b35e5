"""A text file of a contact sensor as columns of cells, whatever separates them."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aimanet.datasets.base import DatasetError
from aimanet.datasets.text import text_of
from aimanet.errors import AimaNetError

Signal = NDArray[np.float64]

LOOK = 400
"""So many lines tell how a file is built."""
COMMENTS = ("#", "%", "//")
MISSING = frozenset({"", "nan", "na", "n/a", "null", "none", "-", "--", "?", "inf", "-inf"})
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
_TIME = re.compile(r"\d{1,4}([-/.:]\d{1,2}){1,2}([T ,].*)?|\d{1,2}:\d{2}.*")


class ReferenceError(AimaNetError):
    """A sensor's file cannot be used as it is; the line names file, line and column."""


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One column of a file.

    ``cells`` (K,) as they stand in a text file (None: only numbers are known); ``values`` (K,)
    numbers, NaN for what is none. ``rate_hz`` where the file itself says how fast it was sampled.
    """

    name: str
    values: Signal
    cells: tuple[str, ...] | None = None
    rate_hz: float | None = None

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """The columns of a text file and the line (from 1) in which each row stands."""

    columns: tuple[Column, ...]
    lines: NDArray[np.int64]
    has_header: bool


def read_text_table(path: Path) -> Table:
    """Reads any separated text: comma, semicolon, tab, bar or blanks; decimal point or comma.

    Comment lines, words above the table and a header are told from the rows by what is in them.

    Raises:
        ReferenceError: it cannot be read, or there are no rows of numbers in it.
    """
    try:
        text = text_of(path)
    except DatasetError as error:
        raise ReferenceError(str(error)) from error
    numbered = [
        (number, line.strip("\r\n "))
        for number, line in enumerate(text.split("\n"), 1)
        if line.strip() and not line.lstrip().startswith(COMMENTS)
    ]
    separator = _separator([line for _, line in numbered[:LOOK]])
    rows = [(number, _cells(line, separator)) for number, line in numbered]
    first = next((k for k, (_, cells) in enumerate(rows) if _is_data(cells)), None)
    if first is None:
        raise ReferenceError(f"{path}: no rows of numbers in it; is it the right file?")
    return _table(rows, first)


def _table(rows: list[tuple[int, list[str]]], first: int) -> Table:
    data = rows[first:]
    width = Counter(len(cells) for _, cells in data[:LOOK]).most_common(1)[0][0]
    header = _header(rows[:first], width)
    names = header or [f"column {k + 1}" for k in range(width)]
    columns = []
    for k in range(width):
        cells = tuple(cells[k] if k < len(cells) else "" for _, cells in data)
        columns.append(Column(names[k] or f"column {k + 1}", _numbers(cells), cells))
    lines = np.array([number for number, _ in data], np.int64)
    return Table(tuple(columns), lines, header is not None)


def _header(above: list[tuple[int, list[str]]], width: int) -> list[str] | None:
    """The last line above the rows that has as many words as they have cells."""
    for _, cells in reversed(above):
        if len(cells) >= width:
            return [cell.strip("\"' ") for cell in cells[:width]]
    return None


def _separator(lines: Sequence[str]) -> str:
    """The one that parts most lines into the same number of cells; blanks where none does.

    A comma that stands in digits only, one a line under a header without any, is a decimal one.
    """
    for mark in (";", "\t", "|", ","):
        counts = Counter(line.count(mark) for line in lines)
        usual, lines_with = counts.most_common(1)[0] if counts else (0, 0)
        if usual == 0 or 2 * lines_with < len(lines):
            continue
        if mark == "," and usual == 1 and _decimal_only(lines):
            continue
        return mark
    return " "


def _decimal_only(lines: Sequence[str]) -> bool:
    with_comma = [line for line in lines if "," in line]
    return "," not in lines[0] and all(_NUMBER.fullmatch(line) for line in with_comma)


def _cells(line: str, separator: str) -> list[str]:
    if separator == " ":
        return line.split()
    if '"' in line:
        try:
            return [cell.strip() for cell in next(csv.reader([line], delimiter=separator))]
        except csv.Error:  # quotes that never end, around more than any cell holds
            return []
    cells = [cell.strip() for cell in line.split(separator)]
    return cells[:-1] if len(cells) > 1 and not cells[-1] and separator != "," else cells


def _is_data(cells: Sequence[str]) -> bool:
    """Whether at least half of the cells that hold something are numbers or times."""
    told = [cell for cell in cells if cell.lower() not in MISSING]
    good = sum(bool(_NUMBER.fullmatch(cell) or _TIME.fullmatch(cell)) for cell in told)
    return bool(told) and 2 * good >= len(told) and good > 0


def _numbers(cells: Sequence[str]) -> Signal:
    """(K,) numbers of the cells, NaN where there is none."""
    try:
        values = np.array(cells, dtype=np.float64)
    except ValueError:
        values = np.array([_number(cell) for cell in cells], np.float64)
    return np.where(np.isfinite(values), values, np.nan)


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        pass
    if cell.count(",") == 1 and _NUMBER.fullmatch(cell):
        return float(cell.replace(",", "."))
    return np.nan


def is_missing(cell: str) -> bool:
    """Whether a cell says itself that there is no value."""
    return cell.strip().lower() in MISSING
