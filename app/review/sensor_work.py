"""A contact sensor's file put beside a session, and what comes of it: work for threads.

What reads sensors takes a second to import (SciPy's filters): it is done in the thread that needs
it, and the page is there at once.
"""

from __future__ import annotations

from collections.abc import Mapping as Named
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from aimanet.sessions.library import SessionEntry, entry
from aimanet.sessions.reader import RecordedReading, Reference, Session, open_session
from app.review.curves import Rates, Wave, recorded_wave
from app.review.jobs import Job, Work

if TYPE_CHECKING:
    from aimanet.sessions.reference import (
        Alignment,
        Guess,
        Mapping,
        ReferenceComparison,
        ReferenceInfo,
        Sensor,
        SensorFile,
    )
    from aimanet.sessions.reference_tracks import Track

AT_S = 0.02
"""To judge an offset that a person chose, nothing but it is looked at."""


@dataclass(frozen=True, slots=True, eq=False)
class FileRead:
    """A sensor's file and what its columns seem to be, or the question which it is."""

    file: SensorFile
    guess: Guess

    def name_of(self, choice: Mapping) -> str:
        """What to call a choice: its column, and its kind where both are of one column."""
        kinds = {c.kind for c in self.guess.choices}
        at = getattr(choice, choice.kind) if choice.kind else 0
        name = self.file.columns[at].name
        return f"{name}: {_KINDS[choice.kind]}" if choice.kind and len(kinds) > 1 else name


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A sensor and where it lies; ``ours`` and ``theirs`` are waves shaped alike (or None).

    ``understood`` says in words what was read as what.
    """

    sensor: Sensor
    aligned: Alignment
    ours: Wave | None
    theirs: Wave | None
    understood: str = ""


@dataclass(frozen=True, slots=True)
class Doubted:
    """Nothing was saved: sensor and camera may not belong together, and ``why``."""

    why: str


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """A session's reference, drawn, and each way to read the session beside it by name."""

    info: ReferenceInfo | None
    wave: Wave
    rates: Rates
    by_name: Named[str, ReferenceComparison]


@dataclass(frozen=True, slots=True, eq=False)
class Reopened:
    """The session once its reference was saved or removed."""

    session: Session
    entry: SessionEntry


def reading_file(path: Path) -> Work:
    """Opens a sensor's file and guesses its columns."""

    def work(job: Job) -> FileRead:
        from aimanet.sessions import reference as sensors

        file = sensors.open_sensor_file(path)
        return FileRead(file, sensors.guess_columns(file))

    return work


def finding(session: Session, file: SensorFile, mapping: Mapping) -> Work:
    """Reads the columns and looks for the offset."""

    def work(job: Job) -> Found:
        from aimanet.sessions.reference import find_offset, near_session, read_sensor
        from aimanet.sessions.reference_tracks import sensor_track, session_track

        sensor = near_session(session, read_sensor(file, mapping))
        aligned = find_offset(session, sensor)
        ours, theirs = session_track(session), sensor_track(sensor)
        words = in_words(file, mapping, sensor)
        return Found(sensor, aligned, wave_of(ours), wave_of(theirs), words)

    return work


_KINDS = {"ppg": "Pulse wave", "ecg": "ECG", "hr": "Heart rate", "ibi": "Intervals between beats"}


def in_words(file: SensorFile, mapping: Mapping, sensor: Sensor) -> str:
    """What was read as what: "Heart rate: PR(bpm) · time: Time · 50 values, 1 a second"."""
    names = [column.name for column in file.columns]
    parts = [
        f"{words}: {names[at]}"
        for kind, words in _KINDS.items()
        if (at := getattr(mapping, kind)) is not None
    ]
    if mapping.time is not None:
        parts.append(f"time: {names[mapping.time]}")
    t = sensor.t if len(sensor.t) else sensor.rate_t
    count = f"{len(t):,} values"
    span = float(t[-1] - t[0]) if len(t) > 1 else 0.0
    if span > 0 and sensor.kind != "ibi":
        count += f", {(len(t) - 1) / span:.3g} a second"
    return " · ".join([*parts, count, f"{span:.0f} s"])


