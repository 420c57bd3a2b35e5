"""What is counted, from results whose errors are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from aimanet.bench.accuracy.calibration import calibrations
from aimanet.bench.accuracy.figures import (
    ALL,
    condition_rows,
    conditions_of,
    figures,
    jumps,
    lifeless_rows,
)
from aimanet.bench.accuracy.material import Truth
from aimanet.types import State
from tests.aimanet.bench.accuracy.measured import NAN, readings, result

WARM, OK, POOR = State.WARMING_UP, State.OK, State.POOR_SIGNAL


def test_the_truth_of_a_stretch():
    t = np.arange(0.0, 20.0, 0.1)
    rising = Truth(t, 60.0 + t)
    assert rising.mean(5.0, 15.0) == pytest.approx(70.0, abs=0.06)
    assert np.isnan(rising.mean(30.0, 40.0)), "the sensor had ended"
    assert Truth.steady(72.0).mean(3.0, 500.0) == 72.0
    broken = Truth(t, np.where(t > 10.0, NAN, 60.0))
    assert broken.mean(8.0, 18.0) == 60.0, "what is known of it"
    assert np.isnan(broken.mean(15.0, 18.0))


def test_rates_that_are_means_do_not_look_past_the_stretch():
    """A rate over 10 s at its middle: of 0-10 s only the one at 5 s is all inside."""
    t = np.arange(5.0, 26.0, 0.5)
    windows = Truth(t, 60.0 + t, half_s=5.0)
    assert windows.mean(0.0, 10.0) == 65.0
    assert windows.mean(0.0, 20.0) == pytest.approx(70.0)
    assert windows.mean(8.0, 12.0) == 70.0, "shorter than a window: the one around it"


def test_clip_rates_and_live_readings_are_two_things():
    said = readings([70.0] * 10, 60.0)
    clips = [
        result("a 0", hr=61.0, said=said),
        result("a 1", hr=97.0, truth=100.0, said=readings([100.5] * 10, 100.0)),
        result("a 2", hr=NAN, truth=80.0, said=readings([], 80.0)),
    ]
    found = figures(clips)
    assert (found.clips, found.unread) == (3, 1)
    assert found.mae == pytest.approx(2.0)
    assert found.rmse == pytest.approx(np.sqrt(5.0))
    assert found.live_mae == pytest.approx(5.25)
    assert found.ok_within == pytest.approx(0.5)
    assert found.now_within == pytest.approx(0.5)


def test_a_rate_that_climbs_is_right_now_and_not_on_the_mean():
    ahead = replace(readings([70.0] * 10, 63.0), now_bpm=np.full(10, 69.0))
    found = figures([result(said=ahead)])
    assert (found.ok_within, found.now_within) == (0.0, 1.0)


def test_seconds_count_and_not_readings():
    states = [WARM] * 4 + [POOR] * 4 + [OK] * 12
    found = figures([result(said=readings([60.0] * 20, state=states))])
    assert found.ok_share == pytest.approx(12 / 16), "of the seconds since the warm-up"
    assert found.ok_of_all == pytest.approx(0.6)
    assert found.first_ok_s == pytest.approx(0.5 + 8 * 0.5)


def test_a_clip_that_never_gets_ok_counts():
    never = result("a 1", said=readings([60.0] * 20, state=POOR))
    found = figures([result(), never, never])
    assert found.first_ok_s == np.inf
    assert figures([result(), result(), never]).first_ok_s == 0.5


@pytest.mark.parametrize(
    ("hr", "count"),
    [
        ([60, 60, 61, 62, 64, 67, 70, 74], 0),
        ([60, 60, 60, 120, 120, 120, 120, 120], 1),
        ([60, 60, 120, 60, 60, 120, 120, 120], 3),
        ([60, 60, 65, 70, 70, 70, 70, 70], 1),
        ([60, 64, 68, 72, 76, 80, 84, 88], 0),
    ],
)
def test_jumps(hr, count):
    """Readings half a second apart: 8 BPM a second at most."""
    assert jumps(result(said=readings(hr))) == count


def test_a_leap_that_nobody_saw_is_none():
    hidden = readings([60, 60, 120, 60], state=[OK, OK, POOR, OK])
    assert jumps(result(said=hidden)) == 0
    late = readings([60, NAN, NAN, NAN, 120], state=[OK, POOR, POOR, POOR, OK])
    assert jumps(result(said=late)) == 0, "two seconds lie between them"


def test_the_band_of_a_clip_is_that_of_its_true_rate():
    slow = result(truth=48.0, conditions=("still", "55-100 BPM"))
    assert conditions_of(slow) == (ALL, "still", "40-55 BPM")
    assert conditions_of(result(truth=100.0))[-1] == "100-200 BPM"
    assert conditions_of(result(truth=38.0))[-1] == "40-55 BPM"
    assert conditions_of(result(truth=210.0))[-1] == "100-200 BPM"
    photo = result(truth=60.0, origin="photograph")
    assert conditions_of(photo) == (ALL, "photographs", "still", "55-100 BPM")


def test_a_row_a_condition_and_recordings_apart():
    clips = [
        result("dim 0", method, hr=60.0 + e, conditions=("dim",))
        for method, e in (("TS-CAN", 1.0), ("POS", 3.0))
    ]
    clips += [result("mine/a", "TS-CAN", hr=90.0, origin="recording", kind="mine")]
    clips += [result("wall 0", "TS-CAN", alive=False, conditions=("wall",))]
    rows = {(row.condition, row.method): row.figures for row in condition_rows(clips)}
    assert [row.condition for row in condition_rows(clips)][::2] == [
        *(ALL, "dim", "55-100 BPM", "mine")
    ]
    assert rows["dim", "POS"].mae == pytest.approx(3.0)
    assert rows[ALL, "TS-CAN"].mae == pytest.approx(1.0), "recordings are no part of all"
    assert rows["mine", "TS-CAN"].mae == pytest.approx(30.0)
    assert rows["mine", "POS"].clips == 0


def test_false_alarms():
    states = [POOR] * 18 + [OK] * 2
    quiet = result("wall 0", alive=False, said=readings([60.0] * 20, NAN, 0.1, POOR))
    loud = result("wall 1", alive=False, said=readings([60.0] * 20, NAN, 0.6, states))
    doll = result("doll 0", alive=False, said=readings([60.0] * 20, NAN, 0.1, POOR))
    rows = {row.kind: row for row in lifeless_rows([quiet, loud, doll, result()])}
    assert list(rows) == ["wall", "doll", ALL]
    assert rows["wall"].ok_share == pytest.approx(0.05)
    assert (rows["wall"].worst, rows["wall"].worst_s) == ("wall 1", 1.0)
    assert (rows["doll"].ok_share, rows["doll"].worst) == (0.0, "")
    assert rows[ALL].ok_share == pytest.approx(1.0 / 30.0)
    assert rows[ALL].quality == 0.6
    assert lifeless_rows([result()]) == []


def test_quality_that_means_something():
    quality = np.linspace(0.0, 1.0, 101)
    said = readings(60.0 + 10.0 * (1.0 - quality), 60.0, quality)
    dead = result("wall 0", alive=False, said=readings([60.0] * 7, NAN, 0.31, POOR))
    (found,) = calibrations([result(said=said), dead])
    assert found.spearman == pytest.approx(-1.0)
    assert [b.readings for b in found.bins] == [10] * 9 + [11]
    assert found.bins[0].within == 0.0
    assert found.bins[9].within == 1.0
    assert [b.lifeless for b in found.bins] == [0, 0, 0, 7, 0, 0, 0, 0, 0, 0]
    (flat,) = calibrations([result(said=readings([61.0] * 20, 60.0))])
    assert np.isnan(flat.spearman)
