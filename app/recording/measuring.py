"""What a minute of the present source takes, measured in a thread while a dialog is open."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from aimanet.types import FaceCrop, Frame
from app.recording.plan import Costs
from app.review.jobs import Job, Work

if TYPE_CHECKING:
    from aimanet.sessions.sample import Step

_WAKE_S = 0.1


class Sampler:
    """Takes the next frames of a run, with their faces, until there are enough; any thread."""

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._enough = threading.Event()

    def offer(self, frame: Frame, crop: FaceCrop) -> None:
        """Takes a frame that is still wanted."""
        if self._enough.is_set():
            return
        from aimanet.sessions.sample import is_enough

        self._steps.append((frame, crop))
        if is_enough(self._steps):
            self._enough.set()

    def wait(self, job: Job) -> list[Step]:
        """The frames, as soon as they are there; none where the job was cancelled before."""
        while not self._enough.wait(_WAKE_S):
            if job.cancelled:
                return []
        return self._steps


def measuring(sampler: Sampler, fps: float | None) -> Work:
    """Encodes a sample with each choice; None where nobody waits for it any more."""

    def work(job: Job) -> Costs | None:
        from aimanet.sessions.sample import measured

        steps = sampler.wait(job)
        return Costs(measured(steps, fps), measured=True) if steps else None

    return work
