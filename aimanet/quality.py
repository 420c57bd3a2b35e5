"""When a number may be shown: trust in an estimate, from named features.

A face that does not live must never read ``ok``. The method's own spectrum cannot promise that,
because a network draws pulse-like curves from noise and a video codec beats in time. So a second
witness looks at the colours themselves, in separate patches of the face: blood comes to all of
them at once, noise and compression do not.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from aimanet.classical import project_pos
from aimanet.pulse import Estimate, detrend, smoothing
from aimanet.types import Clip, State

Array = NDArray[np.float64]

STABLE_S = 2.0
"""Seconds over which the estimates must agree."""


@dataclass(frozen=True, slots=True)
class Features:
    """What trust rests on.

    ``snr_db`` of the method's spectrum over the bar for its window length; ``spread_bpm`` of the
    estimates of the last `STABLE_S` seconds; ``unison`` 0-1, how far the patches of the face
    pulse together; ``gap_s`` the longest bridged hole in the window.
    """

    margin_db: float
    spread_bpm: float
    unison: float
    gap_s: float


def snr_bar(window_s: float) -> float:
    """Returns the SNR (dB) that an estimate needs: few cycles look like a pulse by chance."""
    return 1.0 + 3.0 * max(0.0, (8.0 - window_s) / 3.0)


@lru_cache(maxsize=8)
def patch_weights(size: int) -> Array:
    """Returns six soft patches (6, size*size) of the face, two columns by three rows."""
    y, x = (np.mgrid[0:size, 0:size] + 0.5) / size
    rows = []
    for cy in (0.32, 0.52, 0.72):
        for cx in (0.38, 0.62):
            d = ((x - cx) / 0.11) ** 2 + ((y - cy) / 0.10) ** 2
            w = np.exp(-d)
            rows.append((w / w.sum()).ravel())
    return np.stack(rows)


class Witness:
    """The colours of the face's patches over the last seconds, whatever the method in use."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self.reset()

    def reset(self) -> None:
        """Forgets the past."""
        self._colours: Array = np.empty((0, 6, 3))
        self._fs = 30.0

    def add(self, clip: Clip) -> None:
        """Takes the colours of a clip."""
        if clip.starts:
            self.reset()
        crops = clip.crops if clip.starts else clip.crops[1:]
        pixels = crops.reshape(len(crops), -1, 3)
        new = np.einsum("tqc,pq->tpc", pixels, patch_weights(crops.shape[1]), optimize=True)
        self._fs = clip.fs
        limit = round(self._window_s * clip.fs)
        self._colours = np.concatenate([self._colours, new])[-limit:]

    def unison(self, hz: float) -> float:
        """Returns 0-1: the part of the patches' power at ``hz`` that is common to all, in phase.

        1 for one pulse everywhere; for unrelated noise on average 1/6, above 0.63 once in 150.
        """
        windows = self._colours.transpose(1, 0, 2)
        if windows.shape[1] < 30:
            return 0.0
        pulses = project_pos(windows / (windows.mean(axis=1, keepdims=True) + 1e-9), self._fs)
        smooth = smoothing(self._fs)
        pulses = np.stack([detrend(p, smooth) for p in pulses])
        n = pulses.shape[1]
        wave = np.hanning(n + 2)[1:-1] * np.exp(-2j * np.pi * hz / self._fs * np.arange(n))
        tones = pulses @ wave
        power = float(np.sum(np.abs(tones) ** 2))
        return float(np.abs(tones.sum()) ** 2) / (len(tones) * power + 1e-300)


class Judge:
    """Turns an estimate and the witness into a state and a quality."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forgets the readings of the past."""
        self._recent: deque[tuple[float, float]] = deque()

    def judge(
        self, t: float, estimate: Estimate, unison: float, gap_s: float
    ) -> tuple[State, float]:
        """Returns the state at ``t`` (s) and the quality, 0-1."""
        if estimate.hr_bpm is None or estimate.snr_db is None:
            self._recent.clear()
            waiting = not len(estimate.spectrum.bpm)
            return (State.WARMING_UP if waiting else State.POOR_SIGNAL), 0.0
        self._recent.append((t, estimate.hr_bpm))
        while self._recent[0][0] < t - STABLE_S:
            self._recent.popleft()
        rates = [hr for _, hr in self._recent]
        features = Features(
            margin_db=estimate.snr_db - snr_bar(estimate.window_s),
            spread_bpm=max(rates) - min(rates),
            unison=unison,
            gap_s=gap_s,
        )
        quality = self._quality(features)
        return (State.OK if quality >= 0.5 else State.POOR_SIGNAL), quality

    def _quality(self, f: Features) -> float:
        parts = (
            0.5 + f.margin_db / 12.0,
            0.5 + (8.0 - f.spread_bpm) / 16.0,
            0.5 + (f.unison - 0.7) / 0.6,
            0.5 + (0.25 - f.gap_s) / 0.5,
        )
        return float(np.clip(min(parts), 0.0, 1.0))
