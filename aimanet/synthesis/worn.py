"""Masks, glasses and beards put on a photograph's face."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]


def masked(u: Image, v: Image) -> tuple[Image, Image]:
    """A surgical mask at head coordinates: its cloth (h, w, 3), and where it covers (h, w, 1)."""
    r = np.hypot(u / 1.0, v / 1.35)
    cover = np.clip((v - 0.2 + 0.12 * u**2) / 0.05, 0, 1) * np.clip((1.02 - r) / 0.04, 0, 1)
    folds = 1.0 + 0.06 * np.sin(2 * np.pi * v / 0.17) - 0.25 * np.clip(u, -1.2, 1.2) ** 2
    cloth = folds[..., None] * np.array([150.0, 190.0, 205.0], np.float32)
    return np.asarray(cloth, np.float32), np.asarray(cover[..., None], np.float32)


def spectacles(u: Image, v: Image) -> tuple[Image, Image]:
    """Dark frames with a glint in each lens: colour (h, w, 3) and cover (h, w, 1)."""
    px = float(u[0, 1] - u[0, 0])
    cover = np.clip((0.035 - np.abs(v + 0.24)) / px, 0, 1) * (np.abs(u) < 0.12)
    glint = np.zeros_like(u)
    for side in (-1.0, 1.0):
        d = np.hypot((u - side * 0.42) / 0.34, (v + 0.2) / 0.26) - 1.0
        cover = np.maximum(cover, np.clip((0.035 - np.abs(d) * 0.3) / px + 0.5, 0, 1))
        spot = np.exp(-(((u - side * 0.42 + 0.1) / 0.12) ** 2) - ((v + 0.28) / 0.06) ** 2)
        glint = np.maximum(glint, spot * (d < 0))
    colour = 26.0 + 214.0 * np.clip(glint * 3, 0, 1)[..., None] * np.ones(3)
    return colour.astype(np.float32), np.maximum(cover, 0.45 * glint).astype(np.float32)[..., None]


def bearded(rng: np.random.Generator, u: Image, v: Image) -> tuple[Image, Image]:
    """A full beard: its hair (h, w, 3) and where it covers (h, w, 1)."""
    r = np.hypot(u / 0.97, v / 1.33)
    low = np.clip((v - 0.42 + 0.45 * np.abs(u)) / 0.15, 0, 1) * np.clip((1.03 - r) / 0.08, 0, 1)
    lips = np.clip((np.hypot(u / 0.36, (v - 0.72) / 0.13) - 0.9) / 0.3, 0, 1)
    grain = cv2.GaussianBlur(rng.standard_normal(u.shape).astype(np.float32), (0, 0), 1.0)
    grey = rng.uniform(18, 75) * (1.0 + 0.5 * grain[..., None])
    hair = grey * np.array([1.0, 0.82, 0.66], np.float32)
    return hair.astype(np.float32), (0.88 * low * lips).astype(np.float32)[..., None]
