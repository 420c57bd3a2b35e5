"""The verdict over a whole recording, from its readings."""

from __future__ import annotations

import numpy as np
import pytest

from aimanet.estimate import PulseAnalyzer
from aimanet.summary import KEEP_READINGS, History
from aimanet.types import BvpSegment, Reading, State


def history_of(*readings: tuple[float | None, State]) -> History:
    history = History()
    for i, (hr, state) in enumerate(readings):
        history.add(Reading(i / 3, hr, None if hr is None else 3.0, state))
    return history


def test_the_history_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert KEEP_READINGS == 150_000
    monkeypatch.setattr("aimanet.summary.KEEP_READINGS", 100)
    history = history_of(*[(60.0, State.OK)] * 1000)
    assert len(history.readings()) <= 100
    assert history.readings()[-1].t == 333.0


def test_readings_without_windows_give_their_median() -> None:
    ok = [(71.0, State.OK), (72.0, State.OK), (74.0, State.OK)]
    assert history_of((150.0, State.POOR_SIGNAL), *ok).verdict() == (72.0, 3.0, State.OK)
    poor = [(hr, State.POOR_SIGNAL) for hr in (60.0, 61.0, 90.0)]
    assert history_of(*poor).verdict() == (61.0, 3.0, State.POOR_SIGNAL)


def test_the_state_counts_the_seconds_that_could_be_judged() -> None:
    warming, absent = (None, State.WARMING_UP), (None, State.NO_FACE)
    ok, poor = (70.0, State.OK), (70.0, State.POOR_SIGNAL)
    assert history_of(*[warming] * 15, *[ok] * 5, poor).verdict()[2] is State.OK
    assert history_of(*[absent] * 90, *[ok] * 5).verdict()[2] is State.OK
    assert history_of(ok, poor, poor).verdict()[2] is State.POOR_SIGNAL
    assert history_of(warming, warming).verdict() == (None, None, State.WARMING_UP)
    assert history_of(absent, absent).verdict() == (None, None, State.NO_FACE)
    assert history_of().verdict() == (None, None, State.NO_FACE)


def test_a_frozen_picture_has_no_rate() -> None:
    frozen = (None, State.POOR_SIGNAL)
    assert history_of(frozen, frozen).verdict() == (None, None, State.POOR_SIGNAL)


def heard(signal: np.ndarray, state: State = State.POOR_SIGNAL) -> History:
    """The history of a recording: the windows of an analyzer, a reading every 1/3 s."""
    history, analyzer, t = History(), PulseAnalyzer(), np.arange(len(signal)) / 30
    for i in range(0, len(signal) - 9, 10):
        part = slice(i, i + 10)
        analyzer.add(BvpSegment(t[part], 30.0, signal[part].astype(np.float32), False))
        estimate = analyzer.estimate()
        rated = state if estimate.hr_bpm else State.WARMING_UP
        history.add(Reading(t[i + 9], estimate.hr_bpm, estimate.snr_db, rated), estimate)
    return history


def test_without_trust_all_windows_together_decide() -> None:
    """Most windows show their highest peak elsewhere; what stays is the pulse at 130."""
    right, live = [], []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        history = heard(
            np.sin(2 * np.pi * 130 / 60 * np.arange(1200) / 30) + rng.normal(0, 3.2, 1200)
        )
        right.append(abs(history.verdict()[0] - 130) < 2)
        live += [abs(r.hr_bpm - 130) < 5 for r in history.readings() if r.hr_bpm]
    assert all(right)
    assert np.mean(live) < 0.97


def test_the_rate_is_the_mean_over_time() -> None:
    """70 for 20 s, then up to 100 in 20 s and 20 s there: 85, not the median of any windows."""
    rate = np.interp(np.arange(1800) / 30, [0, 20, 40, 60], [70, 70, 100, 100])
    history = heard(np.sin(2 * np.pi * np.cumsum(rate) / 60 / 30))
    assert history.verdict()[0] == pytest.approx(85.0, abs=1.0)
