"""A recording as training and evaluation take it: face crops on an even grid, with the label there.

Reading only; `prepare` makes it. Needs numpy alone, so that a bare GPU server can train from a
cache that was made elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from aimanet.preprocess import Recipe
from aimanet.types import Clip


@dataclass(frozen=True, slots=True)
class Grid:
    """What of a recipe decides how crops are cached: their side (px) and their rate (Hz)."""

    image_size: int = 36
    fs: float = 30.0

    @classmethod
    def of(cls, recipe: Recipe) -> Grid:
        """The grid a recipe wants."""
        return cls(recipe.image_size, recipe.fs)


@dataclass(frozen=True, slots=True, eq=False)
class CachedRecording:
    """N face crops of one recording at ``grid.fs`` Hz, cut by the same `Windower` as live.

    ``t`` (N,) s on the video's time line; ``crops`` (N, S, S, 3) float16, 0-255 (a memory map);
    ``starts`` (N,) bool, True where a new run begins (no motion leads there from the frame
    before); ``gap_s`` (N,) the step between real frames that was bridged to get here;
    ``ppg`` (N,) and ``hr_bpm`` (N,) the label on the grid, NaN where the sensor says nothing
    (all NaN without a sensor).
    """

    dataset: str
    name: str
    subject: str
    tags: tuple[tuple[str, str], ...]
    grid: Grid
    t: NDArray[np.float64]
    crops: NDArray[np.float16]
    starts: NDArray[np.bool_]
    gap_s: NDArray[np.float32]
    ppg: NDArray[np.float64]
    hr_bpm: NDArray[np.float64]

    @property
    def key(self) -> str:
        """``dataset/name``."""
        return f"{self.dataset}/{self.name}"

    @property
    def labelled(self) -> bool:
        """Whether a sensor says anything at all."""
        return bool(np.isfinite(self.ppg).any())

    def runs(self) -> list[tuple[int, int]]:
        """The stretches ``(first, end)`` without a break between frames, in order."""
        edges = [*np.flatnonzero(self.starts).tolist(), len(self.t)]
        if not edges or edges[0] != 0:
            edges = [0, *edges]
        return [(a, b) for a, b in pairwise(edges) if b > a]

    def clips(self, depth: int) -> Iterator[Clip]:
        """The clips of ``depth`` + 1 crops that a live window of that depth would have cut."""
        for first, end in self.runs():
            for a in range(first, end - depth, depth):
                yield self.clip(a, depth, starts=a == first)

    def clip(self, first: int, depth: int, *, starts: bool) -> Clip:
        """The clip of crops ``first`` to ``first`` + ``depth``, both included."""
        part = slice(first, first + depth + 1)
        return Clip(
            t=self.t[part],
            fs=self.grid.fs,
            crops=self.crops[part].astype(np.float32),
            gap_s=float(self.gap_s[first + 1 : first + depth + 1].max()),
            starts=starts,
        )
