"""What a recording takes on the disk, measured with its own encoders on pictures of its source."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import av.codec
import cv2
import numpy as np
from numpy.typing import NDArray

from aimanet.sessions.cost import KEEPS, ROWS, USUAL_FPS, typical
from aimanet.sessions.info import Keep
from aimanet.sessions.layout import FACE_SIDE
from aimanet.sessions.video import COMPRESSED, LOSSLESS, Codec
from aimanet.types import FaceCrop, Frame

Step = tuple[Frame, FaceCrop]

SAMPLE_FRAMES = 12
SAMPLE_S = 1.0
"""Consecutive frames to measure on, and the time (s) after which fewer must do."""


def is_enough(sample: Sequence[Step]) -> bool:
    """Whether `measured` wants no more frames."""
    span = sample[-1][0].t - sample[0][0].t if sample else 0.0
    return len(sample) >= SAMPLE_FRAMES or span >= SAMPLE_S


def measured(
    sample: Sequence[Step], fps: float | None, wanted: Iterable[Keep] = KEEPS
) -> dict[Keep, float]:
    """Bytes a second of each choice in ``wanted``.

    Args:
        sample: consecutive frames with their faces, as many as there are; at least one.
        fps: what the source said it delivers; the sample's own times count more.
        wanted: what to measure.
    """
    images = [frame.image for frame, _ in sample]
    rate = _rate(sample) or fps or USUAL_FPS
    typically = typical((images[0].shape[1], images[0].shape[0]), 1.0)
    sizes: dict[Keep, float] = {}
    for keep in wanted:
        size = 0.0
        if keep in ("face", "face+picture"):
            size += float(np.mean(_bytes(LOSSLESS, _faces(sample), rate)))
        if keep == "face+picture":
            size += _compressed(images, rate) or typically[keep] - typically["face"]
        if keep == "frame":
            size += float(np.mean(_bytes(LOSSLESS, images[:: len(images) // 2 or 1], rate)))
        sizes[keep] = rate * (size + ROWS)
    return sizes


def _rate(sample: Sequence[Step]) -> float | None:
    span = sample[-1][0].t - sample[0][0].t
    return (len(sample) - 1) / span if span > 0 else None


def _faces(sample: Sequence[Step]) -> list[NDArray[np.uint8]]:
    """The crops, or as many middles of the picture where nobody is in it yet."""
    crops = [crop.crop for _, crop in sample if crop.crop is not None]
    return crops or [_middle(frame.image) for frame, _ in sample]


def _middle(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = image[top : top + side, left : left + side]
    small = cv2.resize(square, (FACE_SIDE, FACE_SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def _compressed(images: Sequence[NDArray[np.uint8]], rate: float) -> float | None:
    """Bytes of a compressed picture: one key frame among those that the encoder settles to."""
    if not COMPRESSED.available or len(images) < 4:
        return None
    sizes = _bytes(COMPRESSED, images, rate)
    every = int(COMPRESSED.options["g"])
    return float((sizes[0] + (every - 1) * np.mean(sizes[len(sizes) // 2 :])) / every)


def _bytes(codec: Codec, images: Sequence[NDArray[np.uint8]], rate: float) -> list[int]:
    context: Any = av.codec.CodecContext.create(codec.encoder, "w")
    size = images[0].shape[1], images[0].shape[0]
    codec.prepare(context, size, Fraction(rate).limit_denominator(1001))
    sizes = []
    for number, image in enumerate(images):
        packets = context.encode(codec.picture(image, round(1000 * number / rate)))
        sizes.append(sum(packet.size for packet in packets))
    return sizes
