"""How a head moves, what a tracker makes of it, and where a crop's pixels then come from."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from aimanet.synthesis.look import Look
from aimanet.synthesis.pulse import PulseTrace, wander
from aimanet.synthesis.relief import Image, blob, edge

Array = NDArray[np.float64]


@dataclass(slots=True)
class Motion:
    """Per frame (n,): where the head is and how it looks.

    ``dx``, ``dy`` shift the face in the crop, ``room_dx``, ``room_dy`` the room, ``vx``, ``vy``
    are the head's own speed before the camera (px per frame), ``fx``, ``fy`` where the crop is
    in the camera's picture (px); ``roll``, ``yaw`` and ``pitch`` are in radians; ``scale`` is
    relative; ``talk``, ``smile`` and ``brow`` are 0-1.
    """

    strength: float
    dx: Array
    dy: Array
    roll: Array
    yaw: Array
    pitch: Array
    scale: Array
    room_dx: Array
    room_dy: Array
    vx: Array
    vy: Array
    fx: Array
    fy: Array
    talk: Array
    smile: Array
    brow: Array


def random_strength(rng: np.random.Generator) -> float:
    """How much a head moves: two of five hold still, one in four moves a lot (above 2)."""
    low, high = (0.08, 0.5) if (kind := rng.random()) < 0.42 else (0.5, 2.0)
    if kind > 0.75:
        low, high = 2.0, 6.5
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def random_motion(rng: np.random.Generator, t: Array, unit: float, trace: PulseTrace) -> Motion:
    """Motion of a head whose half-width is ``unit`` px in the crop, at times ``t`` (s)."""
    n, s = len(t), random_strength(rng)
    fs = (n - 1) / (t[-1] - t[0])
    cutoff = min(rng.uniform(0.15, 3.0), 3.5 / max(s, 1.0) ** 0.5)
    mix = rng.uniform(0.2, 1.0, 6)
    # Of a head's half-width, or radians: x, y, roll, yaw, pitch, scale.
    sizes = np.array([0.08, 0.05, 0.018, 0.03, 0.02, 0.004]) * mix * s
    moves = np.stack([wander(rng, n, fs, cutoff) for _ in range(6)]) * sizes[:, None]
    moves += _rhythm(rng, t, s) + _shake(rng, t, s)
    if rng.random() < 0.4:  # each beat's recoil rocks the head (ballistocardiography)
        moves[1] += trace.bvp(t - 0.1) * rng.uniform(0, 0.0015)
        moves[4] += trace.bvp(t - 0.1) * rng.uniform(0, 0.0006)
    x, y, roll, yaw, pitch, scale = moves
    fx, fy = _track(rng, t, x + 0.25 * yaw, y + 0.25 * pitch, s)
    dx, dy = ((a - b) * unit for a, b in ((x, fx), (y, fy)))
    if rng.random() < 0.3:  # a worse tracker than ours
        dx, dy = (d + wander(rng, n, fs, cutoff) * 0.012 * min(s, 3.0) * unit for d in (dx, dy))
    room = np.stack([-fx, -fy]) * unit
    if rng.random() < 0.15:  # a picture that moves as a whole
        room = np.stack([dx, dy])
    elif rng.random() < 0.2:  # a camera in a hand
        room += np.stack([wander(rng, n, fs, 1.5) for _ in range(2)]) * rng.uniform(0, 1.5)
    faces = _expressions(rng, t, fs)
    return Motion(
        s, dx, dy, roll, yaw, pitch, 1 + scale + _sides(rng, n, s), room[0], room[1],
        np.gradient(x) * unit, np.gradient(y) * unit, fx * unit, fy * unit, *faces,
    )  # fmt: skip


def before_camera(motion: Motion) -> Motion:
    """The same motion in the camera's picture, which does not follow the head."""
    m = motion
    return replace(
        m, dx=m.dx + m.fx, dy=m.dy + m.fy, room_dx=m.room_dx + m.fx, room_dy=m.room_dy + m.fy
    )


def _rhythm(rng: np.random.Generator, t: Array, s: float) -> Array:
    """Nodding, swaying or walking in a rhythm that is not the pulse, (6, n)."""
    out = np.zeros((6, len(t)))
    if rng.random() > 0.35:
        return out
    hz, size = rng.uniform(0.35, 3.4), min(s, 4.0) * rng.random(5)
    angle = 2 * np.pi * (hz * t + rng.uniform())
    sharp = np.sin(angle) + rng.uniform(0, 0.4) * np.sin(2 * angle + rng.uniform(0, 6))
    if rng.random() < 0.4:  # walking: up and down with each step, to the sides with every second
        out[1] += 0.03 * size[0] * sharp
        out[0] += 0.03 * size[1] * np.sin(angle / 2)
        out[4] += 0.008 * size[2] * sharp
        return out
    out[int(rng.integers(0, 2))] += 0.05 * size[0] * sharp
    out[2 + int(rng.integers(0, 3))] += 0.018 * size[1] * sharp
    return out


def _shake(rng: np.random.Generator, t: Array, s: float) -> Array:
    """Quick shakes of the head, sudden turns to another pose, (6, n)."""
    out = np.zeros((6, len(t)))
    if rng.random() < 0.15:
        at, hz = rng.uniform(0, t[-1]), rng.uniform(2, 5)
        window = np.exp(-0.5 * ((t - at) / rng.uniform(0.2, 0.8)) ** 2)
        out[int(rng.choice([2, 3, 4]))] += (
            0.02 * min(s + 0.5, 4) * window * np.sin(2 * np.pi * hz * (t - at))
        )
    if rng.random() < 0.25:
        for at in rng.uniform(0, t[-1], int(rng.integers(1, 4))):
            step = 1 / (1 + np.exp(-(t - at) / rng.uniform(0.05, 0.3)))
            size = rng.normal(0, 1, 6) * (0.06, 0.04, 0.02, 0.06, 0.03, 0.004)
            out += min(s, 3.0) * size[:, None] * step
    return out


