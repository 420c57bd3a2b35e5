"""Heart rate without a network: GREEN, CHROM and POS, straight from their papers.

Each is a `PulseMethod`: clips in, pulse segments out, causal. All start from the mean colour of
the skin (`SkinColour`); what differs is how three colour traces become one pulse.

* GREEN: Verkruysse, Svaasand, Nelson 2008, *Remote plethysmographic imaging using ambient light*.
* CHROM: de Haan, Jeanne 2013, *Robust pulse rate from chrominance-based rPPG*.
* POS: Wang, den Brinker, Stuijk, de Haan 2017, *Algorithmic principles of remote PPG*.

Signs are chosen so that more blood in the skin (darker) is up.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from aimanet.filters import butter_bandpass, sosfiltfilt
from aimanet.preprocess import Recipe
from aimanet.types import BvpSegment, Clip

WINDOW_S = 1.6
"""Length (s) of the windows of POS and CHROM: about two beats at 75 BPM, as in both papers."""

Project = Callable[[NDArray[np.float64], float], NDArray[np.float64]]
"""Colour windows (K, L, 3), each divided by its mean over time, and fs to pulses (K, L)."""

Weights = Callable[[int], NDArray[np.float64]]
"""A window's length to the weights (L,) that its projection is added with."""


@lru_cache(maxsize=8)
def skin_weights(size: int) -> NDArray[np.float64]:
    """Returns the soft central ellipse (size*size,), summing to 1, where the crop shows a face.

    The crop is the detector's square with a margin; outside the ellipse are hair, neck and
    background. The edge is soft so that a head moving by a pixel changes little.
    """
    y, x = (np.mgrid[0:size, 0:size] + 0.5) / size
    d = np.hypot((x - 0.5) / 0.30, (y - 0.52) / 0.36)
    weights = 1.0 / (1.0 + np.exp((d - 1.0) * 12.0))
    return (weights / weights.sum()).ravel()


def mean_skin(crops: NDArray[np.float32]) -> NDArray[np.float64]:
    """Returns the mean colour (T, 3) of the face in crops (T, S, S, 3)."""
    frames, size = crops.shape[:2]
    pixels = crops.reshape(frames, size * size, 3)
    return np.einsum("tpc,p->tc", pixels, skin_weights(size), dtype=np.float64)


def project_pos(windows: NDArray[np.float64], fs: float) -> NDArray[np.float64]:
    """Plane orthogonal to skin: X = G - B, Y = G + B - 2R, X + (std X / std Y) Y (eq. 9-10)."""
    r, g, b = windows[..., 0], windows[..., 1], windows[..., 2]
    x, y = g - b, g + b - 2.0 * r
    alpha = x.std(axis=1, keepdims=True) / (y.std(axis=1, keepdims=True) + 1e-12)
    return -(x + alpha * y)


def project_chrom(windows: NDArray[np.float64], fs: float) -> NDArray[np.float64]:
    """Chrominance: X = 3R - 2G, Y = 1.5R + G - 1.5B, band-passed, X - (std X / std Y) Y."""
    r, g, b = windows[..., 0], windows[..., 1], windows[..., 2]
    band = _band_matrix(windows.shape[1], fs)
    x = (3.0 * r - 2.0 * g) @ band
    y = (1.5 * r + g - 1.5 * b) @ band
    alpha = x.std(axis=1, keepdims=True) / (y.std(axis=1, keepdims=True) + 1e-12)
    return x - alpha * y


def hann(length: int) -> NDArray[np.float64]:
    """Returns the Hann window (L,) without its two zeros."""
    return np.hanning(length + 2)[1:-1]


def ones(length: int) -> NDArray[np.float64]:
    """Returns the flat window (L,)."""
    return np.ones(length)


@lru_cache(maxsize=32)
def _band_matrix(length: int, fs: float) -> NDArray[np.float64]:
    """The zero-phase 40-240 BPM band-pass of CHROM as a matrix: ``signals @ matrix``."""
    sos = butter_bandpass(3, 0.667, 4.0, fs)
    return sosfiltfilt(sos, np.eye(length), min(length - 1, 21)).T.copy()


