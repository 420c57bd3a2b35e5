"""The steps from a pulse to its spectrum against their formulas."""

from __future__ import annotations

import numpy as np
import pytest

from aimanet.pulse import (
    bandpass,
    detrend,
    find_peak,
    integrate,
    interpolate_peak,
    smoothing,
    snr_db,
    spectrum,
)

FS = 30.0


def test_the_running_sum_of_differences_is_the_signal() -> None:
    signal = np.sin(np.arange(300) / 7.0) + 3.0
    assert np.allclose(integrate(np.diff(signal), signal[0]), signal[1:])


def test_a_slope_from_below_the_band_is_no_peak() -> None:
    freqs = np.linspace(0, 15, 1000)
    assert find_peak(freqs, np.exp(-freqs), 0.7, 3.5) is None


def test_sparse_detrend_equals_the_dense_formula() -> None:
    rng = np.random.default_rng(0)
    for n, smooth in ((3, 100.0), (17, 5.0), (300, 100.0), (450, 225.0)):
        x = np.cumsum(rng.normal(size=n))
        d2 = np.diff(np.eye(n), 2, axis=0)
        dense = x - np.linalg.solve(np.eye(n) + smooth**2 * d2.T @ d2, x)
        assert np.abs(detrend(x, smooth) - dense).max() < 1e-8


def test_detrend_cuts_at_the_same_frequency_at_every_rate() -> None:
    for fs in (15.0, 30.0, 60.0):
        t = np.arange(round(40 * fs)) / fs
        tone = np.sin(2 * np.pi * 0.48 * t)
        kept = detrend(tone, smoothing(fs))[len(t) // 4 : -len(t) // 4]
        assert np.std(kept) / np.std(tone) == pytest.approx(0.5, abs=0.05)


def test_bandpass_keeps_the_band_and_is_causal() -> None:
    t = np.arange(900) / FS
    keep, low, high = (np.sin(2 * np.pi * f * t) for f in (1.5, 0.1, 9.0))
    assert np.std(bandpass(keep, FS)[300:]) > 0.9 * np.std(keep)
    assert np.std(bandpass(low, FS)[300:]) < 0.05
    assert np.std(bandpass(high, FS)[300:]) < 0.05
    changed = keep.copy()
    changed[500:] = 9.0
    assert np.array_equal(bandpass(keep, FS)[:500], bandpass(changed, FS)[:500])


def test_the_snr_is_power_near_the_pulse_over_the_rest() -> None:
    freqs = np.arange(0, 5, 0.01)
    power = np.ones_like(freqs)
    near = (np.abs(freqs - 1.0) <= 0.12) | (np.abs(freqs - 2.0) <= 0.12)
    inside = (freqs >= 0.7) & (freqs <= 3.5)
    expected = 10 * np.log10((near & inside).sum() / (inside & ~near).sum())
    assert snr_db(freqs, power, 1.0, 10.0, (0.7, 3.5)) == pytest.approx(expected, abs=0.2)
    power[near] = 100.0
    assert snr_db(freqs, power, 1.0, 10.0, (0.7, 3.5)) == pytest.approx(expected + 20, abs=0.2)


def test_the_peak_is_interpolated_between_bins() -> None:
    signal = np.sin(2 * np.pi * 1.2345 * np.arange(300) / FS)
    freqs, power = spectrum(signal, FS)
    assert interpolate_peak(freqs, power, int(np.argmax(power))) == pytest.approx(1.2345, abs=2e-3)
