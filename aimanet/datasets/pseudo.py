"""A label for recordings without a contact sensor: the pulse that POS sees, made even.

POS over each unbroken run (windows overlap-added with both sides known, so unlike live nothing
is provisional), a zero-phase band-pass, and division by the Hilbert envelope: what is left tells
when the beats are and no longer how strong they seem. The sign is that of `aimanet.classical`
and of the contact sensors: more blood is up.
"""

from __future__ import annotations

import numpy as np
from scipy.signal import butter, hilbert, sosfiltfilt

from aimanet.classical import OverlapAdd, mean_skin, ones, project_pos
from aimanet.datasets.base import Signal
from aimanet.datasets.cached import CachedRecording

SHORTEST_S = 4.0
"""A run shorter than this holds too few beats to tell a pulse from noise."""
BAND_HZ = (0.7, 3.5)
SMOOTH_S = 1.5
"""Length (s) of the Hann window that smooths the envelope: slower than a beat."""
FLOOR = 0.2
"""Part of its median below which the envelope is not divided away: silence stays silent."""
_CHUNK = 600


def pseudo_ppg(cached: CachedRecording) -> Signal:
    """The pseudo label (N,) on the recording's own grid: zero mean, beats about 1 high.

    NaN where a run is under 4 s long or shows no change at all.
    """
    ppg = np.full(len(cached.t), np.nan)
    for first, end in cached.runs():
        if end - first >= SHORTEST_S * cached.grid.fs:
            ppg[first:end] = _pulse(_colour(cached, first, end), cached.grid.fs)
    return ppg


def _colour(cached: CachedRecording, first: int, end: int) -> Signal:
    """(end - first, 3) mean colour of the skin; a memory map is read in pieces."""
    pieces = [
        mean_skin(cached.crops[a : min(a + _CHUNK, end)].astype(np.float32))
        for a in range(first, end, _CHUNK)
    ]
    return np.concatenate(pieces)


def _pulse(colour: Signal, fs: float) -> Signal:
    wave = _projected(colour, fs)
    high = min(BAND_HZ[1], 0.45 * fs)
    sos = butter(2, (BAND_HZ[0], high), "bandpass", fs=fs, output="sos")
    return _evened(np.asarray(sosfiltfilt(sos, wave)), fs)


def _projected(colour: Signal, fs: float) -> Signal:
    overlap, wave = OverlapAdd(project_pos, ones), np.zeros(len(colour))
    for first in range(0, len(colour), _CHUNK):
        end = min(first + _CHUNK, len(colour))
        pulse = overlap.push(colour[first:end], fs)
        wave[end - len(pulse) : end] = pulse  # also betters samples of the piece before
    return wave


def _evened(wave: Signal, fs: float) -> Signal:
    """Over its envelope; the ends are mirrored, for the transform takes the wave as a circle."""
    pad = min(len(wave) - 1, round(3 * fs))
    window = np.hanning(round(SMOOTH_S * fs) + 2)
    envelope = np.convolve(
        np.abs(hilbert(np.pad(wave, pad, mode="reflect", reflect_type="odd"))),
        window / window.sum(),
        mode="same",
    )[pad : pad + len(wave)]
    floor = FLOOR * float(np.median(envelope))
    if floor <= 1e-12:
        return np.full(len(wave), np.nan)
    return wave / np.maximum(envelope, floor)
