"""How far a face has moved since the detector saw it, for the frames on which it need not look.

A look costs some 3 ms of a core, this 0.1 ms; while a face is nearly at rest it is also the
steadier of the two. Larger movements, other faces and turned heads are the detector's.
"""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
from numpy.typing import NDArray

from aimanet.face_detector import Sighting
from aimanet.face_geometry import Region, average_blocks, clip_square

LOOK_EVERY_S = 0.3
"""The detector looks at least so often (s), whatever the picture does: 3.3 times a second, at the
upper end of the rates of a heart."""

TRUST = 0.25
"""What a look at a resting face weighs beside where the face should be by then. Single looks err
by a twentieth of what they must not move the crop by, but a few a second do it at the rates of a
pulse: on a dim photograph that alone was read as one."""

PATCH = 48
"""Side of what is compared, px: the detector's box, averaged down to about that."""

MAX_SHIFT = 0.5
"""Movements beyond this (px of the patch; 1 % of the box) are looked at: the linear model holds
for small ones."""

MAX_TURN = 0.02
"""The same for a change of scale or a roll (1 = 100 %, rad): half a pixel at the patch's edge."""

MAX_LIGHT = 0.3
"""And for the contrast (1 = 100 %): a lamp may flicker, but a black picture is no dark face."""

MAX_REST = 0.15
"""What the model leaves unexplained, over the patch's contrast: more is another picture
(a hand, a turned head, noise without end), and looked at."""


class Drift:
    """Movement of one face between two looks, by least squares on grey levels.

    The newest patch is explained as the anchored one, shifted, zoomed, rolled, brightened and
    lifted: six numbers, linear for small changes (Lucas and Kanade, 1981, with the gain and bias
    of Lucas' thesis, 1984). The weights fade towards the patch's border, where the background is.
    """

    def __init__(self, image: NDArray[np.uint8], seen: Sighting, t: float) -> None:
        self.t = t
        self._seen = seen
        self._times = _even(max(1, round(seen.box_size / PATCH)))
        self._region: Region = clip_square(seen.box_x, seen.box_y, seen.box_size, 1.0, image)
        self._shape = image.shape
        self._patch, (left, top) = self._look(image)
        height, width = self._patch.shape
        # From the patch's pixels to its face: the zoom is about the face's middle.
        x = np.arange(width) - ((seen.box_x - left) / self._times - 0.5)
        y = np.arange(height)[:, None] - ((seen.box_y - top) / self._times - 0.5)
        self._usable = min(height, width) >= PATCH // 3
        if self._usable:
            self._prepare(x, y)

    def _prepare(self, x: NDArray[np.floating], y: NDArray[np.floating]) -> None:
        patch = self._patch
        down, right = np.gradient(patch)
        ones = np.ones_like(patch)
        terms = (-right, -down, -(x * right + y * down), y * right - x * down, patch, ones)
        columns = np.stack([term.ravel() for term in terms], axis=1)
        far = (x**2 + y**2) / (PATCH / 3) ** 2
        self._weight = np.sqrt(np.exp(-0.5 * far)).ravel().astype(np.float32)
        self._model = columns * self._weight[:, None]
        square = self._model.T @ self._model
        square += np.diag(1e-6 * np.diag(square) + 1e-9)  # a plain wall is not divided by nothing
        self._solve = np.linalg.solve(square, self._model.T)
        level = np.average(patch.ravel(), weights=self._weight)
        self._contrast = float(np.linalg.norm(self._weight * (patch.ravel() - level)))

    def _look(self, image: NDArray[np.uint8]) -> tuple[NDArray[np.float32], tuple[int, int]]:
        small, corner = average_blocks(image, self._region, self._times)
        grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
        return cv2.GaussianBlur(grey, (5, 5), 1.0).astype(np.float32, copy=False), corner

    def is_due(self, t: float) -> bool:
        """Whether it is time for the detector to look again."""
        return not 0.0 <= t - self.t < LOOK_EVERY_S

    def follow(self, image: NDArray[np.uint8], t: float) -> Sighting | None:
        """The face at ``t``, where it has hardly moved; None where only the detector can tell."""
        if not self._usable or image.shape != self._shape or abs(t - self.t) > 2 * LOOK_EVERY_S:
            return None
        patch, _ = self._look(image)
        change = (patch - self._patch).ravel() * self._weight
        found = self._solve @ change
        rest = float(np.linalg.norm(change - self._model @ found))
        if not rest <= MAX_REST * self._contrast:
            return None
        dx, dy, zoom, roll, gain = (float(v) for v in found[:5])
        if not (abs(dx) < MAX_SHIFT and abs(dy) < MAX_SHIFT):
            return None
        if not (abs(zoom) < MAX_TURN and abs(roll) < MAX_TURN and abs(gain) < MAX_LIGHT):
            return None
        return self._moved(dx * self._times, dy * self._times, 1.0 + zoom)

    def _moved(self, dx: float, dy: float, scale: float) -> Sighting:
        seen = self._seen
        return dataclasses.replace(
            seen,
            box_x=seen.box_x + dx,
            box_y=seen.box_y + dy,
            box_size=seen.box_size * scale,
            mark_x=seen.mark_x + dx,
            mark_y=seen.mark_y + dy,
            spread=seen.spread * scale,
            steady=True,
        )


def settle(moved: Sighting, seen: Sighting) -> Sighting:
    """A look at a face that has hardly moved, with `TRUST` for what it says anew."""
    both = {
        field: getattr(moved, field) + TRUST * (getattr(seen, field) - getattr(moved, field))
        for field in ("box_x", "box_y", "box_size", "mark_x", "mark_y", "spread")
    }
    return dataclasses.replace(seen, **both, steady=True)


def _even(times: int) -> int:
    """``times``, or one more where that makes it even: those blocks are averaged quicker."""
    return times + times % 2 if times > 2 else times
