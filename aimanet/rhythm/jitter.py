"""How sure the times of beats are, told from the wave itself.

Two estimates of the standard deviation of a beat's time, each blind to something the other sees;
`jitter` takes the larger, but not the second where it is more than twice the first: a heart that
beats very unevenly has power between its harmonics, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:  # it takes long to load, and only a beat that was found needs it
    from scipy.interpolate import CubicSpline

Signal = NDArray[np.float64]

MEDIAN_OF_SQUARE = 0.4549
"""The median of the square of a standard normal number."""

GAPS = ((0.6, 0.08), (1.5, 0.14), (2.5, 0.14))
"""Where a pulse has no power, between its harmonics and their side bands: middle and half width,
in rates. Breathing at 18 a minute puts side bands 0.3 rates beside the harmonics of 60 BPM."""

BAND = (0.5, 3.5)

MOST = 2.2
"""So many times the first estimate the second one may be."""


def jitter(wave: CubicSpline, hz: float, beats: Signal, typical: Signal, step: float) -> float:
    """Standard deviation (s) to expect of the time of each of ``beats`` (n, k) of ``wave``."""
    rest = jitter_by_rest(beats, typical, step)
    return max(rest, min(jitter_by_gaps(wave, hz, typical, step), MOST * rest))


def jitter_by_rest(beats: Signal, typical: Signal, step: float) -> float:
    """From what is left of ``beats`` (n, k) beside the ``typical`` one (k,), ``step`` s apart.

    Each beat may have its own height, level and place; noise that only moves beats is not seen.
    """
    slope = np.gradient(typical, step)
    fit = np.stack([typical, np.ones_like(typical), slope], axis=1)
    rest = beats.T - fit @ np.linalg.lstsq(fit, beats.T, rcond=None)[0]
    noise = np.sqrt(np.median(rest**2, axis=1).mean() / MEDIAN_OF_SQUARE)
    return float(noise / (np.abs(slope).max() + 1e-30))


def jitter_by_gaps(wave: CubicSpline, hz: float, typical: Signal, step: float) -> float:
    """From the power between the harmonics of the pulse, taken for the noise's on them, too.

    Noise whose slope has the standard deviation s moves a peak that bends by b by s / b.
    """
    x, fs = wave.x, 1.0 / float(wave.x[1] - wave.x[0])
    window = np.hanning(len(x))
    power = np.abs(np.fft.rfft(wave(x) * window)) ** 2 * 2.0 / ((window**2).sum() * fs)
    freqs = np.fft.rfftfreq(len(x), 1.0 / fs)
    rates = freqs / hz
    density = [power[np.abs(rates - middle) < half].mean() for middle, half in GAPS]
    middles = [middle for middle, _ in GAPS]
    noise = np.exp(np.interp(rates, middles, np.log(np.array(density) + 1e-30)))
    inside = (rates > BAND[0]) & (rates < BAND[1])
    slope = np.sqrt(np.sum((noise * (2.0 * np.pi * freqs) ** 2)[inside]) * freqs[1])
    bend = np.abs(np.gradient(np.gradient(typical, step), step))[len(typical) // 2]
    return float(slope / (bend + 1e-30))


def likeness(beats: Signal, typical: Signal) -> Signal:
    """Correlation (n,) of each of ``beats`` (n, k) with the ``typical`` one (k,)."""
    a = beats - beats.mean(axis=1, keepdims=True)
    b = typical - typical.mean()
    return np.asarray(a @ b / (np.linalg.norm(a, axis=1) * np.linalg.norm(b) + 1e-30))
