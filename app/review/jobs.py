"""Slow work of the page, each piece in a thread of its own that is joined, never terminated."""

from __future__ import annotations

import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QThread, Signal, Slot

from app.workers import words_for

Work = Callable[["Job"], object]
Then = Callable[["Job"], None]


class Job(QThread):
    """Runs ``work(job)``; ``result`` and ``problem`` (one line) are there when it is done.

    ``work`` looks at ``cancelled`` now and then and tells how far it is with `tell`.
    """

    progressed = Signal(int, float, str)
    done = Signal(int)

    def __init__(self, number: int, doing: str, work: Work) -> None:
        super().__init__()
        self.setObjectName(doing)
        self.number, self.doing = number, doing
        self.result: object = None
        self.problem = ""
        self.stopping = threading.Event()
        self._work = work

    @property
    def cancelled(self) -> bool:
        """Nobody waits for the result any more."""
        return self.stopping.is_set()

    def cancel(self) -> None:
        """Ask it to end soon."""
        self.stopping.set()

    def tell(self, share: float, words: str = "") -> None:
        """How much of it (0-1) is done."""
        self.progressed.emit(self.number, share, words)

    def run(self) -> None:
        """The work; whatever goes wrong becomes ``problem``."""
        try:
            self.result = self._work(self)
        except Exception as problem:  # a thread's last stop: whatever it is, the page says it
            self.problem = words_for(problem, self.doing)
        finally:
            self.done.emit(self.number)


class Jobs(QObject):
    """The jobs that are under way; callbacks come in the GUI thread.

    A cancelled job's callback is not called. ``changed`` says that one began or ended.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._count = 0
        self._running: dict[int, tuple[Job, Then, Then | None]] = {}
        self._told: dict[int, tuple[float, str]] = {}

    @property
    def busy(self) -> bool:
        """A thread is still alive."""
        return bool(self._running)

    def start(self, doing: str, work: Work, then: Then, progress: Then | None = None) -> Job:
        """Begin ``work``; ``then(job)`` when it is done, ``progress(job)`` whenever it tells."""
        self._count += 1
        job = Job(self._count, doing, work)
        self._running[job.number] = (job, then, progress)
        queued = Qt.ConnectionType.QueuedConnection
        job.progressed.connect(self._on_progress, queued)
        job.done.connect(self._on_done, queued)
        job.start()
        self.changed.emit()
        return job

    def told(self, job: Job) -> tuple[float, str]:
        """What a job said last of how far it is."""
        return self._told.get(job.number, (0.0, ""))

    def cancel(self) -> None:
        """Ask all to end soon; nobody is called back."""
        for job, _, _ in self._running.values():
            job.cancel()

    def wait(self) -> None:
        """Cancel and block until every thread has ended."""
        self.cancel()
        for job, _, _ in self._running.values():
            job.wait()
        self._running.clear()
        self._told.clear()

    @Slot(int, float, str)
    def _on_progress(self, number: int, share: float, words: str) -> None:
        found = self._running.get(number)
        if found is None:
            return
        job, _, progress = found
        self._told[number] = (share, words)
        if progress is not None and not job.cancelled:
            progress(job)

    @Slot(int)
    def _on_done(self, number: int) -> None:
        found = self._running.pop(number, None)
        self._told.pop(number, None)
        if found is None:
            return
        job, then, _ = found
        job.wait()
        if not job.cancelled:
            then(job)
        self.changed.emit()
        job.deleteLater()
