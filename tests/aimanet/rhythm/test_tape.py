"""The whole curve, kept once and in bounded memory."""

from __future__ import annotations

import numpy as np
import pytest

from aimanet.methods import make_method
from aimanet.pipeline import Pipeline
from aimanet.rhythm.tape import REWRITE_S, PulseTape, unbroken
from aimanet.types import BvpSegment

from ..crops import Scene, face_crops


def segment(t0: float, values, fs: float = 30.0, derivative: bool = False) -> BvpSegment:
    values = np.asarray(values, np.float32)
    return BvpSegment(t0 + np.arange(len(values)) / fs, fs, values, derivative)


def test_segments_in_a_row_are_one_stretch() -> None:
    tape = PulseTape()
    for k in range(5):
        tape.add(segment(2.0 + k / 3, np.arange(10) + 10 * k))
    (stretch,) = tape.stretches()
    assert stretch.wave.tolist() == list(range(50))
    assert (stretch.t0, stretch.fs) == (2.0, 30.0)
    assert stretch.end == pytest.approx(2.0 + 49 / 30)


def test_what_is_said_again_replaces_what_was_there() -> None:
    tape = PulseTape()
    tape.add(segment(0.0, np.zeros(60)))
    tape.add(segment(1.0, np.ones(40)))
    (stretch,) = tape.stretches()
    assert stretch.wave.tolist() == [0.0] * 30 + [1.0] * 40


def test_a_derivative_is_integrated_over_its_whole_stretch() -> None:
    tape = PulseTape()
    tape.add(segment(0.0, np.ones(10), derivative=True))
    tape.add(segment(10 / 30, np.ones(10), derivative=True))
    assert tape.stretches()[0].wave.tolist() == list(range(1, 21))


def test_a_hole_and_another_method_begin_a_new_stretch() -> None:
    tape = PulseTape()
    tape.add(segment(0.0, np.zeros(600)))
    tape.add(segment(25.0, np.ones(30)))
    tape.add(segment(26.0, np.ones(30), derivative=True))
    assert [len(s.wave) for s in tape.stretches()] == [600, 30, 30]


def test_a_method_that_is_fed_the_past_again_replaces_that_past() -> None:
    tape = PulseTape()
    tape.add(segment(0.0, np.zeros(600)))
    back = REWRITE_S + 7.5
    tape.add(segment(20.0 - back, np.ones(30)))
    old, new = tape.stretches()
    assert (len(old.wave), new.t0) == (300, 10.0)


def test_the_oldest_quarter_goes_when_it_is_full() -> None:
    tape = PulseTape(keep=1000)
    for k in range(40):
        tape.add(segment(k, np.full(30, k)))
    (stretch,) = tape.stretches()
    assert len(tape) <= 1000
    assert stretch.t0 == pytest.approx(40 - len(tape) / 30)
    assert stretch.wave[-1] == 39


@pytest.mark.parametrize("method", ["green", "pos"])
def test_a_pipeline_fills_it_without_a_hole(method: str) -> None:
    pipeline, tape = Pipeline(make_method(method, device="cpu")), PulseTape()
    pipeline.on_segment = tape.add
    last = None
    for crop in face_crops(Scene(seconds=6)):
        last = pipeline.push(crop) or last
    (stretch,) = tape.stretches()
    assert stretch.end == pytest.approx(last.bvp_t[-1])
    assert len(stretch.wave) > 5.5 * 30


def test_a_recorded_curve_is_cut_at_its_holes() -> None:
    t = np.concatenate([np.arange(0, 5, 1 / 30), np.arange(7, 9, 1 / 30)])
    first, second = unbroken(t, np.sin(t))
    assert (first.t0, second.t0) == (0.0, 7.0)
    assert first.fs == pytest.approx(30)
    assert second.t == pytest.approx(t[-60:])
    assert unbroken(np.empty(0), np.empty(0)) == []
