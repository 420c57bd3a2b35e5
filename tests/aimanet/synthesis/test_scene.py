"""The demo person: the same for the same seed, with the pulse that was asked for."""

from __future__ import annotations

import numpy as np
import pytest

from aimanet.errors import SourceError
from aimanet.synthesis import DemoScene, SceneConfig
from aimanet.synthesis.pulse import PulseShape, PulseTrace

SMALL = {"width": 160, "height": 120}


def test_the_same_frame_however_one_gets_there() -> None:
    config = SceneConfig(seed=4, seconds=10, **SMALL)
    one, other = DemoScene(config), DemoScene(config)
    for i in range(5):
        one.render(i)
    image = one.render(7)
    assert image.shape == (120, 160, 3)
    assert image.dtype == np.uint8
    assert np.array_equal(image, other.render(7))
    assert not np.array_equal(image, DemoScene(SceneConfig(seed=5, seconds=10, **SMALL)).render(7))


@pytest.mark.parametrize("hr", [48.0, 72.0, 165.0])
def test_skin_carries_the_pulse_and_the_wall_does_not(hr: float) -> None:
    scene = DemoScene(SceneConfig(hr=hr, seed=1, seconds=12, motion=0, light=0, noise=0.5, **SMALL))
    frames = np.stack([scene.render(i) for i in range(360)]).astype(np.float32)
    face = frames[:, 45:70, 65:95, 1].mean(axis=(1, 2))
    wall = frames[:, :20, :30, 1].mean(axis=(1, 2))
    truth = scene.bvp(np.arange(360) / 30)
    assert np.corrcoef(face, truth)[0, 1] < -0.9
    assert abs(np.corrcoef(wall, truth)[0, 1]) < 0.3
    assert np.abs(scene.hr_bpm(np.arange(0, 12, 0.5)) - hr).max() < 0.06 * hr


def test_an_endless_scene_goes_on() -> None:
    scene = DemoScene(SceneConfig(seed=1, **SMALL))
    assert scene.render(30 * 3600).shape == (120, 160, 3)
    assert np.isfinite(scene.bvp(np.array([0.0, 599.9, 600.1, 1e5]))).all()


@pytest.mark.parametrize(
    ("name", "value"), [("hr", 5.0), ("fps", 0.5), ("width", 3), ("seconds", 0.0), ("seed", -1)]
)
def test_values_out_of_range(name: str, value: float) -> None:
    with pytest.raises(SourceError, match=name):
        SceneConfig(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("hr", [45.0, 80.0, 190.0])
def test_the_trace_beats_at_its_rate(hr: float) -> None:
    trace = PulseTrace(hr, 60.0, np.random.default_rng(1), variability=0.0)
    t = np.arange(0, 60, 1 / 60)
    wave = trace.bvp(t)
    power = np.abs(np.fft.rfft((wave - wave.mean()) * np.hanning(len(wave)))) ** 2
    top = np.fft.rfftfreq(len(wave), 1 / 60)[np.argmax(power)]
    assert top * 60 == pytest.approx(hr, abs=1.0)


def test_a_beat_has_zero_mean_and_unit_variance() -> None:
    wave = PulseShape.random(np.random.default_rng(2)).wave(np.arange(1000) / 1000)
    assert wave.mean() == pytest.approx(0, abs=1e-3)
    assert wave.std() == pytest.approx(1, abs=1e-3)
