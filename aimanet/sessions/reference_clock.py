"""The time column of a sensor's file: numbers in some unit, dates or clock times -> seconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from aimanet.sessions.reference_dates import NO_DATE, time_reader
from aimanet.sessions.reference_table import Column, ReferenceError, Signal
from aimanet.sessions.reference_titles import named_unit

UNITS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "min": 60.0, "h": 3600.0, "d": 86400.0}
"""Seconds in the units that a column of numbers can have."""

EPOCH_S = (5e8, 5e9)
"""Seconds since 1970 that a person now alive can have recorded at."""
FAR_S = 600.0
"""A file whose numbers begin later than this is counted from its first row."""
HOUR_S, DAY_S = 3600.0, 86400.0
SORTED_S = 2.0
"""Rows out of order by no more than this are sorted; a longer way back is another recording."""

MAX_SPAN_S = 400 * DAY_S
"""No recording is longer; times further from the others than this are none."""
_TICKS = ((1.25e17, 1.5e17), (6.3e17, 6.7e17))
_EXCEL, _MATLAB = (36_526.0, 73_050.0), (730_486.0, 767_010.0)
"""Days since 1899-12-30 (spreadsheets) and since the year 0 (MATLAB), from 2000 to 2100."""


@dataclass(frozen=True, slots=True, eq=False)
class Clock:
    """Times (K,) s in the order of the rows, NaN where a row has none.

    ``start`` is the wall clock at 0 s, without a time zone where the file names none; ``dated``
    is False where only the time of the day is known. ``notes`` say what was mended.
    """

    t: Signal
    start: datetime | None = None
    dated: bool = True
    notes: tuple[str, ...] = ()


def guess_unit(column: Column, wave: bool, rate_hz: float | None = None) -> str:
    """A unit of `UNITS`, ``clock`` for dates and times of the day, or "" where nothing says it.

    Args:
        column: the time column.
        wave: whether it belongs to a wave (10-5000 Hz) or to heart rates and beats (0.2-250 Hz).
        rate_hz: the sampling rate that the file names.
    """
    known = column.values[np.isfinite(column.values)]
    if len(known) * 2 < len(column) and column.cells is not None:
        return "clock"
    if not len(known):
        return "s"
    middle = float(np.median(known))
    if 1.9e13 < middle < 2.1e13 or 1.9e16 < middle < 2.1e16:  # 20261129100000
        return "clock"
    step = _step(known)
    named = named_unit(column.name)
    if rate_hz and wave:
        fits = [unit for unit, second in UNITS.items() if abs(step * second * rate_hz - 1) < 0.03]
        if fits and (named in fits or not named):
            return fits[0]
    if named:
        return named
    counts = wave and step == 1 and len(known) > 2 and middle < EPOCH_S[0]
    return "" if counts else _unit_of_numbers(middle, step, wave)


def _unit_of_numbers(middle: float, step: float, wave: bool) -> str:
    if _ticks(middle):
        return ""
    for unit in ("ms", "us", "ns"):  # dates as numbers
        if EPOCH_S[0] < middle * UNITS[unit] < EPOCH_S[1]:
            return unit
    if _days(middle) and step < 0.01:
        return "d"
    low, high = (1 / 5000, 1 / 9) if wave else (1 / 250, 5.5)
    fits = [unit for unit in ("s", "ms", "us", "ns") if low <= step * UNITS[unit] <= high]
    return fits[0] if fits else "s"


def _ticks(middle: float) -> bool:
    """Whether times count from 1601 or from the year 1 in steps of 100 ns, as Windows does."""
    return any(low < middle < high for low, high in _TICKS)


def _step(known: Signal) -> float:
    steps = np.abs(np.diff(known))
    steps = steps[steps > 0]
    return float(np.median(steps)) if len(steps) else 1.0


def _days(value: float) -> float:
    """The number of 1970-01-01 where a value is a day of a spreadsheet or of MATLAB; 0 if none."""
    if _EXCEL[0] < value < _EXCEL[1]:
        return 25_569.0
    return 719_529.0 if _MATLAB[0] < value < _MATLAB[1] else 0.0


def _unclear(column: Column) -> str:
    """Why a time column's unit is not known, and what to do."""
    known = column.values[np.isfinite(column.values)]
    if _ticks(float(np.median(known))):
        return "counts ticks of 100 ns; give the samples per second"
    if _step(known) == 1:
        why = "counts in steps of 1, and nothing says of what"
    else:
        why = "does not agree with the sampling rate above the table"
    return f"{why}: name its unit (ms?), or give the samples per second"


