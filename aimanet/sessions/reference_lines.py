"""The lines of a sensor's text file as cells: separators, comments, labels, numbers."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from aimanet.sessions.reference_dates import is_time

Line = tuple[int, list[str]]
"""The number of a line, from 1, and its cells."""

LOOK = 400
"""So many lines tell how a file is built."""
MAX_ABOVE = 400
"""So many lines above a table, and comments, are looked at."""
COMMENTS = ("#", "%", "//")
MISSING = frozenset({"", "nan", "na", "n/a", "null", "none", "-", "--", "---", "?", "inf", "-inf"})
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
_WITH_UNIT = re.compile(r"\[?\s*([^\s\[\]]+?)\s*(?:bpm|/min|ms|%|s)?\s*\]?", re.IGNORECASE)
_NAMED = re.compile(r"([^\W\d][\w .()/-]*?)\s*[=:]\s*([+-]?[\d.]+(?:[eE][+-]?\d+)?)")
_WIDE_GAP = re.compile(r"\s{2,}|\t")


def text_rows(text: str, comments: list[str]) -> tuple[Iterator[Line], bool]:
    """The rows of a text; comments go to ``comments`` as they are met.

    Returns:
        The rows, and whether blanks part their cells, which titles may hold as well.
    """
    separator, lines = _forced_separator(text)
    sample = _sample(text)
    separator = separator or _separator(sample)
    rows = _rows(lines, separator, comments)
    if _labelled(sample, separator):
        rows = _without_labels(rows)
    return rows, separator == " "


def _rows(lines: Iterable[tuple[int, str]], separator: str, comments: list[str]) -> Iterator[Line]:
    """The lines that hold something, as cells; comments go to ``comments``."""
    for number, line in lines:
        bare = line.strip("\r\n ")
        if not bare.strip():
            continue
        if bare.lstrip().startswith(COMMENTS):
            if len(comments) < MAX_ABOVE:
                comments.append(bare.strip().lstrip("#%/ ").strip())
            continue
        yield number, _cells(bare, separator)


def _labelled(lines: Sequence[str], separator: str) -> bool:
    """Whether most lines are of the form "IR=50123, BPM=72"."""
    named = sum(any(_NAMED.fullmatch(cell) for cell in _cells(line, separator)) for line in lines)
    return 2 * named > len(lines)


def _without_labels(rows: Iterable[Line]) -> Iterator[Line]:
    """The labels of the first line that has them become the titles of all."""
    titled = False
    for number, cells in rows:
        found = [_NAMED.fullmatch(cell) for cell in cells]
        if not titled and any(found):
            titled = True
            yield number, [match[1] if match else "time" for match in found]
        yield number, [m[2] if m else cell for m, cell in zip(found, cells, strict=True)]


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Numbered lines, without a list of all of them."""
    at = 0
    for number in range(1, len(text) + 2):
        end = text.find("\n", at)
        if end < 0:
            yield number, text[at:]
            return
        yield number, text[at:end]
        at = end + 1


def _forced_separator(text: str) -> tuple[str, Iterator[tuple[int, str]]]:
    """What a first line "sep=;" says, as spreadsheets understand it, and the lines below it."""
    lines = _lines(text)
    first = text[: text.find("\n")].rstrip("\r") if "\n" in text else ""
    if first.lower().startswith("sep=") and len(first) == 5:
        next(lines)
        return first[4], lines
    return "", lines


def _sample(text: str) -> list[str]:
    """Lines from the middle and the end of a file, where its rows are."""
    middle = text.find("\n", len(text) // 2) + 1
    parts = (text[middle : middle + 40_000], text[-20_000:], text[:20_000])
    lines = [line for part in parts for line in part.split("\n")[:LOOK]]
    told = [line.strip("\r ") for line in lines if line.strip()]
    return [line for line in told if not line.startswith(COMMENTS)][: 3 * LOOK]


def _separator(lines: Sequence[str]) -> str:
    """The one that parts most lines into the same number of numbers; blanks where none does.

    A comma that stands in digits only, one a line under a header without any, is a decimal one.
    """
    best, most = " ", 0.5 * _agreement(lines, " ")
    for mark in (";", "\t", "|", ","):
        if mark == "," and _decimal_only(lines):
            continue
        share = _agreement(lines, mark)
        if share > max(most, 0.3):
            best, most = mark, share + 0.02
    return best


def _agreement(lines: Sequence[str], mark: str) -> float:
    """The share of lines in as many cells as most, times the share of numbers in those."""
    rows = [cells for line in lines if len(cells := _cells(line, mark)) > 1]
    if not rows:
        return 0.0
    width, count = Counter(len(cells) for cells in rows).most_common(1)[0]
    some = [cells for cells in rows if len(cells) == width][:: max(1, count // 100)]
    told = [cell for cells in some for cell in cells if cell.lower() not in MISSING]
    good = sum(is_number(cell) or is_time(cell) or bool(_NAMED.fullmatch(cell)) for cell in told)
    return count / len(lines) * good / max(len(told), 1)


def _decimal_only(lines: Sequence[str]) -> bool:
    """Whether the commas are decimal ones: "0,83" in each line, but not a time and a value."""
    with_comma = [line for line in lines if "," in line]
    if not with_comma or not all(_NUMBER.fullmatch(line) for line in with_comma):
        return False
    whole = [float(line.replace(",", ".")) // 1 for line in with_comma]
    rising = sum(a < b for a, b in pairwise(whole))
    return rising < 0.8 * (len(whole) - 1)


def _cells(line: str, separator: str) -> list[str]:
    if " -> " in line:  # Arduino's monitor puts the time before each line
        line = line.replace(" -> ", separator, 1)
    if separator == " ":
        apart = _WIDE_GAP.split(line) if any(c.isalpha() for c in line) else []
        return apart if len(apart) > 1 else line.split()
    if '"' in line:
        try:
            return [cell.strip() for cell in next(csv.reader([line], delimiter=separator))]
        except csv.Error:  # quotes that never end, around more than any cell holds
            return []
    cells = [cell.strip() for cell in line.split(separator)]
    return cells[:-1] if len(cells) > 1 and not cells[-1] and separator != "," else cells


def is_number(cell: str) -> bool:
    """Whether a cell is a number, also with a comma, a unit or in brackets."""
    return _NUMBER.fullmatch(cell) is not None or bare_number(cell) != ""


def bare_number(cell: str) -> str:
    """The number in "72 bpm" or "[72]"; "" for others."""
    found = _WITH_UNIT.fullmatch(cell)
    return found[1] if found is not None and _NUMBER.fullmatch(found[1]) else ""


def is_data(cells: Sequence[str]) -> bool:
    """Whether at least half of the cells that hold something are numbers or times."""
    told = [cell for cell in cells if cell.lower() not in MISSING]
    good = sum(is_number(cell) or is_time(cell) for cell in told)
    return bool(told) and 2 * good >= len(told) and good > 0
