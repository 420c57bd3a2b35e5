"""Sensor waves on a video's grid: amplitude, lag, holes."""

from __future__ import annotations

import numpy as np
import pytest

from aimanet.datasets.align import drift_s, on_grid, stretched
from aimanet.datasets.base import Label

GRID = 0.37 + np.arange(900) / 30.0


def sine(t: np.ndarray, hz: float) -> np.ndarray:
    return 3.0 + 5.0 * np.sin(2 * np.pi * hz * t + 0.4)


def amplitude_and_lag(got: np.ndarray, t: np.ndarray, hz: float) -> tuple[float, float]:
    """Least squares: what height and what delay (s) the sine has."""
    a = 2 * np.pi * hz * t + 0.4
    s, c, _ = np.linalg.lstsq(np.stack([np.sin(a), np.cos(a), np.ones(len(a))], 1), got)[0]
    return float(np.hypot(s, c)), float(-np.arctan2(c, s) / (2 * np.pi * hz))


def stamps(fs: float, jitter: float) -> np.ndarray:
    rng = np.random.default_rng(3)
    n = round(33 * fs)
    return -1.0 + (np.arange(n) + jitter * rng.uniform(-0.5, 0.5, n)) / fs


@pytest.mark.parametrize("jitter", [0.0, 0.6, 0.95])
@pytest.mark.parametrize("fs", [60.0, 64.0, 256.0, 1000.0])
@pytest.mark.parametrize("hz", [0.8, 1.7, 3.5])
def test_a_sine_keeps_height_and_place(fs: float, hz: float, jitter: float) -> None:
    t = stamps(fs, jitter)
    got, _ = on_grid(Label(t, sine(t, hz)), GRID)
    assert np.abs(got - sine(GRID, hz)).max() < 0.05 * 5.0
    height, lag = amplitude_and_lag(got, GRID, hz)
    assert height == pytest.approx(5.0, rel=0.01)
    assert abs(lag) < 0.001


@pytest.mark.parametrize("fs", [25.0, 29.7, 30.0])
def test_a_sensor_as_slow_as_the_grid_is_interpolated_smoothly(fs: float) -> None:
    t = stamps(fs, 0.2)
    got, _ = on_grid(Label(t, sine(t, 1.5)), GRID)
    height, lag = amplitude_and_lag(got, GRID, 1.5)
    assert height == pytest.approx(5.0, rel=0.01)
    assert abs(lag) < 0.001


def test_mains_hum_does_not_fold_into_the_pulse() -> None:
    t = stamps(1000.0, 0.0)
    hum = 20.0 * np.sin(2 * np.pi * 61.0 * t)  # 61 Hz seen at 30 Hz is 1 Hz
    got, _ = on_grid(Label(t, sine(t, 1.7) + hum), GRID)
    assert np.abs(got - sine(GRID, 1.7)).max() < 0.1


def test_samples_that_come_in_gulps() -> None:
    even = np.arange(0, 33, 1 / 64)
    t = even - 0.45 / 64 * (np.arange(len(even)) % 2) * 1.9  # pairs 2.3 ms apart
    got, _ = on_grid(Label(t, sine(t, 1.3)), GRID)
    height, lag = amplitude_and_lag(got, GRID, 1.3)
    assert height == pytest.approx(5.0, rel=0.01)
    assert abs(lag) < 0.001


def test_nothing_outside_the_span_and_in_long_holes() -> None:
    t = np.arange(0, 20, 1 / 64)
    t = t[(t < 5) | (t > 6)]
    t = t[(t < 10) | (t > 10.3)]
    grid = np.arange(-30, 700) / 30.0
    got, hr_bpm = on_grid(Label(t, sine(t, 1.0), np.full(len(t), 72.0)), grid)
    told = np.isfinite(got)
    assert not told[grid < 0].any()
    assert not told[grid > 20].any()
    assert not told[(grid > 5.02) & (grid < 5.99)].any()
    assert told[(grid > 0.02) & (grid < 4.98)].all()
    assert told[(grid > 6.02) & (grid < 19.9)].all()  # 0.3 s are bridged
    assert np.array_equal(told, np.isfinite(hr_bpm))
    assert np.allclose(hr_bpm[told], 72.0)


def test_missing_samples_are_holes_and_spoil_nothing() -> None:
    t = np.arange(0, 20, 1 / 30)
    wave = sine(t, 1.2)
    wave[100:115] = np.nan  # half a second: the next good sample is 0.533 s away
    wave[300] = np.inf
    got, _ = on_grid(Label(t, wave), t)
    assert np.flatnonzero(~np.isfinite(got)).tolist() == list(range(100, 115))
    assert (
        np.abs(np.delete(got, range(100, 115)) - np.delete(sine(t, 1.2), range(100, 115))).max()
        < 0.1
    )


def test_a_rate_of_zero_is_no_rate() -> None:
    t = np.arange(0, 10, 1 / 60)
    rate = np.where(t < 3, 0.0, 60.0 + t)
    _, hr_bpm = on_grid(Label(t, sine(t, 1.0), rate), t)
    assert np.isnan(hr_bpm[t < 2.9]).all()
    assert np.allclose(hr_bpm[t >= 3], rate[t >= 3])


def test_rates_once_a_second_are_no_holes() -> None:
    t = np.delete(np.arange(0.0, 60.0), range(20, 26))
    label = Label(t, np.full(len(t), np.nan), 60.0 + t)
    ppg, hr_bpm = on_grid(label, GRID)
    assert np.isnan(ppg).all()
    hole = (GRID > 19) & (GRID < 26)
    assert np.isnan(hr_bpm[hole]).all()
    assert np.allclose(hr_bpm[~hole], 60.0 + GRID[~hole])


def test_no_rate_from_a_sensor_without_one() -> None:
    t = np.arange(0, 10, 1 / 60)
    assert np.isnan(on_grid(Label(t, sine(t, 1.0)), t)[1]).all()


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_labels_of_next_to_nothing(n: int) -> None:
    t = np.arange(n) / 30
    got, _ = on_grid(Label(t, np.arange(n) * 1.0), np.arange(10) / 30)
    assert np.isfinite(got).sum() == (n if n > 1 else 0)
    assert on_grid(Label(t, t), np.empty(0))[0].shape == (0,)
    assert on_grid(Label(np.arange(9) / 3, np.arange(9.0)), np.array([0.5]))[0] == pytest.approx(
        1.5
    )


def test_identical_grids_change_nothing() -> None:
    t = np.arange(600) / 30
    wave = np.random.default_rng(1).normal(size=600)
    assert np.allclose(on_grid(Label(t, wave), t)[0], wave, atol=1e-12)


def test_stretched_lasts_as_long_as_the_frames() -> None:
    assert np.allclose(stretched(2500, 250, 25.0), np.arange(2500) / 250.0)
    assert np.allclose(stretched(250, 250, 25.0), np.arange(250) / 25.0)
    assert stretched(0, 250, 25.0).shape == (0,)
    assert stretched(5, 0, 30.0).tolist() == [0.0] * 5


def test_drift_is_the_greatest_difference_to_a_stretch() -> None:
    t = np.linspace(0, 10, 101)
    assert drift_s(t, 10.0) == pytest.approx(0.0)
    assert drift_s(t * 1.02, 10.0) == pytest.approx(0.2)
    assert drift_s(np.empty(0), 3.0) == 0.0
