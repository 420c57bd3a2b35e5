"""Movement between two looks, on drawn faces that move by a known amount."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from aimanet.face_detector import Sighting
from aimanet.face_drift import LOOK_EVERY_S, TRUST, Drift, settle

SIZE, MIDDLE = 150.0, (320.0, 240.0)


def picture(dx: float = 0.0, dy: float = 0.0, scale: float = 1.0, turn: float = 0.0) -> np.ndarray:
    """A smooth random texture, moved about the middle of the frame (px, times, degrees)."""
    rng = np.random.default_rng(3)
    texture = cv2.GaussianBlur(rng.uniform(0, 255, (480, 640, 3)), (0, 0), 12)
    texture = 255 * (texture - texture.min()) / np.ptp(texture)
    move = cv2.getRotationMatrix2D(MIDDLE, turn, scale)
    move[:, 2] += (dx, dy)
    return np.round(cv2.warpAffine(texture, move, (640, 480))).astype(np.uint8)


def sighting() -> Sighting:
    return Sighting(*MIDDLE, SIZE, MIDDLE[0], MIDDLE[1] + 5, 40.0, 0.9)


@pytest.fixture
def drift() -> Drift:
    return Drift(picture(), sighting(), t=0.0)


@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (0.4, 0), (0, -0.7), (-1.2, 1.1)])
def test_a_small_shift_is_told_to_a_tenth_of_a_pixel(drift: Drift, dx: float, dy: float):
    seen = drift.follow(picture(dx, dy), 0.1)
    assert seen is not None
    assert seen.box_x - MIDDLE[0] == pytest.approx(dx, abs=0.1)
    assert seen.mark_y - MIDDLE[1] - 5 == pytest.approx(dy, abs=0.1)


def test_a_small_zoom_is_told(drift: Drift):
    seen = drift.follow(picture(scale=1.01), 0.1)
    assert seen is not None
    assert seen.box_size / SIZE == pytest.approx(1.01, abs=0.002)
    assert seen.spread / 40.0 == pytest.approx(1.01, abs=0.002)


@pytest.mark.parametrize("gain", [0.9, 1.08])
def test_light_is_no_movement(drift: Drift, gain: float):
    lit = np.clip(picture(0.5).astype(float) * gain + 4, 0, 255).astype(np.uint8)
    seen = drift.follow(lit, 0.1)
    assert seen is not None
    assert seen.box_x - MIDDLE[0] == pytest.approx(0.5, abs=0.15)


@pytest.mark.parametrize(
    "other",
    [
        picture(dx=6.0),
        picture(dy=-9.0),
        picture(scale=1.1),
        picture(turn=6.0),
        picture()[:, ::-1],
        np.zeros((480, 640, 3), np.uint8),
    ],
    ids=["right", "up", "nearer", "rolled", "mirrored", "black"],
)
def test_larger_changes_are_for_the_detector(drift: Drift, other: np.ndarray):
    assert drift.follow(np.ascontiguousarray(other), 0.1) is None


def test_a_hand_before_the_face_is_for_the_detector(drift: Drift):
    covered = picture()
    covered[230:300, 300:380] = 128
    assert drift.follow(covered, 0.1) is None


def test_the_detector_looks_when_its_time_has_come(drift: Drift):
    assert not drift.is_due(LOOK_EVERY_S * 0.9)
    assert drift.is_due(LOOK_EVERY_S)
    assert drift.is_due(-0.1)


def test_after_a_hole_only_the_detector_can_tell(drift: Drift):
    assert drift.follow(picture(), LOOK_EVERY_S) is not None
    assert drift.follow(picture(), 5.0) is None


def test_a_look_at_a_resting_face_moves_it_a_little(drift: Drift):
    moved = drift.follow(picture(), 0.3)
    assert moved is not None
    seen = settle(moved, replace(sighting(), box_x=MIDDLE[0] + 4.0, score=0.7))
    assert seen.box_x - moved.box_x == pytest.approx(4.0 * TRUST)
    assert (seen.box_y, seen.score) == (moved.box_y, 0.7)


def test_a_frame_of_another_size_is_for_the_detector(drift: Drift):
    assert drift.follow(picture()[:300], 0.1) is None


def test_a_plain_wall_does_not_divide_by_nothing():
    wall = np.full((480, 640, 3), 77, np.uint8)
    seen = Drift(wall, sighting(), 0.0).follow(wall, 0.1)
    assert seen is None or (seen.box_x, seen.box_y) == pytest.approx(MIDDLE)


def test_a_face_at_the_border_is_the_detectors():
    edge = Sighting(-70.0, 240.0, SIZE, -70.0, 240.0, 40.0, 0.9)
    assert Drift(picture(), edge, 0.0).follow(picture(), 0.1) is None
