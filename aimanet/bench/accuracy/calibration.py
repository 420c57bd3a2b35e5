"""What quality is worth: the error of readings, by steps of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from aimanet.bench.accuracy.figures import NAN, alive, joined, mean, methods_of
from aimanet.bench.accuracy.results import NEAR_BPM, ClipResult, Values

BINS = 10
"""Steps of quality in the calibration."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Readings whose quality lies in ``low``-``high``: how many, their error, how many are near.

    ``lifeless`` counts readings of lifeless clips there (they are in no other figure).
    """

    low: float
    high: float
    readings: int
    mae: float
    within: float
    lifeless: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """Whether quality means something: ``bins`` of it, and Spearman's rank correlation.

    The latter of quality and absolute error over all ``readings`` with a truth; -1: the error
    falls as quality rises.
    """

    method: str
    bins: tuple[Bin, ...]
    spearman: float
    readings: int

    @property
    def steps_up(self) -> int:
        """How often the error rises from one bin to the next (of those with 30 readings)."""
        errors = [b.mae for b in self.bins if b.readings >= 30]
        return sum(b > a for a, b in pairwise(errors))


def calibrations(results: Sequence[ClipResult]) -> list[Calibration]:
    """Quality against error, a table for each method."""
    return [_calibration(m, [r for r in results if r.method == m]) for m in methods_of(results)]


def _calibration(method: str, results: Sequence[ClipResult]) -> Calibration:
    living = alive(results)
    dead = [result for result in results if not result.clip.alive]
    quality, error = quality_and_error(living)
    place, other = _places(quality), _places(joined(dead, lambda r: r.readings.quality))
    bins = []
    for k in range(BINS):
        here = error[place == k]
        bins.append(
            Bin(
                low=k / BINS,
                high=(k + 1) / BINS,
                readings=len(here),
                mae=mean(here),
                within=mean(here <= NEAR_BPM),
                lifeless=int((other == k).sum()),
            )
        )
    varied = len(error) > 2 and np.ptp(error) > 0.0 and np.ptp(quality) > 0.0
    rank = float(spearmanr(quality, error).statistic) if varied else NAN
    return Calibration(method, tuple(bins), rank, len(error))


def quality_and_error(results: Sequence[ClipResult]) -> tuple[Values, Values]:
    """Quality (n,) and absolute error (n,) BPM of every reading that has both."""
    quality = joined(results, lambda r: r.readings.quality)
    error = np.abs(joined(results, lambda r: r.readings.error_bpm))
    known = np.isfinite(error)
    return quality[known], error[known]


def _places(quality: Values) -> NDArray[np.int64]:
    return np.minimum((quality * BINS + 1e-9).astype(np.int64), BINS - 1)
