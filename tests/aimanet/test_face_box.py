"""The square over sightings that move by known amounts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from aimanet.face_box import BoxFilter
from aimanet.face_detector import Sighting

SEEN = Sighting(320.0, 240.0, 200.0, 320.0, 250.0, 60.0, 0.9)
T = np.arange(300) / 30


def squares(dy: np.ndarray, *, steady: bool) -> np.ndarray:
    """(N,) the square's centre (px) while the face moves by ``dy`` (N,) px."""
    box = BoxFilter(SEEN, -1 / 30)
    places = []
    for t, step in zip(T, dy, strict=True):
        seen = replace(SEEN, box_y=SEEN.box_y + step, mark_y=SEEN.mark_y + step, steady=steady)
        box.update(seen, float(t))
        places.append(box.square.y)
    return np.array(places)


def test_the_nod_of_each_beat_is_followed_where_sightings_are_steady() -> None:
    nod = 0.4 * np.sin(2 * np.pi * 0.9 * T)  # px: two thousandths of the box
    left = [np.std((squares(nod, steady=steady) - nod)[90:]) for steady in (True, False)]
    assert left[0] < 0.62 * np.std(nod)
    assert left[1] > 0.8 * np.std(nod)


def test_a_detector_that_errs_moves_the_square_little() -> None:
    noise = np.random.default_rng(0).normal(0.0, 0.3, len(T))
    steps = [np.diff(squares(noise, steady=steady)[90:]).std() for steady in (False, True)]
    assert steps[0] < 0.06
    assert steps[0] < 0.5 * steps[1]


@pytest.mark.parametrize("steady", [True, False])
def test_a_head_that_sways_is_kept_in_the_square(steady: bool) -> None:
    sway = 40.0 * np.sin(2 * np.pi * 0.4 * T)
    away = squares(sway, steady=steady) - sway - squares(0 * T, steady=steady)
    assert np.abs(away[90:]).max() < 4
