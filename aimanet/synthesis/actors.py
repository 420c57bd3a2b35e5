"""Drawn people, dolls and cartoons as subjects for a `stage`.

The head is `draw_head`'s; the skin gets pores, freckles, moles and lines that training's skin has
not, and the room behind has edges (`backdrops`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from aimanet.synthesis.backdrops import backdrop
from aimanet.synthesis.drawing import Portrait, draw_head, smooth_noise
from aimanet.synthesis.look import Look
from aimanet.synthesis.scenery import pulse_colour
from aimanet.synthesis.stage import Box, Subject
from aimanet.synthesis.worn import masked

Image = NDArray[np.float32]
TURN = 0.25
"""Shift of the light (head units) from which the light's change by turning is measured."""


@dataclass(frozen=True, slots=True)
class Part:
    """Who is to be drawn.

    Ranges: ``melanin`` (0-1), ``size`` of the head over the picture's height, ``strength`` of the
    pulse on light skin (relative standard deviation, green). What is worn: ``glasses``, ``beard``,
    ``mask``. ``cartoon``: flat colours, thick outlines. ``tone``: range that the skin of a
    photograph is darkened or lightened to; None leaves it as it is.
    """

    melanin: tuple[float, float] = (0.0, 0.7)
    size: tuple[float, float] = (0.5, 0.68)
    strength: tuple[float, float] = (0.0025, 0.0055)
    glasses: bool = False
    beard: bool = False
    mask: bool = False
    cartoon: bool = False
    tone: tuple[float, float] | None = None


def drawn(rng: np.random.Generator, part: Part, size: tuple[int, int] = (640, 480)) -> Subject:
    """A person (or with no use of the pulse, a doll) before a room, ``size`` width and height."""
    width, height = size
    look = _cast(rng, part)
    unit = height * rng.uniform(*part.size) / 2.75
    cx, cy = width * rng.uniform(0.44, 0.56), height * rng.uniform(0.44, 0.5)
    left, right = max(0, int(cx - 3.1 * unit)), min(width, int(cx + 3.1 * unit))
    top = max(0, int(cy - 2.7 * unit))
    box = (left, top, right - left, height - top)
    u, v = np.meshgrid(
        ((np.arange(left, right) - cx) / unit).astype(np.float32),
        ((np.arange(top, height) - cy) / unit).astype(np.float32),
    )
    return _Drawing(rng, look, part, u, v).subject(
        backdrop(rng, height, width), box, (float(cx), float(cy)), float(unit)
    )


def _cast(rng: np.random.Generator, part: Part) -> Look:
    look = Look.random(rng)
    melanin = float(rng.uniform(*part.melanin))
    dark = min(look.hair[0], 150.0 * (1.0 - 0.85 * melanin))
    return replace(
        look,
        melanin=melanin,
        hair=(dark, dark * rng.uniform(0.66, 0.85), dark * rng.uniform(0.42, 0.7)),
        hat=False,
        tone=None,
        shades=0.0,
        mask=None,
        scarf=False,
        tilt=0.0,
        yaw=look.yaw * 0.5,
        texture=0.02,
        ambient=max(look.ambient, 0.45),
        glasses=float(rng.uniform(0.4, 1.0)) if part.glasses else 0.0,
        beard=float(rng.uniform(0.6, 0.95)) if part.beard else 0.0,
        moustache=float(rng.uniform(0.5, 0.95)) if part.beard else 0.0,
    )


