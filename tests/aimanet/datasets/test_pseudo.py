"""Pseudo labels against a pulse that is known."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import butter, correlate, sosfiltfilt

from aimanet.datasets.align import on_grid
from aimanet.datasets.base import Label
from aimanet.datasets.cached import CachedRecording, Grid
from aimanet.datasets.pseudo import pseudo_ppg
from aimanet.preprocess import Recipe, Windower
from aimanet.synthesis import DemoScene, SceneConfig
from aimanet.types import FaceCrop
from tests.aimanet.crops import Scene, beat, face_crops

FS = 30.0


def cached_of(crops: Iterable[FaceCrop], size: int = 36) -> CachedRecording:
    window, t, images, starts, gaps = Windower(Recipe(size, 1, FS)), [], [], [], []
    for crop in crops:
        for clip in window.push(crop):
            for k in (0, 1) if clip.starts else (1,):
                t.append(clip.t[k])
                images.append(clip.crops[k].astype(np.float16))
                starts.append(clip.starts and k == 0)
                gaps.append(clip.gap_s if k else 0.0)
    nothing = np.full(len(t), np.nan)
    return CachedRecording(
        "x", "x", "x", (), Grid(size, FS), np.array(t), np.array(images), np.array(starts),
        np.array(gaps, np.float32), nothing, nothing,
    )  # fmt: skip


def in_band(wave: np.ndarray) -> np.ndarray:
    return sosfiltfilt(butter(2, (0.7, 3.5), "bandpass", fs=FS, output="sos"), wave)


def lag_frames(got: np.ndarray, truth: np.ndarray) -> int:
    return int(np.argmax(correlate(got, truth)) - (len(truth) - 1))


def rate_bpm(wave: np.ndarray) -> float:
    power = np.abs(np.fft.rfft(wave * np.hanning(len(wave)), 8192))
    return float(np.argmax(power) / 8192 * FS * 60)


@pytest.mark.parametrize("hr", [50.0, 74.0, 150.0])
def test_follows_the_pulse_with_blood_up_and_without_lag(hr: float) -> None:
    cached = cached_of(face_crops(Scene(hr=hr, seconds=20, noise=1.0)))
    truth = in_band(np.array([beat(t, hr) for t in cached.t]))  # positive is darker: more blood
    got = pseudo_ppg(cached)
    assert np.isfinite(got).all()
    assert np.corrcoef(got, truth)[0, 1] > 0.95
    assert lag_frames(got, truth) == 0
    assert rate_bpm(got) == pytest.approx(hr, abs=0.7)


def test_a_drawn_face() -> None:
    scene = DemoScene(SceneConfig(hr=66, seed=4, seconds=15, width=120, height=90, motion=0.3))
    box = (slice(6, 78), slice(24, 96))
    crops = (
        FaceCrop(i, i / FS, (24.0, 6.0, 72.0, 72.0), scene.render(i)[box])
        for i in range(int(15 * FS))
    )
    cached = cached_of(crops)
    truth = in_band(scene.bvp(cached.t))
    got = pseudo_ppg(cached)
    assert np.corrcoef(got, truth)[0, 1] > 0.9
    assert lag_frames(got, truth) == 0


def test_beats_are_as_high_where_the_pulse_is_weak() -> None:
    strong = face_crops(Scene(hr=72, seconds=10, amp=0.012, noise=1.0))
    weak = face_crops(Scene(hr=72, seconds=10, amp=0.004, noise=1.0))
    late = [FaceCrop(c.index + 300, c.t + 10.0, c.bbox, c.crop) for c in weak]
    got = pseudo_ppg(cached_of([*strong, *late]))
    first, second = got[30:270].std(), got[330:570].std()
    assert first == pytest.approx(second, rel=0.15)
    assert np.percentile(np.abs(got), 99) < 2.0


def test_a_short_run_has_no_label_and_does_not_touch_the_next() -> None:
    crops = face_crops(Scene(hr=72, seconds=15, noise=1.0))
    early = crops[:100]  # 3.3 s, then 2 s of nobody
    cached = cached_of([*early, *crops[160:]])
    assert cached.runs()[0][1] < 101
    alone = pseudo_ppg(cached_of(crops[160:]))
    got = pseudo_ppg(cached)
    end = cached.runs()[0][1]
    assert np.isnan(got[:end]).all()
    assert np.array_equal(got[end:], alone)


@pytest.mark.real_data
def test_a_real_face_beats_as_its_finger(shared_dir: Path) -> None:
    rows = np.loadtxt(shared_dir / "traces" / "face_rgb_and_finger_ppg_50hz.txt")
    t, finger, colour = rows[0], rows[1], rows[[4, 3, 2]].T
    at = np.arange(t[0], t[-1], 1 / FS)
    mean = np.stack([np.interp(at, t, channel) for channel in colour.T], 1)
    noise = np.random.default_rng(0).normal(0, 0.5, (len(at), 36, 36, 3))
    crops = (mean[:, None, None, :] + noise).astype(np.float16)
    nothing = np.full(len(at), np.nan)
    starts, gaps = np.arange(len(at)) == 0, np.zeros(len(at), np.float32)
    cached = CachedRecording(
        "x", "x", "x", (), Grid(36, FS), at, crops, starts, gaps, nothing, nothing
    )
    ppg, _ = on_grid(Label(t, finger), at)
    assert rate_bpm(ppg - ppg.mean()) == pytest.approx(76.3, abs=0.5)
    assert rate_bpm(pseudo_ppg(cached)) == pytest.approx(76.3, abs=0.5)


def test_pieces_of_a_long_run_are_seamless(monkeypatch: pytest.MonkeyPatch) -> None:
    cached = cached_of(face_crops(Scene(hr=72, seconds=15, noise=1.0)))
    whole = pseudo_ppg(cached)
    monkeypatch.setattr("aimanet.datasets.pseudo._CHUNK", 37)
    assert np.allclose(pseudo_ppg(cached), whole, atol=1e-9)


def test_a_wall_has_no_pulse() -> None:
    grid = Grid(36, FS)
    n = 300
    nothing = np.full(n, np.nan)
    crops = np.full((n, 36, 36, 3), 100, np.float16)
    starts = np.arange(n) == 0
    wall = CachedRecording(
        "x", "x", "x", (), grid, np.arange(n) / FS, crops, starts, np.zeros(n, np.float32),
        nothing, nothing,
    )  # fmt: skip
    assert np.isnan(pseudo_ppg(wall)).all()