def read_clock(column: Column, unit: str, where: Callable[[int], str]) -> Clock:
    """The times of a column.

    Args:
        column: the time column.
        unit: one of `UNITS`, or ``clock``.
        where: what to call row k in a message: "FILE: line 17".

    Raises:
        ReferenceError: it holds no times, or goes back by more than 2 s.
    """
    if unit == "clock":
        return _clock_times(column, where)
    if unit == "":
        raise ReferenceError(f"{where(0)}, column {column.name}: {_unclear(column)}")
    if unit not in UNITS:
        raise ReferenceError(f"unit {unit!r}: one of {', '.join(UNITS)} or clock")
    origin = _days(float(np.nanmedian(column.values))) if unit == "d" else 0.0
    t = _plausible((column.values - origin) * UNITS[unit], column.name, where)
    known = t[np.isfinite(t)]
    if EPOCH_S[0] < float(np.median(known)) < EPOCH_S[1]:
        start = datetime.fromtimestamp(float(known[0]), UTC)
        return Clock(t - known[0], start.replace(tzinfo=None) if origin else start)
    first = float(known[0])
    if abs(first) > FAR_S:
        return Clock(t - first, notes=(f"times begin at {first:g} s and are counted from there",))
    return Clock(t)


def _plausible(t: Signal, name: str, where: Callable[[int], str]) -> Signal:
    """Times, with NaN for those that no recording can hold beside the others.

    Raises:
        ReferenceError: fewer than half of them make sense.
    """
    known = t[np.isfinite(t)]
    if len(known) < 2:
        raise ReferenceError(f"{where(0)}, column {name}: no times in it; choose another")
    near = np.abs(t - np.median(known)) <= MAX_SPAN_S
    if 2 * near.sum() < len(known) or near.sum() < 2:
        raise ReferenceError(
            f"{where(0)}, column {name}: {known.min():g} to {known.max():g} s is no recording; "
            "correct the time's unit, or choose another column"
        )
    return np.where(near, t, np.nan)


def _clock_times(column: Column, where: Callable[[int], str]) -> Clock:
    cells = column.cells or ()
    read = time_reader(cells)
    if read is None:
        row = next((k for k, cell in enumerate(cells) if cell), 0)
        what = cells[row] if cells else ""
        raise ReferenceError(f"{where(row)}, column {column.name}: {what!r} is no time")
    first = next(moment for cell in cells if (moment := read(cell)) is not None)
    t = np.fromiter((_since(first, read(cell)) for cell in cells), np.float64, len(cells))
    dated = first.year != NO_DATE
    notes: list[str] = []
    if not dated:
        t = _past_midnight(t)
    t = _plausible(t, column.name, where)
    if first.tzinfo is None:
        t = _without_dst(t, where, notes)
    return Clock(t, first, dated, tuple(notes))


def _since(first: datetime, moment: datetime | None) -> float:
    if moment is None or (moment.tzinfo is None) != (first.tzinfo is None):
        return np.nan
    return (moment - first).total_seconds()


def _past_midnight(t: Signal) -> Signal:
    """Times of the day that begin anew at 0:00 go on instead."""
    known = np.isfinite(t)
    steps = np.diff(t[known], prepend=t[known][0])
    out = t.copy()
    out[known] = t[known] + DAY_S * np.cumsum(steps < -0.5 * DAY_S)
    return out


