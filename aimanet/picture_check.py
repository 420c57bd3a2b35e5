"""Why a signal is poor, as far as the pictures tell.

`figures` measures a whole picture twice a second, in the thread that has it; `PictureCheck`
keeps what it and the face crops said over the last seconds and names a reason. The reason explains
a reading that is not ``ok`` for other reasons (`aimanet.quality`); nothing is decided by it.

The thresholds were set on a real recording of 53 BPM, the demo face and two animated photographs,
darkened, brightened, shrunk, thinned out, shaken and encoded again. Where a picture is beyond one
and the rate is read all the same, the reading is ``ok`` and no reason is given.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aimanet.sway import Sway
from aimanet.types import BBox, FaceCrop, PictureFigures, Reason

EVERY_S = 0.5
"""Seconds between two measurements of the picture: 0.2 ms each, a hundredth of the face's step."""

KEEP_S = 10.0
"""Seconds that a reason looks back: the default window."""

WHITE = 250
"""Grey level from which a channel of a face counts as clipped."""

DARK_PEAK = 25.0
"""A picture without a face whose brightest twentieth is below this grey level is too dark. The
detector loses faces whose mean level falls below about 5, where this peak is 7 to 9."""

DARK_FACE = 40.0
"""Mean level of a dark face. In daylight it has 80 to 220; at 5 a steady one is still read."""

BRIGHT_GREY = 240.0
BRIGHT = 0.8
"""Grey level of a bright pixel, and the share of them in a picture without a face that is too
bright: the detector loses faces where the whole picture's mean level is 253."""

CLIPPED = 0.6
"""Share of clipped pixels of an overexposed face. The rate is read up to 0.65-0.74, and from
0.76-0.86 on no longer."""

SMALL_PX = 100.0
"""Side of the face's square that is small: with a quiet camera even 61 px are read, but each
halving doubles what the camera's noise does to the mean colour."""

LOW_FPS = 10.0
"""Below 7 frames a second nothing is read (`HOLE_S`); at 7.5 a steady face still is."""

HOLE_S = 0.15
"""Longest step (s) between frames that counts as seen; 7 frames a second are just enough."""

HOLES = 0.1
"""Share of the time in steps longer than `HOLE_S`: with 13 % of the frames lost in bursts nothing
is read any more."""

RESTLESS = 0.15
"""Speed of the face (sides a second, exceeded a quarter of the time). A calm face has 0.003 to
0.03, one that is shaken by a twentieth of its side 0.15 to 0.4; steady pulses are read up to 1."""

STILL = 0.6
"""Share of the face's pixels that do not change from frame to frame. A camera's noise leaves 0 to
0.1, MJPEG and good H.264 up to 0.53; where H.264, MPEG-4 or VP9 take the pulse away, 0.63 to 1."""

BLOCKY = 2.0
"""Steps on a codec's 8 px grid, times the others: 1.0 to 1.3 without one, 2 to 15 in MPEG-4 and
MJPEG of low quality, 1.2 to 2.3 in H.264, which smooths them."""

_BLOCK = 8
_GRID = 32  # rows and columns, about, of which a picture and a face are measured


@dataclass(frozen=True, slots=True)
class _Face:
    """``level`` mean grey of the face's middle, ``clipped`` its clipped share, ``side`` px."""

    t: float
    level: float
    clipped: float
    side: float


