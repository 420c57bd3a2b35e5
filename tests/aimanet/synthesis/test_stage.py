"""The stage, its light, cameras and encoders, and hearts that beat one by one."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from aimanet.synthesis import acting, alive, beats, filming
from aimanet.synthesis.acting import Act
from aimanet.synthesis.filming import Camera, Codec, Exposure, Light
from aimanet.synthesis.stage import Subject, play

Array = np.ndarray


def act(**values: float) -> Act:
    return Act(**{f.name: np.array([values.get(f.name, 0.0)]) for f in fields(Act)})


def shown(subject: Subject, act_: Act, bvp: float = 0.0) -> Array:
    light = Light(np.ones((1, 3)), np.zeros((1, 3)))
    pulse = np.array([bvp])
    return next(play(subject, act_, light, np.zeros(1), pulse, np.zeros(1)))


@pytest.fixture
def spot() -> Subject:
    """A soft bright spot in the middle of the head, one at a corner of the picture."""
    y, x = np.mgrid[0:240, 0:320].astype(np.float32)
    image = 60 + 150 * np.exp(-((x - 160) ** 2 + (y - 120) ** 2) / 50)
    image += 150 * np.exp(-((x - 8) ** 2 + (y - 8) ** 2) / 50)
    picture = np.repeat(image[..., None], 3, axis=2).astype(np.float32)
    pulse = np.zeros_like(picture)
    pulse[100:140, 140:180] = -1.0
    return Subject(picture, (0, 0, 320, 240), picture, (160.0, 120.0), 40.0, pulse=pulse)


def centre(image: Array) -> tuple[float, float]:
    part = np.clip(image[40:200, 60:260, 1] - 70, 0, None)
    y, x = np.mgrid[40:200, 60:260]
    return float((part * x).sum() / part.sum()), float((part * y).sum() / part.sum())


def test_the_head_goes_where_the_act_says_and_the_room_stays(spot: Subject) -> None:
    still, moved = shown(spot, act()), shown(spot, act(dx=0.25, dy=-0.1))
    assert centre(still) == pytest.approx((160, 120), abs=0.1)
    assert centre(moved) == pytest.approx((180, 112), abs=0.3)
    np.testing.assert_allclose(moved[:20, :20], still[:20, :20], atol=0.5)


def test_turning_shifts_what_is_near(spot: Subject) -> None:
    x, y = centre(shown(spot, act(yaw=0.2, pitch=-0.1)))
    assert x == pytest.approx(168, abs=1)
    assert y == pytest.approx(116, abs=1)


def test_blood_darkens_its_place_only(spot: Subject) -> None:
    change = shown(spot, act(), bvp=2.0) - shown(spot, act())
    assert change[105:135, 145:175].mean() == pytest.approx(-2.0)
    assert np.abs(change[:90]).max() == 0.0


def test_a_layer_hides_what_is_behind_it() -> None:
    back = np.full((64, 64, 3), 50.0, np.float32)
    layer = np.zeros((32, 32, 4), np.float32)
    layer[8:24, 8:24] = (200.0, 100.0, 10.0, 1.0)
    image = shown(Subject(back, (16, 16, 32, 32), layer, (32.0, 32.0), 8.0, rigid=True), act())
    assert image[32, 32].tolist() == [200.0, 100.0, 10.0]
    assert image[18, 18].tolist() == [50.0, 50.0, 50.0]


def test_flicker_rolls_down_the_rows_and_folds_to_72_a_minute() -> None:
    t = np.arange(247) / 24.7
    light = filming.mains(np.random.default_rng(1), t)
    rows = np.stack(
        [light.shine(np.full((48, 4, 3), 100, "f4"), i, x)[:, 0, 1] for i, x in enumerate(t)]
    )
    assert np.ptp(rows[0]) > 0.5
    power = np.abs(np.fft.rfft(rows[:, 10] - rows[:, 10].mean())) ** 2
    at = np.fft.rfftfreq(247, 1 / 24.7)
    assert at[10 + np.argmax(power[10:])] == pytest.approx(1.2, abs=0.15)


def test_noise_is_as_strong_as_asked_for() -> None:
    exposure = Exposure(Camera(read=3.0, shot=4.0), np.random.default_rng(2), (120, 160, 3))
    picture = exposure.take(np.full((120, 160, 3), 128.0, np.float32))
    assert picture.std() == pytest.approx(5.0, rel=0.05)
    assert picture.mean() == pytest.approx(128.0, abs=0.2)


CODECS = {codec.name: codec for codec in (alive.FILE, alive.VP8, alive.VP9, alive.WEBCAM)}


@pytest.mark.parametrize("codec", [*CODECS.values(), alive.CALL], ids=lambda c: c.name)
def test_an_encoder_gives_the_frames_back_in_order(codec: Codec) -> None:
    rng = np.random.default_rng(3)
    base = np.repeat(np.linspace(40, 200, 160)[None, :, None], 96, axis=0) * np.ones(3)
    sent = [(base + i + rng.normal(0, 1, base.shape)).astype(np.uint8) for i in range(12)]
    times = np.arange(12) / 25 + 7.0
    got = list(codec.film(iter(sent), times, 25.0))
    index = [frame.index for frame in got]
    assert index == sorted(set(index))
    assert len(got) >= (6 if codec is alive.VP8 else 12)
    for frame in got:
        assert frame.t == times[frame.index]
        assert np.abs(frame.image.mean() - sent[frame.index].mean()) < 3


def test_no_pictures_make_no_frames() -> None:
    assert list(alive.FILE.film(iter(()), np.empty(0), 30.0)) == []


@pytest.mark.parametrize("law", [beats.sinus, beats.ectopic, beats.fibrillating])
def test_beats_keep_the_mean_rate(law: beats.BeatLaw) -> None:
    rng = np.random.default_rng(4)
    lengths = law(rng, 80.0, 60.0)
    assert lengths.sum() >= 60
    assert 60 / lengths.mean() == pytest.approx(80, rel=0.05)
    spread = lengths.std() / lengths.mean()
    assert (spread < 0.06) if law is beats.sinus else (spread > 0.08)


def test_effort_changes_the_rate() -> None:
    trace = beats.BeatTrace(
        beats.exercise(np.random.default_rng(5), 120.0, 20.0), np.random.default_rng(5)
    )
    start, end = trace.hr_bpm(np.array([0.0, 19.9]))
    assert abs(start - end) > 15


def test_the_wave_beats_where_the_truth_says() -> None:
    rng = np.random.default_rng(6)
    trace = beats.BeatTrace(np.full(90, 0.8), rng)
    t = np.arange(0, 60, 1 / 60)
    wave = trace.bvp(t)
    power = np.abs(np.fft.rfft(wave * np.hanning(len(wave)))) ** 2
    assert np.fft.rfftfreq(len(t), 1 / 60)[5 + np.argmax(power[5:])] == pytest.approx(
        1.25, abs=0.02
    )
    assert wave.mean() == pytest.approx(0, abs=0.05)
    assert wave.std() == pytest.approx(1, abs=0.1)
    assert (trace.hr_bpm(t) == 75.0).all()


def test_strong_motion_is_strong_and_a_still_person_is_still() -> None:
    t = np.arange(0, 20, 1 / 30)
    still = acting.still(np.random.default_rng(7), t)
    strong = acting.strong(np.random.default_rng(7), t)
    assert np.ptp(still.dx) < 0.04
    assert 0.25 < np.ptp(strong.dx) < 0.75
    assert still.blink.max() > 0.8
