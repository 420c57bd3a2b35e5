"""Face crops with a known pulse, fast enough to feed the trainer.

The skin reflects I = L (spec + diffuse (1 - a p(t))): light, gloss, and a diffuse part that the
pulse modulates (Wang et al. 2017, section II). All that changes inside a face within a clip is
linear in a few basis images, so frames are one matrix product and a warp each.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from aimanet.synthesis import codec
from aimanet.synthesis.drawing import Image, Portrait, draw_head, smooth_noise
from aimanet.synthesis.look import Look
from aimanet.synthesis.pulse import PulseShape, PulseTrace, wander
from aimanet.synthesis.scenery import NoiseBank, Sensor, pulse_colour, room, screen_map
from aimanet.types import FaceCrop

Array = NDArray[np.float64]
CROP = 72
"""Side (px) of a crop, as the live face tracker cuts it."""


@dataclass(frozen=True, slots=True, eq=False)
class CropClip:
    """A clip of crops with its truth: ``trace`` gives the pulse at any time of the clip."""

    crops: list[FaceCrop]
    trace: PulseTrace
    seconds: float
    coded: bool


@dataclass(slots=True)
class _Motion:
    """Per frame: shift of the face in the crop (px), turn (degrees), scale; room's shift."""

    dx: Array
    dy: Array
    turn: Array
    scale: Array
    room_dx: Array
    room_dy: Array


def random_clip(rng: np.random.Generator, seconds: float = 6.2, coded: float = 0.35) -> CropClip:
    """Draws one random clip of about ``seconds``: another person, light, camera and pulse.

    A share of ``coded`` (0-1) of the clips goes through a real video encoder.
    """
    t = frame_times(rng, seconds)
    look = Look.random(rng)
    trace = random_trace(rng, seconds)
    coder = codec.Coder.random(rng, 1.0 / float(np.median(np.diff(t))), coded)
    side = CROP * 2 if coder else CROP
    painter = _Painter(rng, look, side)
    images = painter.frames(t, trace)
    if coder:
        images = coder.round_trip(images)
    crops = [
        FaceCrop(i, float(ti), (0.0, 0.0, 1.0, 1.0), _to_crop(image))
        for i, (ti, image) in enumerate(zip(t, images, strict=False))
    ]
    return CropClip(_disturb(rng, crops), trace, seconds, coder is not None)


def frame_times(rng: np.random.Generator, seconds: float) -> Array:
    """Time stamps (s) of a random camera: its rate, its jitter."""
    rates = [30.0, 29.97, 25.0, 24.0, 20.0, 15.0, 50.0, 60.0]
    fps = rng.choice(rates, p=[0.5, 0.1, 0.12, 0.06, 0.06, 0.08, 0.03, 0.05])
    t = np.arange(int(seconds * fps) + 1) / fps
    if rng.random() < 0.3:
        t = t + rng.normal(0, rng.uniform(0, 0.12) / fps, len(t))
        t = np.maximum.accumulate(t)
    return t - t[0]


def random_trace(rng: np.random.Generator, seconds: float) -> PulseTrace:
    """A pulse of 40-200 BPM, evenly spread over the logarithm half of the time."""
    hr = rng.uniform(40, 190)
    if rng.random() < 0.5:
        hr = float(np.exp(rng.uniform(np.log(40), np.log(200))))
    return PulseTrace(
        hr,
        seconds + 1.0,
        rng,
        shape=PulseShape.random(rng),
        variability=rng.uniform(0, 0.06),
        trend=rng.uniform(-0.12, 0.12),
        breathing=rng.uniform(0, 0.35),
    )


def _to_crop(image: Image) -> NDArray[np.uint8]:
    fits = image.shape[0] == CROP
    crop = image if fits else cv2.resize(image, (CROP, CROP), interpolation=cv2.INTER_AREA)
    return np.clip(crop + 0.5, 0, 255).astype(np.uint8)


def _disturb(rng: np.random.Generator, crops: list[FaceCrop]) -> list[FaceCrop]:
    """Drops and doubles some frames of some clips, as busy cameras do."""
    if rng.random() > 0.2:
        return crops
    out: list[FaceCrop] = []
    drop, double = rng.uniform(0, 0.08), rng.uniform(0, 0.15)
    for crop in crops:
        kind = rng.random()
        if out and kind < drop:
            continue
        if out and kind < drop + double:
            crop = FaceCrop(crop.index, crop.t, crop.bbox, out[-1].crop)
        out.append(crop)
    return out


