"""Windows: uniform grids from any camera, and inputs that look only backwards."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from aimanet.checkpoint import default_weights, load_checkpoint
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


def random_clips(n: int, recipe: Recipe, seed: int = 0) -> list[Clip]:
    """Neighbouring clips of noise with black pixels in it; the first one starts."""
    depth, size = recipe.frame_depth, recipe.image_size
    shape = (n * depth + 1, size, size, 3)
    x = np.random.default_rng(seed).uniform(-20, 200, shape).clip(0).astype(np.float32)
    return [clip_of(x[i : i + depth + 1], starts=i == 0) for i in range(0, len(x) - depth, depth)]


def test_the_shipped_recipe_is_what_it_was_bit_for_bit() -> None:
    recipe = load_checkpoint(default_weights())[1]
    assert recipe == Recipe()
    inputs, variance = MotionAppearance(recipe), 0.0
    for n, clip in enumerate(random_clips(12, recipe), start=1):
        x = clip.crops
        motion = (x[1:] - x[:-1]) / (x[1:] + x[:-1] + 1.0)
        weight = max(1.0 - float(np.exp(-10 / 30.0 / 1.0)), 1.0 / n)
        variance += weight * (float(np.mean(np.square(motion))) - variance)
        motion = np.clip(motion * np.float32(1.0 / (np.sqrt(variance) + 1e-7)), -6.0, 6.0)
        mean = x[:-1].mean(axis=0, keepdims=True)
        mean = mean - mean.mean(axis=(1, 2, 3), keepdims=True)
        mean = mean / (mean.std(axis=(1, 2, 3), keepdims=True) + 1e-6)
        ours = inputs(clip)
        assert np.array_equal(ours[0], motion.transpose(0, 3, 1, 2))
        assert np.array_equal(ours[1], mean.transpose(0, 3, 1, 2))


RECIPES = {
    "running": Recipe(
        appearance="frame", motion_norm="running_std", appearance_norm="running", norm_tau_s=60.0
    ),
    "z-scores": Recipe(
        frame_depth=20,
        appearance="clip_mean",
        appearance_frames=60,
        appearance_norm="none",
        motion="difference",
        motion_norm="frame_channel",
        motion_clip=0.0,
    ),
}


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_inputs_are_causal_and_start_anew(recipe: Recipe) -> None:
    clips, inputs = random_clips(6, recipe), MotionAppearance(recipe)
    whole = [inputs(c) for c in clips]
    again = [inputs(c) for c in clips[:3]]  # the first one starts: nothing of the past is left
    for a, b in zip(whole[:3], again, strict=True):
        assert np.array_equal(a[0], b[0])
        assert np.array_equal(a[1], b[1])
    assert [x.dtype for x in whole[0]] == [np.float32, np.float32]


def test_a_clip_mean_is_the_mean_of_the_last_frames_alone() -> None:
    recipe = RECIPES["z-scores"]
    clips, inputs = random_clips(6, recipe), MotionAppearance(recipe)
    maps = [inputs(c)[1] for c in clips]
    for last, first in ((0, 0), (2, 0), (5, 3)):
        frames = np.concatenate([c.crops[:-1] for c in clips[first : last + 1]])
        expected = frames.mean(axis=0).transpose(2, 0, 1)[None] / 255
        assert maps[last].shape == (1, 3, 36, 36)
        assert np.allclose(maps[last], expected, atol=1e-6)


def test_z_scores_are_of_each_frame_and_channel() -> None:
    motion = MotionAppearance(RECIPES["z-scores"])(random_clips(1, RECIPES["z-scores"])[0])[0]
    assert motion.shape == (20, 3, 36, 36)
    assert np.allclose(motion.mean(axis=(2, 3)), 0, atol=1e-5)
    assert np.allclose(motion.std(axis=(2, 3)), 1, atol=1e-3)


@pytest.mark.parametrize("recipe", [Recipe(), *RECIPES.values()])
def test_a_still_black_picture_gives_no_nan(recipe: Recipe) -> None:
    crops = np.zeros((recipe.frame_depth + 1, 36, 36, 3))
    for x in MotionAppearance(recipe)(clip_of(crops)):
        assert np.array_equal(x, np.zeros_like(x))


def test_motion_is_limited_only_where_the_recipe_says_so() -> None:
    clip = random_clips(1, Recipe())[0]
    assert np.abs(MotionAppearance(Recipe(motion_clip=0.5))(clip)[0]).max() == 0.5
    free = MotionAppearance(Recipe(motion_clip=0.0))(clip)[0]
    assert np.array_equal(free, MotionAppearance(Recipe(motion_clip=1e9))(clip)[0])


def test_a_pixel_floor_lifts_the_dark() -> None:
    recipe = Recipe(pixel_floor=50.0, appearance="frame", appearance_norm="none")
    assert MotionAppearance(recipe)(random_clips(1, recipe)[0])[1].min() == np.float32(50 / 255)


def test_pictures_larger_than_the_crops_are_interpolated() -> None:
    crop = np.full((72, 72, 3), 100, np.uint8)
    assert np.allclose(shrink(crop, 128), np.full((128, 128, 3), 100, np.float32))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("image_size", 9),
        ("image_size", 100_000),
        ("frame_depth", 1),
        ("fs", 0.0),
        ("fs", float("nan")),
        ("norm_tau_s", float("inf")),
        ("motion_clip", -1.0),
        ("motion_offset", 0.0),
        ("pixel_floor", 255.0),
        ("appearance_frames", 0),
    ],
)
def test_values_nothing_can_work_with(field: str, value: float) -> None:
    Recipe().check()
    with pytest.raises(ValueError, match=field):
        replace(Recipe(), **{field: value}).check()


def test_per_frame_appearance_obeys_the_recipe() -> None:
    x = np.random.default_rng(0).uniform(0, 255, (11, 36, 36, 3))
    _, appearance = MotionAppearance(Recipe(appearance="frame"))(clip_of(x))
    assert appearance.shape == (10, 3, 36, 36)
    assert np.allclose(appearance.mean(axis=(1, 2, 3)), 0, atol=1e-5)
