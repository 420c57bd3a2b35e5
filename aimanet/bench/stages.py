"""A live run from inside: what each stage takes, and how long a frame is on its way."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from aimanet.bench.repeat import RepeatedSource
from aimanet.face import FaceTracker
from aimanet.live import CaptureFeed
from aimanet.methods import PulseMethod
from aimanet.pipeline import Pipeline
from aimanet.sources import Source, SourceInfo, open_source
from aimanet.sources.base import Pacer
from aimanet.stop import StopRequest
from aimanet.types import Frame

STAGES = ("grab", "detect", "crop", "window", "network", "pulse")
WARM_UP_S = 3.0
"""Live seconds that do not count: first calls of the libraries cost more."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Milliseconds: mean, median and 95th percentile."""

    mean_ms: float
    median_ms: float
    p95_ms: float

    @classmethod
    def of(cls, seconds: list[float]) -> Spread:
        """The spread of a list of times, not empty."""
        middle, high = np.percentile(seconds, (50, 95))
        return cls(1e3 * float(np.mean(seconds)), 1e3 * float(middle), 1e3 * float(high))


@dataclass(frozen=True, slots=True)
class StageReport:
    """A real-time run of ``seconds``.

    ``stages`` ms a frame; the detector looks on some frames only, and a window of the network
    comes with every tenth, so their medians are 0. ``grab_to_reading`` is the way of the frame
    that a reading came with; ``pulse_age`` the age of the newest sample of the pulse then.
    """

    seconds: float
    frames: int
    dropped: int
    stages: dict[str, Spread]
    grab_to_reading: Spread
    pulse_age: Spread


class TimedSource(Source):
    """A recording in real time as a camera would deliver it; notes when and how long it grabbed."""

    def __init__(self, inner: Source) -> None:
        super().__init__(inner.spec, inner.label)
        self._inner, self._pacer = inner, Pacer()
        self.grabbed: dict[int, float] = {}
        self.took: list[float] = []

    def open(self) -> SourceInfo:
        """Opens the recording."""
        return self._inner.open()

    def read(self) -> Frame | None:
        """The next frame when its time has come."""
        began = time.perf_counter()
        frame = self._inner.read()
        if frame is not None:
            self.took.append(time.perf_counter() - began)
            self._pacer.wait(frame.t)
            self.grabbed[frame.index] = time.perf_counter()
        return frame

    def close(self) -> None:
        """Closes the recording."""
        self._inner.close()


def live_stages(method: PulseMethod, clip: str, seconds: float) -> StageReport:
    """Plays the clip in real time through capture thread, tracker and pipeline.

    Raises:
        SourceError: there is not enough to measure in it.
    """
    source = TimedSource(RepeatedSource(open_source(clip, realtime=False), WARM_UP_S + seconds))
    tracker = FaceTracker()
    pipeline = Pipeline(method, tracker)
    spent: dict[str, list[float]] = defaultdict(list)
    pipeline.on_stage = lambda stage, took: spent[stage].append(took)
    delays: list[float] = []
    ages: list[float] = []
    frames = dropped = 0
    with CaptureFeed(source, StopRequest()) as feed:
        for frame in feed.frames():
            reading = pipeline.step(frame)
            grabbed = source.grabbed.pop(frame.index)
            if frame.t < WARM_UP_S:
                spent.clear()
                dropped = feed.dropped
                continue
            frames += 1
            if reading is not None:
                delays.append(time.perf_counter() - grabbed)
                ages.append(delays[-1] + reading.latency_s)
        dropped = feed.dropped - dropped
    tracker.close()
    spent["grab"] = source.took[-frames:]
    return StageReport(
        seconds=seconds,
        frames=frames,
        dropped=dropped,
        stages={stage: Spread.of(spent[stage]) for stage in STAGES},
        grab_to_reading=Spread.of(delays),
        pulse_age=Spread.of(ages),
    )
