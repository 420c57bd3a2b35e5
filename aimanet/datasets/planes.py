"""Videos that lie in a file pixel by pixel, all times of one together (MATLAB's order), as frames.

Every frame is spread over the whole file, so the file is read once for as many frames as fit into
a fixed amount of memory, at one byte a value; floats never pile up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aimanet.types import Frame

BUDGET_BYTES = 256 << 20
"""What a block of frames may take; a video of SCAMPS or of the mini MMPD is one block."""
_UNIT = 255.0
_OVER = 1.5

Planes = NDArray[np.uint8]


class NotUnit(Exception):
    """Floats that were taken for 0-1 go beyond: they are 0-255."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Frames, height and width (px) of a video with three colours."""

    frames: int
    height: int
    width: int


Fill = Callable[[int, int, Planes, float], None]
"""Fills (3, width, height, end - first) with frames ``first`` to ``end``, floats times a scale."""


def frames(shape: Shape, fps: float, fill: Fill) -> Iterator[Frame]:
    """The frames (H, W, 3) uint8 RGB at ``fps``, a block of them at a time."""
    plane = 3 * shape.width * shape.height
    most = max(1, min(shape.frames, BUDGET_BYTES // plane))
    scale = _UNIT
    for first in range(0, shape.frames, most):
        end = min(first + most, shape.frames)
        block = np.empty((3, shape.width, shape.height, end - first), np.uint8)
        try:
            fill(first, end, block, scale)
        except NotUnit:
            scale = 1.0
            fill(first, end, block, scale)
        for k in range(first, end):
            image = np.ascontiguousarray(block[..., k - first].transpose(2, 1, 0))
            yield Frame(k, k / fps, image)


def as_bytes(values: NDArray[np.generic], scale: float) -> NDArray[np.uint8]:
    """Grey levels 0-255: integers as they are, floats times ``scale`` and rounded.

    Raises:
        NotUnit: floats were expected in 0-1 and are not.
    """
    if values.dtype == np.uint8:
        return np.asarray(values, np.uint8)
    if values.dtype.kind not in "fc":
        return np.clip(values, 0, 255).astype(np.uint8)
    levels = np.nan_to_num(np.asarray(values, np.float32), nan=0.0)
    if scale != 1.0 and levels.size and float(levels.max()) > _OVER:
        raise NotUnit
    return np.clip(np.rint(levels * np.float32(scale)), 0, 255).astype(np.uint8)