class _Painter:
    """One person in one room before one camera."""

    def __init__(self, rng: np.random.Generator, look: Look, side: int) -> None:
        self.rng, self.look, self.side = rng, look, side
        zoom = rng.uniform(1.12, 1.75)
        cu, cv = rng.uniform(-0.12, 0.12), rng.uniform(-0.15, 0.2)
        axis = (np.arange(side, dtype=np.float32) + 0.5) / side * 2 - 1
        self.u, self.v = np.meshgrid(axis * zoom + cu, axis * zoom * 1.0 + cv)
        self.room = room(rng, side + side // 2, side + side // 2)
        self.level = float(np.exp(rng.uniform(np.log(0.4), np.log(1.15))))
        self.tint = (1 + rng.uniform(-0.13, 0.13, 3)).astype(np.float32)

    def frames(self, t: Array, trace: PulseTrace) -> list[Image]:
        """The pictures at times ``t`` (s), float32, 0-255."""
        rng, side = self.rng, self.side
        strength = float(np.exp(rng.uniform(np.log(0.15), np.log(3.0))))
        motion = _random_motion(rng, t, side, strength, trace)
        basis, alpha = self._basis()
        weights = self._weights(t, trace, strength)
        light, slope = self._light(t)
        sensor = Sensor.random(rng)
        grain = 1.0 if side == CROP else 1.6  # the crop's area average will take it back
        sensor.read, sensor.shot = sensor.read * grain, sensor.shot * grain
        noise = NoiseBank(rng, (side, side, 3))
        ramp = np.linspace(-1, 1, side, dtype=np.float32)[None, :, None]
        out: list[Image] = []
        for i in range(len(t)):
            face = (weights[i] @ basis).reshape(side, side, 3)
            image = self._compose(face, alpha, motion, i)
            image *= light[i] * self.tint * self.level * (1.0 + slope[i] * ramp)
            out.append(np.clip(sensor.expose(image, noise, out[-1] if out else None), 0, 255))
        return out

    def _basis(self) -> tuple[Image, Image]:
        """Basis images (6, side*side*3) of the face, and its alpha (side, side)."""
        rng, look, u, v = self.rng, self.look, self.u, self.v
        here = draw_head(look, u, v)
        shut = draw_head(look, u, v, blink=1.0).rgb - here.rgb
        talk = draw_head(look, u, v, mouth_open=1.0).rgb - here.rgb
        turn = rng.uniform(-0.4, 0.4), rng.uniform(-0.3, 0.3)
        relit = draw_head(look, u, v, light_shift=turn).rgb - here.rgb
        pulse, late = self._pulse_images(here)
        screen = here.rgb * (screen_map(look, u, v)[..., None] * rng.uniform(0.5, 1.2, 3))
        stack = [here.rgb, shut, talk, relit, -pulse, late, screen]
        basis = np.stack([s.reshape(-1) for s in stack]).astype(np.float32)
        return basis, here.alpha

    def _pulse_images(self, here: Portrait) -> tuple[Image, Image]:
        rng, shape = self.rng, here.alpha.shape
        uneven = np.clip(1 + 0.3 * smooth_noise(rng, shape, 4), 0.2, 2.0)
        strength = float(np.exp(rng.uniform(np.log(0.0009), np.log(0.009))))
        colour = pulse_colour(self.look.melanin) * rng.uniform(0.82, 1.18, 3)
        pulse = here.rgb * ((here.perfusion * uneven)[..., None] * colour * strength)
        delay = 0.012 * smooth_noise(rng, shape, 3) + 0.01 * self.v  # s: the chin is later
        return pulse.astype(np.float32), (pulse * delay[..., None]).astype(np.float32)

    def _weights(self, t: Array, trace: PulseTrace, strength: float) -> Image:
        """How much of each basis image is in each frame, (n, 7)."""
        rng, n = self.rng, len(t)
        fs = (n - 1) / (t[-1] - t[0])
        blinks = sum(
            np.exp(-0.5 * ((t - at) / 0.06) ** 2)
            for at in rng.uniform(0, t[-1], int(rng.poisson(0.25 * t[-1])))
        ) + np.zeros(n)
        talk = np.zeros(n)
        if rng.random() < 0.3:
            talk = np.clip(wander(rng, n, fs, rng.uniform(1.5, 4)) * 0.4 + 0.2, 0, 1)
        relit = wander(rng, n, fs, rng.uniform(0.2, 2.5)) * 0.06 * strength
        slope = (trace.bvp(t + 0.01) - trace.bvp(t - 0.01)) / 0.02
        columns = [np.ones(n), np.clip(blinks, 0, 1), talk, relit, trace.bvp(t), slope]
        return np.stack([*columns, _screen(rng, t, fs)], 1).astype(np.float32)

    def _light(self, t: Array) -> tuple[Image, Image]:
        """Gain of the whole picture per channel (n, 3) and its left-right slope (n,)."""
        rng, n = self.rng, len(t)
        fs = (n - 1) / (t[-1] - t[0])
        gain = np.ones((n, 3))
        depth = float(rng.choice([0.0008, 0.004, 0.015], p=[0.5, 0.35, 0.15]))
        gain += depth * wander(rng, n, fs, rng.uniform(0.1, 1.5))[:, None]
        gain += rng.uniform(0, 0.002) * np.stack([wander(rng, n, fs, 0.5) for _ in range(3)], 1)
        if rng.random() < 0.2:  # mains flicker that the frame rate folds into the band
            wave = np.sin(2 * np.pi * (rng.uniform(0.4, 8) * t + rng.uniform()))
            gain += rng.uniform(0.001, 0.015) * wave[:, None]
        if rng.random() < 0.2:  # auto-exposure and white-balance steps
            for at in rng.uniform(0, t[-1], int(rng.integers(1, 4))):
                ramp = np.clip((t - at) / rng.uniform(0.05, 0.6), 0, 1)[:, None]
                gain *= 1 + ramp * rng.normal(0, 0.02, 3 if rng.random() < 0.4 else 1)
        slope = wander(rng, n, fs, rng.uniform(0.2, 1.0)) * rng.uniform(0, 0.02)
        return gain.astype(np.float32), slope.astype(np.float32)

    def _compose(self, face: Image, alpha: Image, motion: _Motion, i: int) -> Image:
        side = self.side
        centre = (side / 2, side / 2)
        m = cv2.getRotationMatrix2D(centre, float(motion.turn[i]), float(motion.scale[i]))
        m[:, 2] += motion.dx[i], motion.dy[i]
        upright = np.dstack([face, alpha])
        layer = cv2.warpAffine(upright, m, (side, side), borderMode=cv2.BORDER_REPLICATE)
        at = (side * 0.75 + motion.room_dx[i], side * 0.75 + motion.room_dy[i])
        back = cv2.getRectSubPix(self.room, (side, side), at)
        return back * (1.0 - layer[..., 3:]) + layer[..., :3]


def _screen(rng: np.random.Generator, t: Array, fs: float) -> Array:
    """Light from a screen before the face: steps and swells, any rhythm."""
    n = len(t)
    if rng.random() > 0.25:
        return np.zeros(n)
    depth = float(np.exp(rng.uniform(np.log(0.001), np.log(0.02))))
    if rng.random() < 0.5:
        return depth * wander(rng, n, fs, rng.uniform(0.3, 3))
    steps = np.floor(t * rng.uniform(0.5, 4)).astype(int)
    return depth * rng.normal(0, 1, steps.max() + 1)[steps]


def _random_motion(
    rng: np.random.Generator, t: Array, side: int, strength: float, trace: PulseTrace
) -> _Motion:
    n = len(t)
    fs = (n - 1) / (t[-1] - t[0])
    cutoff = rng.uniform(0.2, 3.0)
    px = strength * side / 64.0
    dx, dy = (wander(rng, n, fs, cutoff) * 0.4 * px for _ in range(2))
    turn = wander(rng, n, fs, cutoff) * 0.5 * strength
    scale = 1 + wander(rng, n, fs, cutoff * 0.7) * 0.005 * strength
    rx, ry = (wander(rng, n, fs, cutoff) * 0.8 * px for _ in range(2))
    if rng.random() < 0.3:  # nodding or swaying in a rhythm that is not the pulse
        beat = np.sin(2 * np.pi * (rng.uniform(0.5, 3) * t + rng.uniform()))
        dy, ry = dy + beat * 0.3 * px * rng.random(), ry + beat * px * rng.random()
        turn = turn + beat * 0.4 * strength * rng.random()
    if rng.random() < 0.4:  # the body rocks with each beat
        dy = dy + trace.bvp(t - 0.1) * rng.uniform(0, 0.04) * side / 64.0
    if rng.random() < 0.3:  # a tracker that corrects in steps
        every = int(rng.integers(5, 30))
        steps = rng.normal(0, 0.2 * side / 64.0, (2, n // every + 1))
        dx, dy = (d + np.repeat(s, every)[:n] for d, s in zip((dx, dy), steps, strict=True))
    return _Motion(dx, dy, turn, scale, rx, ry)
