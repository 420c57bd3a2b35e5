"""The beats of a recording that lie in good signal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from aimanet.rhythm.beats import Beats, find_beats, some
from aimanet.rhythm.tape import Stretch
from aimanet.types import State


class Judged(Protocol):
    """What is needed of a reading, live or recorded."""

    @property
    def t(self) -> float:
        """When (s)."""

    @property
    def hr_bpm(self) -> float | None:
        """The rate then."""

    @property
    def state(self) -> State:
        """What it was worth."""


@dataclass(frozen=True, slots=True, eq=False)
class Train:
    """The beats of good signal: ``runs``, unbroken each; ``span_s`` from the first to the last.

    ``good_s`` of these seconds lie inside the runs.
    """

    runs: tuple[Beats, ...]

    @property
    def span_s(self) -> float:
        """Seconds from the first good beat to the last."""
        return float(self.runs[-1].t[-1] - self.runs[0].t[0]) if self.runs else 0.0

    @property
    def good_s(self) -> float:
        """Seconds inside the runs."""
        return sum(float(run.t[-1] - run.t[0]) for run in self.runs)


def good_beats(
    stretches: Sequence[Stretch], readings: Sequence[Judged], window_s: float = 10.0
) -> Train:
    """The beats in signal that was ``ok``.

    A reading speaks for the ``window_s`` before it. A beat is in good signal where the reading
    that has it in the middle of its window was ok; at the end of the recording, the last one.
    """
    t = np.array([r.t for r in readings])
    ok = np.array(
        [reading.state is State.OK and reading.hr_bpm is not None for reading in readings]
    )
    if not ok.any():
        return Train(())
    rate_t = t[ok] - window_s / 2
    rate = np.array([r.hr_bpm for r, good in zip(readings, ok, strict=True) if good], float)
    runs: list[Beats] = []
    for stretch in stretches:
        beats = find_beats(stretch, rate_t, rate)
        said = np.minimum(np.searchsorted(t, beats.t + window_s / 2), len(t) - 1)
        runs += _unbroken(beats, ok[said])
    return Train(tuple(runs))


def _unbroken(beats: Beats, good: NDArray[np.bool_]) -> list[Beats]:
    """Runs of beats that are all good."""
    edges = np.flatnonzero(np.diff(good.astype(int))) + 1
    parts = [part for part in np.split(np.arange(len(good)), edges) if len(part) > 1]
    return [some(beats, part) for part in parts if good[part[0]]]
