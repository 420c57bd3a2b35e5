"""Who is drawn: a person as a handful of numbers, and the colour of their skin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RGB = tuple[float, float, float]

_SKIN_STOPS = np.array(
    [[243, 208, 190], [226, 178, 150], [190, 136, 104], [132, 90, 66], [82, 56, 43], [56, 39, 31]],
    np.float32,
)


def skin_colour(melanin: float, redness: float = 0.0) -> NDArray[np.float32]:
    """sRGB colour (0-255) of lit skin; ``melanin`` 0 is the lightest, 1 the darkest."""
    x = np.clip(melanin, 0.0, 1.0) * (len(_SKIN_STOPS) - 1)
    colour = [np.interp(x, np.arange(len(_SKIN_STOPS)), _SKIN_STOPS[:, c]) for c in range(3)]
    return np.array(colour, np.float32) * np.array([1 + redness, 1 - redness, 1 - redness], "f4")


@dataclass(frozen=True, slots=True)
class Look:
    """Everything that makes one drawn person. Colours are 0-255.

    ``tone`` replaces the colour that ``melanin`` has by default; ``relief`` above 0 gives the
    face bones, creases (``age``), ``freckles``, ``stubble`` and pores; 0 is a smooth egg.
    ``shades`` darkens the lenses of the glasses, ``mask`` is a face mask's colour.
    """

    melanin: float = 0.2
    redness: float = 0.0
    jaw: float = 0.25
    height: float = 1.3
    eye_gap: float = 0.42
    eye_size: float = 1.0
    eye_v: float = -0.15
    brow: float = 0.8
    nose: float = 1.0
    mouth_width: float = 0.32
    lip: float = 1.0
    hair: RGB = (60.0, 42.0, 30.0)
    hairline: float = -0.82
    hair_volume: float = 0.12
    long_hair: bool = False
    beard: float = 0.0
    moustache: float = 0.0
    glasses: float = 0.0
    hat: bool = False
    iris: RGB = (90.0, 70.0, 50.0)
    clothes: RGB = (60.0, 80.0, 110.0)
    light: tuple[float, float, float] = (-0.3, -0.4, 0.85)
    ambient: float = 0.55
    gloss: float = 0.1
    texture: float = 0.03
    tilt: float = 0.0
    yaw: float = 0.0
    seed: int = 0
    tone: RGB | None = None
    relief: float = 0.0
    age: float = 0.0
    freckles: float = 0.0
    stubble: float = 0.0
    fringe: float = 0.0
    shades: float = 0.0
    mask: RGB | None = None
    scarf: bool = False

    @property
    def skin(self) -> NDArray[np.float32]:
        """The lit skin's colour (3,)."""
        if self.tone is not None:
            return np.array(self.tone, np.float32)
        return skin_colour(self.melanin, self.redness)

    @classmethod
    def random(cls, rng: np.random.Generator) -> Look:
        """A person from the whole range; the seed fixes every detail."""
        u = rng.uniform
        grey, warmth = u(8, 150), u(0.55, 1.0)
        angle, side = u(-np.pi, np.pi), u(0.1, 0.9)
        return cls(
            melanin=float(u(0, 1)),
            redness=float(u(-0.05, 0.07)),
            jaw=float(u(0.05, 0.4)),
            height=float(u(1.18, 1.45)),
            eye_gap=float(u(0.36, 0.48)),
            eye_size=float(u(0.75, 1.25)),
            eye_v=float(u(-0.25, -0.08)),
            brow=float(u(0.1, 1.0)),
            nose=float(u(0.6, 1.4)),
            mouth_width=float(u(0.24, 0.4)),
            lip=float(u(0.6, 1.5)),
            hair=(grey, grey * (0.5 + 0.5 * warmth), grey * warmth * u(0.5, 1.0)),
            hairline=float(u(-1.25, -0.6)) if rng.random() < 0.9 else -2.0,
            hair_volume=float(u(0.04, 0.25)),
            long_hair=bool(rng.random() < 0.35),
            beard=float(u(0.2, 0.95)) if rng.random() < 0.3 else 0.0,
            moustache=float(u(0.2, 0.95)) if rng.random() < 0.25 else 0.0,
            glasses=float(u(0.3, 1.0)) if rng.random() < 0.3 else 0.0,
            hat=bool(rng.random() < 0.06),
            iris=(u(30, 130), u(40, 130), u(30, 140)),
            clothes=(u(10, 240), u(10, 240), u(10, 240)),
            light=(side * np.cos(angle), side * np.sin(angle) - 0.2, u(0.4, 1.0)),
            ambient=float(u(0.3, 0.85)),
            gloss=float(u(0, 0.35)),
            texture=float(u(0.01, 0.07)),
            tilt=float(u(-0.15, 0.15)),
            yaw=float(u(-0.3, 0.3)),
            seed=int(rng.integers(2**31)),
        )
