"""Contact sensors on the frames' time line: by time stamp, without a shift.

A sensor that is faster than the grid is low-passed first, forwards and backwards (no lag), so that
mains hum and steps of its converter do not fold into the pulse. What lies between samples comes
from cubic Hermite curves with three-point slopes: within 1 % up to 4 Hz from 30 samples a second
on, and local, so that a glitch stays where it is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicHermiteSpline
from scipy.signal import butter, sosfiltfilt

from aimanet.datasets.base import Label, Signal

HOLE_S = 0.5
"""Between samples further apart than this (s) the sensor says nothing."""
RATE_HOLE_S = 10.0
"""No longer than this is a heart rate taken to be what lies between two readings of it."""
FASTER = 1.5
"""A sensor this many times faster than the grid is low-passed first."""
CUTOFF = 0.4
"""The low-pass's edge as a part of the grid's rate."""
CROWDED = 0.25
"""Samples closer than this part of the mean step are averaged: slopes between them are noise."""
_SAME_S = 1e-6


def on_grid(label: Label, t: Signal) -> tuple[Signal, Signal]:
    """The label at times ``t``, on its own time line and without a shift.

    Args:
        label: the sensor; samples that are not finite count as missing, rates of 0 as none.
        t: (N,) s, increasing, usually even.

    Returns:
        ppg and hr_bpm, both (N,): NaN outside the sensor's span and inside holes over 0.5 s.
    """
    fs = _rate(t)
    ppg = np.full(len(t), np.nan)
    for times, wave in _stretches(label.t, label.ppg):
        inside = _inside(t, times)
        if inside.any():
            ppg[inside] = _wave_at(times, wave, t[inside], fs)
    return ppg, _heart_rate_at(label, t)


def stretched(samples: int, frames: int, fps: float) -> Signal:
    """Times (s) of ``samples`` that begin with the first of ``frames`` and last as long as all.

    What is done with a sensor without time stamps that ran as long as the video. (rPPG-Toolbox
    puts the last sample on the last frame instead, which is up to one frame too early.)
    """
    return np.arange(samples, dtype=np.float64) * (frames / fps / max(samples, 1))


def drift_s(t: Signal, last_frame_s: float) -> float:
    """How far a sensor's own time line and a plain stretch over the frames disagree (s)."""
    if not len(t):
        return 0.0
    return float(np.abs(t - np.linspace(0.0, last_frame_s, len(t))).max())


def _heart_rate_at(label: Label, t: Signal) -> Signal:
    hr_bpm = np.full(len(t), np.nan)
    if label.hr_bpm is None:
        return hr_bpm
    known = np.where(label.hr_bpm > 0, label.hr_bpm, np.nan)
    for times, rate in _stretches(label.t, known, _rate_hole_s(label.t)):
        inside = _inside(t, times)
        hr_bpm[inside] = np.interp(t[inside], times, rate)
    return hr_bpm


def _rate(t: Signal) -> float:
    """Samples a second of an even or nearly even grid; endless for a single point."""
    return 1.0 / float(np.median(np.diff(t))) if len(t) > 1 else np.inf


def _rate_hole_s(t: Signal) -> float:
    """What a hole is among heart rates, which some sensors give once a second or less often."""
    usual = float(np.median(np.diff(t))) if len(t) > 1 else 0.0
    return min(max(HOLE_S, 2.5 * usual), RATE_HOLE_S)


def _stretches(t: Signal, values: Signal, hole_s: float = HOLE_S) -> list[tuple[Signal, Signal]]:
    """The finite samples, parted at the holes; at least two samples each."""
    good = np.isfinite(t) & np.isfinite(values)
    t, values = t[good].astype(np.float64), values[good].astype(np.float64)
    cuts = np.flatnonzero(np.diff(t) > hole_s + _SAME_S) + 1
    parts = zip(np.split(t, cuts), np.split(values, cuts), strict=True)
    return [(a, b) for a, b in parts if len(a) > 1]


def _inside(t: Signal, times: Signal) -> NDArray[np.bool_]:
    return (t >= times[0] - _SAME_S) & (t <= times[-1] + _SAME_S)


def _wave_at(times: Signal, wave: Signal, t: Signal, fs: float) -> Signal:
    times, wave = _thinned(times, wave)
    t = np.clip(t, times[0], times[-1])
    rate = (len(times) - 1) / (times[-1] - times[0])
    if rate > FASTER * fs:
        even = np.linspace(times[0], times[-1], len(times))
        times, wave = even, _low_passed(_between(times, wave, even), rate, fs)
    return _between(times, wave, t)


def _thinned(times: Signal, wave: Signal) -> tuple[Signal, Signal]:
    """Averages samples that came in one gulp; the first and the last keep their times."""
    step = (times[-1] - times[0]) / (len(times) - 1)
    if np.diff(times).min() > CROWDED * step:
        return times, wave
    group = np.floor((times - times[0]) / step + 0.5).astype(int)
    _, group = np.unique(group, return_inverse=True)
    count = np.bincount(group)
    merged_t, merged = np.bincount(group, times) / count, np.bincount(group, wave) / count
    if len(merged_t) < 2:
        return times[[0, -1]], wave[[0, -1]]
    merged_t[0], merged_t[-1] = times[0], times[-1]
    return merged_t, merged


def _low_passed(wave: Signal, rate: float, fs: float) -> Signal:
    sos = butter(4, CUTOFF * fs, fs=rate, output="sos")
    pad = min(len(wave) - 1, int(3 * rate / fs) + 9)
    return np.asarray(sosfiltfilt(sos, wave, padlen=pad))


def _between(times: Signal, wave: Signal, t: Signal) -> Signal:
    slopes = np.gradient(wave, times, edge_order=2 if len(times) > 2 else 1)
    return np.asarray(CubicHermiteSpline(times, wave, slopes)(t))
