"""What a kind of held-out video is, and how its clips are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from aimanet.synthesis import acting, beats
from aimanet.synthesis.actors import Part, drawn
from aimanet.synthesis.filming import Camera, Codec, Light, daylight
from aimanet.synthesis.stage import Subject

if TYPE_CHECKING:
    from aimanet.synthesis.photos import Photo

Array = NDArray[np.float64]
Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of video. ``conditions`` are the rows of a table that its clips count in."""

    name: str
    what: str
    alive: bool
    conditions: tuple[str, ...]


def person(rng: np.random.Generator, part: Part, size: Size, photo: Photo | None) -> Subject:
    """The person of the photograph, or somebody drawn."""
    if photo is None:
        return drawn(rng, part, size)
    from aimanet.synthesis.photos import animated

    return animated(rng, photo, part, size)


@dataclass(frozen=True, slots=True)
class Plan:
    """How clips of one kind are made.

    ``hr``: range of the mean rates (BPM), ``beat`` the rhythm; ``heart``: the head's recoil from
    a beat, in head widths; ``jitter``: deviation of a frame's time, in frame intervals.
    """

    subject: Callable[[np.random.Generator, Part, Size, Photo | None], Subject] = person
    part: Part = field(default_factory=Part)
    hr: tuple[float, float] = (45.0, 150.0)
    beat: beats.BeatLaw = beats.sinus
    fps: float = 30.0
    act: acting.Law = acting.still
    light: Callable[[np.random.Generator, Array], Light] = daylight
    camera: Camera = field(default_factory=Camera)
    codec: Codec | None = None
    heart: float = 0.001
    jitter: float = 0.0
    size: Size = (640, 480)


Entry = tuple[Kind, Plan]
