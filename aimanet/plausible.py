"""What numbers from a file may be: finite, within bounds, times in order and no year apart.

Every reader of a table asks here before anything is computed from it: a row that says 1e30 is left
out (and said), instead of becoming an overflow or a request for gigabytes somewhere else.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

LONGEST_S = 7 * 86_400.0
"""No recording is longer, and no time within one is further from its beginning (s)."""
LONGEST_HOLE_S = 86_400.0
"""Times further apart than this (s) do not belong to one recording."""
MOST_ROWS = 5_000_000
"""Rows that are read of a table: two days at 30 a second."""
LARGEST = 1e12
"""A number without a bound of its own: its square and sum stay finite, and it is a whole one."""

BOUNDS = {
    "index": (0.0, LARGEST),
    "t": (-LONGEST_S, LONGEST_S),
    "x": (-1e6, 1e6),
    "y": (-1e6, 1e6),
    "w": (0.0, 1e6),
    "h": (0.0, 1e6),
    "hr_bpm": (0.0, 1000.0),
    "snr_db": (-1000.0, 1000.0),
    "quality": (-1000.0, 1000.0),
    "fps": (1e-3, 1000.0),
    "fs": (1e-3, 10_000.0),
    "window_s": (1e-3, 3600.0),
    "duration_s": (0.0, LONGEST_S),
    "ok_share": (0.0, 1.0),
    "width": (1.0, 1e6),
    "height": (1.0, 1e6),
    "frames": (0.0, LARGEST),
    "dropped": (0.0, LARGEST),
    "size_bytes": (0.0, 1e18),
}
"""What a value of this name may be at least and at most, in tables and heads alike."""


def bounds_of(name: str) -> tuple[float, float]:
    """The least and the most of a column or key."""
    return BOUNDS.get(name, (-LARGEST, LARGEST))


def number(text: str | float, name: str = "") -> float:
    """A finite number within the bounds of ``name``.

    Raises:
        ValueError: it is none, NaN, or out of bounds.
    """
    value = float(text)
    low, high = bounds_of(name)
    if not low <= value <= high:  # NaN is not, either
        raise ValueError(f"{value:g} is no {name or 'number'}")
    return value


def maybe(text: str, name: str = "") -> float | None:
    """As `number`; None for an empty cell."""
    return number(text, name) if text.strip() else None


def in_bounds(values: NDArray[Any], name: str = "") -> NDArray[np.bool_]:
    """(N,) where ``values`` (N,) are finite and within the bounds of ``name``."""
    low, high = bounds_of(name)
    wide = np.asarray(values, np.float64)  # the bounds are beyond what half a float holds
    return (wide >= low) & (wide <= high)


def in_order(values: Numbers) -> NDArray[np.bool_]:
    """(N,) the largest choice of ``values`` (N,) that rises strictly; what is not finite is out.

    One value that leaps ahead costs itself and not all that follow it.
    """
    good = np.isfinite(values)
    rows = np.flatnonzero(good)
    kept = values[rows]
    if np.all(np.diff(kept) > 0):
        return good
    chosen = np.zeros(len(values), bool)
    chosen[rows[_longest_rise(kept.tolist())]] = True
    return chosen


def _longest_rise(values: list[float]) -> list[int]:
    """Places of a longest strictly rising subsequence (patience sorting)."""
    ends: list[float] = []  # the least value that ends a rise of length k + 1
    places: list[int] = []
    before = [-1] * len(values)
    for place, value in enumerate(values):
        k = bisect_left(ends, value)
        before[place] = places[k - 1] if k else -1
        if k == len(ends):
            ends.append(value)
            places.append(place)
        else:
            ends[k], places[k] = value, place
    rise, place = [], places[-1] if places else -1
    while place >= 0:
        rise.append(place)
        place = before[place]
    return rise[::-1]


def one_recording(t: Numbers) -> NDArray[np.bool_]:
    """(N,) which of the times ``t`` (N,) s make up one recording.

    They are finite, rise strictly, and no two neighbours are more than `LONGEST_HOLE_S` apart: of
    several such stretches the one with the most rows is kept, for `LONGEST_S` at most. The zero of
    ``t`` does not matter, so that seconds since 1970 are fine.
    """
    good = in_order(t)
    rows = np.flatnonzero(good)
    if not len(rows):
        return good
    kept = t[rows]
    cuts = np.flatnonzero(np.diff(kept) > LONGEST_HOLE_S) + 1
    stretches = np.split(rows, cuts)
    longest = max(stretches, key=len)
    mask = np.zeros(len(t), bool)
    mask[longest[t[longest] - t[longest[0]] <= LONGEST_S]] = True
    return mask
