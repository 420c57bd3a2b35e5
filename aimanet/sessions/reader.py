"""Opens a session in whatever state it is: what can be read, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aimanet.plausible import maybe, number, one_recording
from aimanet.sessions.info import SessionInfo, load_info
from aimanet.sessions.layout import (
    BVP,
    COLUMNS,
    FRAMES,
    LEAST_COLUMNS,
    MARKERS,
    PICTURE,
    READINGS,
    REFERENCE,
    VIDEO,
)
from aimanet.sessions.lock import is_recording
from aimanet.sessions.rows import read_numbers, read_rows
from aimanet.sessions.tally import Tally
from aimanet.types import Reason, State

Signal = NDArray[np.float64]

REASONS = {str(reason): reason for reason in Reason}


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
    """A row of ``readings.csv``; None where there was no estimate.

    ``reason`` as in `aimanet.types.Reading`, None also where an older version wrote the row, and
    no part of a comparison: only whole pictures tell some of them.
    """

    t: float
    hr_bpm: float | None
    snr_db: float | None
    state: State
    quality: float
    reason: Reason | None = field(default=None, compare=False)


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


@dataclass(frozen=True, slots=True)
class Footage:
    """How much of a video can be read: of ``expected`` frames so many are ``readable``.

    ``beyond`` pictures have no row in ``frames.csv``, and so no time; from ``last_s`` (s) on the
    end is missing.
    """

    name: str
    expected: int
    readable: int
    beyond: int = 0
    last_s: float = 0.0

    @property
    def is_whole(self) -> bool:
        """All are there."""
        return self.readable >= self.expected

    @property
    def words(self) -> str:
        """``4 of 420 frames can be read``."""
        return f"{self.readable:,} of {self.expected:,} frames can be read"

    @property
    def problem(self) -> str:
        """One line where rows and pictures do not fit; empty where they do."""
        if not self.is_whole:
            return f"{self.name} is damaged or was cut short: {self.words}"
        if self.beyond:
            return (
                f"{self.name} has {self.beyond:,} pictures that are not in {FRAMES}: without a "
                "time they are left out"
            )
        return ""


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """A session that was opened.

    ``problems`` has a line for everything that is not as it should be. ``bvp_t``/``bvp`` (M,) is
    the live curve. ``recording`` is True while somebody writes it. ``footage`` is known once
    `aimanet.sessions.footage.with_footage` has looked.
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
    footage: tuple[Footage, ...] = ()

    @property
    def interrupted(self) -> bool:
        """It was never ended: the program or the computer went down."""
        return self.info.ended is None and not self.recording

    @property
    def video(self) -> Path | None:
        """The lossless video; None where none was kept or it is missing."""
        path = self.folder / VIDEO
        return path if self.info.kept != "none" and path.is_file() else None

    @property
    def compressed(self) -> Path | None:
        """The whole picture in H.264 beside the face; None where it was not kept or is missing."""
        path = self.folder / PICTURE
        return path if self.info.picture is not None and path.is_file() else None

    @property
    def picture(self) -> Path | None:
        """The best video of the whole picture, in which ``frames.box`` lies; None without one."""
        return self.video if self.info.kept == "frame" else self.compressed

    @property
    def shown(self) -> Path | None:
        """What a player shows: the whole picture where there is one, else the face."""
        return self.picture or self.video

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
    frames, readings = _frames(folder, problems), read_readings(folder, problems)
    bvp_t, bvp = read_curve(folder, problems)
    return Session(
        folder=folder,
        info=info,
        frames=frames,
        readings=readings,
        bvp_t=bvp_t,
        bvp=bvp,
        markers=read_markers(folder, problems),
        reference=_reference(folder, problems),
        problems=tuple(problems),
        recording=recording,
    )


def _state_of(folder: Path, info: SessionInfo, recording: bool) -> list[str]:
    problems = list(info.odd)
    if info.ended is None and not recording:
        problems.append("the recording was interrupted; everything up to then is here")
    if info.stopped:
        problems.append(info.stopped)
    if info.picture is not None and not (folder / PICTURE).is_file():
        problems.append(f"{PICTURE} is missing: of the picture only the face is left")
    if info.kept != "none" and not (folder / VIDEO).is_file():
        problems.append(f"{VIDEO} is missing: it can be neither watched nor analysed again")
    return problems


MOST_READINGS = 1_000_000
"""Three a second for four days; more of them would take gigabytes."""
MOST_MARKERS = 10_000


def _frames(folder: Path, problems: list[str]) -> FrameTable:
    found = read_numbers(folder / FRAMES, COLUMNS[FRAMES])
    problems += found.problems
    index, t, box = found.values[:, 0], found.values[:, 1], found.values[:, 2:6].copy()
    box[np.isnan(box).any(axis=1)] = np.nan
    return FrameTable(index.astype(np.int64), t.copy(), box)


def read_curve(folder: Path, problems: list[str]) -> tuple[Signal, Signal]:
    """``t`` and ``bvp`` of a folder's ``bvp.csv``; adds a line for each problem."""
    found = read_numbers(folder / BVP, COLUMNS[BVP])
    problems += found.problems
    return found.values[:, 0].copy(), found.values[:, 1].copy()


def read_readings(folder: Path, problems: list[str]) -> tuple[RecordedReading, ...]:
    """The rows of a folder's ``readings.csv``; adds a line for each problem."""
    found = read_rows(folder / READINGS, _reading, LEAST_COLUMNS[READINGS], MOST_READINGS)
    good = one_recording(np.array([row.t for row in found.rows], np.float64))
    found.bad.extend(found.lines[k] for k in np.flatnonzero(~good))
    problems += found.told(READINGS)
    return tuple(row for row, keep in zip(found.rows, good.tolist(), strict=True) if keep)


def _reading(cells: list[str]) -> RecordedReading:
    t, quality = number(cells[0], "t"), maybe(cells[4], "quality") or 0.0
    hr_bpm, snr_db = maybe(cells[1], "hr_bpm"), maybe(cells[2], "snr_db")
    reason = REASONS.get(cells[5]) if len(cells) > 5 else None
    return RecordedReading(t, hr_bpm, snr_db, State(cells[3]), quality, reason)


def read_markers(folder: Path, problems: list[str]) -> tuple[Marker, ...]:
    """The rows of ``markers.csv`` in the order of time; adds a line for each problem."""
    found = read_rows(folder / MARKERS, _marker, COLUMNS[MARKERS], MOST_MARKERS)
    problems += found.told(MARKERS)
    return tuple(sorted(found.rows, key=lambda marker: marker.t))


def _marker(cells: list[str]) -> Marker:
    return Marker(number(cells[0], "t"), cells[1])


def _reference(folder: Path, problems: list[str]) -> Reference | None:
    if not (folder / REFERENCE).exists():
        return None
    found = read_numbers(folder / REFERENCE, ("t", "ppg"), more="hr_bpm")
    problems += found.problems
    if not len(found.values):
        return None
    t, ppg, hr = found.values.T.copy()
    return Reference(t, ppg, None if np.isnan(hr).all() else hr)
