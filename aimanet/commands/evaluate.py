"""``aimanet evaluate``: methods over data sets, or waves from elsewhere, in one table."""

from __future__ import annotations

import platform
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aimanet import __version__

if TYPE_CHECKING:
    from aimanet.evaluation.profiles import Profile
    from aimanet.evaluation.results import Evaluation
    from aimanet.evaluation.runner import Outcome, Tell


@dataclass(frozen=True, slots=True)
class Options:
    """How good heart rates are: MAE, RMSE, MAPE, Pearson, SNR, MACC with standard errors.

    Either methods over data sets with contact sensors, or waves that any program predicted.
    The numbers are those of rPPG-Toolbox from the same waves.

    Examples: `aimanet evaluate --data pure=/data/PURE ubfc-rppg=/data/UBFC --out report`,
    `aimanet evaluate --predictions theirs.npz --profile neurips2023 --json`.
    """

    data: tuple[str, ...] = ()
    """Data sets as NAME=DIR or DIR (see `aimanet datasets`)."""
    predictions: Path | None = None
    """An .npz with <video>/pred and <video>/label (one number a frame), fs and is_derivative."""
    methods: tuple[str, ...] = ("tscan", "pos", "chrom", "green")
    """Which methods read the data sets."""
    weights: tuple[str, ...] = ()
    """Checkpoints for tscan, a row each; `default` means the one that comes with AimaNet."""
    profile: str = "toolbox-2025"
    """toolbox-2025 (0.6-3.3 Hz) or neurips2023 (0.75-2.5 Hz, as in the published table)."""
    window: float | None = None
    """Score windows of so many seconds instead of whole videos. Of --data whole windows only; of
    --predictions a shorter rest counts, too, as in rPPG-Toolbox."""
    out: Path | None = None
    """Write an HTML report, tables (CSV, JSON), plots and the predicted waves to this folder."""
    json: bool = False
    """Print one JSON object."""
    subjects: tuple[str, ...] = ()
    """Only these persons of the data sets."""
    include_excluded: bool = False
    """Also recordings that the authors of a data set leave out."""
    cache: Path | None = None
    """Where face crops are kept; else AIMANET_CACHE_DIR or the user's cache folder."""
    jobs: int = 0
    """Processes that prepare face crops; 0 takes all cores."""
    device: str = "auto"
    """Where the network runs: auto, cpu or cuda."""


def run(options: Options) -> int:
    """Scores, writes the folder, prints the table or the JSON."""
    from aimanet.evaluation.profiles import profile_named

    profile = profile_named(options.profile)
    _check(options)
    if options.out is None:
        outcomes = _outcomes(options, profile)
        evaluation = _evaluation(options, profile, outcomes)
        report = None
    else:
        from aimanet.evaluation.folder import ResultFolder, write_results

        folder = ResultFolder(options.out)
        outcomes = _outcomes(options, profile)
        evaluation = _evaluation(options, profile, outcomes)
        report = write_results(folder, evaluation, outcomes)
    if options.json:
        _print_json(options, evaluation)
    else:
        _print_tables(options, evaluation, report)
    return 0


def _check(options: Options) -> None:
    """Refuses flags that contradict each other, before any work."""
    from aimanet.evaluation.profiles import EvaluationError

    if bool(options.data) == (options.predictions is not None):
        raise EvaluationError("give either --data FOLDERS or --predictions FILE.npz")
    if options.predictions is not None and (options.weights or options.subjects):
        raise EvaluationError("--weights and --subjects are for --data: leave them out")
    if options.window is not None and not 0.0 < options.window < float("inf"):
        raise EvaluationError(f"--window {options.window:g}: give seconds above 0, e.g. 10")
    if options.jobs < 0:
        raise EvaluationError(f"--jobs {options.jobs}: give 0 for all cores, or more")


def _outcomes(options: Options, profile: Profile) -> list[Outcome]:
    from aimanet.evaluation.profiles import EvaluationError

    if options.predictions is not None:
        from aimanet.evaluation.scoring import score_file

        return [score_file(options.predictions, profile, options.window)]
    outcomes = _score_data(options, profile)
    if not any(o.row.videos for o in outcomes):
        skipped = [s for o in outcomes for s in o.row.skipped]
        raise EvaluationError(
            f"none of the recordings could be scored; {skipped[-1].video}: {skipped[-1].reason}"
        )
    return outcomes


def _score_data(options: Options, profile: Profile) -> list[Outcome]:
    from aimanet.datasets.store import cache_folder
    from aimanet.evaluation.runner import Settings, make_entrants
    from aimanet.evaluation.runner import run as run_methods
    from aimanet.evaluation.selection import select

    entrants = make_entrants(options.methods, options.weights, options.device)
    selections = select(options.data, options.subjects, include_excluded=options.include_excluded)
    settings = Settings(profile, options.cache or cache_folder(), options.window, options.jobs)
    with _progress(options) as tell:
        return run_methods(selections, entrants, settings, tell)


@contextmanager
def _progress(options: Options) -> Iterator[Tell]:
    """A bar a stage, where someone looks at stderr."""
    if options.json or not sys.stderr.isatty():
        yield lambda what, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Eta

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, Eta(), console=Console(stderr=True), transient=True) as progress:
        tasks: dict[str, Any] = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total)
            progress.update(tasks[what], completed=done, total=total)

        yield tell


def _evaluation(options: Options, profile: Profile, outcomes: list[Outcome]) -> Evaluation:
    from aimanet.evaluation.results import Evaluation

    names = ["numpy", "scipy"] + (["torch"] if "torch" in sys.modules else [])
    versions = [("aimanet", __version__), ("python", platform.python_version())]
    return Evaluation(
        profile=profile,
        window_s=options.window,
        rows=tuple(outcome.row for outcome in outcomes),
        command=command_line(options),
        created=datetime.now().astimezone().isoformat(" ", "minutes"),
        versions=(*versions, *((name, version(name)) for name in names)),
    )


def command_line(options: Options) -> str:
    """What to type to get the same figures again; only flags that differ from the default."""
    usual = Options()
    words = ["aimanet", "evaluate"]
    for name in Options.__dataclass_fields__:
        value = getattr(options, name)
        if value == getattr(usual, name) or name == "json":
            continue
        words.append(f"--{name.replace('_', '-')}")
        if isinstance(value, tuple):
            words += value
        elif value is not True:
            words.append(f"{value:g}" if isinstance(value, float) else str(value))
    return shlex.join(words)


def _print_json(options: Options, evaluation: Evaluation) -> None:
    from aimanet.evaluation.tables import conditions, evaluation_record, row_record, to_json

    if options.predictions is None:
        print(to_json(evaluation_record(evaluation)))
        return
    row = row_record(evaluation.rows[0], windows=options.window is not None)
    print(to_json({**conditions(evaluation), **row}))


def _print_tables(options: Options, evaluation: Evaluation, report: Path | None) -> None:
    from rich.console import Console

    from aimanet.evaluation.terminal import notes, summary_table, video_table

    tty = sys.stdout.isatty()
    console = Console(highlight=False, width=None if tty else 160)
    if options.predictions is not None:
        console.print(video_table(evaluation.rows[0]))
    console.print(summary_table(evaluation))
    for line in notes(evaluation):
        console.print(line, markup=False, soft_wrap=True)
    if report is not None:
        console.print(f"Report: {_printable(report)}", markup=False, soft_wrap=True)


def _printable(path: Path) -> str:
    return str(path).encode("utf-8", "replace").decode("utf-8")