class OverlapAdd:
    """Projects each window of the last 1.6 s and adds the results up where they overlap.

    The papers add; here the sum is divided by the added window weights, so that the newest
    samples, which few windows have seen yet, come at full height (later calls improve them).
    """

    def __init__(self, project: Project, weights: Weights) -> None:
        self._project = project
        self._weights_of = weights
        self.reset()

    def reset(self) -> None:
        """Forgets all samples."""
        self._colour = np.empty((0, 3))
        self._sum = np.empty(0)
        self._weight = np.empty(0)

    def push(self, colour: NDArray[np.float64], fs: float) -> NDArray[np.float64]:
        """Takes new colours (T, 3); returns the pulse of all samples that changed, newest last."""
        length = max(4, round(WINDOW_S * fs))
        seen = np.concatenate([self._colour, colour])
        if len(seen) < length:
            self._colour = seen
            return self._provisional(seen, fs)
        fresh = min(len(colour), len(seen) - length + 1)
        windows = np.lib.stride_tricks.sliding_window_view(seen, length, axis=0)[-fresh:]
        pulses = self._project(_normalised(windows.transpose(0, 2, 1)), fs)
        pulse = self._add(pulses - pulses.mean(axis=1, keepdims=True))
        self._colour = seen[-(length - 1) :]
        return pulse

    def _add(self, pulses: NDArray[np.float64]) -> NDArray[np.float64]:
        fresh, length = pulses.shape
        weights = self._weights_of(length)
        sums, weight = np.zeros(fresh + length - 1), np.zeros(fresh + length - 1)
        sums[: len(self._sum)], weight[: len(self._sum)] = self._sum, self._weight
        for k in range(fresh):
            sums[k : k + length] += pulses[k] * weights
            weight[k : k + length] += weights
        # The next window starts one sample later: only what it still touches is kept.
        self._sum, self._weight = sums[fresh:], weight[fresh:]
        return sums / weight

    def _provisional(self, colour: NDArray[np.float64], fs: float) -> NDArray[np.float64]:
        """One projection of the little there is, until the first full window replaces it."""
        pulse = self._project(_normalised(colour[None]), fs)[0]
        return pulse - pulse.mean()


def _normalised(windows: NDArray[np.float64]) -> NDArray[np.float64]:
    return windows / (windows.mean(axis=1, keepdims=True) + 1e-9)


class _Classical:
    """What the three share: the recipe, the skin and the repeated first crop of each clip."""

    name: str
    model: str | None = None

    def __init__(self, recipe: Recipe | None = None) -> None:
        self.recipe = recipe or Recipe()

    def process(self, clip: Clip) -> BvpSegment:
        """Returns the pulse of a clip, and possibly bettered samples from just before it."""
        if clip.starts:
            self.reset()
        colour = mean_skin(clip.crops if clip.starts else clip.crops[1:])
        pulse = self._pulse(colour, clip.fs)
        t = clip.t[-1] + (np.arange(len(pulse)) - (len(pulse) - 1)) / clip.fs
        return BvpSegment(t=t, fs=clip.fs, bvp=pulse.astype(np.float32), is_derivative=False)

    def reset(self) -> None:
        """Forgets the samples of the past."""

    def _pulse(self, colour: NDArray[np.float64], fs: float) -> NDArray[np.float64]:
        raise NotImplementedError


class Green(_Classical):
    """GREEN: the mean green of the skin, which blood absorbs most, upside down."""

    name = "green"

    def _pulse(self, colour: NDArray[np.float64], fs: float) -> NDArray[np.float64]:
        return -colour[:, 1]


class _Windowed(_Classical):
    def __init__(self, project: Project, weights: Weights, recipe: Recipe | None) -> None:
        super().__init__(recipe)
        self._overlap = OverlapAdd(project, weights)

    def reset(self) -> None:
        """Forgets the samples of the past."""
        self._overlap.reset()

    def _pulse(self, colour: NDArray[np.float64], fs: float) -> NDArray[np.float64]:
        return self._overlap.push(colour, fs)


class Chrom(_Windowed):
    """CHROM: colour differences that a white light's flicker and gloss leave alone."""

    name = "chrom"

    def __init__(self, recipe: Recipe | None = None) -> None:
        super().__init__(project_chrom, hann, recipe)


class Pos(_Windowed):
    """POS: the plane orthogonal to the skin tone, tuned in each window."""

    name = "pos"

    def __init__(self, recipe: Recipe | None = None) -> None:
        super().__init__(project_pos, ones, recipe)
