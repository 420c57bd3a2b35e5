"""Windows: uniform grids from any camera, and inputs that look only backwards."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from aimanet.preprocess import MotionAppearance, Recipe, Windower, shrink
from aimanet.types import Clip, FaceCrop


def ramp(times: np.ndarray, rate: float = 20.0) -> list[FaceCrop]:
    """Crops whose every pixel is 20 + rate * t, so that interpolation has one right answer."""
    crops = []
    for i, t in enumerate(times):
        # 4 x 4 blocks dithered so that their mean carries fractions a uint8 cannot.
        level = 20 + rate * t
        flat = np.full((72, 72, 3), np.floor(level), np.uint8)
        flat.reshape(-1)[: round((level % 1) * flat.size)] += 1
        crops.append(FaceCrop(i, float(t), (0, 0, 72, 72), flat))
    return crops


def run(crops: list[FaceCrop], recipe: Recipe | None = None) -> list[Clip]:
    windower = Windower(recipe)
    return [clip for crop in crops for clip in windower.push(crop)]


def means(clips: list[Clip]) -> tuple[np.ndarray, np.ndarray]:
    t = np.concatenate([c.t[1:] for c in clips])
    return t, np.concatenate([c.crops[1:].mean(axis=(1, 2, 3)) for c in clips])


@pytest.mark.parametrize("fps", [15.0, 24.0, 25.0, 29.97, 30.0, 50.0, 60.0, 120.0])
def test_any_rate_lands_on_the_grid_with_the_right_values(fps: float) -> None:
    clips = run(ramp(np.arange(int(4 * fps)) / fps))
    t, level = means(clips)
    assert np.allclose(np.diff(t), 1 / 30)
    assert len(t) >= 30 * 4 - 25
    assert np.allclose(level, 20 + 20 * t, atol=0.05)


def test_jitter_does_not_bend_the_signal() -> None:
    rng = np.random.default_rng(3)
    times = np.sort(np.arange(120) / 30 + rng.uniform(-0.012, 0.012, 120))
    t, level = means(run(ramp(times - times[0])))
    assert np.allclose(level, 20 + 20 * (t + times[0]), atol=20 * abs(times[0]) + 0.05)


def test_clips_overlap_by_one_crop_and_only_the_first_starts() -> None:
    clips = run(ramp(np.arange(100) / 30))
    assert len(clips) == 9
    assert [c.starts for c in clips] == [True] + [False] * 8
    for before, after in itertools.pairwise(clips):
        assert np.array_equal(before.crops[-1], after.crops[0])
        assert before.t[-1] == pytest.approx(after.t[0])
    assert all(c.crops.shape == (11, 36, 36, 3) and c.crops.dtype == np.float32 for c in clips)


def test_frames_delivered_twice_are_skipped() -> None:
    crops = ramp(np.arange(60) / 15)
    doubled = []
    for crop in crops:
        doubled.append(crop)
        doubled.append(FaceCrop(crop.index, crop.t + 1 / 30, crop.bbox, crop.crop.copy()))
    single, double = run(crops), run(doubled)
    assert len(single) == len(double)
    for a, b in zip(single, double, strict=True):
        assert np.array_equal(a.crops, b.crops)


def test_a_short_hole_is_bridged_and_told() -> None:
    times = np.arange(120) / 30
    crops = [c for c in ramp(times) if not 1.0 < c.t < 1.75]
    clips = run(crops)
    t, level = means(clips)
    assert np.allclose(level, 20 + 20 * t, atol=0.05)
    assert max(c.gap_s for c in clips) == pytest.approx(0.7667, abs=0.02)
    assert sum(c.starts for c in clips) == 1


@pytest.mark.parametrize("absent", [True, False])
def test_a_long_hole_starts_anew(absent: bool) -> None:
    crops = []
    for c in ramp(np.arange(180) / 30):
        if 2.0 < c.t < 3.5:
            if absent:
                crops.append(FaceCrop(c.index, c.t, None, None))
        else:
            crops.append(c)
    clips = run(crops)
    starts = [c for c in clips if c.starts]
    assert len(starts) == 2
    assert starts[1].t[0] == pytest.approx(3.5)


def test_a_still_picture_gives_no_clips_and_counts_its_seconds() -> None:
    windower = Windower()
    still = np.full((72, 72, 3), 90, np.uint8)
    clips = [
        c for i in range(90) for c in windower.push(FaceCrop(i, i / 30, (0, 0, 9, 9), still.copy()))
    ]
    assert clips == []
    assert windower.frozen_s == pytest.approx(89 / 30)


def test_time_that_runs_backwards_is_ignored() -> None:
    crops = ramp(np.arange(60) / 30)
    shuffled = [x for i, c in enumerate(crops) for x in ((c, crops[i - 5]) if i > 10 else (c,))]
    for a, b in zip(run(crops), run(shuffled), strict=True):
        assert np.array_equal(a.crops, b.crops)


def test_windows_are_causal() -> None:
    crops = ramp(np.arange(90) / 30)
    whole, part = run(crops), run(crops[:60])
    assert 0 < len(part) < len(whole)
    for a, b in zip(part, whole, strict=False):
        assert np.array_equal(a.crops, b.crops)


def test_shrink_keeps_fractions() -> None:
    checker = np.indices((72, 72)).sum(0) % 2
    image = np.repeat((100 + checker)[..., None], 3, axis=2).astype(np.uint8)
    assert np.allclose(shrink(image, 36), 100.5)


def clip_of(crops: np.ndarray, *, starts: bool = True) -> Clip:
    return Clip(np.arange(len(crops)) / 30, 30.0, crops.astype(np.float32), 1 / 30, starts)


def test_motion_is_the_normalised_difference_over_its_deviation() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(20, 200, (11, 36, 36, 3)).astype(np.float32)
    motion, appearance = MotionAppearance(Recipe(motion_clip=1e9))(clip_of(x))
    expected = (x[1:] - x[:-1]) / (x[1:] + x[:-1] + 1)
    expected /= np.sqrt(np.mean(expected**2))
    assert np.allclose(motion, expected.transpose(0, 3, 1, 2), atol=1e-4)
    mean = x[:10].mean(0)
    expected = ((mean - mean.mean()) / mean.std()).transpose(2, 0, 1)[None]
    assert np.allclose(appearance, expected, atol=1e-4)


def test_the_scale_runs_and_starts_anew() -> None:
    rng = np.random.default_rng(0)
    quiet = clip_of(100 + rng.normal(0, 1, (11, 36, 36, 3)), starts=False)
    loud = clip_of(100 + rng.normal(0, 4, (11, 36, 36, 3)), starts=False)
    inputs = MotionAppearance(Recipe())
    inputs(quiet)
    raised = inputs(loud)[0].std()
    fresh = MotionAppearance(Recipe())(loud)[0].std()
    assert fresh == pytest.approx(1.0, abs=0.01)
    assert raised > 1.2
    again = inputs(Clip(loud.t, 30.0, loud.crops, 0.0, starts=True))[0].std()
    assert again == pytest.approx(fresh)


def test_per_frame_appearance_obeys_the_recipe() -> None:
    x = np.random.default_rng(0).uniform(0, 255, (11, 36, 36, 3))
    _, appearance = MotionAppearance(Recipe(appearance="frame"))(clip_of(x))
    assert appearance.shape == (10, 3, 36, 36)
    assert np.allclose(appearance.mean(axis=(1, 2, 3)), 0, atol=1e-5)
