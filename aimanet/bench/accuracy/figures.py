"""What many clips say of a method: errors, trust, false alarms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aimanet.bench.accuracy.results import NEAR_BPM, ClipResult, Values
from aimanet.evaluation.metrics import Score
from aimanet.evaluation.results import Row, VideoResult
from aimanet.evaluation.summary import summarise

BANDS = ((40.0, 55.0), (55.0, 100.0), (100.0, 200.0))
"""BPM: slow, usual and fast rates; a clip counts in the band of its true mean rate."""

ALL = "all"
"""The row over every held-out clip with a pulse."""

LEAP_BPM, LEAP_S = 8.0, 1.0
"""Rates shown as ok that lie further apart than this within this time are a jump."""

NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Figures:
    """One method on the clips of one condition; NaN where there is nothing to say.

    Of the clips' rates: ``clips`` with a known truth, ``unread`` of them without a rate; ``mae``,
    ``rmse`` (BPM), ``pearson`` over the others. Of the live readings: ``live_mae`` over all with
    an estimate; ``ok_share`` of the seconds since the warm-up, ``ok_of_all`` of all seconds;
    ``ok_within`` the share of ok readings at most 5 BPM off the mean true rate of their window and
    ``ok_mae`` their error, ``now_within`` the share at most 5 BPM off the rate of the moment;
    ``first_ok_s`` the median time to the first ok (infinite: in half of the clips there is none),
    ``first_ok_worst_s`` the longest; ``jumps`` as `jumps`, ``ok_readings`` how many there are.
    """

    clips: int
    unread: int
    mae: float
    rmse: float
    pearson: float
    live_mae: float
    ok_share: float
    ok_of_all: float
    ok_within: float
    ok_mae: float
    now_within: float
    first_ok_s: float
    first_ok_worst_s: float
    jumps: int
    ok_readings: int


@dataclass(frozen=True, slots=True)
class ConditionRow:
    """A row of the table: one condition, one method."""

    condition: str
    method: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class LifelessRow:
    """False alarms of one method on one lifeless kind (or all of them).

    ``ok_share`` of all seconds; ``worst`` the clip with most of them, ``worst_s`` how many;
    ``quality`` the highest quality of any reading.
    """

    kind: str
    method: str
    clips: int
    seconds: float
    ok_share: float
    worst: str
    worst_s: float
    quality: float


def conditions_of(result: ClipResult) -> tuple[str, ...]:
    """The rows a clip counts in: its own conditions, and the band of its true rate."""
    if result.clip.origin == "recording":
        return (result.clip.kind,)
    bands = [band_name(*band) for band in BANDS]
    own = tuple(c for c in result.clip.conditions if c not in bands)
    inside = [
        band_name(low, high)
        for k, (low, high) in enumerate(BANDS)
        if low <= result.truth_bpm < high or (k == 0 and result.truth_bpm < low)
    ]
    fastest = [band_name(*BANDS[-1])] if result.truth_bpm >= BANDS[-1][1] else []
    where = ("photographs",) if result.clip.origin == "photograph" else ()
    return (ALL, *where, *own, *inside, *fastest)


def band_name(low: float, high: float) -> str:
    """``40-55 BPM``."""
    return f"{low:g}-{high:g} BPM"


def methods_of(results: Iterable[ClipResult]) -> list[str]:
    """The methods, in the order in which they come."""
    return list(dict.fromkeys(result.method for result in results))


def alive(results: Iterable[ClipResult]) -> list[ClipResult]:
    """Those with a pulse."""
    return [result for result in results if result.clip.alive]


def condition_rows(results: Sequence[ClipResult]) -> list[ConditionRow]:
    """The table: all clips, each condition, each band of rates, each folder of recordings."""
    living = alive(results)
    names = dict.fromkeys(name for result in living for name in conditions_of(result))
    bands = [band_name(*band) for band in BANDS]
    folders = {r.clip.kind for r in living if r.clip.origin == "recording"}
    order = sorted(
        names,
        key=lambda name: (name in folders, name in bands, name in bands and bands.index(name)),
    )
    rows = []
    for name in order:
        inside = [result for result in living if name in conditions_of(result)]
        for method in methods_of(living):
            mine = [result for result in inside if result.method == method]
            rows.append(ConditionRow(name, method, figures(mine)))
    return rows


def figures(results: Sequence[ClipResult]) -> Figures:
    """All figures of one method on clips with a pulse."""
    known = [r for r in results if np.isfinite(r.truth_bpm)]
    summary = summarise([_score(result) for result in known])
    error = np.abs(joined(results, lambda r: r.readings.error_bpm))
    ok = joined(results, lambda r: r.readings.ok).astype(bool)
    moment = np.abs(joined(results, lambda r: r.readings.hr_bpm - r.readings.now_bpm))
    right = error[ok & np.isfinite(error)]
    first = [result.first_ok_s for result in results]
    ok_s, seconds = sum(r.ok_s for r in results), sum(r.seconds for r in results)
    return Figures(
        clips=len(known),
        unread=sum(not np.isfinite(r.hr_bpm) for r in known),
        mae=summary.mae.value,
        rmse=summary.rmse.value,
        pearson=summary.pearson.value,
        live_mae=mean(error[np.isfinite(error)]),
        ok_share=_ratio(ok_s, sum(r.judged_s for r in results)),
        ok_of_all=_ratio(ok_s, seconds),
        ok_within=mean(right <= NEAR_BPM),
        ok_mae=mean(right),
        now_within=mean(moment[ok & np.isfinite(moment)] <= NEAR_BPM),
        first_ok_s=float(np.median(first)) if first else NAN,
        first_ok_worst_s=max(first, default=NAN),
        jumps=sum(jumps(result) for result in results),
        ok_readings=int(ok.sum()),
    )


def jumps(result: ClipResult) -> int:
    """How often the rate leaps by more than 8 BPM within a second while it is shown as ok.

    A leap counts once, however many of the next second's readings are that far from its start.
    """
    ok = result.readings.ok
    t, hr = result.readings.t[ok], result.readings.hr_bpm[ok]
    count, start = 0, 0
    for k in range(1, len(t)):
        near = [j for j in range(start, k) if t[k] - t[j] <= LEAP_S + 1e-6]
        if near and float(np.abs(hr[near] - hr[k]).max()) > LEAP_BPM:
            count, start = count + 1, k
    return count


def lifeless_rows(results: Sequence[ClipResult]) -> list[LifelessRow]:
    """False alarms by kind and method, then over all kinds; empty without lifeless clips."""
    dead = [result for result in results if not result.clip.alive]
    rows = []
    for kind in (*dict.fromkeys(r.clip.kind for r in dead), *([ALL] if dead else [])):
        for method in methods_of(dead):
            mine = [r for r in dead if kind in (r.clip.kind, ALL) and r.method == method]
            rows.append(_lifeless(kind, method, mine))
    return rows


def _lifeless(kind: str, method: str, results: Sequence[ClipResult]) -> LifelessRow:
    worst = max(results, key=lambda result: result.ok_s)
    return LifelessRow(
        kind=kind,
        method=method,
        clips=len(results),
        seconds=sum(r.seconds for r in results),
        ok_share=_ratio(sum(r.ok_s for r in results), sum(r.seconds for r in results)),
        worst=worst.clip.name if worst.ok_s else "",
        worst_s=worst.ok_s,
        quality=max((float(r.readings.quality.max(initial=0.0)) for r in results), default=0.0),
    )


def evaluation_row(method: str, name: str, results: Sequence[ClipResult]) -> Row:
    """The clips' rates as a row of `evaluation`, for its plots and figures."""
    known = [r for r in results if np.isfinite(r.truth_bpm)]
    videos = [VideoResult(r.clip.name, (_score(r),), r.seconds) for r in known]
    return Row(method, name, tuple(videos))


def _score(result: ClipResult) -> Score:
    return Score(result.truth_bpm, result.hr_bpm, result.snr_db, NAN)


def joined(results: Sequence[ClipResult], column: Callable[[ClipResult], NDArray[Any]]) -> Values:
    """One column of the readings of all clips, end to end."""
    return np.concatenate([np.empty(0), *(column(result) for result in results)])


def mean(values: NDArray[np.floating | np.bool_]) -> float:
    """The mean; NaN of nothing."""
    return float(values.mean()) if len(values) else NAN


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0.0 else NAN


def pairs(rows: Iterable[ConditionRow]) -> Iterator[tuple[str, dict[str, Figures]]]:
    """Condition by condition, the figures of each method by its name."""
    table: dict[str, dict[str, Figures]] = {}
    for row in rows:
        table.setdefault(row.condition, {})[row.method] = row.figures
    yield from table.items()
