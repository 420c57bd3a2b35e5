"""Pulse waves with a known rate: phase, shape and slow irregularity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

Array = NDArray[np.float64]

GRID_HZ = 240.0
"""Rate at which a trace is laid down before it is sampled anywhere."""


def wander(rng: np.random.Generator, n: int, fs: float, cutoff_hz: float) -> Array:
    """A smooth random curve of ``n`` samples at ``fs`` Hz, unit variance, below ``cutoff_hz``."""
    pad = int(3 * fs / cutoff_hz) + 20
    sos = butter(2, min(cutoff_hz / (fs / 2), 0.95), output="sos")
    x = sosfiltfilt(sos, rng.standard_normal(n + 2 * pad))[pad : pad + n]
    return x / (x.std() + 1e-12)


@dataclass(frozen=True, slots=True)
class PulseShape:
    """One beat as two waves on the phase circle (phase 0-1): systolic and dicrotic.

    ``at``, ``width`` of the systolic wave; ``echo`` height, ``echo_at`` of the dicrotic one.
    """

    at: float = 0.22
    width: float = 0.09
    echo: float = 0.3
    echo_at: float = 0.58
    echo_width: float = 0.11

    @classmethod
    def random(cls, rng: np.random.Generator) -> PulseShape:
        """A shape from the range that finger and face sensors record."""
        return cls(
            at=rng.uniform(0.16, 0.30),
            width=rng.uniform(0.07, 0.14),
            echo=rng.uniform(0.05, 0.5),
            echo_at=rng.uniform(0.5, 0.65),
            echo_width=rng.uniform(0.09, 0.14),
        )

    def wave(self, phase: Array) -> Array:
        """Blood volume over phase (cycles), zero mean and unit variance over one beat."""
        beat = self._raw(np.arange(256) / 256.0)
        return (self._raw(phase % 1.0) - beat.mean()) / beat.std()

    def _raw(self, x: Array) -> Array:
        total = np.zeros_like(x)
        for turn in (-1.0, 0.0, 1.0):
            total += np.exp(-0.5 * ((x + turn - self.at) / self.width) ** 2)
            total += self.echo * np.exp(-0.5 * ((x + turn - self.echo_at) / self.echo_width) ** 2)
        return total


class PulseTrace:
    """A pulse of known rate over ``seconds``: sample it at any times within.

    ``hr_bpm`` is the mean rate, ``variability`` the standard deviation of its slow wander and
    ``trend`` its relative change from start to end.
    """

    def __init__(
        self,
        hr_bpm: float,
        seconds: float,
        rng: np.random.Generator,
        *,
        shape: PulseShape | None = None,
        variability: float = 0.02,
        trend: float = 0.0,
        breathing: float = 0.1,
    ) -> None:
        n = int(seconds * GRID_HZ) + 2
        self._t = np.arange(n) / GRID_HZ
        slow = wander(rng, n // 24 + 2, GRID_HZ / 24, 0.2)
        slow = np.interp(self._t, np.arange(len(slow)) * 24 / GRID_HZ, slow)
        drift = trend * (self._t / max(seconds, 1e-9) - 0.5)
        self._rate = hr_bpm * (1.0 + variability * (slow - slow.mean()) + drift)
        phase = np.cumsum(self._rate) / 60.0 / GRID_HZ + rng.uniform()
        breath_hz = rng.uniform(0.18, 0.33)
        swell = 1.0 + breathing * np.sin(2 * np.pi * (breath_hz * self._t + rng.uniform()))
        self._bvp = (shape or PulseShape()).wave(phase) * swell

    def bvp(self, t: Array) -> Array:
        """Blood volume at times ``t`` (s); a sharp rise is a systole."""
        return np.interp(t, self._t, self._bvp)

    def hr_bpm(self, t: Array) -> Array:
        """Instantaneous heart rate at times ``t`` (s)."""
        return np.interp(t, self._t, self._rate)
