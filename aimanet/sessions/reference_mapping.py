"""Which column of a sensor's file is what, in which unit: guessed, and for a person to correct."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from aimanet.sessions.reference_clock import UNITS, guess_unit
from aimanet.sessions.reference_files import SensorFile
from aimanet.sessions.reference_table import Column, ReferenceError, Signal

Kind = Literal["ppg", "ecg", "hr", "ibi"]
KINDS: tuple[Kind, ...] = ("ppg", "ecg", "hr", "ibi")

TIME_UNITS = (*UNITS, "clock")
RATE_UNITS = ("bpm", "hz")
IBI_UNITS = ("ms", "s", "us")

HR_BPM = (25.0, 250.0)
"""Heart rates that a person can have."""
IBI_S = (60.0 / HR_BPM[1], 60.0 / HR_BPM[0])

_WORDS: dict[str, tuple[str, ...]] = {
    "time": ("time", "t", "timestamp", "timestamps", "seconds", "sec", "datetime", "date", "clock",
             "ms", "msec", "zeit", "uhrzeit", "elapsed"),
    "ppg": ("ppg", "bvp", "pleth", "plethysmogram", "plethy", "pulse wave", "wave", "waveform",
            "red", "ir", "infrared", "green", "spo2 waveform"),
    "ecg": ("ecg", "ekg", "ecg1", "lead", "ii", "i", "mlii", "v1", "v5"),
    "hr": ("hr", "heart", "heartrate", "bpm", "pulse", "pulserate", "hf", "puls", "rate", "pr"),
    "ibi": ("ibi", "rr", "rri", "nn", "interval", "intervals", "ppi", "ibis", "r-r"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mapping:
    """What the columns are; numbers count the file's columns from 0, None: there is none.

    ``time_unit`` is s, ms, us, ns or clock (dates and times of the day); without a time column
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


def guess_mapping(file: SensorFile) -> Mapping:
    """What the names and the numbers of the columns suggest. Never raises; look at ``kind``."""
    taken: dict[str, int] = {}
    for role in ("ibi", "ecg", "ppg", "time", "hr"):
        best = max(
            (k for k in range(len(file.columns)) if k not in taken.values()),
            key=lambda k: _named(file.columns[k].name, role),
            default=None,
        )
        if best is not None and _named(file.columns[best].name, role) > 0:
            taken[role] = best
    _fill_in(file, taken)
    return _with_units(file, taken)


def _named(name: str, role: str) -> float:
    """How much a name sounds like a role, 0-1: whole words count."""
    bare = name.lower().split("(")[0].split("[")[0].strip()
    words = "".join(c if c.isalnum() or c == "-" else " " for c in bare).split()
    if not words:
        return 0.0
    hits = sum(word in _WORDS[role] for word in words)
    if role == "time" and any(word in ("time", "timestamp") for word in words):
        return 1.0
    starts = any(len(w) > 2 and words[0].startswith(w) for w in _WORDS[role])
    return hits / len(words) if hits else 0.4 * starts


def _fill_in(file: SensorFile, taken: dict[str, int]) -> None:
    """Roles of columns without telling names, by their numbers."""
    free = [k for k in range(len(file.columns)) if k not in taken.values()]
    if "time" not in taken and not any(column.rate_hz for column in file.columns):
        rising = next((k for k in free if _looks_like_time(file.columns[k])), None)
        if rising is not None:
            taken["time"] = rising
            free.remove(rising)
    if any(role in taken for role in KINDS):
        return
    for k in free:
        role = _by_numbers(file.columns[k])
        if role:
            taken[role] = k
            return


def _looks_like_time(column: Column) -> bool:
    known = column.values[np.isfinite(column.values)]
    if len(known) * 2 < len(column):
        return column.cells is not None and any(":" in cell for cell in column.cells[:20])
    steps = np.diff(known[:2000])
    return len(steps) > 1 and bool((steps >= 0).mean() > 0.95) and bool((steps > 0).mean() > 0.02)


def _by_numbers(column: Column) -> str:
    known = column.values[np.isfinite(column.values)]
    if len(known) < 3:
        return ""
    middle, steps = float(np.median(known)), np.abs(np.diff(known))
    calm = float(np.median(steps)) < 0.1 * abs(middle)
    if calm and float(known.min()) > 0 and not _beating(known):
        if 300 <= middle <= 1500:
            return "ibi"
        if 35 <= middle <= 200 and float(np.ptp(known)) < 120 and float(np.median(steps)) < 4:
            return "hr"
    return "ppg"


def _beating(values: Signal) -> bool:
    """Whether the numbers rise and fall evenly, as a wave does and heart rates do not."""
    level = values[:20_000] - np.median(values[:20_000])
    rises = np.flatnonzero((level[:-1] <= 0) & (level[1:] > 0))
    periods = np.diff(rises)
    if len(periods) < 5:
        return False
    even = float(periods.std()) < 0.35 * float(periods.mean())
    smooth = float(np.mean(level[1:] * level[:-1])) > 0.8 * float(np.mean(level**2))
    return even and smooth


def _with_units(file: SensorFile, taken: dict[str, int]) -> Mapping:
    wave = "ppg" in taken or "ecg" in taken
    kind = next((kind for kind in KINDS if kind in taken), None)
    rate = file.columns[taken[kind]].rate_hz if kind else None
    time = taken.get("time")
    return Mapping(
        time=None if rate else time,
        time_unit="s" if time is None else guess_unit(file.columns[time], wave),
        rate_hz=rate,
        ppg=taken.get("ppg"),
        ecg=taken.get("ecg") if "ppg" not in taken else None,
        hr=taken.get("hr"),
        hr_unit=_rate_unit(file, taken.get("hr")),
        ibi=taken.get("ibi"),
        ibi_unit=_ibi_unit(file, taken.get("ibi")),
    )


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
    middle = _middle(file, at)
    scale = {"s": 1.0, "ms": 1e-3, "us": 1e-6}
    fits = [unit for unit, second in scale.items() if IBI_S[0] <= middle * second <= IBI_S[1]]
    return fits[0] if fits else "ms"


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
