"""From jumpy sightings of one face to the square its crops are cut from."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from aimanet.face_detector import Sighting
from aimanet.face_geometry import Square

MARGIN = 1.4
"""Side of the square over the detector's box, which reaches from mid-forehead to the chin."""

LIFT = 0.08
"""How far the square's centre lies above the box's, in box sizes. With `MARGIN`, the hairline
is then about 5 % below the square's top, the chin about 9 % above its bottom, and the cheeks
span two thirds of its width: the middle of the range of faces that `aimanet.synthesis` draws
and the network has learned from."""

SLOW_HZ = 0.5
SPEED_HZ = 40.0
REST_SPEED = 0.04
SPEED_CUT_HZ = 1.5
"""The centre's low-pass: cut-off (Hz) at rest, what one box size per second adds to it (Hz),
the speed (box sizes per second) that is still taken for the detector's noise, and the cut-off
(Hz) of the speed itself. Of 36 settings tried on drawn motion and noise this one jitters least
(0.01 px of a 72 px crop from frame to frame at a sensor noise of 10 levels) among those that
stay within 0.4 px of heads swaying by 5-100 px."""

STEADY_HZ = 1.5
"""The cut-off at rest (Hz) for steady sightings. Each beat of the heart nods the head by a
thousandth of the face; at `SLOW_HZ` the square stayed behind half of that, and the shading that
went through the crop in the pulse's own rhythm cost the colours their likeness to blood."""

SHAPE_TAU_S = 1.0
"""Time constant (s) over which box and landmarks agree on offset and scale."""

SIZE_TAU_S = 0.15
"""Time constant (s) of each of two low-passes of the size: the face's and the square's."""

SETTLE_S = 0.5
"""A new face's square may adjust its side freely for so long (s): one look is 3 % wrong."""

SIZE_START = 0.04
SIZE_STOP = 0.005
"""The square starts to follow the face's size at a difference of 4 % and stops at 0.5 %:
between, its scale is constant and adds nothing to the pulse."""


class OneEuro:
    """Low-pass for a position: slow while it rests, quick while it moves.

    After Casiez, Roussel and Vogel, "1 Euro Filter" (CHI 2012): the cut-off rises with the
    smoothed speed. ``unit`` makes speeds relative, so that near and far heads act alike.
    """

    def __init__(self, x: NDArray[np.float64]) -> None:
        self.x = x
        self.speed = np.zeros_like(x)
        self._raw = x

    def update(
        self, x: NDArray[np.float64], dt: float, unit: float, rest_hz: float = SLOW_HZ
    ) -> NDArray[np.float64]:
        """The smoothed position, ``dt`` seconds after the last; ``rest_hz``: cut-off at rest."""
        self.speed = self.speed + _weight(dt, SPEED_CUT_HZ) * ((x - self._raw) / dt - self.speed)
        self._raw = x
        speed = float(np.hypot(*self.speed)) / unit
        cutoff = rest_hz + SPEED_HZ * max(0.0, speed - REST_SPEED)
        self.x = self.x + _weight(dt, cutoff) * (x - self.x)
        return self.x


class BoxFilter:
    """Follows one face: a steady, sub-pixel centre and a side that seldom changes.

    The landmarks' mean and spread are far steadier from frame to frame than the detector's
    box, the box knows better where the whole head is. So the quick part is taken from the
    landmarks and the slow part from the box (a complementary filter), then smoothed.
    """

    def __init__(self, first: Sighting, t: float) -> None:
        self.t = t
        self._shape = _shape(first)
        self.size = first.box_size
        self._centre = OneEuro(np.array([first.box_x, first.box_y]))
        self._level = self._target = self.size
        self._gliding = True
        self._settled_t = t + SETTLE_S
        self._count = 1
        self._side = round(MARGIN * self.size)

    @property
    def square(self) -> Square:
        """What to cut now."""
        x, y = self.centre
        return Square(x, y - LIFT * self._side / MARGIN, self._side)

    @property
    def settled(self) -> bool:
        """Whether its square has had the time to find its size."""
        return self.t >= self._settled_t

    @property
    def centre(self) -> tuple[float, float]:
        """The smoothed middle of the detector's box, px."""
        return float(self._centre.x[0]), float(self._centre.x[1])

    def predict(self, t: float) -> tuple[float, float]:
        """Where the face's centre should be at ``t`` if it kept its speed (px)."""
        x, y = self._centre.x + self._centre.speed * min(t - self.t, 0.2)
        return float(x), float(y)

    def update(self, seen: Sighting, t: float) -> None:
        """Take in the newest sighting of the face."""
        dt = t - self.t
        if dt <= 0:
            return
        self.t = t
        self._count += 1
        weight = max(1 / self._count, 1 - math.exp(-dt / SHAPE_TAU_S))  # a plain mean at first
        self._shape += weight * (_shape(seen) - self._shape)
        centre = np.array([seen.mark_x, seen.mark_y]) + self._shape[:2] * seen.spread
        rest_hz = STEADY_HZ if seen.steady else SLOW_HZ
        self._centre.update(centre, dt, self.size, rest_hz)
        self._update_side(float(self._shape[2]) * seen.spread, dt)

    def _update_side(self, size: float, dt: float) -> None:
        weight = 1 - math.exp(-dt / SIZE_TAU_S)
        self._level += weight * (size - self._level)
        self.size = self._level
        away = abs(self._level / self._target - 1)
        self._gliding = away > (SIZE_STOP if self._gliding else SIZE_START)
        self._gliding |= self.t < self._settled_t
        if self._gliding:
            self._target += weight * (self._level - self._target)
        if abs(MARGIN * self._target - self._side) > 0.75:  # not 0.5: no flicker between two
            self._side = round(MARGIN * self._target)


def _shape(seen: Sighting) -> NDArray[np.float64]:
    """Offset (x, y) of the box from the landmarks and its size, all in spreads."""
    offset = (seen.box_x - seen.mark_x, seen.box_y - seen.mark_y, seen.box_size)
    return np.array(offset) / max(seen.spread, 1e-6)


def _weight(dt: float, cutoff_hz: float) -> float:
    """What the newest value weighs in a first-order low-pass."""
    return 1 - math.exp(-2 * math.pi * cutoff_hz * dt)
