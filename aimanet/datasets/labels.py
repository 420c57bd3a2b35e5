"""From the rows of a sensor's file to a `Label`: in order, finite, alive; and what was left out."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aimanet.datasets.base import DatasetError, Label, Signal

FLAT_S = 2.0
"""A wave that stands still for this long (s) comes from a sensor that was off."""
HOLE_S = 0.5
"""Steps between samples above this (s) are told."""
_HEART_BPM = (20.0, 250.0)
"""Rates beyond are codes of a sensor that found no pulse (0, 255)."""


@dataclass(frozen=True, slots=True)
class LabelRead:
    """A label, and in ``notes`` what is odd about its file but can be lived with."""

    label: Label
    notes: tuple[str, ...] = ()


def tidy(
    path: Path,
    t: Signal,
    ppg: Signal,
    hr_bpm: Signal | None = None,
    *,
    drift_s: float | None = None,
    notes: tuple[str, ...] = (),
    kind: str = "ppg",
) -> LabelRead:
    """A label from rows as they stand in the file.

    Rows without a number, rows whose time does not increase and stretches in which the wave
    stands still for 2 s are left out (a hole), and told. Heart rates that none has become NaN.

    Args:
        path: the file, for messages.
        t: (K,) s.
        ppg: (K,) the wave.
        hr_bpm: (K,) the sensor's own rate.
        drift_s: see `Label`.
        notes: what is to be told already.
        kind: see `Label`.

    Raises:
        DatasetError: nothing usable is left.
    """
    said = list(notes)
    finite = np.isfinite(t) & np.isfinite(ppg)
    keep = np.flatnonzero(finite)
    _tell(said, len(t) - len(keep), len(t), "rows hold no number and are left out")
    _require(len(keep) > 1, path, "fewer than two rows with numbers; is the file complete?")
    ordered = keep[increasing(t[keep])]
    _require(2 * len(ordered) > len(keep), path, "its time stamps do not increase; is it damaged?")
    _tell(said, len(keep) - len(ordered), len(t), "time stamps do not increase; rows left out")
    alive = ordered[~standing_still(t[ordered], ppg[ordered], FLAT_S)]
    moving = len(alive) > 1 and float(np.ptp(ppg[alive])) > 0
    _require(moving, path, "the sensor's wave never changes; leave this recording out")
    if len(alive) < len(ordered):
        share = 1 - len(alive) / len(ordered)
        said.append(f"the wave stands still in {100 * share:.0f} % of the file; left out")
    steps = np.diff(t[alive])
    if steps.max() > HOLE_S:
        at = int(np.argmax(steps))
        said.append(f"the longest hole is {steps[at]:.1f} s, at {t[alive][at]:.1f} s")
    rates = None if hr_bpm is None else _heart_rates(hr_bpm[alive])
    label = Label(t[alive], np.asarray(ppg[alive], np.float64), rates, kind, drift_s)
    return LabelRead(label, tuple(said))


def increasing(t: Signal) -> NDArray[np.bool_]:
    """Which of the times (K,) to keep so that they increase strictly and the fewest are dropped."""
    if len(t) < 2 or (np.diff(t) > 0).all():
        return np.ones(len(t), np.bool_)
    ends: list[float] = []  # the smallest last time of a chain of each length
    tails: list[int] = []
    before = np.full(len(t), -1)
    for i, value in enumerate(t.tolist()):
        k = bisect_left(ends, value)
        before[i] = tails[k - 1] if k else -1
        ends[k : k + 1], tails[k : k + 1] = [value], [i]
    kept = np.zeros(len(t), np.bool_)
    i = tails[-1]
    while i >= 0:
        kept[i] = True
        i = int(before[i])
    return kept


def repaired(t: Signal) -> Signal:
    """The same times (K,), those out of order replaced by what lies between their neighbours.

    Raises:
        ValueError: most of them are out of order.
    """
    number = np.arange(len(t), dtype=np.float64)
    good = np.flatnonzero(np.isfinite(t))
    good = good[increasing(t[good])]
    if 2 * len(good) <= len(t) or len(good) < 2:
        raise ValueError("most times are out of order")
    step = float(np.median(np.diff(t[good]) / np.diff(good)))
    inner = np.interp(number, good, t[good])
    early, late = number < good[0], number > good[-1]
    inner[early] = t[good[0]] + (number[early] - good[0]) * step
    inner[late] = t[good[-1]] + (number[late] - good[-1]) * step
    return inner


def from_zero(path: Path, t: Signal) -> tuple[Signal, Signal]:
    """A clock's readings (K,) of whatever unit in s, 0 at the first: as they are, and in order.

    Raises:
        DatasetError: most of them do not increase.
    """
    try:
        times = repaired(t)
    except ValueError:
        raise DatasetError(
            f"{path}: its time stamps do not increase; is the file damaged?"
        ) from None
    second = second_of(float(np.median(np.diff(times))))
    return (t - times[0]) / second, (times - times[0]) / second


def standing_still(t: Signal, wave: Signal, seconds: float) -> NDArray[np.bool_]:
    """(K,) True within runs of one value that last ``seconds`` or longer."""
    edges = np.flatnonzero(np.diff(wave) != 0) + 1
    first, last = np.concatenate([[0], edges]), np.concatenate([edges, [len(wave)]]) - 1
    long = t[last] - t[first] >= seconds
    return np.repeat(long, last - first + 1)


def second_of(step: float) -> float:
    """How many of a clock's units are a second, from its usual step between samples.

    Seconds, milliseconds, microseconds or nanoseconds, for rates from 1 Hz to 1 kHz.
    """
    units = [10.0 ** (3 * k) for k in range(4)]
    return min(units, key=lambda unit: abs(np.log(max(step, 1e-12) / unit / 0.03)))


def rates_differ(first_s: float, second_s: float, share: float) -> bool:
    """Whether two durations differ by more than a share of the first (and a quarter second)."""
    return abs(first_s - second_s) > 0.25 + share * first_s


def _heart_rates(hr_bpm: Signal) -> Signal:
    low, high = _HEART_BPM
    return np.where((hr_bpm >= low) & (hr_bpm < high), hr_bpm, np.nan)


def _tell(said: list[str], count: int, total: int, what: str) -> None:
    if count:
        said.append(f"{count} of {total} {what}")


def _require(holds: bool, path: Path, otherwise: str) -> None:
    if not holds:
        raise DatasetError(f"{path}: {otherwise}")
