"""GREEN, CHROM and POS against literal implementations of their papers' formulas."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from aimanet.classical import (
    Chrom,
    Green,
    OverlapAdd,
    Pos,
    hann,
    mean_skin,
    ones,
    project_chrom,
    project_pos,
    skin_weights,
)
from aimanet.types import Clip

FS = 30.0
LENGTH = 48
BLOOD = np.array([0.33, 0.77, 0.53])


def colours(hr: float = 72, seconds: float = 10, noise: float = 0.0, flicker: float = 0.0):
    rng = np.random.default_rng(1)
    t = np.arange(round(seconds * FS)) / FS
    pulse = np.sin(2 * np.pi * hr / 60 * t)
    light = 1 + flicker * np.sin(2 * np.pi * 1.9 * t)
    trace = np.array([190.0, 140, 110]) * (1 - 0.004 * pulse[:, None] * BLOOD) * light[:, None]
    return trace + rng.normal(0, noise, trace.shape), pulse


def clips(trace: np.ndarray, depth: int = 10):
    t = np.arange(len(trace)) / FS
    crops = np.broadcast_to(trace[:, None, None, :], (len(trace), 36, 36, 3)).astype(np.float32)
    for i in range(0, len(trace) - depth, depth):
        part = slice(i, i + depth + 1)
        yield Clip(t[part], FS, crops[part], 1 / FS, starts=i == 0)


def literal(trace: np.ndarray, project, window: np.ndarray) -> np.ndarray:
    """The papers' loop over all windows, one at a time, with explicit means and deviations."""
    total, weight = np.zeros(len(trace)), np.zeros(len(trace))
    for n in range(len(trace) - LENGTH + 1):
        c = trace[n : n + LENGTH]
        h = project(c / c.mean(axis=0))
        total[n : n + LENGTH] += (h - h.mean()) * window
        weight[n : n + LENGTH] += window
    return total / weight


def pos_of_the_paper(c: np.ndarray) -> np.ndarray:
    s = np.array([[0, 1, -1], [-2, 1, 1]]) @ c.T
    return -(s[0] + s[0].std() / s[1].std() * s[1])


def chrom_of_the_paper(c: np.ndarray) -> np.ndarray:
    sos = butter(3, (0.667, 4.0), "bandpass", fs=FS, output="sos")
    xs = sosfiltfilt(sos, 3 * c[:, 0] - 2 * c[:, 1], padlen=21)
    ys = sosfiltfilt(sos, 1.5 * c[:, 0] + c[:, 1] - 1.5 * c[:, 2], padlen=21)
    return xs - xs.std() / ys.std() * ys


@pytest.mark.parametrize(
    ("project", "weights", "paper"),
    [(project_pos, ones, pos_of_the_paper), (project_chrom, hann, chrom_of_the_paper)],
)
def test_overlap_add_equals_the_papers_loop(project, weights, paper) -> None:
    trace, _ = colours(noise=0.2)
    overlap, got = OverlapAdd(project, weights), np.full(len(trace), np.nan)
    for i in range(0, len(trace), 7):
        pulse = overlap.push(trace[i : i + 7], FS)
        end = min(i + 7, len(trace))
        got[end - len(pulse) : end] = pulse
    expected = literal(trace, paper, weights(LENGTH))
    assert np.allclose(got, expected, atol=1e-9, rtol=1e-6)


@pytest.mark.parametrize("method", [Green(), Chrom(), Pos()], ids=lambda m: m.name)
def test_every_method_follows_the_pulse_and_blood_is_up(method) -> None:
    trace, pulse = colours(noise=0.05)
    got = np.full(len(trace), np.nan)
    for clip in clips(trace):
        segment = method.process(clip)
        assert not segment.is_derivative
        assert segment.bvp.dtype == np.float32
        at = np.round(segment.t * FS).astype(int)
        assert at[-1] == round(clip.t[-1] * FS)
        got[at] = segment.bvp
    known = ~np.isnan(got)
    assert known.sum() == 291  # not one sample is missing
    assert np.corrcoef(got[known], pulse[known])[0, 1] > 0.85


@pytest.mark.parametrize("method", [Chrom(), Pos()], ids=lambda m: m.name)
def test_flicker_of_white_light_is_cancelled(method) -> None:
    trace, pulse = colours(flicker=0.02)
    got = np.zeros(len(trace))
    for clip in clips(trace):
        segment = method.process(clip)
        got[np.round(segment.t * FS).astype(int)] = segment.bvp
    middle = slice(50, 240)
    flicker = np.sin(2 * np.pi * 1.9 * np.arange(len(trace)) / FS)
    assert np.corrcoef(got[middle], pulse[middle])[0, 1] > 0.95
    assert abs(np.corrcoef(got[middle], flicker[middle])[0, 1]) < 0.1


@pytest.mark.parametrize("kind", [Green, Chrom, Pos])
def test_a_start_forgets_the_past(kind) -> None:
    used, fresh = kind(), kind()
    for clip in clips(colours(hr=150)[0]):
        used.process(clip)
    for clip in clips(colours(hr=60)[0]):
        assert np.array_equal(used.process(clip).bvp, fresh.process(clip).bvp)


def test_the_mean_colour_is_of_the_centre() -> None:
    assert skin_weights(36).sum() == pytest.approx(1.0)
    crops = np.zeros((2, 36, 36, 3), np.float32)
    crops[:, 9:27, 9:27] = 200.0
    assert mean_skin(crops)[0, 0] > 120
    assert mean_skin(200.0 - crops)[0, 0] < 80
    corner = np.zeros((1, 36, 36, 3), np.float32)
    corner[:, :5, :5] = 255.0
    assert mean_skin(corner).max() < 0.1
