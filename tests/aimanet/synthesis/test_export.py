"""Clips on disk: complete, reproducible, and the truth beside them."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import av
import numpy as np
import pytest

from aimanet.errors import OutputError
from aimanet.synthesis import DemoScene
from aimanet.synthesis.export import HIGH_QUALITY, LOSSLESS, ExportPlan, VideoWriter, export


@pytest.fixture
def plan(tmp_path):
    return ExportPlan(tmp_path / "clips", clips=2, seed=7, seconds=0.4, size=(320, 240))


def decoded(path):
    with av.open(str(path)) as file:
        frames = list(file.decode(video=0))
        return (
            np.stack([frame.to_ndarray(format="rgb24") for frame in frames]),
            np.array([float(frame.time) for frame in frames]),
        )


def test_lossless_is_lossless_and_the_times_are_exact(plan):
    plan = replace(plan, form=LOSSLESS, clips=1)
    last = list(export(plan))[-1]
    assert (last.frame, last.frames, last.video) == (12, 12, plan.video(0))
    images, times = decoded(plan.video(0))
    scene = DemoScene(plan.scene(0))
    np.testing.assert_array_equal(images, [scene.render(k) for k in range(12)])
    np.testing.assert_allclose(times, np.arange(12) / 30.0, atol=1e-3)


def test_h264_keeps_the_mean_colour_to_a_fraction_of_a_grey_level(tmp_path):
    path, rng = tmp_path / "grey.mp4", np.random.default_rng(0)
    levels = 120.0 + np.sin(np.arange(30) / 4.0)
    with VideoWriter(path, 29.97, (64, 64), HIGH_QUALITY) as video:
        for level in levels:
            noisy = level + rng.normal(0.0, 2.0, (64, 64, 3))
            video.write(np.clip(noisy, 0, 255).round().astype(np.uint8))
    images, times = decoded(path)
    means = images.mean(axis=(1, 2, 3))
    assert np.abs(means - means.mean() - (levels - levels.mean())).max() < 0.4
    np.testing.assert_allclose(np.diff(times), 1 / 29.97, rtol=1e-3)


def test_the_truth_is_that_of_the_scene(plan):
    list(export(plan))
    table = np.genfromtxt(plan.truth(1), delimiter=",", names=True)
    scene = DemoScene(plan.scene(1))
    np.testing.assert_allclose(table["t"], np.arange(12) / 30.0, atol=1e-6)
    np.testing.assert_allclose(table["bvp"], scene.bvp(table["t"]), atol=1e-4)
    np.testing.assert_allclose(table["hr_bpm"], scene.hr_bpm(table["t"]), atol=1e-2)


def test_a_clip_depends_on_seed_and_number_only(plan):
    assert replace(plan, clips=50).scene(1) == plan.scene(1)
    assert plan.scene(0) != plan.scene(1)
    assert replace(plan, seed=8).scene(0) != plan.scene(0)


def test_stopping_keeps_only_whole_clips(plan):
    with closing(export(plan)) as steps:
        for step in steps:
            if step.clip == 2 and step.frame == 5:
                break
    assert sorted(path.name for path in plan.folder.iterdir()) == [
        "clip_0000.csv",
        "clip_0000.mp4",
        "clips.csv",
    ]
    assert (plan.folder / "clips.csv").read_text().count("\n") == 2


def test_nothing_is_overwritten(plan):
    plan.folder.mkdir()
    plan.truth(1).write_text("mine")
    with pytest.raises(OutputError, match=r"clip_0001\.csv exists already"):
        next(export(plan))
    assert [path.name for path in plan.folder.iterdir()] == ["clip_0001.csv"]
