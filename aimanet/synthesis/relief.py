"""Brushes, and what makes a drawn face less of an egg: bones, creases, pores, freckles.

Head coordinates as in `aimanet.synthesis.drawing`: u to the right, v down.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from aimanet.synthesis.look import RGB, Look

Image = NDArray[np.floating]

# Middle (u, v), half-widths (u, v) and height of a face's hills and hollows, in head units.
_HILLS = np.array(
    [
        (0.0, 0.02, 0.10, 0.26, 0.16),  # ridge of the nose
        (0.0, 0.31, 0.14, 0.11, 0.15),  # its tip
        (-0.15, 0.35, 0.07, 0.07, 0.05),  # its wings
        (0.15, 0.35, 0.07, 0.07, 0.05),
        (-0.36, -0.36, 0.26, 0.10, 0.05),  # brows
        (0.36, -0.36, 0.26, 0.10, 0.05),
        (-0.40, -0.14, 0.20, 0.13, -0.07),  # sockets of the eyes
        (0.40, -0.14, 0.20, 0.13, -0.07),
        (-0.55, 0.16, 0.24, 0.20, 0.06),  # cheekbones
        (0.55, 0.16, 0.24, 0.20, 0.06),
        (-0.62, 0.62, 0.22, 0.25, -0.05),  # hollows of the cheeks
        (0.62, 0.62, 0.22, 0.25, -0.05),
        (0.0, 0.66, 0.34, 0.20, 0.07),  # lips
        (0.0, 0.86, 0.20, 0.06, -0.03),  # groove below them
        (0.0, 1.08, 0.24, 0.15, 0.08),  # chin
        (0.0, -0.72, 0.55, 0.28, 0.05),  # forehead
    ],
    np.float32,
)


@dataclass(slots=True)
class Canvas:
    """What is being drawn: ``rgb`` premultiplied by ``alpha``, blood, and a pixel's size."""

    rgb: Image
    alpha: Image
    perfusion: Image
    px: float

    def paint(self, mask: Image, colour: object, perfusion: float = 0.0) -> None:
        """Lays ``colour`` over what is there, as thick as ``mask`` (H, W) says, 0-1."""
        m = mask[..., None]
        self.rgb += (np.asarray(colour, np.float32) - self.rgb) * m
        self.alpha += (1.0 - self.alpha) * mask
        self.perfusion += (perfusion - self.perfusion) * mask


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], cells: int) -> Image:
    """Smooth unit-variance noise with about ``cells`` blobs along each side, (H, W)."""
    coarse = rng.standard_normal((cells, cells)).astype(np.float32)
    out = cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return (out / (out.std() + 1e-6)).astype(np.float32)


def edge(distance: Image, softness: float) -> Image:
    """1 inside (negative distance), 0 outside, a ramp of ``softness`` to both sides."""
    return np.clip(0.5 - distance / (2.0 * softness), 0.0, 1.0)


def ellipse(u: Image, v: Image, cu: float, cv: float, a: float, b: float, soft: float) -> Image:
    """A filled ellipse, (H, W), 0-1."""
    du, dv = (u - cu) / a, (v - cv) / b
    r = np.sqrt(du**2 + dv**2)
    # First-order distance to the outline, (r - 1) / |grad r|: stays right for thin ellipses.
    return edge((r - 1.0) * r / np.sqrt((du / a) ** 2 + (dv / b) ** 2 + 1e-6), soft)


def blob(u: Image, v: Image, cu: float, cv: float, a: float, b: float) -> Image:
    """A Gaussian hill of height 1, (H, W)."""
    return np.exp(-(((u - cu) / a) ** 2) - ((v - cv) / b) ** 2)


def grained(colour: RGB, grain: Image) -> Image:
    """A colour with a grain (H, W) around 1, (H, W, 3)."""
    return np.clip(np.array(colour, np.float32) * grain[..., None], 0, 255)


def relief(
    look: Look, u: Image, v: Image, rng: np.random.Generator
) -> tuple[Image | float, Image | float, Image | float]:
    """Slopes of the face's surface along u and v (H, W), and the skin's own paint (H, W, 3)."""
    if not look.relief:
        return 0.0, 0.0, 1.0
    own = np.random.default_rng(look.seed + 1)  # relighting must not reshape the face
    uf = u - np.float32(look.yaw * 0.35)
    du, dv = np.zeros_like(u), np.zeros_like(u)
    for cu, cv, a, b, height in _HILLS:
        height = height * look.relief * own.uniform(0.5, 1.5)
        hill = blob(uf, v, cu, cv * own.uniform(0.95, 1.05), a, b) * np.float32(2 * height)
        du -= hill * ((uf - cu) / a**2)
        dv -= hill * ((v - cv) / b**2)
    return du, dv, _paint(look, uf, v, own)


def _paint(look: Look, u: Image, v: Image, rng: np.random.Generator) -> Image:
    """Colour of the skin over its mean, (H, W, 3): pores, folds, freckles, stubble, blush."""
    shape, fine = u.shape, u.shape[1]
    pores = smooth_noise(rng, shape, max(24, int(fine * 0.8)))
    paint = 1.0 + look.relief * (0.012 * pores + 0.02 * smooth_noise(rng, shape, 12))
    paint = paint * (1.0 - look.age * _folds(u, v, rng))
    red = 0.6 * (blob(np.abs(u), v, 0.5, 0.3, 0.28, 0.25) + blob(u, v, 0, 0.3, 0.15, 0.15))
    red = red + 0.35 * smooth_noise(rng, shape, 5)
    colour = paint[..., None] * (1.0 + red[..., None] * np.array([0.015, -0.035, -0.03], "f4"))
    if look.freckles:
        spots = np.clip(smooth_noise(rng, shape, max(20, fine // 3)) - 1.3, 0, 0.7)
        spots = spots * look.freckles * (0.3 + blob(u, v, 0, 0.15, 0.9, 0.35))
        colour *= 1.0 - spots[..., None] * np.array([0.25, 0.4, 0.45], "f4")
    if look.stubble:
        low = edge(0.5 + 0.3 * (1 - np.clip(np.abs(u), 0, 1)) - v, 0.2) * look.stubble
        grain = low * (1.0 + 0.35 * smooth_noise(rng, shape, max(24, fine // 2)))
        colour *= 1.0 - np.clip(grain, 0, 1)[..., None] * np.array([0.34, 0.3, 0.24], "f4")
    return colour.astype(np.float32)


def _folds(u: Image, v: Image, rng: np.random.Generator) -> Image:
    """Depth of the lines that age draws, (H, W), 0 to about 0.3."""
    side = np.abs(u)
    line = 0.17 + 0.24 * (v - 0.33) / 0.45
    cheek = np.exp(-(((side - line) / 0.035) ** 2)) * edge(np.abs(v - 0.57) - 0.22, 0.06)
    bag = np.exp(-(((v + 0.02 - 0.25 * (side - 0.42) ** 2) / 0.03) ** 2))
    bag = bag * edge(np.abs(side - 0.42) - 0.17, 0.05)
    waves = v + 0.03 * np.cos(u * 4 + rng.uniform(0, 6)) + 0.05 * u * rng.uniform(-1, 1)
    brow = np.clip(np.sin(waves * rng.uniform(38, 60)), 0, 1) ** 3
    brow = brow * blob(u, v, 0, -0.62, 0.5, 0.2)
    return 0.26 * cheek + 0.2 * bag + 0.16 * brow
