"""How fast a run goes and how its losses run: what progress reports are made of."""

from __future__ import annotations

import math
import time

import torch
from torch import Tensor

from aimanet.errors import AimaNetError

REPORT_S = 0.25
"""Least time (s) between two reports inside an epoch."""
TEST_COST = 0.4
"""A test frame's time over that of a training frame, until it has been measured."""


class LossError(AimaNetError):
    """A loss that is no number any more."""


class Losses:
    """The losses of one pass over the batches; ``name`` says which, for the error.

    They stay where they were computed until somebody asks: fetching each would hold up a GPU.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._new: list[Tensor] = []
        self._sum, self._n = 0.0, 0
        self._recent = math.nan

    def add(self, loss: Tensor) -> None:
        """Takes a batch's loss, a tensor of one number."""
        self._new.append(loss)

    def recent(self) -> float:
        """The mean since the last call (of the call before where nothing is new; NaN at first).

        Raises:
            LossError: it is infinite or no number.
        """
        if self._new:
            new = torch.stack(self._new).double().cpu()
            self._sum, self._n = self._sum + float(new.sum()), self._n + len(new)
            self._recent, self._new = float(new.mean()), []
            if not math.isfinite(self._recent):
                raise LossError(
                    f"the loss ran away ({self.name}, by batch {self._n}): are labels and inputs"
                    " normalised? Values of a few units are usual"
                )
        return self._recent

    def mean(self) -> float:
        """The mean of all batches so far; raises as `recent`."""
        self.recent()
        return self._sum / self._n if self._n else math.nan


class Pace:
    """Frames a second and the time left of ``epochs`` passes over training and test frames."""

    def __init__(self, epochs: int, train_frames: int, test_frames: int) -> None:
        self._left = {True: epochs * train_frames, False: epochs * test_frames}
        self._seconds = {True: 0.0, False: 0.0}
        self._frames = {True: 0, False: 0}
        self.start()

    def start(self) -> None:
        """The clock starts here."""
        self._began = self._mark = self._told = time.perf_counter()

    def count(self, frames: int, *, learning: bool) -> bool:
        """Counts a batch that is done; True where a report is due."""
        now = time.perf_counter()
        self._seconds[learning] += now - self._mark
        self._frames[learning] += frames
        self._left[learning] -= frames
        self._mark = now
        if now - self._told < REPORT_S:
            return False
        self._told = now
        return True

    @property
    def learnt(self) -> int:
        """Training frames so far."""
        return self._frames[True]

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._began

    @property
    def frames_per_s(self) -> float:
        """Training frames a second of training."""
        return self._frames[True] / self._seconds[True] if self._seconds[True] else 0.0

    @property
    def eta_s(self) -> float:
        """Seconds to the end; NaN before anything is known."""
        if not self._frames[True]:
            return math.nan
        train = self._seconds[True] / self._frames[True]
        seen = self._frames[False]
        test = self._seconds[False] / seen if seen else TEST_COST * train
        return self._left[True] * train + self._left[False] * test
