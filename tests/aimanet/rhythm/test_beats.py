"""Beat times against beats that are known."""

from __future__ import annotations

import numpy as np
import pytest

from aimanet.rhythm.beats import find_beats
from aimanet.rhythm.tape import Stretch
from aimanet.rhythm.train import good_beats

from .waves import FS, Heart, curve, readings


def interval_errors(found: np.ndarray, beats: np.ndarray) -> np.ndarray:
    """Errors (ms) of the intervals between beats that follow one another in truth, too."""
    late = np.median(found - beats[np.searchsorted(beats, found) - 1])
    which = np.abs((found - late)[:, None] - beats).argmin(axis=1)
    error = found - beats[which]
    return 1e3 * np.diff(error)[np.diff(which) == 1]


@pytest.mark.parametrize("bpm", [48, 66, 100, 150])
def test_intervals_of_a_clean_wave_are_right_to_2_ms(bpm: float) -> None:
    heart = Heart(bpm=bpm, sway_s=0.02 * 66 / bpm, slow_s=0.02)
    stretch, beats = curve(heart, 70.0, snr_db=60.0)
    found = find_beats(stretch, [20.0, 50.0], [bpm, bpm])
    error = interval_errors(found.t, beats)
    assert len(error) > 0.9 * 70 * bpm / 60
    assert np.std(error) < 2.0
    assert np.abs(error).max() < 8.0
    assert np.all(np.diff(found.t) > 0)


@pytest.mark.parametrize("snr_db", [20.0, 12.0])
def test_the_jitter_that_it_claims_is_about_the_error_that_it_makes(snr_db: float) -> None:
    claimed, made = [], []
    for seed in range(3):
        stretch, beats = curve(Heart(), 80.0, snr_db, seed)
        found = find_beats(stretch, [20.0, 60.0], [66, 66])
        error = interval_errors(found.t, beats)
        made.append(1.48 * np.median(np.abs(error)))
        claimed.append(1e3 * np.sqrt(2) * np.mean(found.jitter_s))
    assert 0.5 < np.mean(made) / np.mean(claimed) < 1.3


def test_half_or_double_the_rate_is_not_counted() -> None:
    stretch, _ = curve(Heart(bpm=54), 60.0, 20.0)
    found = find_beats(stretch, [20.0, 40.0], [54, 54])
    assert len(found) == pytest.approx(54, abs=2)


def test_seconds_without_a_rate_have_no_beats() -> None:
    stretch, _ = curve(Heart(), 120.0)
    found = find_beats(stretch, [10.0, 20.0, 30.0], [66.0] * 3)
    assert found.t[-1] < 45.0
    assert len(find_beats(stretch, [], [])) == 0


def test_beats_in_poor_signal_are_left_out() -> None:
    heart = Heart()
    stretch, _ = curve(heart, 100.0)
    train = good_beats([stretch], readings(heart, 100.0, poor=(50.0, 60.0)))
    first, second = train.runs
    # A reading speaks for the window around five seconds before it.
    assert first.t[-1] == pytest.approx(45.0, abs=1.0)
    assert second.t[0] == pytest.approx(55.0, abs=1.0)
    assert train.span_s == pytest.approx(99, abs=2)
    assert train.good_s == pytest.approx(89, abs=2)


def test_a_hole_divides_the_beats() -> None:
    heart = Heart()
    stretch, _ = curve(heart, 100.0)
    cut = round(40 * FS)
    parts = [
        Stretch(0.0, FS, stretch.wave[:cut]),
        Stretch(43.0, FS, stretch.wave[round(43 * FS) :]),
    ]
    train = good_beats(parts, readings(heart, 100.0))
    assert len(train.runs) == 2
    assert train.runs[0].t[-1] < 40.0 < 43.0 < train.runs[1].t[0]


def test_nothing_and_too_little_have_no_beats() -> None:
    heart = Heart()
    assert good_beats([], readings(heart, 20.0)).runs == ()
    assert good_beats([Stretch(0.0, FS, np.zeros(20))], []).runs == ()
    flat = good_beats([Stretch(0.0, FS, np.zeros(1800))], readings(heart, 60.0))
    assert flat.good_s == 0.0
