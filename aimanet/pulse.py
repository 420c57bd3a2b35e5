"""Steps from pulse segments to a heart rate: integrate, detrend, band-pass, spectrum, peak, SNR.

Who takes them is `estimate.py`. The only place where a derivative is integrated.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from aimanet.filters import butter_bandpass, sosfilt

Signal = NDArray[np.float64]

NFFT_S = 80.0
"""Length (s) that a window is zero-padded to at least: bins of at most 0.75 BPM."""

HALF = 0.4
"""Share of a peak's power at half its rate that makes the peak a second harmonic."""


def smoothing(fs: float, at_30hz: float = 100.0) -> float:
    """Returns the lambda at ``fs`` Hz that cuts where ``at_30hz`` cuts at 30 Hz (about 0.48 Hz)."""
    return at_30hz * (fs / 30.0) ** 2


@lru_cache(maxsize=64)
def _trend_factor(n: int, smooth: float) -> Signal:
    """Banded Cholesky factor of I + lambda^2 D'D, D the second difference (n-2, n)."""
    from scipy.linalg import cholesky_banded  # the first estimate needs it, the first picture not

    d = (1.0, -2.0, 1.0)
    bands = np.zeros((3, n))
    for i in range(3):
        for j in range(i + 1):
            lag = i - j
            bands[lag, j : j + n - 2] += d[i] * d[j]
    bands *= smooth**2
    bands[0] += 1.0
    return np.asarray(cholesky_banded(bands, lower=True))


def detrend(signal: Signal, smooth: float = 100.0) -> Signal:
    """Takes the slow trend off a signal (n,) or signals (n, k): smoothness priors.

    Tarvainen et al. 2002: x - (I + lambda^2 D'D)^-1 x, where the matrix has five
    diagonals, so that n steps are enough.
    """
    if len(signal) < 3:
        return signal - signal.mean() if len(signal) else signal
    from scipy.linalg import cho_solve_banded

    factor = _trend_factor(len(signal), smooth)
    return np.asarray(signal - cho_solve_banded((factor, True), signal))


def integrate(derivative: Signal, start: float = 0.0) -> Signal:
    """Returns the running sum of (n,) differences, going on from ``start``."""
    return start + np.cumsum(derivative)


SHORT = 600
"""Curves of up to so many samples are filtered by a convolution; a live window is one."""


@lru_cache(maxsize=16)
def _band_filter(fs: float, low_hz: float, high_hz: float) -> NDArray[np.float64]:
    return butter_bandpass(2, low_hz, high_hz, fs)


@lru_cache(maxsize=2)
def _band_response(n: int, fs: float, low_hz: float, high_hz: float) -> NDArray[np.float64]:
    """What the band-pass makes of a single 1: n samples."""
    return sosfilt(_band_filter(fs, low_hz, high_hz), np.eye(1, n + 1, 1)[0])[1:]


def bandpass(signal: Signal, fs: float, low_hz: float = 0.7, high_hz: float = 3.5) -> Signal:
    """Returns the causally band-passed signal (n,): a live curve that never changes its past."""
    n, high_hz = len(signal), min(high_hz, 0.49 * fs)
    if not n:
        return signal
    if n > SHORT:
        return sosfilt(_band_filter(fs, low_hz, high_hz), signal)
    # The same: as if the first value had always been there, of which a band-pass leaves nothing.
    return np.convolve(signal - signal[0], _band_response(n, fs, low_hz, high_hz))[:n]


def spectrum(signal: Signal, fs: float) -> tuple[Signal, Signal]:
    """Returns frequencies (Hz) and power of a detrended window (n,): Hann, zero-padded FFT."""
    n = len(signal)
    nfft = 1 << int(np.ceil(np.log2(max(n, NFFT_S * fs))))
    power = np.abs(np.fft.rfft(signal * np.hanning(n + 2)[1:-1], nfft)) ** 2
    freqs = np.arange(len(power), dtype=np.float64) * (fs / nfft)
    return freqs, power.astype(np.float64)


def interpolate_peak(freqs: Signal, power: Signal, i: int) -> float:
    """Returns the frequency of the top of the parabola through log power around bin ``i``."""
    if not 0 < i < len(power) - 1:
        return float(freqs[i])
    a, b, c = np.log(power[i - 1 : i + 2] + 1e-300)
    bend = a - 2.0 * b + c
    shift = 0.0 if bend >= 0.0 else 0.5 * (a - c) / bend
    return float(freqs[i] + np.clip(shift, -0.5, 0.5) * (freqs[1] - freqs[0]))


def find_peak(
    freqs: Signal, power: Signal, low_hz: float, high_hz: float, half: float = HALF
) -> float | None:
    """Returns the pulse's frequency (Hz): the highest true peak in the band, or None.

    A slope that comes in from below the band (movement, drift) has no peak and is no pulse.
    When a peak of at least ``half`` of its power stands at half the frequency, that is the
    pulse and the higher one its second harmonic.
    """
    inner = power[1:-1]
    tops = 1 + np.flatnonzero((inner >= power[:-2]) & (inner > power[2:]))
    tops = tops[(freqs[tops] >= low_hz) & (freqs[tops] <= high_hz)]
    if not len(tops) or power[tops].max() <= 0.0:
        return None
    best = tops[np.argmax(power[tops])]
    halves = tops[np.abs(freqs[tops] - freqs[best] / 2.0) < 0.06]
    if len(halves):
        lower = halves[np.argmax(power[halves])]
        if power[lower] >= half * power[best]:
            best = lower
    return interpolate_peak(freqs, power, int(best))


def climb(freqs: Signal, power: Signal, hz: float, reach_hz: float = 0.05) -> float:
    """Returns the frequency (Hz) of the peak uphill from ``hz``, or ``hz`` where none is near.

    A grid, a prior and a weight on a spectrum move a rate a little; this takes it back.
    """
    i = int(np.argmin(np.abs(freqs - hz)))
    while 0 < i < len(power) - 1 and power[i] < max(power[i - 1], power[i + 1]):
        i += 1 if power[i + 1] > power[i - 1] else -1
    top = interpolate_peak(freqs, power, i)
    return top if abs(top - hz) <= reach_hz else hz


def snr_db(
    freqs: Signal, power: Signal, hz: float, window_s: float, band: tuple[float, float]
) -> float:
    """Returns the signal-to-noise ratio in dB of a pulse at ``hz``, as de Haan & Jeanne define it.

    Power around ``hz`` and 2 ``hz`` over the rest of the band. "Around" is what a steady tone
    fills after the Hann window, 1.2 / ``window_s``, and at least 0.1 Hz.
    """
    inside = (freqs >= band[0]) & (freqs <= band[1])
    half = max(0.1, 1.2 / window_s)
    near = (np.abs(freqs - hz) <= half) | (np.abs(freqs - 2.0 * hz) <= half)
    signal = power[inside & near].sum()
    noise = power[inside & ~near].sum()
    return float(10.0 * np.log10((signal + 1e-300) / (noise + 1e-300)))
