"""Parts of a frame: which to look at, and how to take them out without shaking them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Region = tuple[int, int, int, int]
"""x0, y0, x1, y1 in pixels of the frame, inside it."""


@dataclass(frozen=True, slots=True)
class Square:
    """A square in a frame: centre (px, pixel i covers i to i + 1) and whole side (px)."""

    x: float
    y: float
    side: int


FINE = 2
"""Samples a side for each of a crop's pixels, before they are averaged."""

COARSEST = (1.5, 2.0)
"""Most pixels, and most blocks of pixels, between two samples. Each sample is the mean of two by
two, so nothing is left out, and sensor noise averages out as well as over the whole area (at 1.5:
0.125 and 0.111 of its power)."""


def cut(image: NDArray[np.uint8], square: Square, size: int) -> NDArray[np.uint8]:
    """The square of an (H, W, 3) image as (size, size, 3), sub-pixel, averaged.

    Past the frame's border its outermost pixels are repeated.
    """
    # Large faces are first averaged in whole blocks of pixels on the frame's own grid, which
    # does not move with the face. Sides of 1, 2, 4, ... pixels have code of their own in OpenCV.
    times, samples = 1, FINE * size
    while square.side > COARSEST[times > 1] * times * samples and 2 * times <= min(image.shape[:2]):
        times *= 2
    region = clip_square(square.x, square.y, square.side, 1.1, image)
    small, (x0, y0) = average_blocks(image, region, times)
    step = square.side / times / samples
    # OpenCV counts from the middle of the first pixel, squares from its corner.
    left, top = (
        (centre - corner) / times - 0.5 - step * (samples - 1) / 2
        for centre, corner in ((square.x, x0), (square.y, y0))
    )
    where = np.array([[step, 0.0, left], [0.0, step, top]])
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    fine = cv2.warpAffine(
        small, where, (samples, samples), flags=how, borderMode=cv2.BORDER_REPLICATE
    )
    # In floats, because OpenCV rounds the mean of four bytes up: an eighth of a level too bright.
    mean = cv2.resize(fine.astype(np.float32), (size, size), interpolation=cv2.INTER_AREA)
    return np.rint(mean).astype(np.uint8)


def average_blocks(
    image: NDArray[np.uint8], region: Region, times: int
) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """A region made ``times`` smaller by averaging blocks of ``times`` x ``times`` pixels.

    The blocks lie on the frame's own grid, wherever the region begins. Returns the small
    picture and the frame's pixel (x, y) at its corner.
    """
    (x0, x1), (y0, y1) = (
        _whole_blocks(region[axis], region[axis + 2], image.shape[1 - axis], times)
        for axis in (0, 1)
    )
    small = image[y0:y1, x0:x1]
    while times > 1:
        step = 2 if times % 2 == 0 else times  # twos first: many times quicker
        size = (small.shape[1] // step, small.shape[0] // step)
        small = cv2.resize(small, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
        times //= step
    return small, (x0, y0)


def _whole_blocks(start: int, stop: int, length: int, times: int) -> tuple[int, int]:
    first = min(start // times, length // times - 1)
    last = min(-(-stop // times), length // times)
    return first * times, max(last, first + 1) * times


def clip_square(x: float, y: float, size: float, times: float, image: NDArray[np.uint8]) -> Region:
    """A square of ``times * size`` around (x, y), inside the image and never empty."""
    height, width = image.shape[:2]
    half = max(times * size / 2, 8.0)
    x0, x1 = (min(max(round(v), 0), width) for v in (x - half, x + half))
    y0, y1 = (min(max(round(v), 0), height) for v in (y - half, y + half))
    return min(x0, width - 1), min(y0, height - 1), max(x1, x0 + 1), max(y1, y0 + 1)


def tiles(image: NDArray[np.uint8]) -> list[Region]:
    """Overlapping squares of half the frame's shorter side, the middle ones first."""
    height, width = image.shape[:2]
    side = max(min(height, width) // 2, 1)
    lefts, tops = (_spread(length, side) for length in (width, height))
    squares = [(x, y, x + side, y + side) for y in tops for x in lefts]
    middle = (width / 2, height / 2)
    return sorted(squares, key=lambda r: math.dist(((r[0] + r[2]) / 2, (r[1] + r[3]) / 2), middle))


def _spread(length: int, side: int) -> list[int]:
    """Starts of windows of ``side`` that cover ``length`` with about half overlap."""
    count = max(1, math.ceil(2 * (length - side) / side) + 1)
    return [round(i * (length - side) / max(1, count - 1)) for i in range(count)]
