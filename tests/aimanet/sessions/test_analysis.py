"""Two rows of readings side by side, and a session read once more."""

from __future__ import annotations

import pytest

from aimanet.methods import make_method
from aimanet.sessions.analysis import compare, match, reanalyse
from aimanet.sessions.reader import RecordedReading, open_session
from aimanet.types import State
from tests.aimanet.sessions.recordings import write_session


def row(t, hr=70.0, state=State.OK):
    return RecordedReading(t, hr, 3.0, state, 0.5)


def test_equal_rows_are_the_same():
    rows = [row(0.3, None, State.WARMING_UP), row(0.7), row(1.0, 71.0)]
    found = compare(rows, list(rows))
    assert (found.pairs, found.same, found.same_state, found.both) == (3, 3, 3, 2)
    assert (found.mae_bpm, found.max_bpm, found.before, found.after) == (0.0, 0.0, 0, 0)


def test_differences_are_counted_and_measured():
    before = [row(0.3), row(0.7, 72.0), row(1.0), row(5.0)]
    after = [row(0.3), row(0.75, 70.0, State.POOR_SIGNAL), row(1.01, None)]
    found = compare(before, after)
    assert (found.pairs, found.same, found.same_state, found.both) == (3, 1, 2, 2)
    assert (found.mae_bpm, found.max_bpm) == (1.0, 2.0)
    assert (found.before, found.after) == (1, 0)


def test_a_reading_has_one_partner_at_most():
    assert match([row(1.0), row(1.1)], [row(1.08)]) == [(row(1.1), row(1.08))]
    assert match([row(1.0)], [row(1.3)]) == []
    assert match([], [row(1.0)]) == []
    assert compare([], []).mae_bpm is None


@pytest.mark.parametrize("seconds", [None, 6.0])
def test_recorded_faces_are_read_without_a_detector(tmp_path, seconds):
    folder = write_session(tmp_path / "s", 240, "face", window_s=12.0)
    steps = list(reanalyse(open_session(folder), make_method("green"), seconds))
    readings = [reading for _, reading in steps if reading is not None]
    assert len(steps) == 240
    assert 20 <= len(readings) <= 30
    assert readings[-1].t > 7.5
    assert readings[-1].state in (State.OK, State.POOR_SIGNAL)
    shown_s = readings[-1].bvp_t[-1] - readings[-1].bvp_t[0]
    assert shown_s == pytest.approx(6.0, abs=0.1) if seconds else shown_s > 7.0
