"""Face crops to network windows: the one definition, used live and in training.

`Windower` puts crops on a uniform time grid and cuts `Clip`s; `MotionAppearance` turns a clip
into the two inputs of TS-CAN. Both are causal: they look at what has been, never at what comes,
so a file analysed offline and the same frames live give the same numbers.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from aimanet.types import Clip, FaceCrop

BRIDGE_S = 1.0
"""Holes up to this long (s) are interpolated; longer ones start anew."""

MERGE = 0.6
"""Frames closer than this part of a grid step are averaged before interpolation."""

WHITE = np.float32(255.0)
"""The grey level that is 1 where pictures are 0-1."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How frames become network inputs. Travels inside every checkpoint.

    The grid: ``image_size`` px (`FaceTracker` cuts 72 px, larger sizes are interpolated);
    ``frame_depth`` frames a window; ``fs`` Hz. ``pixel_floor`` (grey levels) lifts darker pixels.

    Motion: ``motion`` is the ratio (b - a) / (b + a + ``motion_offset``), in grey levels, or the
    difference of pictures in 0-1. ``motion_norm`` divides it by its running root mean square, by
    its running standard deviation, or makes z-scores of each frame's channels. ``motion_clip``
    limits the result, in deviations; 0: no limit.

    Appearance: ``appearance`` is the mean frame of a window, each frame, or the mean of the last
    ``appearance_frames`` frames. ``appearance_norm`` standardises it over its own pixels or over
    all pixels so far (running), or leaves pictures in 0-1.

    ``norm_tau_s`` is the time constant (s) of all that runs: a causal stand-in for statistics
    of the whole video where it is long. ``shift_padding`` and ``attention_scale`` are `TSCAN`'s.
    """

    image_size: int = 36
    frame_depth: int = 10
    fs: float = 30.0
    shift_padding: Literal["zero", "replicate"] = "zero"
    appearance: Literal["window_mean", "frame", "clip_mean"] = "window_mean"
    motion: Literal["ratio", "difference"] = "ratio"
    attention_scale: Literal["hw", "ch"] = "hw"
    norm_tau_s: float = 1.0
    motion_clip: float = 6.0
    motion_norm: Literal["running_rms", "running_std", "frame_channel"] = "running_rms"
    motion_offset: float = 1.0  # keeps black pixels, which are all noise, from dominating
    pixel_floor: float = 0.0
    appearance_norm: Literal["picture", "running", "none"] = "picture"
    appearance_frames: int = 160

    def check(self) -> None:
        """Raises ValueError, naming the field, for a value that nothing can work with."""
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                kind = "too small" if value < low else "out of range"
                raise ValueError(f"{name} {value:g} is {kind}: {low:g} to {high:g}")
        pixels = self.frame_depth * self.image_size**2
        if pixels > MAX_PIXELS:
            raise ValueError(f"a window of {pixels} pixels is too large: at most {MAX_PIXELS}")
        if self.motion == "ratio" and self.motion_offset + self.pixel_floor == 0.0:
            raise ValueError("a ratio needs motion_offset or pixel_floor above 0")


RANGES = {
    "image_size": (10, 256),  # smaller cannot be pooled twice
    "frame_depth": (2, 1000),
    "fs": (1.0, 1000.0),
    "norm_tau_s": (1e-3, 1e6),
    "motion_clip": (0.0, 1e12),
    "motion_offset": (0.0, 255.0),
    "pixel_floor": (0.0, 254.0),
    "appearance_frames": (1, 100_000),
}
"""Least and greatest values of a recipe's numbers."""

MAX_PIXELS = 20 * 128**2
"""Pixels of a window, 25 times ours: the network then takes some hundred MB, not tens of GB."""


