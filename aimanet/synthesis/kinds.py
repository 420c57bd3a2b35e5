"""Held-out kinds of video with a known truth: what `bench accuracy` measures on.

Training draws face crops without a detector (`aimanet.synthesis.crops`). Every kind here is of a
sort that training never sees, in all of these ways at once:

* whole pictures, in which the real face tracker has to find and follow the head, with its errors;
* another painter: skin with pores, freckles, moles and lines (`actors`), rooms with edges
  (`backdrops`), or a photograph that the caller gives (`photos`);
* beats one by one with log-normal waves (`beats`) instead of a phase with Gaussian ones;
* heads that move by minimum-jerk strokes, Ornstein-Uhlenbeck sway and syllables (`acting`) and warp
  as ellipsoids against their room, instead of low-passed noise on a crop;
* light and cameras (`filming`): mains flicker that rolls down the rows, films on a screen, exposure
  that hunts, noise of rows;
* encoders that hold a bit rate over whole pictures in which the head travels, some of them
  unknown to training altogether.

The tables are in `alive` and `lifeless`. A clip is a function of (kind, seed) and, for a
photograph, of it; seeds spread the heart rates evenly over a kind's range.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from aimanet.synthesis import acting, beats
from aimanet.synthesis.alive import ALIVE
from aimanet.synthesis.filming import Exposure, as_taken
from aimanet.synthesis.lifeless import LIFELESS
from aimanet.synthesis.plans import Kind, Plan
from aimanet.synthesis.pulse import PulseTrace
from aimanet.synthesis.stage import play
from aimanet.types import Frame

if TYPE_CHECKING:
    from aimanet.synthesis.photos import Photo

__all__ = ["Kind", "Shot", "held_out_kinds", "rate_band", "shoot"]

Array = NDArray[np.float64]
GOLDEN = 0.6180339887498949
"""Multiples of the golden ratio, modulo 1, spread evenly however many there are."""


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One clip.

    ``truth`` is None where nothing lives; ``conditions`` are the kind's and, for a living clip,
    the band of its mean heart rate.
    """

    fps: float
    truth: PulseTrace | None
    conditions: tuple[str, ...]
    _film: Callable[[], Iterator[Frame]]

    def frames(self) -> Iterator[Frame]:
        """The whole camera pictures after the encoder, one by one; the same at every call."""
        return self._film()


def held_out_kinds() -> tuple[Kind, ...]:
    """All kinds, alive and lifeless, in the order of the tables."""
    return tuple(kind for kind, _ in (*ALIVE, *LIFELESS))


def shoot(kind: Kind, seed: int, seconds: float, photo: Photo | None = None) -> Shot:
    """A clip of a kind: of the photograph, or of somebody drawn. Depends on its arguments only."""
    plan = next(plan for known, plan in (*ALIVE, *LIFELESS) if known.name == kind.name)
    key = (zlib.crc32(kind.name.encode()), seed)
    times = _times(plan, np.random.default_rng((*key, 2)), seconds)
    truth = _truth(plan, key, seconds) if kind.alive else None
    bands = () if truth is None else (rate_band(float(np.mean(truth.hr_bpm(times)))),)
    conditions = tuple(dict.fromkeys((*kind.conditions, *bands)))
    return Shot(plan.fps, truth, conditions, lambda: _film(plan, key, times, truth, photo))


def rate_band(hr_bpm: float) -> str:
    """The row of the table that a mean heart rate belongs to."""
    return "40-55 BPM" if hr_bpm < 55 else "55-100 BPM" if hr_bpm < 100 else "100-200 BPM"


def _truth(plan: Plan, key: tuple[int, int], seconds: float) -> PulseTrace:
    low, high = plan.hr
    hr = low + (high - low) * ((key[1] * GOLDEN + key[0] / 2**32) % 1.0)
    rng = np.random.default_rng((*key, 1))
    return beats.BeatTrace(plan.beat(rng, hr, seconds), rng)


def _times(plan: Plan, rng: np.random.Generator, seconds: float) -> Array:
    times = np.arange(max(2, round(seconds * plan.fps))) / plan.fps
    if plan.jitter:
        late = np.abs(rng.normal(0, plan.jitter / plan.fps, len(times)))
        times = np.maximum.accumulate(times + late) + 1e-6 * np.arange(len(times))
    return np.asarray(times - times[0])


def _film(
    plan: Plan,
    key: tuple[int, int],
    times: Array,
    truth: PulseTrace | None,
    photo: Photo | None,
) -> Iterator[Frame]:
    rng = np.random.default_rng((*key, 3))
    subject = plan.subject(rng, plan.part, plan.size, photo)
    act, light = plan.act(rng, times), plan.light(rng, times)
    bvp = slope = np.zeros(len(times))
    if truth is None:
        subject = replace(subject, pulse=None, late=None)
    else:
        act = acting.with_heart(act, times, truth, plan.heart)
        bvp = truth.bvp(times)
        slope = (truth.bvp(times + 0.01) - truth.bvp(times - 0.01)) / 0.02
    exposure = Exposure(plan.camera, rng, subject.back.shape)
    images = play(subject, act, light, times, bvp, slope)
    pictures = (exposure.take(image) for image in images)
    if plan.codec is None:
        return as_taken(pictures, times)
    return plan.codec.film(pictures, times, plan.fps)
