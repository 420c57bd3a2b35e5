"""Correlation of two tracks at every lag, and which lag is the true one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import uniform_filter1d
from scipy.signal import butter, find_peaks, hilbert, sosfiltfilt

from aimanet.sessions.reference_table import Signal
from aimanet.sessions.reference_tracks import MIN_OVERLAP_S, Track

CLEAR_R = 0.3
CLEAR_ODDS = 3.0
"""The best lag is clear if it is e to this times likelier than the next; beats resemble another."""
CLEAR_WANDER = 0.25
"""Circular variance of the phase between the two beyond which they are not the same heart."""
CANDIDATES = 80
UPSIDE_DOWN = 1.03
"""A wave counts as upside down if that fits better by this factor; else it is half a beat off."""
SMOOTH_S = 2.0


@dataclass(frozen=True, slots=True)
class Peak:
    """The best lag: correlation there and the best one elsewhere.

    ``odds`` (nats) by how much likelier it is than any other, ``wander`` the circular variance of
    the phase between the two; both only where they were compared by phase.
    """

    offset_s: float
    r: float
    rival: float
    sign: float
    overlap_s: float
    odds: float = 0.0
    wander: float = 1.0

    @property
    def clear(self) -> bool:
        """Beyond doubt."""
        return self.r >= CLEAR_R and self.odds >= CLEAR_ODDS and self.wander <= CLEAR_WANDER


@dataclass(frozen=True, slots=True, eq=False)
class Lags:
    """Correlations ``r`` and scores (``r`` weighted by the overlap) at all offsets."""

    offsets: Signal
    r: Signal
    score: Signal
    count: Signal
    sign: float


def _lags(
    ours: Track, theirs: Track, low: float, high: float, *, both_ways: bool, min_s: float
) -> Lags | None:
    """All offsets from ``low`` to ``high`` s; None where the two never overlap by ``min_s``."""
    r, count = _correlation(ours, theirs)
    fs = ours.fs
    offsets = ours.t0 - theirs.t0 + (np.arange(len(r)) - (len(theirs.values) - 1)) / fs
    allowed = (offsets >= low) & (offsets <= high) & (count >= min_s * fs)
    if not allowed.any():
        return None
    score = r * np.sqrt(count / count[allowed].max())
    sign = 1.0
    if both_ways and -score[allowed].min() > UPSIDE_DOWN * score[allowed].max():
        sign, r, score = -1.0, -r, -score
    return Lags(offsets, r, np.where(allowed, score, -1.0), count / fs, sign)


def best_lag(
    ours: Track,
    theirs: Track,
    low: float,
    high: float,
    *,
    both_ways: bool = False,
    apart_s: float = 0.35,
    min_s: float = MIN_OVERLAP_S,
) -> Peak | None:
    """The highest correlation at offsets from ``low`` to ``high`` s; None without an overlap."""
    lags = _lags(ours, theirs, low, high, both_ways=both_ways, min_s=min_s)
    return None if lags is None else _peak(lags, int(np.argmax(lags.score)), apart_s, ours.fs)


def _peak(lags: Lags, k: int, apart_s: float, fs: float) -> Peak:
    others = np.abs(lags.offsets - lags.offsets[k]) > apart_s
    rival = float(lags.score[others].max()) if others.any() else 0.0
    return Peak(
        offset_s=float(lags.offsets[k]) + _between(lags.r, k) / fs,
        r=float(lags.r[k]),
        rival=max(0.0, rival),
        sign=lags.sign,
        overlap_s=float(lags.count[k]),
    )


def surest_lag(
    ours: Track,
    theirs: Track,
    low: float,
    high: float,
    *,
    both_ways: bool,
    min_s: float = MIN_OVERLAP_S,
) -> Peak | None:
    """The lag at which both hearts keep step.

    A beat more or less costs a steady pulse hardly any correlation. What tells them apart is the
    phase between the two waves: smoothed over two seconds it wanders least at the true lag, and
    the logarithm of the ratio of two such variances, times half the number of independent
    stretches, is how much likelier one lag is than the other.
    """
    lags = _lags(ours, theirs, low, high, both_ways=both_ways, min_s=min_s)
    if lags is None:
        return None
    tops, _ = find_peaks(lags.score, distance=round(0.2 * ours.fs))
    tops = tops[lags.score[tops] > 0.7 * lags.score.max()]
    tops = tops[np.argsort(lags.score[tops])[::-1][:CANDIDATES]]
    if not len(tops):
        return _peak(lags, int(np.argmax(lags.score)), 0.35, ours.fs)
    turn_a, turn_b = _turning(ours), _turning(theirs)
    shift = np.round((lags.offsets[tops] - (ours.t0 - theirs.t0)) * ours.fs).astype(int)
    wander = np.array([_wander(turn_a, turn_b, int(k), ours.fs) for k in shift])
    stretches = lags.count[tops] / SMOOTH_S
    likely = -0.5 * stretches * np.log(wander) + 0.5 * stretches * np.log(wander.min())
    best = int(np.argmax(np.where(stretches > 0.5 * stretches.max(), likely, -np.inf)))
    others = np.delete(likely, best)
    odds = float(likely[best] - others.max()) if len(others) else np.inf
    peak = _peak(lags, int(tops[best]), 0.35, ours.fs)
    return replace(peak, odds=odds, wander=float(wander[best]))


def _turning(track: Track) -> NDArray[np.complex128]:
    """(N,) the track's phase as complex numbers of length 1; 0 where it is unknown."""
    sos = butter(2, (0.7, 2.5), "bandpass", fs=track.fs, output="sos")
    wave = hilbert(sosfiltfilt(sos, track.values))
    return np.asarray(wave / np.maximum(np.abs(wave), 1e-9) * track.known, np.complex128)


