"""From the columns of a sensor's file to its wave, beats and heart rate on one time line."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from aimanet.plausible import in_bounds
from aimanet.sessions.reference_clock import UNITS, Clock, in_order, read_clock
from aimanet.sessions.reference_columns import SensorFile
from aimanet.sessions.reference_ecg import HOLE_S, r_peaks
from aimanet.sessions.reference_intervals import beat_times, beats_of, steady
from aimanet.sessions.reference_mapping import IBI_UNITS, RATE_UNITS, Kind, Mapping
from aimanet.sessions.reference_signs import HR_BPM, IBI_S
from aimanet.sessions.reference_table import Column, ReferenceError, Signal, is_missing

WAVE_HZ = (8.0, 10_000.0)
"""Sampling rates that a wave can have."""
SHORTEST_S = 5.0
SCATTERED = 10.0
"""A wave with so many times more gaps than samples is no recording of one session."""
_EMPTY: Signal = np.empty(0)
_SCALE = {"bpm": 1.0, "hz": 60.0, "ms": 1e-3, "s": 1.0, "us": 1e-6}


@dataclass(frozen=True, slots=True, eq=False)
class Sensor:
    """What a contact sensor measured, on its own time line.

    ``t`` (K,) s rising and ``ppg`` (K,) the wave (both empty without one); ``beats`` (B,) s of
    R peaks or pulses where single beats are known; ``rate_t`` (R,) s and ``rate_bpm`` (R,) its
    heart rate. ``start`` is the wall clock at 0 s. ``notes``: what was odd and what was done.
    """

    kind: Kind
    t: Signal = field(default_factory=lambda: _EMPTY)
    ppg: Signal = field(default_factory=lambda: _EMPTY)
    beats: Signal = field(default_factory=lambda: _EMPTY)
    rate_t: Signal = field(default_factory=lambda: _EMPTY)
    rate_bpm: Signal = field(default_factory=lambda: _EMPTY)
    start: datetime | None = None
    dated: bool = True
    rate_hz: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def span(self) -> tuple[float, float]:
        """First and last time (s)."""
        ends = [line for line in (self.t, self.beats, self.rate_t) if len(line)]
        return min(float(line[0]) for line in ends), max(float(line[-1]) for line in ends)

    def between(self, begin: float, end: float) -> Sensor:
        """The part from ``begin`` to ``end`` (s)."""
        wave, beats, rates = (
            slice(*np.searchsorted(line, (begin, end)))
            for line in (self.t, self.beats, self.rate_t)
        )
        return replace(
            self,
            t=self.t[wave],
            ppg=self.ppg[wave],
            beats=self.beats[beats],
            rate_t=self.rate_t[rates],
            rate_bpm=self.rate_bpm[rates],
        )


def read_sensor(file: SensorFile, mapping: Mapping) -> Sensor:
    """Takes the mapped columns.

    Raises:
        ReferenceError: the mapping does not fit: file, line and column are named.
    """
    kind = mapping.kind
    if kind is None:
        names = ", ".join(column.name for column in file.columns[:12])
        raise ReferenceError(
            f"{file.path}: which column is it? Name one as ppg, ecg, hr or ibi; there are: {names}"
        )
    notes = list(file.notes)
    rows, clock = _times(file, mapping, kind, notes)
    t = clock.t
    wave = mapping.ppg if kind == "ppg" else mapping.ecg if kind == "ecg" else None
    rate_t, rate = _rates(file, mapping, rows, t, notes)
    ppg, beats, hz = _EMPTY, _EMPTY, 0.0
    wave_t = t
    if wave is not None:
        wave_t, values, hz = _wave(file, file.columns[wave], rows, t, notes)
        if kind == "ppg":
            ppg = values
        else:
            beats = r_peaks(wave_t, values, hz)
            rate_t, rate = _from_beats(beats, file, wave)
    if kind == "ibi":
        beats = beats_of(t, rate_t, rate)
    return Sensor(
        kind=kind,
        t=wave_t if kind == "ppg" else _EMPTY,
        ppg=ppg,
        beats=beats,
        rate_t=rate_t,
        rate_bpm=rate,
        start=clock.start,
        dated=clock.dated,
        rate_hz=hz,
        notes=tuple(notes),
    )


def _times(
    file: SensorFile, mapping: Mapping, kind: Kind, notes: list[str]
) -> tuple[NDArray[np.intp], Clock]:
    """Rows to read, in the order of time, and their times."""
    main = getattr(mapping, kind)
    column = _column(file, main)
    if mapping.time is not None:
        clock_column = _column(file, mapping.time)
        if mapping.time == main:
            raise ReferenceError(f"{file.path}: column {column.name} cannot be time and {kind}")
        clock = read_clock(clock_column, mapping.time_unit, file.where)
        beats = kind == "ibi"
        rows, t, told = in_order(clock.t, clock_column.name, file.where, twins=beats)
        notes += [*clock.notes, *told]
        if beats:
            t = beat_times(t, _intervals(file, mapping, rows, []))
        start = clock.start
        if start is None and file.started is not None and mapping.time_unit in UNITS:
            first = float(clock_column.values[rows[0]]) * UNITS[mapping.time_unit]
            start = file.started + timedelta(seconds=first - float(t[0]))
        return rows, Clock(t, start, clock.dated)
    rows = np.arange(len(column))
    rate = mapping.rate_hz or column.rate_hz
    if rate:
        if not 0.01 <= rate <= 100_000:
            raise ReferenceError(f"a rate of {rate:g} Hz: give samples per second above 0.01")
        return rows, Clock(rows / rate, file.started)
    if kind == "ibi":
        seconds = np.nan_to_num(_intervals(file, mapping, rows, []))
        seconds = np.where((seconds >= 0) & (seconds < 60 * IBI_S[1]), seconds, 0.0)
        return rows, Clock(np.cumsum(seconds) + rows * 1e-9, file.started)
    raise ReferenceError(
        f"{file.path}: no time column: name one, or give the rate in samples per second"
    )


def _column(file: SensorFile, at: int) -> Column:
    if not 0 <= at < len(file.columns):
        raise ReferenceError(f"{file.path}: there is no column {at + 1}")
    return file.columns[at]


def _values(file: SensorFile, column: Column, rows: NDArray[np.intp], notes: list[str]) -> Signal:
    """Numbers of the rows; words among them are told, and refused where they are the rule."""
    inside = rows[rows < len(column)]
    values = np.full(len(rows), np.nan)
    values[: len(inside)] = column.values[inside]
    values[~in_bounds(values)] = np.nan
    missing = ~np.isfinite(values)
    cells = column.cells
    if cells is None or not missing.any():
        return values
    words = [int(k) for k in rows[missing] if k < len(cells) and not is_missing(cells[k])]
    if not words:
        return values
    first = min(words)
    line = f"{file.where(first)}, column {column.name}: {cells[first][:30]!r} is no number"
    if 2 * len(words) > len(rows):
        raise ReferenceError(f"{line}; choose another column")
    notes.append(f"{line}; {len(words)} such cells left out")
    return values


def _wave(
    file: SensorFile, column: Column, rows: NDArray[np.intp], t: Signal, notes: list[str]
) -> tuple[Signal, Signal, float]:
    """Times, values and rate of a wave; rows without a number are holes."""
    values = _values(file, column, rows, notes)
    good = np.isfinite(values)
    if good.sum() < 16:
        raise ReferenceError(
            f"{file.where(0)}, column {column.name}: {int(good.sum())} numbers; is it complete?"
        )
    t, values = t[good], values[good]
    hz = 1.0 / float(np.median(np.diff(t)))
    if not WAVE_HZ[0] <= hz <= WAVE_HZ[1]:
        raise ReferenceError(
            f"{file.where(int(rows[0]))}, column {column.name}: {hz:.3g} samples a second are no "
            "wave; correct the time's unit, or choose it as a heart rate"
        )
    if t[-1] - t[0] < SHORTEST_S:
        raise ReferenceError(
            f"{file.path}, column {column.name}: the wave lasts {t[-1] - t[0]:.3g} s; "
            "correct the time's unit, or choose a longer file"
        )
    if (t[-1] - t[0]) * hz > SCATTERED * len(t) + 1e6:
        raise ReferenceError(
            f"{file.path}, column {column.name}: {len(t)} samples scattered over "
            f"{(t[-1] - t[0]) / 3600:.0f} h; cut out the part beside the session"
        )
    if not np.ptp(values) > 0:
        raise ReferenceError(
            f"{file.where(int(rows[0]))}, column {column.name}: always {values[0]:g}; "
            "was the sensor on? Choose another column"
        )
    _tell_holes(t, max(HOLE_S, 3 / hz), notes)
    return t, values, hz


def _tell_holes(t: Signal, hole_s: float, notes: list[str]) -> None:
    steps = np.diff(t)
    holes = np.flatnonzero(steps > hole_s)
    if len(holes):
        k = int(holes[np.argmax(steps[holes])])
        notes.append(f"{len(holes)} gaps, the longest of {steps[k]:.1f} s after {t[k]:.1f} s")


def _rates(
    file: SensorFile, mapping: Mapping, rows: NDArray[np.intp], t: Signal, notes: list[str]
) -> tuple[Signal, Signal]:
    """Times and heart rates from the heart-rate or the interval column; empty without either."""
    if mapping.hr is not None:
        column, name = _column(file, mapping.hr), "hr"
        _known_unit(mapping.hr_unit, RATE_UNITS)
        rate_t, rows_of = _own_times(file, mapping, column, rows, t)
        rate = _values(file, column, rows_of, notes) * _SCALE[mapping.hr_unit]
    elif mapping.ibi is not None:
        column, name, rate_t, rows_of = _column(file, mapping.ibi), "ibi", t, rows
        seconds = _intervals(file, mapping, rows, notes)
        with np.errstate(divide="ignore"):
            rate = np.where(seconds > 0, 60.0 / seconds, np.nan)
    else:
        return _EMPTY, _EMPTY
    told = np.isfinite(rate) & (rate != 0)  # 0: the sensor found no pulse
    odd = told & ((rate < HR_BPM[0]) | (rate > HR_BPM[1]))
    if 2 * odd.sum() > told.sum() or not told.any():
        raise ReferenceError(_odd_rate(file, column, rows_of, odd, mapping, name))
    if odd.any():
        k = int(rows_of[np.flatnonzero(odd)[0]])
        notes.append(
            f"{file.where(k)}, column {column.name}: {column.values[k]:g} is no heart rate; "
            f"{int(odd.sum())} such values left out"
        )
    good = told & ~odd
    if name == "ibi":
        good &= steady(rate, good)
    return rate_t[good], rate[good]


def _own_times(
    file: SensorFile, mapping: Mapping, column: Column, rows: NDArray[np.intp], t: Signal
) -> tuple[Signal, NDArray[np.intp]]:
    """Times of a column that may have a rate of its own (EDF)."""
    if mapping.time is None and column.rate_hz and mapping.rate_hz != column.rate_hz:
        own = np.arange(len(column))
        return own / column.rate_hz, own
    return t, rows


def _known_unit(unit: str, units: tuple[str, ...]) -> None:
    if unit not in units:
        raise ReferenceError(f"unit {unit!r}: one of {', '.join(units)}")


def _odd_rate(
    file: SensorFile,
    column: Column,
    rows: NDArray[np.intp],
    odd: NDArray[np.bool_],
    mapping: Mapping,
    name: str,
) -> str:
    if not odd.any():
        return f"{file.where(0)}, column {column.name}: no heart rate above 0 in it"
    k = int(rows[np.flatnonzero(odd)[0]])
    unit = mapping.hr_unit if name == "hr" else mapping.ibi_unit
    units = RATE_UNITS if name == "hr" else IBI_UNITS
    others = " or ".join(other for other in units if other != unit)
    return (
        f"{file.where(k)}, column {column.name}: {column.values[k]:g} {unit} is no heart rate of "
        f"a person; is the unit {others}, or is it another column?"
    )


def _intervals(
    file: SensorFile, mapping: Mapping, rows: NDArray[np.intp], notes: list[str]
) -> Signal:
    """(K,) seconds between beats."""
    _known_unit(mapping.ibi_unit, IBI_UNITS)
    column = _column(file, mapping.ibi or 0)
    return _values(file, column, rows, notes) * _SCALE[mapping.ibi_unit]


def _from_beats(beats: Signal, file: SensorFile, at: int) -> tuple[Signal, Signal]:
    """Heart rates at the beats that end an interval."""
    seconds = np.diff(beats)
    good = (seconds >= IBI_S[0]) & (seconds <= IBI_S[1])
    if good.sum() < 3 or 2 * good.sum() < len(good):
        raise ReferenceError(
            f"{file.path}, column {file.columns[at].name}: no heartbeat found; is it an ECG?"
        )
    rate = np.where(good, 60.0 / np.maximum(seconds, 1e-9), np.nan)
    good &= steady(rate, good)
    return beats[1:][good], rate[good]
