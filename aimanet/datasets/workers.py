"""Processes that crop recordings side by side."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from types import TracebackType
from typing import Self

from aimanet.crew import Crew, Lost
from aimanet.datasets.base import Recording
from aimanet.datasets.entry import real
from aimanet.datasets.upkeep import Outcome, Settings, Upkeep


class Workers:
    """A few processes and the recordings that wait for them.

    Recordings in one file (an archive) go to one worker: it reads the file's bytes once for all.
    Leaving it ends the processes at once, whatever they are doing.
    """

    def __init__(self, recordings: Iterable[Recording], settings: Settings, jobs: int) -> None:
        start = partial(_upkeep, settings)
        self._crew = Crew[Recording, Outcome](_by_file(recordings), start, jobs, "aimanet-crops")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._crew.__exit__()

    def run(self) -> Iterator[tuple[Recording, Outcome]]:
        """The outcomes, as they come.

        Raises:
            AimaNetError: what no recording is to blame for: no room, no detector, no processes.
        """
        for recording, said in self._crew.run():
            if isinstance(said, Lost):
                said = Outcome("skipped", reason=f"the process that read it {said.how}")
            yield recording, said


def _by_file(recordings: Iterable[Recording]) -> deque[deque[Recording]]:
    groups: dict[str, deque[Recording]] = {}
    for recording in recordings:
        groups.setdefault(real(recording.video), deque()).append(recording)
    return deque(groups.values())


@contextmanager
def _upkeep(settings: Settings) -> Iterator[Callable[[Recording], Outcome]]:
    """What a worker does."""
    import cv2

    logging.getLogger("aimanet").addHandler(logging.NullHandler())
    cv2.setNumThreads(1)  # the other cores have workers of their own
    with Upkeep(settings) as upkeep:
        yield upkeep.attempt
