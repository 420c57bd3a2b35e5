"""A live run in the terminal: a source through a pipeline into a view, until it ends."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from aimanet.errors import SourceError
from aimanet.face import FaceTracker
from aimanet.live import CaptureFeed, DirectFeed, Feed
from aimanet.methods import make_method
from aimanet.pipeline import Pipeline, Summary
from aimanet.sources import Source
from aimanet.sources.frame_rate import unused_rate
from aimanet.stop import StopRequest
from aimanet.terminal.views import Status, View
from aimanet.types import Frame


@dataclass(frozen=True, slots=True)
class Session:
    """What a live run is made of.

    ``seconds`` ends it after that time (the recording's own with ``fast``, else the clock's);
    ``fast`` reads a recording as fast as possible, without losing a frame; ``fps`` is the rate that
    ``source`` was given.
    """

    source: Source
    method: str = "tscan"
    device: str = "auto"
    weights: Path | None = None
    seconds: float | None = None
    fast: bool = False
    fps: float | None = None

    def run(self, view: View) -> Summary:
        """Runs until the source ends, the time is over, or Ctrl-C.

        Raises:
            AimaNetError: no such source, method or weights, or the source failed for good.
        """
        if self.fast and self.source.live:
            raise SourceError(
                f"--fast is for recordings; {self.source.label} is live: leave it out"
            )
        with ExitStack() as stack:
            stop = stack.enter_context(StopRequest())
            # Live, three milliseconds a window are nobody's wait, and a second thread costs work.
            threads = None if self.fast else 1
            method = make_method(
                self.method, device=self.device, weights=self.weights, threads=threads
            )
            tracker = self.source.tracker() or FaceTracker()
            stack.callback(tracker.close)
            feed = stack.enter_context(self._feed(stop, view))
            if unused := unused_rate(feed.info, self.fps):
                view.notice(f"note: {unused}")
            return follow(feed, Pipeline(method, tracker), view, self.source, self.seconds)

    def _feed(self, stop: StopRequest, view: View) -> Feed:
        if self.fast:
            return DirectFeed(self.source, stop)
        return CaptureFeed(self.source, stop, view.notice)


def follow(
    feed: Feed, pipeline: Pipeline, view: View, source: Source, seconds: float | None
) -> Summary:
    """Takes an open feed to its end and shows every reading.

    The times of a live source are those of the computer's clock; they are shown from the
    first frame on. A recording's own times stay.
    """
    summary: Summary | None = None
    status = Status(None, 0, "")
    view.start(source.label, feed.info)
    clock = FrameClock()
    try:
        for frame in feed.frames(seconds):
            clock.tick(frame)
            reading = pipeline.step(frame)
            if reading is not None:
                status = Status(clock.fps, clock.dropped, stages(pipeline))
                shown = replace(reading, t=reading.t - clock.first_t) if source.live else reading
                view.show(shown, status)
        summary = pipeline.summary()
    finally:
        view.finish(summary, status)
    return summary


def stages(pipeline: Pipeline) -> str:
    """``detect 3.1 ms, network 0.9 ms, ...`` per frame."""
    times = pipeline.stage_ms
    return (
        f"detect {times.detect:.1f} ms   window {times.window:.1f} ms   "
        f"network {times.network:.1f} ms   pulse {times.pulse:.1f} ms"
    )


class FrameClock:
    """What the frames themselves tell: their rate over about the last second, and the lost.

    Frames lost anywhere on the way, in the camera's queue or ours, are holes in the index.
    """

    def __init__(self) -> None:
        self.first_t = 0.0
        self.dropped = 0
        self._last: Frame | None = None
        self._step: float | None = None

    def tick(self, frame: Frame) -> None:
        """Takes the next frame."""
        if self._last is None:
            self.first_t = frame.t
        else:
            missing = frame.index - self._last.index - 1
            self.dropped += max(0, missing)
            step = (frame.t - self._last.t) / (max(0, missing) + 1)
            self._step = step if self._step is None else self._step + 0.05 * (step - self._step)
        self._last = frame

    @property
    def fps(self) -> float | None:
        """What the source delivers, lost frames included; None before the second frame."""
        return 1.0 / self._step if self._step else None
