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
    """A sensor's file and what its columns seem to be."""

    file: SensorFile
    mapping: Mapping


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A sensor and where it lies; ``ours`` and ``theirs`` are waves shaped alike (or None)."""

    sensor: Sensor
    aligned: Alignment
    ours: Wave | None
    theirs: Wave | None


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
        return FileRead(file, sensors.guess_mapping(file))

    return work


def finding(session: Session, file: SensorFile, mapping: Mapping) -> Work:
    """Reads the columns and looks for the offset."""

    def work(job: Job) -> Found:
        from aimanet.sessions.reference import find_offset, read_sensor
        from aimanet.sessions.reference_tracks import sensor_track, session_track

        sensor = read_sensor(file, mapping)
        aligned = find_offset(session, sensor)
        ours, theirs = session_track(session), sensor_track(sensor)
        return Found(sensor, aligned, wave_of(ours), wave_of(theirs))

    return work


def judging(session: Session, sensor: Sensor, aligned: Alignment) -> Work:
    """How well the curves agree at an offset that a person chose: its correlation."""

    def work(job: Job) -> float:
        from aimanet.sessions.reference import find_offset

        found = find_offset(session, sensor, AT_S, around_s=aligned.offset_s)
        return found.correlation if found.trust != "none" else 0.0

    return work


def saving(
    session: Session, file: SensorFile, mapping: Mapping, sensor: Sensor, aligned: Alignment
) -> Work:
    """Writes the reference, and opens the session again."""

    def work(job: Job) -> Reopened:
        from aimanet.sessions.reference import save_reference

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
