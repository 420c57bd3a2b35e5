"""Crops for training: known pulse, wide world, real encoders."""

from __future__ import annotations

import numpy as np
import pytest

from aimanet.synthesis.codec import Coder
from aimanet.synthesis.crops import CROP, random_clip
from aimanet.synthesis.drawing import draw_head
from aimanet.synthesis.look import Look, skin_colour


def test_a_clip_is_the_same_for_the_same_seed() -> None:
    one, other = (random_clip(np.random.default_rng(9), 2.0) for _ in range(2))
    assert len(one.crops) == len(other.crops) > 20
    for a, b in zip(one.crops, other.crops, strict=True):
        assert a.t == b.t
        assert np.array_equal(a.crop, b.crop)
        assert a.crop is not None
        assert a.crop.shape == (CROP, CROP, 3)


def test_times_rise_and_cover_the_clip() -> None:
    for seed in range(10):
        clip = random_clip(np.random.default_rng((1, seed)), 2.0)
        t = np.array([c.t for c in clip.crops])
        assert (np.diff(t) >= 0).all()
        assert 1.6 < t[-1] <= 2.2


@pytest.mark.parametrize(
    "coder",
    [
        Coder("libx264", 30.0, {"crf": "23", "preset": "ultrafast"}),
        Coder("mpeg4", 30.0, {"qmin": "3", "qmax": "3"}),
        Coder("mjpeg", 29.97, {"qmin": "3", "qmax": "3"}, "yuvj420p"),
    ],
)
def test_every_frame_comes_back_from_the_encoder_changed(coder: Coder) -> None:
    rng = np.random.default_rng(0)
    base = np.kron(rng.uniform(40, 200, (8, 8, 3)), np.ones((16, 16, 1))).astype(np.float32)
    images = [base + i for i in range(20)]
    back = coder.round_trip(images)
    assert len(back) == 20
    error = np.array([np.abs(a - b).mean() for a, b in zip(images, back, strict=True)])
    assert 0 < error.mean() < 8
    assert np.corrcoef([b.mean() for b in back], np.arange(20))[0, 1] > 0.98


def test_a_head_has_skin_that_bleeds_and_hair_that_does_not() -> None:
    axis = np.linspace(-1.8, 1.8, 100, dtype=np.float32)
    u, v = np.meshgrid(axis, axis)
    portrait = draw_head(Look(), u, v)
    cheek, hair, corner = (60, 62), (20, 50), (3, 3)
    assert portrait.perfusion[cheek] > 0.8
    assert portrait.perfusion[hair] < 0.1
    assert portrait.alpha[hair] > 0.9
    assert portrait.alpha[corner] == 0
    assert portrait.perfusion[corner] == 0


def test_melanin_darkens() -> None:
    levels = [skin_colour(m).mean() for m in np.linspace(0, 1, 9)]
    assert (np.diff(levels) < 0).all()
