"""Where examples come from: drawn faces, recordings, ready-made arrays.

A corpus is asked for its ``number``-th example and answers from the number alone (and a random
generator for augmentation that the caller seeds), so that any example can be made again, by any
process, in any order.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from aimanet.datasets.arrays import Stretch
from aimanet.datasets.cached import CachedRecording
from aimanet.errors import AimaNetError
from aimanet.preprocess import Recipe
from aimanet.synthesis.crops import random_clip
from aimanet.training.config import TrainConfig
from aimanet.training.examples import (
    Change,
    Example,
    drawn_example,
    make_example,
    recorded_example,
)
from aimanet.training.material import Material
from aimanet.training.stretches import labelled_stretches

Ints = NDArray[np.int64]


class Corpus(Protocol):
    """Numbered examples. ``size`` of one epoch, None for an endless one."""

    size: int | None

    def example(self, number: int, rng: np.random.Generator) -> Example:
        """The example of that number; ``rng`` decides what augmentation does to it."""


class DrawnCorpus:
    """Endless drawn faces; ``coded`` (0-1) of them went through a real video encoder."""

    size: int | None = None

    def __init__(self, seed: int, recipe: Recipe, frames: int, coded: float = 0.35) -> None:
        self.seed, self.recipe, self.frames, self.coded = seed, recipe, frames, coded

    def example(self, number: int, rng: np.random.Generator) -> Example:
        """A new person, light, camera and pulse; nothing of it depends on ``rng``."""
        seconds = self.frames / self.recipe.fs + 0.4
        for attempt in itertools.count():
            own = np.random.default_rng((self.seed, number, attempt))
            example = drawn_example(random_clip(own, seconds, self.coded), self.recipe, self.frames)
            if example is not None:
                return example
        raise AssertionError  # count() has no end


class _Shuffled:
    """Chunks of stretches: all of them once an epoch, in another order, from another phase."""

    def __init__(self, seed: int, steps: Sequence[int], frames: int) -> None:
        self.seed, self.frames = seed, frames
        self.steps = np.asarray(steps, np.int64)
        self.chunks = self.steps // frames
        self.ends = np.cumsum(self.chunks)
        self.size = int(self.chunks.sum())
        self._epoch = lru_cache(maxsize=2)(self._draw)

    def __reduce__(self) -> tuple[type[_Shuffled], tuple[int, list[int], int]]:
        return _Shuffled, (self.seed, self.steps.tolist(), self.frames)

    def __getitem__(self, number: int) -> tuple[int, int]:
        """The stretch, and the place in it, of a chunk."""
        epoch, place = divmod(number, self.size)
        order, phases = self._epoch(epoch)
        chunk = int(order[place])
        stretch = int(np.searchsorted(self.ends, chunk, side="right"))
        within = chunk - int(self.ends[stretch] - self.chunks[stretch])
        return stretch, int(phases[stretch]) + within * self.frames

    def _draw(self, epoch: int) -> tuple[Ints, Ints]:
        rng = np.random.default_rng((self.seed, 3, epoch))
        slack = self.steps - self.chunks * self.frames
        return rng.permutation(self.size), rng.integers(0, slack + 1)


class RecordedCorpus:
    """Chunks of recordings, wherever frames and label run on for long enough.

    Raises:
        AimaNetError: no stretch holds a chunk.
    """

    def __init__(
        self,
        seed: int,
        recipe: Recipe,
        frames: int,
        recordings: Sequence[CachedRecording],
        augment: bool,
    ) -> None:
        self.recipe, self.frames, self.augment = recipe, frames, augment
        self.recordings = tuple(recordings)
        places = [(i, s) for i, r in enumerate(self.recordings) for s in labelled_stretches(r)]
        self.places = [(i, s) for i, s in places if s.steps >= frames]
        if not self.places:
            longest = max((s.steps for _, s in places), default=0)
            raise AimaNetError(_too_long(frames, longest, recipe))
        self._order = _Shuffled(seed, [s.steps for _, s in self.places], frames)
        self.size: int | None = self._order.size

    def example(self, number: int, rng: np.random.Generator) -> Example:
        """A chunk, mirrored, tinted and stretched as ``rng`` decides."""
        place, offset = self._order[number]
        i, where = self.places[place]
        change = Change.random(rng) if self.augment else Change()
        first = where.first + offset
        return recorded_example(self.recordings[i], where, first, self.frames, self.recipe, change)

    def __getstate__(self) -> dict[str, object]:
        """Memory maps travel as file names to workers that are no forks."""
        packed = [_Packed.of(r) for r in self.recordings]
        return {**self.__dict__, "recordings": packed}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        packed: list[_Packed] = state["recordings"]
        self.recordings = tuple(p.open() for p in packed)


@dataclass(frozen=True, slots=True)
class _Packed:
    """A recording whose crops, if they are a memory map, stay in their file."""

    cached: CachedRecording
    file: str | None
    shape: tuple[int, ...]
    offset: int

    @classmethod
    def of(cls, cached: CachedRecording) -> _Packed:
        crops = cached.crops
        if not isinstance(crops, np.memmap) or isinstance(crops.base, np.memmap):
            return cls(cached, None, crops.shape, 0)
        empty = replace(cached, crops=np.empty(0, np.float16))
        return cls(empty, str(crops.filename), crops.shape, crops.offset)

    def open(self) -> CachedRecording:
        if self.file is None:
            return self.cached
        dtype = np.float16
        return replace(self.cached, crops=np.memmap(self.file, dtype, "r", self.offset, self.shape))


class ArrayCorpus:
    """Chunks of the seed's ready-made arrays, motion and appearance as they are in the file.

    Appearance becomes what the recipe wants: the standardised mean of each window, or a frame.

    Raises:
        AimaNetError: no stretch holds a chunk, or the pictures have another size.
    """

    def __init__(
        self, seed: int, recipe: Recipe, frames: int, recordings: Sequence[Stretch]
    ) -> None:
        self.recipe, self.frames = recipe, frames
        self.stretches = [s for s in recordings if s.frames >= frames]
        for s in recordings:
            if s.pair.image_size != recipe.image_size:
                raise AimaNetError(
                    f"{s.pair.inputs.path} has pictures of {s.pair.image_size} px:"
                    f" give --image-size {s.pair.image_size}"
                )
        if not self.stretches:
            longest = max(s.frames for s in recordings)
            raise AimaNetError(_too_long(frames, longest, recipe))
        self._order = _Shuffled(seed, [s.frames for s in self.stretches], frames)
        self.size: int | None = self._order.size

    def example(self, number: int, rng: np.random.Generator) -> Example:
        """A chunk; there is nothing to augment but the mirror."""
        place, first = self._order[number]
        return array_example(self.stretches[place], first, self.frames, self.recipe)


def array_example(stretch: Stretch, first: int, frames: int, recipe: Recipe) -> Example:
    """``frames`` frames of the seed's arrays."""
    piece = stretch.piece(first, frames)
    appearance = piece.appearance
    if recipe.appearance == "window_mean":
        mean = appearance.reshape(-1, recipe.frame_depth, *appearance.shape[1:]).mean(axis=1)
        mean -= mean.mean(axis=(1, 2, 3), keepdims=True)
        appearance = mean / (mean.std(axis=(1, 2, 3), keepdims=True) + 1e-6)
    return make_example(piece.motion, appearance, piece.label)


