"""``aimanet analyze``: a heart rate for a recording, or for each of many."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from aimanet.commands.analyze_one import analyse, printable
from aimanet.errors import AimaNetError

if TYPE_CHECKING:
    from aimanet.types import FaceCrop


class AnalyzeFlagsError(AimaNetError):
    """Flags of ``analyze`` that make no sense."""


@dataclass(frozen=True, slots=True)
class Options:
    """A heart rate for a video file or a folder of images, or for each of many; no labels needed.

    Examples: `aimanet analyze me.mp4`,
    `aimanet analyze me.mp4 --json --save-signals me.csv`.

    A folder of videos (or of sessions), or several paths, are read side by side: a line for each,
    in their order, as soon as it is there. What cannot be read says why in its line, the rest
    goes on, and the exit status is 2: `aimanet analyze videos --jobs 4`,
    `aimanet analyze */vid.avi --json --save-signals pulses`.
    """

    paths: Annotated[
        tuple[str, ...],
        tyro.conf.Positional,
        tyro.conf.arg(metavar="PATH [PATH ...]", help_behavior_hint=""),
    ]
    """The video file, folder of numbered images, or synthetic:hr=72,seconds=30; a folder of
    videos; or several of them."""
    method: str = "tscan"
    """How the pulse is found: tscan, pos, chrom or green."""
    weights: Path | None = None
    """Other weights for tscan than the ones that come with AimaNet."""
    device: str = "auto"
    """Where the network runs: auto, cpu or cuda."""
    json: bool = False
    """Print one JSON object with the heart rate and every reading; of many recordings one
    object a line, each with its path, and with the error where there is one. Times count from 0;
    where the recording has times of its own (a folder of pictures), origin_s is that moment."""
    save_signals: Path | None = None
    """Write the pulse and the face's box to this CSV file; of many recordings to CSV files in
    this folder."""
    jobs: int = 0
    """Of many recordings, how many to read at once, each in a process of its own. 0: one for
    each core."""
    fps: float | None = None
    """The frame rate of recordings that do not say it, such as raw .h264 and .mjpeg streams or
    folders of pictures. It overrides a rate in a header; time stamps override it."""


def run(options: Options) -> int:
    """Analyses the recording, or all of them, and prints the result."""
    from aimanet.commands.analyze_many import run_many, several
    from aimanet.sources.frame_rate import require_readable

    if not options.paths:
        raise AnalyzeFlagsError(
            "which recording? give the PATH of a video; aimanet analyze --help says more"
        )
    if not all(path.strip() for path in options.paths):
        raise AnalyzeFlagsError("one of the paths is empty: give the path of a video")
    if options.jobs < 0:
        raise AnalyzeFlagsError(f"--jobs {options.jobs}: give 0 for all cores, or more")
    if options.fps is not None:
        require_readable(options.fps)
    many = several(options.paths)
    if many is not None:
        return run_many(many, options)
    _run_one(options.paths[0], options)
    return 0


def _run_one(path: str, options: Options) -> None:
    from aimanet.methods import make_method
    from aimanet.rhythm.study import words
    from aimanet.terminal.records import to_line
    from aimanet.terminal.words import ESTIMATE, describe, origin_words, summary_advice

    method = partial(
        make_method,
        options.method,
        device=options.device,
        weights=options.weights,
        threads=1,  # the other cores find faces
    )
    watch = partial(_watched, bar=not options.json)
    found = analyse(path, method, options.save_signals, watch, fps=options.fps)
    for note in filter(None, (found.note, *found.problems)):
        print(f"note: {note}", file=sys.stderr)
    if options.json:
        print(to_line(found.record()))
        return
    found_words = describe(found.summary, ESTIMATE), summary_advice(found.summary)
    print(*filter(None, found_words), *words(found.study), sep="\n")
    if found.origin_s is not None:
        print(origin_words(found.origin_s))
    if options.save_signals is not None:
        print(f"Signals: {printable(options.save_signals)}")


def _watched(
    crops: Iterable[FaceCrop], duration_s: float | None, *, bar: bool
) -> Iterator[FaceCrop]:
    """The crops of a recording, with a progress bar where someone looks at stderr."""
    if not bar or not sys.stderr.isatty():
        yield from crops
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("analysing", total=duration_s)
        for crop in crops:
            progress.update(task, completed=crop.t)
            yield crop
