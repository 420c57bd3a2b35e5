"""``aimanet datasets``: list them, check a folder, cut the faces out of its videos."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from aimanet.errors import AimaNetError

if TYPE_CHECKING:
    from aimanet.datasets.base import Found, Recording
    from aimanet.datasets.check import Report
    from aimanet.datasets.prepare import Prepared


class DatasetsFlagsError(AimaNetError):
    """Words or flags of ``datasets`` that make no sense."""


@dataclass(frozen=True, slots=True)
class Options:
    """The public data sets, your own sessions, and the arrays of the original recipe.

    `list` (also without a word) is a table of all; `show NAME` says where one is obtained and
    what its folder must look like; `check DIR` looks into every recording of a folder (first
    frame, counts, label) and says what is missing or broken; `prepare DIR` cuts the faces out of
    the videos once, for `train` and `evaluate`. A folder is DIR, which is recognised, or NAME=DIR.

    Exit status: 0; 2 where a folder holds nothing that can be used. Problems beside usable
    recordings are listed and leave it at 0.

    Examples: `aimanet datasets show pure`, `aimanet datasets check ~/PURE`,
    `aimanet datasets prepare pure=~/PURE ubfc-rppg=~/UBFC --jobs 4`.
    """

    action: tyro.conf.Positional[Literal["list", "show", "check", "prepare"]] = "list"
    """What to do."""
    specs: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="SPEC")] = ()
    """NAME for show; DIR or NAME=DIR, one or more, for check and prepare."""
    all: bool = False
    """check: every recording in a table, and every problem."""
    json: bool = False
    """One JSON object a line: a data set (list, show, check) or a recording (prepare)."""
    jobs: int = 0
    """prepare: processes; 0 is one for each core."""
    cache: Path | None = None
    """prepare: where crops are kept, instead of AIMANET_CACHE_DIR or the user's cache folder."""
    size: int = 36
    """prepare: side of the crops in px; 36 is what our networks take."""
    fs: float = 30.0
    """prepare: rate of the crops in Hz; 30 is what our networks take."""
    include_excluded: bool = False
    """prepare: also the recordings that the data set's authors leave out."""


def run(options: Options) -> int:
    """Does what the first word says."""
    if options.action in ("list", "show"):
        return _describe(options)
    if not options.specs:
        raise DatasetsFlagsError(f"{options.action} what? give a folder, as in DIR or NAME=DIR")
    return _check(options) if options.action == "check" else _prepare(options)


# list, show -----------------------------------------------------------------------------------


def _describe(options: Options) -> int:
    from aimanet.terminal.dataset_views import print_list, print_whole
    from aimanet.terminal.records import to_line

    wanted = _named(options)
    for description in wanted if options.json else ():
        print(to_line(description))
    if not options.json:
        print_list(wanted) if options.action == "list" else print_whole(wanted)
    return 0


def _named(options: Options) -> list[dict[str, str]]:
    """What there is to say about the named data sets, or about all."""
    from aimanet.datasets.registry import unknown

    known = {one["name"]: one for one in descriptions()}
    if options.action == "list" and options.specs:
        raise DatasetsFlagsError(
            f"list takes no name: `aimanet datasets show {options.specs[0]}` tells of one"
        )
    for name in options.specs:
        if name not in known:
            raise DatasetsFlagsError(unknown(name))
    return [known[name] for name in options.specs or known]


def descriptions() -> Iterator[dict[str, str]]:
    """Name, title, size, where and layout of every data set, in the order of the list."""
    from aimanet.datasets import registry

    titles = [(d.name, d.title, d.where, d.layout) for d in registry.DATASETS.values()]
    arrays = (registry.ARRAYS, registry.ARRAYS_TITLE, registry.ARRAYS_WHERE, registry.ARRAYS_LAYOUT)
    for name, title, where, layout in (*titles, arrays):
        size = registry.SIZES.get(name, "")
        yield {"name": name, "title": title, "size": size, "where": where, "layout": layout}


# check ----------------------------------------------------------------------------------------


def _check(options: Options) -> int:
    from aimanet.terminal.dataset_views import print_report
    from aimanet.terminal.records import to_line

    reports = []
    for name, root in _folders(options.specs):
        report = _report(name, root)
        reports.append(report)
        if options.json:
            print(to_line(report.record()), flush=True)
        else:
            print_report(report, everything=options.all)
    for report in reports:
        _require_usable(report)
    return 0


def _folders(specs: Iterable[str]) -> Iterator[tuple[str, Path]]:
    """Name and folder of each spec; a folder that holds several data sets gives them all."""
    from aimanet.datasets.registry import every_meaning

    for spec in specs:
        yield from every_meaning(spec)


def _report(name: str, root: Path) -> Report:
    from aimanet.datasets.arrays import open_arrays
    from aimanet.datasets.check import Checked, Report, report_arrays
    from aimanet.datasets.registry import ARRAYS, DATASETS

    if name == ARRAYS:
        arrays = open_arrays(root)
        for _ in _watched(arrays.check_values(), "frames", arrays.frames):
            pass
        return report_arrays(arrays)
    dataset = DATASETS[name]
    found = dataset.find(root)
    looks = (Checked.of(recording, dataset) for recording in found.recordings)
    checked = tuple(_watched(looks, "recordings", len(found.recordings)))
    return Report(name, root, checked, found.problems)