def make_corpus(config: TrainConfig, place: int, material: Material) -> Corpus:
    """The corpus for the ``place``-th material of a run (AimaNetError as its class says)."""
    seed, recipe, frames = config.seed + 7919 * place, config.recipe, config.chunk_len
    cached = [r for r in material.recordings if isinstance(r, CachedRecording)]
    arrays = [r for r in material.recordings if isinstance(r, Stretch)]
    if material.synthetic:
        return DrawnCorpus(seed, recipe, frames, config.coded)
    if arrays:
        return ArrayCorpus(seed, recipe, frames, arrays)
    return RecordedCorpus(seed, recipe, frames, cached, augment=config.augment == "full")


def shares(material: Sequence[Material], corpora: Sequence[Corpus]) -> list[float]:
    """How much of a batch each corpus gets, summing to 1.

    As the materials' weights say; else by size, and drawn faces as much as all the others.
    """
    known = sum(c.size or 0 for c in corpora)
    sizes = [float(c.size or known or 1) for c in corpora]
    weights = [
        size if m.weight is None else m.weight for m, size in zip(material, sizes, strict=True)
    ]
    return [w / sum(weights) for w in weights]


def _too_long(frames: int, longest: int, recipe: Recipe) -> str:
    depth = recipe.frame_depth
    fits = longest // depth * depth
    advice = f"--chunk-len {fits}" if fits >= 60 else "longer recordings"
    return (
        f"no recording has {frames} labelled frames in one piece (the longest has {longest}):"
        f" try {advice}"
    )
