"""Many recordings, several at a time: which they are, and a line for each."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aimanet.commands.analyze_one import analyse, is_synthetic, open_recording, printable
from aimanet.crew import Crew, Lost, cores
from aimanet.errors import (
    AimaNetError,
    CheckpointError,
    FaceModelError,
    MethodError,
    OutputError,
    SourceError,
)
from aimanet.outputs import remove_parts
from aimanet.sources.formats import IMAGE_SUFFIXES, VIDEO_SUFFIXES

if TYPE_CHECKING:
    from aimanet.commands.analyze import Options

OURS = (CheckpointError, FaceModelError, MethodError)
"""What no recording is to blame for: the next one would fare no better."""

GRACE_S = 1.0
"""After Ctrl-C a worker has so long to remove the file that it has half written."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How all recordings are read; travels to the workers. ``threads``, ``fps`` as in `analyse`."""

    method: str
    device: str
    weights: Path | None
    threads: int | None = 1
    fps: float | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A recording, its number in the order of the output, and the CSV to write."""

    number: int
    path: str
    signals: Path | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """What became of a recording: the record and the line that tell it; or only ``error``."""

    record: dict[str, Any]
    line: str
    error: str = ""

    @classmethod
    def failed(cls, path: str, why: str) -> Row:
        """The row of a recording that could not be read."""
        why = " ".join(why.split())
        return cls({"error": why}, f"error: {why}", why)


def several(paths: Sequence[str]) -> list[str] | None:
    """All recordings that ``paths`` name; None where they name one that is no folder of others."""
    found: list[str] = []
    for path in paths:
        found += _inside(path) or [path]
    return None if found == list(paths) and len(found) == 1 else found


def _inside(path: str) -> list[str]:
    """The videos and sessions in a folder of such; nothing for whatever else ``path`` is.

    Pictures that can be played make a folder one recording, whatever lies beside them.
    """
    folder = Path(path)
    # os.path, because pathlib raises where a name is too long or a folder may not be entered
    if not os.path.isdir(folder) or os.path.exists(folder / "session.json"):
        return []
    try:
        entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError:
        return []  # whoever opens it will say why
    recordings = [
        str(entry)
        for entry in entries
        if (entry.suffix.lower() in VIDEO_SUFFIXES and os.path.isfile(entry))
        or os.path.exists(entry / "session.json")
    ]
    has_pictures = any(entry.suffix.lower() in IMAGE_SUFFIXES for entry in entries)
    return [] if recordings and has_pictures and _can_be_played(path) else recordings


def _can_be_played(folder: str) -> bool:
    try:
        with open_recording(folder):
            return True
    except SourceError:
        return False


def run_many(paths: list[str], options: Options) -> int:
    """Prints a line for each recording; 2 where one of them failed."""
    tasks = _tasks(paths, options.save_signals)
    count = min(options.jobs or cores(), len(tasks))
    threads = None if count == 1 else 1
    plan = Plan(options.method, options.device, options.weights, threads, options.fps)
    failed = 0
    for task, row in _in_order(_answers(tasks, plan, count), bar=not options.json, of=len(tasks)):
        failed += bool(row.error)
        _print_row(task, row, json=options.json)
    if failed:
        print(f"{failed} of {len(tasks)} recordings failed", file=sys.stderr)
    return 2 if failed else 0


def _print_row(task: Task, row: Row, *, json: bool) -> None:
    from aimanet.terminal.records import to_line

    name = printable(task.path)
    told = to_line({"path": name, **row.record}) if json else f"{name}: {row.line}"
    print(told, flush=True)


def _tasks(paths: list[str], folder: Path | None) -> list[Task]:
    """The recordings in order, each with a file of its own in the folder for signals.

    Raises:
        OutputError: there can be no such folder.
    """
    if folder is None:
        return [Task(k, path) for k, path in enumerate(paths)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = "it is a file" if os.path.isfile(folder) else error.strerror or str(error)
        raise OutputError(
            f"{printable(folder)} cannot be a folder for the signals of {len(paths)} recordings "
            f"({why}): name another"
        ) from error
    named = zip(paths, _names(paths), strict=True)
    return [Task(k, path, folder / name) for k, (path, name) in enumerate(named)]


def _names(paths: list[str]) -> list[str]:
    """A CSV file's name for each: ``clip.csv``, or where several are called so ``folder-clip.csv``.

    What is still the same gets a number.
    """
    stems = ["synthetic" if is_synthetic(path) else Path(path).stem for path in paths]
    folders = [Path(path).absolute().parent.name for path in paths]
    chosen = [
        f"{folder}-{stem}" if stems.count(stem) > 1 else stem
        for folder, stem in zip(folders, stems, strict=True)
    ]
    names: list[str] = []
    for name in chosen:
        unique, number = name, 1
        while f"{unique}.csv" in names:
            number += 1
            unique = f"{name}-{number}"
        names.append(f"{unique}.csv")
    return names


def _answers(tasks: list[Task], plan: Plan, count: int) -> Iterator[tuple[Task, Row]]:
    """The rows as they come."""
    if count == 1:
        with analyst(plan) as attempt:
            yield from ((task, attempt(task)) for task in tasks)
        return
    groups = [[task] for task in tasks]
    start = partial(analyst, plan)
    crew = Crew[Task, Row](groups, start, count, "aimanet-analyze", GRACE_S)
    try:
        with crew:
            for task, said in crew.run():
                if isinstance(said, Lost):
                    said = Row.failed(task.path, f"the process that read it {said.how}")
                yield task, said
    finally:  # a worker that was killed, or too busy to hear that it should go, left its file
        for path in filter(None, (task.signals for task in tasks)):
            remove_parts(path, crew.pids)


@contextmanager
def analyst(plan: Plan) -> Iterator[Callable[[Task], Row]]:
    """What a worker does; the method is made once."""
    from aimanet.methods import make_method

    @cache
    def method() -> Any:
        return make_method(plan.method, device=plan.device, weights=plan.weights, threads=1)

    yield partial(_attempt, plan, method)


def _attempt(plan: Plan, method: Callable[[], Any], task: Task) -> Row:
    from aimanet.terminal.words import ESTIMATE, describe

    try:
        found = analyse(task.path, method, task.signals, threads=plan.threads, fps=plan.fps)
    except OURS:
        raise
    except AimaNetError as error:
        return Row.failed(task.path, str(error))
    except Exception as error:  # one odd file must not end a night's work
        return Row.failed(task.path, f"{type(error).__name__}: {error}")
    said = (describe(found.summary, ESTIMATE), found.note, *found.problems)
    return Row(found.record(), "; ".join(filter(None, said)))


def _in_order(
    answers: Iterable[tuple[Task, Row]], *, bar: bool, of: int
) -> Iterator[tuple[Task, Row]]:
    """The rows in the order of their numbers, each as soon as all before it are there."""
    waiting: dict[int, tuple[Task, Row]] = {}
    due = 0
    for task, row in _counted(answers, bar=bar, of=of):
        waiting[task.number] = task, row
        while due in waiting:
            yield waiting.pop(due)
            due += 1


def _counted(
    answers: Iterable[tuple[Task, Row]], *, bar: bool, of: int
) -> Iterator[tuple[Task, Row]]:
    """The same, with a progress bar where someone looks at stderr."""
    if not bar or not sys.stderr.isatty():
        yield from answers
        return
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress

    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar_ = progress.add_task("analysing", total=of)
        for answer in answers:
            progress.advance(bar_)
            yield answer
