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


def cut(image: NDArray[np.uint8], square: Square, size: int) -> NDArray[np.uint8]:
    """The square of an (H, W, 3) image as (size, size, 3), sub-pixel, area-averaged.

    Past the frame's border its outermost pixels are repeated.
    """
    # Large faces are first averaged in whole blocks of pixels on the frame's own grid, which
    # does not move with the face, is 10 times quicker than other ratios, and leaves at least
    # 3 x 3 samples for each of the crop's pixels.
    times = max(1, min(square.side // (3 * size), *image.shape[:2]))
    region = clip_square(square.x, square.y, square.side, 1.1, image)
    small, (x0, y0) = average_blocks(image, region, times)
    side = max(1, round(square.side / times))
    # OpenCV counts from the middle of the first pixel, squares from its corner.
    centre = ((square.x - x0) / times - 0.5, (square.y - y0) / times - 0.5)
    patch = cv2.getRectSubPix(small, (side, side), centre)
    how = cv2.INTER_AREA if side >= size else cv2.INTER_LINEAR
    return cv2.resize(patch, (size, size), interpolation=how).astype(np.uint8, copy=False)


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
    view = image[y0:y1, x0:x1]
    if times == 1:
        return view, (x0, y0)
    size = ((x1 - x0) // times, (y1 - y0) // times)
    return cv2.resize(view, size, interpolation=cv2.INTER_AREA).astype(np.uint8), (x0, y0)


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