class Windower:
    """Puts face crops on a uniform grid and cuts them into clips.

    Time stamps may jitter and the rate may be anything: frames that come faster than the grid are
    averaged, slower ones are interpolated linearly. A crop that equals the one before is a frame
    the camera delivered twice: it carries no news and is skipped.
    """

    def __init__(self, recipe: Recipe | None = None) -> None:
        self.recipe = recipe or Recipe()
        self.reset()

    def reset(self) -> None:
        """Forgets everything; the next clip has ``starts`` set."""
        self._raw: NDArray[np.uint8] | None = None
        self._last_t: float | None = None
        self._changed_t: float | None = None
        self._restart()

    def _restart(self) -> None:
        self._group: list[tuple[float, NDArray[np.float32]]] = []
        self._point: tuple[float, NDArray[np.float32]] | None = None
        self._grid_t0 = 0.0
        self._grid_n = 0
        self._crops: list[NDArray[np.float32]] = []
        self._steps: list[float] = []
        self._starts = True

    @property
    def frozen_s(self) -> float:
        """Seconds since the picture last changed (a photograph or a stuck camera)."""
        if self._last_t is None or self._changed_t is None:
            return 0.0
        return self._last_t - self._changed_t

    def push(self, crop: FaceCrop) -> list[Clip]:
        """Takes one crop (or the news of no face); returns the clips it completed, oldest first."""
        if self._last_t is not None and crop.t <= self._last_t:
            return []
        self._last_t = crop.t
        if self._changed_t is not None and crop.t - self._changed_t > BRIDGE_S:
            self._restart()
        if crop.crop is None:
            return []
        if self._raw is not None and np.array_equal(self._raw, crop.crop):
            return []
        self._raw, self._changed_t = crop.crop, crop.t
        return self._merge(crop.t, shrink(crop.crop, self.recipe.image_size))

    def _merge(self, t: float, image: NDArray[np.float32]) -> list[Clip]:
        group = self._group
        if group and t - group[0][0] < MERGE / self.recipe.fs:
            group.append((t, image))
            return []
        done = group
        self._group = [(t, image)]
        if not done:
            return []
        if len(done) == 1:
            return self._advance(*done[0])
        mean_t = float(np.mean([g[0] for g in done]))
        return self._advance(mean_t, np.mean([g[1] for g in done], axis=0, dtype=np.float32))

    def _advance(self, t: float, image: NDArray[np.float32]) -> list[Clip]:
        before, self._point = self._point, (t, image)
        if before is None:
            self._grid_t0, self._grid_n = t, 1
            self._crops, self._steps = [image], [0.0]
            return []
        t0, image0 = before
        clips = []
        fs = self.recipe.fs
        while (g := self._grid_t0 + self._grid_n / fs) <= t + 1e-9:
            w = np.float32((g - t0) / (t - t0))
            self._crops.append(image0 + (image - image0) * w)
            self._steps.append(t - t0)
            self._grid_n += 1
            if len(self._crops) == self.recipe.frame_depth + 1:
                clips.append(self._cut(g))
        return clips

    def _cut(self, t_last: float) -> Clip:
        fs, n = self.recipe.fs, len(self._crops)
        clip = Clip(
            t=t_last + (np.arange(n) - (n - 1)) / fs,
            fs=fs,
            crops=np.stack(self._crops),
            gap_s=max(self._steps[1:]),
            starts=self._starts,
        )
        self._crops, self._steps = self._crops[-1:], self._steps[-1:]
        self._starts = False
        return clip


def shrink(crop: NDArray[np.uint8], size: int) -> NDArray[np.float32]:
    """Area-averages an (S, S, 3) uint8 crop to (size, size, 3) float32, 0-255, unrounded.

    A ``size`` above S is interpolated: nothing is gained by it, but networks of that size run.
    """
    image = crop.astype(np.float32)
    if image.shape[0] == size:
        return image
    return cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32)


