"""Training examples: clips through the same windows as live frames, with labels on their grid."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from aimanet.preprocess import MotionAppearance, Recipe, Windower
from aimanet.synthesis.crops import CropClip, random_clip

MEMORY = 400
"""Examples kept for replay (1.5 MB each)."""


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """A clip as the network takes it.

    ``motion`` (T, 3, S, S) and ``appearance`` (T/depth or T, 3, S, S) float16; ``label`` (T,)
    the derivative of the true pulse, unit variance; ``hr_bpm`` the mean rate.
    """

    motion: NDArray[np.float16]
    appearance: NDArray[np.float16]
    label: NDArray[np.float32]
    hr_bpm: float


def make_example(clip: CropClip, recipe: Recipe, frames: int) -> Example | None:
    """Windows a clip; None where holes left fewer than ``frames`` frames in one piece."""
    windower, inputs = Windower(recipe), MotionAppearance(recipe)
    windows = [w for crop in clip.crops for w in windower.push(crop)]
    windows = windows[: frames // recipe.frame_depth]
    if len(windows) * recipe.frame_depth < frames or any(w.starts for w in windows[1:]):
        return None
    pairs = [inputs(w) for w in windows]
    label = np.concatenate([np.diff(clip.trace.bvp(w.t)) for w in windows])
    t = np.concatenate([w.t[1:] for w in windows])
    return Example(
        motion=np.concatenate([p[0] for p in pairs]).astype(np.float16),
        appearance=np.concatenate([p[1] for p in pairs]).astype(np.float16),
        label=(label / (label.std() + 1e-9)).astype(np.float32),
        hr_bpm=float(clip.trace.hr_bpm(t).mean()),
    )


def synthetic_examples(
    seed: int, recipe: Recipe, frames: int, coded: float = 0.35
) -> Iterator[Example]:
    """Endless examples of drawn faces, the same for the same ``seed``.

    ``coded`` (0-1) is the share that went through a real video encoder.
    """
    seconds = frames / recipe.fs + 0.4
    for i in itertools.count():
        clip = random_clip(np.random.default_rng((seed, i)), seconds, coded)
        example = make_example(clip, recipe, frames)
        if example is not None:
            yield example


class SyntheticCorpus(IterableDataset):  # type: ignore[type-arg]
    """Batches of ``fresh`` new drawn clips and ``replayed`` ones out of the last `MEMORY`."""

    def __init__(
        self,
        seed: int,
        recipe: Recipe,
        frames: int,
        fresh: int,
        replayed: int,
        coded: float = 0.35,
    ) -> None:
        self.seed, self.recipe, self.frames, self.coded = seed, recipe, frames, coded
        self.fresh, self.replayed = fresh, replayed

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
        worker = get_worker_info()
        lane = worker.id if worker else 0
        rng = np.random.default_rng((self.seed, lane, 7))
        seed = self.seed + 1_000_003 * lane
        source = synthetic_examples(seed, self.recipe, self.frames, self.coded)
        kept: list[Example] = []
        while True:
            batch = [next(source) for _ in range(self.fresh)]
            old = [kept[int(i)] for i in rng.integers(0, max(len(kept), 1), self.replayed) if kept]
            kept = (kept + batch)[-MEMORY:]
            yield _collate([_flip(rng, e) for e in batch + old])


def _flip(rng: np.random.Generator, e: Example) -> Example:
    """Mirrors half of the examples: a face has no preferred side."""
    if rng.random() < 0.5:
        return e
    return Example(e.motion[..., ::-1], e.appearance[..., ::-1], e.label, e.hr_bpm)


def _collate(examples: list[Example]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    return (
        torch.from_numpy(np.stack([e.motion for e in examples])),
        torch.from_numpy(np.stack([e.appearance for e in examples])),
        torch.from_numpy(np.stack([e.label for e in examples])),
    )


def loader(corpus: SyntheticCorpus, workers: int) -> Iterator[tuple[torch.Tensor, ...]]:
    """Batches from ``workers`` background processes (0: in this one), in a fixed order."""
    kwargs = {"prefetch_factor": 3, "persistent_workers": True} if workers else {}
    return iter(DataLoader(corpus, batch_size=None, num_workers=workers, **kwargs))  # type: ignore[arg-type]
