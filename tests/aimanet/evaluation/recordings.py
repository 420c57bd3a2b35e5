"""Cached recordings made by hand: drawn crops on an even grid, with the pulse they were given."""

from __future__ import annotations

import numpy as np

from aimanet.datasets.cached import CachedRecording, Grid
from aimanet.preprocess import shrink
from tests.aimanet.crops import Scene, beat, face_crops


def recording(hr=72.0, seconds=14.0, seed=0, starts=(), labelled=True, name="one"):
    """``starts``: frames at which a new run begins, one second after the one before."""
    scene = Scene(hr=hr, seconds=seconds, seed=seed, noise=1.0)
    crops = np.stack([shrink(c.crop, 36) for c in face_crops(scene)]).astype(np.float16)
    n = len(crops)
    t = np.arange(n) / 30
    ppg = np.array([beat(at, hr) for at in t]) if labelled else np.full(n, np.nan)
    begins = np.zeros(n, bool)
    begins[[0, *starts]] = True
    shown = t + np.cumsum(begins) - 1.0
    return CachedRecording(
        dataset="drawn",
        name=name,
        subject=f"person of {name}",
        tags=(),
        grid=Grid(),
        t=shown,
        crops=crops,
        starts=begins,
        gap_s=np.full(n, 1 / 30, np.float32),
        ppg=ppg,
        hr_bpm=np.full(n, hr if labelled else np.nan),
    )