def figures(
    image: NDArray[np.uint8], before: NDArray[np.uint8] | None, bbox: BBox | None
) -> PictureFigures:
    """Measures an (H, W, 3) RGB picture; ``before`` is the frame before it, where there was one."""
    height, width = image.shape[:2]
    sparse = image[:: max(1, height // _GRID), :: max(1, width // _GRID)]
    if not sparse.size:
        return PictureFigures(0.0, 0.0)
    grey = sparse.mean(axis=2)
    peak = float(np.percentile(grey, 95.0))
    bright = float(np.mean(grey >= BRIGHT_GREY))
    if bbox is None:
        return PictureFigures(peak, bright)
    x, y, w, h = bbox
    rows = slice(max(0, round(y + 0.2 * h)), max(0, round(y + 0.85 * h)))
    columns = slice(max(0, round(x + 0.2 * w)), max(0, round(x + 0.8 * w)))
    face = image[rows, columns]
    if min(face.shape[:2]) < 2 * _BLOCK:
        return PictureFigures(peak, bright)
    still = None
    if before is not None and before.shape == image.shape:
        step = max(1, min(face.shape[:2]) // _GRID)
        same = face[::step, ::step] == before[rows, columns][::step, ::step]
        still = float(np.mean(same.all(axis=2)))
    return PictureFigures(peak, bright, still, _blocks(face))


def _blocks(face: NDArray[np.uint8]) -> float:
    """How far the steps at the best grid of 8 px exceed the median of the other columns'."""
    green = face[:: max(1, len(face) // _GRID), :, 1].astype(np.int16)
    steps = np.abs(np.diff(green, axis=1)).mean(axis=0)
    grid = steps[: len(steps) // _BLOCK * _BLOCK].reshape(-1, _BLOCK).mean(axis=0)
    return float(grid.max() / (np.median(grid) + 0.05))


class PictureCheck:
    """What pictures and faces looked like over the last `KEEP_S` seconds; bounded memory."""

    def __init__(self) -> None:
        self._t: deque[float] = deque()
        self._pictures: deque[tuple[float, PictureFigures]] = deque()
        self._faces: deque[_Face] = deque()

    def add(self, crop: FaceCrop) -> None:
        """Takes a frame's face; measures it where the last measurement is `EVERY_S` old."""
        t = crop.t
        self._t.append(t)
        while self._t[0] < t - KEEP_S:
            self._t.popleft()
        if crop.picture is not None:
            self._pictures.append((t, crop.picture))
            while self._pictures[0][0] < t - KEEP_S:
                self._pictures.popleft()
        if crop.crop is None or crop.bbox is None:
            return
        if not self._faces or not 0.0 <= t - self._faces[-1].t < EVERY_S:
            self._faces.append(_measured(t, crop.crop, crop.bbox))
            while self._faces[0].t < t - KEEP_S:
                self._faces.popleft()

    def without_face(self) -> Reason | None:
        """Why no face is found, if the newest picture tells."""
        if not self._pictures:
            return None
        newest = self._pictures[-1][1]
        if newest.peak < DARK_PEAK:
            return Reason.TOO_DARK
        return Reason.TOO_BRIGHT if newest.bright > BRIGHT else None

    def with_face(self, sway: Sway, bridged: bool) -> tuple[Reason, float | None]:
        """Why the signal of a face is poor, and the figure that belongs to it.

        Args:
            sway: where the face was.
            bridged: too much of the window is interpolated.
        """
        if not self._faces:
            return Reason.WEAK, None
        level, clipped, side = np.median([(f.level, f.clipped, f.side) for f in self._faces], 0)
        if level < DARK_FACE:
            return Reason.TOO_DARK, None
        if clipped > CLIPPED:
            return Reason.OVEREXPOSED, None
        slow = self._slow(bridged)
        if slow is not None:
            return slow
        if side < SMALL_PX:  # before movement, because noise shakes the square of a small face
            return Reason.FACE_SMALL, float(side)
        if sway.speed(self._t[-1], KEEP_S) > RESTLESS:
            return Reason.MOTION, None
        return (Reason.COMPRESSED if self._compressed() else Reason.WEAK), None

    def _slow(self, bridged: bool) -> tuple[Reason, float | None] | None:
        """What is wrong with the rate of the frames, or of the changes in them."""
        steps = np.diff(self._t)
        if not len(steps):
            return None
        fps = 1.0 / max(float(np.median(steps)), 1e-6)
        if fps < LOW_FPS:
            return Reason.LOW_FRAME_RATE, fps
        if steps[steps > HOLE_S].sum() > HOLES * steps.sum():
            return Reason.UNEVEN_FRAME_RATE, None
        return (Reason.COMPRESSED, None) if bridged else None

    def _compressed(self) -> bool:
        still = [p.still for _, p in self._pictures if p.still is not None]
        blocks = [p.blocks for _, p in self._pictures if p.blocks is not None]
        return bool((still and np.median(still) > STILL) or (blocks and np.median(blocks) > BLOCKY))


def _measured(t: float, crop: NDArray[np.uint8], bbox: BBox) -> _Face:
    """The middle of a crop (S, S, 3), where the skin is."""
    size = len(crop)
    rows, columns = slice(size // 4, 5 * size // 6, 3), slice(size // 4, 3 * size // 4, 3)
    skin = crop[rows, columns]
    return _Face(t, float(skin.mean()), float(np.mean(skin.max(axis=2) >= WHITE)), bbox[3])
