"""Big digits, bars and curves."""

from __future__ import annotations

import numpy as np

from aimanet.terminal.glyphs import BARS, bar, big, sparkline


def test_big_digits_are_three_lines_of_equal_width_and_all_differ():
    pictures = {tuple(big(digit)) for digit in "0123456789-"}
    assert len(pictures) == 11
    assert {len(line) for line in big("172.4")} == {len(big("172.4")[0])}
    assert len(big("172.4")) == 3


def test_a_sparkline_spans_its_own_range_and_keeps_the_ends():
    line = sparkline(np.linspace(-3.0, 5.0, 400), 40)
    assert len(line) == 40
    assert (line[0], line[-1]) == (BARS[0], BARS[-1])
    assert list(line) == sorted(line)


def test_gaps_and_nothing_are_blank():
    assert sparkline([np.nan, 1.0, 2.0], 10) == f" {BARS[0]}{BARS[-1]}"
    assert sparkline([], 10) == ""
    assert sparkline([np.nan] * 3, 10) == "   "


def test_a_bar_is_filled_in_proportion():
    assert bar(0.5, 10) == "█████░░░░░"
    assert bar(7.0, 4) == "████"
    assert bar(-1.0, 4) == "░░░░"
