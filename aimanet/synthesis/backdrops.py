"""Rooms behind a person, of things with edges: shelves, windows, panels, pictures on a wall.

Training's rooms are blurred blocks (`aimanet.synthesis.scenery.room`); these are not.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]


def backdrop(rng: np.random.Generator, height: int, width: int) -> Image:
    """A random room, (height, width, 3) float32, 0-255."""
    painters = (_shelf, _window, _panels, _pictures)
    return _taken(painters[int(rng.integers(len(painters)))](rng, height, width), rng)


def wall(rng: np.random.Generator, height: int, width: int) -> Image:
    """A wall with plaster, a socket and the edge of a door; nobody there."""
    image = _plain(rng, height, width, 70, 210)
    image += _grain(rng, height, width, 90, 2.5)
    edge = int(width * rng.uniform(0.05, 0.95))
    image[:, edge : edge + 6] *= 0.6
    x, y = int(width * rng.uniform(0.1, 0.85)), int(height * rng.uniform(0.6, 0.85))
    cv2.rectangle(image, (x, y), (x + 34, y + 34), (225, 225, 220), -1)
    cv2.circle(image, (x + 17, y + 17), 9, (90, 90, 90), -1)
    return _taken(image, rng)


def empty_room(rng: np.random.Generator, height: int, width: int) -> Image:
    """A room with a chair whose back and cushion are about where a person would be."""
    image = backdrop(rng, height, width)
    colour = tuple(float(c) for c in rng.uniform(30, 200, 3))
    dark = tuple(0.7 * c for c in colour)
    x, y = width // 2, int(height * 0.35)
    half = int(width * rng.uniform(0.1, 0.16))
    cv2.rectangle(image, (x - half, y), (x + half, int(height * 0.8)), colour, -1)
    cv2.rectangle(image, (x - half + 9, y + 12), (x + half - 9, int(height * 0.72)), dark, -1)
    for side in (-1, 1):
        arm = (x + side * (half + 14), int(height * 0.62))
        cv2.line(image, arm, (arm[0], height - 1), dark, 13)
    cv2.rectangle(image, (x - half - 20, int(height * 0.8)), (x + half + 20, height), dark, -1)
    return _taken(image, rng)


def _plain(rng: np.random.Generator, h: int, w: int, low: float, high: float) -> Image:
    grey = rng.uniform(low, high)
    colour = grey * (1 + rng.uniform(-0.15, 0.15, 3))
    slope = 1 + rng.uniform(-0.25, 0.25) * np.linspace(-1, 1, w)[None, :, None]
    return np.asarray(np.ones((h, 1, 1)) * slope * colour, np.float32)


def _grain(rng: np.random.Generator, h: int, w: int, cells: int, depth: float) -> Image:
    coarse = rng.standard_normal((cells, cells)).astype(np.float32) * np.float32(depth)
    return np.asarray(cv2.resize(coarse, (w, h), interpolation=cv2.INTER_LINEAR)[..., None])


def _shelf(rng: np.random.Generator, h: int, w: int) -> Image:
    """Books, row over row."""
    image = _plain(rng, h, w, 40, 110)
    rows = int(rng.integers(3, 6))
    for row in range(rows):
        bottom, x = int(h * (row + 1) / rows), 0
        while x < w:
            thick, tall = int(rng.integers(8, 34)), int(h / rows * rng.uniform(0.6, 0.92))
            colour = tuple(float(c) for c in rng.uniform(25, 190, 3))
            cv2.rectangle(image, (x, bottom - tall), (x + thick - 2, bottom - 6), colour, -1)
            x += thick + int(rng.integers(0, 3))
        image[bottom - 6 : bottom] *= 0.5
    return image


def _window(rng: np.random.Generator, h: int, w: int) -> Image:
    """A bright window with its cross, beside a plain wall."""
    image = _plain(rng, h, w, 60, 150)
    x, wide = int(w * rng.uniform(0.0, 0.7)), int(w * rng.uniform(0.2, 0.4))
    top, bottom = int(h * 0.08), int(h * rng.uniform(0.55, 0.8))
    sky = tuple(float(c) for c in rng.uniform(170, 245, 3))
    cv2.rectangle(image, (x, top), (x + wide, bottom), sky, -1)
    trees = tuple(float(c) for c in rng.uniform(50, 120, 3))
    cv2.rectangle(image, (x, (top + 2 * bottom) // 3), (x + wide, bottom), trees, -1)
    frame = (200.0, 196.0, 190.0)
    cv2.rectangle(image, (x, top), (x + wide, bottom), frame, 8)
    cv2.line(image, (x + wide // 2, top), (x + wide // 2, bottom), frame, 6)
    return image


def _panels(rng: np.random.Generator, h: int, w: int) -> Image:
    """Boards, tiles or a striped curtain."""
    image = _plain(rng, h, w, 70, 190)
    period = rng.uniform(14, 70)
    wave = np.sin(2 * np.pi * np.arange(w) / period + rng.uniform(0, 6))
    sharp = np.tanh(wave * rng.uniform(1, 6)) * rng.uniform(4, 30)
    return np.asarray(image + sharp.astype(np.float32)[None, :, None] + _grain(rng, h, w, 50, 3))


def _pictures(rng: np.random.Generator, h: int, w: int) -> Image:
    """Frames of abstract pictures on a wall, and a lamp."""
    image = _plain(rng, h, w, 90, 200)
    for _ in range(int(rng.integers(2, 6))):
        x, y = int(rng.uniform(0, 0.85) * w), int(rng.uniform(0, 0.6) * h)
        wide, tall = (int(s) for s in rng.uniform(0.1, 0.25, 2) * (w, h))
        cv2.rectangle(image, (x, y), (x + wide, y + tall), (40.0, 34.0, 30.0), 5)
        inner = image[y + 5 : y + tall - 5, x + 5 : x + wide - 5]
        colours = rng.uniform(40, 220, (3, 4, 3)).astype(np.float32)
        if inner.size:
            inner[...] = cv2.resize(colours, (inner.shape[1], inner.shape[0]), interpolation=0)
    lamp = (int(rng.uniform(0, 1) * w), int(rng.uniform(0, 0.3) * h))
    cv2.circle(image, lamp, int(h * 0.06), (240.0, 236.0, 222.0), -1)
    return image


def _taken(image: Image, rng: np.random.Generator) -> Image:
    """As a lens shows it: a little out of focus."""
    blurred = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.8, 2.5))
    return np.asarray(np.clip(blurred, 4, 246), np.float32)
