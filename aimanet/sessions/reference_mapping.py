"""Which column of a sensor's file is what, in which unit: guessed, and for a person to correct."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from aimanet.sessions.reference_clock import UNITS
from aimanet.sessions.reference_columns import SensorFile
from aimanet.sessions.reference_signs import HR_BPM, INTERVAL_S, interval_unit
from aimanet.sessions.reference_table import ReferenceError

Kind = Literal["ppg", "ecg", "hr", "ibi"]
KINDS: tuple[Kind, ...] = ("ppg", "ecg", "hr", "ibi")

TIME_UNITS = (*UNITS, "clock")
RATE_UNITS = ("bpm", "hz")
IBI_UNITS = tuple(INTERVAL_S)


@dataclass(frozen=True, slots=True)
class Mapping:
    """What the columns are; numbers count the file's columns from 0, None: there is none.

    ``time_unit`` is one of `TIME_UNITS`, clock for dates and times of the day; "" where a column
    counts and nothing says what. Without a time column
    ``rate_hz`` is the sampling rate (intervals need neither). At most one of ``ppg`` and ``ecg``
    is used with one of ``hr`` and ``ibi``.
    """

    time: int | None = None
    time_unit: str = "s"
    rate_hz: float | None = None
    ppg: int | None = None
    ecg: int | None = None
    hr: int | None = None
    hr_unit: str = "bpm"
    ibi: int | None = None
    ibi_unit: str = "ms"

    @property
    def kind(self) -> Kind | None:
        """The best that is there; None for nothing."""
        return next((kind for kind in KINDS if getattr(self, kind) is not None), None)

    def describe(self, file: SensorFile) -> str:
        """One line for people."""
        names = [column.name for column in file.columns]
        parts = []
        if self.time is not None:
            parts.append(f"time: {names[self.time]} ({self.time_unit})")
        elif self.rate_hz:
            parts.append(f"{self.rate_hz:g} samples a second")
        units = {"hr": f" ({self.hr_unit})", "ibi": f" ({self.ibi_unit})"}
        for kind in KINDS:
            at = getattr(self, kind)
            if at is not None:
                parts.append(f"{kind.upper()}: {names[at]}{units.get(kind, '')}")
        return ", ".join(parts)


def guess_units(file: SensorFile, mapping: Mapping) -> Mapping:
    """The mapping with units guessed anew for its heart-rate and interval columns."""
    return replace(
        mapping,
        hr_unit=_rate_unit(file, mapping.hr),
        ibi_unit=_ibi_unit(file, mapping.ibi),
    )


def _rate_unit(file: SensorFile, at: int | None) -> str:
    middle = _middle(file, at)
    return "hz" if HR_BPM[0] / 60 <= middle <= HR_BPM[1] / 60 else "bpm"


def _ibi_unit(file: SensorFile, at: int | None) -> str:
    return (interval_unit(file.columns[at].values) if at is not None else "") or "ms"


def _middle(file: SensorFile, at: int | None) -> float:
    """The median of the numbers above 0."""
    if at is None:
        return 0.0
    values = file.columns[at].values
    known = values[np.isfinite(values) & (values > 0)]
    return float(np.median(known)) if len(known) else 0.0


def column_number(file: SensorFile, name: str) -> int:
    """The column that a person calls ``name``: its title, or its number from 1.

    Raises:
        ReferenceError: there is none, or there are two.
    """
    wanted = name.strip().casefold()
    titles = [column.name.strip().casefold() for column in file.columns]
    bare = [title.split("(")[0].strip() for title in titles]
    for among in (titles, bare):
        if among.count(wanted) == 1:
            return among.index(wanted)
    if wanted.isdigit() and 1 <= int(wanted) <= len(titles):
        return int(wanted) - 1
    there = ", ".join(column.name for column in file.columns[:12])
    why = "names two columns" if wanted in titles else "is no column"
    raise ReferenceError(f"{file.path}: {name!r} {why}; there are: {there}")
