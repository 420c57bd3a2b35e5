"""Faces in the picture beside the one that is followed."""

from __future__ import annotations

import math

from aimanet.face_box import MARGIN, BoxFilter
from aimanet.face_detector import Sighting
from aimanet.types import BBox

MIN_SIDE = 40
"""Faces whose square would be smaller than this (px) are taken for none: the network's
36 x 36 input would be made of invented pixels."""


class OtherFaces:
    """Those that were there in two looks in a row: a pattern or noise rarely is."""

    def __init__(self) -> None:
        self.boxes: tuple[BBox, ...] = ()
        """The squares of those that were there in both, largest first."""
        self._last: list[Sighting] = []

    def update(self, found: list[Sighting]) -> None:
        """Take what was found beside the followed face, in one look."""
        both = [seen for seen in found if any(_same(seen, before) for before in self._last)]
        self.boxes = tuple(_square(seen) for seen in sorted(both, key=lambda s: -s.box_size))
        self._last = found


def beside(found: list[Sighting], face: BoxFilter) -> list[Sighting]:
    """Those that are not the followed face, and large enough for a pulse."""
    x, y = face.centre
    return [
        seen
        for seen in found
        if seen.box_size * MARGIN >= MIN_SIDE
        and math.hypot(seen.box_x - x, seen.box_y - y) > 0.6 * max(seen.box_size, face.size)
    ]


def nearest(found: list[Sighting], bbox: BBox, score: float) -> Sighting | None:
    """The face of at least ``score`` whose middle lies in ``bbox``, nearest to its middle."""
    x, y, size = bbox[0] + bbox[2] / 2, bbox[1] + bbox[3] / 2, bbox[2]
    away = [(math.hypot(s.box_x - x, s.box_y - y), s) for s in found if s.score >= score]
    inside = [pair for pair in away if pair[0] < size / 2]
    return min(inside, key=lambda pair: pair[0])[1] if inside else None


def _same(one: Sighting, other: Sighting) -> bool:
    away = math.hypot(one.box_x - other.box_x, one.box_y - other.box_y)
    return away < one.box_size and 0.6 < one.box_size / max(other.box_size, 1e-6) < 1.6


def _square(seen: Sighting) -> BBox:
    side = seen.box_size * MARGIN
    return (seen.box_x - side / 2, seen.box_y - side / 2, side, side)
