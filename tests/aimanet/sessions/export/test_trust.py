"""What a person sees of a reading that is not trusted: dashes and the reason, never the number."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from aimanet.evaluation.canvas import PAGE
from aimanet.sessions.export.drawing import Material, heart_rate
from aimanet.sessions.export.overlay import Moment, Overlay
from aimanet.sessions.reader import RecordedReading, Session, open_session
from aimanet.types import Reason, State
from tests.aimanet.sessions.recordings import write_session


@pytest.fixture
def session(tmp_path) -> Session:
    return open_session(write_session(tmp_path / "s", 60))


def showing(
    session: Session, hr: float, state: State, reason: Reason | None = Reason.TOO_DARK
) -> Session:
    readings = tuple(RecordedReading(k / 3, hr, -11.0, state, 0.2, reason) for k in range(6))
    return replace(session, readings=readings)


def overlay(session: Session) -> np.ndarray:
    blank = np.full((240, 320, 3), 90, np.uint8)
    return Overlay(session, (320, 240)).draw(blank, Moment(1.0, None))


@pytest.mark.parametrize("state", [s for s in State if s is not State.OK])
def test_the_overlay_of_an_mp4_is_the_same_whatever_the_untrusted_number(session, state):
    shown = overlay(showing(session, 181.0, state))
    assert np.array_equal(shown, overlay(showing(session, 44.0, state)))
    other = overlay(showing(session, 181.0, state, Reason.OVEREXPOSED))
    assert not np.array_equal(shown, other), "the reason is not written"
    trusted = [overlay(showing(session, hr, State.OK, None)) for hr in (181.0, 44.0)]
    assert not np.array_equal(*trusted)


def test_a_figure_draws_trusted_numbers_only(session):
    axes = Figure().add_subplot()
    mixed = showing(session, 181.0, State.POOR_SIGNAL).readings
    trusted = replace(mixed[0], t=0.1, hr_bpm=70.0, state=State.OK)
    more = replace(trusted, t=0.2)
    rows = replace(session, readings=(trusted, more, *mixed[1:]))
    heart_rate(axes, Material(rows, None), PAGE)
    drawn = np.concatenate([np.asarray(line.get_ydata(), float) for line in axes.lines])
    assert 70.0 in drawn
    assert 181.0 not in drawn
    assert axes.get_ylim()[1] < 181.0
