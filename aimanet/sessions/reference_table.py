"""A text file of a contact sensor as columns of cells, whatever separates them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aimanet.datasets.base import DatasetError
from aimanet.datasets.text import text_of
from aimanet.errors import AimaNetError
from aimanet.plausible import MOST_ROWS
from aimanet.sessions.reference_head import is_head, knows_heart_or_time, read_head
from aimanet.sessions.reference_lines import (
    LOOK,
    MAX_ABOVE,
    MISSING,
    Line,
    bare_number,
    is_data,
    text_rows,
)
from aimanet.sessions.reference_titles import read_title

Signal = NDArray[np.float64]

BATCH = 250_000
"""So many rows are turned into numbers at a time; of numbers further down the text is not kept."""
MAX_CELLS = 60_000_000
LARGEST = 1e30
"""Numbers beyond it are no measurement; below it, squares stay numbers."""
_SMALL = 10
"""A table of fewer rows is no recording: what is titled anew below it is another table."""


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
    """The columns of a text file and the line (from 1) in which each row stands.

    ``rate_hz`` is the sampling rate that the words above it name; ``notes`` what was left aside.
    """

    columns: tuple[Column, ...]
    lines: NDArray[np.int64]
    has_header: bool
    rate_hz: float | None = None
    notes: tuple[str, ...] = ()


def read_text_table(path: Path) -> Table:
    """Reads any separated text: comma, semicolon, tab, bar or blanks; decimal point or comma.

    Comment lines, words above the table, a header and units below it are told from the rows by
    what is in them. Of several tables, the longest that knows a heart is taken.

    Raises:
        ReferenceError: it cannot be read, or there are no rows of numbers in it.
    """
    try:
        text = text_of(path)
    except DatasetError as error:
        raise ReferenceError(str(error)) from error
    comments: list[str] = []
    rows, by_blanks = text_rows(text, comments)
    return table_of(rows, comments, path, exact=by_blanks)


def table_of(
    rows: Iterable[Line], comments: Sequence[str], path: Path, *, exact: bool = False
) -> Table:
    """The table among lines that are cells already.

    Args:
        rows: line numbers and cells.
        comments: filled by ``rows`` as it goes; they say something about the table.
        path: for messages.
        exact: whether titles are those alone that are as many as the columns.

    Raises:
        ReferenceError: there are no rows of numbers.
    """
    blocks = [block for block in _blocks(rows, path) if block.count]
    if not blocks:
        raise ReferenceError(f"{path}: no rows of numbers in it; is it the right file?")
    best = max(blocks, key=lambda block: (block.known and block.count >= _SMALL, block.count))
    table = best.table(comments, exact=exact)
    others = [block for block in blocks if block is not best and block.count >= _SMALL]
    if not others:
        return table
    note = f"{path}: {len(others) + 1} tables in it; the one from line {table.lines[0]} is read"
    return Table(table.columns, table.lines, table.has_header, table.rate_hz, (note,))


@dataclass(slots=True)
class _Block:
    """A table as it grows: the lines above it, and its rows."""

    above: list[list[str]] = field(default_factory=list)
    known: bool = False
    rows: list[Line] = field(default_factory=list)
    count: int = 0
    width: int = 0
    packets: bool = False
    """Whether the cells beyond the titles are further intervals of the last column."""
    values: list[list[Signal]] = field(default_factory=list)
    cells: list[list[str] | None] = field(default_factory=list)
    lines: list[NDArray[np.int64]] = field(default_factory=list)

    def add(self, line: Line) -> None:
        self.rows.append(line)
        self.count += 1
        if len(self.rows) >= BATCH:
            self.flush()

    def few(self) -> list[list[str]]:
        """The rows where they are too few for a table: they say something about the next one."""
        return [cells for _, cells in self.rows] if self.count < _SMALL else []

    def flush(self) -> None:
        """Turns rows into numbers; words are kept where they are the rule."""
        if not self.rows:
            return
        if not self.values:
            self._begin()
        for k in range(self.width):
            cells = [cells[k] if k < len(cells) else "" for _, cells in self.rows]
            if self.packets and k == self.width - 1:
                cells = [" ".join(cells[k:]) for _, cells in self.rows]
            numbers = _numbers(cells)
            kept = self.cells[k]
            if self.values[k] and kept is not None and not _wordy(self.values[k][0]):
                self.cells[k] = None
            elif kept is not None:
                kept += cells
            self.values[k].append(numbers)
        self.lines.append(np.array([number for number, _ in self.rows], np.int64))
        self.rows = []

    def _begin(self) -> None:
        self.width = Counter(len(cells) for _, cells in self.rows[:LOOK]).most_common(1)[0][0]
        while self.width > 1 and not any(
            len(cells) >= self.width and cells[self.width - 1] for _, cells in self.rows[:LOOK]
        ):
            self.width -= 1  # a separator at the end of each line begins no column
        titles = self.above[-1] if self.above else []
        if 1 < len(titles) <= self.width and read_title(titles[-1]).meaning in ("ibi", "heart"):
            self.packets = any(len(cells) > len(titles) for _, cells in self.rows)
            self.width = len(titles) if self.packets else self.width
        self.values = [[] for _ in range(self.width)]
        self.cells = [[] for _ in range(self.width)]
        if _are_counts(self.rows):
            self.rows.pop(0)
            self.count -= 1

    def table(self, comments: Sequence[str], *, exact: bool) -> Table:
        self.flush()
        first = self.values[0][0][:LOOK]
        numbered = len(first) > 1 and bool((np.diff(first) == 1).all())
        head = read_head(self.above, comments, self.width, exact=exact, numbered=numbered)
        columns = tuple(
            Column(
                head.titles[k] or f"column {k + 1}",
                np.concatenate(self.values[k]),
                None if (cells := self.cells[k]) is None else tuple(cells),
            )
            for k in range(self.width)
        )
        return Table(columns, np.concatenate(self.lines), head.titled, head.rate_hz)


def _wordy(values: Signal) -> bool:
    return bool(np.isfinite(values).sum() * 2 < len(values))


def _are_counts(rows: Sequence[Line]) -> bool:
    """Whether the first row says how many samples each channel has, as AcqKnowledge's does."""
    cells = rows[0][1]
    told = [cell for cell in cells if cell]
    return (
        len(rows) > _SMALL
        and not cells[0]
        and all(cell.isdigit() for cell in told)
        and all(other[0] for _, other in rows[1:_SMALL])
    )


