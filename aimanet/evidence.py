"""What a window of pulse says about each heart rate: evidence for the filter in `rate.py`.

The window is resampled so that a pulse whose rate changes at one of `SLOPES` becomes a steady tone;
then the power at a rate and at its double is weighed against the background.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

STEP = 0.01
"""Relative step of the grid of rates: 0.4 BPM at 40, 2 BPM at 200."""

SPARE = 0.04
"""The grid goes on by this share beyond the band, so that a rate at its edge has two sides."""

SLOPES = np.arange(-4, 5) * 0.005
"""Relative changes of the rate per second: 2 BPM/s at 100 BPM, and the walk adds to it. After
exercise a heart slows by 12 to 40 BPM in its first minute, fastest at the beginning (Cole et al.
1999, Imai et al. 1994)."""

STEADY = 4
"""Index of the slope 0."""


@dataclass(frozen=True, slots=True)
class Weights:
    """How the evidence is weighed.

    Chosen on generated pulses and on what methods read in drawn clips and animated photographs:
    one half of them; the other half gave the figures.

    ``tone`` weighs the log power at the rate, ``double`` that at twice the rate, which counts up
    to e^``cap`` times the first; ``floor`` and ``double_floor`` (in units of the mean power) are
    added before the logarithm. ``share`` weighs the part of all power that both explain, as the
    posterior of a tone does (Bretthorst 1988), ``left`` is the part that is never explained.
    ``flank`` weighs down what lies on the flank of a higher peak, more than ``flank_free`` in log
    power below it: drift that comes in from below the band is no pulse. ``colour`` is the part
    of the background's slope that is taken out, ``quiet`` (of the mean power) its least level.
    """

    tone: float = 1.2
    double: float = 0.6
    cap: float = 2.0
    floor: float = 0.1
    double_floor: float = 0.3
    share: float = 2.9
    left: float = 0.05
    flank: float = 4.0
    flank_free: float = 0.5
    colour: float = 0.8
    quiet: float = 0.03


WEIGHTS = Weights()


def rate_grid(low_bpm: float, high_bpm: float) -> Array:
    """Returns the rates (K,) in BPM from a little below the band to a little above it."""
    n = round(np.log(high_bpm / low_bpm * (1.0 + SPARE) ** 2) / STEP) + 1
    return low_bpm / (1.0 + SPARE) * np.exp(STEP * np.arange(n))


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """What windows of one length share: where each slope samples, and the grid's bins."""

    at: Indices
    part: Array
    taper: Array
    nfft: int
    bins: int
    tone: Array
    double: Array


