"""Where a photograph shows a face's skin, how dark it is, and where its light comes from."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from aimanet.synthesis.look import skin_colour

Array = NDArray[np.float64]
Image = NDArray[np.float32]

FLOOR = 6.0
"""Grey levels added before logarithms: what lies below is mostly noise."""


@dataclass(frozen=True, slots=True, eq=False)
class Complexion:
    """The skin of one face.

    ``mask`` (h, w) 0-1: how far a pixel is skin of the face; ``around`` the same with neck and
    ears, as far as these are told from the background. ``melanin`` 0-1. ``light``: the
    direction the light comes from (right, down, towards the camera), times its share of all
    light; its length is below 1 and the rest comes from everywhere.
    """

    mask: Image
    around: Image
    melanin: float
    light: tuple[float, float, float]


def complexion(image: Image, u: Image, v: Image) -> Complexion:
    """Finds the skin of a face in ``image`` (h, w, 3) 0-255, at head coordinates ``u``, ``v``.

    The colour of cheeks, forehead and nose gives a model in chromaticities that is as good on
    dark skin as on light; brows, eyes, beards and glasses are what is darker than the smooth
    course of brightness over the face. Shadows on one side are part of that course.
    """
    blur = max(0.6, 0.02 / float(u[0, 1] - u[0, 0]))
    smooth = np.asarray(cv2.GaussianBlur(image, (0, 0), blur), np.float32)
    face, distance = _inside(u, v), _strangeness(smooth, u, v)
    level = np.log(smooth.mean(axis=2) + FLOOR)
    course = _course(level, u, v, (face > 0.5) & (distance < 3.0))
    odd = level - course
    lit = np.clip((odd + 0.5) / 0.25, 0, 1) * np.clip((0.65 - odd) / 0.25, 0, 1)
    mask = face * np.clip((4.0 - distance) / 1.5, 0, 1) * lit
    if mask.sum() < 0.25 * face.sum():  # an odd picture: the oval without the eyes must do
        mask = 0.8 * face * np.clip((odd + 0.8) / 0.3, 0, 1)
    near = np.clip((1.0 - np.hypot(u / 1.35, (v - 0.2) / 1.9)) / 0.15, 0, 1)
    around = near * np.clip((3.0 - distance) / 1.5, 0, 1) * np.clip((odd + 1.2) / 0.3, 0, 1)
    mask, around = (
        np.asarray(cv2.GaussianBlur(m.astype(np.float32), (0, 0), blur), np.float32)
        for m in (mask, np.maximum(mask, around))
    )
    return Complexion(mask, around, _melanin(smooth, mask), _light(level, u, v, mask))


def toned(image: Image, skin: Complexion, melanin: float) -> Image:
    """``image`` with the skin of another tone, exposed a little for it; shades stay shades."""
    factor = skin_colour(melanin) / skin_colour(skin.melanin)
    exposed = image * np.float32(1.0 + 0.35 * (melanin - skin.melanin))
    return np.asarray(np.clip(exposed * factor ** skin.around[..., None], 0, 255), np.float32)


def _inside(u: Image, v: Image) -> Image:
    """The face's oval without the eyes, soft."""
    d = np.hypot(u / (0.98 - 0.2 * np.clip(v / 1.3, 0, 1) ** 2), v / np.where(v < 0, 1.22, 1.3))
    oval = np.clip((1.03 - d) / 0.12, 0, 1)
    for side in (-1.0, 1.0):
        eye = np.hypot((u - side * 0.42) / 0.2, (v + 0.17) / 0.1)
        oval = oval * np.clip((eye - 0.8) / 0.4, 0, 1)
    return np.asarray(oval, np.float32)


def _strangeness(image: Image, u: Image, v: Image) -> Image:
    """Distance of each pixel's chromaticity from the skin's, in deviations, (h, w)."""
    r, g, b = (image[..., c] + FLOOR for c in range(3))
    chroma = np.stack([np.log(r / g), np.log(b / g)], -1)
    cheeks = (np.abs(np.abs(u) - 0.45) < 0.2) & (v > 0.08) & (v < 0.42)
    brow = (np.abs(u) < 0.4) & (v > -0.8) & (v < -0.5)
    nose = (np.abs(u) < 0.12) & (v > -0.05) & (v < 0.3)
    samples = chroma[cheeks | brow | nose]
    if not len(samples):
        return np.zeros(u.shape, np.float32)
    middle = np.median(samples, axis=0)
    near = samples[np.abs(samples - middle).max(axis=1) < 0.35]
    if len(near) > 20:
        middle = np.median(near, axis=0)
    spread = np.clip(1.5 * np.median(np.abs(samples - middle), axis=0), 0.07, 0.14)
    spread = spread + (2.5 / (image.mean(axis=2) + FLOOR))[..., None]  # dark pixels' hue is noise
    away = (chroma - middle) * (1.0, -1.0)
    away = np.where(away > 0, away / 2.5, away)  # what turns from the light is deeper coloured
    return np.sqrt(((away / spread) ** 2).sum(axis=2)).astype(np.float32)


