"""The readings of a session beside its contact sensor: errors over time and the usual figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aimanet.evaluation.metrics import Score
from aimanet.evaluation.summary import Agreement, Summary, agreement, summarise
from aimanet.sessions.reader import RecordedReading, Reference, Session, Signal
from aimanet.sessions.reference_rates import means_before, rates_of_wave
from aimanet.types import State

WINDOW_S = 10.0
"""Seconds behind a reading where the session does not say."""
MOST = 3000
"""So many heart rates are taken from a wave at most; between them they are interpolated."""


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceComparison:
    """Readings with a heart rate on both sides, in the order of time.

    ``t`` (N,) s; ``camera_bpm`` and ``sensor_bpm`` (N,); ``ok`` (N,) which of them were shown as
    good. ``figures`` and ``agreement`` (Bland-Altman) are of those alone. The sensor's rate is of
    the same ``window_s`` seconds that are behind the reading.
    """

    t: Signal
    camera_bpm: Signal
    sensor_bpm: Signal
    ok: NDArray[np.bool_]
    figures: Summary
    agreement: Agreement
    window_s: float

    @property
    def error_bpm(self) -> Signal:
        """Camera minus sensor."""
        return self.camera_bpm - self.sensor_bpm

    @property
    def mae_bpm(self) -> float:
        """Mean absolute error of the good readings; NaN without any."""
        return self.figures.mae.value

    @property
    def rmse_bpm(self) -> float:
        """Root of their mean squared error."""
        return self.figures.rmse.value

    @property
    def pearson(self) -> float:
        """Correlation of the two rates; NaN where one of them never changes."""
        return self.figures.pearson.value


def compare_reference(
    session: Session, readings: Sequence[RecordedReading] | None = None
) -> ReferenceComparison | None:
    """Compares readings with the session's reference; None without one.

    Args:
        session: with a reference.
        readings: by default the recorded ones; `aimanet.sessions.analysis.reanalyse` gives others.
    """
    if session.reference is None:
        return None
    told = [r for r in (session.readings if readings is None else readings) if r.hr_bpm is not None]
    window_s = session.info.window_s or WINDOW_S
    t = np.array([r.t for r in told])
    camera = np.array([r.hr_bpm for r in told], np.float64)
    sensor = sensor_rates(session.reference, t, window_s)
    both = np.isfinite(sensor)
    ok = np.array([r.state is State.OK for r in told], np.bool_)[both]
    t, camera, sensor = t[both], camera[both], sensor[both]
    scores = [
        Score(measured, shown, np.nan, np.nan)
        for measured, shown in zip(sensor[ok].tolist(), camera[ok].tolist(), strict=True)
    ]
    return ReferenceComparison(
        t, camera, sensor, ok, summarise(scores), agreement(scores), window_s
    )


def sensor_rates(reference: Reference, at: Signal, window_s: float) -> Signal:
    """The sensor's heart rate (M,) over the ``window_s`` s before each moment, NaN where unknown.

    From its wave where there is one, for a sensor's own rate has a delay that nobody knows.
    """
    if not len(at):
        return np.empty(0)
    if np.isfinite(reference.ppg).sum() > 16:
        step = max(1.0, (float(at[-1]) - float(at[0])) / MOST)
        moments = np.append(np.arange(at[0], at[-1], step), at[-1])
        centres = moments - window_s / 2
        _, rates = rates_of_wave(reference.t, reference.ppg, window_s, at=centres)
        if np.isfinite(rates).any():
            return _between(moments, rates, at)
    if reference.hr_bpm is None:
        return np.full(len(at), np.nan)
    return means_before(reference.t, reference.hr_bpm, at, window_s)


def sensor_curve(reference: Reference, window_s: float = WINDOW_S) -> tuple[Signal, Signal]:
    """Times (M,) s and heart rates (M,) to draw, one a second or as the sensor gave them."""
    if reference.hr_bpm is not None and not np.isfinite(reference.ppg).any():
        known = np.isfinite(reference.hr_bpm)
        return reference.t[known], reference.hr_bpm[known]
    step = max(1.0, float(reference.t[-1] - reference.t[0]) / MOST)
    at = np.arange(max(0.0, float(reference.t[0])) + window_s, float(reference.t[-1]), step)
    return at, sensor_rates(reference, at, window_s)


def _between(moments: Signal, rates: Signal, at: Signal) -> Signal:
    """Rates at any time between two moments that both have one."""
    if len(moments) == 1 or len(rates) < 2:
        return np.full(len(at), rates[0] if len(rates) else np.nan)
    return np.interp(at, moments, rates)