@lru_cache(maxsize=256)
def _plan(n: int, fs: float, low_bpm: float, k: int) -> _Plan:
    back = (np.arange(n) - (n - 1)) / fs
    grown = 1.0 + SLOPES[:, None] * back
    slopes = np.where(SLOPES == 0.0, 1.0, SLOPES)[:, None]
    moved = np.where(SLOPES[:, None] == 0.0, back, np.log(np.maximum(grown, 1e-9)) / slopes)
    where = moved * fs + (n - 1)
    taper = np.hanning(n + 2)[1:-1] * (where >= 0.0)
    at = np.clip(where.astype(np.intp), 0, n - 2)
    nfft = 1 << int(np.ceil(np.log2(max(n, 128.0 * fs))))
    hz = low_bpm / 60.0 * np.exp(STEP * np.arange(k)) * nfft / fs
    bins = min(nfft // 2, int(2.0 * hz[-1]) + 2)
    return _Plan(at, np.clip(where - at, 0.0, 1.0), taper, nfft, bins, hz, 2.0 * hz)


def _between(power: Array, bins: Array) -> Array:
    """Linear interpolation of ``power`` (..., B) at fractional ``bins`` (K,)."""
    i = np.minimum(bins.astype(np.intp), power.shape[-1] - 2)
    part = np.minimum(bins - i, 1.0)
    return np.asarray(power[..., i] * (1.0 - part) + power[..., i + 1] * part)


def _tops(power: Array, reach: int) -> Array:
    """The largest of ``power`` (S, B) within ``reach`` bins of each, in steps that double."""
    padded = np.pad(power, ((0, 0), (reach, reach)), constant_values=-np.inf)
    width, wanted = 1, 2 * reach + 1
    while 2 * width <= wanted:
        padded = np.maximum(padded[:, :-width], padded[:, width:])
        width *= 2
    rest = wanted - width
    return padded if not rest else np.maximum(padded[:, :-rest], padded[:, rest:])


OCTAVES_HZ = (0.65, 1.3, 2.6, 5.2)
"""The median power between each two of these draws the background."""


def _background(power: Array, hz: float) -> Array:
    """Log power (B,) of the noise behind ``power`` (B,), bins ``hz`` apart: a power law."""
    edges = [min(int(np.ceil(edge / hz)), len(power) - 1) for edge in OCTAVES_HZ]
    low, mid, high = (np.log(np.median(power[a : b + 1]) + 1e-12) for a, b in pairwise(edges))
    octaves = np.log2(np.maximum(np.arange(len(power)) * hz, 0.05) / OCTAVES_HZ[1]) - 0.5
    return np.asarray((low + mid + high) / 3.0 + 0.5 * (high - low) * octaves)


def weigh(window: Array, fs: float, derivative: bool, rates: Array) -> Array:
    """Returns the evidence (S, K) of a detrended window (n,) for each slope and rate.

    It is a log likelihood up to a constant. The power of a ``derivative`` method, whose white
    noise integration has turned into 1/f^2, is weighted by f: half of the way back.
    """
    tune, n = WEIGHTS, len(window)
    plan = _plan(n, fs, float(rates[0]), len(rates))
    sampled = window[plan.at] * (1.0 - plan.part) + window[plan.at + 1] * plan.part
    power = np.abs(np.fft.rfft(sampled * plan.taper, plan.nfft, axis=1)[:, : plan.bins]) ** 2
    hz = fs / plan.nfft
    if derivative:
        power = power * (np.arange(plan.bins) * hz)
    first, last = int(plan.tone[0]), int(plan.tone[-1]) + 2
    power = power / (power[STEADY, first:last].mean() + 1e-300)
    background = np.exp(_background(power[STEADY], hz)) + tune.quiet
    noise = background**-tune.colour
    tone, double = _between(power, plan.tone), _between(power, plan.double)
    lone = tone * _between(noise, plan.tone) + 1e-9
    twice = np.minimum(double * _between(noise, plan.double), lone * np.exp(tune.cap))
    reach = 2 * round(fs / n / hz) + 1
    tops = _between(_tops(power[:, : last + reach], reach // 2), plan.tone)
    flank = np.log((tops + 1e-9) / (tone + 1e-9)) - tune.flank_free
    everything = power[STEADY, int(0.6 / hz) :].sum() + 1e-300
    share = np.minimum(1.5 * plan.nfft / n * (tone + double) / everything, 1.0)
    return np.asarray(
        tune.tone * np.log(tune.floor + lone)
        + tune.double * np.log(tune.double_floor + twice)
        - tune.flank * np.maximum(flank, 0.0)
        - tune.share * np.log(1.0 + tune.left - share)
    )


def at_middle(evidence: Array, window_s: float, doubt: Array) -> Array:
    """Returns the evidence (K,) for the rate in a window's middle, whatever its slope.

    ``evidence`` (S, K) is that for the rate at the window's end; ``doubt`` (S,) is taken off
    each slope's.
    """
    steps = np.arange(evidence.shape[1])
    moved = [
        np.interp(steps + slope * window_s / 2.0 / STEP, steps, row) - d
        for slope, row, d in zip(SLOPES, evidence, doubt, strict=True)
    ]
    return np.asarray(np.max(moved, axis=0))
