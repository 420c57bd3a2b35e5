"""The two threads of a live run: source -> face, and window -> network -> pulse.

Both are QThreads that end by themselves once the queue between them is told to. Nothing here is
ever terminated: closing means ``RunLink.abort`` and then waiting for ``done``.
The picture comes first: the face detector and the method, which take longer to load than all else,
begin when it is on the screen.
Signals carry the run's number, so that a late word of an old run is told from the present one.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import PurePath
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QThread, Signal

from aimanet.errors import AimaNetError, FaceModelError, SourceInterrupted, UnknownRateError
from aimanet.sources.formats import is_synthetic
from aimanet.types import FaceCrop, Frame
from app.face_loader import FaceLoader
from app.link import MethodWish, Picture, RunLink

if TYPE_CHECKING:  # these bring in OpenCV, MediaPipe or SciPy: the workers load them
    from aimanet.methods import PulseMethod
    from aimanet.pipeline import Pipeline
    from aimanet.sources import Source
    from aimanet.sources.base import Faces

log = logging.getLogger(__name__)

FALLBACK_METHOD = "pos"

_STAGES = ("window", "network", "pulse")

FIRST_PICTURE_S = 2.0
"""How long loading waits for a first picture: a camera that is slow to open leaves time for it."""


def words_for(problem: Exception, doing: str) -> str:
    """One line for the window; an unexpected one goes to the log in full."""
    if isinstance(problem, AimaNetError):
        return str(problem)
    log.error("while %s", doing, exc_info=problem)
    return f"An unexpected error occurred while {doing}: {str(problem) or type(problem).__name__}"


class CaptureWorker(QThread):
    """Reads the source and finds the face; opens and closes both in its own thread."""

    progress = Signal(int, str)
    opened = Signal(int, str, str)
    interrupted = Signal(int, str)
    resumed = Signal(int)
    face_failed = Signal(int, str)
    failed = Signal(int, str)
    rate_asked = Signal(int, str)
    ended = Signal(int)
    done = Signal(int)

    def __init__(self, link: RunLink) -> None:
        super().__init__()
        self.setObjectName("capture")
        self._link = link
        self._tracker: Faces | None = None
        self._loader: FaceLoader | None = None
        self._last_index: int | None = None
        self._arrivals: list[float] = []

    def run(self) -> None:
        """Until the source ends, fails for good, or the run is aborted."""
        try:
            self._capture()
        except UnknownRateError as problem:
            name = PurePath(problem.where).name
            self.rate_asked.emit(self._link.number, f"{name} {problem.reason}")
        except Exception as problem:  # a thread's last stop: whatever it is, the window says it
            self.failed.emit(self._link.number, words_for(problem, "reading the source"))
        finally:
            if self._loader is not None:
                self._loader.join()
            if self._tracker is not None:
                self._tracker.close()
            self._link.crops.finish()
            self.done.emit(self._link.number)

    def _capture(self) -> None:
        from aimanet.sources import open_source

        number = self._link.number
        source = open_source(self._link.spec, fps=self._link.fps)
        drawn = is_synthetic(self._link.spec)
        self.progress.emit(number, f"Opening {source.label.lower() if drawn else source.label}…")
        try:
            info = source.open()
            self._link.figures.live = source.live
            self._link.opened = (source, info)
            self.opened.emit(number, source.label, info.detail)
            self._begin_loading(source)
            frames = self._frames(source)
            for frame in frames if source.live else self._once_ready(frames):
                if self._loader is not None and self._loader.ready:
                    self._take_tracker(self._loader)
                self._take(frame, source)
        finally:
            source.close()
        if not self._link.stopping.is_set():
            self.ended.emit(number)

    def _begin_loading(self, source: Source) -> None:
        self._tracker = source.tracker()
        if self._tracker is None:
            self.progress.emit(self._link.number, "Loading the face detector…")
            link = self._link
            self._loader = FaceLoader(link.shown, link.stopping, FIRST_PICTURE_S)

    def _once_ready(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        """Of a file nothing may be lost: its first picture stays until all is loaded."""
        for first in frames:
            self._show(first, FaceCrop(first.index, first.t, None, None))
            if self._loader is not None:
                self._loader.wait()
            self._link.method_ready.wait()
            yield first
            yield from frames

    def _take_tracker(self, loader: FaceLoader) -> None:
        self._loader = None
        if self._link.stopping.is_set():
            return
        try:
            self._tracker = loader.make()
        except FaceModelError as problem:  # the picture is still worth seeing
            self.face_failed.emit(self._link.number, str(problem))

    def _frames(self, source: Source) -> Iterator[Frame]:
        gone = False
        while not self._link.stopping.is_set():
            try:
                frame = source.read()
            except SourceInterrupted as problem:
                if not gone:
                    self.interrupted.emit(self._link.number, str(problem))
                gone = True
                continue
            if frame is None:
                return
            if gone:
                self.resumed.emit(self._link.number)
                gone = False
            yield frame

    def _take(self, frame: Frame, source: Source) -> None:
        self._count(frame)
        if not source.live:
            self._link.figures.clock_s = time.perf_counter() - frame.t
        crop = self._track(frame)
        self._show(frame, crop)
        recorder = self._link.recorder
        if recorder is not None:  # also of files: recording never slows the picture
            recorder.offer(frame, crop)
        sampler = self._link.sampler
        if sampler is not None:
            sampler.offer(frame, crop)
        if self._tracker is None:
            return
        if source.live or source.keeps_time:
            self._link.crops.put(crop)
        else:
            self._link.crops.put_waiting(crop)

    def _show(self, frame: Frame, face: FaceCrop) -> None:
        grabbed = frame.t + self._link.figures.clock_s
        self._link.pictures.put(Picture(frame.t, frame.image, face.bbox, grabbed, face.others))

    def _track(self, frame: Frame) -> FaceCrop:
        if self._tracker is None:
            return FaceCrop(frame.index, frame.t, None, None)
        chosen = self._link.face_choices.take()
        choose = getattr(self._tracker, "choose", None)  # recorded faces cannot be chosen
        if chosen is not None and choose is not None:
            choose(chosen)
        start = time.perf_counter()
        crop = self._tracker.track(frame)
        took_ms = 1000 * (time.perf_counter() - start)
        figures = self._link.figures
        figures.detect_ms += (took_ms - figures.detect_ms) * (0.05 if figures.detect_ms else 1.0)
        return crop

    def _count(self, frame: Frame) -> None:
        figures = self._link.figures
        figures.frames += 1
        if self._last_index is not None:
            figures.frames_missed += max(0, frame.index - self._last_index - 1)
        self._last_index = frame.index
        self._arrivals = [*self._arrivals[-59:], time.perf_counter()]
        spent = self._arrivals[-1] - self._arrivals[0]
        figures.fps = (len(self._arrivals) - 1) / spent if spent > 0 else 0.0


class InferenceWorker(QThread):
    """Crops to readings; changes method, device and window between two crops."""

    progress = Signal(int, str)
    method_changed = Signal(int, str, str)
    method_failed = Signal(int, str, str)
    method_said = Signal(int, str)
    reading = Signal(int, object)
    summarised = Signal(int, object)
    failed = Signal(int, str)
    done = Signal(int)

    def __init__(self, link: RunLink) -> None:
        super().__init__()
        self.setObjectName("inference")
        self._link = link
        self._said: str | None = None

    def run(self) -> None:
        """Until the queue is exhausted; a method that cannot be had is replaced and named."""
        try:
            self._infer()
        except Exception as problem:  # as in CaptureWorker.run
            self.failed.emit(self._link.number, words_for(problem, "reading the pulse"))
            self._link.abort()
        finally:
            self._link.method_ready.set()
            self.done.emit(self._link.number)

    def _infer(self) -> None:
        self._link.shown.wait(FIRST_PICTURE_S)
        if self._link.stopping.is_set():
            return
        self.progress.emit(self._link.number, "Loading the method…")
        method = self._load(self._link.wish) or self._load(MethodWish(FALLBACK_METHOD, "cpu"))
        if method is None:
            self._link.abort()
        if method is None or self._link.stopping.is_set():
            return
        from aimanet.estimate import PulseConfig
        from aimanet.pipeline import Pipeline

        import_module("aimanet.sessions.recorder")  # here: the record button must not wait for it
        window_s = self._link.window_s
        pipeline = Pipeline(method, config=PulseConfig(window_s=window_s))
        self._link.method_ready.set()
        while not self._link.crops.exhausted:
            crop = self._link.crops.get()
            method = self._follow_wishes(pipeline, method)
            if self._link.window_s != window_s:
                window_s = self._link.window_s
                pipeline.set_config(PulseConfig(window_s=window_s))
            if crop is not None:
                self._push(pipeline, method, crop)
        if not self._link.stopping.is_set():
            self.summarised.emit(self._link.number, pipeline.summary())

    def _push(self, pipeline: Pipeline, method: PulseMethod, crop: FaceCrop) -> None:
        reading = pipeline.push(crop)
        if reading is None:
            return
        self._tell_notice(method)
        recorder = self._link.recorder
        if recorder is not None:
            recorder.reading(reading)
        mask = getattr(method, "last_attention", None) if self._link.overlay else None
        if mask is not None:
            self._link.masks.put(np.array(mask, dtype=np.float32))
        figures = self._link.figures
        times = pipeline.stage_ms
        figures.stages = {name: float(getattr(times, name)) for name in _STAGES}
        figures.latency_s = reading.latency_s + time.perf_counter() - (crop.t + figures.clock_s)
        self.reading.emit(self._link.number, reading)

    def _tell_notice(self, method: PulseMethod) -> None:
        """Pass on, once, what a method says of itself: that the GPU gave up, say."""
        said: str | None = getattr(method, "notice", None)
        if said and said != self._said:
            self.method_said.emit(self._link.number, said)
            self._name(method)
        self._said = said

    def _name(self, method: PulseMethod) -> None:
        device = str(getattr(method, "device", ""))
        self.method_changed.emit(self._link.number, method.name, device)

    def _follow_wishes(self, pipeline: Pipeline, method: PulseMethod) -> PulseMethod:
        wish = self._link.wishes.take()
        other = self._load(wish) if wish is not None else None
        if other is None:
            return method
        pipeline.set_method(other)
        recorder = self._link.recorder
        if recorder is not None:
            recorder.mark(f"method: {other.model or other.name}")
        return other

    def _load(self, wish: MethodWish) -> PulseMethod | None:
        try:
            from aimanet.methods import make_method

            weights = wish.weights if wish.method == "tscan" else None
            method = make_method(wish.method, device=wish.device, weights=weights, threads=1)
        except Exception as problem:  # a method we cannot have must not end the run
            words = words_for(problem, f"loading {wish.method}")
            self.method_failed.emit(self._link.number, wish.method, words)
            return None
        self._link.method = method
        self._name(method)
        return method
