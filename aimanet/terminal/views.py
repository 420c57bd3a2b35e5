"""What a live run looks like in a terminal: JSON lines, plain lines, or a panel."""

from __future__ import annotations

import math
import sys
from collections import deque
from dataclasses import dataclass
from typing import Protocol

from rich.align import Align
from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.text import Text

from aimanet.pipeline import Summary
from aimanet.sources import SourceInfo
from aimanet.terminal.glyphs import bar, big, sparkline
from aimanet.terminal.records import reading_record, to_line
from aimanet.terminal.words import advice_words, describe, origin_words, state_words
from aimanet.types import Reading, State
from aimanet.words import CLAIM, trusted_bpm

COLOURS = {
    State.OK: "green",
    State.WARMING_UP: "cyan",
    State.POOR_SIGNAL: "yellow",
    State.NO_FACE: "red",
}


@dataclass(frozen=True, slots=True)
class Status:
    """How the run itself is doing: frames per second, lost frames, ms per frame by stage."""

    fps: float | None
    dropped: int
    stages: str


class View(Protocol):
    """Told what happens during a live run, in this order: start, (show | notice)*, finish."""

    def start(self, label: str, info: SourceInfo) -> None:
        """The source is open."""

    def show(self, reading: Reading, status: Status) -> None:
        """A new reading."""

    def notice(self, text: str) -> None:
        """Something a user should know, such as a camera that is gone for now."""

    def finish(self, summary: Summary | None, status: Status) -> None:
        """The run is over; without a summary it failed."""


class JsonView:
    """One JSON object a line for each reading; all else goes to stderr."""

    def start(self, label: str, info: SourceInfo) -> None:
        """Says on stderr where the times begin, if the recording names a clock."""
        if info.origin_s is not None:
            self.notice(origin_words(info.origin_s))
        for problem in info.problems:
            self.notice(problem)

    def show(self, reading: Reading, status: Status) -> None:
        """Prints the reading at once, for a reader at the other end of a pipe."""
        print(to_line(reading_record(reading)), flush=True)

    def notice(self, text: str) -> None:
        """To stderr."""
        print(text, file=sys.stderr, flush=True)

    def finish(self, summary: Summary | None, status: Status) -> None:
        """Nothing to say."""


class PlainView:
    """A line a second, for logs and simple terminals; ASCII only."""

    def __init__(self) -> None:
        self._next = -math.inf

    def start(self, label: str, info: SourceInfo) -> None:
        """Names the source."""
        print(f"{label}: {info.detail or f'{info.width}x{info.height}'}", flush=True)
        if info.origin_s is not None:
            print(origin_words(info.origin_s), flush=True)
        for problem in info.problems:
            self.notice(problem)
        print(CLAIM, file=sys.stderr, flush=True)

    def show(self, reading: Reading, status: Status) -> None:
        """Prints the reading unless one was printed less than a second before."""
        if reading.t < self._next:
            return
        self._next = math.floor(reading.t) + 1.0
        bpm, state = trusted_bpm(reading), (reading.state, reading.reason, reading.figure)
        rate = " --.-" if bpm is None else f"{bpm:5.1f}"
        snr, advice = reading.snr_db, advice_words(*state)
        told = f". {advice}" if advice else ""
        if bpm is not None and snr is not None:
            told = f"  SNR {snr:5.1f} dB"
        print(f"{reading.t:7.1f} s  {rate} BPM  {state_words(*state)}{told}", flush=True)

    def notice(self, text: str) -> None:
        """To stderr."""
        print(text, file=sys.stderr, flush=True)

    def finish(self, summary: Summary | None, status: Status) -> None:
        """The summary and what was lost."""
        if summary is not None:
            print(f"Summary: {describe(summary)}; {status.dropped} dropped", flush=True)


class PanelView:
    """A panel that is redrawn with each reading: big number, state, quality, curves."""

    _HISTORY = 600

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._history: deque[float] = deque(maxlen=self._HISTORY)
        self._notice = ""
        self._title = ""

    def start(self, label: str, info: SourceInfo) -> None:
        """Opens the panel."""
        self._title = f"{label}, {info.detail or f'{info.width}x{info.height}'}"
        self._live.start()
        self._live.update(self._panel(Text("waiting for the first reading"), "cyan"), refresh=True)

    def show(self, reading: Reading, status: Status) -> None:
        """Draws the reading."""
        bpm = trusted_bpm(reading)
        self._history.append(math.nan if bpm is None else bpm)
        body = self._body(reading, status)
        self._live.update(self._panel(body, COLOURS[reading.state]), refresh=True)
        self._notice = ""

    def notice(self, text: str) -> None:
        """Shown at the panel's foot until the next reading."""
        self._notice = text
        self._live.update(self._panel(Text(text, "yellow"), "yellow"), refresh=True)

    def finish(self, summary: Summary | None, status: Status) -> None:
        """Closes the panel and leaves the summary."""
        self._live.stop()
        if summary is not None:
            self._console.print(
                f"Summary: {describe(summary)}; {status.dropped} dropped",
                highlight=False,
                markup=False,
            )

    def _panel(self, body: Group | Text, colour: str) -> Panel:
        return Panel(
            body,
            title=Text(self._title),
            subtitle=f"{CLAIM} Ctrl-C ends",
            border_style=colour,
            width=min(100, self._console.width),
        )

    def _body(self, reading: Reading, status: Status) -> Group:
        colour = COLOURS[reading.state]
        width = min(100, self._console.width) - 16
        bpm, state = trusted_bpm(reading), (reading.state, reading.reason, reading.figure)
        rate = "--" if bpm is None else f"{bpm:.0f}"
        snr = reading.snr_db
        told = f"   SNR {snr:.1f} dB" if bpm is not None and snr is not None else ""
        fps = "" if status.fps is None else f"{status.fps:.1f} fps   "
        return Group(
            Align.center(Text("\n".join(big(rate)), f"bold {colour}")),
            Align.center(Text(f"BPM   {state_words(*state)}{told}", colour)),
            Align.center(Text(advice_words(*state), colour)),
            Text(f"quality   {bar(reading.quality, width)}", colour),
            Text(f"pulse     {sparkline(reading.bvp, width)}"),
            Text(f"history   {sparkline(self._history, width)}"),
            Text(f"{reading.t:.0f} s   {fps}{status.dropped} dropped   {status.stages}", "dim"),
        )


def choose_view(*, json: bool) -> View:
    """JSON lines where asked for, a panel on a real terminal, plain lines elsewhere."""
    if json:
        return JsonView()
    console = Console(highlight=False)
    if console.is_terminal and not console.is_dumb_terminal and console.encoding == "utf-8":
        return PanelView(console)
    return PlainView()
