"""``aimanet record``: a session from any source, without a window."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from aimanet.commands.record_words import KEPT, cost_text, progress_line, report
from aimanet.errors import AimaNetError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aimanet.live import Feed
    from aimanet.pipeline import Pipeline, Summary
    from aimanet.sessions.info import SessionInfo
    from aimanet.sessions.recorder import Recorder
    from aimanet.sessions.sample import Step
    from aimanet.sources import Source
    from aimanet.stop import StopRequest


class RecordFlagsError(AimaNetError):
    """Flags of ``record`` that make no sense together."""


@dataclass(frozen=True, slots=True)
class Options:
    """A recording of video, times, readings and pulse, as a session that can be replayed.

    Without --out it goes to the folder of sessions, named after the time. `--out DIR` is the
    session's own folder, which must be new or empty; with a slash at its end, `--out DIR/`, it is
    the folder to put a new one into. Ctrl-C ends the recording; it is kept.

    Examples: `aimanet record --source 0 --seconds 60`,
    `aimanet record --source me.mp4 --as-fast-as-possible --out me-session`,
    `aimanet record --source rtsp://host/stream --keep face --participant P07`.
    """

    source: str
    """Camera number or name, video file, folder of images, http:// or rtsp:// address, or
    synthetic:hr=72,seed=1,seconds=60."""
    out: str | None = None
    """The session's folder, or with a slash at its end the folder to put it into."""
    seconds: float | None = None
    """End after this time (of a recording: its own). Default: when the source ends."""
    keep: Literal["face", "face+picture", "frame", "none"] = "face"
    """Of the video: the face without loss, as the methods see it; with it the whole picture in
    H.264; the whole picture without loss; or nothing. The first line says what it takes on the
    disk: at 640x480 about 1, 3, 50 and 0.01 GB an hour."""
    method: str = "tscan"
    """How the pulse is found: tscan, pos, chrom or green."""
    weights: Path | None = None
    """Other weights for tscan than the ones that come with AimaNet."""
    device: str = "auto"
    """Where the network runs: auto, cpu or cuda."""
    participant: str = ""
    """Who was recorded: a code rather than a name."""
    notes: str = ""
    """Anything worth remembering."""
    consent: bool = False
    """The person recorded has agreed: kept in session.json (consent.confirmed). Unlike the window,
    the command records without it, too."""
    as_fast_as_possible: bool = False
    """Read a file or the demo face as fast as it goes instead of in real time."""
    size: tuple[int, int] | None = None
    """Width and height to ask the camera for, e.g. 640 480."""
    fps: float | None = None
    """Frames per second to ask the camera for; or the frame rate of a recording that does not say
    it, such as a raw .h264 or .mjpeg stream."""
    json: bool = False
    """Print one JSON object about the session at the end, and nothing else."""


def run(options: Options) -> int:
    """Records until the end, Ctrl-C or an error; says where it is and what is in it."""
    _check(options)
    from aimanet.sessions.film import require_encoder
    from aimanet.sources import open_source
    from aimanet.stop import StopRequest

    if options.keep == "face+picture":
        require_encoder()
    fast = options.as_fast_as_possible
    source = open_source(options.source, realtime=not fast, size=options.size, fps=options.fps)
    if fast and source.live:
        raise SourceError(
            f"--as-fast-as-possible is for recordings; {source.label} is live: leave it out"
        )
    folder = target(options.out)
    with ExitStack() as stack:
        stop = stack.enter_context(StopRequest())
        recorder, trouble, summary = _record(options, folder, source, stop, stack)
    report(recorder, summary, options.json)
    for problem in (recorder.error, trouble):
        if problem is not None:
            raise problem
    return 0


def _check(options: Options) -> None:
    if options.seconds is not None and not options.seconds > 0:
        raise RecordFlagsError(f"--seconds {options.seconds:g}: give a time above 0")
    if options.size is not None and min(options.size) < 1:
        raise RecordFlagsError("--size: give width and height above 0, e.g. --size 640 480")
    if options.fps is not None and not options.fps > 0:
        raise RecordFlagsError(f"--fps {options.fps:g}: give a rate above 0")
    if not options.source.strip():
        raise RecordFlagsError("--source is empty: name a camera, file or address")
    if options.out == "":
        raise RecordFlagsError("--out is empty: name a folder, or leave it out")


def target(out: str | None) -> Path:
    """The folder of the new session, as `Options` says; one named after the time is free so far.

    Raises:
        SessionError: there is something in it.
    """
    from aimanet.sessions.info import now
    from aimanet.sessions.layout import new_folder, require_free, sessions_folder

    path = sessions_folder() if out is None else Path(out).expanduser()
    if _is_named_by_time(out):
        return new_folder(path, now())
    require_free(path)
    return path


def _is_named_by_time(out: str | None) -> bool:
    separators = tuple(mark for mark in (os.sep, os.altsep) if mark)
    return out is None or out.endswith(separators)


