"""What a run measured, in one answer."""

from __future__ import annotations

import pytest

from aimanet.types import Reading, State
from app.result import Result, ResultSoFar


def result(*readings: tuple[float, float | None, State]) -> Result:
    so_far = ResultSoFar()
    for t, hr, state in readings:
        so_far.add(Reading(t, hr, 5.0, state))
    return so_far.result("TS-CAN", "Demo face")


def test_mean_and_range_are_of_trusted_readings_only() -> None:
    ok, poor = State.OK, State.POOR_SIGNAL
    found = result((0, 70, ok), (1, 74, ok), (2, 181, poor), (3, 72, ok), (4, None, State.NO_FACE))
    assert found.hr_bpm == pytest.approx(72)
    assert (found.low_bpm, found.high_bpm) == (70, 74)
    assert (found.good_s, found.total_s) == (2, 4)
    assert "70–74 BPM" in found.wording.hint
    assert "181" not in found.text


def test_a_hole_between_readings_is_not_measured_time() -> None:
    found = result((0, 70, State.OK), (1, 70, State.OK), (500, 70, State.OK))
    assert found.total_s == pytest.approx(3.5)


def test_without_a_trusted_reading_it_says_why_and_shows_no_number() -> None:
    poor, warming = State.POOR_SIGNAL, State.WARMING_UP
    found = result((0, 60, warming), (1, 181, poor), (2, 181, poor))
    assert found.hr_bpm is None
    assert found.wording.title == "No trusted reading"
    assert "Signal too weak" in found.wording.hint
    assert "181" not in found.text
    assert "no trusted reading (signal too weak)" in found.text


def test_stopped_while_warming_up_it_was_too_short() -> None:
    assert "Too short" in result((0, None, State.WARMING_UP)).wording.hint


def test_the_text_names_number_range_time_method_and_source() -> None:
    text = result((0, 70, State.OK), (1, 74, State.OK), (2, 74, State.OK)).text
    for part in ("73 BPM", "70–74 BPM", "2 s of 2 s (100%)", "TS-CAN", "Demo face"):
        assert part in text
    assert text.count("not a medical device") == 1
