"""Waves to score: pulses as a sensor and as a camera see them."""

from __future__ import annotations

import numpy as np


def beats(t, hr_bpm, rng):
    """A pulse whose rate wanders a little, with a dicrotic second harmonic and a slow drift."""
    wander = np.interp(t, np.linspace(t[0], t[-1] + 1, 8), rng.normal(0, 1.5, 8))
    phase = 2 * np.pi * np.cumsum((hr_bpm + wander) / 60 * np.gradient(t))
    slow = 0.4 * np.sin(2 * np.pi * 0.2 * t + rng.uniform(0, 6))
    return np.sin(phase) + 0.35 * np.sin(2 * phase - 0.9) + slow


def pair(n=1800, fs=30.0, hr_bpm=72.0, noise=1.0, seed=0, derivative=False):
    """A predicted and a measured wave (n,), float64; as differences where ``derivative``."""
    rng = np.random.default_rng(seed)
    t = np.arange(n + 1) / fs
    label = beats(t, hr_bpm, rng)
    pred = np.roll(label, 4) + rng.normal(0, noise, n + 1) + 0.002 * t**2
    if derivative:
        label, pred = np.diff(label), np.diff(pred)
        return pred / pred.std(), label / label.std()
    return pred[1:], label[1:] * 40 + 500