class _Drawing:
    def __init__(
        self, rng: np.random.Generator, look: Look, part: Part, u: Image, v: Image
    ) -> None:
        self._rng, self._look, self._part, self._u, self._v = rng, look, part, u, v
        here = self._head()
        # The camera exposes for the face, as far as it can.
        bright = float(np.percentile(here.rgb[here.perfusion > 0.5], 99))
        self._gain = min(205.0 / bright, max(1.0, 110.0 / bright))
        self._skin = self._complexion(here.perfusion)

    def subject(self, back: Image, box: Box, centre: tuple[float, float], unit: float) -> Subject:
        here = self._head()
        still = self._painted(here)
        right = self._painted(self._head(light_shift=(-TURN, 0.0)))
        down = self._painted(self._head(light_shift=(0.0, -TURN)))
        pulse, late = self._pulse(here, still)
        covered = self._part.mask
        return Subject(
            back=back,
            box=box,
            still=np.dstack([still, here.alpha]).astype(np.float32),
            centre=centre,
            unit=unit,
            pulse=pulse,
            late=late,
            yaw=(right - still) / np.float32(TURN),
            pitch=(down - still) / np.float32(TURN),
            shut=_patch(self._painted(self._head(blink=1.0)) - still),
            mouth=None if covered else _patch(self._painted(self._head(mouth_open=1.0)) - still),
            screen=self._front(here.alpha),
            jaw=0.05 if covered else 0.0,
        )

    def _head(
        self,
        blink: float = 0.0,
        mouth_open: float = 0.0,
        light_shift: tuple[float, float] = (0.0, 0.0),
    ) -> Portrait:
        return draw_head(
            self._look,
            self._u,
            self._v,
            blink=blink,
            mouth_open=mouth_open,
            light_shift=light_shift,
        )

    def _painted(self, portrait: Portrait) -> Image:
        image = portrait.rgb * np.float32(self._gain) * self._skin
        if self._part.mask:
            cloth, cover = masked(self._u, self._v)
            image += (cloth - image) * cover
        if self._part.cartoon:
            image = _flat(image, np.asarray(portrait.alpha, np.float32))
        return np.asarray(np.clip(image, 0, 255), np.float32)

    def _complexion(self, perfusion: NDArray[np.floating]) -> Image:
        """Pores, freckles, moles and lines: a factor on the skin, (h, w, 3)."""
        rng, shape = self._rng, self._u.shape
        pores = cv2.GaussianBlur(rng.standard_normal(shape).astype(np.float32), (0, 0), 1.2)
        tone = 1.0 + 0.02 * pores / (pores.std() + 1e-6)
        spots = np.zeros(shape, np.float32)
        for _ in range(int(rng.integers(0, 60))):
            at = (int(rng.integers(shape[1])), int(rng.integers(shape[0])))
            cv2.circle(spots, at, int(rng.integers(1, 3)), float(rng.uniform(0.05, 0.35)), -1)
        brow = 0.5 + 0.5 * np.cos(2 * np.pi * (self._v + 0.6) / rng.uniform(0.09, 0.16))
        lines = brow**8 * (np.abs(self._v + 0.6) < 0.2) * (np.abs(self._u) < 0.55)
        spots = cv2.GaussianBlur(spots, (0, 0), 0.8) + rng.uniform(0, 0.08) * lines
        dark = np.array([0.7, 1.0, 1.1], np.float32)
        factor = tone[..., None] * (1.0 - np.clip(spots, 0, 0.5)[..., None] * dark)
        on = np.clip(perfusion, 0, 1)[..., None]
        return np.asarray(1.0 + (factor - 1.0) * on, np.float32)

    def _pulse(self, here: Portrait, still: Image) -> tuple[Image, Image]:
        """Perfusion in patches, later the further from the heart's side and in some patches."""
        rng, shape = self._rng, here.alpha.shape
        patches = np.clip(1 + 0.35 * smooth_noise(rng, shape, 5), 0.2, 2.0)
        where = here.perfusion * patches
        if self._part.mask:
            where = where * (1.0 - masked(self._u, self._v)[1][..., 0])
        colour = pulse_colour(self._look.melanin) * np.float32(rng.uniform(*self._part.strength))
        pulse = -still * (where[..., None] * colour)
        delay = 0.01 * smooth_noise(rng, shape, 4) - 0.012 * self._v
        return pulse.astype(np.float32), (-pulse * delay[..., None]).astype(np.float32)

    def _front(self, alpha: NDArray[np.floating]) -> Image:
        """How much a screen before the face lights each place (h, w)."""
        nz = np.sqrt(np.clip(1.0 - (self._u / 1.15) ** 2 - (self._v / 1.5) ** 2, 0, 1))
        body = 0.5 * np.clip(self._v - 1.2, 0, 1)
        return np.asarray(np.maximum(nz, body) * alpha, np.float32)


def _patch(change: Image) -> tuple[Box, Image]:
    """The part of a picture where something changes."""
    where = np.abs(change).max(axis=2) > 0.5
    x, y, w, h = cv2.boundingRect(where.astype(np.uint8))
    return (x, y, w, h), np.ascontiguousarray(change[y : y + h, x : x + w])


def _flat(image: Image, alpha: Image) -> Image:
    """Few flat colours within thick dark outlines."""
    smooth = cv2.bilateralFilter(image, 9, 60, 7)
    flat = np.floor(smooth / 42.0) * 42.0 + 21.0
    edge = cv2.Laplacian(cv2.GaussianBlur(smooth.mean(axis=2), (0, 0), 1.6), cv2.CV_32F)
    ink = np.clip(np.abs(edge) / 4.0 - 0.4, 0, 1)[..., None]
    return np.asarray(flat * (1 - 0.9 * ink) * alpha[..., None], np.float32)
