"""Light on a scene, the camera that takes it and the encoder that sends it, frame by frame.

Other laws than training's: mains flicker runs down the rows of a rolling shutter, a screen shows
shots of a film, exposure is a loop that hunts, and encoders hold a bit rate over whole pictures.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, cast

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from aimanet.types import Frame

Array = NDArray[np.float64]
Image = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """Light over the n frames of a scene.

    ``gain`` (n, 3): of the whole picture, R, G, B. ``screen`` (n, 3): what a screen before the
    face adds to it, relative. Mains flicker of ``flicker`` relative depth at ``flicker_hz``
    (twice the mains) runs down a shutter that reads the picture out in ``readout_s``.
    """

    gain: Array
    screen: Array
    flicker: float = 0.0
    flicker_hz: float = 100.0
    readout_s: float = 0.015

    def shine(self, image: Image, i: int, t: float) -> Image:
        """Frame ``i`` (H, W, 3), taken at ``t`` s, in this light; ``image`` is used up."""
        colour: Any = (*self.gain[i], 1.0)  # a scalar of OpenCV's: it is quicker than NumPy
        cv2.multiply(image, colour, image)
        if self.flicker:
            height = image.shape[0]
            when = t + self.readout_s * np.arange(height) / height
            wave = 1.0 + self.flicker * np.cos(2 * np.pi * self.flicker_hz * when)
            image *= wave[:, None, None].astype(np.float32)
        return image


def daylight(rng: np.random.Generator, t: Array, depth: float = 0.006) -> Light:
    """A window: clouds drift by, the colour hardly changes."""
    n = len(t)
    clouds = _bumps(rng, t, 4.0) * depth
    tint = np.stack([_bumps(rng, t, 6.0) for _ in range(3)], 1) * 0.15 * depth
    return Light(1.0 + clouds[:, None] + tint, np.zeros((n, 3)))


def screen_light(rng: np.random.Generator, t: Array, depth: float = 0.04) -> Light:
    """A film on a screen before the face: shots of 0.4-4 s, each of its own colour and action."""
    light = daylight(rng, t, 0.003)
    screen = np.zeros((len(t), 3))
    at = float(t[0])
    while at < t[-1]:
        stop = at + rng.uniform(0.4, 4.0)
        here = (t >= at) & (t < stop)
        colour = depth * rng.uniform(0.2, 1.0) * (1 + rng.uniform(-0.35, 0.35, 3))
        action = 1 + 0.15 * np.sin(2 * np.pi * (rng.uniform(0.3, 3.0) * t + rng.uniform()))
        screen[here] = (action[:, None] * colour)[here]
        at = stop
    return Light(light.gain, screen)


def mains(rng: np.random.Generator, t: Array, depth: float = 0.02) -> Light:
    """Lamps at 50 Hz mains, 100 flashes a second: a camera of 24.7 fps folds them to 1.2 Hz."""
    light = daylight(rng, t, 0.003)
    return Light(light.gain, light.screen, depth, 100.0, float(rng.uniform(0.002, 0.02)))


def hunting(rng: np.random.Generator, t: Array) -> Light:
    """Auto-exposure and white balance: steps every 2-6 s that overshoot and settle."""
    light = daylight(rng, t, 0.004)
    gain = light.gain
    at = float(t[0])
    while (at := at + rng.uniform(2.0, 6.0)) < t[-1]:
        since = np.maximum(t - at, 0.0)
        rise = 1 - np.exp(-since / 0.25) * np.cos(2 * np.pi * since * rng.uniform(0.6, 1.5))
        tint = rng.normal(0, 0.012, 3) if rng.random() < 0.5 else 0.0
        gain = gain * (1 + (rng.uniform(-0.07, 0.07) + tint) * rise[:, None] * (t >= at)[:, None])
    return Light(gain, light.screen)


def _bumps(rng: np.random.Generator, t: Array, every_s: float) -> Array:
    """A smooth curve of about unit deviation through random heights every so many seconds."""
    knots = np.arange(t[0] - every_s, t[-1] + 2 * every_s, every_s)
    heights = rng.normal(size=len(knots))
    place = (t - knots[0]) / every_s
    left = np.minimum(place.astype(int), len(knots) - 2)
    s = place - left
    s = s * s * (3 - 2 * s)
    return np.asarray(heights[left] * (1 - s) + heights[left + 1] * s)


@dataclass(frozen=True, slots=True)
class Camera:
    """A sensor.

    ``level``: exposure. Noise in grey levels: ``read``, ``shot`` at mid grey, ``lines`` of single
    rows. ``gamma`` the tone curve; ``denoise`` 0-1 of the last frame kept.
    """

    level: float = 1.0
    read: float = 0.8
    shot: float = 0.8
    lines: float = 0.0
    gamma: float = 1.0
    denoise: float = 0.0


class Exposure:
    """Takes the frames of one camera in turn."""

    def __init__(self, camera: Camera, rng: np.random.Generator, shape: tuple[int, ...]) -> None:
        self._camera, self._rng, self._shape = camera, rng, shape
        self._size = int(np.prod(shape))
        self._bank = rng.standard_normal(self._size * 3 + 4099, dtype=np.float32)
        levels = np.arange(256, dtype=np.float32)
        shot = camera.shot * np.sqrt(levels / 128.0)
        self._sigma = np.sqrt(camera.read**2 + shot**2).astype(np.float32)
        self._last: Image | None = None

    def take(self, image: Image) -> NDArray[np.uint8]:
        """The picture of ``image`` (H, W, 3) 0-255; ``image`` is used up."""
        c = self._camera
        if c.level != 1.0:
            image *= np.float32(c.level)
        if c.gamma != 1.0:
            np.clip(image, 0, 255, out=image)
            image = np.float32(255.0) * (image / np.float32(255.0)) ** np.float32(c.gamma)
        image += self._noise(image)
        if c.lines:
            image += self._rng.normal(0, c.lines, (self._shape[0], 1, 1)).astype(np.float32)
        if c.denoise:
            if self._last is not None:
                image += (self._last - image) * np.float32(c.denoise)
            self._last = image.copy()
        image += np.float32(0.5)
        return np.clip(image, 0, 255, out=image).astype(np.uint8)

    def _noise(self, image: Image) -> Image:
        start = int(self._rng.integers(0, len(self._bank) - self._size))
        unit = self._bank[start : start + self._size].reshape(self._shape)
        if not self._camera.shot:
            return np.asarray(unit * np.float32(self._camera.read))
        level = image[..., 1:2].astype(np.uint8)  # green stands for all three
        return np.asarray(unit * self._sigma[level])


@dataclass(frozen=True, slots=True)
class Codec:
    """An encoder as FFmpeg names it; ``kbps`` None leaves the rate to the options."""

    name: str
    kbps: float | None = None
    options: dict[str, str] = field(default_factory=dict)
    pixels: str = "yuv420p"
    gop: int = 60

    def film(
        self, pictures: Iterator[NDArray[np.uint8]], times: Array, fps: float
    ) -> Iterator[Frame]:
        """Encodes and decodes ``pictures`` (H, W, 3) one by one; frames keep their ``times``.

        Packets go straight into the decoder: no more than the encoder's delay is held. What an
        encoder drops is missing here too.
        """
        decoder: Any = av.CodecContext.create(self._decoder(), "r")
        for packet in self._packets(pictures, fps):
            for frame in decoder.decode(packet):
                yield _frame(frame, times)
        for frame in decoder.decode(None):
            yield _frame(frame, times)

    def _packets(self, pictures: Iterator[NDArray[np.uint8]], fps: float) -> Iterator[Any]:
        encoder: Any = av.CodecContext.create(self.name, "w")
        rate = Fraction(fps).limit_denominator(1001)
        opened = False
        for i, picture in enumerate(pictures):
            if not opened:
                encoder.height, encoder.width = picture.shape[:2]
                encoder.pix_fmt, encoder.framerate, encoder.time_base = self.pixels, rate, 1 / rate
                encoder.gop_size, encoder.thread_count = self.gop, 1
                if self.kbps is not None:
                    encoder.bit_rate = int(self.kbps * 1000)
                encoder.options = dict(self.options)
                opened = True
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = i, 1 / rate
            yield from encoder.encode(frame)
        if opened:
            yield from encoder.encode(None)

    def _decoder(self) -> str:
        return {"libx264": "h264", "libvpx": "vp8", "libvpx-vp9": "vp9", "libx265": "hevc"}.get(
            self.name, self.name
        )


def _frame(picture: av.VideoFrame, times: Array) -> Frame:
    i = int(picture.pts or 0)
    image = cast("NDArray[np.uint8]", picture.to_ndarray(format="rgb24"))
    return Frame(i, float(times[i]), image)


def as_taken(pictures: Iterator[NDArray[np.uint8]], times: Array) -> Iterator[Frame]:
    """Frames without an encoder."""
    for i, picture in enumerate(pictures):
        yield Frame(i, float(times[i]), picture)
