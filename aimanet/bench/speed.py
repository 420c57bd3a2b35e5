"""The figures the project promises: load live, time per stage, speed on files, memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from aimanet.bench.memory import resident_mb
from aimanet.bench.repeat import RepeatedSource
from aimanet.face import FaceTracker
from aimanet.live import CaptureFeed
from aimanet.methods import PulseMethod
from aimanet.pipeline import Pipeline
from aimanet.sources import open_source
from aimanet.stop import StopRequest
from aimanet.synthesis import DemoScene, SceneConfig
from aimanet.synthesis.export import HIGH_QUALITY, VideoWriter
from aimanet.types import Clip

CLIP_SECONDS = 20.0
FPS = 30.0
SIZE = (640, 480)
WARM_UP_S = 3.0
"""Live seconds before the load is measured: first calls of the libraries cost more."""


@dataclass(frozen=True, slots=True)
class LiveLoad:
    """A real-time run of ``seconds``.

    ``core_share`` is processor time over clock time (1.0 is one core), of the whole process
    with decoding; ``read_fps`` frames that went through the pipeline a second; ``dropped``
    frames lost to a full queue.
    """

    seconds: float
    frames: int
    dropped: int
    read_fps: float
    core_share: float
    detect_ms: float
    window_ms: float
    network_ms: float
    pulse_ms: float


@dataclass(frozen=True, slots=True)
class FileSpeed:
    """A recording analysed as fast as possible; ``times_real_time`` without the start."""

    seconds: float
    frames: int
    ms_per_frame: float
    times_real_time: float


@dataclass(frozen=True, slots=True)
class MemoryMark:
    """Resident memory (MB) after ``minutes`` of video."""

    minutes: float
    resident_mb: float


@dataclass(frozen=True, slots=True)
class MemoryTrend:
    """Resident memory over a long run, and its slope after the first tenth."""

    minutes: float
    start_mb: float
    end_mb: float
    peak_mb: float
    slope_mb_per_hour: float


def draw_clip(path: Path, seconds: float, size: tuple[int, int] = SIZE) -> Path:
    """Writes the demo face as a video (30 fps, H.264) and returns its path."""
    config = SceneConfig(seconds=seconds, fps=FPS, width=size[0], height=size[1])
    scene = DemoScene(config)
    with VideoWriter(path, FPS, size, HIGH_QUALITY) as video:
        for k in range(round(seconds * FPS)):
            video.write(scene.render(k))
    return path


def live_load(method: PulseMethod, clip: Path, seconds: float) -> LiveLoad:
    """Plays the clip in real time as a camera would and measures what the process takes."""
    source = RepeatedSource(open_source(str(clip), realtime=True), WARM_UP_S + seconds)
    tracker = FaceTracker()
    pipeline = Pipeline(method, tracker)
    pipeline.reset()
    frames = dropped = 0
    clock = processor = 0.0
    with CaptureFeed(source, StopRequest()) as feed:
        for frame in feed.frames():
            pipeline.step(frame)
            if frame.t < WARM_UP_S:
                clock, processor, dropped = time.perf_counter(), time.process_time(), feed.dropped
            else:
                frames += 1
        clock = time.perf_counter() - clock
        processor = time.process_time() - processor
        dropped = feed.dropped - dropped
    tracker.close()
    stages = pipeline.stage_ms
    return LiveLoad(
        seconds=clock,
        frames=frames,
        dropped=dropped,
        read_fps=frames / clock,
        core_share=processor / clock,
        detect_ms=stages.detect,
        window_ms=stages.window,
        network_ms=stages.network,
        pulse_ms=stages.pulse,
    )


def network_ms(method: PulseMethod, frames: int = 900) -> float:
    """Milliseconds a method takes per frame, alone, on random pictures."""
    depth, size = method.recipe.frame_depth, method.recipe.image_size
    rng = np.random.default_rng(0)
    crops = rng.uniform(60, 200, (depth + 1, size, size, 3)).astype(np.float32)
    method.reset()

    def clip(i: int) -> Clip:
        t = (i * depth + np.arange(depth + 1)) / method.recipe.fs
        return Clip(t, method.recipe.fs, crops, 1.0 / method.recipe.fs, starts=i == 0)

    rounds = max(1, frames // depth)
    for i in range(10):
        method.process(clip(i))
    began = time.perf_counter()
    for i in range(10, 10 + rounds):
        method.process(clip(i))
    spent = time.perf_counter() - began
    method.reset()
    return 1e3 * spent / (rounds * depth)


def file_speed(method: PulseMethod, clip: Path) -> FileSpeed:
    """Analyses the clip as ``analyze`` does and compares with its length."""
    tracker = FaceTracker()
    pipeline = Pipeline(method, tracker)
    pipeline.reset()
    with open_source(str(clip), realtime=False) as source:
        began = time.perf_counter()
        for frame in source:
            pipeline.step(frame)
        spent = time.perf_counter() - began
    tracker.close()
    summary = pipeline.summary()
    return FileSpeed(
        seconds=summary.duration_s,
        frames=summary.frames,
        ms_per_frame=1e3 * spent / summary.frames,
        times_real_time=summary.duration_s / spent,
    )


def memory_marks(
    method: PulseMethod,
    clip: Path,
    minutes: float,
    every_s: float = 30.0,
    measure: Callable[[], float | None] = resident_mb,
) -> Iterator[MemoryMark]:
    """Plays ``minutes`` of video as fast as possible; a mark for each ``every_s`` of it."""
    source = RepeatedSource(open_source(str(clip), realtime=False), 60.0 * minutes)
    tracker = FaceTracker()
    pipeline = Pipeline(method, tracker)
    pipeline.reset()
    due = 0.0
    with source:
        for frame in source:
            pipeline.step(frame)
            if frame.t >= due:
                due += every_s
                held = measure()
                if held is not None:
                    yield MemoryMark(frame.t / 60.0, held)
    tracker.close()


def trend(marks: list[MemoryMark]) -> MemoryTrend | None:
    """What the marks say; None for fewer than three after the first tenth."""
    minutes = np.array([mark.minutes for mark in marks])
    held = np.array([mark.resident_mb for mark in marks])
    if not len(marks):
        return None
    settled = minutes >= 0.1 * minutes[-1]
    if settled.sum() < 3:
        return None
    return MemoryTrend(
        minutes=float(minutes[-1]),
        start_mb=float(held[settled][0]),
        end_mb=float(held[-1]),
        peak_mb=float(held.max()),
        slope_mb_per_hour=float(60.0 * np.polyfit(minutes[settled], held[settled], 1)[0]),
    )
