"""Whether a sighting is the person who is being followed."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from aimanet.face_box import BoxFilter
from aimanet.face_detector import Sighting

REACH = 0.6
REACH_PER_S = 3.0
"""How far from its expected place, in box sizes, the followed face may turn up: at once,
and more for each second since it was last seen."""

MAX_SCALE = 1.6
"""Largest ratio of sizes between two sightings of the same face."""

COMPANY_S = 1.0
MAX_TONE_STEP = 0.25
"""So long (s) after more than one face was in view, a face whose colour differs by more than
this (natural logarithm of a channel's mean) is somebody else who stepped in front. A person
alone may change colour as quickly as the lamps do."""

TONE_TAU_S = 0.5
"""Time constant (s) over which the remembered colour follows the face."""


class Likeness:
    """Compares sightings with where the followed face should be and how it looked."""

    def __init__(self) -> None:
        self._tone: NDArray[np.float64] | None = None
        self._tone_t = 0.0
        self._company_t = -math.inf

    def learn(self, image: NDArray[np.uint8], seen: Sighting, t: float) -> None:
        """Remember the colour of the face that was taken for the followed one."""
        tone = _tone(image, seen)
        if self._tone is None:
            self._tone = tone
        else:
            self._tone += (1 - math.exp((self._tone_t - t) / TONE_TAU_S)) * (tone - self._tone)
        self._tone_t = t

    def in_company(self, t: float) -> bool:
        """Whether more than one face was in view just before ``t``."""
        return t - self._company_t < COMPANY_S

    def pick(
        self, face: BoxFilter, found: list[Sighting], image: NDArray[np.uint8], t: float
    ) -> Sighting | None:
        """The sighting that is most like the followed face; None if none can be it."""
        if len(found) > 1:
            self._company_t = t
        rated = [
            (cost, seen)
            for seen in found
            if (cost := self._strangeness(face, seen, image, t)) is not None
        ]
        return min(rated, key=lambda pair: pair[0])[1] if rated else None

    def _strangeness(
        self, face: BoxFilter, seen: Sighting, image: NDArray[np.uint8], t: float
    ) -> float | None:
        x, y = face.predict(t)
        away = math.hypot(seen.box_x - x, seen.box_y - y) / face.size
        scale = max(seen.box_size / face.size, face.size / max(seen.box_size, 1e-6))
        if away > REACH + REACH_PER_S * (t - face.t) or scale > MAX_SCALE:
            return None
        cost = away + scale - 1
        if self.in_company(t) and self._tone is not None:
            step = float(np.abs(_tone(image, seen) - self._tone).max())
            return cost + step if step < MAX_TONE_STEP else None
        return cost


def _tone(image: NDArray[np.uint8], seen: Sighting) -> NDArray[np.float64]:
    """Logarithm of the mean colour (3,) of the face's middle: eyes, nose, cheeks."""
    height, width = image.shape[:2]
    reach, step = seen.box_size / 4, max(1, round(seen.box_size / 40))
    x0, x1 = (int(np.clip(seen.box_x + side * reach, 0, width - 1)) for side in (-1, 1))
    y0, y1 = (int(np.clip(seen.box_y + side * reach, 0, height - 1)) for side in (-1, 1))
    middle = image[y0 : y1 + 1 : step, x0 : x1 + 1 : step]
    # Eight levels more: the noise of a nearly black channel is no change of colour.
    return np.log(middle.mean(axis=(0, 1), dtype=np.float64) + 8.0)
