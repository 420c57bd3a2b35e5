"""How heads and hands move before the camera: laws that training does not use.

Training moves crops by low-passed noise and sines. Here postures are changed in minimum-jerk
strokes (Flash & Hogan 1985: 10 s^3 - 15 s^4 + 6 s^5), rest is an Ornstein-Uhlenbeck sway,
speech comes in syllables and phrases, and hands tremble at 4-11 Hz.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from aimanet.synthesis.pulse import PulseTrace

Array = NDArray[np.float64]
Law = Callable[[np.random.Generator, Array], "Act"]
"""(rng, times in s) -> the act at these times."""


@dataclass(frozen=True, slots=True, eq=False)
class Act:
    """What a head does, each (n,) over the frames.

    ``dx``, ``dy`` shift in widths of the head; ``turn`` in the picture's plane, degrees; ``scale``
    relative change of size; ``yaw``, ``pitch`` rad; ``blink`` and ``talk`` 0-1.
    """

    dx: Array
    dy: Array
    turn: Array
    scale: Array
    yaw: Array
    pitch: Array
    blink: Array
    talk: Array


def still(rng: np.random.Generator, t: Array) -> Act:
    """A person who keeps as still as one can, and blinks."""
    return Act(
        dx=0.004 * sway(rng, t, 2.0),
        dy=0.003 * sway(rng, t, 2.0),
        turn=0.15 * sway(rng, t, 2.0),
        scale=0.0015 * sway(rng, t, 3.0),
        yaw=0.006 * sway(rng, t, 2.0),
        pitch=0.006 * sway(rng, t, 2.0),
        blink=blinks(rng, t),
        talk=np.zeros(len(t)),
    )


def talking(rng: np.random.Generator, t: Array) -> Act:
    """Phrases with pauses; the head nods along with the stress."""
    act = moving(rng, t, reach=0.35)
    talk = syllables(rng, t)
    stress = _smooth(talk, t, 0.25)
    return replace(act, talk=talk, pitch=act.pitch + 0.05 * stress, dy=act.dy + 0.012 * stress)


def moving(rng: np.random.Generator, t: Array, reach: float = 1.0) -> Act:
    """Someone at a desk who looks around: strokes to other postures every 1-4 s."""
    base = still(rng, t)
    gap = (0.8, 3.5)
    yaw, pitch = strokes(rng, t, gap), strokes(rng, t, gap)
    return replace(
        base,
        dx=base.dx + reach * (0.06 * strokes(rng, t, gap) + 0.05 * yaw),
        dy=base.dy + reach * (0.03 * strokes(rng, t, gap) + 0.02 * pitch),
        turn=base.turn + reach * 3.0 * strokes(rng, t, gap),
        scale=base.scale + reach * 0.02 * strokes(rng, t, gap),
        yaw=base.yaw + reach * 0.12 * yaw,
        pitch=base.pitch + reach * 0.07 * pitch,
    )


def strong(rng: np.random.Generator, t: Array) -> Act:
    """Strong head motion: sways of up to a third of the head's width, shakes and nods.

    The rhythms lie where a pulse may lie, 0.7-2 Hz.
    """
    base = moving(rng, t, reach=0.5)
    rocking, shaking, nodding = (rhythm(rng, t, rng.uniform(0.7, 2.0)) for _ in range(3))
    return replace(
        base,
        dx=base.dx + rng.uniform(0.1, 0.17) * rocking,
        dy=base.dy + rng.uniform(0.02, 0.06) * nodding,
        turn=base.turn + rng.uniform(2, 5) * rocking,
        yaw=base.yaw + rng.uniform(0.08, 0.18) * shaking,
        pitch=base.pitch + rng.uniform(0.05, 0.12) * nodding,
    )


def fixed(rng: np.random.Generator, t: Array) -> Act:
    """A thing: nothing moves."""
    del rng
    none = np.zeros(len(t))
    return Act(none, none, none, none, none, none, none, none)


def hand_held(rng: np.random.Generator, t: Array) -> Act:
    """A picture in a hand: tremor of 4-11 Hz on a slow sway, and it tilts with it."""
    hz = rng.uniform(4.0, 11.0)
    shake = [rhythm(rng, t, hz, 0.15) * rng.uniform(0.3, 1.0) for _ in range(4)]
    drift = [sway(rng, t, 1.2) for _ in range(6)]
    return replace(
        fixed(rng, t),
        dx=0.025 * drift[0] + 0.006 * shake[0],
        dy=0.02 * drift[1] + 0.006 * shake[1],
        turn=1.5 * drift[2] + 0.4 * shake[2],
        scale=0.012 * drift[3],
        yaw=0.05 * drift[4] + 0.01 * shake[3],
        pitch=0.05 * drift[5] + 0.01 * shake[2],
    )


def zoomed(rng: np.random.Generator, t: Array) -> Act:
    """A thing before a lens that zooms in and out and hunts for focus."""
    scale = 0.12 * strokes(rng, t, (0.5, 2.0)) + 0.006 * rhythm(rng, t, rng.uniform(0.8, 1.8))
    return replace(hand_held(rng, t), scale=scale)


def pendulum(rng: np.random.Generator, t: Array) -> Act:
    """A head that sways like clockwork, 72 times a minute: the rhythm of a calm pulse."""
    swing = np.sin(2 * np.pi * (1.2 * t + rng.uniform()))
    base = still(rng, t)
    return replace(base, dx=base.dx + 0.07 * swing, turn=2.0 * swing, yaw=base.yaw + 0.05 * swing)


def with_heart(act: Act, t: Array, trace: PulseTrace, reach: float) -> Act:
    """The head's recoil from each beat (Balakrishnan et al. 2013), ``reach`` in head widths."""
    return replace(act, dy=act.dy + reach * trace.bvp(np.maximum(t - 0.12, 0.0)))


