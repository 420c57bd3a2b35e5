"""Crops for training: known pulse, wide world, real encoders."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from aimanet.synthesis import painter
from aimanet.synthesis.camera import Exposure, Sensor
from aimanet.synthesis.codec import JPEG, Coder
from aimanet.synthesis.crops import CROP, CropClip, frame_times, random_clip, random_trace
from aimanet.synthesis.drawing import draw_head
from aimanet.synthesis.lighting import random_light
from aimanet.synthesis.look import Look, skin_colour
from aimanet.synthesis.motion import random_motion
from aimanet.synthesis.painter import Painter


def pictures(clip: CropClip) -> np.ndarray:
    return np.stack([c.crop for c in clip.crops if c.crop is not None])


@pytest.mark.parametrize("coded", [0.0, 1.0])
def test_a_clip_is_the_same_for_the_same_seed(coded: float) -> None:
    for seed in (9,):
        one, other = (random_clip(np.random.default_rng(seed), 1.2, coded) for _ in range(2))
        assert [c.t for c in one.crops] == [c.t for c in other.crops]
        assert np.array_equal(pictures(one), pictures(other))
        assert pictures(one).shape[1:] == (CROP, CROP, 3)
        assert one.traits == other.traits
        assert one.traits is not None


def test_times_rise_and_cover_the_clip() -> None:
    for seed in range(20):
        t = frame_times(np.random.default_rng((1, seed)), 2.0)
        assert (np.diff(t) >= 0).all()
        assert 1.6 < t[-1] <= 2.2


def test_every_clip_shows_something_that_changes_and_has_a_label() -> None:
    for seed in range(3):
        clip = random_clip(np.random.default_rng((2, seed)), 1.0, 0.3)
        images = pictures(clip).astype(float)
        assert images.std(axis=(1, 2, 3)).min() > 1
        assert np.abs(np.diff(images, axis=0)).max() > 0
        assert np.isfinite(clip.trace.bvp(np.array([c.t for c in clip.crops]))).all()


def test_rates_cover_what_hearts_do() -> None:
    t = np.linspace(0, 6, 50)
    rates = [random_trace(np.random.default_rng((3, k)), 6.0).hr_bpm(t).mean() for k in range(250)]
    shares = np.histogram(rates, [30, 55, 70, 100, 140, 170, 210])[0] / len(rates)
    print("share of the clips below 55, 70, 100, 140, 170, 210 BPM:", shares.round(2))
    assert (shares > 0.06).all()
    assert min(rates) < 44
    assert max(rates) > 188


def test_labels_are_aligned_with_what_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skin darkens when blood comes: green follows -bvp without a lag, whoever is drawn."""
    t = np.arange(150) / 30.0
    monkeypatch.setattr(painter, "random_light", _steady(random_light))
    monkeypatch.setattr(painter, "random_motion", _still(random_motion))
    monkeypatch.setattr(Exposure, "random", classmethod(lambda cls, rng: None))
    monkeypatch.setattr(painter, "corrections", lambda rng, t: np.ones((len(t), 3), "f4"))
    monkeypatch.setattr(painter, "_blinks", lambda rng, t: np.zeros(len(t)))
    for seed in range(3):
        rng = np.random.default_rng((6, seed))
        trace = random_trace(rng, 5.0)
        person = Painter(rng, CROP, grain=0.1)
        sensor = Sensor(read=0.05, shot=0.0)
        monkeypatch.setattr(Sensor, "random", classmethod(lambda cls, *a, s=sensor: s))
        green = [f[..., 1].mean() for f in person.frames(t, trace)]
        slope, truth = np.diff(green)[6:-6], np.diff(-trace.bvp(t))
        fits = [np.corrcoef(slope, truth[6 + k : len(truth) - 6 + k])[0, 1] for k in range(-6, 7)]
        assert abs(int(np.argmax(fits)) - 6) <= 1
        assert fits[6] > 0.8


def _steady(random_light):  # type: ignore[no-untyped-def]
    def light(rng, t, side):  # type: ignore[no-untyped-def]
        made = random_light(rng, t, side)
        made.gain[:], made.slope[:], made.screen[:], made.shadow = 1.0, 0.0, 0.0, None
        return made

    return light


def _still(random_motion):  # type: ignore[no-untyped-def]
    def motion(rng, t, unit, trace):  # type: ignore[no-untyped-def]
        made = random_motion(rng, t, unit, trace)
        for name in made.__slots__[1:]:
            getattr(made, name)[:] = 1.0 if name == "scale" else 0.0
        return made

    return motion


def test_without_pyav_encoded_clips_are_jpeg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    coders = [Coder.random(np.random.default_rng(k), 30.0, 1.0) for k in range(20)]
    assert {coder.codec for coder in coders if coder} == {JPEG}
    assert len(random_clip(np.random.default_rng(0), 0.5, 1.0).crops) > 5


def test_random_encoders_return_every_frame_and_repeat_themselves() -> None:
    rng = np.random.default_rng(0)
    base = np.kron(rng.uniform(40, 200, (9, 9, 3)), np.ones((16, 16, 1))).astype(np.float32)
    moving = [np.roll(base, i // 2, 1) + rng.normal(0, 1.5, base.shape) for i in range(20)]
    for seed in range(7):
        coder = Coder.random(np.random.default_rng((5, seed)), 30.0, 1.0)
        assert coder is not None
        one, other = (np.stack(coder.round_trip(moving)) for _ in range(2))
        assert len(one) == 20
        assert np.array_equal(one, other), coder


@pytest.mark.parametrize(
    "coder",
    [
        Coder("libx264", 30.0, {"crf": "23", "preset": "ultrafast"}),
        Coder("mpeg4", 30.0, {"qmin": "3", "qmax": "3"}),
        Coder("mjpeg", 29.97, {"qmin": "3", "qmax": "3"}, "yuvj420p"),
        Coder(JPEG, 30.0, {"quality": "80"}),
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
    shift = np.mean([b - a for a, b in zip(images, back, strict=True)], axis=(0, 1, 2))
    assert np.abs(shift).max() < 3  # colours come back in their own channels


def test_a_head_has_skin_that_bleeds_and_hair_that_does_not() -> None:
    axis = np.linspace(-1.8, 1.8, 100, dtype=np.float32)
    u, v = np.meshgrid(axis, axis)
    for look in (Look(), Look(relief=1.0, age=0.5, freckles=0.5)):
        portrait = draw_head(look, u, v)
        cheek, hair, corner = (60, 62), (20, 50), (3, 3)
        assert portrait.perfusion[cheek] > 0.8
        assert portrait.perfusion[hair] < 0.1
        assert portrait.alpha[hair] > 0.9
        assert portrait.alpha[corner] == 0
        assert portrait.perfusion[corner] == 0


def test_masks_and_sunglasses_hide_the_blood() -> None:
    axis = np.linspace(-1.8, 1.8, 100, dtype=np.float32)
    u, v = np.meshgrid(axis, axis)
    bare = draw_head(Look(relief=1.0), u, v).perfusion
    worn = draw_head(Look(relief=1.0, mask=(200.0, 210.0, 220.0)), u, v).perfusion
    dark = draw_head(Look(relief=1.0, glasses=0.5, shades=0.95), u, v).perfusion
    assert worn[68, 55] < 0.05 < bare[68, 55]
    assert worn[32, 50] == bare[32, 50]
    assert dark[46, 60] < 0.1


def test_melanin_darkens() -> None:
    levels = [skin_colour(m).mean() for m in np.linspace(0, 1, 9)]
    assert (np.diff(levels) < 0).all()
