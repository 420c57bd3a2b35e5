"""Files of numbers as people and programs really write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from aimanet.datasets.base import DatasetError, Signal
from aimanet.files import require_ordinary

_LONGEST_BYTES = 500_000_000
NO_LOG = (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)
"""What reading JSON as an instrument's log ends in where it is none."""
_COMMAS = re.compile(r"\s*[,;\t]\s*")


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Rows of numbers: ``rows`` (N, C) with NaN for what is none; ``header`` the words on top."""

    rows: Signal
    header: tuple[str, ...] = ()


def read_table(path: Path) -> Table:
    """A file with one row of numbers a line, separated by commas, semicolons or blanks.

    A first line of words is the header. A field that is no number becomes NaN, and so does what
    a short line lacks.

    Raises:
        DatasetError: the file cannot be read or holds no numbers.
    """
    lines = [_fields(line) for line in text_of(path).splitlines() if line.strip()]
    header: tuple[str, ...] = ()
    if lines and all(value is None for value in map(_number, lines[0])):
        header = tuple(word.strip("\"'") for word in lines.pop(0))
    if not lines:
        raise DatasetError(f"{path}: no numbers in it; is it the right file, and complete?")
    width = int(np.median([len(line) for line in lines]))
    rows = np.full((len(lines), max(width, 1)), np.nan)
    for row, line in zip(rows, lines, strict=True):
        for k, word in enumerate(line[:width]):
            value = _number(word)
            row[k] = np.nan if value is None else value
    return _checked(Table(rows, header), path)


def read_lines(path: Path) -> list[Signal]:
    """A file with one signal a line, the numbers separated by commas, semicolons or blanks.

    Raises:
        DatasetError: the file cannot be read or holds no numbers.
    """
    lines = [_fields(line) for line in text_of(path).splitlines() if line.strip()]
    signals = [np.array([_or_nan(_number(word)) for word in line]) for line in lines]
    if not any(np.isfinite(signal).any() for signal in signals):
        raise DatasetError(f"{path}: no numbers in it; is it the right file, and complete?")
    return signals


def text_of(path: Path) -> str:
    """The text of a file, in UTF-8 or what a spreadsheet makes of it.

    Raises:
        DatasetError: it is missing, empty, may not be read or is no text.
    """
    try:
        require_ordinary(path)
        if path.stat().st_size > _LONGEST_BYTES:
            raise DatasetError(f"{path}: too large for a file of numbers; is it the right file?")
        data = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DatasetError(f"{path}: cannot be read ({reason})") from error
    if not data.strip():
        raise DatasetError(f"{path}: the file is empty; download it again")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    if b"\0" in data:
        for order, zeros in (("le", data[1:2000:2]), ("be", data[0:2000:2])):
            if zeros.count(0) > 0.9 * len(zeros):  # UTF-16 without the mark that says so
                return data.decode(f"utf-16-{order}", "replace")
        raise DatasetError(f"{path}: is no text file; download it again")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _fields(line: str) -> list[str]:
    words = _COMMAS.split(line.strip())
    if len(words) == 1:
        return line.split()
    return words if words[-1] else words[:-1]  # a separator at the end begins no field


def _number(word: str) -> float | None:
    try:
        return float(word.strip("\"'"))
    except ValueError:
        return None


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value


def _checked(table: Table, path: Path) -> Table:
    if not np.isfinite(table.rows).any():
        raise DatasetError(f"{path}: no numbers in it; is it the right file, and complete?")
    return table


def stamp_of(value: object) -> int:
    """A time stamp of a log as a whole number of 64 bits; JSON may hold numbers of any length.

    Raises:
        ValueError, TypeError, OverflowError: it is something else.
    """
    stamp = int(value)  # type: ignore[call-overload]
    if not -(1 << 63) <= stamp < 1 << 63:
        raise OverflowError("a time stamp is too large")
    return int(stamp)
