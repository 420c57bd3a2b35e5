"""Heart rates out of waves, second by second, and means of heart rates around a moment."""

from __future__ import annotations

import numpy as np

from aimanet.pulse import detrend, find_peak, smoothing, spectrum
from aimanet.sessions.reference_table import Signal

FS = 30.0
HOLE_S = 0.5
BAND_HZ = (42.0 / 60.0, 210.0 / 60.0)


def rates_of_wave(
    t: Signal, wave: Signal, width_s: float, step_s: float = 1.0, at: Signal | None = None
) -> tuple[Signal, Signal]:
    """Heart rates (M,) BPM of ``width_s`` s around moments; NaN where the wave has a hole.

    Args:
        t: (K,) s rising, any sampling.
        wave: (K,); NaN counts as missing.
        width_s: s of wave behind each rate, half before and half after the moment.
        step_s: between moments.
        at: the moments (M,) s, instead.
    """
    good = np.isfinite(t) & np.isfinite(wave)
    t, wave = t[good], wave[good]
    if len(t) < 2 or (t[-1] - t[0] < width_s and at is None):
        return np.empty(0), np.empty(0)
    if at is None:
        at = np.arange(t[0] + width_s / 2, t[-1] - width_s / 2 + 1e-9, step_s)
    return at, np.array([_rate(t, wave, moment, width_s) for moment in at.tolist()])


def _rate(t: Signal, wave: Signal, moment: float, width_s: float) -> float:
    begin, end = moment - width_s / 2, moment + width_s / 2
    a, b = np.searchsorted(t, (begin, end))
    near = slice(max(0, int(a) - 1), int(b) + 1)
    part = t[near]
    if len(part) < width_s * 5 or part[0] > begin + HOLE_S or part[-1] < end - HOLE_S:
        return np.nan
    if np.diff(part).max() > HOLE_S:
        return np.nan
    grid = begin + np.arange(int(width_s * FS)) / FS
    even = np.interp(grid, part, _thinned(wave[near], part))
    freqs, power = spectrum(detrend(even, smoothing(FS)), FS)
    hz = find_peak(freqs, power, *BAND_HZ)
    return np.nan if hz is None else 60.0 * hz


def _thinned(wave: Signal, t: Signal) -> Signal:
    """Means over the step of the grid where the wave is sampled much faster."""
    per = round((len(t) - 1) / max(t[-1] - t[0], 1e-9) / FS)
    return np.convolve(wave, np.ones(per) / per, "same") if per > 1 else wave


def smoothed(t: Signal, bpm: Signal, width_s: float) -> Signal:
    """Weighted means (K,) of heart rates within ``width_s`` s around each, Hann-weighted."""
    out = np.empty(len(t))
    first = np.searchsorted(t, t - width_s / 2)
    last = np.searchsorted(t, t + width_s / 2, "right")
    for k, (a, b) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        weight = np.cos(np.pi * (t[a:b] - t[k]) / width_s) ** 2 + 1e-3
        out[k] = float((weight * bpm[a:b]).sum() / weight.sum())
    return out


def means_before(t: Signal, bpm: Signal, at: Signal, width_s: float) -> Signal:
    """Means (M,) of heart rates in the ``width_s`` s before each moment; NaN without enough."""
    good = np.isfinite(bpm)
    t, bpm = t[good], bpm[good]
    total = np.concatenate([[0.0], np.cumsum(bpm)])
    first, last = np.searchsorted(t, at - width_s), np.searchsorted(t, at, "right")
    count = last - first
    usual = float(np.median(np.diff(t))) if len(t) > 1 else 1.0
    enough = count >= max(1.0, 0.5 * width_s / max(usual, 1e-9))
    mean = (total[last] - total[first]) / np.maximum(count, 1)
    return np.where(enough, mean, np.nan)
