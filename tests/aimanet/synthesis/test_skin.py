"""The optics of skin: colours and pulses that follow melanin, blood, lamps and cameras."""

from __future__ import annotations

import numpy as np

from aimanet.synthesis.scenery import pulse_colour
from aimanet.synthesis.skin import Camera, Skin, reflect, srgb

MEASURED = np.array([0.33, 0.77, 0.53])
"""The pulse's colour on light skin under white light (de Haan and Jeanne 2013)."""


def test_the_pulse_of_light_skin_has_the_colour_that_was_measured() -> None:
    pulse = reflect(Skin(melanin=0.15))[1]
    cosine = pulse @ MEASURED / np.linalg.norm(pulse) / np.linalg.norm(MEASURED)
    print(f"R:G:B {pulse / np.linalg.norm(pulse)}, cosine to the measured {cosine:.4f}")
    assert cosine > 0.98


def test_green_carries_most_of_the_pulse_on_nearly_everybody() -> None:
    rng = np.random.default_rng(0)
    pulses = np.stack([reflect(Skin.random(rng), Camera.random(rng))[1] for _ in range(200)])
    assert (pulses > 0).all()
    assert (pulses.argmax(1) == 1).mean() > 0.9
    assert (pulses[:, 1] > pulses[:, 0]).mean() > 0.9


def test_melanin_darkens_and_takes_the_pulse_away_most_of_all_in_blue() -> None:
    both = [reflect(Skin(melanin=m)) for m in np.linspace(0, 1, 9)]
    colours, pulses = (np.stack(rows) for rows in zip(*both, strict=True))
    assert (np.diff(colours, axis=0) < 0).all()
    assert (np.diff(pulses[:, 1:], axis=0) < 0).all()
    fade = pulses[-1] / pulses[0]
    assert fade[2] < fade[1] < 0.5
    assert 200 < srgb(colours[0] * 1.6)[0] < 250
    assert srgb(colours[-1] * 1.6)[0] < 110


def test_more_blood_is_redder_and_pulses_more() -> None:
    pale, red = reflect(Skin(blood=0.008)), reflect(Skin(blood=0.02))
    assert red[0][0] / red[0][1] > pale[0][0] / pale[0][1]
    assert red[1][1] > pale[1][1]


def test_the_scenes_pulse_colour_fades_with_melanin_from_green_one() -> None:
    fades = np.stack([pulse_colour(m) for m in np.linspace(0, 1, 6)])
    assert fades[0, 1] == 1.0
    assert (np.diff(fades[:, 1]) < 0).all()
    assert (fades.argmax(1) == 1).all()
