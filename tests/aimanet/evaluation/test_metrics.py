"""The numbers themselves: against the formulas written out the long way, and by hand."""

from __future__ import annotations

from time import process_time

import numpy as np
import pytest
from scipy import signal

from aimanet.evaluation.metrics import (
    MIN_SAMPLES,
    Score,
    filtered,
    macc,
    score,
    score_windows,
    snr_db,
)
from aimanet.evaluation.profiles import PROFILES, EvaluationError, profile_named
from aimanet.evaluation.summary import agreement, summarise
from aimanet.pulse import detrend

from .waves import pair

TOOLBOX, NEURIPS = PROFILES["toolbox-2025"], PROFILES["neurips2023"]


def long_detrend(x, lam=100.0):
    """Tarvainen's smoothness priors with full matrices."""
    n = len(x)
    second = np.diff(np.eye(n), 2, axis=0)
    return x - np.linalg.inv(np.eye(n) + lam**2 * second.T @ second) @ x


def long_filter(x, fs, low, high, derivative):
    wave = long_detrend(np.cumsum(x) if derivative else x)
    b, a = signal.butter(1, [2 * low / fs, 2 * high / fs], "bandpass")
    return signal.filtfilt(b, a, wave)


def long_spectrum(x, fs):
    nfft = 1
    while nfft < len(x):
        nfft *= 2
    padded = np.concatenate([x, np.zeros(nfft - len(x))])
    power = np.abs(np.fft.fft(padded)[: nfft // 2 + 1]) ** 2 / (fs * len(x))
    power[1:-1] *= 2
    return np.arange(nfft // 2 + 1) * fs / nfft, power


def long_score(pred, label, fs, low, high, derivative):
    """Label's and prediction's rate, SNR, MACC: one loop a formula."""
    p, q = (long_filter(x, fs, low, high, derivative) for x in (pred, label))
    rates = []
    for wave in (q, p):
        f, power = long_spectrum(wave, fs)
        inside = [i for i in range(len(f)) if low <= f[i] <= high]
        rates.append(60 * f[max(inside, key=lambda i: power[i])])
    true, at, rest = rates[0] / 60, 0.0, 0.0
    for f1, p1 in zip(*long_spectrum(p, fs), strict=True):
        if abs(f1 - true) <= 0.1 or abs(f1 - 2 * true) <= 0.1:
            at += p1
        elif low <= f1 <= high:
            rest += p1
    shifts = range(len(p) - 1)
    best = max(abs(np.corrcoef(p, np.roll(q, k))[0, 1]) for k in shifts)
    return (*rates, 10 * np.log10(at / rest), best)


CASES = [
    # n, fs, hr, noise, derivative
    pytest.param(1800, 30.0, 72.0, 1.0, True, marks=pytest.mark.slow),
    pytest.param(1801, 30.0, 72.0, 1.0, False, marks=pytest.mark.slow),
    (513, 30.0, 118.0, 4.0, True),
    (401, 25.0, 51.0, 2.0, False),
    (301, 29.97, 88.0, 8.0, True),
    (300, 35.0, 64.0, 1.0, False),
    (257, 60.0, 150.0, 3.0, True),
    (64, 30.0, 90.0, 1.0, False),
    (11, 10.0, 90.0, 1.0, True),
]


@pytest.mark.parametrize(("n", "fs", "hr", "noise", "derivative"), CASES)
@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda p: p.name)
def test_scores_equal_the_formulas_written_out(profile, n, fs, hr, noise, derivative):
    pred, label = pair(n, fs, hr, noise, seed=n, derivative=derivative)
    ours = score(pred, label, fs, profile, derivative=derivative)
    theirs = long_score(pred, label, fs, profile.low_hz, profile.high_hz, derivative)
    got = (ours.hr_label_bpm, ours.hr_pred_bpm, ours.snr_db, ours.macc)
    assert got == pytest.approx(theirs, rel=0, abs=1e-7)


def test_single_precision_is_summed_up_in_single_precision():
    pred, label = (x.astype(np.float32) for x in pair(600, seed=4, derivative=True))
    pred += np.float32(0.5)
    ours = score(pred, label, 30.0, TOOLBOX, derivative=True)
    theirs = long_score(pred, label, 30.0, 0.6, 3.3, True)
    assert ours.snr_db == pytest.approx(theirs[2], rel=0, abs=1e-7)
    double = score(pred.astype(float), label.astype(float), 30.0, TOOLBOX, derivative=True)
    assert 0 < abs(double.snr_db - ours.snr_db) < 1e-3


def test_detrending_agrees_at_the_edges_too():
    for n in (10, 11, 37, 600):
        x = np.random.default_rng(n).normal(size=n).cumsum() * 30 + 900
        assert np.abs(detrend(x, 100.0) - long_detrend(x)).max() < 1e-8


def test_a_pure_tone_has_its_own_rate():
    t = np.arange(2048) / 32
    wave = np.sin(2 * np.pi * 1.25 * t)
    got = score(wave, wave, 32.0, TOOLBOX, derivative=False)
    assert (got.hr_label_bpm, got.hr_pred_bpm) == (75.0, 75.0)
    assert got.macc == pytest.approx(1.0)
    assert got.snr_db > 15


def test_snr_takes_both_edges_of_a_tenth_of_a_hertz_and_harmonics_outside_the_band():
    freqs = np.arange(81) / 16  # 1/16 Hz a bin
    power = np.ones(81)
    # 2 +- 0.1 Hz holds three bins, 4 +- 0.1 Hz three more although the band ends at 3.3 Hz;
    # the band's other bins, 10/16 to 52/16 Hz, are 43 - 3.
    assert snr_db(freqs, power, 2.0, TOOLBOX) == pytest.approx(10 * np.log10(6 / 40))
    tenths = np.arange(51) / 10
    tone = np.where(np.abs(tenths - 1.2) < 0.11, 1.0, 0.0)
    assert snr_db(tenths, tone, 1.2, TOOLBOX) == 0.0, "no rest is 0 dB, as in the toolbox"


def test_macc_is_the_best_shift_but_the_last():
    rng = np.random.default_rng(1)
    for n in (10, 101, 256, 997):
        a, b = rng.normal(size=(2, n))
        slow = [abs(np.corrcoef(a, np.roll(b, k))[0, 1]) for k in range(n)]
        assert macc(a, b) == pytest.approx(max(slow[:-1]), rel=0, abs=1e-12)
        last = macc(a, np.roll(a, 1))  # only the shift of n - 1 would bring it back
        assert last == pytest.approx(
            max(abs(np.corrcoef(a, np.roll(a, k))[0, 1]) for k in range(1, n)), abs=1e-12
        )
        assert last < 0.99


@pytest.mark.parametrize("derivative", [False, True])
def test_windows_follow_each_other_and_a_tiny_rest_is_left_out(derivative):
    pred, label = pair(609, seed=3, derivative=derivative)
    got = score_windows(pred, label, 30.0, TOOLBOX, derivative=derivative, window_s=10)
    assert len(got) == 2
    for k, one in enumerate(got):
        part = slice(300 * k, 300 * (k + 1))
        want = long_score(pred[part], label[part], 30.0, 0.6, 3.3, derivative)
        assert (one.snr_db, one.macc) == pytest.approx(want[2:], rel=0, abs=1e-7)
    rest = pair(610, seed=3)
    assert len(score_windows(*rest, 30.0, TOOLBOX, derivative=False, window_s=10)) == 3


def test_a_window_longer_than_the_video_is_the_video():
    pred, label = pair(400, seed=5)
    whole = score_windows(pred, label, 30.0, TOOLBOX, derivative=False)
    assert score_windows(pred, label, 30.0, TOOLBOX, derivative=False, window_s=60) == whole


def test_what_does_not_change_has_no_rate():
    pred, label = pair(300)
    for flat in (np.full(300, 7.0), np.full(300, 9, np.uint8), 3 + 0.25 * np.arange(300)):
        got = score(flat, label, 30.0, TOOLBOX, derivative=False)
        assert np.isfinite(got.hr_label_bpm)
        assert np.isnan([got.hr_pred_bpm, got.snr_db, got.macc]).all()
        got = score(pred, flat, 30.0, TOOLBOX, derivative=False)
        assert np.isfinite(got.hr_pred_bpm)
        assert np.isnan([got.hr_label_bpm, got.snr_db, got.macc]).all()


def test_a_steep_ramp_does_not_hide_a_pulse():
    pred, label = pair(900, noise=0.01)
    got = score(pred + 1e5 * np.arange(900), label, 30.0, TOOLBOX, derivative=False)
    assert got.hr_pred_bpm == got.hr_label_bpm


def test_no_bin_in_the_band_is_no_rate():
    pred, label = pair(12, fs=240.0)
    assert np.isnan(score(pred, label, 240.0, TOOLBOX, derivative=False).hr_pred_bpm)


def test_too_few_samples_or_too_low_a_rate_are_refused():
    with pytest.raises(EvaluationError, match="at least 10"):
        filtered(np.arange(MIN_SAMPLES - 1.0), 30.0, TOOLBOX, derivative=False)
    with pytest.raises(EvaluationError, match=r"fs of 6\.6 Hz is too low for toolbox-2025"):
        filtered(np.arange(50.0), 6.6, TOOLBOX, derivative=False)
    for window_s in (0.3, -1, float("nan"), float("inf")):
        with pytest.raises(EvaluationError, match="a window of"):
            score_windows(*pair(300), 30.0, TOOLBOX, derivative=False, window_s=window_s)
    with pytest.raises(EvaluationError, match=r"toolbox-2025.*neurips2023"):
        profile_named("toolbox")


def scores(rates):
    return [Score(label, pred, snr, m) for label, pred, snr, m in rates]


def test_a_summary_by_hand():
    got = summarise(
        scores([(60, 61, 1.0, 0.9), (80, 78, 2.0, 0.8), (100, 103, 6.0, 0.7), (50, 50, 3.0, 0.8)])
    )
    assert got.n == 4
    assert got.mae.value == pytest.approx(1.5)  # 1 2 3 0
    assert got.mae.se == pytest.approx(np.sqrt(1.25) / 2)
    assert got.rmse.value == pytest.approx(np.sqrt(14 / 4))  # 1 4 9 0
    assert got.rmse.se == pytest.approx(np.sqrt(np.sqrt(98 / 4 - 3.5**2) / 2))
    percent = np.array([1 / 60, 2 / 80, 3 / 100, 0]) * 100
    assert got.mape.value == pytest.approx(percent.mean())
    assert got.mape.se == pytest.approx(percent.std() / 2)
    pred, label = np.array([61, 78, 103, 50]), np.array([60, 80, 100, 50])
    p, q = pred - pred.mean(), label - label.mean()
    r = (p @ q) / np.sqrt((p @ p) * (q @ q))
    assert got.pearson.value == pytest.approx(r)
    assert got.pearson.se == pytest.approx(np.sqrt((1 - r * r) / 2))
    assert got.snr.value == pytest.approx(3.0)
    assert got.snr.se == pytest.approx(np.sqrt(3.5) / 2)  # deviations -2 -1 3 0
    assert got.macc.value == pytest.approx(0.8)


def test_too_few_scores_are_not_a_number_and_no_warning(recwarn):
    none = summarise([])
    assert none.n == 0
    assert np.isnan([none.mae.value, none.rmse.se, none.pearson.value, none.snr.value]).all()
    one = summarise(scores([(60, 61, 1.0, 0.9), (np.nan, 70, np.nan, np.nan)]))
    assert (one.n, one.mae.value, one.mae.se) == (1, 1.0, 0.0)
    assert np.isnan([one.pearson.value, one.pearson.se]).all()
    two = summarise(scores([(60, 61, 1.0, 0.9), (70, 75, 1.0, 0.9)]))
    assert two.pearson.value == pytest.approx(1.0)
    assert np.isnan(two.pearson.se)
    same = summarise(scores([(60, 61, 1.0, 0.9)] * 3))
    assert np.isnan(same.pearson.value)
    assert not recwarn


def test_bland_altman_by_hand():
    got = agreement(scores([(60, 61, 0, 0), (80, 78, 0, 0), (100, 103, 0, 0), (50, 50, 0, 0)]))
    assert (got.n, got.bias_bpm) == (4, 0.5)
    assert got.sd_bpm == pytest.approx(np.sqrt(13 / 3))  # 0.5 -2.5 2.5 -0.5 squared: 13
    assert got.high_bpm == pytest.approx(0.5 + 1.96 * np.sqrt(13 / 3))
    assert got.low_bpm == pytest.approx(0.5 - 1.96 * np.sqrt(13 / 3))
    assert np.isnan(agreement(scores([(60, 61, 0, 0)])).low_bpm)
    assert agreement([]).n == 0


def test_forty_two_videos_take_no_time():
    waves = [pair(1800, seed=k) for k in range(42)]
    began = process_time()
    for pred, label in waves:
        score(pred, label, 30.0, NEURIPS, derivative=False)
    # About 0.1 s; the dense formulas take two minutes.
    assert process_time() - began < 10
