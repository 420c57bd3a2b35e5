"""A human head drawn from a handful of numbers.

Head coordinates: u to the right, v down, the face an oval of half-width 1 and half-height 1.3
around (0, 0); eyes near v = -0.15, mouth near v = 0.66, hair line near v = -0.8.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aimanet.synthesis.accessories import cover
from aimanet.synthesis.look import Look
from aimanet.synthesis.relief import (
    Canvas,
    Image,
    blob,
    edge,
    ellipse,
    grained,
    relief,
    smooth_noise,
)

__all__ = ["Image", "Portrait", "draw_head", "smooth_noise"]


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """A drawn head.

    ``rgb`` (H, W, 3) 0-255, premultiplied by ``alpha`` (H, W); ``perfusion`` (H, W) says how
    much blood shows there (0 on hair, eyes and clothes, about 1 on the cheeks).
    """

    rgb: Image
    alpha: Image
    perfusion: Image


def draw_head(
    look: Look,
    u: Image,
    v: Image,
    *,
    blink: float = 0.0,
    mouth_open: float = 0.0,
    light_shift: tuple[float, float] = (0.0, 0.0),
) -> Portrait:
    """Draws ``look`` on a grid of head coordinates ``u``, ``v`` (H, W), float32.

    ``blink`` and ``mouth_open`` are 0-1; ``light_shift`` moves the lamp (for relighting).
    """
    cos, sin = np.float32(np.cos(look.tilt)), np.float32(np.sin(look.tilt))
    u, v = u * cos + v * sin, v * cos - u * sin
    px = float(np.abs(u[0, 1] - u[0, 0]) + np.abs(v[0, 1] - v[0, 0])) or 0.01
    shape = u.shape
    canvas = Canvas(
        np.zeros((*shape, 3), np.float32), np.zeros(shape, "f4"), np.zeros(shape, "f4"), px
    )
    rng = np.random.default_rng(look.seed)
    skin = _shaded_skin(look, u, v, rng, light_shift)
    _body(canvas, look, u, v, skin)
    uf = u - np.float32(look.yaw * 0.35)  # features slide sideways when the head turns
    _face(canvas, look, u, v, skin)
    _nose(canvas, look, uf, v, light_shift)
    for side in (-1.0, 1.0):
        _eye(canvas, look, uf, v, side, blink)
    _mouth(canvas, look, uf, v, mouth_open)
    _beard(canvas, look, uf, v, rng, mouth_open)
    _hair(canvas, look, u, v, rng)
    cover(canvas, look, u, uf, v)
    return Portrait(np.clip(canvas.rgb, 0, 255), canvas.alpha, canvas.perfusion)


def _shaded_skin(
    look: Look, u: Image, v: Image, rng: np.random.Generator, shift: tuple[float, float]
) -> Image:
    du, dv, paint = relief(look, u, v, rng)
    nu, nv = u / 1.12 - look.yaw * 0.3, v / (look.height + 0.15)
    nz = np.sqrt(np.clip(1.0 - nu**2 - nv**2, 0.0, 1.0))
    nu, nv = nu - du, nv - dv
    length = np.sqrt(np.maximum(nu**2 + nv**2 + nz**2, 1.0)) if look.relief else np.float32(1.0)
    light = np.array(look.light, np.float32) + np.array([*shift, 0.0], np.float32)
    light /= np.linalg.norm(light)
    lambert = np.clip((nu * light[0] + nv * light[1] + nz * light[2]) / length, 0.0, None)
    shade = look.ambient + (1.0 - look.ambient) * lambert
    texture = smooth_noise(rng, u.shape, 6) + 0.7 * smooth_noise(rng, u.shape, 24)
    shade = shade * (1.0 + look.texture * 0.7 * texture)
    half = light + np.array([0, 0, 1], np.float32)
    half /= np.linalg.norm(half)
    mirror = np.clip((nu * half[0] + nv * half[1] + nz * half[2]) / length, 0.0, 1.2)
    gloss = mirror**18 + (1.5 * mirror**70 if look.relief else 0.0)
    return (shade[..., None] * look.skin * paint + (look.gloss * 90.0 * gloss)[..., None]).astype(
        np.float32
    )


def _body(c: Canvas, look: Look, u: Image, v: Image, skin: Image) -> None:
    soft = c.px
    if look.long_hair and look.hairline > -1.9:
        c.paint(ellipse(u, v, 0, 0.25, 1.3 + look.hair_volume, 1.75, soft + 0.05), look.hair)
    neck = edge(np.abs(u) - 0.55 - 0.08 * np.clip(v - 1.3, 0, 2) ** 2, soft) * edge(0.7 - v, soft)
    shadow = 0.62 + 0.3 * np.clip((v - 1.2) / 1.2, 0, 1)
    c.paint(neck.astype(np.float32), look.skin * shadow[..., None], 0.45)
    c.paint(ellipse(u, v, 0, 3.1, 2.5, 1.25, soft), look.clothes)
    for side in (-1.0, 1.0):
        c.paint(ellipse(u, v, side * 1.02, -0.02, 0.13, 0.28, soft), skin * 0.85, 0.6)


def _face(c: Canvas, look: Look, u: Image, v: Image, skin: Image) -> None:
    low = np.clip(v / look.height, 0.0, 1.0)
    width = 1.0 - look.jaw * low**2
    d = np.sqrt((u / width) ** 2 + (v / look.height) ** 2) - 1.0
    c.paint(edge(d, c.px), skin, 0.9)
    cheeks = blob(u, v, -0.52, 0.25, 0.3, 0.28) + blob(u, v, 0.52, 0.25, 0.3, 0.28)
    forehead = blob(u, v, 0, -0.6, 0.6, 0.25)
    face = c.perfusion > 0
    c.perfusion += np.where(face, 0.3 * cheeks + 0.2 * forehead, 0.0).astype(np.float32)
    c.rgb[..., 1:] *= (1.0 - 0.07 * cheeks)[..., None]


def _nose(c: Canvas, look: Look, u: Image, v: Image, shift: tuple[float, float]) -> None:
    lu = look.light[0] + shift[0]
    ridge = np.exp(-((u / 0.12) ** 2)) * edge(np.abs(v - 0.08) - 0.3, 0.12)
    side = (-u / 0.12) * ridge
    c.rgb *= (1.0 + look.nose * (0.09 * ridge + 0.25 * np.clip(lu, -0.6, 0.6) * -side))[..., None]
    under = blob(u, v, 0, 0.43, 0.22, 0.06)
    c.rgb *= (1.0 - 0.3 * look.nose * under)[..., None]
    for s in (-1.0, 1.0):
        c.rgb *= (1.0 - 0.55 * blob(u, v, s * 0.095, 0.385, 0.05, 0.03))[..., None]
        c.rgb *= (1.0 - 0.16 * blob(u, v, s * 0.17, 0.33, 0.05, 0.1))[..., None]


def _eye(c: Canvas, look: Look, u: Image, v: Image, side: float, blink: float) -> None:
    cu, cv, k = side * look.eye_gap, look.eye_v, look.eye_size
    c.rgb *= (1.0 - 0.22 * blob(u, v, cu, cv - 0.02, 0.28, 0.16))[..., None]
    lid = max(0.075 * k * (1.0 - blink), 0.004)
    opening = ellipse(u, v, cu, cv + 0.03 * blink, 0.17 * k, lid, c.px)
    shown = 1.0 if blink < 0.95 else 0.0
    c.paint(opening * 0.92 * shown, (226.0, 220.0, 214.0))
    iris = ellipse(u, v, cu, cv, 0.078 * k, 0.078 * k, c.px) * opening * shown
    c.paint(iris, look.iris)
    c.paint(ellipse(u, v, cu, cv, 0.036 * k, 0.036 * k, c.px) * opening * shown, (12, 10, 10))
    glint = blob(u, v, cu + 0.03, cv - 0.03, 0.02, 0.02) * opening * shown
    c.paint(0.8 * glint, (255.0, 255.0, 255.0))
    line_v = cv + 0.03 * blink - lid * np.sqrt(np.clip(1 - ((u - cu) / (0.19 * k)) ** 2, 0, 1))
    lash = edge(np.abs(v - line_v) - 0.012, c.px) * (np.abs(u - cu) < 0.19 * k)
    c.paint(0.75 * lash.astype(np.float32), (30.0, 22.0, 20.0))
    arch = cv - 0.25 + 0.35 * (u - cu - side * 0.02) ** 2 * 3 - 0.03 * side * (u - cu)
    brow = edge(np.abs(v - arch) - 0.035, c.px + 0.015) * edge(np.abs(u - cu) - 0.24, 0.04)
    c.paint((look.brow * brow).astype(np.float32), np.array(look.hair) * 0.7)


def _mouth(c: Canvas, look: Look, u: Image, v: Image, opened: float) -> None:
    w, drop = look.mouth_width, 0.13 * opened
    lips = look.skin * np.array([0.96, 0.66, 0.66], np.float32)
    upper = ellipse(u, v, 0, 0.63, w, 0.055 * look.lip, c.px + 0.01)
    lower = ellipse(u, v, 0, 0.69 + drop, w * 0.9, 0.065 * look.lip, c.px + 0.01)
    c.paint(np.maximum(upper, lower) * 0.8, lips, 0.7)
    gap = ellipse(u, v, 0, 0.655 + drop / 2, w * 0.88, 0.014 + drop * 0.62, c.px)
    c.paint(gap * 0.85, (52.0, 22.0, 22.0))
    if opened > 0.3:
        teeth = ellipse(u, v, 0, 0.635 + drop * 0.15, w * 0.6, 0.03, c.px) * gap
        c.paint(teeth * 0.85, (225.0, 220.0, 208.0))
    c.rgb *= (1.0 - 0.14 * blob(u, v, 0, 0.82 + drop, 0.22, 0.05))[..., None]


def _beard(
    c: Canvas, look: Look, u: Image, v: Image, rng: np.random.Generator, opened: float
) -> None:
    grain = 1.0 + 0.12 * smooth_noise(rng, u.shape, 60)
    if look.beard:
        r = np.sqrt((u / 0.95) ** 2 + (v / look.height) ** 2)
        low = edge(0.45 + 0.25 * (1 - np.clip(np.abs(u), 0, 1)) - v, 0.12) * edge(r - 1.02, 0.05)
        mouth = ellipse(u, v, 0, 0.67 + 0.06 * opened, look.mouth_width + 0.04, 0.13, 0.04)
        c.paint((look.beard * low * (1 - mouth)).astype("f4"), grained(look.hair, grain))
    if look.moustache:
        tash = ellipse(u, v, 0, 0.53, look.mouth_width + 0.06, 0.065, 0.03)
        c.paint(look.moustache * tash, grained(look.hair, grain))


def _hair(c: Canvas, look: Look, u: Image, v: Image, rng: np.random.Generator) -> None:
    if look.hairline <= -1.9:
        return
    grain = 1.0 + 0.09 * smooth_noise(rng, u.shape, 60)
    vol = look.hair_volume
    skull = ellipse(u, v, 0, -0.12, 1.04 + vol * 0.6, look.height + vol, c.px + 0.02)
    line = look.hairline + 0.45 * u**2 + 0.05 * smooth_noise(rng, u.shape, 8)
    if look.fringe:
        strands = smooth_noise(rng, (2, u.shape[1]), max(8, u.shape[1] // 3))[:1]
        line = line + look.fringe * (0.32 + 0.12 * strands) * np.exp(-((u / 0.7) ** 4))
    if look.hat:
        skull = ellipse(u, v, 0, -0.3, 1.15, look.height + 0.15, c.px)
        line = np.full_like(u, look.hairline + 0.1)
        c.paint(skull * edge(v - line, c.px), look.clothes)
        return
    c.paint((skull * edge(v - line, c.px + 0.03)).astype("f4"), grained(look.hair, grain))
    if look.long_hair:
        strand = edge(0.86 - np.abs(u) + 0.1 * v, 0.05) * edge(np.abs(u) - 1.3, 0.06)
        strand = strand * edge(v - 1.6, 0.1) * edge(-0.7 - v, 0.1)
        c.paint(strand.astype("f4"), grained(look.hair, grain))
