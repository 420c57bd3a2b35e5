"""What becomes of a sensor's rows: order, holes, standstill."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from aimanet.datasets.base import DatasetError
from aimanet.datasets.labels import (
    from_zero,
    increasing,
    repaired,
    second_of,
    standing_still,
    tidy,
)

PATH = Path("label.csv")
T = np.arange(300) / 30
WAVE = np.sin(2 * np.pi * 1.2 * T)


def test_clean_rows_stay_as_they_are() -> None:
    read = tidy(PATH, T, WAVE, np.full(300, 72.0), drift_s=0.1)
    np.testing.assert_array_equal(read.label.t, T)
    np.testing.assert_array_equal(read.label.ppg, WAVE)
    assert read.label.drift_s == 0.1
    assert read.notes == ()


@pytest.mark.parametrize(
    ("t", "kept"),
    [
        ([0, 1, 2, 3], [1, 1, 1, 1]),
        ([0, 1, 1, 2], 3),
        ([0, 1, 99, 2, 3, 4], [1, 1, 0, 1, 1, 1]),
        ([5, 0, 1, 2, 3], [0, 1, 1, 1, 1]),
        ([3, 2, 1, 0], 1),
        ([0, 1, 2, -5, 3, 4], [1, 1, 1, 0, 1, 1]),
        ([], []),
    ],
)
def test_the_fewest_are_dropped(t: list[float], kept: list[int] | int) -> None:
    mask = increasing(np.array(t, float))
    assert (np.diff(np.array(t)[mask]) > 0).all()
    if isinstance(kept, int):
        assert mask.sum() == kept
    else:
        assert mask.astype(int).tolist() == kept


def test_random_orders_keep_the_longest_chain() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        t = rng.integers(0, 9, 9).astype(float)
        best = max(
            bin(code).count("1")
            for code in range(1, 512)
            if (np.diff(t[[k for k in range(9) if code >> k & 1]]) > 0).all()
        )
        assert increasing(t).sum() == best


def test_repair_puts_bad_times_between_their_neighbours() -> None:
    t = T.copy()
    t[0], t[10], t[20], t[-1] = 7.0, np.nan, -3.0, 1.0
    np.testing.assert_allclose(repaired(t), T, atol=1e-9)
    with pytest.raises(ValueError, match="out of order"):
        repaired(T[::-1])


@pytest.mark.parametrize("unit", [1.0, 1e3, 1e6, 1e9])
@pytest.mark.parametrize("fs", [20, 30, 62, 64, 256])
def test_units_of_clocks(unit: float, fs: float) -> None:
    assert second_of(unit / fs) == unit
    raw, times = from_zero(PATH, 1e3 + np.arange(50) * unit / fs)
    assert times[-1] == pytest.approx(49 / fs)
    assert raw[-1] == pytest.approx(49 / fs)


def test_what_is_no_number_leaves_a_hole() -> None:
    wave = WAVE.copy()
    wave[100:130] = np.nan
    wave[5] = np.inf
    read = tidy(PATH, T, wave)
    assert len(read.label.t) == 269
    assert read.notes == (
        "31 of 300 rows hold no number and are left out",
        "the longest hole is 1.0 s, at 3.3 s",
    )


def test_a_sensor_that_was_off_for_a_while() -> None:
    wave = WAVE.copy()
    wave[60:150] = 0.25
    read = tidy(PATH, T, wave)
    assert len(read.label.t) == 210
    assert "stands still in 30 %" in read.notes[0]
    wave[:] = WAVE
    wave[60:90] = 0.25  # a second of saturation is part of the signal
    assert len(tidy(PATH, T, wave).label.t) == 300


def test_standing_still_at_both_ends() -> None:
    wave = np.array([1, 1, 1, 2, 3, 3, 3.0])
    t = np.arange(7.0)
    assert standing_still(t, wave, 2.0).tolist() == [True] * 3 + [False] + [True] * 3
    assert not standing_still(t, wave, 2.5).any()


@pytest.mark.parametrize(
    ("t", "wave", "said"),
    [
        (T, np.ones(300), "never changes"),
        (T, np.full(300, np.nan), "fewer than two"),
        (T[:1], WAVE[:1], "fewer than two"),
        (T[::-1], WAVE, "do not increase"),
        (np.zeros(300), WAVE, "do not increase"),
        (T[:20], np.ones(20), "never changes"),
    ],
)
def test_nothing_usable_is_refused(t: np.ndarray, wave: np.ndarray, said: str) -> None:
    with pytest.raises(DatasetError, match=rf"label\.csv: .*{said}"):
        tidy(PATH, t, wave)


def test_codes_for_no_pulse_are_no_rates() -> None:
    hr = np.array([0, 72, 255, 80, np.nan, 60.0])
    read = tidy(PATH, T[:6], WAVE[:6], hr)
    assert np.isnan(read.label.hr_bpm).tolist() == [True, False, True, False, True, False]
