"""Opens a session in whatever state it is: what can be read, and what is wrong with it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from aimanet.sessions.info import SessionInfo, load_info
from aimanet.sessions.layout import (
    BVP,
    COLUMNS,
    FRAMES,
    MARKERS,
    READINGS,
    REFERENCE,
    VIDEO,
)
from aimanet.sessions.lock import is_recording
from aimanet.sessions.rows import finite, maybe, read_rows
from aimanet.sessions.tally import Tally
from aimanet.types import State

Signal = NDArray[np.float64]
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, eq=False)
class FrameTable:
    """``frames.csv``: ``index`` (N,), ``t`` (N,) s rising, ``box`` (N, 4) px or NaN."""

    index: NDArray[np.int64]
    t: Signal
    box: Signal

    def __len__(self) -> int:
        return len(self.t)

    @property
    def missing(self) -> int:
        """Frames that the source delivered meanwhile and that are not here."""
        return int(self.index[-1] - self.index[0]) + 1 - len(self) if len(self) else 0


@dataclass(frozen=True, slots=True)
class RecordedReading:
    """A row of ``readings.csv``; None where there was no estimate."""

    t: float
    hr_bpm: float | None
    snr_db: float | None
    state: State
    quality: float


@dataclass(frozen=True, slots=True)
class Marker:
    """A name that somebody gave to a moment."""

    t: float
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """``reference.csv``, a contact sensor on the session's time line.

    ``t`` (K,) s rising; ``ppg`` (K,) in arbitrary units; ``hr_bpm`` (K,) or None.
    """

    t: Signal
    ppg: Signal
    hr_bpm: Signal | None


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """A session that was opened.

    ``problems`` has a line for everything that is not as it should be. ``bvp_t``/``bvp`` (M,) is
    the live curve. ``recording`` is True while somebody writes it.
    """

    folder: Path
    info: SessionInfo
    frames: FrameTable
    readings: tuple[RecordedReading, ...]
    bvp_t: Signal
    bvp: Signal
    markers: tuple[Marker, ...]
    reference: Reference | None
    problems: tuple[str, ...]
    recording: bool = False

    @property
    def interrupted(self) -> bool:
        """It was never ended: the program or the computer went down."""
        return self.info.ended is None and not self.recording

    @property
    def video(self) -> Path | None:
        """The video; None where none was kept or it is missing."""
        path = self.folder / VIDEO
        return path if self.info.kept != "none" and path.is_file() else None

    @property
    def duration_s(self) -> float:
        """Seconds from the first to the last frame."""
        return float(self.frames.t[-1]) if len(self.frames) else self.info.duration_s or 0.0

    @property
    def tally(self) -> Tally:
        """The readings in numbers."""
        tally = Tally()
        for reading in self.readings:
            tally.add(reading.hr_bpm, reading.state)
        return tally


def open_session(folder: Path | str) -> Session:
    """Reads everything but the video.

    Raises:
        SessionError: there is no readable ``session.json`` in it, or it is of another version.
    """
    folder = Path(folder)
    info = load_info(folder)
    recording = is_recording(folder)
    problems = _state_of(folder, info, recording)
    frames = _rows(folder, FRAMES, _frame, problems)
    readings = _rows(folder, READINGS, _reading, problems)
    curve = np.array(_rows(folder, BVP, _pair, problems)).reshape(-1, 2)
    markers = _rows(folder, MARKERS, _marker, problems)
    return Session(
        folder=folder,
        info=info,
        frames=_table(frames),
        readings=tuple(readings),
        bvp_t=curve[:, 0],
        bvp=curve[:, 1],
        markers=tuple(sorted(markers, key=lambda marker: marker.t)),
        reference=_reference(folder, problems),
        problems=tuple(problems),
        recording=recording,
    )


def _state_of(folder: Path, info: SessionInfo, recording: bool) -> list[str]:
    problems = []
    if info.ended is None and not recording:
        problems.append("the recording was interrupted; everything up to then is here")
    if info.stopped:
        problems.append(info.stopped)
    if info.kept != "none" and not (folder / VIDEO).is_file():
        problems.append(f"{VIDEO} is missing: it can be neither watched nor analysed again")
    return problems


def _rows(
    folder: Path, name: str, parse: Callable[[list[str], float], Row], problems: list[str]
) -> list[Row]:
    """The rows of a table; ``parse`` is also given the time of the row before."""
    last = -math.inf
    at = COLUMNS[name].index("t")

    def in_order(cells: list[str]) -> Row:
        nonlocal last
        row = parse(cells, last)
        last = float(cells[at])
        return row

    found = read_rows(folder / name, in_order, COLUMNS[name])
    problems += found.problems
    return found.rows


def _after(text: str, before: float) -> float:
    t = finite(text)
    if t <= before:
        raise ValueError(f"{t} does not come after {before}")
    return t


def _frame(cells: list[str], before: float) -> tuple[int, float, tuple[float, ...]]:
    box = [maybe(cell) for cell in cells[2:6]]
    if len(box) < 4:
        raise ValueError("cells are missing")
    numbers = tuple(math.nan if None in box else float(v or 0.0) for v in box)
    return int(cells[0]), _after(cells[1], before), numbers


def _reading(cells: list[str], before: float) -> RecordedReading:
    t, quality = _after(cells[0], before), maybe(cells[4]) or 0.0
    return RecordedReading(t, maybe(cells[1]), maybe(cells[2]), State(cells[3]), quality)


def _pair(cells: list[str], before: float) -> tuple[float, float]:
    return _after(cells[0], before), finite(cells[1])


def _marker(cells: list[str], _: float) -> Marker:
    return Marker(finite(cells[0]), cells[1])


def _table(rows: list[tuple[int, float, tuple[float, ...]]]) -> FrameTable:
    return FrameTable(
        index=np.array([row[0] for row in rows], np.int64),
        t=np.array([row[1] for row in rows], np.float64),
        box=np.array([row[2] for row in rows], np.float64).reshape(-1, 4),
    )


def _reference(folder: Path, problems: list[str]) -> Reference | None:
    if not (folder / REFERENCE).exists():
        return None
    last = -math.inf

    def parse(cells: list[str]) -> tuple[float, float, float]:
        nonlocal last
        t, ppg = _after(cells[0], last), maybe(cells[1])
        hr = maybe(cells[2]) if len(cells) > 2 else None
        last = t
        return t, math.nan if ppg is None else ppg, math.nan if hr is None else hr

    found = read_rows(folder / REFERENCE, parse, ("t", "ppg"))
    problems += found.problems
    if not found.rows:
        return None
    t, ppg, hr = np.array(found.rows).T
    return Reference(t, ppg, None if np.isnan(hr).all() else hr)
