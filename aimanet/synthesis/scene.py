"""A whole camera picture of a drawn person with a known pulse: the demo and the test double."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from aimanet.errors import SourceError
from aimanet.synthesis.drawing import Image, draw_head
from aimanet.synthesis.look import Look
from aimanet.synthesis.pulse import PulseShape, PulseTrace, wander
from aimanet.synthesis.scenery import NoiseBank, pulse_colour, room

Array = NDArray[np.float64]

LOOP_S = 600.0
"""An endless scene repeats its motion and light after this long; its pulse goes on."""


@dataclass(frozen=True, slots=True)
class SceneConfig:
    """A person before a camera.

    Attributes:
        hr: heart rate in BPM.
        seed: chooses the person, the room, the motion and the noise.
        seconds: length; None is endless.
        fps: frames a second.
        width: px.
        height: px.
        motion: head movement; 1 is a calm person at a desk, 0 none.
        noise: standard deviation of the sensor's noise in grey levels.
        light: depth of the slow light drift; 0.01 is one percent.
        strength: pulse strength on light skin (standard deviation over the mean, green).
        skin: 0 lightest to 1 darkest; -1 leaves it to the seed.
        variability: standard deviation of the heart rate's slow wander, relative.
        size: height of the head over the height of the picture.
    """

    hr: float = 72.0
    seed: int = 1
    seconds: float | None = None
    fps: float = 30.0
    width: int = 640
    height: int = 480
    motion: float = 1.0
    noise: float = 2.0
    light: float = 0.01
    strength: float = 0.004
    skin: float = -1.0
    variability: float = 0.01
    size: float = 0.55

    def __post_init__(self) -> None:
        limits = {
            "hr": (30.0, 240.0),
            "fps": (1.0, 1000.0),  # what any source may be asked for
            "width": (64, 7680),
            "height": (64, 4320),
            "motion": (0.0, 10.0),
            "noise": (0.0, 50.0),
            "light": (0.0, 0.5),
            "strength": (0.0, 0.1),
            "skin": (-1.0, 1.0),
            "variability": (0.0, 0.2),
            "size": (0.1, 1.5),
        }
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise SourceError(f"synthetic face: {name} is {value}; use {low:g} to {high:g}")
        if self.seconds is not None and not 0 < self.seconds <= 24 * 3600:
            raise SourceError(f"synthetic face: seconds is {self.seconds}; use above 0 to 86400")
        if self.seed < 0:
            raise SourceError(f"synthetic face: seed is {self.seed}; use 0 or more")


def _calm(image: Image) -> Image:
    """A room that leaves the stage to the face: muted colours, middle brightness."""
    grey = image.mean(axis=2, keepdims=True)
    image = (grey + 0.18 * (image - grey)) * np.array([1.02, 1.0, 0.96], np.float32)
    level = float(image.mean())
    return np.clip(128.0 + 0.6 * (image - level), 0, 235).astype(np.float32)


def _soft(shape: PulseShape) -> PulseShape:
    """A face's pulse is rounder than a finger's: the second wave stays small."""
    return replace(shape, echo=min(shape.echo, 0.15), width=max(shape.width, 0.12))


class DemoScene:
    """Renders frames of a `SceneConfig`; frame i is the same however one gets there."""

    def __init__(self, config: SceneConfig | None = None) -> None:
        self.config = c = config or SceneConfig()
        rng = np.random.default_rng((c.seed, 11))
        self._loop_s = min(c.seconds or LOOP_S, LOOP_S)
        self._trace = PulseTrace(
            c.hr,
            self._loop_s + 2.0,
            rng,
            shape=_soft(PulseShape.random(rng)),
            variability=c.variability,
        )
        self._plan_motion(rng)
        self._paint(rng)

    def bvp(self, t: Array) -> Array:
        """The true pulse at times ``t`` (s)."""
        return self._trace.bvp(np.asarray(t) % self._loop_s)

    def hr_bpm(self, t: Array) -> Array:
        """The true heart rate at times ``t`` (s)."""
        return self._trace.hr_bpm(np.asarray(t) % self._loop_s)

    def render(self, i: int) -> NDArray[np.uint8]:
        """Frame ``i``, taken at i / fps s: (height, width, 3) uint8 RGB."""
        t = (i / self.config.fps) % self._loop_s
        head = self._head(t)
        image = self._back.copy()
        x, y, w, h = self._box
        alpha = head[..., 3:]
        part = image[y : y + h, x : x + w]
        part *= 1.0 - alpha
        part += head[..., :3]
        image *= np.float32(1.0 + self.config.light * self._sample(self._light, t))
        if self.config.noise:
            image += self._noise_frame(i)
        image = np.clip(image, 0.0, 255.0, out=image)
        return image.astype(np.uint8)

    def _plan_motion(self, rng: np.random.Generator) -> None:
        n = int(self._loop_s * 10) + 20
        self._shift = np.stack([wander(rng, n, 10.0, 0.35) for _ in range(4)])
        self._light = wander(rng, n, 10.0, 0.1)
        self._talk = np.clip(0.6 * wander(rng, n, 10.0, 1.5) - 1.2, 0, 1)  # a word now and then
        count = int(rng.poisson(self._loop_s / 4.0))
        self._blinks = np.sort(rng.uniform(1.0, max(self._loop_s, 1.1), count))

    def _sample(self, curve: Array, t: float) -> float:
        return float(np.interp(t * 10.0, np.arange(len(curve)), curve))

    def _paint(self, rng: np.random.Generator) -> None:
        c = self.config
        look = self._person(rng)
        self._back = _calm(room(rng, c.height, c.width))
        unit = c.height * c.size / 2.75  # px per head unit
        axis_u = (np.arange(c.width, dtype=np.float32) - c.width / 2) / unit
        axis_v = (np.arange(c.height, dtype=np.float32) - c.height * 0.47) / unit
        left, right = np.searchsorted(axis_u, (-2.75, 2.75))
        top = int(np.searchsorted(axis_v, -2.1))
        self._box = (int(left), top, int(right - left), c.height - top)
        self._unit = unit
        u, v = np.meshgrid(axis_u[left:right], axis_v[top:])
        here = draw_head(look, u, v)
        # The camera exposes for the face: skin that is clipped to white carries no pulse.
        gain = min(1.0, 205.0 / float(np.percentile(here.rgb[here.perfusion > 0.5], 99)))
        still = here.rgb * np.float32(gain)
        colour = pulse_colour(look.melanin) * np.float32(c.strength)
        pulse = -still * (here.perfusion[..., None] * colour)
        self._still = np.dstack([still, here.alpha]).astype(np.float32)
        self._pulse = np.ascontiguousarray(pulse, dtype=np.float32)

        def change(blink: float, mouth_open: float) -> Image:
            other = draw_head(look, u, v, blink=blink, mouth_open=mouth_open).rgb
            return np.ascontiguousarray(other * np.float32(gain) - still, dtype=np.float32)

        # Nobody blinks or speaks at once: these two are drawn beside the first pictures.
        with_them = ThreadPoolExecutor(1, "demo face")
        self._shut = with_them.submit(change, 1.0, 0.0)
        self._speaking = with_them.submit(change, 0.0, 1.0)
        with_them.shutdown(wait=False)
        self._noise = NoiseBank(rng, (c.height, c.width, 3), frames=4)._bank * np.float32(c.noise)

    def _person(self, rng: np.random.Generator) -> Look:
        look = Look.random(rng)
        values = {name: getattr(look, name) for name in Look.__slots__}
        values |= {"hat": False, "tilt": look.tilt * 0.3, "yaw": look.yaw * 0.4}
        values["ambient"] = max(look.ambient, 0.6)
        skin = self.config.skin if self.config.skin >= 0 else look.melanin * 0.75
        values["melanin"] = skin
        dark = min(look.hair[0], 150.0 * (1.0 - 0.85 * skin))  # dark skin, dark hair
        values["hair"] = (dark, dark * rng.uniform(0.66, 0.8), dark * rng.uniform(0.42, 0.62))
        values["clothes"] = tuple(45.0 + 0.35 * x for x in look.clothes)
        return Look(**values)

    def _head(self, t: float) -> Image:
        """The person at time ``t``, premultiplied RGBA (h, w, 4) float32."""
        head = self._still.copy()
        rgb = head[..., :3]
        rgb += self._pulse * np.float32(self._trace.bvp(np.array([t]))[0])
        if (blink := self._blink(t)) > 0.02:
            rgb += self._shut.result() * np.float32(blink)
        if self.config.motion and (open_ := self._sample(self._talk, t)) > 0.02:
            rgb += self._speaking.result() * np.float32(min(open_, 1.0))
        if not self.config.motion:
            return head
        k = self.config.motion
        dx, dy, turn, scale = (self._sample(s, t) for s in self._shift)
        h, w = head.shape[:2]
        centre = (w / 2, h * 0.8)
        m = np.asarray(
            cv2.getRotationMatrix2D(centre, turn * 0.7 * k, 1 + 0.004 * k * scale), float
        )
        m[:, 2] += np.array([dx * 0.05, dy * 0.025]) * (k * self._unit)
        return cv2.warpAffine(head, m, (w, h), borderMode=cv2.BORDER_REPLICATE).astype(np.float32)

    def _blink(self, t: float) -> float:
        near = self._blinks[np.abs(self._blinks - t) < 0.3]
        return float(np.exp(-0.5 * ((near - t) / 0.06) ** 2).max()) if len(near) else 0.0

    def _noise_frame(self, i: int) -> Image:
        shape = self._back.shape
        size = int(np.prod(shape))
        room_left = len(self._noise) - size
        start = (i * 7_368_787 + self.config.seed * 104_729) % room_left
        return self._noise[start : start + size].reshape(shape)