def _watched(items: Iterable[Any], what: str, total: int) -> Iterator[Any]:
    """The same items, with a bar where someone looks at stderr; numbers say how far it is."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(f"looking at {total} {what}", total=total)
        for count, item in enumerate(items, 1):
            progress.update(task, completed=item if isinstance(item, int) else count)
            yield item


def _require_usable(report: Report) -> None:
    if report.usable:
        return
    from aimanet.datasets.base import DatasetError

    broken = report.told(fatal=True)
    more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
    why = f"{report.shown(broken[0].path)}: {broken[0].text}{more}" if broken else "none found"
    raise DatasetError(
        f"{report.root}: no recording of {report.dataset} that can be used; {why}; "
        f"see `aimanet datasets show {report.dataset}`"
    )


# prepare --------------------------------------------------------------------------------------


def _prepare(options: Options) -> int:
    from aimanet.datasets.cached import Grid
    from aimanet.datasets.prepare import prepare
    from aimanet.datasets.store import cache_folder

    if not 8 <= options.size <= 512:
        raise DatasetsFlagsError(f"--size {options.size}: give 8 to 512 px; 36 is usual")
    if not 5.0 <= options.fs <= 240.0:
        raise DatasetsFlagsError(f"--fs {options.fs:g}: give 5 to 240 Hz; 30 is usual")
    recordings = _recordings(options)
    folder = options.cache or cache_folder()
    done: list[Prepared] = []
    with closing(
        prepare(recordings, Grid(options.size, options.fs), folder, jobs=options.jobs)
    ) as steps:
        for step in _shown(steps, len(recordings), json=options.json):
            done.append(step)
    return _summary(done, folder, json=options.json)


def _recordings(options: Options) -> list[Recording]:
    """What is to be prepared; what a search stumbled over goes to stderr."""
    from aimanet.datasets.registry import ARRAYS, DATASETS, parse_spec

    chosen: list[Recording] = []
    for name, root in map(parse_spec, options.specs):
        if name == ARRAYS:
            raise DatasetsFlagsError(f"{root}: arrays are no videos; `aimanet seed` trains on them")
        found = DATASETS[name].find(root)
        _tell_broken(found)
        chosen += [r for r in found.recordings if options.include_excluded or not r.excluded]
        if left_out := [r for r in found.recordings if r.excluded and r not in chosen]:
            why = f"{left_out[0].excluded}; --include-excluded takes them"
            print(f"{name}: not prepared: {len(left_out)} ({why})", file=sys.stderr)
    if not chosen:
        raise DatasetsFlagsError(
            f"{' '.join(options.specs)}: no recordings to prepare; "
            "`aimanet datasets check` says why"
        )
    return chosen


def _tell_broken(found: Found) -> None:
    from aimanet.commands.analyze_one import printable

    for problem in found.problems:
        if problem.fatal:
            print(f"{printable(problem.path)}: {problem.text}", file=sys.stderr)


def _shown(steps: Iterable[Prepared], total: int, *, json: bool) -> Iterator[Prepared]:
    """The same steps: as JSON lines, or under a bar with the skipped ones above it."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    from aimanet.terminal.records import to_line

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Remaining())
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    hidden = json or not sys.stderr.isatty()
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        task = progress.add_task("preparing", total=total)
        for step in steps:
            progress.update(task, completed=step.done, description=step.recording.key)
            if json:
                print(to_line(prepared_record(step)), flush=True)
            elif step.state == "skipped":
                console.print(f"skipped {step.recording.key}: {step.reason}")
            yield step


def prepared_record(step: Prepared) -> dict[str, Any]:
    """A `Prepared` as plain JSON values."""
    return {
        "dataset": step.recording.dataset,
        "name": step.recording.name,
        "state": step.state,
        "frames": step.frames,
        "seconds": round(step.seconds, 3),
        "faceless": round(step.faceless, 4),
        "reason": step.reason,
        "done": step.done,
        "total": step.total,
    }


def _summary(done: Sequence[Prepared], folder: Path, *, json: bool) -> int:
    from aimanet.commands.analyze_one import printable

    counts = {state: sum(s.state == state for s in done) for state in ("made", "cached", "skipped")}
    ready = [step for step in done if step.state != "skipped"]
    if not ready:
        reason = done[0].reason if done else "nothing was done"
        raise DatasetsFlagsError(f"none of {len(done)} recordings could be prepared: {reason}")
    if not json:
        minutes = sum(step.seconds for step in ready) / 60
        print(
            f"{len(ready)} recordings ({minutes:.1f} minutes) are in {printable(folder)}: "
            f"{counts['made']} new, {counts['cached']} were there; {counts['skipped']} skipped"
        )
    return 0
