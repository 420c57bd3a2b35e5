"""Many clips, several at a time: the same results whatever the number of processes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from aimanet.bench.accuracy.footage import Camera
from aimanet.bench.accuracy.judging import judge
from aimanet.bench.accuracy.material import AccuracyError, Material
from aimanet.bench.accuracy.results import ClipResult, Missing
from aimanet.crew import Crew, Lost, cores
from aimanet.errors import CheckpointError, FaceModelError, MethodError, OutputError
from aimanet.evaluation.runner import FAILURES, Entrant, make_entrants

OURS = (CheckpointError, FaceModelError, MethodError, OutputError)
"""What no clip is to blame for: the next one would fare no better."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What all clips of a run have in common; travels to the workers.

    ``methods``, ``weights`` and ``device`` as `evaluation.runner.make_entrants` takes them;
    ``cache`` a folder of crops, ``any_version`` whether those that other code drew will do;
    ``model`` the face detector's file.
    """

    methods: tuple[str, ...] = ("tscan", "pos", "chrom", "green")
    weights: tuple[str, ...] = ()
    device: str = "cpu"
    cache: Path | None = None
    model: Path | None = None
    any_version: bool = False

    def entrants(self) -> list[Entrant]:
        """Makes the methods, in the order of the results."""
        return make_entrants(self.methods, self.weights, self.device)


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """The results by clip, then by method, in the order in which they were asked for."""

    results: tuple[ClipResult, ...]
    missing: tuple[Missing, ...] = ()


Tell = Callable[[int, int], None]
"""How many clips are done, of how many."""

Answer = list[ClipResult] | Missing
_Task = tuple[int, Material]


def evaluate_shots(
    materials: Sequence[Material],
    setup: Setup,
    *,
    jobs: int = 0,
    tell: Tell = lambda done, total: None,
) -> Outcome:
    """Runs every method over every clip.

    A recording that fails is listed as missing; a drawn clip that fails is a mistake of ours and
    raises. Ctrl-C ends all processes at once.

    Args:
        materials: the clips.
        setup: the methods, and where crops are kept.
        jobs: processes; 0 is one for each core, 1 is none but this one.
        tell: hears of each clip that is done.

    Raises:
        AimaNetError: what no recording is to blame for: no detector, no weights, no room.
    """
    if jobs < 0:
        raise AccuracyError(f"--jobs {jobs}: give 0 for all cores, or more")
    count = min(jobs or cores(), max(1, len(materials)))
    answers: dict[int, Answer] = {}
    for index, answer in (
        _here(materials, setup) if count == 1 else _spread(materials, setup, count)
    ):
        answers[index] = answer
        tell(len(answers), len(materials))
    ordered = [answers[k] for k in range(len(materials))]
    return Outcome(
        tuple(result for answer in ordered if isinstance(answer, list) for result in answer),
        tuple(answer for answer in ordered if isinstance(answer, Missing)),
    )


class _Booth:
    """What one process needs: the methods and the face detector, made once."""

    def __init__(self, setup: Setup) -> None:
        self._entrants = setup.entrants()
        self._camera = Camera(setup.cache, setup.model, any_version=setup.any_version)

    def close(self) -> None:
        self._camera.close()

    def attempt(self, material: Material) -> Answer:
        try:
            return judge(material, self._entrants, self._camera)
        except OURS:
            raise
        except FAILURES as error:
            if material.info.origin == "drawn":
                raise
            return Missing(material.info, " ".join(str(error).split())[:300])


def _here(materials: Sequence[Material], setup: Setup) -> Iterator[tuple[int, Answer]]:
    with _single_thread():
        booth = _Booth(setup)
        try:
            for index, material in enumerate(materials):
                yield index, booth.attempt(material)
        finally:
            booth.close()


@contextmanager
def _single_thread() -> Iterator[None]:
    """One thread for arithmetic, as in the workers: sums of many threads round differently."""
    import cv2

    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    torch = sys.modules.get("torch")
    threads = torch.get_num_threads() if torch else 0
    if torch:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
        if torch:
            torch.set_num_threads(threads)


def _spread(
    materials: Sequence[Material], setup: Setup, count: int
) -> Iterator[tuple[int, Answer]]:
    groups = [[task] for task in enumerate(materials)]
    with Crew[_Task, Answer](groups, partial(_work, setup), count, "aimanet-clips") as crew:
        for (index, _), answer in crew.run():
            if isinstance(answer, Lost):
                raise AccuracyError(f"a worker process {answer.how}: try fewer --jobs")
            yield index, answer


@contextmanager
def _work(setup: Setup) -> Iterator[Callable[[_Task], Answer]]:
    """What a worker does."""
    with _single_thread():
        booth = _Booth(setup)
        try:
            yield lambda task: booth.attempt(task[1])
        finally:
            booth.close()
