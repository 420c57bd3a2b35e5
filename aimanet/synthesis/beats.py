"""Heartbeats one by one: pulses that training never sees, for the held-out kinds.

Training's pulses (`aimanet.synthesis.pulse`) are a phase with Gaussian waves and a wandering rate.
Here each beat has its own length and strength, and its wave is two log-normal humps, a shape
that fits recorded pulses about as well (Huotari et al. 2011, "Photoplethysmography and its
detailed pulse waveform analysis", fits log-normals).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from aimanet.synthesis.pulse import GRID_HZ, PulseTrace

Array = NDArray[np.float64]
BeatLaw = Callable[[np.random.Generator, float, float], Array]
"""(rng, mean rate in BPM, seconds) -> lengths of the beats (s) that fill at least the seconds."""


class BeatTrace(PulseTrace):
    """A pulse laid down beat by beat.

    A beat after a short one is weaker, as the heart had less time to fill.

    Args:
        beats: lengths (s) of the beats; the first begins at 0 s.
        rng: chooses the wave's shape and the breath.
        breathing: depth (0-1) of the breath's modulation.
    """

    def __init__(self, beats: Array, rng: np.random.Generator, breathing: float = 0.12) -> None:
        starts = np.concatenate([[0.0], np.cumsum(beats)])
        self._starts, self._rates = starts[:-1], 60.0 / beats
        self._t = np.arange(int(starts[-1] * GRID_HZ)) / GRID_HZ
        phase = np.interp(self._t, starts, np.arange(len(starts)))
        number = np.minimum(phase.astype(int), len(beats) - 1)
        filled = np.concatenate([[1.0], beats[:-1] / np.median(beats)])
        force = np.clip(0.3 + 0.7 * filled, 0.45, 1.2)
        breath = rng.uniform(0.2, 0.35) * self._t + rng.uniform()
        swell = 1.0 + breathing * np.sin(2 * np.pi * breath)
        self._bvp = _Wave(rng)(phase % 1.0) * force[number] * swell

    def bvp(self, t: Array) -> Array:
        """Blood volume at times ``t`` (s): about zero mean and unit variance."""
        return np.interp(t, self._t, self._bvp)

    def hr_bpm(self, t: Array) -> Array:
        """60 s over the length of the beat at times ``t`` (s): steps from beat to beat."""
        number = np.searchsorted(self._starts, t, side="right") - 1
        return np.asarray(self._rates[np.clip(number, 0, len(self._rates) - 1)])


class _Wave:
    """One beat over its phase (0-1): zero mean, unit variance."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._peak, self._width = rng.uniform(0.2, 0.3), rng.uniform(0.42, 0.6)
        self._echo, self._echo_at = rng.uniform(0.0, 0.25), rng.uniform(0.55, 0.65)
        beat = self._raw(np.arange(512) / 512.0)
        self._mean, self._std = beat.mean(), beat.std()

    def __call__(self, phase: Array) -> Array:
        return np.asarray((self._raw(phase) - self._mean) / self._std)

    def _raw(self, phase: Array) -> Array:
        total = np.zeros_like(phase)
        for x in (phase, phase + 1.0):  # the tail of the beat before
            x = np.maximum(x, 1e-6)
            total += np.exp(-0.5 * (np.log(x / self._peak) / self._width) ** 2)
            total += self._echo * np.exp(-0.5 * (np.log(x / self._echo_at) / 0.16) ** 2)
        return total


def sinus(rng: np.random.Generator, hr_bpm: float, seconds: float) -> Array:
    """A healthy rhythm: quicker while breathing in, and a random walk that is held back."""
    depth, breath_hz = rng.uniform(0.005, 0.035), rng.uniform(0.18, 0.32)
    turn, walk = rng.uniform(0, 2 * np.pi), 0.0
    beats: list[float] = []
    at = 0.0
    while at < seconds + 3.0:
        walk += -0.1 * walk + rng.normal(0, 0.006)
        rate = hr_bpm * (1 + walk + depth * np.sin(2 * np.pi * breath_hz * at + turn))
        beats.append(60.0 / rate)
        at += beats[-1]
    return np.array(beats)


def ectopic(rng: np.random.Generator, hr_bpm: float, seconds: float) -> Array:
    """A sinus rhythm in which about one beat in nine comes early and is followed by a pause."""
    beats = sinus(rng, hr_bpm, seconds)
    at = int(rng.integers(2, 7))
    while at + 1 < len(beats):
        early = rng.uniform(0.25, 0.4) * beats[at]
        beats[at] -= early
        beats[at + 1] += early
        at += int(rng.integers(5, 14))
    return beats


def fibrillating(rng: np.random.Generator, hr_bpm: float, seconds: float) -> Array:
    """Atrial fibrillation: no two beats alike, lengths vary by 15-22 % without order."""
    count = int((seconds + 3.0) * hr_bpm / 60.0 * 1.3) + 8
    spread = rng.uniform(0.15, 0.22)
    beats = np.clip(rng.normal(1.0, spread, count), 0.6, 1.6)
    return np.asarray(beats / beats.mean() * 60.0 / hr_bpm)


def irregular(rng: np.random.Generator, hr_bpm: float, seconds: float) -> Array:
    """Extra beats or fibrillation."""
    law = ectopic if rng.random() < 0.5 else fibrillating
    return law(rng, hr_bpm, seconds)


def exercise(rng: np.random.Generator, hr_bpm: float, seconds: float) -> Array:
    """Effort or rest after it: ``hr_bpm`` is met halfway, up or down by 10-18 BPM each side."""
    reach = rng.uniform(10.0, 18.0) * rng.choice([-1.0, 1.0])
    beats: list[float] = []
    at = 0.0
    while at < seconds + 3.0:
        way = np.clip(at / max(seconds, 1e-6), 0, 1)
        rate = hr_bpm - reach * np.cos(np.pi * way) + rng.normal(0, 0.4)
        beats.append(60.0 / rate)
        at += beats[-1]
    return np.array(beats)