def judging(session: Session, sensor: Sensor, aligned: Alignment) -> Work:
    """How well the curves agree at an offset that a person chose: its correlation."""

    def work(job: Job) -> float:
        from aimanet.sessions.reference import find_offset

        found = find_offset(session, sensor, AT_S, around_s=aligned.offset_s)
        return found.correlation if found.trust != "none" else 0.0

    return work


def saving(
    session: Session,
    file: SensorFile,
    mapping: Mapping,
    sensor: Sensor,
    aligned: Alignment,
    *,
    anyway: bool = False,
) -> Work:
    """Writes the reference, and opens the session again; `Doubted` instead, unless ``anyway``."""

    def work(job: Job) -> Reopened | Doubted:
        from aimanet.sessions.reference import doubt_of, save_reference

        if not anyway and (why := doubt_of(session, sensor, aligned)):
            return Doubted(why)
        save_reference(session, file, mapping, sensor, aligned)
        return Reopened(open_session(session.folder), entry(session.folder))

    return work


def removing(folder: Path) -> Work:
    """Takes the reference out, and opens the session again."""

    def work(job: Job) -> Reopened:
        from aimanet.sessions.reference import remove_reference

        remove_reference(folder)
        return Reopened(open_session(folder), entry(folder))

    return work


def comparing(session: Session, others: Named[str, tuple[RecordedReading, ...]]) -> Work:
    """The readings of the day and those of analyses beside the reference; None without one."""

    def work(job: Job) -> Compared | None:
        reference = session.reference
        if reference is None:
            return None
        from aimanet.sessions import reference as sensors

        by_name: dict[str, ReferenceComparison] = {}
        for name, readings in others.items():
            found = sensors.compare_reference(session, readings)
            if found is not None:
                by_name[name] = found
        t, bpm = sensors.sensor_curve(reference, session.info.window_s or 10.0)
        wave = _upright(_reference_wave(reference), recorded_wave(session))
        info = sensors.reference_info(session.folder)
        return Compared(info, wave, measured(t, bpm), by_name)

    return work


def measured(t: np.ndarray, bpm: np.ndarray) -> Rates:
    """A sensor's heart rates: all of them count."""
    ok = np.isfinite(bpm)
    return Rates(t, bpm, ok, np.ones(len(t)), np.zeros(len(t), np.int64))


def wave_of(track: Track | None) -> Wave | None:
    """An even track as a curve, broken where nothing is known."""
    if track is None:
        return None
    t = track.t0 + np.arange(len(track.values)) / track.fs
    return Wave(t, np.where(track.known, track.values, np.nan))


def shifted(wave: Wave, aligned: Alignment) -> Wave:
    """A sensor's curve on the session's time line; the right way up."""
    return Wave(aligned.on_session(wave.t), -wave.value if aligned.inverted else wave.value)


def _reference_wave(reference: Reference) -> Wave:
    """Filtered like the session's own curve, so that the two can be laid on each other."""
    from aimanet.sessions.reference import Sensor
    from aimanet.sessions.reference_tracks import sensor_track

    known = np.isfinite(reference.ppg)
    if known.sum() < 16:
        return Wave(np.empty(0), np.empty(0))
    sensor = Sensor(kind="ppg", t=reference.t[known], ppg=reference.ppg[known])
    return wave_of(sensor_track(sensor)) or Wave(reference.t[known], reference.ppg[known])


def _upright(wave: Wave, beside: Wave) -> Wave:
    """The same way up as the session's own curve: some sensors count downwards."""
    known = np.isfinite(wave.value)
    if known.sum() < 2 or len(beside.t) < 2:
        return wave
    there = np.interp(wave.t[known], beside.t, beside.value, left=0.0, right=0.0)
    return Wave(wave.t, -wave.value) if float(there @ wave.value[known]) < 0 else wave
