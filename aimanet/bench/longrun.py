"""Hours of live use with recording, simulated as fast as they go: does anything grow?

Crops of a short clip, over and over, go through the same pipeline and recorder as a camera's;
with ``frames`` the clip itself is decoded and searched for the face each time.
"""

from __future__ import annotations

import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from aimanet.bench.memory import resident_mb
from aimanet.bench.repeat import RepeatedSource
from aimanet.bench.train import BenchError
from aimanet.face import FaceTracker
from aimanet.methods import PulseMethod
from aimanet.pipeline import Pipeline
from aimanet.rhythm.tape import PulseTape
from aimanet.sessions.info import Kept
from aimanet.sessions.origin import describe, with_method
from aimanet.sessions.recorder import Recorder
from aimanet.sessions.writer import SessionWriter
from aimanet.sources import open_source
from aimanet.types import FaceCrop, Frame

FPS = 30.0
SLOPE_MINUTES = 3.0
"""Less video than this says nothing about an hour."""

_HANDLES = Path("/proc/self/fd")


@dataclass(frozen=True, slots=True)
class Mark:
    """How things are after ``minutes`` of video; the times are of the frames since the last mark.

    ``handles`` are open files and sockets, ``threads`` the system's count (Python's where it has
    none); ``median_ms`` and ``p95_ms`` what a frame took of this thread's processor, so that other
    programs do not count. None where it cannot be told.
    """

    minutes: float
    resident_mb: float | None
    handles: int | None
    threads: int
    median_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True)
class Trend:
    """A long run in a few figures; ``start`` is the first mark after the first tenth.

    ``slope_mb_per_hour`` of a straight line through the memory after the first tenth; None where
    that is shorter than `SLOPE_MINUTES`.
    """

    minutes: float
    frames: int
    recorded_frames: int
    start_mb: float | None
    end_mb: float | None
    peak_mb: float | None
    slope_mb_per_hour: float | None
    start_handles: int | None
    end_handles: int | None
    start_threads: int
    end_threads: int
    start_median_ms: float
    end_median_ms: float
    start_p95_ms: float
    end_p95_ms: float


Tell = Callable[[Mark], None]
Step = tuple[Frame, FaceCrop]


def crops_of(clip: Path) -> list[FaceCrop]:
    """The faces of a clip.

    Raises:
        BenchError: there are none in it.
    """
    tracker = FaceTracker()
    try:
        with open_source(str(clip.absolute()), realtime=False) as source:
            crops = [tracker.track(frame) for frame in source]
    finally:
        tracker.close()
    if not any(crop.crop is not None for crop in crops):
        raise BenchError(f"no face in {clip}: a long run without one says little")
    return crops


def repeated(crops: Sequence[FaceCrop], seconds: float) -> Iterator[Step]:
    """The crops again and again at 30 fps, each with a frame that is no larger than itself."""
    empty = np.zeros((2, 2, 3), np.uint8)
    for k in range(round(seconds * FPS)):
        crop = replace(crops[k % len(crops)], index=k, t=k / FPS)
        yield Frame(k, k / FPS, empty if crop.crop is None else crop.crop), crop


def filmed(clip: Path, seconds: float) -> Iterator[Step]:
    """The clip again and again, decoded and searched anew."""
    tracker = FaceTracker()
    try:
        with RepeatedSource(open_source(str(clip.absolute()), realtime=False), seconds) as source:
            for frame in source:
                yield frame, tracker.track(frame)
    finally:
        tracker.close()


def long_run(
    steps: Iterator[Step],
    method: PulseMethod,
    folder: Path,
    *,
    kept: Kept = "none",
    every_s: float = 60.0,
    tell: Tell = lambda _: None,
) -> Trend:
    """Takes all steps through pipeline and recorder.

    Args:
        steps: `repeated` or `filmed`.
        method: how the pulse is found.
        folder: for the session; new or empty.
        kept: of the video, as in a session.
        every_s: a mark after so many seconds of video.
        tell: told each mark.

    Raises:
        SessionError: the session could not be written.
        BenchError: it was too short for two marks.
    """
    marks: list[Mark] = []
    with ExitStack() as stack:
        run = _Run(method, folder, kept, stack)
        spent: list[float] = []
        for frame, crop in steps:
            began = time.thread_time()
            run.step(frame, crop)
            spent.append(time.thread_time() - began)
            if frame.t >= (len(marks) + 1) * every_s:
                marks.append(_mark(frame.t, spent))
                spent.clear()
                tell(marks[-1])
        recorded = run.finish()
    return _trend(marks, run.frames, recorded)


class _Run:
    """The pipeline, and the recorder beside it."""

    def __init__(self, method: PulseMethod, folder: Path, kept: Kept, stack: ExitStack) -> None:
        self._pipeline, tape = Pipeline(method), PulseTape()
        self._pipeline.on_segment = tape.add
        source = open_source("synthetic", realtime=False)
        info = describe(source, source.open()).model_copy(update={"kept": kept})
        source.close()
        info = with_method(info, method, self._pipeline.config.window_s)
        self._recorder = stack.enter_context(Recorder(lambda: SessionWriter(folder, info)))
        self.frames = 0

    def step(self, frame: Frame, crop: FaceCrop) -> None:
        self.frames += 1
        self._recorder.offer_waiting(frame, crop)
        reading = self._pipeline.push(crop)
        if reading is not None:
            self._recorder.reading(reading)

    def finish(self) -> int:
        """Ends the session; returns how many frames are in it."""
        self._recorder.stop()
        if self._recorder.error is not None:
            raise self._recorder.error
        return self._recorder.status().frames


def _mark(t: float, spent: list[float]) -> Mark:
    middle, high = np.percentile(spent, (50, 95))
    return Mark(
        minutes=t / 60.0,
        resident_mb=resident_mb(),
        handles=len(os.listdir(_HANDLES)) if _HANDLES.exists() else None,
        threads=_threads(),
        median_ms=1e3 * float(middle),
        p95_ms=1e3 * float(high),
    )


def _threads() -> int:
    tasks = Path("/proc/self/task")
    return len(os.listdir(tasks)) if tasks.exists() else threading.active_count()


def _trend(marks: list[Mark], frames: int, recorded: int) -> Trend:
    if len(marks) < 2:
        raise BenchError("a long run needs at least two marks: make it longer")
    settled = [m for m in marks if m.minutes >= 0.1 * marks[-1].minutes]
    tenth = max(1, len(settled) // 10)
    first, last = settled[:tenth], settled[-tenth:]
    held = [m.resident_mb for m in settled if m.resident_mb is not None]
    minutes = [m.minutes for m in settled if m.resident_mb is not None]
    told = len(held) > 2 and minutes[-1] - minutes[0] >= SLOPE_MINUTES
    slope = 60.0 * float(np.polyfit(minutes, held, 1)[0]) if told else None
    return Trend(
        minutes=marks[-1].minutes,
        frames=frames,
        recorded_frames=recorded,
        start_mb=held[0] if held else None,
        end_mb=held[-1] if held else None,
        peak_mb=max(held, default=None),
        slope_mb_per_hour=slope,
        start_handles=settled[0].handles,
        end_handles=settled[-1].handles,
        start_threads=settled[0].threads,
        end_threads=settled[-1].threads,
        start_median_ms=statistics.median(m.median_ms for m in first),
        end_median_ms=statistics.median(m.median_ms for m in last),
        start_p95_ms=statistics.median(m.p95_ms for m in first),
        end_p95_ms=statistics.median(m.p95_ms for m in last),
    )