def _course(level: Image, u: Image, v: Image, where: NDArray[np.bool_]) -> Image:
    """Brightness (log) as a smooth function over the face, fitted to the skin, (h, w)."""
    terms = _terms(u, v)
    use = where & (np.hypot(u, v / 1.3) < 1.0)
    x, y = terms[use], level[use].astype(np.float64)
    if len(y) < 100:
        return np.full(u.shape, float(np.median(level)), np.float32)
    pick = slice(None, None, max(1, len(y) // 4000))
    x, y = x[pick], y[pick]
    trust = np.where(v[use][pick] > 0.45, 0.12, 1.0)  # there may be a beard
    weight = trust
    for _ in range(6):  # dark things (beard, brows, frames) lose their say quickly
        fit = np.linalg.lstsq(x * weight[:, None], y * weight, rcond=None)[0]
        off = y - x @ fit
        weight = trust * np.exp(-np.square(np.where(off < 0, off / 0.22, off / 0.4)))
    return np.asarray(terms @ fit, np.float32)


def _terms(u: Image, v: Image) -> Array:
    x, y = np.clip(u, -1.1, 1.1), np.clip(v, -1.4, 0.6)  # no guess at what is under a beard
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y, x**3], -1).astype(np.float64)


def _melanin(image: Image, mask: Image) -> float:
    """The tone whose individual typology angle the skin has, a little above its middle light."""
    skin = image[mask > 0.6]
    if len(skin) < 20:
        return 0.4
    grey = skin.mean(axis=1)
    low, high = np.percentile(grey, (45, 80))
    colour = np.median(skin[(grey >= low) & (grey <= high)], axis=0)
    tones = np.linspace(0, 1, 41)
    angles = typology_angle(np.stack([skin_colour(m) for m in tones]))
    return float(np.interp(-typology_angle(colour[None])[0], -angles, tones))


def typology_angle(colours: Image) -> Array:
    """Individual typology angle (degrees) of sRGB ``colours`` (n, 3) 0-255.

    Chardon et al. (1991), atan((L* - 50) / b*): 55 and more is the lightest skin, below -30 the
    darkest of six classes (Del Bino & Bernerd 2013, "Variations in skin colour").
    """
    srgb = np.ascontiguousarray(colours[None], np.float32) / np.float32(255.0)
    lab = cv2.cvtColor(srgb, cv2.COLOR_RGB2LAB)[0].astype(np.float64)
    return np.degrees(np.arctan2(lab[:, 0] - 50.0, np.maximum(lab[:, 2], 1.0)))


def normals(u: Image, v: Image) -> Image:
    """Of a head as an ellipsoid, (h, w, 3): right, down, towards the camera."""
    nx, ny = u / 1.12, v / 1.5
    scale = np.maximum(np.hypot(nx, ny) / 0.98, 1.0)
    nx, ny = nx / scale, ny / scale
    return np.stack([nx, ny, np.sqrt(np.maximum(1 - nx**2 - ny**2, 0.0))], -1).astype(np.float32)


def _light(level: Image, u: Image, v: Image, mask: Image) -> tuple[float, float, float]:
    """Least squares of brightness over the normals (Lambert's law and light from everywhere)."""
    use = mask > 0.6
    if use.sum() < 100:
        return 0.0, -0.2, 0.4
    facing = normals(u, v)[use].astype(np.float64)
    linear = np.exp(level[use].astype(np.float64)) ** 2.2
    x = np.column_stack([np.ones(len(linear)), facing])
    fit = np.linalg.lstsq(x, linear / linear.mean(), rcond=None)[0]
    beam = fit[1:] * (1.0, 1.0, 0.5)  # an oval is poor at telling the front's light
    beam[2] = max(float(beam[2]), 0.1)
    length = float(np.linalg.norm(beam))
    x, y, z = beam * min(0.75 / length, 1.0)
    return float(x), float(y), float(z)
