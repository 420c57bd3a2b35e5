"""Where a recording can be learnt from: unbroken runs of crops with a live label."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aimanet.datasets.cached import CachedRecording

DEAD_S = 1.0
"""A sensor that repeats one value for longer than this (s) has lost its finger."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """Crops ``first`` to ``end`` have a label; the run of crops they are in begins at ``run``."""

    run: int
    first: int
    end: int

    @property
    def steps(self) -> int:
        """Differences between neighbouring crops, one less than crops."""
        return self.end - self.first - 1

    @property
    def slice(self) -> slice:
        """For the arrays of the recording."""
        return slice(self.first, self.end)


def labelled_stretches(cached: CachedRecording) -> list[Labelled]:
    """The stretches of a recording that have frames and label without a break, in order."""
    alive = np.isfinite(cached.ppg) & ~_dead(cached)
    found = []
    for run, end in cached.runs():
        for first, last in _pieces(alive[run:end]):
            if last - first > 1:
                found.append(Labelled(run, run + first, run + last))
    return found


def _dead(cached: CachedRecording) -> NDArray[np.bool_]:
    dead = np.zeros(len(cached.ppg), bool)
    same = np.diff(cached.ppg) == 0.0
    for first, end in _pieces(same):
        if end - first > DEAD_S * cached.grid.fs:
            dead[first : end + 1] = True
    return dead


def _pieces(good: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The stretches ``(first, end)`` of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]
