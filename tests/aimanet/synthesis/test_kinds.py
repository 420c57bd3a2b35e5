"""Held-out kinds: complete, repeatable, and the truth is what the pictures show."""

from __future__ import annotations

import itertools
import zlib

import numpy as np
import pytest

from aimanet.synthesis import alive
from aimanet.synthesis.kinds import Kind, held_out_kinds, rate_band, shoot


def named(name: str) -> Kind:
    return next(kind for kind in held_out_kinds() if kind.name == name)


def test_the_table_has_all_rows_and_no_name_twice() -> None:
    kinds = held_out_kinds()
    assert len({kind.name for kind in kinds}) == len(kinds)
    assert len({zlib.crc32(kind.name.encode()) for kind in kinds}) == len(kinds)
    rows = {row for kind in kinds if kind.alive for row in kind.conditions}
    assert rows >= {
        "still", "talking", "moving", "strong motion", "dim", "dark skin", "light skin", "15 fps",
        "60 fps", "messenger compression", "mjpeg", "flicker", "screen light", "auto-exposure",
        "glasses/beard/mask", "noise", "arrhythmia", "exercise",
    }  # fmt: skip
    rows = {row for kind in kinds if not kind.alive for row in kind.conditions}
    assert rows >= {
        "photograph held", "flicker", "wall", "poster", "doll", "empty room", "noise", "cartoon"
    }  # fmt: skip


@pytest.mark.parametrize("kind", held_out_kinds(), ids=lambda kind: kind.name)
def test_truth_and_rates(kind: Kind) -> None:
    shots = [shoot(kind, seed, 15.0) for seed in range(12)]
    if not kind.alive:
        assert all(shot.truth is None and shot.conditions == kind.conditions for shot in shots)
        return
    low, high = next(plan.hr for known, plan in alive.ALIVE if known is kind)
    t = np.arange(0, 15, 0.05)
    means = [float(np.mean(shot.truth.hr_bpm(t))) for shot in shots if shot.truth is not None]
    assert len(means) == 12
    assert min(means) > low - 10
    assert max(means) < high * 1.05 + 10
    assert max(means) - min(means) > 0.7 * (high - low)
    assert all(
        set(shot.conditions) == {*kind.conditions, rate_band(mean)}
        for shot, mean in zip(shots, means, strict=True)
        if abs(mean - 55) > 0.5 and abs(mean - 100) > 0.5
    )


def test_the_same_seed_gives_the_same_pictures_and_another_seed_others() -> None:
    def first(seed: int) -> list[np.ndarray]:
        frames = itertools.islice(shoot(named("print in a hand"), seed, 3.0).frames(), 3)
        return [frame.image for frame in frames]

    one, again, other = first(1), first(1), first(2)
    assert one[0].shape == (480, 640, 3)
    assert one[0].dtype == np.uint8
    assert all(np.array_equal(a, b) for a, b in zip(one, again, strict=True))
    assert not np.array_equal(one[0], other[0])


def test_a_call_keeps_its_times_through_the_encoder() -> None:
    shot = shoot(named("call, H.264"), 3, 0.5)
    frames = list(shot.frames())
    assert [frame.index for frame in frames] == list(range(15))
    assert [frame.t for frame in frames] == pytest.approx(np.arange(15) / 30)


def test_uneven_times_rise() -> None:
    times = np.array([frame.t for frame in shoot(named("12 fps, uneven"), 1, 1.0).frames()])
    steps = np.diff(times)
    assert len(times) == 12
    assert steps.min() > 0
    assert steps.std() > 0.005


def test_skin_darkens_with_the_true_pulse_and_a_doll_has_none() -> None:
    from scipy.signal import detrend

    shot = shoot(named("quick heart"), 4, 2.5)
    frames = list(shot.frames())
    times = np.array([frame.t for frame in frames])
    pictures = np.stack([frame.image[::4, ::4, 1] for frame in frames]).astype(np.float64)
    assert shot.truth is not None
    truth = detrend(shot.truth.bvp(times))
    change = detrend(pictures, axis=0)
    like = np.einsum("t,thw->hw", truth, change)
    middle, corner = like[40:75, 60:100], like[:20, :20]
    assert np.corrcoef(truth, change[:, 40:75, 60:100].mean(axis=(1, 2)))[0, 1] < -0.8
    assert middle.mean() < -5 * abs(corner.mean())
