"""Which column of a sensor's file is what: by its title, by its numbers, or by a question."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from aimanet.sessions.reference_clock import UNITS, guess_unit
from aimanet.sessions.reference_columns import SensorFile
from aimanet.sessions.reference_mapping import KINDS, Kind, Mapping, guess_units
from aimanet.sessions.reference_pace import LOOK, clock_of, clock_seconds, row_rate, time_column
from aimanet.sessions.reference_signs import (
    INTERVAL_S,
    beating,
    interval_unit,
    is_pulse,
    is_switch,
    known,
    looks_like_intervals,
    looks_like_oxygen,
    looks_like_rates,
    rises,
    same_pulse,
    same_rates,
)
from aimanet.sessions.reference_table import Column, Signal
from aimanet.sessions.reference_titles import Title, read_title

COMPLETE = (0.9, 1.1)
"""Intervals are preferred to rates if their sum is so much of the time that they took."""
IN_STEP = 0.018
"""Intervals are preferred to rates if they tell the same to within this part."""
MOST_ASKED = 6


@dataclass(frozen=True, slots=True)
class Guess:
    """The mapping that the file suggests.

    Where more than one fits, ``mapping`` names no column of the heart: ``question`` asks which,
    and ``choices`` are the answers, the likeliest first.
    """

    mapping: Mapping
    question: str = ""
    choices: tuple[Mapping, ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    """A column that could be something of the heart; ``sure``: by its title, not its numbers."""

    at: int
    kind: Kind
    weight: float
    sure: bool


def guess_columns(file: SensorFile) -> Guess:
    """What titles, units and numbers of the columns suggest. Never raises."""
    titles = [read_title(column.name) for column in file.columns]
    time = time_column(file, titles)
    hz = row_rate(file, time)
    told = [k for k in range(len(titles)) if k != time]
    found = [one for k in told for one in _by_title(file, k, titles[k], hz)]
    if not found:
        found = _by_numbers(file, titles, time, hz)
    chosen: dict[Kind, int] = {}
    twice = [one for one in found if any(one.at == o.at and one != o for o in found)]
    if twice:
        return _asked(file, twice, time)
    for kind in KINDS:
        fitting = _narrowed(file, [one for one in found if one.kind == kind], hz)
        if len(fitting) == 1 and (fitting[0].sure or not _doubtful(file, fitting[0])):
            chosen[kind] = fitting[0].at
        elif fitting and not chosen and not _better(found, kind):
            return _asked(file, fitting, time)
    return Guess(map_columns(file, _without_rivals(file, chosen, time), time))


def map_columns(file: SensorFile, chosen: dict[Kind, int], time: int | None) -> Mapping:
    """The mapping of columns of the heart and one of time, with their units."""
    wave = "ppg" in chosen or "ecg" in chosen
    first = next((kind for kind in KINDS if kind in chosen), None)
    rate = file.rate_hz or (file.columns[chosen[first]].rate_hz if first else None)
    time, unit = clock_of(file, time, wave, rate)
    mapping = Mapping(
        time=time,
        time_unit=unit,
        rate_hz=rate if time is None else None,
        ppg=chosen.get("ppg"),
        ecg=chosen.get("ecg"),
        hr=chosen.get("hr"),
        ibi=chosen.get("ibi"),
    )
    return guess_units(file, mapping)


def _by_title(file: SensorFile, at: int, title: Title, hz: float | None) -> list[_Found]:
    """What a column is by its title; the numbers tell a wave "pulse" from a rate."""
    values = file.columns[at].values
    if title.meaning == "heart":
        return [_Found(at, kind, title.weight, sure=True) for kind in _kinds(values, hz)[:1]]
    if title.meaning == "ibi" and not interval_unit(values):
        return []  # RR: the respiratory rate
    if title.meaning in KINDS:
        return [_Found(at, title.meaning, title.weight, sure=True)]
    return []


def _by_numbers(
    file: SensorFile, titles: Sequence[Title], time: int | None, hz: float | None
) -> list[_Found]:
    """What columns without telling titles could be."""
    found = []
    for k, title in enumerate(titles):
        if k != time and title.meaning == "unknown":
            column = file.columns[k]
            kinds = _kinds(column.values, column.rate_hz or hz)
            found += [_Found(k, kind, 1.0, sure=False) for kind in kinds]
    return found


def _kinds(values: Signal, hz: float | None) -> list[Kind]:
    """What the numbers could be, the likeliest first."""
    if is_switch(values) and not looks_like_rates(values) and not looks_like_intervals(values):
        return []
    if rises(values) and not looks_like_rates(values):
        return []
    if hz is None and beating(known(values)):
        return ["ppg", "ibi"] if looks_like_intervals(values, smooth=True) else ["ppg"]
    if hz is not None and is_pulse(values, hz):
        return ["ppg"]
    if looks_like_rates(values):
        return ["hr"]
    return ["ibi"] if looks_like_intervals(values) and (hz is None or hz < 5.5) else []


def _narrowed(file: SensorFile, found: list[_Found], hz: float | None) -> list[_Found]:
    """Those of the plainest titles; one where all of them tell the same."""
    if len(found) < 2:
        return found
    most = max(one.weight for one in found)
    found = [one for one in found if one.weight == most]
    if found[0].kind == "hr" and not found[0].sure:
        found = [o for o in found if not looks_like_oxygen(file.columns[o.at].values)] or found
    agree: dict[Kind, Callable[[Signal, Signal], bool]] = {
        "ppg": lambda a, b: same_pulse(a, b, hz or 1.0),
        "ecg": lambda a, b: same_pulse(a, b, hz or 1.0),
    }
    same = agree.get(found[0].kind, same_rates)
    first = file.columns[found[0].at].values
    usable = [one for one in found if not is_switch(file.columns[one.at].values)] or found
    if len(usable) == 1:
        return usable
    if (hz or found[0].kind in ("hr", "ibi")) and all(
        same(first, file.columns[one.at].values) for one in found[1:]
    ):
        return found[:1]
    return usable


def _doubtful(file: SensorFile, one: _Found) -> bool:
    """Numbers without a title that oxygen saturations could be as well."""
    return one.kind == "hr" and looks_like_oxygen(file.columns[one.at].values)


def _better(found: list[_Found], kind: Kind) -> bool:
    """Whether another kind is named plainly, so that this one need not be asked about."""
    return kind == "hr" and any(one.sure and one.kind != kind for one in found)


def _without_rivals(file: SensorFile, chosen: dict[Kind, int], time: int | None) -> dict[Kind, int]:
    """No ECG beside a pulse wave; of rates and intervals the intervals where none is missing."""
    chosen = dict(chosen)
    if "ppg" in chosen:
        chosen.pop("ecg", None)
    if len(chosen) > 1 and "hr" in chosen and not (file.columns[chosen["hr"]].values > 0).any():
        chosen.pop("hr")
    if "hr" in chosen and "ibi" in chosen and len(chosen) == 2:
        whole = _complete(file, chosen["ibi"], time) and _agree(file, chosen)
        chosen.pop("hr" if whole else "ibi")
    return chosen


def _agree(file: SensorFile, chosen: dict[Kind, int]) -> bool:
    """Whether intervals tell the rates beside them; in 1/1024 s they are 2.4 % off."""
    values = file.columns[chosen["ibi"]].values
    seconds = np.nanmedian(values[values > 0]) * INTERVAL_S[interval_unit(values) or "ms"]
    rates = file.columns[chosen["hr"]].values
    rates = rates[(rates > 0) & np.isfinite(values)]
    return not len(rates) or bool(abs(seconds * np.median(rates) / 60.0 - 1.0) < IN_STEP)


def _complete(file: SensorFile, at: int, time: int | None) -> bool:
    if time is None:
        return True
    values, column = file.columns[at].values, file.columns[time]
    unit = guess_unit(column, wave=False)
    seconds = clock_seconds(column) if unit == "clock" else column.values[:LOOK] * UNITS[unit]
    span = float(np.ptp(known(seconds))) if len(known(seconds)) > 1 else 0.0
    total = float(known(values[:LOOK]).sum()) * INTERVAL_S[interval_unit(values) or "ms"]
    return span > 0 and COMPLETE[0] < total / span < COMPLETE[1]


_WORDS: dict[Kind, str] = {
    "ppg": "a pulse wave", "ecg": "an ECG", "hr": "heart rates", "ibi": "intervals between beats"
}  # fmt: skip


def _asked(file: SensorFile, fitting: list[_Found], time: int | None) -> Guess:
    """A question about columns of one kind, or about the kind of one column."""
    fitting = fitting[:MOST_ASKED]
    choices = tuple(map_columns(file, {one.kind: one.at}, time) for one in fitting)
    columns = list(dict.fromkeys(one.at for one in fitting))
    names = " or ".join(_shown(file.columns[at]) for at in columns)
    kinds = " or ".join(dict.fromkeys(_WORDS[one.kind] for one in fitting))
    if len(columns) > 1:
        question = f"Which column holds {kinds}: {names}?"
    else:
        other = "" if len(fitting) > 1 else ", or oxygen saturations"
        question = f"Does {names} hold {kinds}{other}?"
    return Guess(map_columns(file, {}, time), question, choices)


def _shown(column: Column) -> str:
    some = known(column.values)[:3]
    return f"“{column.name}” ({', '.join(f'{value:g}' for value in some)} …)"
