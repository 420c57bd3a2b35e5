"""Breaths per minute, from how breathing modulates the pulse.

Breathing in quickens the heart (respiratory sinus arrhythmia) and weakens its pulse; the two are
read apart, as the beats' intervals and heights, and a rate is shown only where both say the same
and say it clearly: the "smart fusion" of Karlen et al. 2013, whose third voice, the baseline, a
camera's band-passed pulse does not have (and where it has, on drawn faces, it was right in 1 of 5).

What that promises is checked in `tests/aimanet/rhythm/test_respiration.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aimanet.rhythm.beats import Beats, some
from aimanet.rhythm.train import Train

Signal = NDArray[np.float64]

RANGE = (8.0, 30.0)
"""Breaths per minute shown: adults at rest have 12-20 (Cretikos et al. 2008). Six a minute is the
rhythm of blood pressure itself (Mayer waves, 0.1 Hz), which moves intervals and heights alike.
Above half the heart rate nothing can be seen, because a beat is a sample."""

LOWEST = 5.0
"""Where the band begins in which a rhythm must stand out."""

WINDOW_S = 60.0
HOP_S = 15.0
LEAST_S = 40.0
"""Windows of Karlen et al. were 32 s; 40 s tell rates 1.5 a minute apart."""

GRID_HZ = 4.0
NFFT = 4096

AROUND = 2.4
"""Breaths per minute on either side of a peak that are counted as its own."""

AGREE = 2.0
"""How far the two may be apart, breaths per minute."""

CLEAR = 0.3
CLEAR_BOTH = 1.0
"""Share of the band's power that each peak, and both together, must hold. A flat spectrum gives
0.2 and its highest peak 0.3."""

NOISE_MS = 42.0
"""RMSSD of the camera's noise alone (`aimanet.rhythm.prv`) above which no beat's time is of use."""

MOST = 0.6
"""Share of the windows that must say something."""


@dataclass(frozen=True, slots=True)
class Respiration:
    """``per_min`` breaths a minute, the median of the windows; ``share`` 0-1 of them spoke."""

    per_min: float
    share: float
    windows: int


@dataclass(frozen=True, slots=True)
class RespirationResult:
    """``respiration``, or None and in ``why`` the reason in a few words."""

    respiration: Respiration | None
    why: str


def measure_respiration(train: Train) -> RespirationResult:
    """The rate of breathing over the good beats of a recording, or why there is none."""
    windows = list(_windows(train))
    if not windows:
        longest = max((float(run.t[-1] - run.t[0]) for run in train.runs), default=0.0)
        why = f"needs {LEAST_S:.0f} s of unbroken good signal, has {int(longest)} s"
        return RespirationResult(None, why)
    rates = [rate for rate in map(rate_of, windows) if rate is not None]
    share = len(rates) / len(windows)
    if share < MOST:
        return RespirationResult(None, "the pulse shows no clear breathing")
    return RespirationResult(Respiration(float(np.median(rates)), share, len(windows)), "")


def _windows(train: Train) -> Iterator[Beats]:
    for run in train.runs:
        length = float(run.t[-1] - run.t[0])
        if length < LEAST_S:
            continue
        for begin in np.arange(0.0, max(length - WINDOW_S, 0.0) + 1e-9, HOP_S):
            since = run.t - run.t[0]
            yield some(run, (since >= begin) & (since <= begin + WINDOW_S))


def rate_of(beats: Beats) -> float | None:
    """Breaths per minute of one window's beats, None where they do not carry it."""
    if len(beats) < 12 or 1e3 * np.sqrt(6.0 * np.mean(beats.jitter_s**2)) > NOISE_MS:
        return None
    ibi = np.diff(beats.t)
    usual = float(np.median(ibi))
    sound = np.abs(ibi / usual - 1.0) < 0.3
    if np.count_nonzero(sound) < 0.8 * len(ibi):
        return None
    highest = min(RANGE[1], 0.95 * 30.0 / usual)
    heights = np.log(np.maximum(beats.height, 1e-3 * np.median(beats.height)))
    voices = (
        _loudest(beats.t[1:][sound], ibi[sound], highest),
        _loudest(beats.t, heights, highest),
    )
    (first, a), (second, b) = voices
    if abs(first - second) > AGREE or min(a, b) < CLEAR or a + b < CLEAR_BOTH:
        return None
    return (a * first + b * second) / (a + b)


def _loudest(t: Signal, values: Signal, highest: float) -> tuple[float, float]:
    """The main rhythm (per minute) of values at uneven times, and its share of the band's power.

    What is slower than `RANGE`, or a slope that comes in from there, has share 0.
    """
    grid = np.arange(t[0], t[-1], 1.0 / GRID_HZ)
    even = np.interp(grid, t, values)
    even -= np.polyval(np.polyfit(grid - grid[0], even, 2), grid - grid[0])
    power = np.abs(np.fft.rfft(even * np.hanning(len(even)), NFFT)) ** 2
    rates = 60.0 * np.fft.rfftfreq(NFFT, 1.0 / GRID_HZ)
    inside = np.flatnonzero((rates >= LOWEST) & (rates <= highest))
    top = int(inside[np.argmax(power[inside])])
    if rates[top] < RANGE[0] or power[top] < max(power[top - 1], power[top + 1]):
        return float(rates[top]), 0.0
    near = np.abs(rates[inside] - rates[top]) <= AROUND
    return float(rates[top]), float(power[inside][near].sum() / (power[inside].sum() + 1e-30))
