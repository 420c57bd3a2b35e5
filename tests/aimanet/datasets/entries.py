"""Entries of the crop cache made by hand, without videos or a face detector."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from aimanet.datasets.base import Recording
from aimanet.datasets.cached import Grid
from aimanet.datasets.content import fingerprint
from aimanet.datasets.entry import Meta, entry_place, lock_of, real
from aimanet.datasets.writer import EntryWriter
from aimanet.preprocess import Recipe, Windower
from aimanet.types import Clip, FaceCrop

GRID = Grid(8, 30.0)


def video(root: Path, name: str = "a", dataset: str = "tiny") -> Recording:
    root.mkdir(parents=True, exist_ok=True)
    path = root / f"{len(os.listdir(root))}.avi"
    path.write_bytes(name.encode())
    return Recording(dataset, name, "p1", root, path, tags=(("task", "T1"),))


def crops_of(seed: int, times: np.ndarray) -> list[FaceCrop]:
    rng = np.random.default_rng(seed)
    shape = (GRID.image_size, GRID.image_size, 3)
    return [
        FaceCrop(k, float(t), (0, 0, 8, 8), rng.integers(0, 256, shape, np.uint8))
        for k, t in enumerate(times)
    ]


def clips_of(crops: list[FaceCrop], depth: int) -> list[Clip]:
    windower = Windower(Recipe(image_size=GRID.image_size, fs=GRID.fs, frame_depth=depth))
    return [clip for crop in crops for clip in windower.push(crop)]


def blank(recording: Recording, grid: Grid = GRID) -> Meta:
    return Meta(
        dataset=recording.dataset,
        name=recording.name,
        subject=recording.subject,
        tags=recording.tags,
        grid=grid,
        video=real(recording.video),
        sources=fingerprint(recording, [recording.video]),
    )


def label_at(t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.sin(t), np.full(len(t), 60.0)


def fill(
    folder: Path, recording: Recording, crops: list[FaceCrop] | None = None, grid: Grid = GRID
) -> Path:
    """Makes the entry as `prepare` does, without a face detector."""
    place = entry_place(folder, recording, grid)
    crops = crops_of(1, np.arange(40) / 30) if crops is None else crops
    with lock_of(place), EntryWriter(place) as writer:
        for clip in clips_of(crops, depth=1):
            writer.add(clip)
        writer.finish(blank(recording, grid), label_at)
    return place
