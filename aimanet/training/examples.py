"""Training examples: clips through the same inputs as live frames, with labels on their grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from aimanet.datasets.cached import CachedRecording
from aimanet.preprocess import MotionAppearance, Recipe, Windower
from aimanet.synthesis.crops import CropClip
from aimanet.training.stretches import Labelled
from aimanet.types import Clip

Floats = NDArray[np.float32]

BURN_IN_S = 2.0
"""Seconds before a chunk that only settle the running scale of the motion."""


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """A clip as the network takes it.

    ``motion`` (T, 3, S, S) and ``appearance`` (T/depth or T, 3, S, S) float16; ``label`` (T,)
    the derivative of the true pulse, unit variance; ``hr_bpm`` the mean rate, NaN where nobody
    asked for it.
    """

    motion: NDArray[np.float16]
    appearance: NDArray[np.float16]
    label: Floats
    hr_bpm: float = np.nan


@dataclass(frozen=True, slots=True)
class Change:
    """What augmentation does to a recording's chunk.

    ``pace`` makes everything so many times as fast, pulse and movement, as a camera of another
    rate would; ``tint`` is a gain for each of red, green and blue.
    """

    pace: float = 1.0
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @classmethod
    def random(cls, rng: np.random.Generator) -> Change:
        """Every second chunk is stretched, by 0.8 to 1.25; all are tinted a little."""
        pace = float(np.exp(rng.uniform(-1, 1) * np.log(1.25))) if rng.random() < 0.5 else 1.0
        tint = rng.uniform(0.85, 1.1) * rng.uniform(0.94, 1.06, 3)
        return cls(pace, (float(tint[0]), float(tint[1]), float(tint[2])))


def drawn_example(clip: CropClip, recipe: Recipe, frames: int) -> Example | None:
    """Windows a drawn clip; None where holes left fewer than ``frames`` frames in one piece."""
    windower = Windower(recipe)
    windows = [w for crop in clip.crops for w in windower.push(crop)]
    windows = windows[: frames // recipe.frame_depth]
    if len(windows) * recipe.frame_depth < frames or any(w.starts for w in windows[1:]):
        return None
    label = np.concatenate([np.diff(clip.trace.bvp(w.t)) for w in windows])
    t = np.concatenate([w.t[1:] for w in windows])
    motion, appearance = network_inputs(windows, recipe)
    return make_example(motion, appearance, label, float(clip.trace.hr_bpm(t).mean()))


def recorded_example(
    cached: CachedRecording,
    where: Labelled,
    first: int,
    frames: int,
    recipe: Recipe,
    change: Change = Change(),
) -> Example:
    """A chunk of a recording, from crop ``first`` on; frames before it warm the motion's scale.

    A stretched chunk stays inside the labelled stretch: at its end it is stretched less.
    """
    depth = recipe.frame_depth
    pace = min(change.pace, (where.end - 1 - first) / frames)
    warm = min(_burn_in(recipe), int((first - where.run) / pace)) // depth * depth
    at = first + pace * np.arange(-warm, frames + 1, dtype=np.float64)
    windows = _windows(_tinted(_crops_at(cached, at), change), depth, recipe.fs)
    motion, appearance = network_inputs(windows, recipe, skip=warm // depth)
    label = np.interp(at[warm:], np.arange(where.first, where.end), cached.ppg[where.slice])
    return make_example(motion, appearance, np.diff(label))


def make_example(
    motion: Floats, appearance: Floats, label: NDArray[np.floating], hr_bpm: float = np.nan
) -> Example:
    """An example with its label brought to unit variance."""
    return Example(_half(motion), _half(appearance), unit_variance(label), hr_bpm)


def _half(x: Floats) -> NDArray[np.float16]:
    """The same in half precision; torch does in one pass what takes numpy several times longer."""
    half: NDArray[np.float16] = torch.from_numpy(x).to(torch.float16).contiguous().numpy()
    return half


def unit_variance(label: NDArray[np.floating]) -> Floats:
    """The label (T,) over its standard deviation."""
    return (label / (label.std() + 1e-9)).astype(np.float32)


def network_inputs(windows: Sequence[Clip], recipe: Recipe, skip: int = 0) -> tuple[Floats, Floats]:
    """Motion and appearance of consecutive windows; the first ``skip`` only warm the scale."""
    inputs = MotionAppearance(recipe)
    pairs = [inputs(w) for w in windows][skip:]
    return np.concatenate([p[0] for p in pairs]), np.concatenate([p[1] for p in pairs])


def mirrored(e: Example) -> Example:
    """The example in a mirror: a face has no preferred side."""
    return Example(e.motion[..., ::-1], e.appearance[..., ::-1], e.label, e.hr_bpm)


def _burn_in(recipe: Recipe) -> int:
    frames = round(BURN_IN_S * recipe.fs)
    return max(frames, recipe.appearance_frames) if recipe.appearance == "clip_mean" else frames


def _crops_at(cached: CachedRecording, at: NDArray[np.float64]) -> Floats:
    """The crops (n, S, S, 3) at fractional places, between the two beside each."""
    low = int(at[0])
    crops = cached.crops[low : int(np.ceil(at[-1])) + 1].astype(np.float32)
    if len(crops) == len(at) and at[0] == low and at[-1] == low + len(at) - 1:
        return crops
    before = np.minimum((at - low).astype(int), len(crops) - 1)
    part = (at - low - before).astype(np.float32)
    after = np.minimum(before + 1, len(crops) - 1)
    return crops[before] + (crops[after] - crops[before]) * part[:, None, None, None]


def _tinted(crops: Floats, change: Change) -> Floats:
    if change.tint != (1.0, 1.0, 1.0):
        crops *= np.asarray(change.tint, np.float32)
        np.minimum(crops, 255.0, out=crops)
    return crops


def _windows(crops: Floats, depth: int, fs: float) -> list[Clip]:
    return [
        Clip(
            t=np.arange(a, a + depth + 1) / fs,
            fs=fs,
            crops=crops[a : a + depth + 1],
            gap_s=1 / fs,
            starts=a == 0,
        )
        for a in range(0, len(crops) - depth, depth)
    ]
