"""Processes that crop recordings side by side, and are not missed when one of them dies.

A pool of our own and not `concurrent.futures`: there a worker that is killed (out of memory, a
decoder's crash) takes all others and the news of whose fault it was with it.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from aimanet.datasets.base import DatasetError, Recording
from aimanet.datasets.entry import real
from aimanet.datasets.upkeep import Outcome, Settings, Upkeep
from aimanet.errors import AimaNetError

READY = "ready"


@dataclass(slots=True)
class Worker:
    """One process, this end of its pipe, what it does now and what it does next."""

    process: BaseProcess
    pipe: Connection
    ready: bool = False
    now: Recording | None = None
    then: deque[Recording] = field(default_factory=deque)


class Workers:
    """A few processes and the recordings that wait for them.

    Recordings in one file (an archive) go to one worker: it reads the file's bytes once for all.
    Leaving it ends the processes at once, whatever they are doing.
    """

    def __init__(self, recordings: Iterable[Recording], settings: Settings, jobs: int) -> None:
        self._settings = settings
        self._groups = _by_file(recordings)
        self._count = min(jobs, len(self._groups))
        self._workers: dict[Connection, Worker] = {}

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers.values():
            worker.process.kill()
        for worker in self._workers.values():
            worker.process.join()
            worker.pipe.close()
        self._workers.clear()

    def run(self) -> Iterator[tuple[Recording, Outcome]]:
        """The outcomes, as they come.

        Raises:
            AimaNetError: what no recording is to blame for: no room, no detector, no processes.
        """
        for _ in range(self._count):
            self._start(deque())
        while self._workers:
            for pipe in wait(list(self._workers)):
                assert isinstance(pipe, Connection)
                yield from self._hear(self._workers[pipe])

    def _start(self, then: deque[Recording]) -> None:
        context = multiprocessing.get_context("spawn")
        here, there = context.Pipe()
        arguments = (there, self._settings)
        process = context.Process(target=_work, args=arguments, daemon=True, name="aimanet-crops")
        with _interrupts_blocked():
            process.start()
        there.close()  # or its end would never be seen
        self._workers[here] = Worker(process, here, then=then)

    def _hear(self, worker: Worker) -> Iterator[tuple[Recording, Outcome]]:
        try:
            said = worker.pipe.recv()
        except (EOFError, OSError):
            yield from self._bury(worker)
            return
        if isinstance(said, AimaNetError):
            raise said
        worker.ready = True
        done, worker.now = worker.now, None
        self._give(worker)
        if done is not None:
            yield done, said

    def _give(self, worker: Worker) -> None:
        """The next recording, or the end."""
        if not worker.then and self._groups:
            worker.then = self._groups.popleft()
        if worker.then:
            worker.now = worker.then.popleft()
            try:
                worker.pipe.send(worker.now)
            except OSError:
                pass  # it died: its end of the pipe will say so
        else:
            self._forget(worker)

    def _bury(self, worker: Worker) -> Iterator[tuple[Recording, Outcome]]:
        """Tells which recording a worker died of, and puts another in its place."""
        self._forget(worker)
        how = _how_it_ended(worker.process.exitcode)
        if not worker.ready:
            raise DatasetError(f"cannot start worker processes ({how}); try with 1 job")
        if worker.then or self._groups:
            self._start(worker.then)
        if worker.now is not None:
            yield worker.now, Outcome("skipped", reason=f"the process that read it {how}")

    def _forget(self, worker: Worker) -> None:
        del self._workers[worker.pipe]
        worker.pipe.close()
        worker.process.join()


def _by_file(recordings: Iterable[Recording]) -> deque[deque[Recording]]:
    groups: dict[str, deque[Recording]] = {}
    for recording in recordings:
        groups.setdefault(real(recording.video), deque()).append(recording)
    return deque(groups.values())


def _how_it_ended(code: int | None) -> str:
    if code is None or code >= 0:
        return f"ended with code {code}"
    name = signal.Signals(-code).name if -code in {*signal.Signals} else f"signal {-code}"
    return f"was ended by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """A process started in here never hears Ctrl-C: its parent does, and ends it."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(pipe: Connection, settings: Settings) -> None:
    """A worker's life: recordings in, outcomes out, until the pipe is closed."""
    import cv2

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.getLogger("aimanet").addHandler(logging.NullHandler())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    cv2.setNumThreads(1)  # the other cores have workers of their own
    pipe.send(READY)
    with Upkeep(settings) as upkeep:
        while True:
            try:
                recording = pipe.recv()
            except EOFError:
                return
            try:
                pipe.send(upkeep.attempt(recording))
            except AimaNetError as error:
                pipe.send(error)


def _end_with_parent() -> None:
    """A parent that was killed cannot end us, so we watch it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
