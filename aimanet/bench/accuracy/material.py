"""What is measured: clips, their frames, and the truth about their pulse."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from aimanet.errors import AimaNetError
from aimanet.types import Frame

Values = NDArray[np.float64]

Origin = Literal["drawn", "photograph", "recording"]


class AccuracyError(AimaNetError):
    """A measurement of accuracy cannot be made; the line says why, and what to do."""


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """The true heart rate of a clip.

    ``t`` (K,) s, increasing, on the frames' time line; ``hr_bpm`` (K,). ``half_s``: each rate is
    a mean over so many seconds to either side (0 for the rate of the moment).
    """

    t: Values
    hr_bpm: Values
    half_s: float = 0.0

    @classmethod
    def steady(cls, hr_bpm: float) -> Truth:
        """One rate from beginning to end."""
        return cls(np.zeros(1), np.array([hr_bpm]), half_s=float("inf"))

    def mean(self, start: float, end: float) -> float:
        """The mean true rate (BPM) of the stretch ``start`` to ``end`` (s); NaN where unknown.

        Rates that are means already count by their middles, so that none looks past the stretch
        where one that fits inside it is there.
        """
        middle = (start + end) / 2.0
        first, last = start + self.half_s, end - self.half_s
        inside = (self.t >= first) & (self.t <= last) & np.isfinite(self.hr_bpm)
        if inside.any():
            return float(self.hr_bpm[inside].mean())
        known = np.isfinite(self.hr_bpm)
        if not known.any():
            return float("nan")
        t, hr = self.t[known], self.hr_bpm[known]
        near = float(np.abs(t - middle).min())
        return float(np.interp(middle, t, hr)) if near <= max(1.0, self.half_s) else float("nan")


@dataclass(frozen=True, slots=True)
class ClipInfo:
    """What a clip is, without its pictures.

    ``name`` is unique in a run; ``kind`` the kind of video, or the data set; ``conditions`` the
    rows of the table that it counts in; ``alive`` False where there is no pulse to be read.
    """

    name: str
    kind: str
    conditions: tuple[str, ...] = ()
    alive: bool = True
    origin: Origin = "drawn"
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Reel:
    """The pictures of a clip and the truth about it (None: no pulse, or none known).

    ``face_alone``: the frames show the face and nothing else; they are not searched for it.
    """

    frames: Iterator[Frame]
    truth: Truth | None
    face_alone: bool = False


class Material(ABC):
    """A clip that can be had: plain data, which travels to worker processes."""

    @property
    @abstractmethod
    def info(self) -> ClipInfo:
        """What it is."""

    @property
    def cache_name(self) -> str:
        """The name of its crops in a cache of crops; "" where they are not to be kept."""
        return ""

    @abstractmethod
    def open(self) -> Reel:
        """Begins to film it.

        Raises:
            AimaNetError: it cannot be read.
        """
