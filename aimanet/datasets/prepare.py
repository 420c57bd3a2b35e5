"""Fills the cache of face crops, in as many processes as there are cores.

Every finished recording stays, so a prepare that was stopped or killed goes on where it was; two
at once take turns. Memory does not grow with the length of a video nor with their number.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aimanet.crew import cores
from aimanet.datasets.base import DatasetError, Recording
from aimanet.datasets.cached import Grid
from aimanet.datasets.registry import DATASETS
from aimanet.datasets.upkeep import Outcome, Settings, Upkeep, up_to_date
from aimanet.datasets.workers import Workers
from aimanet.datasets.writer import sweep
from aimanet.face_model import ENV_VAR, SHA256, existing_model, face_model_path


@dataclass(frozen=True, slots=True)
class Prepared:
    """What became of one recording: it was ``cached`` already, has been ``made``, or ``skipped``.

    ``frames`` face crops in the cache; ``seconds`` of video; ``reason`` why it was skipped, else
    "". It is number ``done`` of ``total``. ``faceless`` is the share of the video's frames
    without a face.
    """

    recording: Recording
    state: Literal["cached", "made", "skipped"]
    frames: int
    seconds: float
    reason: str
    done: int
    total: int
    faceless: float = 0.0


def prepare(
    recordings: Sequence[Recording], grid: Grid, folder: Path, *, jobs: int = 0
) -> Generator[Prepared, None, None]:
    """Brings ``recordings`` into the cache and yields each as it is finished.

    What is in the cache already comes first, the rest in the order in which it gets done. Closing
    the iterator (Ctrl-C does) ends the work at once; what is finished stays, nothing half-made
    does.

    Args:
        recordings: of any data sets.
        grid: the crops' side and rate.
        folder: the cache (`store.cache_folder`).
        jobs: processes; 0 is one for each core, 1 is none but this one (then a decoder that
            crashes on a damaged video takes this one with it).

    Raises:
        OutputError: the cache cannot be written, or the disk is full.
        FaceModelError: there is no face detector's model.
        DatasetError: ``jobs`` is negative, or processes cannot be started.
    """
    if jobs < 0:
        raise DatasetError(f"{jobs} jobs: give 0 (one for each core) or more")
    settings = Settings(folder, grid, detector=_detector())
    total = len(recordings)
    done = 0
    missing = []
    for recording in recordings:
        outcome = up_to_date(settings, recording)
        if outcome is None:
            missing.append(recording)
        else:
            done += 1
            yield _prepared(recording, outcome, done, total)
    with closing(_crop(missing, settings, jobs)) as outcomes:
        for recording, outcome in outcomes:
            done += 1
            yield _prepared(recording, outcome, done, total)


def _prepared(recording: Recording, outcome: Outcome, done: int, total: int) -> Prepared:
    return Prepared(
        recording=recording,
        state=outcome.state,
        frames=outcome.frames,
        seconds=outcome.seconds,
        reason=outcome.reason,
        done=done,
        total=total,
        faceless=outcome.faceless,
    )


def _crop(
    recordings: Sequence[Recording], settings: Settings, jobs: int
) -> Generator[tuple[Recording, Outcome], None, None]:
    if not recordings:
        return
    if not all(DATASETS[each.dataset].face_alone(each) for each in recordings):
        # Once and here: not fetched by every worker.
        model = face_model_path()
        settings = Settings(settings.folder, settings.grid, model, settings.detector)
    sweep(settings.folder)
    try:
        if jobs == 1:
            yield from _crop_here(recordings, settings)
        else:
            with Workers(recordings, settings, jobs or cores()) as workers:
                yield from workers.run()
    finally:
        sweep(settings.folder)


def _crop_here(
    recordings: Iterable[Recording], settings: Settings
) -> Iterator[tuple[Recording, Outcome]]:
    with Upkeep(settings) as upkeep:
        for recording in recordings:
            yield recording, upkeep.attempt(recording)


def _detector() -> str:
    """A name for the face detector's model where the user named another than the usual ones."""
    named = os.environ.get(ENV_VAR)
    if not named:
        return ""
    path = existing_model(Path(named).expanduser(), f"the file named by {ENV_VAR}")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return "" if digest in SHA256 else digest[:16]
