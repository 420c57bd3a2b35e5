"""Intervals between beats: several in one packet, and the times of the beats that end them."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from aimanet.sessions.reference_table import Column, Signal
from aimanet.sessions.reference_titles import read_title

EXACT = 0.08
"""Rows are single beats if their times are apart by their intervals to within this part."""
COMPLETE = (0.8, 1.25)
"""Intervals are all there if their sum is so much of the time between the first and the last."""
LOST_S = 2.5
"""A clock that runs ahead of the intervals by more than this has missed beats."""
AROUND, AROUND_LOST = 301, 9
"""So many packets say together where the intervals lie; in a minute no clock drifts noticeably."""
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def beat_times(t: Signal, seconds: Signal) -> Signal:
    """When the beats (K,) were, of rows at ``t`` (K,) s, rising, that came in packets.

    Packets of a Bluetooth sensor carry one time for all the beats since the last one: the
    intervals say how far these are apart, the clock of many packets where they lie.
    """
    gaps, expected = np.diff(t), seconds[1:]
    good = np.isfinite(expected)
    if len(t) < 3 or not good.any():
        return t
    off = np.abs(gaps[good] - expected[good]) / np.maximum(expected[good], 1e-9)
    span = max(float(t[-1] - t[0]), 1e-9)
    total = float(np.nansum(expected))
    if (gaps > 0).all() and float(np.median(off)) < EXACT:
        return t
    if not COMPLETE[0] < total / span < COMPLETE[1] and (gaps > 0).all():
        return t
    elapsed = np.cumsum(np.where(np.isfinite(seconds), seconds, np.concatenate([[0.0], gaps])))
    ahead = t - elapsed
    cuts = np.flatnonzero(np.abs(np.diff(ahead)) > LOST_S) + 1
    parts = [
        piece + _smooth(lead)
        for piece, lead in zip(np.split(elapsed, cuts), np.split(ahead, cuts), strict=True)
    ]
    beats = np.maximum.accumulate(np.concatenate(parts))
    return np.asarray(beats + np.arange(len(beats)) * 1e-9)


def _smooth(lead: Signal) -> Signal:
    """What the packets around say of the lead of the clock: many of them, unless beats are lost."""
    if np.ptp(lead) > LOST_S:
        return np.asarray(median_filter(lead, AROUND_LOST, mode="nearest"))
    if len(lead) > AROUND:
        return np.asarray(median_filter(lead, AROUND))
    return np.full(len(lead), np.median(lead))


def steady(rate: Signal, good: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which rates are within 35 % of the median around them: a beat missed or doubled is not."""
    known = np.flatnonzero(good)
    keep = good.copy()
    if len(known) < 5:
        return keep
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(rate[known], 4, mode="edge"), 9)
    middle = np.median(windows, axis=1)
    keep[known] = np.abs(rate[known] - middle) < 0.35 * middle
    return keep


def beats_of(t: Signal, rate_t: Signal, rate: Signal) -> Signal:
    """Times of single beats where each row is one; empty for a series sampled evenly."""
    if len(rate_t) < 4:
        return np.empty(0)
    gaps = np.diff(rate_t)
    expected = 60.0 / rate[1:]
    return rate_t if float(np.median(np.abs(gaps - expected) / expected)) < 0.08 else np.empty(0)


Lines = NDArray[np.int64]


def unpacked(
    columns: tuple[Column, ...], lines: Lines | None
) -> tuple[tuple[Column, ...], Lines | None, tuple[str, ...]]:
    """The columns with a row for each interval where their rows hold several ("820;833").

    Returns:
        The columns, the lines of their rows, and what to tell about it.
    """
    at = [k for k, column in enumerate(columns) if _is_intervals(column)]
    cells = [columns[k].cells or () for k in at]
    numbers = [_NUMBER.findall(" ".join(row)) for row in zip(*cells, strict=True)]
    more = sum(max(0, len(some) - 1) for some in numbers)
    if not more:
        return columns, lines, ()
    flat = [number for some in numbers for number in some or [""]]
    repeat = np.repeat(np.arange(len(numbers)), [max(1, len(some)) for some in numbers])
    values = np.array([float(number) if number else np.nan for number in flat])
    apart = tuple(
        Column(column.name, values, tuple(flat)) if k == at[0] else _repeated(column, repeat)
        for k, column in enumerate(columns)
        if k not in at[1:]
    )
    note = f"rows with more than one interval: {more} further ones count as well"
    return apart, None if lines is None else lines[repeat], (note,)


def _is_intervals(column: Column) -> bool:
    if column.cells is None:
        return False
    meaning = read_title(column.name).meaning
    packed = any(len(_NUMBER.findall(cell)) > 1 for cell in column.cells[:400])
    return meaning == "ibi" or (meaning == "heart" and packed)


def _repeated(column: Column, repeat: NDArray[np.intp]) -> Column:
    cells = column.cells
    return replace(
        column,
        values=column.values[repeat],
        cells=None if cells is None else tuple(cells[k] for k in repeat.tolist()),
    )