def _record(
    options: Options, folder: Path, source: Source, stop: StopRequest, stack: ExitStack
) -> tuple[Recorder, SourceError | None, Summary]:
    """The finished recorder, what ended the source before its time, and what was read."""
    from aimanet.face import FaceTracker
    from aimanet.methods import make_method
    from aimanet.pipeline import Pipeline
    from aimanet.sessions.info import now
    from aimanet.sessions.layout import create_new
    from aimanet.sessions.recorder import Recorder
    from aimanet.sessions.writer import SessionWriter
    from aimanet.sources.frame_rate import unused_rate

    with stop.at_once():  # there is no session yet
        method = make_method(
            options.method,
            device=options.device,
            weights=options.weights,
            # As live: the other core has the camera and the face.
            threads=1 if source.live else None,
        )
        tracker = source.tracker() or FaceTracker()
        stack.callback(tracker.close)
        feed = stack.enter_context(_feed(source, stop))
        if options.as_fast_as_possible and source.endless and options.seconds is None:
            raise SourceError(f"{options.source} never ends: give --seconds")
        if unused := unused_rate(feed.info, options.fps):
            _notice(f"note: {unused}")
        pipeline = Pipeline(method)
        steps = _Steps((f, tracker.track(f)) for f in feed.frames(options.seconds))
        sample = [] if options.json else steps.sample()
    if _is_named_by_time(options.out):
        folder = create_new(folder.parent, now())
    writer = SessionWriter(folder, _info(options, source, feed, pipeline))
    if not options.json:
        _greet(options, source, folder, sample, feed)
    recorder = stack.enter_context(Recorder(lambda: writer))
    offer = recorder.offer if source.live else recorder.offer_waiting
    for frame, crop in _watched(steps, feed, options, recorder):
        if not offer(frame, crop) and not recorder.running:
            break
        reading = pipeline.push(crop)
        if reading is not None:
            recorder.reading(reading)
    recorder.stop()
    return recorder, steps.trouble, pipeline.summary()


class _Steps:
    """Frames with their faces, the first of which can be looked at beforehand.

    ``trouble`` is what ended the source before its time: what came before it is worth keeping.
    """

    def __init__(self, steps: Iterator[Step]) -> None:
        self._steps = steps
        self._first: list[Step] = []
        self.trouble: SourceError | None = None

    def sample(self) -> list[Step]:
        """The first ones, for `aimanet.sessions.sample`; they come again in the iteration.

        Raises:
            SourceError: there is not a single one.
        """
        from aimanet.sessions.sample import is_enough

        for step in self._guarded():
            self._first.append(step)
            if is_enough(self._first):
                break
        if self.trouble is not None and not self._first:
            raise self.trouble
        return self._first

    def __iter__(self) -> Iterator[Step]:
        yield from self._first
        yield from self._guarded()

    def _guarded(self) -> Iterator[Step]:
        try:
            while (step := next(self._steps, None)) is not None:
                yield step
        except SourceError as problem:
            self.trouble = problem


def _feed(source: Source, stop: StopRequest) -> Feed:
    """A camera does not wait, so it has a thread of its own; a file loses nothing without."""
    from aimanet.live import CaptureFeed, DirectFeed

    return CaptureFeed(source, stop, _notice) if source.live else DirectFeed(source, stop)


def _info(options: Options, source: Source, feed: Feed, pipeline: Pipeline) -> SessionInfo:
    from aimanet.sessions.info import Consent, keeping
    from aimanet.sessions.origin import describe, with_method

    described = describe(source, feed.info)
    typed = {
        **keeping(options.keep),
        "participant": options.participant,
        "notes": options.notes,
        "consent": Consent(shown=not options.json, confirmed=options.consent),
    }
    info = described.model_copy(update=typed)
    return with_method(info, pipeline.method, pipeline.config.window_s)


def _notice(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _greet(options: Options, source: Source, folder: Path, sample: list[Step], feed: Feed) -> None:
    from aimanet.commands.analyze_one import printable
    from aimanet.sessions.cost import typical
    from aimanet.sessions.info import CONSENT
    from aimanet.sessions.sample import measured

    print(CONSENT, file=sys.stderr)
    keep, info = options.keep, feed.info
    costs = typical((info.width, info.height), info.fps)
    if sample:
        costs = measured(sample, info.fps, [keep])
    print(f"Keeping {KEPT[keep]}: {cost_text(costs[keep])}", flush=True)
    print(f"Recording {source.label} to {printable(folder)} (Ctrl-C ends it)", flush=True)


def _watched(steps: _Steps, feed: Feed, options: Options, recorder: Recorder) -> Iterator[Step]:
    """The steps, with a line of progress where someone looks at stderr."""
    if options.json or not sys.stderr.isatty():
        yield from steps
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    text = TextColumn("[red]●[/] {task.description}")
    with Progress(text, BarColumn(), console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("recording", total=options.seconds or feed.info.duration_s)
        for step in steps:
            status = recorder.status()
            progress.update(task, completed=status.elapsed_s, description=progress_line(status))
            yield step
