"""Recordings of toy faces, made of a few numbers: a coloured square that pulses."""

from __future__ import annotations

import numpy as np

from aimanet.datasets.cached import CachedRecording, Grid
from aimanet.preprocess import Recipe

SMALL = Recipe(image_size=12)


def recording(
    subject="1",
    name="",
    *,
    dataset="toy",
    seconds=8.0,
    hr=75.0,
    labelled=True,
    starts=(0,),
    fs=30.0,
    size=12,
):
    """``seconds`` at ``hr`` BPM; runs begin at the frames ``starts``."""
    rng = np.random.default_rng([ord(c) for c in f"{subject}{name}{hr}"])
    t = np.arange(round(seconds * fs)) / fs
    bvp = np.sin(2 * np.pi * hr / 60 * t + rng.uniform(0, 6))
    face = rng.uniform(80, 160, (size, size, 3))
    pulse = 1 - 0.02 * bvp[:, None, None, None] * np.array([0.4, 1.0, 0.6])
    noise = rng.normal(0, 0.3, (len(t), size, size, 3))
    beginnings = np.zeros(len(t), bool)
    beginnings[list(starts)] = True
    return CachedRecording(
        dataset=dataset,
        name=name or f"{subject}-a",
        subject=subject,
        tags=(),
        grid=Grid(size, fs),
        t=t,
        crops=(face * pulse + noise).astype(np.float16),
        starts=beginnings,
        gap_s=np.full(len(t), 1 / fs, np.float32),
        ppg=bvp if labelled else np.full(len(t), np.nan),
        hr_bpm=np.full(len(t), hr),
    )


def people(n=3, **more):
    """One recording each of ``n`` people with different heart rates."""
    return tuple(recording(str(i + 1), hr=60.0 + 12 * i, **more) for i in range(n))
