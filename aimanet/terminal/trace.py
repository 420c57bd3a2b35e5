"""The pulse of a whole recording as rows of a CSV, written while it comes."""

from __future__ import annotations

from collections import deque
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from aimanet.types import BBox, FaceCrop, Reading

SETTLE_S = 2.0
"""Methods better their newest samples as more frames come; older ones stay as they are."""


class BoxTrace:
    """The face's boxes of the last seconds."""

    def __init__(self) -> None:
        self._boxes: deque[tuple[float, BBox]] = deque(maxlen=4096)

    def add(self, crop: FaceCrop) -> None:
        """Remembers where the face was."""
        if crop.bbox is not None:
            self._boxes.append((crop.t, crop.bbox))

    def at(self, t: float) -> BBox:
        """The box at ``t`` or the last before; forgets those before it. ``t`` must not fall."""
        while len(self._boxes) > 1 and self._boxes[1][0] <= t:
            self._boxes.popleft()
        return self._boxes[0][1]


class PulseTrace:
    """Writes ``t,bvp,x,y,w,h``: a row for each sample of the pulse, with the face's box.

    ``t`` in seconds of the recording, ``bvp`` in arbitrary units as the live curve shows it,
    the box in pixels of the frame. Stretches without a pulse (no face) have no rows. Where the
    recording names a clock, a last column ``origin_s`` repeats what t = 0 is on it.
    """

    def __init__(self, out: TextIO, boxes: BoxTrace, origin_s: float | None = None) -> None:
        self._out = out
        self._last = "" if origin_s is None else f",{origin_s:.6f}"
        self._boxes = boxes
        self._written_t = -np.inf
        self._tail: tuple[NDArray[np.float64], NDArray[np.float32]] = (
            np.empty(0),
            np.empty(0, "f"),
        )
        out.write("t,bvp,x,y,w,h" + (",origin_s\n" if self._last else "\n"))

    def add(self, reading: Reading) -> None:
        """Takes the curve of a reading; writes the samples that will not change any more."""
        t, bvp = reading.bvp_t, reading.bvp
        if not len(t):
            return
        if len(self._tail[0]) and t[0] > self._tail[0][-1]:
            self.finish()
        settled = t <= t[-1] - SETTLE_S
        self._write(t[settled], bvp[settled])
        self._tail = t[~settled], bvp[~settled]

    def finish(self) -> None:
        """Writes what was still open."""
        self._write(*self._tail)
        self._tail = self._tail[0][:0], self._tail[1][:0]

    def _write(self, times: NDArray[np.float64], bvp: NDArray[np.float32]) -> None:
        half_a_step = 0.5 * (times[1] - times[0]) if len(times) > 1 else 0.0
        for t, value in zip(times, bvp, strict=True):
            if t <= self._written_t + half_a_step:
                continue
            x, y, w, h = self._boxes.at(t)
            row = f"{t:.4f},{value:.6g},{x:.1f},{y:.1f},{w:.1f},{h:.1f}{self._last}\n"
            self._out.write(row)
            self._written_t = float(t)
