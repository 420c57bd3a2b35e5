"""The whole pulse curve of a recording in bounded memory, for what needs minutes of it.

Pipeline --on_segment--> PulseTape --stretches()--> `aimanet.prv`, `aimanet.respiration`
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aimanet.pulse import integrate
from aimanet.types import BvpSegment

Signal = NDArray[np.float64]

KEEP_SAMPLES = 4 * 3600 * 30
"""Samples kept: four hours at 30 Hz, 1.7 MB; then the oldest quarter goes."""

REWRITE_S = 2.5
"""A segment may replace so many seconds of the curve (POS and CHROM better their last 1.6 s); one
that goes back further is another method that was fed the last seconds again, and starts anew."""

STEPS_S = (1e-4, 0.13)
"""Steps (s) between samples that a recorded pulse can have: slower ones hold no beat."""

ON_GRID = 0.25
"""How far (samples) a segment may lie off the grid of the curve that it goes on with."""


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """An unbroken piece of the pulse: ``wave`` (n,), arbitrary units, at ``t0`` + k / ``fs`` s."""

    t0: float
    fs: float
    wave: Signal

    @property
    def t(self) -> Signal:
        """Times (n,) of the samples, s."""
        return self.t0 + np.arange(len(self.wave)) / self.fs

    @property
    def end(self) -> float:
        """Time (s) of the last sample."""
        return self.t0 + (len(self.wave) - 1) / self.fs


@dataclass(slots=True)
class _Piece:
    t0: float
    fs: float
    is_derivative: bool
    values: array[float]

    def stretch(self) -> Stretch:
        wave = np.array(self.values, dtype=np.float64)
        return Stretch(self.t0, self.fs, integrate(wave) if self.is_derivative else wave)


class PulseTape:
    """Keeps every sample of a `Pipeline`'s curve once, as it was last said.

    What is older than `KEEP_SAMPLES` is forgotten, a quarter at a time.
    """

    def __init__(self, keep: int = KEEP_SAMPLES) -> None:
        self._keep = keep
        self._pieces: list[_Piece] = []

    def __len__(self) -> int:
        return sum(len(piece.values) for piece in self._pieces)

    def add(self, segment: BvpSegment) -> None:
        """Takes a segment; where it overlaps what is there, it replaces it."""
        if not len(segment.bvp):
            return
        if not self._continues(segment):
            self._cut(float(segment.t[0]))
            kind, t0 = segment.is_derivative, float(segment.t[0])
            self._pieces.append(_Piece(t0, segment.fs, kind, array("f")))
        values = self._pieces[-1].values
        del values[self._place(segment) :]
        values.frombytes(np.ascontiguousarray(segment.bvp, np.float32).tobytes())
        if len(self) > self._keep:
            self._forget(self._keep // 4)

    def stretches(self) -> list[Stretch]:
        """Returns the curve, integrated where a method gives the derivative; oldest first."""
        return [piece.stretch() for piece in self._pieces]

    def _place(self, segment: BvpSegment) -> int:
        """Where in the last piece the segment begins."""
        last = self._pieces[-1]
        return round((float(segment.t[0]) - last.t0) * last.fs)

    def _continues(self, segment: BvpSegment) -> bool:
        if not self._pieces:
            return False
        last = self._pieces[-1]
        if (segment.fs, segment.is_derivative) != (last.fs, last.is_derivative):
            return False
        at = (float(segment.t[0]) - last.t0) * last.fs
        back = len(last.values) - round(at)
        near = abs(at - round(at)) <= ON_GRID
        return near and round(at) >= 0 and 0 <= back <= REWRITE_S * last.fs

    def _cut(self, t: float) -> None:
        """Forgets what lies at ``t`` (s) or after it."""
        while self._pieces and self._pieces[-1].t0 >= t:
            self._pieces.pop()
        if self._pieces:
            last = self._pieces[-1]
            del last.values[max(0, int(np.ceil((t - last.t0) * last.fs - 1e-6))) :]

    def _forget(self, samples: int) -> None:
        while samples > 0 and self._pieces:
            first = self._pieces[0]
            gone = min(samples, len(first.values))
            del first.values[:gone]
            first.t0 += gone / first.fs
            samples -= gone
            if not first.values:
                self._pieces.pop(0)


def unbroken(t: Signal, wave: Signal) -> list[Stretch]:
    """A recorded curve, ``t`` (n,) s rising and ``wave`` (n,), in pieces without a hole.

    A session's ``bvp.csv`` has its samples on an even grid between holes; where its times make no
    sense for a pulse, they are left out.
    """
    if len(t) < 2:
        return []
    step = float(np.median(np.diff(t)))
    holes = np.flatnonzero(np.abs(np.diff(t) - step) > ON_GRID * step) + 1
    pieces = []
    for part in np.split(np.arange(len(t)), holes):
        if len(part) > 1:
            even = float((t[part[-1]] - t[part[0]]) / (len(part) - 1))
            if STEPS_S[0] <= even <= STEPS_S[1]:
                pieces.append(Stretch(float(t[part[0]]), 1.0 / even, np.asarray(wave[part], float)))
    return pieces
