"""Pulse waves with a known rate: phase, shape and slow irregularity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aimanet.filters import butter_lowpass, sosfiltfilt

Array = NDArray[np.float64]

GRID_HZ = 240.0
"""Rate at which a trace is laid down before it is sampled anywhere."""


def wander(rng: np.random.Generator, n: int, fs: float, cutoff_hz: float) -> Array:
    """A smooth random curve of ``n`` samples at ``fs`` Hz, unit variance, below ``cutoff_hz``."""
    pad = int(3 * fs / cutoff_hz) + 20
    sos = butter_lowpass(2, min(cutoff_hz / (fs / 2), 0.95))
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


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What makes beats uneven.

    ``sway`` is the relative rise and fall of the rate with each breath (respiratory sinus
    arrhythmia), ``baseline`` the blood volume's own (in standard deviations of the pulse);
    ``ectopic`` the share of beats that come early, are weak and are followed by a pause up to
    the beat after, which is stronger; ``irregular`` the relative standard deviation of the
    intervals where none follows from the one before (0.15-0.25 in atrial fibrillation).
    """

    sway: float = 0.0
    baseline: float = 0.0
    ectopic: float = 0.0
    irregular: float = 0.0

    @classmethod
    def random(cls, rng: np.random.Generator) -> Rhythm:
        """Mostly a healthy sinus rhythm; 5 % with ectopic beats, 3 % irregular throughout."""
        kind = rng.random()
        return cls(
            sway=float(rng.uniform(0, 0.08)) if rng.random() < 0.6 else 0.0,
            baseline=float(rng.uniform(0, 0.8)) if rng.random() < 0.5 else 0.0,
            ectopic=float(rng.uniform(0.05, 0.2)) if kind < 0.05 else 0.0,
            irregular=float(rng.uniform(0.08, 0.22)) if kind > 0.97 else 0.0,
        )


class PulseTrace:
    """A pulse of known rate over ``seconds``: sample it at any times within.

    ``hr_bpm`` is the mean rate, ``variability`` the standard deviation of its slow wander and
    ``trend`` its relative change from start to end; ``breathing`` modulates the amplitude.
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
        rhythm: Rhythm | None = None,
    ) -> None:
        n = int(seconds * GRID_HZ) + 2
        self._t = np.arange(n) / GRID_HZ
        slow = wander(rng, n // 24 + 2, GRID_HZ / 24, 0.2)
        slow = np.interp(self._t, np.arange(len(slow)) * 24 / GRID_HZ, slow)
        drift = trend * (self._t / max(seconds, 1e-9) - 0.5)
        self._rate = hr_bpm * (1.0 + variability * (slow - slow.mean()) + drift)
        start = rng.uniform()
        breath_hz = rng.uniform(0.18, 0.33)
        breath = 2 * np.pi * (breath_hz * self._t + rng.uniform())
        rhythm = rhythm or Rhythm()
        self._rate *= 1.0 + rhythm.sway * np.sin(breath + 0.8)  # faster while breathing in
        phase = np.cumsum(self._rate) / 60.0 / GRID_HZ + start
        strength: Array | float = 1.0
        if rhythm.ectopic or rhythm.irregular:
            phase, strength = self._uneven(phase, rhythm, rng)
        swell = 1.0 + breathing * np.sin(breath)
        wave = (shape or PulseShape()).wave(phase)
        self._bvp = wave * swell * strength + rhythm.baseline * np.sin(breath - 0.5)

    def _uneven(
        self, phase: Array, rhythm: Rhythm, rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """Moves beats in time; returns the phase (cycles) and each beat's strength."""
        beats = np.arange(np.floor(phase[0]) - 1, np.ceil(phase[-1]) + 3)
        step = float(np.median(self._rate)) / 60.0
        at = np.interp(beats, phase, self._t)
        at[beats < phase[0]] = self._t[0] - (phase[0] - beats[beats < phase[0]]) / step
        at[beats > phase[-1]] = self._t[-1] + (beats[beats > phase[-1]] - phase[-1]) / step
        gaps = np.diff(at) * np.exp(rng.normal(0, rhythm.irregular, len(at) - 1))
        gaps *= (at[-1] - at[0]) / gaps.sum()
        at = at[0] + np.concatenate([[0.0], np.cumsum(gaps)])
        strength = np.ones(len(at))
        for k in np.flatnonzero(rng.random(len(at) - 2) < rhythm.ectopic) + 1:
            early = rng.uniform(0.2, 0.4) * (at[k] - at[k - 1])
            at[k] -= early
            strength[k], strength[k + 1] = rng.uniform(0.3, 0.8), rng.uniform(1.0, 1.3)
        return np.interp(self._t, at, beats), np.interp(self._t, at, strength)

    def bvp(self, t: Array) -> Array:
        """Blood volume at times ``t`` (s); a sharp rise is a systole."""
        return np.interp(t, self._t, self._bvp)

    def hr_bpm(self, t: Array) -> Array:
        """Instantaneous heart rate at times ``t`` (s)."""
        return np.interp(t, self._t, self._rate)
