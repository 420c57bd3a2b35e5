"""How often a live reading would have been shown: the share of ``ok``."""

from __future__ import annotations

from collections import deque

from aimanet.estimate import PulseAnalyzer
from aimanet.picture_check import HOLE_S
from aimanet.quality import Judge, Testimony, Witness
from aimanet.types import BvpSegment, Clip, State


class Trust:
    """Judges the clips of a recording one by one, as the live pipeline does."""

    def __init__(self) -> None:
        self._analyzer = PulseAnalyzer()
        self._window_s = self._analyzer.config.window_s
        self._ok = self._all = 0
        self._start()

    def _start(self) -> None:
        self._analyzer.reset()
        self._witness = Witness(self._window_s)
        self._judge = Judge()
        self._bridged: deque[tuple[float, bool]] = deque()

    def take(self, clip: Clip, segment: BvpSegment) -> None:
        """Takes a clip and the pulse that the method read in it."""
        if clip.starts:
            self._start()
        self._analyzer.add(segment)
        self._witness.add(clip)
        t = float(clip.t[-1])
        self._bridged.append((t, clip.gap_s > HOLE_S))
        while self._bridged[0][0] <= t - self._window_s:
            self._bridged.popleft()
        self._count(t)

    def _count(self, t: float) -> None:
        estimate = self._analyzer.estimate(self._witness.pulse())
        hz = (estimate.middle_bpm or 0.0) / 60.0
        said = self._witness.testify(hz) if hz else Testimony()
        bridged = sum(hole for _, hole in self._bridged) / len(self._bridged)
        state, _ = self._judge.judge(t, estimate, said, bridged)
        if state is not State.WARMING_UP:
            self._all += 1
            self._ok += state is State.OK

    @property
    def share(self) -> float | None:
        """``ok`` readings over all that could be judged; None where there was none."""
        return self._ok / self._all if self._all else None