def _wander(a: NDArray[np.complex128], b: NDArray[np.complex128], shift: int, fs: float) -> float:
    """Circular variance (0-1) of the smoothed phase between ``a`` and ``b`` put at ``shift``."""
    begin, end = max(0, shift), min(len(a), len(b) + shift)
    between = a[begin:end] * np.conj(b[begin - shift : end - shift])
    width = round(SMOOTH_S * fs)
    calm = uniform_filter1d(between.real, width) + 1j * uniform_filter1d(between.imag, width)
    length = np.abs(calm)
    told = length > 1e-6
    if not told.any():
        return 1.0
    return max(1e-6, 1.0 - float(np.abs((calm[told] / length[told]).mean())))


def _between(r: Signal, k: int) -> float:
    """Where between samples the top of the parabola around ``k`` is, in samples."""
    if not 0 < k < len(r) - 1:
        return 0.0
    a, b, c = r[k - 1 : k + 2]
    bend = a - 2 * b + c
    return float(np.clip(0.5 * (a - c) / bend, -0.5, 0.5)) if bend < 0 else 0.0


def _correlation(ours: Track, theirs: Track) -> tuple[Signal, Signal]:
    """Pearson's r and number of common samples at every lag of ``theirs`` behind ``ours``.

    Padfield 2012: masked normalised correlation through FFTs of values, squares and masks.
    """
    size = fft.next_fast_len(len(ours.values) + len(theirs.values) - 1, real=True)
    last = len(ours.values) + len(theirs.values) - 1

    def product(a: Signal, b: Signal) -> Signal:
        spectrum = fft.rfft(a, size) * fft.rfft(b[::-1], size)
        return np.asarray(fft.irfft(spectrum, size)[:last])

    a, ma = ours.values, ours.known.astype(np.float64)
    b, mb = theirs.values, theirs.known.astype(np.float64)
    n = np.maximum(np.round(product(ma, mb)), 0.0)
    one = np.maximum(n, 1.0)
    sum_a, sum_b = product(a, mb), product(ma, b)
    both = product(a, b) - sum_a * sum_b / one
    var_a = product(a * a, mb) - sum_a**2 / one
    var_b = product(ma, b * b) - sum_b**2 / one
    scale = np.sqrt(np.maximum(var_a, 0.0) * np.maximum(var_b, 0.0))
    r = np.where((scale > 1e-6 * one) & (n > 1), both / np.maximum(scale, 1e-300), 0.0)
    return np.clip(r, -1.0, 1.0), n
