"""What `app.bench` reads off the window while it runs."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QTimer, Slot

from aimanet.types import Reading, State
from app.bench import process_started
from app.link import Picture
from app.main_window import MainWindow
from app.widgets.video_view import VideoView

_LONGEST_WAIT_MS = 60_000
"""The window is closed after this long without a picture."""


@dataclass(frozen=True, slots=True)
class Report:
    """Times ``*_s`` up to ``first_ok_s`` count from the start of the process; None: never.

    Delays and drawing are medians and 95th percentiles. What is said of the running window
    (CPU seconds a second, by thread too; frames) counts from the first reading on.
    """

    seconds: float
    first_window_s: float | None
    first_picture_s: float | None
    first_picture_cpu_s: float | None
    first_reading_s: float | None
    first_ok_s: float | None
    grab_to_pixel_ms: dict[str, float | None]
    grab_to_reading_s: dict[str, float | None]
    draw_picture_ms: dict[str, float | None]
    draw_plots_ms: dict[str, float | None]
    frames: dict[str, int]
    cpu_per_s: float | None
    cpu_per_s_by_thread: dict[str, float]
    rss_mb: dict[str, float | None]


@dataclass(frozen=True, slots=True)
class _Moment:
    t: float
    cpu_s: float
    by_thread: dict[str, float]
    arrived: int
    drawn: int


class Meter(QObject):
    """Watches a window for ``seconds`` from its first picture on, reports, and closes it."""

    def __init__(
        self, window: MainWindow, seconds: float, report: Callable[[Report], None]
    ) -> None:
        super().__init__(window)
        self._window, self._seconds, self._report = window, seconds, report
        self._began = process_started()
        self._firsts: dict[str, float] = {}
        self._spent: dict[str, list[float]] = defaultdict(list)
        self._rss: dict[str, float | None] = {}
        self._shown: list[Picture] = []
        self._drawn = 0
        self._picture_cpu_s: float | None = None
        self._settled: _Moment | None = None
        self._time_painting()
        self._end = QTimer(self, interval=_LONGEST_WAIT_MS, singleShot=True)
        self._end.timeout.connect(self._on_end)
        self._end.start()
        window.installEventFilter(self)
        window.body.video.shown.connect(self._on_shown)
        window.conductor.engine.reading.connect(self._on_reading)

    def _time_painting(self) -> None:
        """Before any of these widgets is painted for the first time; only this process does it."""
        for owner, name in ((VideoView, "draw_picture"), (pg.GraphicsView, "draw_plots")):
            setattr(owner, "paintEvent", _timed(owner.paintEvent, self._spent[name]))  # noqa: B010

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The window's first painting."""
        if event.type() is QEvent.Type.Paint and watched is self._window:
            self._first("window")
            self._window.removeEventFilter(self)
        return False

    def _first(self, what: str) -> bool:
        if what in self._firsts:
            return False
        self._firsts[what] = time.perf_counter() - self._began
        return True

    @Slot(object)
    def _on_shown(self, picture: Picture) -> None:
        self._drawn += 1
        self._shown.append(picture)
        QTimer.singleShot(0, self, self._on_flushed)

    @Slot()
    def _on_flushed(self) -> None:
        """The loop is back: what was painted has been handed to the screen."""
        now = time.perf_counter()
        if self._first("picture"):
            self._rss["first_picture"] = _rss_mb()
            self._picture_cpu_s = time.process_time()
            self._end.start(round(1000 * self._seconds))
        elif self._settled is not None:
            self._spent["pixel"] += [now - picture.grabbed for picture in self._shown]
        self._shown.clear()

    @Slot(object)
    def _on_reading(self, reading: Reading) -> None:
        link = self._window.conductor.engine.link
        if link is None:
            return
        if self._first("reading"):
            self._settled = self._moment()
            for times in self._spent.values():
                times.clear()
        if reading.state is State.OK and self._first("ok"):
            self._rss["first_ok"] = _rss_mb()
        if reading.bvp_t.size:
            now = time.perf_counter()
            age = now - (reading.t + link.figures.clock_s) + reading.latency_s
            self._spent["reading"].append(age)

    def _moment(self) -> _Moment:
        link = self._window.conductor.engine.link
        arrived = link.figures.frames if link is not None else 0
        cpu_s = time.process_time()
        return _Moment(time.perf_counter(), cpu_s, _cpu_by_thread(), arrived, self._drawn)

    @Slot()
    def _on_end(self) -> None:
        self._report(self._sum_up())
        self._window.close()

    def _sum_up(self) -> Report:
        start, now = self._settled, self._moment()
        took = now.t - start.t if start else 0.0
        threads = {}
        if start is not None:
            threads = {
                name: round((cpu_s - start.by_thread.get(name, 0.0)) / took, 4)
                for name, cpu_s in now.by_thread.items()
            }
        arrived = now.arrived - start.arrived if start else now.arrived
        drawn = now.drawn - start.drawn if start else now.drawn
        return Report(
            seconds=self._seconds,
            first_window_s=self._firsts.get("window"),
            first_picture_s=self._firsts.get("picture"),
            first_picture_cpu_s=self._picture_cpu_s,
            first_reading_s=self._firsts.get("reading"),
            first_ok_s=self._firsts.get("ok"),
            grab_to_pixel_ms=_spread(self._spent["pixel"], 1e3),
            grab_to_reading_s=_spread(self._spent["reading"], 1.0),
            draw_picture_ms=_spread(self._spent["draw_picture"], 1e3),
            draw_plots_ms=_spread(self._spent["draw_plots"], 1e3),
            frames={"arrived": arrived, "drawn": drawn, "not drawn": max(0, arrived - drawn)},
            cpu_per_s=(now.cpu_s - start.cpu_s) / took if start else None,
            cpu_per_s_by_thread=threads,
            rss_mb=self._rss | {"end": _rss_mb()},
        )


def _timed(paint: Callable[..., None], times: list[float]) -> Callable[..., None]:
    @wraps(paint)
    def timed(self: Any, event: Any) -> None:
        start = time.perf_counter()
        paint(self, event)
        times.append(time.perf_counter() - start)

    return timed


def _spread(values: list[float], times: float) -> dict[str, float | None]:
    if not values:
        return {"median": None, "p95": None}
    middle, high = np.percentile(values, (50, 95))
    return {"median": float(middle) * times, "p95": float(high) * times}


def _rss_mb() -> float | None:
    """Resident memory now; None where the system does not say it in a file."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _cpu_by_thread() -> dict[str, float]:
    """CPU seconds by the name the system has for a thread; empty where it has none."""
    total: dict[str, float] = defaultdict(float)
    for task in Path("/proc/self/task").glob("*/stat"):
        try:
            text = task.read_text()
        except OSError:
            continue  # it has just ended
        name, fields = text[text.index("(") + 1 : text.rindex(")")], text.rpartition(")")[2].split()
        total[name] += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return dict(total)
