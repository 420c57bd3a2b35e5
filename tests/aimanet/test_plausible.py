"""Numbers from files: finite, within bounds, times in order."""

from __future__ import annotations

import math

import numpy as np
import pytest

from aimanet.plausible import (
    LONGEST_HOLE_S,
    LONGEST_S,
    bounds_of,
    in_bounds,
    in_order,
    maybe,
    number,
    one_recording,
)


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e999", "1e308", "tea", ""])
def test_what_is_no_finite_number_is_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        number(text)


def test_the_bounds_of_a_name_hold():
    assert number("72.5", "hr_bpm") == 72.5
    with pytest.raises(ValueError, match="72500 is no hr_bpm"):
        number("72500", "hr_bpm")
    assert maybe(" ", "hr_bpm") is None
    assert in_bounds(np.array([-1.0, 0.0, 1e6, 1e7, np.nan]), "w").tolist() == [
        False, True, True, False, False,
    ]  # fmt: skip
    low, high = bounds_of("anything")
    assert math.isfinite(high * high - low * low)


def test_a_value_that_leaps_costs_only_itself():
    t = np.array([0.0, 1.0, 1e30, 2.0, -5.0, 3.0, 3.0, np.nan, 4.0])
    assert t[in_order(t)].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert in_order(np.arange(5.0)).all()
    assert in_order(np.empty(0)).tolist() == []
    assert not in_order(np.full(3, np.nan)).any()


def test_in_order_keeps_as_many_as_can_be_kept():
    rng = np.random.default_rng(3)
    for _ in range(50):
        t = rng.integers(0, 12, 10).astype(float)
        kept = t[in_order(t)]
        longest = 0
        for choice in range(1 << len(t)):
            some = t[[k for k in range(len(t)) if choice >> k & 1]]
            longest = max(longest, len(some) if np.all(np.diff(some) > 0) else 0)
        assert np.all(np.diff(kept) > 0)
        assert len(kept) == longest


def test_times_of_another_year_are_no_part_of_a_recording():
    t = np.array([0.0, 1.0, 2.0, 3.0, 3.0 + 2 * LONGEST_HOLE_S, 1e9])
    assert t[one_recording(t)].tolist() == [0.0, 1.0, 2.0, 3.0]
    since_1970 = 1.7e9 + np.arange(5.0)
    assert one_recording(since_1970).all()


def test_a_recording_has_an_end():
    t = np.arange(0.0, 2 * LONGEST_S, 3600.0)
    assert t[one_recording(t)][-1] == LONGEST_S
