"""One person in one room before one camera, painted frame by frame.

The skin reflects I = L (spec + diffuse (1 - a p(t))): light, gloss, and a diffuse part that the
pulse modulates (Wang et al. 2017, "Algorithmic principles of remote PPG", section II). All that
changes inside a face within a clip is linear in a few pictures, and where its pixels come from
is linear in a few fields, so a frame is two products and one look-up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from aimanet.synthesis.camera import Exposure, Sensor, contrast, corrections
from aimanet.synthesis.drawing import Portrait, draw_head
from aimanet.synthesis.lighting import Light, random_light
from aimanet.synthesis.look import Look
from aimanet.synthesis.motion import Motion, before_camera, fields, random_motion, sources
from aimanet.synthesis.pulse import PulseTrace
from aimanet.synthesis.relief import Image, smooth_noise
from aimanet.synthesis.scenery import PULSE_COLOUR, NoiseBank, room, screen_map
from aimanet.synthesis.skin import Camera, Skin, reflect, srgb

Array = NDArray[np.float64]

BLOCK = 6
"""Frames whose pictures are put together in one product."""

MARGIN = 0.33
"""How far (crops) the head may travel; what goes further leaves the picture."""

TURN = 0.25
"""How far (head units) the lamp moves in the pictures that relight a turned head."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What was drawn, for tables.

    ``pulse`` is the standard deviation over the mean of green on the skin, ``level`` the face's
    mean (grey levels), ``motion`` that of `random_strength`, ``noise`` in grey levels.
    """

    melanin: float
    level: float
    pulse: float
    motion: float
    noise: float
    denoise: float
    talking: bool
    covered: bool


def random_person(rng: np.random.Generator) -> tuple[Look, Skin]:
    """Somebody with a skin of the optical model, perhaps with a mask, a scarf, sunglasses."""
    look, skin, u = Look.random(rng), Skin.random(rng), rng.uniform
    skin = replace(skin, melanin=look.melanin)
    colour = srgb(reflect(skin, Camera.random(rng))[0] * 1.6)
    colour = colour.mean() + u(1.0, 1.6) * (colour - colour.mean())  # cameras like colours
    dark = bool(look.melanin > 0.55 and rng.random() < 0.8)
    grey = look.hair if not dark else (u(8, 45),) * 3
    cloth = [(225.0, 228.0, 230.0), (170.0, 200.0, 220.0), (30.0, 30.0, 34.0), look.clothes]
    masked = rng.random() < 0.05
    look = replace(
        look,
        tone=(float(colour[0]), float(colour[1]), float(colour[2])),
        hair=grey,
        iris=(u(30, 90), u(25, 60), u(15, 45)) if dark else look.iris,
        relief=float(u(0.3, 1.3)),
        age=float(u(0, 1)) ** 2,
        freckles=float(u(0.2, 1)) if rng.random() < 0.12 else 0.0,
        stubble=float(u(0.1, 0.8)) if rng.random() < 0.25 else 0.0,
        fringe=float(u(0.2, 1)) if rng.random() < 0.12 else 0.0,
        shades=float(u(0.5, 0.97)) if look.glasses and rng.random() < 0.15 else 0.0,
        mask=cloth[int(rng.integers(0, 4))] if masked else None,
        scarf=bool(rng.random() < 0.05),
    )
    return look, skin


class Painter:
    """Draws the frames of one clip; crops are ``crop`` px square.

    ``grain`` multiplies the sensor's noise. Where ``travels``, the pictures are larger than a
    crop and hold still, and the head moves through them: an encoder then sees what it sees in a
    camera's picture, and `cut` follows the head afterwards. Else the pictures are the crops.
    """

    def __init__(
        self, rng: np.random.Generator, crop: int, grain: float, travels: bool = False
    ) -> None:
        self.rng, self.crop, self.side, self.travels = rng, crop, crop, travels
        self.look, self.skin = random_person(rng)
        self.zoom = rng.uniform(1.12, 1.75)
        self.unit = crop / (2 * self.zoom)
        self.middle = rng.uniform(-0.12, 0.12), rng.uniform(-0.15, 0.2)
        self.tint = (1 + rng.uniform(-1, 1, 3) * (0.12, 0.06, 0.12)).astype(np.float32)
        self.gamma = float(rng.uniform(0.35, 0.7))
        self.grain = grain
        self.path: Array = np.zeros((0, 2))
        self.traits: Traits | None = None

    def frames(self, t: Array, trace: PulseTrace) -> list[Image]:
        """The pictures at times ``t`` (s), float32, 0-255."""
        rng = self.rng
        motion = random_motion(rng, t, self.unit, trace)
        if self.travels:
            self.path = np.stack([motion.fx, motion.fy], 1)
            self.side += 2 * int(min(np.ceil(np.abs(self.path).max()) + 2, MARGIN * self.crop))
            motion = before_camera(motion)
        self._set_up()
        light = random_light(rng, t, self.side)
        here = draw_head(self.look, self.u, self.v)
        self._expose_for(here)
        sensor = Sensor.random(rng, float(np.clip(1.2 - self.level / 60.0, 0, 1)))
        sensor.read, sensor.shot = sensor.read * self.grain, sensor.shot * self.grain
        basis, weights = self._pictures(here, t, trace, motion, light)
        self._note(here, motion, sensor)
        lit = light.gain * corrections(rng, t) * (self.tint * self.gain)
        return self._film(t, basis, weights, motion, light, lit, sensor)

    def cut(self, image: Image, i: int) -> Image:
        """The crop of frame ``i``, (crop, crop, 3)."""
        if not self.travels:
            return image
        x, y = self.path[i] + (self.side - 1) / 2
        return np.asarray(cv2.getRectSubPix(image, (self.crop, self.crop), (float(x), float(y))))

    def _set_up(self) -> None:
        """The head's coordinates of each pixel, and the room."""
        rng, side = self.rng, self.side
        axis = (np.arange(side, dtype=np.float32) + 0.5 - side / 2) / self.unit
        self.u, self.v = np.meshgrid(*(axis + np.float32(c) for c in self.middle))
        colourful = room(rng, 2 * side, 2 * side)
        grey = colourful.mean(2, keepdims=True)
        self.room = grey + np.float32(rng.uniform(0.1, 1.0)) * (colourful - grey)

    def _expose_for(self, here: Portrait) -> None:
        """Chooses how bright the face is: mostly well exposed, else dim or nearly clipped."""
        rng, kind = self.rng, self.rng.random()
        low, high = (70.0, 195.0) if kind < 0.8 else (14.0, 65.0)
        if kind > 0.94:
            low, high = 195.0, 250.0
        level = np.exp(rng.uniform(np.log(low), np.log(high)))
        if kind < 0.8:
            level *= 1 - 0.35 * self.look.melanin * rng.random()
        skin = here.perfusion > 0.5
        mean = float(here.rgb[skin].mean()) if skin.any() else 128.0
        self.level, self.gain = float(level), float(np.clip(level / max(mean, 1.0), 0.05, 4.0))

    def _pictures(
        self, here: Portrait, t: Array, trace: PulseTrace, motion: Motion, light: Light
    ) -> tuple[Image, Image]:
        """Basis pictures (k, side * side * 4), premultiplied RGBA, and their weights (n, k)."""
        rng, look, n = self.rng, self.look, len(t)
        pulse, late = self._pulse_pictures(here, t, trace)
        slope = (trace.bvp(t + 0.015) - trace.bvp(t - 0.015)) / 0.03
        pairs: list[tuple[Image, Array]] = [
            (here.rgb, np.ones(n)), (-pulse, trace.bvp(t)), (late, slope),
        ]  # fmt: skip
        blinks = _blinks(rng, t)
        if blinks.any():
            pairs.append((self._change(here, blink=1.0), blinks))
        if motion.talk.any():
            pairs.append((self._change(here, mouth_open=1.0), motion.talk))
        follow = rng.uniform(0.2, 1.1) / TURN  # a turned head leaves the light of its lamps
        fixed = np.exp(rng.uniform(np.log(0.003), np.log(0.1))) / TURN  # so do moving lamps
        for shift, angle in (((TURN, 0.0), motion.yaw), ((0.0, TURN), motion.pitch)):
            sway = motion.dx if shift[0] else motion.dy
            sway = sway / (np.abs(sway).max() + 1e-6)
            weight = follow * angle + fixed * min(motion.strength, 1.0) * sway * rng.normal()
            pairs.append((self._change(here, light_shift=shift), weight))
        if light.screen.any():
            lamp = screen_map(look, self.u, self.v)[..., None] * rng.uniform(0.5, 1.2, 3)
            pairs.append((here.rgb * lamp, light.screen))
        basis = np.zeros((len(pairs), self.side, self.side, 4), np.float32)
        for layer, (picture, _) in zip(basis, pairs, strict=True):
            layer[..., :3] = picture
        basis[0, ..., 3] = here.alpha
        weights = np.stack([weight for _, weight in pairs], 1).astype(np.float32)
        return basis.reshape(len(pairs), -1), weights

    def _change(self, here: Portrait, **how: object) -> Image:
        return draw_head(self.look, self.u, self.v, **how).rgb - here.rgb  # type: ignore[arg-type]

    def _pulse_pictures(self, here: Portrait, t: Array, trace: PulseTrace) -> tuple[Image, Image]:
        """The pulse, and what a delay of one second adds to it per unit of its slope."""
        rng, shape = self.rng, here.alpha.shape
        lively = rng.uniform(0, 1.3)
        uneven = 0.3 * smooth_noise(rng, shape, 4) + 0.15 * smooth_noise(rng, shape, 9)
        uneven = np.clip(1 + lively * uneven, 0.15, 2.2)
        colour = reflect(self.skin, Camera.random(rng))[1]
        light_skin = reflect(replace(self.skin, melanin=0.0))[1]
        known = PULSE_COLOUR / (light_skin / light_skin[1])
        colour = colour / light_skin[1] * known ** rng.uniform(0, 1)
        colour *= max(1.0, 0.3 / colour[1])  # below that, nobody reads anything
        low, high = (0.0004, 0.001) if (kind := rng.random()) < 0.1 else (0.001, 0.0065)
        if kind > 0.85:
            low, high = 0.004, 0.011
        strength = float(np.exp(rng.uniform(np.log(low), np.log(high))))
        bend = contrast(here.rgb * np.float32(self.gain), self.gamma) / np.float32(0.5)
        blood = (here.perfusion * uneven)[..., None] * (colour * strength).astype(np.float32)
        pulse = np.asarray(here.rgb * bend * blood, np.float32)
        self._green = pulse[..., 1]
        spread = 0.012 * rng.uniform(0.2, 2.0) * min(1.0, 90.0 / float(trace.hr_bpm(t).mean()))
        delay = spread * smooth_noise(rng, shape, 3) + rng.uniform(0, 0.015) * self.v
        delay -= (delay * self._green).sum() / max(float(self._green.sum()), 1e-9)  # labels fit
        return pulse, (pulse * delay[..., None]).astype(np.float32)

    def _note(self, here: Portrait, motion: Motion, sensor: Sensor) -> None:
        skin = here.perfusion > 0.5
        part = self._green[skin] / np.maximum(here.rgb[skin][:, 1], 1) if skin.any() else 0.0
        self.traits = Traits(
            self.look.melanin, self.level, float(np.mean(part)), motion.strength,
            sensor.read + sensor.shot, sensor.denoise, bool(motion.talk.any()),
            bool(self.look.mask is not None or self.look.beard or self.look.shades),
        )  # fmt: skip

    def _film(
        self, t: Array, basis: Image, weights: Image, motion: Motion, light: Light, lit: Image,
        sensor: Sensor,
    ) -> list[Image]:  # fmt: skip
        rng, side = self.rng, self.side
        noise, exposure = NoiseBank(rng, (side, side, 3)), Exposure.random(rng)
        shutter = rng.uniform(0.1, 1.0)
        warp = fields(self.look, self.u, self.v, self.unit)
        origins = sources(motion, side, rng.uniform(0, 0.9))
        ramp = np.linspace(-1, 1, side, dtype=np.float32)
        out: list[Image] = []
        raw: Image | None = None
        for i in range(len(t)):
            if (k := i % BLOCK) == 0:
                faces = (weights[i : i + BLOCK] @ basis).reshape(-1, side, side, 4)
                maps = (origins[i : i + BLOCK] @ warp).reshape(-1, side, side, 2)
            image = self._compose(faces[k], maps[k], motion, i)
            image = _blur(image, motion.vx[i] * shutter, motion.vy[i] * shutter)
            falling = 1.0 + light.slope[i, 0] * ramp[None, :, None]
            falling = falling + light.slope[i, 1] * ramp[:, None, None]
            if light.shadow is not None:
                falling = falling * light.shadow.gain(i)
            image *= falling * lit[i]
            if exposure is not None:
                image = exposure.adjust(image)
            raw = sensor.expose(image, noise, raw, float(t[i]))
            out.append(np.clip(sensor.finish(raw), 0, 255))
        return out

    def _compose(self, face: Image, where: Image, motion: Motion, i: int) -> Image:
        side = self.side
        x, y = cv2.split(where)
        layer = cv2.remap(face, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        at = (side - 0.5 + motion.room_dx[i], side - 0.5 + motion.room_dy[i])
        back = cv2.getRectSubPix(self.room, (side, side), _inside(at, side))
        back *= 1.0 - layer[..., 3:]
        back += layer[..., :3]
        return back


def _inside(at: tuple[float, float], side: int) -> tuple[float, float]:
    """A place in the room, thrown back where it would leave it."""
    x, y = (side + (abs((p - side / 2) % (2 * side) - side) - side / 2) for p in at)
    return x, y


def _blur(image: Image, vx: float, vy: float) -> Image:
    """Motion blur of a shutter that was open while the head moved (vx, vy) px."""
    size = (1 + 2 * round(abs(vx) / 2), 1 + 2 * round(abs(vy) / 2))
    return image if size == (1, 1) else np.asarray(cv2.blur(image, size))


def _blinks(rng: np.random.Generator, t: Array) -> Array:
    """Closed lids, (n,) 0-1: a quarter of a second, four to forty a minute."""
    out = np.zeros(len(t))
    for at in rng.uniform(0, t[-1], int(rng.poisson(rng.uniform(0.07, 0.7) * t[-1]))):
        out += np.exp(-0.5 * ((t - at) / rng.uniform(0.04, 0.09)) ** 2)
    return np.clip(np.where(out < 0.01, 0.0, out), 0, 1)
