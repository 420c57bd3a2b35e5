"""A random clip of an animated photograph: what ``synthesize --faces`` writes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aimanet.synthesis import acting, filming
from aimanet.synthesis.actors import Part
from aimanet.synthesis.beats import BeatTrace, sinus
from aimanet.synthesis.photos import Photo, animated
from aimanet.synthesis.stage import play

Array = NDArray[np.float64]

MOTIONS = {
    "still": acting.still,
    "talking": acting.talking,
    "moving": acting.moving,
    "strong": acting.strong,
}
LIGHTS = {
    "daylight": filming.daylight,
    "screen": filming.screen_light,
    "flicker": filming.mains,
    "auto-exposure": filming.hunting,
}


@dataclass(frozen=True, slots=True, eq=False)
class PhotoScene:
    """A photograph that lives for some ``seconds``; all chance comes from ``seed``.

    ``motion`` is one of `MOTIONS`, ``light`` one of `LIGHTS`; ``level`` 0-1 is the exposure and
    ``noise`` the sensor's, in grey levels; ``tone`` (0 lightest to 1 darkest) is the skin's, None
    leaves it as it is.
    """

    photo: Photo
    hr: float
    seed: int
    seconds: float
    fps: float = 30.0
    size: tuple[int, int] = (640, 480)
    motion: str = "still"
    light: str = "daylight"
    level: float = 1.0
    noise: float = 1.2
    tone: float | None = None

    def trace(self) -> BeatTrace:
        """The true pulse."""
        rng = np.random.default_rng((self.seed, 1))
        return BeatTrace(sinus(rng, self.hr, self.seconds), rng)

    def pictures(self) -> Iterator[NDArray[np.uint8]]:
        """The frames in turn, (height, width, 3) uint8 RGB."""
        rng = np.random.default_rng((self.seed, 2))
        times = np.arange(max(1, round(self.seconds * self.fps))) / self.fps
        trace = self.trace()
        tone = None if self.tone is None else (self.tone, self.tone)
        subject = animated(rng, self.photo, Part(tone=tone), self.size)
        act = acting.with_heart(MOTIONS[self.motion](rng, times), times, trace, 0.001)
        light = LIGHTS[self.light](rng, times)
        camera = filming.Camera(level=self.level, read=0.7 * self.noise, shot=0.7 * self.noise)
        exposure = filming.Exposure(camera, rng, subject.back.shape)
        slope = (trace.bvp(times + 0.01) - trace.bvp(times - 0.01)) / 0.02
        for image in play(subject, act, light, times, trace.bvp(times), slope):
            yield exposure.take(image)
