"""PRV against hearts whose variability is known, and the bars that keep it honest."""

from __future__ import annotations

import re
import sys

import numpy as np
import pytest

from aimanet.pulse import bandpass
from aimanet.rhythm.prv import EXTRA, LEAST_USABLE, measure_prv
from aimanet.rhythm.study import record, study, study_recorded, words
from aimanet.rhythm.tape import Stretch
from aimanet.rhythm.train import good_beats

from .waves import FS, Heart, curve, noise, readings, truth

neurokit = pytest.importorskip("neurokit2")


def measured(heart: Heart, seconds: float, snr_db: float, seed: int = 0):
    stretch, beats = curve(heart, seconds, snr_db, seed)
    train = good_beats([stretch], readings(heart, seconds))
    within = (train.runs[0].t[0] - 0.5, train.runs[-1].t[-1])
    return measure_prv(train), truth(beats, *within)


@pytest.mark.parametrize(
    "heart",
    [
        Heart(),
        Heart(bpm=52, breath=10, sway_s=0.06, slow_s=0.03),
        Heart(bpm=90, breath=20, sway_s=0.012, slow_s=0.01),
        Heart(bpm=75, sway_s=0.0, slow_s=0.05),
    ],
)
def test_clean_waves_give_the_true_figures(heart: Heart) -> None:
    result, (rmssd, sdnn) = measured(heart, 90.0, 30.0)
    prv = result.prv
    assert prv.rmssd_ms == pytest.approx(rmssd, abs=3.0)
    assert prv.sdnn_ms == pytest.approx(sdnn, abs=2.0)
    assert prv.mean_ibi_ms == pytest.approx(6e4 / heart.bpm, rel=0.01)
    assert prv.usable > 0.97


def test_what_is_shown_under_noise_is_within_10_ms_or_20_percent() -> None:
    shown = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        heart = Heart(
            bpm=rng.uniform(50, 100),
            breath=rng.uniform(9, 24),
            sway_s=rng.uniform(0.005, 0.05),
            slow_s=rng.uniform(0.005, 0.04),
        )
        result, (rmssd, sdnn) = measured(heart, 75.0, rng.uniform(5, 30), seed)
        if result.prv is not None:
            shown += 1
            assert abs(result.prv.rmssd_ms - rmssd) < max(10.0, 0.2 * rmssd)
            assert abs(result.prv.sdnn_ms - sdnn) < max(10.0, 0.2 * sdnn)
    assert 5 <= shown <= 16


def test_noise_alone_is_never_shown() -> None:
    heart = Heart()
    for seed in range(3):
        hiss = bandpass(np.random.default_rng(seed).normal(size=round(90 * FS)), FS, 0.8, 1.6)
        train = good_beats([Stretch(0.0, FS, hiss)], readings(heart, 90.0))
        result = measure_prv(train)
        assert result.prv is None
        assert result.why


def test_a_short_recording_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "neurokit2", None)  # nor is the slow import made for it
    result, _ = measured(Heart(), 45.0, 30.0)
    assert result.prv is None
    assert result.why == "needs a minute of good signal, has 43 s"


def test_without_the_extra_the_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "neurokit2", None)
    heart = Heart()
    stretch, _ = curve(heart, 90.0)
    found = study([stretch], readings(heart, 90.0))
    assert found.prv.prv is None
    assert found.prv.why == EXTRA == "NeuroKit2 is needed: pip install neurokit2"
    assert found.respiration.respiration is not None


def test_an_early_beat_and_its_pause_do_not_count() -> None:
    heart = Heart(sway_s=0.03, slow_s=0.01)
    beats, t = heart.beats(90.0), np.arange(0, 90, 1 / FS)
    early = [30, 52, 71]
    weak = np.ones(len(beats))
    moved = beats.copy()
    for k in early:
        moved[k] -= 0.3 * 60 / heart.bpm
        weak[k] = 0.7
    wave = heart.wave(t, moved, weak)
    train = good_beats([Stretch(0.0, FS, wave + noise(wave, 30, 1))], readings(heart, 90.0))
    result = measure_prv(train)
    found = result.intervals
    for k in early:
        touched = np.abs(found.t - moved[k] - 0.2 * 60 / heart.bpm) < 0.5
        assert not found.usable[touched].all()
    rmssd, _ = truth(beats, 1.0, 89.0)
    assert result.prv.rmssd_ms == pytest.approx(rmssd, abs=8.0)
    assert LEAST_USABLE < result.prv.usable < 0.97


def test_poor_seconds_in_the_middle_cost_their_share() -> None:
    heart = Heart()
    stretch, _ = curve(heart, 120.0)
    some = measure_prv(good_beats([stretch], readings(heart, 120.0, poor=(60, 75))))
    assert some.prv.usable == pytest.approx(1 - 15 / 119, abs=0.03)
    many = measure_prv(good_beats([stretch], readings(heart, 120.0, poor=(60, 95))))
    assert many.prv is None
    assert re.fullmatch(r"only (69|70|71) % of the beats are usable, 80 needed", many.why)


def test_the_recorded_live_curve_gives_the_same() -> None:
    heart = Heart(sway_s=0.04)
    stretch, beats = curve(heart, 90.0, 25.0)
    live = bandpass(stretch.wave - stretch.wave.mean(), FS)
    found = study_recorded(stretch.t, live, readings(heart, 90.0))
    rmssd, sdnn = truth(beats, 0.5, 89.5)
    assert found.prv.prv.rmssd_ms == pytest.approx(rmssd, abs=5.0)
    assert found.prv.prv.sdnn_ms == pytest.approx(sdnn, abs=4.0)
    assert found.respiration.respiration.per_min == pytest.approx(heart.breath, abs=0.5)


def test_the_intervals_reproduce_the_figures() -> None:
    result, _ = measured(Heart(), 90.0, 25.0)
    found = result.intervals
    ibi = found.ibi_ms[found.usable]
    both = found.usable[1:] & found.usable[:-1] & (np.diff(found.run) == 0)
    rmssd = np.sqrt(np.mean(np.diff(found.ibi_ms)[both] ** 2))
    assert result.prv.rmssd_ms == pytest.approx(rmssd)
    assert result.prv.sdnn_ms == pytest.approx(ibi.std(ddof=1))
    assert result.prv.intervals == len(ibi)


def test_words_and_record() -> None:
    heart = Heart()
    stretch, _ = curve(heart, 90.0)
    found = study([stretch], readings(heart, 90.0))
    prv, breath = words(found)
    assert prv.startswith("PRV: RMSSD ")
    assert prv.endswith("100 % of beats")
    assert breath == "Respiration: 15 breaths a minute"
    told = record(found)
    assert told["prv"]["rmssd_ms"] == pytest.approx(found.prv.prv.rmssd_ms, abs=0.1)
    assert told["prv_reason"] is None
    assert told["respiration"]["per_min"] == pytest.approx(15, abs=0.3)
    nothing = record(study([], []))
    assert (nothing["prv"], nothing["respiration"]) == (None, None)
    assert nothing["prv_reason"].startswith("needs a minute")
