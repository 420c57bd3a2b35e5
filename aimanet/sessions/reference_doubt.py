"""Whether a sensor and the camera can have measured the same heart."""

from __future__ import annotations

import numpy as np

from aimanet.sessions.reader import Session
from aimanet.sessions.reference_align import Alignment
from aimanet.sessions.reference_compare import WINDOW_S
from aimanet.sessions.reference_lags import CLEAR_R
from aimanet.sessions.reference_rates import means_before, rates_of_wave
from aimanet.sessions.reference_sensor import Sensor
from aimanet.sessions.reference_table import Signal
from aimanet.types import State

FEWEST = 3
"""So many readings are needed beside the sensor to judge by heart rates."""
MOST = 200
APART_BPM, APART = 8.0, 0.1
"""Rates further apart than this, and than this part of them, agree no better than by chance."""


def doubt_of(session: Session, sensor: Sensor, aligned: Alignment) -> str:
    """Why the two may not belong together, in one sentence; "" where they agree.

    Two hearts picked at random are within 8 BPM in less than a fifth of all cases: a column whose
    rates are further from the camera's, or whose wave does not fit where there are no rates to
    compare, is more likely to be another quantity, unit or recording.
    """
    if aligned.trust == "clear":
        return ""
    camera, measured = _rates(session, sensor, aligned)
    if len(camera) < FEWEST:
        if aligned.by in ("wave", "beats") and aligned.correlation < CLEAR_R:
            return f"the curves do not fit (correlation {aligned.correlation:.2f})"
        return ""
    apart = float(np.median(np.abs(camera - measured)))
    ours, theirs = float(np.median(camera)), float(np.median(measured))
    if apart <= max(APART_BPM, APART * theirs):
        return ""
    return f"the camera read {ours:.0f} BPM, this sensor {theirs:.0f} at the same time"


def _rates(session: Session, sensor: Sensor, aligned: Alignment) -> tuple[Signal, Signal]:
    """Rates (M,) of the camera that were shown as good, and the sensor's over the same seconds."""
    good = [r for r in session.readings if r.state is State.OK and r.hr_bpm is not None]
    good = good[:: max(1, len(good) // MOST)]
    at = np.array([r.t for r in good], np.float64)
    camera = np.array([r.hr_bpm for r in good], np.float64)
    width = session.info.window_s or WINDOW_S
    if not len(at):
        return camera, camera
    if len(sensor.ppg):
        t = aligned.on_session(sensor.t)
        _, measured = rates_of_wave(t, sensor.ppg, width, at=at - width / 2)
    elif len(sensor.rate_t):
        measured = means_before(aligned.on_session(sensor.rate_t), sensor.rate_bpm, at, width)
    else:
        measured = np.full(len(at), np.nan)
    both = np.isfinite(measured)
    return camera[both], measured[both]
