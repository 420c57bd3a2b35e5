"""Breathing that is known, that is not there, and that cannot be told."""

from __future__ import annotations

import numpy as np
import pytest

from aimanet.rhythm.respiration import measure_respiration
from aimanet.rhythm.tape import Stretch
from aimanet.rhythm.train import good_beats

from .waves import FS, Heart, curve, readings


def said(heart: Heart, seconds: float, snr_db: float, seed: int = 0):
    stretch, _ = curve(heart, seconds, snr_db, seed)
    return measure_respiration(good_beats([stretch], readings(heart, seconds)))


@pytest.mark.parametrize("breath", [9, 12, 15, 20])
def test_breathing_is_read(breath: float) -> None:
    found = said(Heart(bpm=70, breath=breath), 75.0, 25.0).respiration
    assert found.per_min == pytest.approx(breath, abs=0.5)
    assert found.share == 1.0


def test_one_of_the_two_signs_is_not_enough() -> None:
    for heart in (Heart(sway_s=0.0, swell=0.2), Heart(swell=0.0)):
        assert said(heart, 75.0, 25.0).respiration is None


def test_what_is_shown_under_noise_is_right() -> None:
    shown = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        heart = Heart(
            bpm=rng.uniform(60, 100),
            breath=rng.uniform(8.5, 26),
            sway_s=rng.uniform(0, 0.05),
            swell=rng.uniform(0, 0.25),
        )
        found = said(heart, 75.0, rng.uniform(5, 25), seed).respiration
        if found is not None:
            shown += 1
            assert found.per_min == pytest.approx(heart.breath, abs=1.5)
    assert shown >= 2


def test_a_heart_that_does_not_breathe_shows_none() -> None:
    for seed in range(12):
        heart = Heart(bpm=60 + seed, sway_s=0.0, slow_s=0.03, swell=0.0)
        assert said(heart, 75.0, 6.0 + seed, seed).respiration is None


def test_the_rhythm_of_blood_pressure_is_not_breathing() -> None:
    heart = Heart(breath=6.0, sway_s=0.04, swell=0.2)
    assert said(heart, 90.0, 30.0).respiration is None


def test_a_short_recording_says_what_it_needs() -> None:
    heart = Heart()
    found = said(heart, 30.0, 30.0)
    assert found.respiration is None
    assert found.why == "needs 40 s of unbroken good signal, has 28 s"
    nothing = measure_respiration(good_beats([Stretch(0.0, FS, np.zeros(30))], []))
    assert nothing.why == "needs 40 s of unbroken good signal, has 0 s"
