"""``aimanet live``: a heart rate as it happens, in the window or in the terminal."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from aimanet.errors import AimaNetError
from aimanet.terminal.desktop import WindowLoader, open_window

METHOD = "tscan"
DEVICE = "auto"


class LiveFlagsError(AimaNetError):
    """Flags of ``live`` that make no sense together."""


@dataclass(frozen=True, slots=True)
class Options:
    """A heart rate from a camera, stream, file or the demo face, as it runs.

    Opens AimaNet's window. In the terminal instead: with --headless, --json, --fast or
    --seconds, and wherever there is no display. Ctrl-C ends it with a summary.

    Examples: `aimanet live --source 0`, `aimanet live --source me.mp4 --fast --json`,
    `aimanet live --source http://host:8080/video --headless --seconds 60`,
    `aimanet live --source synthetic:hr=90,seed=3`.
    """

    source: str | None = None
    """Camera number or name, video file, folder of images, http:// or rtsp:// address, or
    synthetic:hr=72,seed=1,seconds=60. Default: the first camera, else the demo face."""
    headless: bool = False
    """Stay in the terminal."""
    seconds: float | None = None
    """End after this time (with --fast: of the recording)."""
    json: bool = False
    """One JSON object a line for each reading."""
    method: str | None = None
    """How the pulse is found: tscan, pos, chrom or green. Default: tscan; in the window, the
    one used last."""
    weights: Path | None = None
    """Other weights for tscan than the ones that come with AimaNet."""
    device: str | None = None
    """Where the network runs: auto, cpu or cuda. Default: auto; in the window, the one used
    last."""
    fast: bool = False
    """Read a recording as fast as possible: the same readings as `analyze`."""
    size: tuple[int, int] | None = None
    """Width and height to ask the camera for, e.g. 640 480."""
    fps: float | None = None
    """Frames per second to ask the camera for; or the frame rate of a recording that does not say
    it, such as a raw .h264 or .mjpeg stream."""

    @property
    def terminal_only(self) -> bool:
        """Whether a flag was given that has no meaning in the window."""
        return self.headless or self.json or self.fast or self.seconds is not None


def run(options: Options, window: WindowLoader | None = None) -> int:
    """Opens the window, or runs in the terminal and prints the readings."""
    _check(options)
    if not options.terminal_only:
        o = options
        status = open_window(window, o.source, o.method, o.device, o.weights, o.fps)
        if status is not None:
            return status
    from aimanet.sources import open_source
    from aimanet.terminal.fallback import pick_source
    from aimanet.terminal.session import Session
    from aimanet.terminal.streams import give_up_with_stdout
    from aimanet.terminal.views import choose_view

    spec = options.source if options.source is not None else pick_source()
    source = open_source(spec, realtime=not options.fast, size=options.size, fps=options.fps)
    session = Session(
        source,
        method=options.method or METHOD,
        device=options.device or DEVICE,
        weights=options.weights,
        seconds=options.seconds,
        fast=options.fast,
        fps=options.fps,
    )
    give_up_with_stdout()
    try:
        session.run(choose_view(json=options.json))
    except KeyboardInterrupt:  # a second Ctrl-C, or one while the source was still opening
        print("Stopped.", file=sys.stderr)
    return 0


def _check(options: Options) -> None:
    if options.seconds is not None and not options.seconds > 0:
        raise LiveFlagsError(f"--seconds {options.seconds:g}: give a time above 0")
    if options.size is not None and min(options.size) < 1:
        raise LiveFlagsError("--size: give width and height above 0, e.g. --size 640 480")
    if options.fps is not None and not options.fps > 0:
        raise LiveFlagsError(f"--fps {options.fps:g}: give a rate above 0")
    if options.source == "":
        raise LiveFlagsError("--source is empty: name a camera, file or address")
    if options.fast and options.source is None:
        raise LiveFlagsError("--fast reads a recording: name it with --source")
