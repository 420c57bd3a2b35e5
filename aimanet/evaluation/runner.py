"""Methods over data sets: crops from the cache, waves from the methods, rows of scores.

A recording that fails is listed with its reason and never stops the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from aimanet.datasets.base import Recording
from aimanet.datasets.cached import CachedRecording, Grid
from aimanet.errors import AimaNetError
from aimanet.evaluation.predictions import Prediction
from aimanet.evaluation.profiles import EvaluationError, Profile
from aimanet.evaluation.results import Row, Skipped, VideoResult
from aimanet.evaluation.tracing import score_traced, trace
from aimanet.methods import LABELS, PulseMethod, make_method

DEFAULT_WEIGHTS = "default"
"""The word for the weights that come with AimaNet."""

FAILURES = (AimaNetError, OSError, ValueError, ArithmeticError, EOFError, RuntimeError)
"""What a single recording may fail with: its files, its numbers, the network on it."""


@dataclass(frozen=True, slots=True, eq=False)
class Entrant:
    """A method with the name of its row."""

    label: str
    method: PulseMethod


@dataclass(frozen=True, slots=True)
class Selection:
    """The recordings of one data set that are to be read, and those that are not."""

    dataset: str
    recordings: tuple[Recording, ...]
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """How to score, and where crops are cached; ``jobs`` 0 prepares crops on all cores."""

    profile: Profile
    cache: Path
    window_s: float | None = None
    jobs: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """One row, and the waves behind it by video."""

    row: Row
    predictions: tuple[Prediction, ...]


Tell = Callable[[str, int, int], None]
"""What is being done, how many are done, of how many."""


def make_entrants(
    methods: Sequence[str], weights: Sequence[str] = (), device: str = "auto"
) -> list[Entrant]:
    """Makes the methods; ``tscan`` becomes one entrant for each of ``weights``.

    Raises:
        EvaluationError: no methods, or weights without the network.
        MethodError, CheckpointError: as `make_method`.
    """
    if not methods:
        raise EvaluationError(f"no methods: name some of {', '.join(LABELS)}")
    if weights and "tscan" not in methods:
        raise EvaluationError("--weights are for tscan: add it to --methods, or leave them out")
    entrants = []
    for name in dict.fromkeys(methods):
        for choice in dict.fromkeys(weights if name == "tscan" else ()) or (DEFAULT_WEIGHTS,):
            path = None if choice == DEFAULT_WEIGHTS else Path(choice)
            method = make_method(name, device=device, weights=path)
            entrants.append(Entrant(_label(name, path), method))
    return _distinct(entrants)


def _label(name: str, path: Path | None) -> str:
    return LABELS[name] if path is None else f"{LABELS[name]} {path.stem}"


def _distinct(entrants: list[Entrant]) -> list[Entrant]:
    """Files of one name in several folders are told apart by their fingerprints."""
    labels = [e.label for e in entrants]
    return [
        replace(e, label=f"{e.label}, {e.method.model}") if labels.count(e.label) > 1 else e
        for e in entrants
    ]


def run(
    selections: Sequence[Selection],
    entrants: Sequence[Entrant],
    settings: Settings,
    tell: Tell = lambda what, done, total: None,
) -> list[Outcome]:
    """Evaluates every entrant on every selection; rows come by data set, then by entrant.

    ``tell`` hears of every recording that is done.
    """
    outcomes = []
    for selection in selections:
        unreadable = {
            grid: _prepare(selection, grid, settings, tell)
            for grid in dict.fromkeys(Grid.of(e.method.recipe) for e in entrants)
        }
        for entrant in entrants:
            failed = unreadable[Grid.of(entrant.method.recipe)]
            outcomes.append(_row(selection, entrant, settings, failed, tell))
    return outcomes


def _prepare(selection: Selection, grid: Grid, settings: Settings, tell: Tell) -> dict[str, str]:
    """Makes the crops that are missing; returns the reasons of those that cannot be made."""
    from aimanet.datasets.prepare import prepare

    failed = {}
    with closing(prepare(selection.recordings, grid, settings.cache, jobs=settings.jobs)) as steps:
        for step in steps:
            if step.state == "skipped":
                failed[step.recording.name] = step.reason
            tell(f"{selection.dataset}: face crops", step.done, step.total)
    return failed


def _row(
    selection: Selection,
    entrant: Entrant,
    settings: Settings,
    failed: dict[str, str],
    tell: Tell,
) -> Outcome:
    from aimanet.datasets.store import open_cached

    grid = Grid.of(entrant.method.recipe)
    videos: list[VideoResult] = []
    waves: list[Prediction] = []
    skipped = list(selection.skipped)
    total = len(selection.recordings)
    for done, recording in enumerate(selection.recordings, 1):
        try:
            if recording.name in failed:
                raise EvaluationError(failed[recording.name])
            cached = open_cached(settings.cache, recording, grid)
            video, used = evaluate_one(cached, entrant.method, settings)
        except FAILURES as error:
            skipped.append(Skipped(recording.name, _reason(error)))
        else:
            videos.append(video)
            waves += _numbered(used)
        tell(f"{selection.dataset}: {entrant.label}", done, total)
    row = Row(entrant.label, selection.dataset, tuple(videos), tuple(skipped), entrant.method.model)
    return Outcome(row, tuple(waves))


def evaluate_one(
    cached: CachedRecording, method: PulseMethod, settings: Settings
) -> tuple[VideoResult, tuple[Prediction, ...]]:
    """Scores one recording; returns the scores and the waves that were scored.

    Raises:
        EvaluationError: it has no label, or no stretch long enough.
    """
    if not cached.labelled:
        raise EvaluationError("unlabelled: no contact sensor's wave")
    traced = trace(cached, method)
    return score_traced(traced, cached, settings.profile, settings.window_s)


def _numbered(pieces: tuple[Prediction, ...]) -> Iterator[Prediction]:
    """Pieces of one video under names of their own: ``v``, ``v~2``, ``v~3``."""
    for k, piece in enumerate(pieces, 1):
        yield piece if k == 1 else replace(piece, video=f"{piece.video}~{k}")


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if isinstance(error, AimaNetError) else f"{type(error).__name__}: {text}"
