"""The rhythm of the head's movement, which is no pulse: what speaks against a rate.

A head that nods or sways changes the light on its skin in its own rhythm, and through a hard codec
that can drown the pulse in every colour at once. Where the face is, is known, so a clear tone in
it takes evidence off the rate it has. The heart's own recoil also rocks the head, by less than a
thousandth of the face's size (Balakrishnan et al. 2013), and is left alone by `FREE`.
"""

from __future__ import annotations

from array import array

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from aimanet.pulse import detrend, smoothing
from aimanet.types import FaceCrop

Array = NDArray[np.float64]

FREE = 0.01
"""Amplitude (sides of the face's square) from which a tone counts in full; half of it, half."""

CLEAR = 2.0
"""How far (times) a tone stands out of the median of `AROUND_HZ` to either side before it counts:
a head that just wanders has no rhythm."""

AROUND_HZ = 0.8

AGAINST = 3.0
"""Log likelihood that each e-fold above `CLEAR` takes off, up to two of them. On six drawn people
who sway, shake and nod at 0.7-2 Hz the mean error of a clip's rate fell from 16.1 to 6.4 BPM, on
calm, talking and moving ones nothing changed; 6 gave the same as 3."""

PLACES = 24
"""Places in the band where the median around is taken."""

NFFT = 4096
LEAST_S = 3.0
KEEP_S = 31.0
"""Longer than the longest window."""


class Sway:
    """Where the face was in the last seconds, and its rhythm."""

    def __init__(self) -> None:
        self._seen = array("d")  # t, x, y of each frame, one after the other

    def add(self, crop: FaceCrop) -> None:
        """Takes the face of a frame."""
        if crop.bbox is None:
            return
        x, y, width, height = crop.bbox
        size = max(width, 1e-9)
        self._seen.extend((crop.t, (x + width / 2.0) / size, (y + height / 2.0) / size))
        if self._seen[0] < crop.t - 1.5 * KEEP_S:  # a lot at once: what remains moves up
            times = np.array(self._seen)[::3]
            del self._seen[: 3 * int(np.searchsorted(times, crop.t - KEEP_S))]

    def speed(self, end_t: float, seconds: float) -> float:
        """Returns how fast the face moved: sides a second, exceeded a quarter of the time.

        Of the ``seconds`` that end at ``end_t`` s; 0 where too little of them was seen.
        """
        t, x, y = np.array(self._seen).reshape(-1, 3).T
        first = int(np.searchsorted(t, end_t - seconds))
        if len(t) - first < 3:
            return 0.0
        steps = np.maximum(np.diff(t[first:]), 1e-3)
        return float(np.percentile(np.hypot(np.diff(x[first:]), np.diff(y[first:])) / steps, 75.0))

    def doubt(self, rates: Array, end_t: float, seconds: float, fs: float) -> Array | None:
        """Returns what to take off the evidence (K,) for ``rates`` (K,) in BPM.

        Of the ``seconds`` that end at ``end_t`` s, sampled at ``fs`` Hz; None where too little of
        them was seen.
        """
        if not self._seen or self._seen[-3] - self._seen[0] < LEAST_S:
            return None
        n = round(seconds * fs)
        at = end_t - np.arange(n)[::-1] / fs
        t, *places = np.array(self._seen).reshape(-1, 3).T
        path = detrend(np.stack([np.interp(at, t, p) for p in places], axis=1), smoothing(fs))
        taper = np.hanning(n + 2)[1:-1]
        tones = np.fft.rfft(path * taper[:, None], NFFT, axis=0)
        size = np.sqrt((np.abs(tones) ** 2).sum(axis=1)) * 2.0 / taper.sum()
        return _against(rates / 60.0, np.arange(len(size)) * fs / NFFT, size)


def _against(hz: Array, freqs: Array, size: Array) -> Array:
    """The doubt (K,) about ``hz`` (K,) from a head's tones ``size`` (F,) at ``freqs`` (F,)."""
    step = freqs[1]
    reach, low = int(AROUND_HZ / step), int(0.3 / step)
    every = np.linspace(hz[0], hz[-1], PLACES)  # it changes slowly, and medians take their time
    middles = np.searchsorted(freqs, every)
    medians, starts = np.empty(PLACES), middles - reach
    whole = (starts >= low) & (middles + reach <= len(size))
    if whole.any():  # at once, which is quicker
        medians[whole] = np.median(sliding_window_view(size, 2 * reach)[starts[whole]], axis=1)
    for k in np.flatnonzero(~whole):
        medians[k] = np.median(size[max(starts[k], low) : middles[k] + reach])
    around = np.interp(hz, every, medians)
    tone = np.interp(hz, freqs, size)
    clear = np.clip(np.log(tone / (CLEAR * around + 1e-9) + 1e-9), 0.0, 2.0)
    return np.asarray(AGAINST * clear * np.clip(tone / FREE, 0.0, 1.0))
