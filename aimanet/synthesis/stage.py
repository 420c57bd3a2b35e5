"""Whole camera pictures of a person or a thing before a camera, with or without a pulse.

A `Subject` is what stands there, an `Act` how it moves, a `Light` what shines on it; `play` puts
them together. All that changes inside a subject is linear in a few pictures; the head then moves
against its background by a smooth warp that fades out towards the shoulders. A head that turns is
an ellipsoid: what is nearer slides further, and light falls anew on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from aimanet.synthesis.acting import Act
from aimanet.synthesis.filming import Light

Array = NDArray[np.float64]
Image = NDArray[np.float32]
Box = tuple[int, int, int, int]

STEP = 8
"""The warp is laid out on every so many pixels and interpolated between."""


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """What stands before the camera.

    ``back`` (H, W, 3) float32 0-255 is the picture behind; ``box`` (x, y, w, h) the part of it
    that changes. ``still`` (h, w, C) is the subject there: C is 3 for a picture that covers all,
    4 for a layer with alpha (premultiplied). ``pulse`` (h, w, 3) is what one deviation of blood
    volume adds and ``late`` what one unit of its slope (1/s) adds; None without a pulse.
    ``yaw``, ``pitch`` (h, w, 3): what a turn of one radian adds by light alone. ``shut``,
    ``mouth`` (box, picture): closed eyes, open mouth. ``screen`` (h, w): where a screen's light
    falls. ``centre`` (px), ``unit``: half the head's width (px). ``rigid``: moves as a whole.
    """

    back: Image
    box: Box
    still: Image
    centre: tuple[float, float]
    unit: float
    pulse: Image | None = None
    late: Image | None = None
    yaw: Image | None = None
    pitch: Image | None = None
    shut: tuple[Box, Image] | None = None
    mouth: tuple[Box, Image] | None = None
    screen: Image | None = None
    rigid: bool = False
    jaw: float = 0.0
    """How far (head units) talking pulls the chin down by a warp."""
    lids: float = 0.0
    """How far (head units) a blink pulls the upper lids down by a warp."""


def play(
    subject: Subject, act: Act, light: Light, times: Array, bvp: Array, slope: Array
) -> Iterator[Image]:
    """The pictures at ``times`` (s), (H, W, 3) float32 0-255, before the camera.

    ``bvp`` and ``slope`` (1/s) are the pulse and its derivative at these times.
    """
    stage = _Stage(subject, act, bvp, slope)
    for i, t in enumerate(times):
        yield stage.render(i, float(t), light)


class _Stage:
    def __init__(self, subject: Subject, act: Act, bvp: Array, slope: Array) -> None:
        self._s, self._act = subject, act
        still = np.ones(len(bvp))
        rows = [
            (subject.still, still),
            (subject.pulse, bvp),
            (subject.late, slope),
            (subject.yaw, act.yaw),
            (subject.pitch, act.pitch),
        ]
        used = [(picture, w) for picture, w in rows if picture is not None and np.any(w)]
        channels = subject.still.shape[2]
        self._basis = np.stack([_deep(picture, channels).reshape(-1) for picture, _ in used])
        self._weights = np.stack([w for _, w in used], 1).astype(np.float32)
        self._patches = [
            (box, _deep(picture, channels), amount)
            for (box, picture), amount in (
                (patch, amount)
                for patch, amount in ((subject.shut, act.blink), (subject.mouth, act.talk))
                if patch is not None
            )
        ]
        _, _, w, h = subject.box
        self._grid_y, self._grid_x = np.mgrid[0:h, 0:w].astype(np.float32)
        # Coarse points where cv2.resize puts the samples of an array STEP times smaller.
        gh, gw = -(-h // STEP), -(-w // STEP)
        gy = (np.arange(gh) + 0.5) * (h / gh) - 0.5 + subject.box[1]
        gx = (np.arange(gw) + 0.5) * (w / gw) - 0.5 + subject.box[0]
        self._x, self._y = np.meshgrid(gx, gy)

    def render(self, i: int, t: float, light: Light) -> Image:
        s = self._s
        x, y, w, h = s.box
        head = self._moved(self._head(i, light), i)
        image = s.back.copy()
        part = image[y : y + h, x : x + w]
        if head.shape[2] == 4:
            # OpenCV: broadcasting over a last axis of 1 takes NumPy four times as long.
            behind = np.float32(1.0) - cv2.extractChannel(head, 3)
            rest = cv2.multiply(part, cv2.merge([behind, behind, behind]))
            part[...] = cv2.add(rest, cv2.cvtColor(head, cv2.COLOR_RGBA2RGB))
        else:
            part[...] = head
        return light.shine(image, i, t)

    def _head(self, i: int, light: Light) -> Image:
        s = self._s
        head = (self._weights[i] @ self._basis).reshape(s.still.shape)
        for (x, y, w, h), picture, amount in self._patches:
            if amount[i] > 0.01:
                head[y : y + h, x : x + w] += picture * np.float32(amount[i])
        if s.screen is not None and np.any(light.screen[i]):
            colour = (*light.screen[i], 0.0)[: head.shape[2]]
            glow = cv2.merge([1.0 + s.screen * np.float32(c) for c in colour])
            head = cv2.multiply(head, glow)
        return np.asarray(head)

    def _moved(self, head: Image, i: int) -> Image:
        a, s = self._act, self._s
        posture = (a.dx[i], a.dy[i], a.turn[i], a.scale[i], a.yaw[i], a.pitch[i])
        values = (*posture, a.talk[i] * s.jaw, a.blink[i] * s.lids)
        if not any(values):
            return head
        ux, uy = self._source(*(float(v) for v in values))
        size = (head.shape[1], head.shape[0])
        map_x = cv2.resize(ux.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
        map_y = cv2.resize(uy.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
        map_x += self._grid_x
        map_y += self._grid_y
        border = cv2.BORDER_CONSTANT if s.rigid else cv2.BORDER_REFLECT
        return np.asarray(cv2.remap(head, map_x, map_y, cv2.INTER_LINEAR, borderMode=border))

    def _source(
        self,
        dx: float,
        dy: float,
        turn: float,
        scale: float,
        yaw: float,
        pitch: float,
        jaw: float,
        lids: float,
    ) -> tuple[Array, Array]:
        """Where (relative, px) the coarse points take their colour from."""
        s, unit = self._s, self._s.unit
        qx = self._x - s.centre[0] - 2 * unit * dx  # seen from the moved head
        qy = self._y - s.centre[1] - 2 * unit * dy
        u, v = qx / unit, qy / unit
        weight = np.ones_like(u) if s.rigid else head_weight(u, v)
        cos, sin = np.cos(np.radians(turn)), np.sin(np.radians(turn))
        sx = (cos * qx - sin * qy) / (1 + scale) + s.centre[0]
        sy = (sin * qx + cos * qy) / (1 + scale) + s.centre[1]
        ox, oy = weight * (sx - self._x), weight * (sy - self._y)
        if not s.rigid:
            near = np.clip(1.0 - (u / 1.1) ** 2 - (v / 1.45) ** 2, 0.0, 1.0)
            ox, oy = ox - unit * yaw * near, oy - unit * pitch * near
            if jaw:
                oy = oy - unit * jaw * jaw_weight(u, v)
            if lids:
                oy = oy - unit * lids * lid_weight(u, v)
        else:  # a flat thing turns about its middle: it narrows, and its far side more so
            ox, oy = ox + 0.35 * yaw * u * qx, oy + 0.35 * yaw * u * qy
            ox, oy = ox + 0.35 * pitch * v * qx, oy + 0.35 * pitch * v * qy
        return ox, oy


def _deep(picture: Image, channels: int) -> Image:
    """``picture`` with a fourth channel of zeros where the layer has one."""
    missing = channels - picture.shape[2]
    return np.ascontiguousarray(np.pad(picture, ((0, 0), (0, 0), (0, missing))), np.float32)


def head_weight(u: Array, v: Array) -> Array:
    """How far a place goes along with the head (0-1): all of it, less towards the shoulders."""
    r = np.hypot(u / 1.25, np.where(v > 0, v / 1.5, v / 1.75))
    s = np.clip((2.1 - r) / 1.1, 0.0, 1.0)
    return np.asarray(s * s * (3 - 2 * s))


def jaw_weight(u: Array, v: Array) -> Array:
    """How far a place goes down with the jaw (0-1): chin and lower lip."""
    below = np.clip((v - 0.62) / 0.2, 0.0, 1.0)
    return np.asarray(below * np.exp(-((u / 0.6) ** 2) - (np.maximum(v - 1.0, 0.0) / 0.35) ** 2))


def lid_weight(u: Array, v: Array) -> Array:
    """How far a place goes down with a blink (0-1): what is at and above the eyes."""
    across = np.exp(-(((np.abs(u) - 0.42) / 0.22) ** 2))
    return np.asarray(across * np.exp(-(((v + 0.22) / 0.11) ** 2)))