def sway(rng: np.random.Generator, t: Array, tau_s: float) -> Array:
    """An Ornstein-Uhlenbeck process of unit deviation and memory ``tau_s``, with soft corners."""
    steps = np.diff(t, prepend=t[0] - (t[1] - t[0]) if len(t) > 1 else t[0] - 0.03)
    keep = np.exp(-steps / tau_s)
    kicks = rng.standard_normal(len(t)) * np.sqrt(1.0 - keep**2)
    x, out = rng.standard_normal(), np.empty(len(t))
    for i, (k, kick) in enumerate(zip(keep, kicks, strict=True)):
        x = k * x + kick
        out[i] = x
    return _smooth(out, t, 0.15)


def strokes(rng: np.random.Generator, t: Array, gap_s: tuple[float, float]) -> Array:
    """Minimum-jerk strokes between random postures of unit deviation, held between."""
    at, here = float(t[0]), float(rng.normal())
    out = np.full(len(t), here)
    while (at := at + rng.uniform(*gap_s)) < t[-1]:
        goal, takes = float(np.clip(rng.normal(), -2, 2)), rng.uniform(0.35, 1.2)
        s = np.clip((t - at) / takes, 0.0, 1.0)
        out += (goal - here) * (10 * s**3 - 15 * s**4 + 6 * s**5)
        at, here = at + takes, goal
    return out


def rhythm(rng: np.random.Generator, t: Array, hz: float, looseness: float = 0.04) -> Array:
    """A swing at about ``hz`` between -1 and 1 whose period and reach wander a little."""
    phase = hz * (t - t[0]) + rng.uniform() + looseness * hz * sway(rng, t, 1.5)
    reach = np.clip(1.0 + 0.2 * sway(rng, t, 3.0), 0.4, 1.5)
    return np.asarray(reach * np.sin(2 * np.pi * phase))


def blinks(rng: np.random.Generator, t: Array) -> Array:
    """Lids that shut in 0.1 s and open in 0.2 s, about every four seconds."""
    out = np.zeros(len(t))
    at = float(t[0])
    while (at := at + 0.6 + rng.exponential(3.5)) < t[-1]:
        shut = np.clip((t - at) / 0.1, 0, 1) * np.clip((at + 0.33 - t) / 0.2, 0, 1)
        out = np.maximum(out, shut)
    return out


def syllables(rng: np.random.Generator, t: Array) -> Array:
    """A jaw that opens 3-6 times a second for phrases of 1-4 s."""
    out = np.zeros(len(t))
    at = float(t[0]) + rng.uniform(0, 0.7)
    while at < t[-1]:
        stop = at + rng.uniform(1.0, 4.0)
        while at < stop:
            length = rng.uniform(0.15, 0.33)
            s = np.clip((t - at) / length, 0.0, 1.0)
            out += rng.uniform(0.2, 1.0) * np.sin(np.pi * s) ** 2
            at += length
        at += rng.uniform(0.3, 1.4)
    return np.clip(out, 0.0, 1.0)


def _smooth(x: Array, t: Array, seconds: float) -> Array:
    """A moving mean over about ``seconds``."""
    if len(t) < 3:
        return x
    n = max(1, round(seconds * (len(t) - 1) / (t[-1] - t[0])))
    padded = np.pad(x, (n // 2, n - 1 - n // 2), mode="edge")
    return np.convolve(padded, np.full(n, 1.0 / n), mode="valid")
