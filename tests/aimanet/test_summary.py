"""The verdict over a whole recording, from its readings."""

from __future__ import annotations

import numpy as np
import pytest

from aimanet.summary import KEEP_READINGS, History
from aimanet.types import Reading, State


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


def test_the_rate_is_the_median_of_the_trusted_readings() -> None:
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


def test_without_trust_the_mean_spectrum_decides() -> None:
    """Each window's highest peak is noise somewhere else; only the small one at 130 stays."""
    bpm, history = np.arange(40.0, 212.0, 1.0), History()
    for i in range(20):
        noise = 50.0 + 3.0 * i
        power = np.exp(-(((bpm - noise) / 4) ** 2)) + 0.6 * np.exp(-(((bpm - 130) / 4) ** 2))
        spectrum = {"spectrum_bpm": bpm, "spectrum_power": power}
        history.add(Reading(i / 3, noise, -2.0, State.POOR_SIGNAL, **spectrum))
    hr, _, state = history.verdict()
    assert state is State.POOR_SIGNAL
    assert hr == pytest.approx(130.0, abs=1.0)
