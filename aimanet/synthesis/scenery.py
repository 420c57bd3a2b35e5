"""Rooms, noise, and the pulse's colour."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from aimanet.synthesis.look import Look
from aimanet.synthesis.relief import Image, smooth_noise
from aimanet.synthesis.skin import Skin, reflect

PULSE_COLOUR = np.array([0.43, 1.0, 0.69], np.float32)
"""Relative pulse strength in R, G, B over their own mean, for white light on light skin:
0.33 : 0.77 : 0.53 (de Haan & Jeanne 2013, the unit vector of the pulse), scaled to green."""


def pulse_colour(melanin: float) -> NDArray[np.float32]:
    """Relative strength of the pulse in R, G, B for a skin; green of the lightest skin is 1.

    The measured colour of light skin, faded as `aimanet.synthesis.skin` says: melanin sits above
    the blood and takes its share of the light first, most of all in blue, while what the surface
    sends back stays: on dark skin the pulse is weaker and blue light hardly carries any.
    """
    fade = reflect(Skin(melanin=float(melanin)))[1] / reflect(Skin(melanin=0.0))[1]
    return PULSE_COLOUR * fade.astype(np.float32)


def room(rng: np.random.Generator, height: int, width: int) -> Image:
    """A random blurred background, (height, width, 3) float32, 0-255."""
    base = rng.uniform(15, 225, 3).astype(np.float32)
    image = np.ones((height, width, 3), np.float32) * base
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = x / width, y / height
    for _ in range(int(rng.integers(1, 7))):
        cx, cy, w, h = rng.uniform(0, 1), rng.uniform(0, 1), *rng.uniform(0.05, 0.5, 2)
        inside = ((np.abs(x - cx) < w) & (np.abs(y - cy) < h))[..., None]
        image += inside * rng.uniform(-70, 70, 3).astype(np.float32)
    texture = smooth_noise(rng, (height, width), int(rng.integers(3, 14)))
    image += texture[..., None] * rng.uniform(0, 18)
    slope = 1 + rng.uniform(-0.3, 0.3) * (x - 0.5) + rng.uniform(-0.3, 0.3) * (y - 0.5)
    image *= slope[..., None]
    blur = rng.uniform(0.001, 0.01) * width
    return cv2.GaussianBlur(np.clip(image, 3, 250), (0, 0), blur).astype(np.float32)


def screen_map(look: Look, u: Image, v: Image) -> Image:
    """How strongly a screen in front of the face lights it, (H, W), 0-1."""
    nz = np.sqrt(np.clip(1.0 - (u / 1.1) ** 2 - (v / (look.height + 0.1)) ** 2, 0, 1))
    return nz.astype(np.float32)


class NoiseBank:
    """Sensor noise for many frames from one array of random numbers."""

    def __init__(self, rng: np.random.Generator, shape: tuple[int, ...], frames: int = 16) -> None:
        self._rng = rng
        self._shape = shape
        self._size = int(np.prod(shape))
        self._bank = rng.standard_normal(self._size * frames, dtype=np.float32)

    def frame(self) -> Image:
        """A fresh frame of unit noise (a random stretch of the bank)."""
        start = int(self._rng.integers(0, len(self._bank) - self._size + 1))
        return self._bank[start : start + self._size].reshape(self._shape)
