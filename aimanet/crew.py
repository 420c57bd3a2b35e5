"""Processes that share tasks, and are not missed when one of them dies.

Our own and not `concurrent.futures`: there a worker that is killed (out of memory, a decoder's
crash) takes all others and the news of whose fault it was with it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Generic, Self, TypeVar

from aimanet.errors import AimaNetError
from aimanet.stop import blocked, listen

Task = TypeVar("Task")
Answer = TypeVar("Answer")

Start = Callable[[], AbstractContextManager[Callable[[Task], Answer]]]
"""What a worker opens once, gives its tasks to one by one, and leaves at its end."""

READY = "ready"

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Set to 1 for the workers before they load a library: the other cores have workers of their own,
and sums of many threads round differently."""


class CrewError(AimaNetError):
    """Worker processes cannot be started."""


@dataclass(frozen=True, slots=True)
class Lost:
    """In place of an answer: the process that worked on the task died. ``how`` follows 'it'."""

    how: str


def cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(slots=True)
class Worker(Generic[Task]):
    """One process, this end of its pipe, what it does now and what it does next."""

    process: BaseProcess
    pipe: Connection
    ready: bool = False
    now: list[Task] = field(default_factory=list)
    then: deque[Task] = field(default_factory=deque)


class Crew(Generic[Task, Answer]):
    """A few processes and the tasks that wait for them.

    Leaving it ends the processes, whatever they are doing. They hear no Ctrl-C, only their parent
    does; a parent that is killed takes them with it.

    Args:
        groups: tasks; those of one group go to one worker, in order.
        start: what a worker does; travels there, so it has to be importable.
        jobs: processes, at most one for each group.
        name: of the processes.
        grace_s: so long a worker has to put its things away when the crew is left early.

    Attributes:
        pids: of all processes there ever were.
    """

    def __init__(
        self,
        groups: Iterable[Iterable[Task]],
        start: Start[Task, Answer],
        jobs: int,
        name: str = "aimanet",
        grace_s: float = 0.0,
    ) -> None:
        self._groups = deque(deque(group) for group in groups)
        self._start_work, self._name, self._grace_s = start, name, grace_s
        self._count = min(jobs, len(self._groups))
        self._workers: dict[Connection, Worker[Task]] = {}
        self.pids: list[int] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._grace_s:
            for worker in self._workers.values():
                worker.process.terminate()
        deadline = time.monotonic() + self._grace_s
        for worker in self._workers.values():
            worker.process.join(max(0.0, deadline - time.monotonic()))
            worker.process.kill()
            worker.process.join()
            worker.pipe.close()
        self._workers.clear()

    def run(self) -> Iterator[tuple[Task, Answer | Lost]]:
        """The tasks and their answers, as they come.

        Raises:
            AimaNetError: what a worker raised; no single task is to blame for it.
            CrewError: there can be no processes.
        """
        for _ in range(self._count):
            self._start(deque())
        while self._workers:
            for pipe in wait(list(self._workers)):
                assert isinstance(pipe, Connection)
                yield from self._hear(self._workers[pipe])

    def _start(self, then: deque[Task]) -> None:
        context = multiprocessing.get_context("spawn")
        here, there = context.Pipe()
        arguments = (there, self._start_work)
        process = context.Process(target=_work, args=arguments, daemon=True, name=self._name)
        with blocked(signal.SIGINT), _one_thread():  # its parent hears Ctrl-C, and ends it
            process.start()
        assert process.pid is not None
        self.pids.append(process.pid)
        there.close()  # or its end would never be seen
        self._workers[here] = Worker(process, here, then=then)

    def _hear(self, worker: Worker[Task]) -> Iterator[tuple[Task, Answer | Lost]]:
        try:
            said = worker.pipe.recv()
        except (EOFError, OSError):
            yield from self._bury(worker)
            return
        if isinstance(said, AimaNetError):
            raise said
        worker.ready = True
        done, worker.now = worker.now, []
        self._give(worker)
        for task in done:
            yield task, said

    def _give(self, worker: Worker[Task]) -> None:
        """The next task, or the end."""
        if not worker.then and self._groups:
            worker.then = self._groups.popleft()
        if not worker.then:
            self._forget(worker)
            return
        worker.now = [worker.then.popleft()]
        try:
            worker.pipe.send(worker.now[0])
        except OSError:
            pass  # it died: its end of the pipe will say so

    def _bury(self, worker: Worker[Task]) -> Iterator[tuple[Task, Answer | Lost]]:
        """Tells which task a worker died of, and puts another in its place."""
        self._forget(worker)
        how = how_it_ended(worker.process.exitcode)
        if not worker.ready:
            raise CrewError(f"cannot start worker processes ({how}); try with 1 job")
        if worker.then or self._groups:
            self._start(worker.then)
        for task in worker.now:
            yield task, Lost(how)

    def _forget(self, worker: Worker[Task]) -> None:
        del self._workers[worker.pipe]
        worker.pipe.close()
        worker.process.join()


def how_it_ended(code: int | None) -> str:
    """An exit code in words: ``was ended by SIGSEGV``."""
    if code is None or code >= 0:
        return f"ended with code {code}"
    name = signal.Signals(-code).name if -code in {*signal.Signals} else f"signal {-code}"
    return f"was ended by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")


@contextmanager
def _one_thread() -> Iterator[None]:
    """Processes started in here count with one thread each."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _work(pipe: Connection, start: Start[Task, Answer]) -> None:
    """A worker's life: tasks in, answers out, until the pipe is closed."""
    listen(_leave)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with ExitStack() as stack:
        try:
            work = stack.enter_context(start())
            pipe.send(READY)
            while True:
                pipe.send(work(pipe.recv()))
        except EOFError:
            return
        except AimaNetError as error:
            pipe.send(error)


def _leave(number: int, frame: FrameType | None) -> None:
    """Half-written files go away when a worker is told to go."""
    raise SystemExit(1)


def _end_with_parent() -> None:
    """A parent that was killed cannot end us, so we watch it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