def _track(rng: np.random.Generator, t: Array, x: Array, y: Array, s: float) -> tuple[Array, Array]:
    """Where a tracker like `aimanet.face_box` believes the head to be: late, and trembling.

    The 1-euro filter (Casiez et al. 2012) with the constants there; half-widths of a head.
    """
    noise = float(np.exp(rng.uniform(np.log(0.0008), np.log(0.012))))
    rough = np.stack([x, y]) + noise * rng.standard_normal((2, len(t)))
    rest, speed_hz = 0.5 * rng.uniform(0.6, 2), 40.0 * float(np.exp(rng.uniform(-1.5, 0.3)))
    fx, fy = float(x[0]), float(y[0])
    px, py, vx, vy = fx, fy, 0.0, 0.0
    out = np.empty_like(rough)
    for i, (rx, ry) in enumerate(rough.T.tolist()):
        dt = float(t[i] - t[i - 1]) if i else 0.0
        if dt > 0:
            k = 1 - math.exp(-2 * math.pi * 1.5 * dt)
            vx += k * ((rx - px) / dt - vx)
            vy += k * ((ry - py) / dt - vy)
            px, py = rx, ry
            cutoff = rest + speed_hz * max(0.0, math.hypot(vx, vy) / 2 - 0.04)
            k = 1 - math.exp(-2 * math.pi * cutoff * dt)
            fx, fy = fx + k * (rx - fx), fy + k * (ry - fy)
        out[:, i] = fx, fy
    return out[0], out[1]


def _sides(rng: np.random.Generator, n: int, s: float) -> Array:
    """Whole-pixel changes of the square's side, singly or as a glide, (n,)."""
    out = np.zeros(n)
    if rng.random() > 0.3:
        return out
    pixel = 1.0 / rng.uniform(90, 420)
    for at in rng.integers(0, n, int(rng.integers(1, 5))):
        count, every = int(rng.integers(1, 6)), int(rng.integers(1, 9))
        sign = rng.choice([-1.0, 1.0])
        for k in range(count):
            out[min(at + k * every, n) :] += sign * pixel
    return np.clip(out, -0.06, 0.06)


def _expressions(rng: np.random.Generator, t: Array, fs: float) -> tuple[Array, Array, Array]:
    """Talking, smiling and raised brows, each (n,) 0-1."""
    n = len(t)
    talk, smile, brow = (np.zeros(n) for _ in range(3))
    if rng.random() < 0.35:
        words = wander(rng, n, fs, rng.uniform(1.5, 5)) * rng.uniform(0.15, 0.5)
        pauses = np.clip(wander(rng, n, fs, 0.6) * 2 + 1, 0, 1)
        talk = np.clip(words + 0.25, 0, 1) * pauses
    if rng.random() < 0.25:
        smile = np.clip(wander(rng, n, fs, rng.uniform(0.3, 1.5)) * 0.6 + 0.2, 0, 1)
    if rng.random() < 0.2:
        brow = np.clip(wander(rng, n, fs, rng.uniform(0.5, 2.5)) * 0.6, 0, 1)
    return talk, smile, brow


def fields(look: Look, u: Image, v: Image, unit: float) -> Image:
    """Where a pixel comes from, per unit of each of `sources`' columns, (11, H * W * 2)."""
    h, w = u.shape
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    x, y = x - (w - 1) / 2, y - (h - 1) / 2
    nz = np.sqrt(np.clip(1.0 - (u / 1.12) ** 2 - (v / (look.height + 0.15)) ** 2, 0, 1))
    depth = unit * (0.9 * nz + 0.25 * blob(u, v, 0, 0.2, 0.16, 0.28))
    inside = edge(np.sqrt(u**2 + (v / look.height) ** 2) - 1.0, 0.15)
    jaw = -0.12 * unit * edge(0.62 - v, 0.25) * inside
    cheeks = blob(np.abs(u), v, 0.42, 0.55, 0.25, 0.25) * unit
    lift = -0.05 * unit * blob(u, v, 0, -0.45, 0.6, 0.2)
    none, one = np.zeros_like(x), np.ones_like(x)
    pairs = [(one, none), (none, one), (x, none), (y, none), (none, x), (none, y)]
    pairs += [(-depth, none), (none, -depth), (none, jaw)]
    pairs += [(-0.05 * np.sign(u) * cheeks, 0.06 * cheeks), (none, -lift)]
    return np.stack([np.stack(p, -1).reshape(-1) for p in pairs]).astype(np.float32)


def sources(motion: Motion, side: int, readout: float) -> Image:
    """Weights of `fields` per frame (n, 11); rows are read over ``readout`` of a frame's time."""
    m, middle = motion, (side - 1) / 2
    cos, sin = np.cos(m.roll) / m.scale, np.sin(m.roll) / m.scale
    skew_x, skew_y = -m.vx * readout / side, -m.vy * readout / side
    columns = [
        middle - cos * m.dx - sin * m.dy,
        middle + sin * m.dx - cos * m.dy,
        cos, sin + skew_x, -sin, cos + skew_y,
        m.yaw, m.pitch, m.talk, m.smile, m.brow,
    ]  # fmt: skip
    return np.stack(columns, 1).astype(np.float32)
