"""Frame to face crop: one person's face, followed, cut at sub-pixel precision.

`FaceTracker` looks for the face (`face_detector`), keeps to one person, smooths the square
around the face (`face_box`) and cuts it out. Where the detector's model comes from is
`face_model`'s business.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from aimanet.face_box import MARGIN, BoxFilter
from aimanet.face_detector import FaceDetector, Sighting
from aimanet.face_drift import Drift, settle
from aimanet.face_geometry import Region, Square, clip_square, cut, tiles
from aimanet.face_identity import Likeness
from aimanet.face_model import existing_model, face_model_path
from aimanet.face_others import MIN_SIDE, OtherFaces, beside, nearest
from aimanet.picture_check import EVERY_S, figures
from aimanet.preprocess import BRIDGE_S
from aimanet.types import BBox, FaceCrop, Frame, PictureFigures

__all__ = ["FaceTracker", "face_model_path"]

SUSPECT_SCORE = 0.4
ACQUIRE_SCORE = 0.7
KEEP_SCORE = 0.5
"""Anything above the first is given a closer look, a new face needs the second in that look,
the one being followed only the third. Wallpaper, blobs and noise reach 0.72 in one look, but
none of 250 such pictures reached 0.7 in the closer one; real faces 40 px wide or very dark
(mean level 8) pass it, and keep above 0.5 half hidden or in a blur of a third of their width."""

HOLD_S = 0.5
"""While the detector misses the face, its square stays where it was for so long (s)."""

PATIENCE_S = 1.0
"""Only after so long (s) may somebody else be followed instead."""

RIVAL_SCALE = 3.0
RIVAL_EVERY_S = 1.0
RIVAL_LOOKS = 3
"""A face so many times larger takes over if it is there in so many looks in a row: then the
one being followed is a poster, or somebody far behind, found while the user was away."""

REGION = 3.0
"""Side of the part of the frame that is searched for the followed face, in box sizes."""


class FaceTracker:
    """Follows one face through the frames of a source. Use and close it in one thread.

    Args:
        crop_size: side of the crops, px.
        model_path: the detector's model; by default `face_model_path` finds or fetches it.

    Attributes:
        detect_s: seconds the detector took in the last `track`; 0 where it did not look.
        looks: how often it has looked since `reset`.

    Raises:
        FaceModelError: there is no usable model.
    """

    def __init__(self, crop_size: int = 72, model_path: Path | None = None) -> None:
        self.crop_size = crop_size
        # Its pictures are small: waking other threads costs more than they give.
        cv2.setNumThreads(1)
        path = face_model_path() if model_path is None else existing_model(model_path)
        self._detector = FaceDetector(path, min_score=SUSPECT_SCORE)
        self.reset()

    def reset(self) -> None:
        """Forget the face; the next one found may be anybody's."""
        self._face: BoxFilter | None = None
        self._region: tuple[float, float, float] | None = None
        self._image: NDArray[np.uint8] | None = None
        self._before: NDArray[np.uint8] | None = None
        self._measured_t = -math.inf
        self._last: FaceCrop | None = None
        self._tiles: Iterator[int] = itertools.count()
        self._likeness = Likeness()
        self._rival_looks = 0
        self._rival_t = -math.inf
        self._drift: Drift | None = None
        self._others = OtherFaces()
        self._wanted: BBox | None = None
        self._is_chosen = False
        self._withheld_until = -math.inf
        self.detect_s = 0.0
        self.looks = 0

    def choose(self, bbox: BBox) -> None:
        """Follow the face in ``bbox`` (one of ``FaceCrop.others``) from the next frame on.

        Nothing happens where none is found there. No larger face takes over from a chosen one.
        """
        self._wanted = bbox

    def close(self) -> None:
        """Free the detector; idempotent."""
        self._detector.close()
        self.reset()

    def track(self, frame: Frame) -> FaceCrop:
        """The face of the next frame; ``bbox`` and ``crop`` are None when there is none.

        A frame equal to the one before gives the pixels of the crop before, unchanged.
        Time that runs backwards (another source, a loop) resets the tracker.
        """
        if self._last is not None and frame.t < self._last.t:
            self.reset()
        self.detect_s = 0.0
        image = _as_rgb(frame.image)
        if self._last is not None and self._is_repeated(image):
            picture = self._measure(image, self._last.bbox, frame.t)
            self._last = dataclasses.replace(
                self._last, index=frame.index, t=frame.t, picture=picture
            )
            return self._last
        seen = self._find(image, frame.t)
        if seen is not None:
            self._follow(seen, image, frame.t)
        square = self._square(frame.t)
        self._last = self._crop(frame, image, square)
        # A repeated picture is worth another look where the first did not find the face.
        self._image = image if seen is not None else None
        return self._last

    def _is_repeated(self, image: NDArray[np.uint8]) -> bool:
        old = self._image
        if old is None or old.shape != image.shape:
            return False
        return np.array_equal(old[::16, ::16], image[::16, ::16]) and np.array_equal(old, image)

    def _follow(self, seen: Sighting, image: NDArray[np.uint8], t: float) -> None:
        if self._face is None:
            self._likeness.learn(image, seen, t)
            self._face = BoxFilter(seen, t)
        else:
            self._face.update(seen, t)

    def _square(self, t: float) -> Square | None:
        if self._face is None or t - self._face.t > HOLD_S or t < self._withheld_until:
            return None
        return self._face.square

    def _crop(self, frame: Frame, image: NDArray[np.uint8], square: Square | None) -> FaceCrop:
        if square is None:
            picture = self._measure(image, None, frame.t)
            return FaceCrop(frame.index, frame.t, None, None, picture, self._others.boxes)
        half = square.side / 2
        bbox = (square.x - half, square.y - half, float(square.side), float(square.side))
        crop = cut(image, square, self.crop_size)
        picture = self._measure(image, bbox, frame.t)
        return FaceCrop(frame.index, frame.t, bbox, crop, picture, self._others.boxes)

    def _measure(
        self, image: NDArray[np.uint8], bbox: BBox | None, t: float
    ) -> PictureFigures | None:
        before, self._before = self._before, image
        if t - self._measured_t < EVERY_S:
            return None
        self._measured_t = t
        return figures(image, before, bbox)

    def _find(self, image: NDArray[np.uint8], t: float) -> Sighting | None:
        if min(image.shape[:2]) < 2:
            return None
        if self._wanted is not None and (chosen := self._find_chosen(self._wanted, image)):
            self._forget_face()
            self._is_chosen = True
            # A gap that is not bridged: two people's pulses do not meet in one window.
            self._withheld_until = t + 1.1 * BRIDGE_S
            return chosen
        if self._face is not None and (
            t - self._face.t > PATIENCE_S or self._is_outdone(self._face, image, t)
        ):
            self._forget_face()
        if self._face is None:
            return self._find_new(image)
        return self._find_again(self._face, image, t)

    def _forget_face(self) -> None:
        self._face = self._region = self._drift = None
        self._likeness = Likeness()
        self._rival_looks = 0
        self._others = OtherFaces()
        self._is_chosen = False

    def _find_chosen(self, bbox: BBox, image: NDArray[np.uint8]) -> Sighting | None:
        self._wanted = None
        size = bbox[2] / MARGIN
        near = clip_square(bbox[0] + bbox[2] / 2, bbox[1] + bbox[3] / 2, size, REGION, image)
        return nearest(self._look(image, near), bbox, KEEP_SCORE)

    def _find_again(self, face: BoxFilter, image: NDArray[np.uint8], t: float) -> Sighting | None:
        """The face being followed; without the detector where it has hardly moved."""
        moved = None if self._drift is None else self._drift.follow(image, t)
        if self._drift is not None and moved is not None and not self._drift.is_due(t):
            return moved
        seen = self._look_again(face, image, t)
        if seen is not None and moved is not None:
            seen = settle(moved, seen)
        rests = seen is not None and face.settled and not self._likeness.in_company(t)
        self._drift = Drift(image, seen, t) if rests and seen is not None else None
        return seen

    def _look_again(self, face: BoxFilter, image: NDArray[np.uint8], t: float) -> Sighting | None:
        """The face being followed: where it should be, else anywhere it can have got to."""
        for region in (self._search_region(face, image), None):
            found = [s for s in self._look(image, region) if s.score >= KEEP_SCORE]
            if picked := self._likeness.pick(face, found, image, t):
                self._likeness.learn(image, picked, t)
                return picked
        return None

    def _look(self, image: NDArray[np.uint8], region: Region | None = None) -> list[Sighting]:
        began = perf_counter()
        found = self._detector.look(image, region)
        self.detect_s += perf_counter() - began
        self.looks += 1
        return found

    def _is_outdone(self, face: BoxFilter, image: NDArray[np.uint8], t: float) -> bool:
        """Whether somebody very much larger has been there for some seconds.

        The same look, once a second, says which other faces there are.
        """
        if t - self._rival_t < RIVAL_EVERY_S:
            return False
        self._rival_t = t
        found = self._look(image)
        others = [self._confirm(seen, image) for seen in beside(found, face)]
        self._others.update([seen for seen in others if seen is not None])
        is_there = any(
            seen.score >= ACQUIRE_SCORE and seen.box_size > RIVAL_SCALE * face.size
            for seen in found
        )
        self._rival_looks = self._rival_looks + 1 if is_there else 0
        return self._rival_looks >= RIVAL_LOOKS and not self._is_chosen

    def _search_region(self, face: BoxFilter, image: NDArray[np.uint8]) -> Region:
        """A square around the face, which stays put while it can.

        A detector that sees the same things at the same place errs the same way, and the
        box is steadier for it.
        """
        x, y = face.centre
        if self._region is not None:
            x0, y0, size = self._region
            near = math.hypot(x - x0, y - y0) < 0.5 * size
            if not (near and 0.75 < face.size / size < 1.33):
                self._region = None
        if self._region is None:
            self._region = (x, y, face.size)
        return clip_square(*self._region, REGION, image)

    def _find_new(self, image: NDArray[np.uint8]) -> Sighting | None:
        """The largest and most central face; small ones tile by tile, one tile a frame."""
        all_tiles = tiles(image)
        tile = all_tiles[next(self._tiles) % len(all_tiles)]
        for region in (None, tile):
            found = self._look(image, region)
            for seen in sorted(found, key=lambda seen: -_prominence(seen, image)):
                if seen.box_size * MARGIN >= MIN_SIDE and (sure := self._confirm(seen, image)):
                    return sure
        return None

    def _confirm(self, seen: Sighting, image: NDArray[np.uint8]) -> Sighting | None:
        """The same face in a closer look, if it is one."""
        region = clip_square(seen.box_x, seen.box_y, seen.box_size, REGION, image)
        for closer in self._look(image, region):
            away = math.hypot(closer.box_x - seen.box_x, closer.box_y - seen.box_y)
            if closer.score >= ACQUIRE_SCORE and away < seen.box_size / 2:
                return closer
        return None


def _as_rgb(image: NDArray[Any]) -> NDArray[np.uint8]:
    """Grey and alpha pictures as RGB; RGB as it is, contiguous."""
    if image.ndim == 2 or image.shape[2] == 1:
        image = np.repeat(image.reshape(*image.shape[:2], 1), 3, axis=2)
    return np.ascontiguousarray(image[..., :3])


def _prominence(seen: Sighting, image: NDArray[np.uint8]) -> float:
    """Size, with faces at the frame's edge counting half."""
    height, width = image.shape[:2]
    away = math.hypot(seen.box_x / width - 0.5, seen.box_y / height - 0.5) / math.hypot(0.5, 0.5)
    return seen.box_size * (1 - 0.5 * away)
