"""Which column of a sensor's file is its clock, and whether it agrees with the rate it names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from aimanet.sessions.reference_clock import UNITS, guess_unit
from aimanet.sessions.reference_columns import SensorFile
from aimanet.sessions.reference_dates import NO_DATE, time_reader
from aimanet.sessions.reference_signs import counts, known, rises
from aimanet.sessions.reference_table import Column, Signal
from aimanet.sessions.reference_titles import Title, named_unit, read_title

LOOK = 2000


def clock_of(
    file: SensorFile, time: int | None, wave: bool, rate_hz: float | None
) -> tuple[int | None, str]:
    """The column to take as the clock, None for the named rate, and the column's unit.

    A head names the rate of the device, which the rows of an export need not have: times with a
    unit of their own win over it. Times without one that say something else have the unit "".

    Args:
        file: the sensor's file.
        time: its time column.
        wave: whether a wave is read, not rates or intervals.
        rate_hz: the sampling rate (Hz) that the file names.
    """
    if time is None:
        return None, "s"
    column = file.columns[time]
    unit = guess_unit(column, wave, rate_hz)
    if not rate_hz or _keeps_pace(column, unit, rate_hz):
        return time, unit
    if unit not in UNITS or read_title(column.name).meaning != "time" or _stands(column):
        return None, "s"
    steps = np.diff(known(column.values[:LOOK]))
    fine = unit == "s" and 0.0 < float(np.median(np.abs(steps))) < 1.0
    return time, unit if fine or named_unit(column.name) else ""


def _stands(column: Column) -> bool:
    """Whether most rows have the time of the row before: whole seconds of faster samples."""
    return bool((np.diff(known(column.values[:LOOK])) == 0).mean() > 0.5)


def _keeps_pace(column: Column, unit: str, rate_hz: float) -> bool:
    """Whether a time column says the same as the sampling rate of the file's head."""
    if unit == "clock":
        return len(set((column.cells or ())[:LOOK])) > 0.9 * min(len(column), LOOK)
    steps = np.diff(known(column.values[:LOOK])) * UNITS.get(unit, 0.0)
    return len(steps) > 0 and abs(float(np.median(steps)) * rate_hz - 1.0) < 0.05


def row_rate(file: SensorFile, time: int | None) -> float | None:
    """Rows per second (Hz); None where nothing says it."""
    if time is not None and clock_of(file, time, True, file.rate_hz)[0] is None:
        return file.rate_hz
    if time is None and file.rate_hz:
        return file.rate_hz
    if time is None:
        return next((column.rate_hz for column in file.columns if column.rate_hz), None)
    column = file.columns[time]
    unit = guess_unit(column, wave=True)
    if unit == "clock":
        seconds = clock_seconds(column)
    elif unit == "":
        return None
    else:
        seconds = known(column.values[:LOOK]) * UNITS[unit]
    span = float(np.ptp(seconds)) if len(seconds) > 2 else 0.0
    return (len(seconds) - 1) / span if span > 0 else None


def clock_seconds(column: Column) -> Signal:
    """The first dates or times of the day of a column, in s from the first of them."""
    cells = (column.cells or ())[:LOOK]
    read = time_reader(cells)
    moments = [moment for cell in cells if read and (moment := read(cell)) is not None]
    first = moments[0] if moments else datetime(1970, 1, 1)
    alike = (m for m in moments if (m.tzinfo is None) == (first.tzinfo is None))
    return np.array([(m - first).total_seconds() for m in alike])


def time_column(file: SensorFile, titles: Sequence[Title]) -> int | None:
    """The one that goes on most evenly among those that are titled so, or else that rise."""
    scores = {k: _as_time(column, titles[k]) for k, column in enumerate(file.columns)}
    best = max(scores, key=lambda k: scores[k], default=None)
    return best if best is not None and scores[best] > 0 else None


def _as_time(column: Column, title: Title) -> float:
    """How well a column serves as a clock; 0 for not at all."""
    titled = title.meaning == "time"
    if not titled and title.meaning != "unknown":
        return 0.0
    numbers = known(column.values[:LOOK])
    clock = len(numbers) * 2 < min(len(column), LOOK)
    seconds = clock_seconds(column) if clock else numbers
    steps = np.diff(seconds)
    if len(steps) < 1 or not (steps != 0).any():
        return 0.0
    if not titled and not clock and (not _runs(numbers) or counts(numbers)):
        return 0.0
    low, middle, high = np.percentile(np.abs(steps), (10, 50, 90)).tolist()
    uneven = min(1.0, (high - low) / middle) if middle > 0 else 1.0
    dated = clock and _is_dated(column)
    return 2.0 * titled * title.weight + 1.0 + float((steps != 0).mean()) - uneven + 0.1 * dated


def _runs(numbers: Signal) -> bool:
    """Whether numbers without a title go up or down all along, and most rows from the last."""
    return rises(numbers) and float((np.diff(numbers) != 0).mean()) > 0.5


def _is_dated(column: Column) -> bool:
    read = time_reader((column.cells or ())[:LOOK])
    first = read((column.cells or ("",))[0]) if read else None
    return first is not None and first.year != NO_DATE
