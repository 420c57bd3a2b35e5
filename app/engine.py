"""Starts, stops and replaces live runs; the window's only partner for everything in threads."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QObject, Qt, Signal, Slot

from aimanet.types import BBox
from app.link import MethodWish, RunLink
from app.workers import CaptureWorker, InferenceWorker


class Phase(Enum):
    """Where a run stands."""

    IDLE = "idle"
    LOADING = "loading"
    RUNNING = "running"
    RECONNECTING = "reconnecting"
    ENDED = "ended"
    FAILED = "failed"


@dataclass(eq=False)
class _Run:
    link: RunLink
    capture: CaptureWorker
    inference: InferenceWorker
    unfinished: int = 2
    ended: bool = False


class LiveEngine(QObject):
    """One live run at a time, each with its own pair of threads.

    A run that is stopped retires: its threads end by themselves while the next run starts
    already, unless both want the same source (a camera can be held only once).
    All signals are emitted in the GUI thread. ``rate_asked`` (spec, reason) comes in place of
    ``failed`` where a recording does not say its frame rate.

    Attributes:
        stated_fps: the frame rates that a person stated, by spec.
    """

    phase_changed = Signal(object)
    progress = Signal(str)
    opened = Signal(str, str)
    interrupted = Signal(str)
    reading = Signal(object)
    method_changed = Signal(str, str)
    method_failed = Signal(str, str)
    method_said = Signal(str)
    face_failed = Signal(str)
    failed = Signal(str)
    rate_asked = Signal(str, str)
    summarised = Signal(object)
    all_stopped = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.phase = Phase.IDLE
        self._run: _Run | None = None
        self._retiring: list[_Run] = []
        self._waiting: RunLink | None = None
        self._count = 0
        self.stated_fps: dict[str, float] = {}

    @property
    def link(self) -> RunLink | None:
        """What the present run shares with the window; None when nothing runs."""
        return self._run.link if self._run else None

    @property
    def active(self) -> bool:
        """A run is going on or about to."""
        return self._run is not None or self._waiting is not None

    @property
    def busy(self) -> bool:
        """A thread is still alive, be it one that is only ending."""
        return self._run is not None or bool(self._retiring)

    def start(self, spec: str, wish: MethodWish, window_s: float, overlay: bool) -> None:
        """Replace the present run, if any, by one on ``spec``."""
        self._retire()
        self._count += 1
        fps = self.stated_fps.get(spec)
        self._waiting = RunLink(self._count, spec, wish, window_s, overlay, fps)
        self._enter(Phase.LOADING)
        self._start_waiting()

    def stop(self) -> None:
        """End the present run; ``all_stopped`` follows when its threads are gone."""
        self._waiting = None
        self._retire()
        self._enter(Phase.IDLE)

    def wait(self) -> None:
        """Stop and block until every thread has ended."""
        self.stop()
        for run in self._retiring:
            run.capture.wait()
            run.inference.wait()
        self._retiring.clear()

    def set_method(self, wish: MethodWish) -> None:
        """Change method or device while running; nothing is lost of the curve."""
        for link in self._links():
            link.wish = wish
            link.wishes.put(wish)
            link.crops.nudge()

    def set_window(self, window_s: float) -> None:
        """Change the length of the spectrum's window, in seconds."""
        for link in self._links():
            link.window_s = window_s

    def set_overlay(self, overlay: bool) -> None:
        """Whether attention masks are handed over."""
        for link in self._links():
            link.overlay = overlay

    @Slot(tuple)
    def choose_face(self, bbox: BBox) -> None:
        """Read the face in ``bbox`` (px of the picture) instead of the one being followed."""
        if self._run is not None:
            self._run.link.face_choices.put(bbox)

    def _links(self) -> list[RunLink]:
        present = [self._run.link] if self._run else []
        return [*present, *([self._waiting] if self._waiting else [])]

    def _enter(self, phase: Phase) -> None:
        if phase is not self.phase:
            self.phase = phase
            self.phase_changed.emit(phase)

    def _retire(self) -> None:
        if self._run is not None:
            self._run.link.abort()
            self._retiring.append(self._run)
            self._run = None

    def _start_waiting(self) -> None:
        link = self._waiting
        if link is None or any(run.link.spec == link.spec for run in self._retiring):
            return
        self._waiting = None
        self._run = _Run(link, CaptureWorker(link), InferenceWorker(link))
        self._connect(self._run)
        self._run.inference.start()
        self._run.capture.start()

    def _connect(self, run: _Run) -> None:
        queued = Qt.ConnectionType.QueuedConnection
        for worker in (run.capture, run.inference):
            worker.progress.connect(self._on_progress, queued)
            worker.failed.connect(self._on_failed, queued)
            worker.done.connect(self._on_done, queued)
        run.capture.opened.connect(self._on_opened, queued)
        run.capture.interrupted.connect(self._on_interrupted, queued)
        run.capture.resumed.connect(self._on_resumed, queued)
        run.capture.face_failed.connect(self._on_face_failed, queued)
        run.capture.rate_asked.connect(self._on_rate_asked, queued)
        run.capture.ended.connect(self._on_ended, queued)
        run.inference.method_changed.connect(self._on_method_changed, queued)
        run.inference.method_failed.connect(self._on_method_failed, queued)
        run.inference.method_said.connect(self._on_method_said, queued)
        run.inference.reading.connect(self._on_reading, queued)
        run.inference.summarised.connect(self._on_summarised, queued)

    def _is_present(self, number: int) -> bool:
        return self._run is not None and self._run.link.number == number

    @Slot(int, str)
    def _on_progress(self, number: int, text: str) -> None:
        if self._is_present(number):
            self.progress.emit(text)

    @Slot(int, str, str)
    def _on_opened(self, number: int, label: str, detail: str) -> None:
        if self._is_present(number):
            self._enter(Phase.RUNNING)
            self.opened.emit(label, detail)

    @Slot(int, str)
    def _on_interrupted(self, number: int, text: str) -> None:
        if self._is_present(number):
            self._enter(Phase.RECONNECTING)
            self.interrupted.emit(text)

    @Slot(int)
    def _on_resumed(self, number: int) -> None:
        if self._is_present(number):
            self._enter(Phase.RUNNING)

    @Slot(int, str)
    def _on_face_failed(self, number: int, text: str) -> None:
        if self._is_present(number):
            self.face_failed.emit(text)

    @Slot(int, str)
    def _on_failed(self, number: int, text: str) -> None:
        if self._is_present(number):
            self._enter(Phase.FAILED)
            self.failed.emit(text)

    @Slot(int, str)
    def _on_rate_asked(self, number: int, reason: str) -> None:
        if self._run is not None and self._is_present(number):
            self._enter(Phase.FAILED)
            self.rate_asked.emit(self._run.link.spec, reason)

    @Slot(int)
    def _on_ended(self, number: int) -> None:
        if self._run is not None and self._is_present(number):
            self._run.ended = True

    @Slot(int, str, str)
    def _on_method_changed(self, number: int, name: str, device: str) -> None:
        if self._is_present(number):
            self.method_changed.emit(name, device)

    @Slot(int, str, str)
    def _on_method_failed(self, number: int, name: str, text: str) -> None:
        if self._is_present(number):
            self.method_failed.emit(name, text)

    @Slot(int, str)
    def _on_method_said(self, number: int, text: str) -> None:
        if self._is_present(number):
            self.method_said.emit(text)

    @Slot(int, object)
    def _on_reading(self, number: int, reading: object) -> None:
        if self._is_present(number):
            self.reading.emit(reading)

    @Slot(int, object)
    def _on_summarised(self, number: int, summary: object) -> None:
        if self._is_present(number):
            self.summarised.emit(summary)

    @Slot(int)
    def _on_done(self, number: int) -> None:
        known = [*self._retiring, *([self._run] if self._run else [])]
        run = next((run for run in known if run.link.number == number), None)
        if run is None:
            return
        run.unfinished -= 1
        if run.unfinished:
            return
        run.capture.wait()  # `done` is the last thing a worker does: this does not block
        run.inference.wait()
        if run is self._run:
            self._run = None
            if self.phase is not Phase.FAILED:
                self._enter(Phase.ENDED if run.ended else Phase.FAILED)
        else:
            self._retiring.remove(run)
        self._start_waiting()
        if not self.busy:
            self.all_stopped.emit()
