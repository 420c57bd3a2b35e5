"""Many scores in one line: the field's figures with their standard errors, and the agreement.

Standard errors as rPPG-Toolbox prints them: of a mean, std / sqrt(N) with the standard deviation
of the population; of the RMSE, sqrt(std(e^2) / sqrt(N)); of Pearson's r,
sqrt((1 - r^2) / (N - 2)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aimanet.evaluation.metrics import Score

Values = NDArray[np.float64]

TEXTBOOK = 1.96
"""Standard deviations on either side that hold 95 % of normal differences."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A value and its standard error; NaN where there are too few scores to say."""

    value: float
    se: float


@dataclass(frozen=True, slots=True)
class Summary:
    """All scores of one method on one data set.

    ``n`` scores (videos, or windows of them) with both heart rates; the errors in BPM, ``mape``
    in percent, ``snr`` in dB, ``macc`` and ``pearson`` without a unit.
    """

    n: int
    mae: Figure
    rmse: Figure
    mape: Figure
    pearson: Figure
    snr: Figure
    macc: Figure


METRICS = ("mae", "rmse", "mape", "pearson", "snr", "macc")
"""Fields of `Summary`, in the order of tables."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Bland & Altman 1986: ``bias_bpm`` is the mean of predicted minus measured.

    ``sd_bpm`` is the sample's standard deviation of the differences, and 95 % of them are expected
    within ``low_bpm`` to ``high_bpm``, bias -+ 1.96 sd. rPPG-Toolbox draws limits sqrt(2) = 1.41
    times as far from the bias (a correction meant for averaged repeats).
    """

    n: int
    bias_bpm: float
    sd_bpm: float
    low_bpm: float
    high_bpm: float


def summarise(scores: Sequence[Score]) -> Summary:
    """Returns the figures of all scores; those without both heart rates count in none of them."""
    known = [s for s in scores if np.isfinite(s.error_bpm)]
    pred = np.array([s.hr_pred_bpm for s in known])
    label = np.array([s.hr_label_bpm for s in known])
    error = pred - label
    return Summary(
        n=len(known),
        mae=_mean(np.abs(error)),
        rmse=_rmse(error),
        mape=_mean(np.abs(error / label) * 100.0),
        pearson=_pearson(pred, label),
        snr=_mean(np.array([s.snr_db for s in known])),
        macc=_mean(np.array([s.macc for s in known])),
    )


def agreement(scores: Sequence[Score]) -> Agreement:
    """Returns the Bland-Altman figures; NaN limits for fewer than two scores."""
    errors = np.array([s.error_bpm for s in scores if np.isfinite(s.error_bpm)])
    bias = float(errors.mean()) if len(errors) else np.nan
    sd = float(errors.std(ddof=1)) if len(errors) > 1 else np.nan
    return Agreement(len(errors), bias, sd, bias - TEXTBOOK * sd, bias + TEXTBOOK * sd)


def _mean(values: Values) -> Figure:
    values = values[np.isfinite(values)]
    if not len(values):
        return Figure(np.nan, np.nan)
    return Figure(float(values.mean()), float(values.std() / np.sqrt(len(values))))


def _rmse(error: Values) -> Figure:
    if not len(error):
        return Figure(np.nan, np.nan)
    squares = np.square(error)
    return Figure(
        float(np.sqrt(squares.mean())), float(np.sqrt(squares.std() / np.sqrt(len(squares))))
    )


def _pearson(pred: Values, label: Values) -> Figure:
    if len(pred) < 2 or not np.ptp(pred) > 0.0 or not np.ptp(label) > 0.0:
        return Figure(np.nan, np.nan)
    r = float(np.corrcoef(pred, label)[0, 1])
    left = len(pred) - 2
    return Figure(r, float(np.sqrt(max(0.0, 1.0 - r * r) / left)) if left else np.nan)
