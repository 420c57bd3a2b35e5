"""Photographs animated with a known pulse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aimanet.synthesis.actors import Part
from aimanet.synthesis.stage import Subject
from aimanet.types import BBox

Image = NDArray[np.float32]
FindFace = Callable[[NDArray[np.uint8]], BBox | None]


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """``picture`` (H, W, 3) uint8 RGB and its ``face`` (x, y, w, h), the tracker's square."""

    name: str
    picture: NDArray[np.uint8]
    face: BBox


def framed(photo: Photo, size: tuple[int, int], share: float) -> tuple[Image, BBox]:
    """The photograph cut and scaled to ``size`` so that the face's square is ``share`` high."""
    raise NotImplementedError


def animated(rng: np.random.Generator, photo: Photo, part: Part, size: tuple[int, int]) -> Subject:
    """The photograph as a subject."""
    raise NotImplementedError
