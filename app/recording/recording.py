"""The recording that is going on, from the first frame to the last byte on the disk."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.engine import LiveEngine, Phase
from app.link import RunLink
from app.recording.plan import Plan
from app.recording.words import Ending, Reason, ending_of

if TYPE_CHECKING:  # the inference worker has loaded these by the time a recording can start
    from aimanet.sessions.info import SessionInfo
    from aimanet.sessions.recorder import Recorder, RecorderStatus
    from aimanet.sessions.writer import SessionWriter

_TICK_MS = 250

_REASONS = {
    Phase.ENDED: Reason.SOURCE_ENDED,
    Phase.FAILED: Reason.SOURCE_LOST,
    Phase.IDLE: Reason.STOPPED,
}


@dataclass(eq=False)
class _Take:
    recorder: Recorder
    link: RunLink
    reason: Reason = Reason.ASKED
    frames: int = -1  # as last seen, and when that changed
    moved_at: float = 0.0


class Recording(QObject):
    """At most one recording at a time; those before it may still be writing their last frames.

    It follows the run whose pictures it records: when that is over, so is the recording.
    Nothing here waits, except `end`.
    """

    changed = Signal()
    ended = Signal(object)

    def __init__(self, engine: LiveEngine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._take: _Take | None = None
        self._ending: list[_Take] = []
        self._lost = False
        self._tick = QTimer(self, interval=_TICK_MS)
        self._tick.timeout.connect(self._on_tick)
        engine.phase_changed.connect(self._on_phase)
        engine.method_changed.connect(self.changed)

    @property
    def on(self) -> bool:
        """Pictures are being recorded."""
        return self._take is not None

    @property
    def can_start(self) -> bool:
        """There is a run with pictures and a method, and it is not recorded yet."""
        link = self._engine.link
        ready = link is not None and link.opened is not None and link.method is not None
        return ready and not self.on and self._engine.phase is Phase.RUNNING

    @property
    def busy(self) -> bool:
        """Something is still being written."""
        return self.on or bool(self._ending)

    @property
    def status(self) -> RecorderStatus | None:
        """Of the recording that is going on, or of one that is finishing."""
        take = self._take or (self._ending[-1] if self._ending else None)
        return None if take is None else take.recorder.status()

    @property
    def still_s(self) -> float:
        """Since when (s) nothing more has reached the disk: a disk that hangs."""
        now = time.monotonic()
        for take in self._takes:
            frames = take.recorder.status().frames
            if frames != take.frames:
                take.frames, take.moved_at = frames, now
        return min((now - take.moved_at for take in self._takes), default=0.0)

    @property
    def _takes(self) -> list[_Take]:
        return [*self._ending, *([self._take] if self._take else [])]

    def start(self, plan: Plan) -> None:
        """Record from the next frame on; nothing happens where `can_start` is False."""
        link = self._engine.link
        if not self.can_start or link is None:
            return
        from aimanet.sessions.recorder import Recorder

        recorder = Recorder(_writer_for(link, plan)).start()
        self._take = _Take(recorder, link)
        self._lost = False
        link.recorder = recorder
        self._tick.start()
        self.changed.emit()

    @Slot()
    def stop(self) -> None:
        """End the recording; ``ended`` follows when everything is written."""
        self._finish(Reason.ASKED)

    def mark(self, name: str) -> int | None:
        """Drop a marker at the newest frame; its number, for `rename_mark`."""
        return None if self._take is None else self._take.recorder.mark(name)

    def rename_mark(self, number: int, name: str) -> None:
        """Give a marker of the present recording another name."""
        if self._take is not None:
            self._take.recorder.rename_mark(number, name)

    def end(self) -> None:
        """Stop and block until every byte is written."""
        self.stop()
        for take in self._ending:
            take.recorder.stop()
        self._ending.clear()
        self._tick.stop()

    def _finish(self, reason: Reason) -> None:
        take = self._take
        if take is None:
            return
        take.reason = reason
        take.link.recorder = None
        take.recorder.finish()
        take.moved_at = time.monotonic()
        self._take = None
        self._ending.append(take)
        self.changed.emit()

    @Slot(object)
    def _on_phase(self, phase: Phase) -> None:
        if phase is Phase.RECONNECTING and self.on:
            self._lost = True
            self.mark("source lost")
        elif phase is Phase.RUNNING and self._lost:
            self._lost = False
            self.mark("source back")
        self._follow()
        self.changed.emit()

    def _follow(self) -> None:
        """End with the run; a run that failed is over when its last readings have come."""
        if self._take is not None and self._engine.link is not self._take.link:
            self._finish(_REASONS.get(self._engine.phase, Reason.REPLACED))

    @Slot()
    def _on_tick(self) -> None:
        self._follow()
        if self._take is not None and self._take.recorder.error is not None:
            self._finish(Reason.ASKED)
        for take in [take for take in self._ending if take.recorder.finished]:
            self._ending.remove(take)
            self.ended.emit(_last_word(take))
        if not self.busy:
            self._tick.stop()
        self.changed.emit()


def _writer_for(link: RunLink, plan: Plan) -> Callable[[], SessionWriter]:
    """What makes the writer in the recorder's thread: a slow disk is slow there."""
    from aimanet.sessions.info import now
    from aimanet.sessions.layout import create_new
    from aimanet.sessions.writer import SessionWriter

    info = _info(link, plan)
    return lambda: SessionWriter(create_new(plan.folder, now()), info)


def _info(link: RunLink, plan: Plan) -> SessionInfo:
    from aimanet.sessions.info import Consent, keeping
    from aimanet.sessions.origin import describe, with_method

    assert link.opened is not None
    assert link.method is not None
    typed = {
        **keeping(plan.keep),
        "participant": plan.participant,
        "notes": plan.notes,
        "consent": Consent(shown=plan.reminded, confirmed=plan.agreed),
    }
    described = describe(*link.opened).model_copy(update=typed)
    return with_method(described, link.method, link.window_s)


def _last_word(take: _Take) -> Ending:
    status = take.recorder.status()
    ending = ending_of(status, take.reason)
    if status.folder is not None and not status.frames and not status.error:
        from aimanet.sessions.layout import SessionError
        from aimanet.sessions.library import delete

        try:
            delete(status.folder)
        except SessionError:
            pass  # an empty session in the list does no harm
    return ending
