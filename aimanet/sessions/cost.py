"""What a recording takes on the disk."""

from __future__ import annotations

from typing import get_args

from aimanet.sessions.info import Keep
from aimanet.sessions.layout import FACE_SIDE

KEEPS: tuple[Keep, ...] = get_args(Keep)

USUAL_SIZE = (640, 480)
USUAL_FPS = 30.0

ROWS = 120
"""Bytes of a frame in the tables and of its entry in the video."""

_LOSSLESS_PX, _COMPRESSED_PX = 1.5, 0.08
"""Bytes of a pixel as a noisy webcam has them."""


def typical(size: tuple[int, int] = USUAL_SIZE, fps: float | None = None) -> dict[Keep, float]:
    """Bytes a second of each choice for pictures of ``size`` (w, h) px.

    For a source whose pictures nobody has seen yet; else `aimanet.sessions.sample` measures.
    """
    pixels = size[0] * size[1]
    face = _LOSSLESS_PX * FACE_SIDE**2
    sizes: dict[Keep, float] = {
        "face": face,
        "face+picture": face + _COMPRESSED_PX * pixels,
        "frame": _LOSSLESS_PX * pixels,
        "none": 0.0,
    }
    return {keep: (fps or USUAL_FPS) * (value + ROWS) for keep, value in sizes.items()}
