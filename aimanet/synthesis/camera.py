"""What a camera adds: noise, smoothing, sharpening, its own ideas of exposure and colour."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from aimanet.synthesis.relief import Image
from aimanet.synthesis.scenery import NoiseBank

Array = NDArray[np.float64]


@dataclass(slots=True)
class Sensor:
    """A camera's picture processing.

    ``read`` noise in grey levels, ``shot`` at mid grey, ``chroma`` blotches; ``denoise`` 0-1
    share of the last frame kept where nothing moves more than ``calm`` levels; ``smooth`` px
    of spatial denoising, ``sharpen`` the share of detail added; ``bands`` the depth of rolling
    bands, with ``band_hz`` and ``band_rows`` (turns over the picture).
    """

    read: float
    shot: float
    chroma: float = 0.0
    denoise: float = 0.0
    calm: float = 6.0
    smooth: float = 0.0
    sharpen: float = 0.0
    bands: float = 0.0
    band_hz: float = 0.0
    band_rows: float = 1.0

    @classmethod
    def random(cls, rng: np.random.Generator, dim: float = 0.0) -> Sensor:
        """Levels after the crop's area average; ``dim`` 0-1 turns the sensor's gain up."""
        level = float(np.exp(rng.uniform(np.log(0.12), np.log(2.2)))) * (1 + dim)
        strong = rng.random() < 0.22
        return cls(
            read=level * rng.uniform(0.3, 1),
            shot=level * rng.uniform(0, 1),
            chroma=level * rng.uniform(0, 0.5) if rng.random() < 0.4 else 0.0,
            denoise=rng.uniform(0.2, 0.8) if strong else 0.0,
            calm=rng.uniform(2, 9),
            smooth=rng.uniform(0.3, 1.1) if rng.random() < 0.2 else 0.0,
            sharpen=rng.uniform(0.1, 1.0) if rng.random() < 0.25 else 0.0,
            bands=rng.uniform(0.001, 0.02) if rng.random() < 0.08 else 0.0,
            band_hz=rng.uniform(-6, 6),
            band_rows=rng.uniform(0.3, 2.5),
        )

    def expose(self, image: Image, noise: NoiseBank, last: Image | None, t: float = 0.0) -> Image:
        """The camera's picture of ``image`` (H, W, 3), float32; ``last`` is the one before."""
        if self.bands:
            rows = np.linspace(0, self.band_rows, image.shape[0], dtype=np.float32)
            wave = np.sin(2 * np.pi * (rows + np.float32(self.band_hz * t)))
            image = image * (1.0 + np.float32(self.bands) * wave)[:, None, None]
        sigma = self.read + self.shot * np.sqrt(np.maximum(image, 0) / np.float32(128.0))
        out = image + sigma * noise.frame()
        if self.chroma:
            h, w = image.shape[:2]
            coarse = noise.frame()[: max(h // 4, 1), : max(w // 4, 1)]
            out += self.chroma * cv2.resize(coarse, (w, h), interpolation=cv2.INTER_LINEAR)
        if self.denoise and last is not None:
            calm = np.exp(-np.square((out - last) / np.float32(self.calm)))
            out += (last - out) * (np.float32(self.denoise) * calm)
        return out

    def finish(self, image: Image) -> Image:
        """Spatial denoising and sharpening of an exposed picture."""
        if self.smooth:
            image = np.asarray(cv2.GaussianBlur(image, (0, 0), self.smooth))
        if self.sharpen:
            soft = cv2.blur(image, (3, 3))
            image = image + np.float32(self.sharpen) * (image - soft)
        return image


@dataclass(slots=True)
class Exposure:
    """Automatic exposure: a slow loop towards the first frame's brightness, in small steps."""

    rate: float
    step: float
    gain: float = 1.0
    target: float = 0.0

    @classmethod
    def random(cls, rng: np.random.Generator) -> Exposure | None:
        """One in four cameras keeps adjusting."""
        if rng.random() > 0.25:
            return None
        return cls(float(np.exp(rng.uniform(-5, -2))), float(rng.choice([0.0, 0.004, 0.02])))

    def adjust(self, image: Image) -> Image:
        """Applies the gain so far to ``image`` and learns from it."""
        out = image * np.float32(self.gain)
        mean = float(out[::4, ::4, 1].mean()) + 1.0
        self.target = self.target or mean
        error = self.target / mean - 1.0
        if abs(error) > self.step:
            self.gain = float(np.clip(self.gain * (1 + self.rate * error), 0.5, 2.0))
        return out


def corrections(rng: np.random.Generator, t: Array) -> Image:
    """Exposure and white-balance steps of a clip, gains (n, 3)."""
    gain = np.ones((len(t), 3))
    if rng.random() < 0.2:
        for at in rng.uniform(0, t[-1], int(rng.integers(1, 4))):
            ramp = np.clip((t - at) / rng.uniform(0.02, 0.6), 0, 1)[:, None]
            gain *= 1 + ramp * rng.normal(0, 0.025, 3 if rng.random() < 0.4 else 1)
    return gain.astype(np.float32)


def contrast(level: Image, gamma: float) -> Image:
    """How a relative change of light changes a pixel: d ln V / d ln I at 0-255 ``level``.

    ``gamma`` (about 0.45) over most of the range, 1 in the linear toe near black that tone
    curves have (ITU-R BT.709).
    """
    return gamma + (1.0 - gamma) * np.exp(-level / np.float32(14.0))
