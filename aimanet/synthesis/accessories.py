"""What people wear on their faces: glasses, masks, scarves."""

from __future__ import annotations

import numpy as np

from aimanet.synthesis.look import Look
from aimanet.synthesis.relief import Canvas, Image, blob, edge, ellipse


def cover(canvas: Canvas, look: Look, u: Image, uf: Image, v: Image) -> None:
    """Draws over the finished head whatever ``look`` wears; ``uf`` follows the turned face."""
    if look.mask is not None:
        _mask(canvas, look, u, uf, v)
    if look.glasses:
        _glasses(canvas, look, uf, v)
    if look.scarf:
        _scarf(canvas, look, u, v)


def _mask(c: Canvas, look: Look, u: Image, uf: Image, v: Image) -> None:
    colour = np.array(look.mask, np.float32)
    top = 0.12 + 0.16 * np.clip(np.abs(uf), 0, 1) ** 2
    shape = ellipse(u, v, 0, 0.62, 0.93, 0.66, c.px + 0.01) * edge(top - v, c.px + 0.01)
    fold = 1.0 - 0.08 * np.clip(np.sin((v - 0.2) * 22.0), 0, 1) ** 6
    light = 0.72 + 0.28 * np.sqrt(np.clip(1 - (uf / 1.05) ** 2, 0, 1)) + 0.25 * look.light[0] * uf
    c.paint(shape, np.clip(colour * (fold * light)[..., None], 0, 255))
    for s in (-1.0, 1.0):
        strap = edge(np.abs(v - 0.3 + 0.25 * (np.abs(u) - 0.8)) - 0.015, c.px)
        strap = strap * edge(0.75 - s * u, c.px) * edge(s * u - 1.0, c.px)
        c.paint(0.8 * strap, colour * 0.85)


def _glasses(c: Canvas, look: Look, u: Image, v: Image) -> None:
    width = 0.018 + 0.02 * look.glasses
    for s in (-1.0, 1.0):
        cu, cv = s * look.eye_gap, look.eye_v + 0.02
        d = np.sqrt(((u - cu) / 0.33) ** 2 + ((v - cv) / 0.24) ** 2) - 1.0
        if look.shades:
            c.paint((look.shades * edge(d * 0.26, c.px)).astype("f4"), (22.0, 20.0, 24.0))
        c.paint(edge(np.abs(d) * 0.26 - width, c.px), (28.0, 26.0, 26.0))
        glare = blob(u, v, cu - 0.1, cv - 0.08, 0.1, 0.05) * (d < 0)
        c.paint((0.35 * look.glasses * glare).astype("f4"), (240.0, 245.0, 250.0))
    bridge = edge(np.abs(v - look.eye_v) - width, c.px) * (np.abs(u) < look.eye_gap - 0.32)
    c.paint(bridge.astype("f4"), (28.0, 26.0, 26.0))


def _scarf(c: Canvas, look: Look, u: Image, v: Image) -> None:
    outer = ellipse(u, v, 0, 0.1, 1.28, look.height + 0.35, c.px + 0.01)
    below = edge(0.9 - v, 0.3) * edge(np.abs(u) - 1.5, 0.1)
    opening = ellipse(u, v, 0, 0.12, 0.82, look.height - 0.2, c.px + 0.02)
    shade = 0.8 + 0.2 * np.cos(u * 9.0 + 2.0 * v)
    cloth = np.clip(np.array(look.clothes, np.float32) * shade[..., None], 0, 255)
    c.paint((np.maximum(outer, below) * (1 - opening)).astype("f4"), cloth)