def _without_dst(t: Signal, where: Callable[[int], str], notes: list[str]) -> Signal:
    """Takes back the hour by which a wall clock jumps twice a year."""
    rows = np.flatnonzero(np.isfinite(t))
    steps = np.diff(t[rows])
    usual = float(np.median(steps[steps > 0])) if (steps > 0).any() else 1.0
    near = max(2.0, 5.0 * usual)
    out = t.copy()
    for k in np.flatnonzero(np.abs(np.abs(steps - usual) - HOUR_S) < near):
        jump = HOUR_S if steps[k] > 0 else -HOUR_S
        out[rows[k + 1] :] -= jump
        way = "forward" if jump > 0 else "back"
        notes.append(
            f"{where(int(rows[k + 1]))}: the clock jumps {way} an hour; taken as summer "
            "time and mended"
        )
    return out


def in_order(
    t: Signal, name: str, where: Callable[[int], str], *, twins: bool = False
) -> tuple[np.ndarray, Signal, list[str]]:
    """Rows in the order of time, their times (strictly rising), and what was done to them.

    Runs of rows with one and the same time (a clock of whole seconds) are spread evenly; with
    ``twins`` they keep it, for the beats of one packet are no duplicates.

    Raises:
        ReferenceError: fewer than two times, or the clock goes back by more than 2 s.
    """
    notes: list[str] = []
    rows = np.flatnonzero(np.isfinite(t))
    if len(rows) < 2:
        raise ReferenceError(f"{where(0)}, column {name}: fewer than two times; choose another")
    if len(rows) < len(t):
        bad = int(np.flatnonzero(~np.isfinite(t))[0])
        lost = len(t) - len(rows)
        notes.append(f"{where(bad)}, column {name}: no time; {lost} such rows left out")
    if (np.diff(t[rows]) < 0).mean() > 0.9:
        rows = rows[::-1]
        notes.append(f"column {name}: the newest row comes first; order reversed")
    back = np.diff(t[rows])
    if back.min() < -SORTED_S:
        k = int(np.argmin(back))
        before, after = t[rows[k]], t[rows[k + 1]]
        raise ReferenceError(
            f"{where(int(rows[k + 1]))}, column {name}: the time goes back from {before:.3f} to "
            f"{after:.3f} s; are these two recordings in one file? Split it"
        )
    if back.min() < 0:
        k = int(np.flatnonzero(back < 0)[0])
        notes.append(f"{where(int(rows[k + 1]))}, column {name}: rows out of order, sorted")
        rows = rows[np.argsort(t[rows], kind="stable")]
    if twins:
        return rows, t[rows], notes
    return _without_twins(rows, t[rows], name, where, notes)


def _without_twins(
    rows: np.ndarray, t: Signal, name: str, where: Callable[[int], str], notes: list[str]
) -> tuple[np.ndarray, Signal, list[str]]:
    same = np.diff(t) <= 0
    if not same.any():
        return rows, t, notes
    if same.mean() > 0.5:
        notes.append(f"column {name}: many rows share a time; spread evenly")
        return rows, _spread(t), notes
    k = int(np.flatnonzero(same)[0])
    count = int(same.sum())
    notes.append(f"{where(int(rows[k + 1]))}, column {name}: a time twice; {count} rows left out")
    keep = np.concatenate([[True], ~same])
    return rows[keep], t[keep], notes


def _spread(t: Signal) -> Signal:
    """Rows with one time, evenly from it to the next one.

    The first and the last run may be cut short: they take the usual step of the others.
    """
    starts = np.concatenate([[0], np.flatnonzero(np.diff(t) > 0) + 1])
    counts = np.diff(np.concatenate([starts, [len(t)]]))
    values = t[starts]
    if len(values) < 2:
        return t + np.arange(len(t)) * 1e-3
    steps = np.append(np.diff(values), np.diff(values)[-1])
    usual = (
        float(np.median(steps / counts))
        if len(values) < 4
        else float(np.median((steps / counts)[1:-1]))
    )
    out = np.concatenate(
        [v + np.arange(n) * s / n for v, n, s in zip(values, counts, steps, strict=True)]
    )
    head, tail = int(counts[0]), int(counts[-1])
    out[:head] = values[1] - np.arange(head, 0, -1) * usual
    out[len(t) - tail :] = values[-1] + np.arange(tail) * usual
    return np.maximum.accumulate(out + np.arange(len(t)) * 1e-9)
