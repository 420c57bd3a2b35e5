"""R peaks of an electrocardiogram."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, find_peaks, sosfiltfilt

from aimanet.sessions.reference_table import ReferenceError, Signal

STANDS_OUT = 2.6
"""An R peak is so many times higher than what the whole is worth (noise reaches 2)."""
HOLE_S = 0.5
"""Between samples further apart than this (s) the sensor says nothing."""


def r_peaks(t: Signal, ecg: Signal, hz: float) -> Signal:
    """Times (B,) s of the R peaks of an ECG (K,) at times (K,), whichever way up it is.

    Band-pass 5-20 Hz, squared slope, moving mean over 0.12 s (Pan & Tompkins 1985), peaks 0.3 s
    apart above a quarter of what the neighbourhood reaches; then the sample that stands out most.
    """
    high = min(20.0, 0.45 * hz)
    if high <= 6.0:
        raise ReferenceError(f"an ECG at {hz:.3g} Hz is too coarse: R peaks need 20 Hz or more")
    grid = np.arange(t[0], t[-1], 1.0 / hz)
    even = np.interp(grid, t, ecg)
    if len(even) < int(3 * hz):
        raise ReferenceError("an ECG of less than 3 s: too short to find beats in")
    band = sosfiltfilt(butter(2, (5.0, high), "bandpass", fs=hz, output="sos"), even)
    if not np.ptp(band[round(hz) : -round(hz)]) > 1e-6 * np.ptp(even):
        return np.empty(0)
    power = np.gradient(band) ** 2
    width = max(1, round(0.12 * hz))
    power = np.convolve(power, np.ones(width) / width, "same")
    reach = max(1, round(2.0 * hz))
    blocks = [power[k : k + reach].max() for k in range(0, len(power), reach)]
    centres = np.arange(len(blocks)) * reach + reach / 2
    floor = 0.25 * np.interp(
        np.arange(len(power)), centres, np.minimum(blocks, 3 * np.median(blocks))
    )
    peaks, _ = find_peaks(power, height=floor, distance=max(1, round(0.3 * hz)))
    near = max(1, round(0.08 * hz))
    up = _polarity(band, peaks, near)
    tops = [
        max(0, p - near) + int(np.argmax(up * band[max(0, p - near) : p + near + 1])) for p in peaks
    ]
    heights = [up * band[k] for k in tops]
    if not heights or float(np.median(heights)) < STANDS_OUT * float(band.std()):
        return np.empty(0)
    inside = np.array([_fine(grid, up * band, k) for k in tops])
    return inside[_covered(inside, t)] if len(inside) else np.empty(0)


def _polarity(band: Signal, peaks: NDArray[np.intp], near: int) -> float:
    """1 or -1: which way the R peaks point."""
    parts = [band[max(0, p - near) : p + near + 1] for p in peaks]
    highs, lows = [part.max() for part in parts], [-part.min() for part in parts]
    return -1.0 if parts and float(np.median(lows)) > 1.15 * float(np.median(highs)) else 1.0


def _fine(grid: Signal, band: Signal, k: int) -> float:
    """The top of the parabola through three samples."""
    if not 0 < k < len(band) - 1:
        return float(grid[k])
    a, b, c = band[k - 1 : k + 2]
    bend = a - 2 * b + c
    shift = 0.5 * (a - c) / bend if bend < 0 else 0.0
    return float(grid[k] + shift * (grid[1] - grid[0]))


def _covered(beats: Signal, t: Signal) -> NDArray[np.bool_]:
    """Beats that lie beside true samples, not inside a gap."""
    at = np.clip(np.searchsorted(t, beats), 1, len(t) - 1)
    return np.minimum(np.abs(t[at] - beats), np.abs(beats - t[at - 1])) < HOLE_S / 2