class _Running:
    """Mean and mean square of all that was added; at first plain means, later the old fades."""

    def __init__(self, weight: float) -> None:
        self._weight = weight
        self._n = 0
        self.mean = self._square = 0.0

    def add(self, x: NDArray[np.floating]) -> None:
        self._n += 1
        w = max(self._weight, 1.0 / self._n)
        self.mean += w * (float(np.mean(x)) - self.mean)
        self._square += w * (float(np.mean(np.square(x))) - self._square)

    @property
    def rms(self) -> float:
        return math.sqrt(self._square)

    @property
    def std(self) -> float:
        return math.sqrt(max(self._square - self.mean**2, 0.0))


class MotionAppearance:
    """Clips to TS-CAN inputs as the recipe says; what runs starts anew with ``clip.starts``.

    The ratio is Chen & McDuff's (2018, eq. 6). Statistics over a whole video, which some networks
    were trained with, would need its end: they run instead and take in each clip before it is
    scaled, so that the first clip gets what a video of its length would have got.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self._weight = 1.0 - float(np.exp(-recipe.frame_depth / recipe.fs / recipe.norm_tau_s))
        self.reset()

    def reset(self) -> None:
        """Forgets all running statistics."""
        self._motions = _Running(self._weight)
        self._pixels = _Running(self._weight)
        clips = max(1, round(self.recipe.appearance_frames / self.recipe.frame_depth))
        self._means: deque[NDArray[np.float32]] = deque(maxlen=clips)

    def __call__(self, clip: Clip) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Returns motion (T-1, 3, S, S) and appearance (1 or T-1, 3, S, S), both float32."""
        if clip.starts:
            self.reset()
        crops = clip.crops
        if self.recipe.pixel_floor:
            crops = np.maximum(crops, np.float32(self.recipe.pixel_floor))
        motion, appearance = self._scale(self._motion(crops)), self._appearance(crops)
        return motion.transpose(0, 3, 1, 2), appearance.transpose(0, 3, 1, 2)

    def _motion(self, crops: NDArray[np.float32]) -> NDArray[np.float32]:
        difference = crops[1:] - crops[:-1]
        if self.recipe.motion == "ratio":
            difference /= crops[1:] + crops[:-1] + self.recipe.motion_offset
        else:
            difference /= WHITE
        return difference

    def _scale(self, motion: NDArray[np.float32]) -> NDArray[np.float32]:
        if self.recipe.motion_norm == "frame_channel":
            motion -= motion.mean(axis=(1, 2), keepdims=True)
            motion /= motion.std(axis=(1, 2), keepdims=True) + 1e-6
        else:
            self._motions.add(motion)
            rms = self.recipe.motion_norm == "running_rms"
            motion *= np.float32(
                1.0 / (self._motions.rms + 1e-7) if rms else _inverse(self._motions.std)
            )
        if limit := self.recipe.motion_clip:
            np.clip(motion, -limit, limit, out=motion)
        return motion

    def _appearance(self, crops: NDArray[np.float32]) -> NDArray[np.float32]:
        frames = self._frames(crops[:-1])
        if self.recipe.appearance_norm == "none":
            return frames / WHITE
        if self.recipe.appearance_norm == "running":
            self._pixels.add(crops.astype(np.float64))  # the square of a bright picture is large
            scale = np.float32(_inverse(self._pixels.std))
            return (frames - np.float32(self._pixels.mean)) * scale
        axes = (1, 2, 3)
        frames = frames - frames.mean(axis=axes, keepdims=True)
        return (frames / (frames.std(axis=axes, keepdims=True) + 1e-6)).astype(np.float32)

    def _frames(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        if self.recipe.appearance == "frame":
            return frames
        mean = frames.mean(axis=0, keepdims=True)
        if self.recipe.appearance == "window_mean":
            return mean
        self._means.append(mean)
        return np.mean(np.stack(self._means), axis=0)


def _inverse(deviation: float) -> float:
    """1 / deviation, or 0 where nothing varies: zeros then stay zeros."""
    return 1.0 / deviation if deviation > 1e-12 else 0.0
