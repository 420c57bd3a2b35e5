"""One recording from its first frame to the answer."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from aimanet.errors import OutputError, SourceError
from aimanet.outputs import AtomicText
from aimanet.sources import formats
from aimanet.sources.address import without_password
from aimanet.sources.frame_rate import unused_rate
from aimanet.types import Reason

if TYPE_CHECKING:
    from aimanet.methods import PulseMethod
    from aimanet.pipeline import Pipeline, Summary
    from aimanet.rhythm.study import Study
    from aimanet.sources import Source
    from aimanet.sources.base import Faces, RateOrigin
    from aimanet.terminal.trace import BoxTrace, PulseTrace
    from aimanet.types import FaceCrop

Watch = Callable[[Iterable["FaceCrop"], float | None], Iterator["FaceCrop"]]
"""Passes the crops of a recording of so many seconds (None: unknown) on, and shows progress."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in a recording; ``readings`` as records, ``origin_s`` as in `SourceInfo`.

    ``fps_source`` says where its frame rate is from; ``note`` is a line about a flag of no use;
    ``problems`` are lines about what of the recording cannot be read.
    """

    summary: Summary
    readings: list[dict[str, Any]]
    study: Study
    origin_s: float | None = None
    fps_source: RateOrigin | None = None
    note: str = ""
    problems: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        """The object that ``--json`` prints."""
        from aimanet.rhythm.study import record
        from aimanet.terminal.records import number, summary_record

        told = summary_record(self.summary, []) | record(self.study)
        del told["readings"]
        if self.origin_s is not None:
            told["origin_s"] = number(self.origin_s, 6)
        told["fps_source"] = self.fps_source
        told["reason"] = told.pop("reason")  # keys are only ever added at the end
        if self.problems:
            told["problems"] = list(self.problems)
        return {**told, "readings": self.readings}  # but for the long list


def analyse(
    path: str,
    make_method: Callable[[], PulseMethod],
    signals: Path | None = None,
    watch: Watch = lambda crops, _: iter(crops),
    threads: int | None = None,
    fps: float | None = None,
) -> Found:
    """The whole recording through the pipeline; what is wrong with it shows before the work.

    Args:
        path: a file, a folder of pictures, a session, or ``synthetic:...``.
        make_method: called when the recording is open.
        signals: the CSV to write.
        watch: shows progress.
        threads: 1 is this one alone; by default a second one finds the faces ahead.
        fps: the frame rate, where the recording has no time stamps.

    Raises:
        AimaNetError: it cannot be read, has no face in it, or the CSV cannot be written.
    """
    from aimanet.ahead import open_crops

    source = open_recording(path, fps)
    with ExitStack() as stack:
        out = _signals_file(path, signals, stack)
        crops = stack.enter_context(open_crops(source, _detector, threads))
        if source.endless:
            raise SourceError(f"{path} never ends: give it a length, e.g. seconds=30")
        watched = watch(crops, crops.info.duration_s)
        found = _read(watched, make_method(), source, crops.info.origin_s, out)
        info = crops.info
        rate = unused_rate(info, fps)
        return replace(found, fps_source=info.fps_source, note=rate, problems=info.problems)


def _read(
    crops: Iterator[FaceCrop],
    method: PulseMethod,
    source: Source,
    origin_s: float | None,
    out: TextIO | None,
) -> Found:
    from aimanet.pipeline import Pipeline
    from aimanet.rhythm.study import study
    from aimanet.rhythm.tape import PulseTape
    from aimanet.terminal.records import reading_record
    from aimanet.terminal.trace import BoxTrace, PulseTrace

    pipeline, tape = Pipeline(method), PulseTape()
    pipeline.on_segment = tape.add
    boxes = BoxTrace()
    trace = None if out is None else PulseTrace(out, boxes, origin_s)
    readings = [reading_record(reading) for reading in _readings(crops, pipeline, boxes, trace)]
    summary = _with_face(pipeline.summary(), source)
    found = study(tape.stretches(), summary.readings, pipeline.config.window_s)
    return Found(summary, readings, found, origin_s)


def _readings(
    crops: Iterator[FaceCrop], pipeline: Pipeline, boxes: BoxTrace, trace: PulseTrace | None
) -> Iterator[Any]:
    """The readings, while pulse and boxes are written."""
    for crop in crops:
        boxes.add(crop)
        reading = pipeline.push(crop)
        if reading is None:
            continue
        if trace is not None:
            trace.add(reading)
        yield reading
    if trace is not None:
        trace.finish()


def _detector() -> Faces:
    from aimanet.face import FaceTracker  # MediaPipe takes a second to load

    return FaceTracker()


def _with_face(summary: Summary, source: Source) -> Summary:
    if summary.face_fraction > 0.0:
        return summary
    from aimanet.words import REASONS

    advice = "use a recording in which a face is seen from the front and well lit"
    if summary.reason in (Reason.TOO_DARK, Reason.TOO_BRIGHT):
        words = REASONS[summary.reason]
        advice = f"{words.clause}. {words.advice}"
    raise SourceError(f"no face in {source.label} ({summary.frames} frames): {advice}")


def _signals_file(recording: str, path: Path | None, stack: ExitStack) -> TextIO | None:
    """The CSV to write, opened now, so that it fails before the work and not after."""
    if path is None:
        return None
    if os.path.exists(path) and os.path.exists(recording) and path.samefile(recording):
        raise OutputError(f"{printable(path)} is the recording itself: save the signals elsewhere")
    return stack.enter_context(AtomicText(path))


def open_recording(path: str, fps: float | None = None) -> Source:
    """The source for a recording, to be read as fast as possible; ``fps`` as `analyse` takes it.

    Raises:
        SourceError: there is no such file, or it is a live source, which has no end.
    """
    from aimanet.sources import open_source

    if is_synthetic(path):
        return open_source(path, realtime=False, fps=fps)
    if "://" in path:
        raise SourceError(f"{printable(path)} is a stream: run `aimanet live --source ...` with it")
    try:
        os.stat(path)
    except (FileNotFoundError, ValueError) as error:  # ValueError: a NUL in it
        raise SourceError(f"{printable(path)} does not exist: check the path") from error
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise SourceError(f"{printable(path)} cannot be read ({why}): check the path") from error
    # Absolute, so that a file called `0` is not taken for a camera.
    return open_source(str(Path(path).absolute()), realtime=False, fps=fps)


def is_synthetic(path: str) -> bool:
    """Whether the path is the spec of a drawn face and not a file of that name."""
    return formats.is_synthetic(path) and not os.path.exists(path)


def printable(path: str | Path) -> str:
    """A path, or an address less its password, for a message; also when its bytes are no UTF-8."""
    return without_password(str(path)).encode("utf-8", "replace").decode("utf-8")
