"""Session and sensor on an even grid, in the form in which they are compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.signal import butter, sosfiltfilt

from aimanet.estimate import PulseConfig
from aimanet.pulse import bandpass
from aimanet.sessions.reader import Session
from aimanet.sessions.reference_sensor import Sensor
from aimanet.sessions.reference_table import Signal

FS = 40.0
RATE_FS = 4.0
HOLE_S = 0.5
MIN_OVERLAP_S = 10.0
ARRIVAL_S = 0.3
"""From an R peak to the top of the pulse in the face: the valves take 0.1 s, the way and the
pulse's rise 0.1 s each."""
BEAT_S = 0.11
"""Width of the wave that is drawn for a beat."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """A signal on an even grid from ``t0``: ``values`` are 0 where ``known`` is False."""

    t0: float
    fs: float
    values: Signal
    known: Mask

    @property
    def end(self) -> float:
        """One step behind the last value (s)."""
        return self.t0 + len(self.values) / self.fs

    def part(self, begin: float, end: float) -> Track:
        """From ``begin`` to ``end`` (s)."""
        a = max(0, round((begin - self.t0) * self.fs))
        b = max(a, round((end - self.t0) * self.fs))
        return Track(self.t0 + a / self.fs, self.fs, self.values[a:b], self.known[a:b])


def session_track(session: Session) -> Track | None:
    """The session's live curve; None where it is too short."""
    return _track(session.bvp_t, session.bvp, FS, causal=False)


def sensor_track(sensor: Sensor) -> Track | None:
    """The sensor's wave, or one drawn for its beats; None where it knows rates alone."""
    if len(sensor.ppg):
        return _track(sensor.t, sensor.ppg, FS, causal=True)
    if len(sensor.beats) >= 8:
        t, wave = drawn_beats(sensor.beats)
        return _track(t, wave, FS, causal=True)
    return None


def drawn_beats(beats: Signal) -> tuple[Signal, Signal]:
    """A wave with a bump behind each R peak; where beats are missing there are no samples."""
    t = np.arange(beats[0] - 0.5, beats[-1] + 1.0, 1.0 / FS)
    tops = beats + ARRIVAL_S
    at = np.searchsorted(tops, t)
    wave = np.zeros(len(t))
    for side in (-1, 0):
        near = tops[np.clip(at + side, 0, len(tops) - 1)]
        wave += np.exp(-0.5 * ((t - near) / BEAT_S) ** 2)
    apart = tops[np.clip(at, 0, len(tops) - 1)] - tops[np.clip(at - 1, 0, len(tops) - 1)]
    here = apart < 2.5
    return t[here], wave[here]


def _track(t: Signal, wave: Signal, fs: float, *, causal: bool) -> Track | None:
    """A wave on the grid: band-passed and evenly loud between its holes."""
    good = np.isfinite(t) & np.isfinite(wave)
    t, wave = t[good], wave[good]
    if len(t) < 2 or t[-1] - t[0] < MIN_OVERLAP_S:
        return None
    grid = np.arange(np.ceil(t[0] * fs), np.floor(t[-1] * fs)) / fs
    values, known = np.zeros(len(grid)), np.zeros(len(grid), np.bool_)
    cuts = np.flatnonzero(np.diff(t) > HOLE_S) + 1
    for part, piece in zip(np.split(t, cuts), np.split(wave, cuts), strict=True):
        if part[-1] - part[0] < 3.0:
            continue
        inside = (grid >= part[0]) & (grid <= part[-1])
        values[inside] = _shaped(_at(part, piece, grid[inside]), fs, causal=causal)
        known |= inside
    return Track(float(grid[0]), fs, values, known) if known.sum() > MIN_OVERLAP_S * fs else None


def _at(t: Signal, wave: Signal, grid: Signal) -> Signal:
    """The wave at ``grid``; means over a step of the grid where it is sampled faster."""
    step = 1.0 / FS
    per = (len(t) - 1) / max(t[-1] - t[0], 1e-9) * step
    if per > 1.5:
        wave = uniform_filter1d(wave, max(1, round(per)))
    return np.interp(grid, t, wave)


def _shaped(wave: Signal, fs: float, *, causal: bool) -> Signal:
    wave = wave - wave.mean()
    if causal:
        band = PulseConfig()
        wave = bandpass(wave, fs, band.low_bpm / 60.0, band.high_bpm / 60.0)
    sos = butter(2, (0.6, 4.0), "bandpass", fs=fs, output="sos")
    wave = np.asarray(sosfiltfilt(sos, wave, padlen=min(len(wave) - 1, int(3 * fs))))
    loud = np.sqrt(np.maximum(uniform_filter1d(wave**2, round(3.0 * fs)), 0.0))
    floor = 0.2 * float(np.median(loud)) + 1e-12
    return np.clip(wave / np.maximum(loud, floor), -3.0, 3.0)


def rate_track(t: Signal, bpm: Signal) -> Track | None:
    """Heart rates on their grid, less their median; None where they are too few."""
    good = np.isfinite(bpm)
    t, bpm = t[good], bpm[good]
    if len(t) < 8 or t[-1] - t[0] < MIN_OVERLAP_S:
        return None
    grid = np.arange(np.ceil(t[0] * RATE_FS), np.floor(t[-1] * RATE_FS)) / RATE_FS
    at = np.clip(np.searchsorted(t, grid), 1, len(t) - 1)
    hole = max(4.0, 3.0 * float(np.median(np.diff(t))))
    known = (t[at] - t[at - 1]) <= hole
    middle = float(np.median(bpm))
    return Track(float(grid[0]), RATE_FS, (np.interp(grid, t, bpm) - middle) * known, known)
