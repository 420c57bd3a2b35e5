"""A sensor's file as named columns, before anybody says which is what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aimanet.sessions.reference_intervals import unpacked
from aimanet.sessions.reference_table import Column, Table
from aimanet.sessions.reference_titles import fraction, unit_of


@dataclass(frozen=True, slots=True, eq=False)
class SensorFile:
    """A file as it was read, before anybody says which column is what.

    ``form`` names its kind. ``lines`` (K,) are the lines of the rows of a text file. ``started``
    is the wall clock at the first row where the file says it once for all, ``rate_hz`` the
    sampling rate of all rows.
    """

    path: Path
    form: str
    columns: tuple[Column, ...]
    lines: NDArray[np.int64] | None = None
    started: datetime | None = None
    notes: tuple[str, ...] = ()
    rate_hz: float | None = None

    def where(self, row: int) -> str:
        """What to call a row in a message: "FILE: line 17"."""
        if self.lines is None or not 0 <= row < len(self.lines):
            return f"{self.path}"
        return f"{self.path}: line {int(self.lines[row])}"

    def preview(self, rows: int = 8) -> list[list[str]]:
        """The first rows as text, for a dialog."""
        longest = max((len(column) for column in self.columns), default=0)
        return [[_cell(column, k) for column in self.columns] for k in range(min(rows, longest))]


def _cell(column: Column, k: int) -> str:
    if k >= len(column):
        return ""
    if column.cells is not None:
        return column.cells[k]
    return f"{column.values[k]:g}"


def of_table(path: Path, form: str, table: Table) -> SensorFile:
    """The file of a table: a row for each interval, all in seconds where it counts in parts."""
    columns, lines, notes = unpacked(tuple(map(_in_seconds, table.columns)), table.lines)
    return SensorFile(
        path, form, columns, lines, notes=(*table.notes, *notes), rate_hz=table.rate_hz
    )


def _in_seconds(column: Column) -> Column:
    """A column counted in "1/1024 s" or "s/256" in seconds."""
    parts = fraction(unit_of(column.name))
    if parts is None:
        return column
    bare = column.name.split("[")[0].split("(")[0].strip()
    return Column(f"{bare} (s)", column.values / parts)
