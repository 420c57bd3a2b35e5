"""``aimanet analyze``: a heart rate for a recording."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import tyro

from aimanet.errors import OutputError, SourceError
from aimanet.outputs import AtomicText

if TYPE_CHECKING:
    from aimanet.pipeline import Pipeline, Summary
    from aimanet.rhythm.study import Study
    from aimanet.sources import Source
    from aimanet.terminal.trace import PulseTrace
    from aimanet.types import Frame


@dataclass(frozen=True, slots=True)
class Options:
    """A heart rate for a video file or a folder of images; no labels needed.

    Examples: `aimanet analyze me.mp4`,
    `aimanet analyze me.mp4 --json --save-signals me.csv`.
    """

    path: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="PATH")]
    """The video file, folder of numbered images, or synthetic:hr=72,seconds=30."""
    method: str = "tscan"
    """How the pulse is found: tscan, pos, chrom or green."""
    weights: Path | None = None
    """Other weights for tscan than the ones that come with AimaNet."""
    device: str = "auto"
    """Where the network runs: auto, cpu or cuda."""
    json: bool = False
    """Print one JSON object with the heart rate and every reading."""
    save_signals: Path | None = None
    """Write the pulse and the face's box to this CSV file."""


def run(options: Options) -> int:
    """Analyses the recording and prints the result."""
    from aimanet.rhythm.study import record, words
    from aimanet.terminal.records import summary_record, to_line
    from aimanet.terminal.views import describe

    with ExitStack() as stack:
        summary, readings, found = _analyse(options, stack)
    if options.json:
        told = summary_record(summary, []) | record(found)
        del told["readings"]
        print(to_line({**told, "readings": readings}))  # the long list last
    else:
        print(describe(summary), *words(found), sep="\n")
    if options.save_signals is not None and not options.json:
        print(f"Signals: {printable(options.save_signals)}")
    return 0


def _analyse(options: Options, stack: ExitStack) -> tuple[Summary, list[dict[str, Any]], Study]:
    """The whole recording through the pipeline; bad flags fail before the first frame."""
    from aimanet.rhythm.study import study
    from aimanet.rhythm.tape import PulseTape
    from aimanet.terminal.records import reading_record

    source = open_recording(options.path)
    out = _signals_file(options, stack)
    stack.callback(source.close)
    info = source.open()
    if info.duration_s is None and is_synthetic(options.path):
        raise SourceError(f"{options.path} never ends: give it a length, e.g. seconds=30")
    pipeline, trace = _pipeline(options, source, out, stack)
    tape = PulseTape()
    pipeline.on_segment = tape.add
    readings: list[dict[str, Any]] = []
    for frame in _watched(source, info.duration_s, bar=not options.json):
        reading = pipeline.step(frame)
        if reading is not None:
            readings.append(reading_record(reading))
            if trace is not None:
                trace.add(reading)
    if trace is not None:
        trace.finish()
    summary = _with_face(pipeline.summary(), source)
    return summary, readings, study(tape.stretches(), summary.readings, pipeline.config.window_s)


def _with_face(summary: Summary, source: Source) -> Summary:
    if summary.face_fraction > 0.0:
        return summary
    raise SourceError(
        f"no face in {source.label} ({summary.frames} frames): "
        "use a recording in which a face is seen from the front and well lit"
    )


def _signals_file(options: Options, stack: ExitStack) -> TextIO | None:
    """The CSV to write, opened now, so that it fails before the work and not after."""
    path = options.save_signals
    if path is None:
        return None
    if path.exists() and Path(options.path).exists() and path.samefile(options.path):
        raise OutputError(f"{printable(path)} is the recording itself: save the signals elsewhere")
    return stack.enter_context(AtomicText(path))


def _pipeline(
    options: Options, source: Source, out: TextIO | None, stack: ExitStack
) -> tuple[Pipeline, PulseTrace | None]:
    """The pipeline and, where signals are saved, what writes them."""
    from aimanet.face import FaceTracker
    from aimanet.methods import make_method
    from aimanet.pipeline import Pipeline
    from aimanet.terminal.trace import BoxTrace, PulseTrace

    method = make_method(options.method, device=options.device, weights=options.weights)
    tracker = source.tracker() or FaceTracker()
    stack.callback(tracker.close)
    if out is None:
        return Pipeline(method, tracker), None
    boxes = BoxTrace(tracker)
    return Pipeline(method, boxes), PulseTrace(out, boxes)


def open_recording(path: str) -> Source:
    """The source for a recording, to be read as fast as possible.

    Raises:
        SourceError: there is no such file, or it is a live source, which has no end.
    """
    from aimanet.sources import open_source

    if is_synthetic(path):
        return open_source(path, realtime=False)
    if "://" in path:
        raise SourceError(f"{path} is a stream: run `aimanet live --source {path}`")
    if not Path(path).exists():
        raise SourceError(f"{printable(path)} does not exist: check the path")
    # Absolute, so that a file called `0` is not taken for a camera.
    return open_source(str(Path(path).absolute()), realtime=False)


def is_synthetic(path: str) -> bool:
    """Whether the path is the spec of a drawn face and not a file of that name."""
    return path.partition(":")[0] == "synthetic" and not Path(path).exists()


def printable(path: str | Path) -> str:
    """A path for a message, also when its bytes are no UTF-8."""
    return str(path).encode("utf-8", "replace").decode("utf-8")


def _watched(source: Source, duration_s: float | None, *, bar: bool) -> Iterator[Frame]:
    """The frames of the source, with a progress bar where someone looks at stderr."""
    if not bar or not sys.stderr.isatty():
        yield from source
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("analysing", total=duration_s)
        for frame in source:
            progress.update(task, completed=frame.t)
            yield frame
