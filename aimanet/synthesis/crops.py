"""Face crops with a known pulse, fast enough to feed the trainer."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from aimanet.synthesis import codec
from aimanet.synthesis.painter import Painter, Traits
from aimanet.synthesis.pulse import PulseShape, PulseTrace, Rhythm
from aimanet.synthesis.relief import Image
from aimanet.types import FaceCrop

Array = NDArray[np.float64]
CROP = 72
"""Side (px) of a crop, as the live face tracker cuts it."""

TRAVELLING = 0.75
"""Share of the encoded clips in which the encoder sees the head move through the picture."""


@dataclass(frozen=True, slots=True, eq=False)
class CropClip:
    """A clip of crops with its truth: ``trace`` gives the pulse at any time of the clip.

    ``traits`` says what was drawn; ``coded`` whether an encoder had it.
    """

    crops: list[FaceCrop]
    trace: PulseTrace
    seconds: float
    coded: bool
    traits: Traits | None = None


def random_clip(rng: np.random.Generator, seconds: float = 6.2, coded: float = 0.35) -> CropClip:
    """Draws one random clip of about ``seconds``: another person, light, camera and pulse.

    A share of ``coded`` (0-1) of the clips goes through a real video encoder.
    """
    t = frame_times(rng, seconds)
    trace = random_trace(rng, seconds)
    coder = codec.Coder.random(rng, 1.0 / float(np.median(np.diff(t))), coded)
    # An encoder gets twice the size and the noise of that size; the area average takes it back.
    # It mostly sees the head travel, as in a camera's picture; the crop is cut afterwards.
    travels = coder is not None and rng.random() < TRAVELLING
    painter = Painter(rng, CROP * 2 if coder else CROP, 1.6 if coder else 1.0, travels)
    images = painter.frames(t, trace)
    if coder:
        images = coder.round_trip(images)
    crops = [
        FaceCrop(i, float(ti), (0.0, 0.0, 1.0, 1.0), _to_crop(painter.cut(image, i)))
        for i, (ti, image) in enumerate(zip(t, images, strict=False))
    ]
    crops = _disturb(rng, crops)
    return CropClip(crops, trace, seconds, coder is not None, painter.traits)


def frame_times(rng: np.random.Generator, seconds: float) -> Array:
    """Time stamps (s) of a random camera: its rate, its jitter."""
    rates = [30.0, 29.97, 25.0, 24.0, 20.0, 15.0, 50.0, 60.0]
    fps = rng.choice(rates, p=[0.44, 0.1, 0.13, 0.06, 0.07, 0.12, 0.03, 0.05])
    if rng.random() < 0.08:
        fps = rng.uniform(15, 32)  # what a dim room leaves of the promised rate
    t = np.arange(int(seconds * fps) + 1) / fps
    if rng.random() < 0.3:
        t = t + rng.normal(0, rng.uniform(0, 0.12) / fps, len(t))
        t = np.maximum.accumulate(t)
    return t - t[0]


def random_trace(rng: np.random.Generator, seconds: float) -> PulseTrace:
    """A pulse of 40-200 BPM: even over rate or over its logarithm, both ends more often."""
    hr, kind = float(rng.uniform(40, 200)), rng.random()
    if kind < 0.45:
        hr = float(np.exp(rng.uniform(np.log(40), np.log(200))))
    elif kind < 0.6:
        hr = float(rng.uniform(40, 56) if rng.random() < 0.5 else rng.uniform(150, 200))
    trend = 0.3 if rng.random() < 0.08 else 0.1  # exercise begins, or ends
    return PulseTrace(
        hr,
        seconds + 1.0,
        rng,
        shape=PulseShape.random(rng),
        variability=rng.uniform(0, 0.05),
        trend=rng.uniform(-trend, trend),
        breathing=rng.uniform(0, 0.4),
        rhythm=Rhythm.random(rng),
    )


def _to_crop(image: Image) -> NDArray[np.uint8]:
    fits = image.shape[0] == CROP
    crop = image if fits else cv2.resize(image, (CROP, CROP), interpolation=cv2.INTER_AREA)
    return np.clip(crop + 0.5, 0, 255).astype(np.uint8)


def _disturb(rng: np.random.Generator, crops: list[FaceCrop]) -> list[FaceCrop]:
    """Drops and doubles some frames of some clips, as busy cameras do."""
    if rng.random() > 0.2:
        return crops
    out: list[FaceCrop] = []
    drop, double = rng.uniform(0, 0.08), rng.uniform(0, 0.15)
    for crop in crops:
        kind = rng.random()
        if out and kind < drop:
            continue
        if out and kind < drop + double:
            crop = FaceCrop(crop.index, crop.t, crop.bbox, out[-1].crop)
        out.append(crop)
    return out
