"""The time column of a sensor's file: numbers in some unit, dates or clock times -> seconds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from aimanet.sessions.reference_table import Column, ReferenceError, Signal

UNITS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
"""Seconds in the units that a column of numbers can have."""

EPOCH_S = (5e8, 5e9)
"""Seconds since 1970 that a person now alive can have recorded at."""
FAR_S = 600.0
"""A file whose numbers begin later than this is counted from its first row."""
HOUR_S, DAY_S = 3600.0, 86400.0
SORTED_S = 2.0
"""Rows out of order by no more than this are sorted; a longer way back is another recording."""

_FORMATS = (
    "%d.%m.%Y %H:%M:%S.%f",
    "%d.%m.%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S.%f",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M:%S.%f %p",
    "%d/%m/%Y %H:%M:%S.%f",
    "%d/%m/%Y %H:%M:%S",
    "%Y/%m/%d %H:%M:%S.%f",
    "%Y/%m/%d %H:%M:%S",
    "%H:%M:%S.%f",
    "%H:%M:%S",
    "%I:%M:%S %p",
    "%I:%M:%S.%f %p",
    "%H:%M",
)
_NO_DATE = 1900


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


def guess_unit(column: Column, wave: bool) -> str:
    """``s``, ``ms``, ``us``, ``ns`` or ``clock`` for dates and times of the day.

    Args:
        column: the time column.
        wave: whether it belongs to a wave (10-5000 Hz) or to heart rates and beats (0.2-250 Hz).
    """
    if np.isfinite(column.values).sum() * 2 < len(column) and column.cells is not None:
        return "clock"
    hint = _named_unit(column.name)
    if hint:
        return hint
    known = column.values[np.isfinite(column.values)]
    if not len(known):
        return "s"
    for unit, second in UNITS.items():  # dates as numbers
        if EPOCH_S[0] < float(np.median(known)) * second < EPOCH_S[1] and unit != "s":
            return unit
    steps = np.abs(np.diff(known))
    steps = steps[steps > 0]
    step = float(np.median(steps)) if len(steps) else 1.0
    low, high = (1 / 5000, 1 / 9) if wave else (1 / 250, 5.5)
    fits = [unit for unit, second in UNITS.items() if low <= step * second <= high]
    return fits[0] if fits else "s"


def _named_unit(name: str) -> str:
    words = "".join(c if c.isalnum() else " " for c in name.lower()).split()
    spelled = {"sec": "s", "secs": "s", "seconds": "s", "msec": "ms", "millis": "ms"}
    spelled |= {"milliseconds": "ms", "microseconds": "us", "µs": "us", "nanoseconds": "ns"}
    for word in reversed(words):
        unit = spelled.get(word, word)
        if unit in UNITS:
            return unit
    return ""


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
    if unit not in UNITS:
        raise ReferenceError(f"unit {unit!r}: one of {', '.join(UNITS)} or clock")
    t = column.values * UNITS[unit]
    known = t[np.isfinite(t)]
    if len(known) < 2:
        raise ReferenceError(f"{where(0)}, column {column.name}: no times in it; choose another")
    if EPOCH_S[0] < float(np.median(known)) < EPOCH_S[1]:
        start = datetime.fromtimestamp(float(known[0]), UTC)
        return Clock(t - known[0], start)
    first = float(known[0])
    if abs(first) > FAR_S:
        return Clock(t - first, notes=(f"times begin at {first:g} s and are counted from there",))
    return Clock(t)


def _clock_times(column: Column, where: Callable[[int], str]) -> Clock:
    cells = column.cells or ()
    parse = _parser(cells)
    if parse is None:
        row = next((k for k, cell in enumerate(cells) if cell), 0)
        what = cells[row] if cells else ""
        raise ReferenceError(f"{where(row)}, column {column.name}: {what!r} is no time")
    moments = [_parsed(parse, cell) for cell in cells]
    first = next(moment for moment in moments if moment is not None)
    t = np.array([_since(first, moment) for moment in moments])
    dated = first.year != _NO_DATE
    notes: list[str] = []
    if not dated:
        t = _past_midnight(t)
    if first.tzinfo is None:
        t = _without_dst(t, where, notes)
    return Clock(t, first, dated, tuple(notes))


def _since(first: datetime, moment: datetime | None) -> float:
    return np.nan if moment is None else (moment - first).total_seconds()


def _parser(cells: Sequence[str]) -> Callable[[str], datetime] | None:
    """What reads most of the first cells; ISO before all others."""
    some = [cell for cell in cells if cell][:200]
    readers = [_iso, *(_with_format(form) for form in _FORMATS)]
    best = max(readers, key=lambda read: sum(_parsed(read, cell) is not None for cell in some))
    good = sum(_parsed(best, cell) is not None for cell in some)
    return best if 2 * good > len(some) else None


def _iso(cell: str) -> datetime:
    if len(cell) < 10:
        raise ValueError(cell)
    moment = datetime.fromisoformat(cell.replace(",", "."))
    return moment if moment.tzinfo is None else moment.astimezone(UTC)


def _with_format(form: str) -> Callable[[str], datetime]:
    return lambda cell: datetime.strptime(cell.replace(",", "."), form)


def _parsed(read: Callable[[str], datetime], cell: str) -> datetime | None:
    try:
        return read(cell.strip("\"'"))
    except (ValueError, OverflowError):
        return None


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
    t: Signal, name: str, where: Callable[[int], str]
) -> tuple[np.ndarray, Signal, list[str]]:
    """Rows in the order of time, their times (strictly rising), and what was done to them.

    Runs of rows with one and the same time (a clock of whole seconds) are spread evenly.

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
        notes.append(f"column {name}: the newest row stands first; turned around")
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


def day_apart(start: datetime, session: datetime) -> datetime:
    """A time of the day put on the day that brings it next to the session's."""
    bare = session.replace(tzinfo=None)
    there = start.replace(year=bare.year, month=bare.month, day=bare.day, tzinfo=None)
    return min((there + timedelta(days=d) for d in (-1, 0, 1)), key=lambda m: abs(m - bare))
