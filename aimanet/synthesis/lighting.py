"""What lamps, windows, screens and passers-by do to the light of a clip."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aimanet.synthesis.pulse import wander
from aimanet.synthesis.relief import Image

Array = NDArray[np.float64]


@dataclass(slots=True)
class Shadow:
    """A soft shadow that crosses the picture: ``depth`` at ``at`` (n,) along ``angle``."""

    depth: float
    width: float
    at: Array
    along: Image

    @classmethod
    def random(cls, rng: np.random.Generator, t: Array, side: int) -> Shadow:
        """Somebody passes, a curtain moves, the head comes out of the shade."""
        axis = np.linspace(-1, 1, side, dtype=np.float32)
        angle = rng.uniform(0, 2 * np.pi)
        along = np.cos(angle) * axis[None] + np.sin(angle) * axis[:, None]
        fs = (len(t) - 1) / (t[-1] - t[0])
        at = wander(rng, len(t), fs, rng.uniform(0.1, 0.8)) * rng.uniform(0.1, 0.8)
        if rng.random() < 0.4:
            at = rng.uniform(-1, 1) + (t - rng.uniform(0, t[-1])) * rng.normal(0, 2)
        depth = float(np.exp(rng.uniform(np.log(0.02), np.log(0.4))))
        return cls(depth, float(rng.uniform(0.1, 1.0)), at, along.astype(np.float32))

    def gain(self, i: int) -> Image:
        """What is left of the light in frame ``i``, (side, side, 1)."""
        dark = np.clip((self.along - np.float32(self.at[i])) / self.width + 0.5, 0, 1)
        return (1.0 - np.float32(self.depth) * dark)[..., None]


@dataclass(slots=True)
class Light:
    """Gain of the whole picture (n, 3), its slope to the right and down (n, 2), a screen (n,)."""

    gain: Image
    slope: Image
    screen: Array
    shadow: Shadow | None
    flicker: bool


def random_light(rng: np.random.Generator, t: Array, side: int) -> Light:
    """The light over a clip, without the camera's answer to it."""
    n = len(t)
    fs = (n - 1) / (t[-1] - t[0])
    gain = np.ones((n, 3))
    depth = float(rng.choice([0.0008, 0.004, 0.015], p=[0.5, 0.35, 0.15]))
    gain += depth * wander(rng, n, fs, rng.uniform(0.1, 1.5))[:, None]
    gain += rng.uniform(0, 0.002) * np.stack([wander(rng, n, fs, 0.5) for _ in range(3)], 1)
    flicker = rng.random() < 0.18
    if flicker:  # of the mains, folded into the band by the frame rate
        wave = np.sin(2 * np.pi * (rng.uniform(0.4, 8) * t + rng.uniform()))
        gain += rng.uniform(0.001, 0.015) * wave[:, None] * rng.uniform(0.8, 1.2, 3)
    if rng.random() < 0.05:  # a lamp goes on or off
        gain *= 1 + np.clip((t - rng.uniform(0, t[-1])) / 0.05, 0, 1)[:, None] * rng.normal(0, 0.2)
    slope = np.zeros((n, 2))
    for k in range(2):
        if rng.random() < 0.6:
            slope[:, k] = wander(rng, n, fs, rng.uniform(0.2, 1.0)) * rng.uniform(0, 0.02)
    shadow = Shadow.random(rng, t, side) if rng.random() < 0.1 else None
    gain = np.clip(gain, 0.3, 2.0)
    return Light(gain.astype("f4"), slope.astype("f4"), _screen(rng, t, fs), shadow, flicker)


def _screen(rng: np.random.Generator, t: Array, fs: float) -> Array:
    """Light from a screen before the face: steps and swells, any rhythm."""
    n = len(t)
    if rng.random() > 0.22:
        return np.zeros(n)
    depth = float(np.exp(rng.uniform(np.log(0.001), np.log(0.025))))
    if rng.random() < 0.5:
        return depth * wander(rng, n, fs, rng.uniform(0.3, 3))
    steps = np.floor(t * rng.uniform(0.5, 4)).astype(int)
    return depth * rng.normal(0, 1, steps.max() + 1)[steps]
