"""Face crops made by hand, with a known pulse or with none: truth for the pipeline's tests.

No detector and no drawing: an uneven patch of skin colour on a background, so that what comes
out depends on the signal path alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from aimanet.types import FaceCrop

BLOOD = np.array([0.33, 0.77, 0.53]) / 0.77
SKIN = np.array([186.0, 138.0, 112.0])
SIZE = 72


@dataclass(frozen=True)
class Scene:
    """What the crops show. ``hr`` None is a face without life; ``amp`` is relative, in green."""

    hr: float | None = 72.0
    seconds: float = 15.0
    fps: float = 30.0
    amp: float = 0.004
    noise: float = 2.0
    flicker: float = 0.0
    flicker_hz: float = 1.3
    seed: int = 0
    keyframe: int = 0


def _still(rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    y, x = (np.mgrid[0:SIZE, 0:SIZE] + 0.5) / SIZE
    d = np.hypot((x - 0.5) / 0.27, (y - 0.45) / 0.38)
    skin = 1 / (1 + np.exp((d - 1) * 25))
    coarse = np.kron(rng.normal(1, 0.06, (9, 9)), np.ones((8, 8)))
    image = np.array([120.0, 128, 135]) * (1 - skin[..., None]) + SKIN * skin[..., None]
    return image * (coarse * (1.1 - 0.3 * x))[..., None], skin


def beat(t: float, hr: float) -> float:
    """A pulse of unit height with a dicrotic second harmonic."""
    phase = 2 * np.pi * hr / 60 * t
    return float(np.sin(phase) + 0.3 * np.sin(2 * phase - 0.9))


@lru_cache(maxsize=24)
def face_crops(scene: Scene) -> tuple[FaceCrop, ...]:
    """The crops of a scene, as a tracker would deliver them."""
    rng = np.random.default_rng(scene.seed)
    image, skin = (a.astype(np.float32) for a in _still(rng))
    # Cut out of a larger field at random places: as good as fresh noise, and much faster.
    field = rng.normal(0, scene.noise, (6 * SIZE, 6 * SIZE, 3)).astype(np.float32)
    blood = skin[..., None] * BLOOD.astype(np.float32)
    error = np.zeros_like(image)
    crops = []
    for i in range(round(scene.seconds * scene.fps)):
        t = i / scene.fps
        frame = image
        if scene.hr is not None:
            frame = frame * (1 - np.float32(scene.amp * beat(t, scene.hr)) * blood)
        light = 1 + scene.flicker * np.sin(2 * np.pi * scene.flicker_hz * t)
        if scene.keyframe and i % scene.keyframe == 0:
            error = np.kron(rng.normal(0, 1.5, (9, 9, 3)), np.ones((8, 8, 1))).astype(np.float32)
        y, x = rng.integers(0, 5 * SIZE, 2)
        frame = frame * np.float32(light) + error + field[y : y + SIZE, x : x + SIZE]
        crop = np.clip(frame + 0.5, 0, 255).astype(np.uint8)
        crops.append(FaceCrop(i, t, (10.0, 10.0, 72.0, 72.0), crop))
    return tuple(crops)
