"""Face crops to network windows: the one definition, used live and in training.

`Windower` puts crops on a uniform time grid and cuts `Clip`s; `MotionAppearance` turns a clip
into the two inputs of TS-CAN. Both are causal: they look at what has been, never at what comes,
so a file analysed offline and the same frames live give the same numbers.
"""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True)
class Recipe:
    """How frames become network inputs. Travels inside every checkpoint.

    ``image_size`` px; ``frame_depth`` frames a window; ``fs`` Hz of the uniform grid;
    ``norm_tau_s`` time constant (s) of the running scale that motion is divided by;
    ``motion_clip`` limit of the scaled motion, in standard deviations.
    """

    image_size: int = 36
    frame_depth: int = 10
    fs: float = 30.0
    shift_padding: Literal["zero", "replicate"] = "zero"
    appearance: Literal["window_mean", "frame"] = "window_mean"
    motion: Literal["ratio", "difference"] = "ratio"
    attention_scale: Literal["hw", "ch"] = "hw"
    norm_tau_s: float = 1.0
    motion_clip: float = 6.0


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
    """Area-averages an (S, S, 3) uint8 crop to (size, size, 3) float32, 0-255, unrounded."""
    image = crop.astype(np.float32)
    if image.shape[0] == size:
        return image
    return cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32)


class MotionAppearance:
    """Clips to TS-CAN inputs, with a running scale for the motion.

    Motion is (x[t+1] - x[t]) / (x[t+1] + x[t]) (Chen & McDuff 2018, eq. 6) over its running
    standard deviation; appearance is the mean frame of the window, standardised over its pixels.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self._weight = 1.0 - float(np.exp(-recipe.frame_depth / recipe.fs / recipe.norm_tau_s))
        self.reset()

    def reset(self) -> None:
        """Forgets the running scale."""
        self._variance = 0.0
        self._n = 0

    def __call__(self, clip: Clip) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Returns motion (T-1, 3, S, S) and appearance (1 or T-1, 3, S, S), both float32."""
        if clip.starts:
            self.reset()
        motion = self._motion(clip.crops)
        self._n += 1
        w = max(self._weight, 1.0 / self._n)
        self._variance += w * (float(np.mean(np.square(motion))) - self._variance)
        motion *= np.float32(1.0 / (np.sqrt(self._variance) + 1e-7))
        np.clip(motion, -self.recipe.motion_clip, self.recipe.motion_clip, out=motion)
        return motion.transpose(0, 3, 1, 2), self._appearance(clip.crops).transpose(0, 3, 1, 2)

    def _motion(self, crops: NDArray[np.float32]) -> NDArray[np.float32]:
        difference = crops[1:] - crops[:-1]
        if self.recipe.motion == "ratio":
            # One grey level keeps black pixels, which are all noise, from dominating.
            difference /= crops[1:] + crops[:-1] + 1.0
        return difference

    def _appearance(self, crops: NDArray[np.float32]) -> NDArray[np.float32]:
        frames = crops[:-1]
        if self.recipe.appearance == "window_mean":
            frames = frames.mean(axis=0, keepdims=True)
        axes = (1, 2, 3)
        frames = frames - frames.mean(axis=axes, keepdims=True)
        return (frames / (frames.std(axis=axes, keepdims=True) + 1e-6)).astype(np.float32)