def _blocks(rows: Iterable[Line], path: Path) -> Iterator[_Block]:
    """The tables of a file, each with what stands above it."""
    block, cells_seen = _Block(), 0
    for number, cells in rows:
        if not is_head(cells) and is_data(cells):
            block.add((number, cells))
            cells_seen += len(cells)
            if block.count > MOST_ROWS or cells_seen > MAX_CELLS:
                raise ReferenceError(
                    f"{path}: more than {MOST_ROWS:,} rows or {MAX_CELLS:,} cells; cut out the "
                    "part you need"
                )
        elif not block.count:
            block.above = [*block.above[-MAX_ABOVE:], cells]
            block.known = block.known or knows_heart_or_time(cells)
        elif _begins_another(block, cells):
            above = [*block.above, *block.few()][-MAX_ABOVE:]
            yield block
            cells_seen = 0
            block = _Block(above=[*above, cells], known=knows_heart_or_time(cells))
        elif len(cells) == max(block.width, len(block.rows[0][1]) if block.rows else 0):
            block.add((number, cells))  # a row that holds words instead of numbers
    yield block


def _begins_another(block: _Block, cells: Sequence[str]) -> bool:
    told = [cell for cell in cells if cell.strip()]
    if block.count < _SMALL or is_head(cells):
        return True
    return len(told) > 1 and knows_heart_or_time(cells)


def _numbers(cells: Sequence[str]) -> Signal:
    """(K,) numbers of the cells, NaN where there is none that can have been measured."""
    try:
        values = np.array(cells, dtype=np.float64)
    except ValueError:
        values = np.array([_number(cell) for cell in cells], np.float64)
    return np.where(np.abs(values) <= LARGEST, values, np.nan)


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        pass
    bare = bare_number(cell)
    return float(bare.replace(",", ".")) if bare else np.nan


def is_missing(cell: str) -> bool:
    """Whether a cell says itself that there is no value."""
    return cell.strip().lower() in MISSING
