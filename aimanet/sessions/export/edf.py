"""EDF+: the pulse at an even rate, heart rate, quality and the contact sensor, with annotations.

One data record a second, sixteen bits a sample, so the waves are scaled to their own range. EDF
has no word for "missing": a hole holds 0 and an annotation says so. The header knows whole seconds
of the start; the rest of it is in the time-keeping annotations, as EDF+ has it.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import edfio
import numpy as np

from aimanet import __version__
from aimanet.errors import OutputError, in_one_line
from aimanet.sessions.export.job import ExportError, Tick
from aimanet.sessions.reader import Session
from aimanet.sessions.reference_table import Signal

HOLE_S = 0.5
MOST_SAMPLES = 25_000_000
"""Of one wave: a day at 256 Hz and more."""
FASTEST_HZ = 256
DIGITAL = 32767
YEARS = range(1985, 2085)
"""EDF writes two digits of the year."""
IDENTITY = 80
"""Characters of a header field about person or recording."""
ANNOTATION_BYTES = 50_000_000
"""Every second has room for as many annotations as the fullest one: at most so much together."""


@dataclass(frozen=True, slots=True, eq=False)
class _Channel:
    label: str
    unit: str
    hz: int
    values: Signal
    low: float
    high: float
    filtered: str = ""


def check(session: Session) -> None:
    """Refuses before anything is written: there is nothing to write."""
    if session.duration_s < 1.0:
        raise ExportError(f"{session.folder} is shorter than a second: too short for EDF")


def write(session: Session, stage: Path, stem: str, tick: Tick) -> list[Path]:
    """``STEM.edf``."""
    seconds = int(np.ceil(session.duration_s))
    signals = []
    for channel in _channels(session, seconds):
        if channel is not None:
            signals.append(_signal(channel))
            tick(0.1 * len(signals))
    if not signals:
        raise ExportError(f"{session.folder} has neither a pulse nor readings to write as EDF")
    started = _started(session)
    path = stage / f"{stem}.edf"
    try:
        file = edfio.Edf(
            signals,
            patient=edfio.Patient(code=ascii_word(session.info.participant)[:30] or "X"),
            recording=_recording(session, started),
            data_record_duration=1,
            annotations=_notes(session, seconds),
        )
        if started is not None:
            # Not above: set afterwards, the fraction is rounded and "+1.9999989999999999", which
            # EDFlib refuses, becomes "+1.999999".
            file.starttime = started.time()
        file.write(path)
    except (OSError, ValueError) as error:
        why = in_one_line(error, 120)
        raise OutputError(f"cannot write {stem}.edf: {why}; is the disk full?") from error
    return [path]


def _started(session: Session) -> datetime | None:
    """The wall clock at the first frame as EDF has it: local, without a zone; None if unknown."""
    started = session.info.started
    return None if started is None or started.year not in YEARS else started.replace(tzinfo=None)


def _signal(channel: _Channel) -> edfio.EdfSignal:
    return edfio.EdfSignal(
        np.clip(channel.values, channel.low, channel.high),
        channel.hz,
        label=channel.label,
        transducer_type="contact sensor" if "reference" in channel.label else "camera",
        physical_dimension=channel.unit,
        physical_range=(channel.low, channel.high),
        digital_range=(-DIGITAL, DIGITAL),
        prefiltering=channel.filtered,
    )


def _channels(session: Session, seconds: int) -> Iterator[_Channel | None]:
    usual = float(np.median(np.diff(session.bvp_t))) if len(session.bvp_t) > 1 else 1 / 30
    hz = int(np.clip(round(1.0 / max(usual, 1e-6)), 1, FASTEST_HZ))
    yield _wave("BVP camera", session.bvp_t, session.bvp, hz, seconds, "HP:0.7Hz LP:3.5Hz")
    readings = session.readings
    t = np.array([r.t for r in readings])
    rate = np.array([np.nan if r.hr_bpm is None else r.hr_bpm for r in readings])
    yield _held("HR camera", "bpm", t, rate, seconds, 300.0)
    quality = np.array([100.0 * r.quality for r in readings])
    yield _held("Quality", "%", t, quality, seconds, 100.0)
    reference = session.reference
    if reference is None:
        return
    if np.isfinite(reference.ppg).sum() > 1:
        step = float(np.median(np.diff(reference.t)))
        hz = int(np.clip(round(1.0 / max(step, 1e-6)), 1, FASTEST_HZ))
        yield _wave("PPG reference", reference.t, reference.ppg, hz, seconds, "")
    if reference.hr_bpm is not None:
        yield _held("HR reference", "bpm", reference.t, reference.hr_bpm, seconds, 300.0)


def _wave(
    label: str, t: Signal, values: Signal, hz: int, seconds: int, filtered: str
) -> _Channel | None:
    """A wave between its samples, at k / hz s; 0 in its holes and outside."""
    good = np.isfinite(values)
    t, values = t[good], values[good]
    if len(t) < 2:
        return None
    if seconds * hz > MOST_SAMPLES:
        raise ExportError(
            f"{seconds:,} s at {hz} Hz are too many for EDF: is a time of the session wrong?"
        )
    at = np.arange(seconds * hz) / hz
    even = np.interp(at, t, values)
    after = np.clip(np.searchsorted(t, at), 1, len(t) - 1)
    outside = (at < t[0] - 0.5 / hz) | (at > t[-1] + 0.5 / hz)
    even[outside | (t[after] - t[after - 1] > HOLE_S) & (at > t[after - 1]) & (at < t[after])] = 0.0
    even, reach, unit = _scaled(even)
    return _Channel(label, unit, hz, even, -reach, reach, filtered)


def _scaled(values: Signal) -> tuple[Signal, float, str]:
    """The values in a unit in which their range fits into EDF's eight characters."""
    reach = max(float(np.abs(values).max()), 1e-12)
    power = int(np.floor(np.log10(reach)))
    shift = power if not -2 <= power <= 4 else 0
    values, reach = values / 10.0**shift, reach / 10.0**shift
    step = 10.0 ** (power - shift - 2)
    return values, float(f"{np.ceil(reach / step) * step:.3g}"), f"1e{shift}" if shift else ""


def _held(
    label: str, unit: str, t: Signal, values: Signal, seconds: int, high: float
) -> _Channel | None:
    """One value a second: the newest that is at most three seconds old, else 0."""
    good = np.isfinite(values)
    t, values = t[good], values[good]
    if not len(t):
        return None
    at = np.arange(seconds, dtype=np.float64) + 1.0
    newest = np.searchsorted(t, at, "right") - 1
    fresh = (newest >= 0) & (at - t[np.maximum(newest, 0)] <= 3.0)
    held = np.where(fresh, values[np.maximum(newest, 0)], 0.0)
    return _Channel(label, unit, 1, np.clip(held, -high, high), -high, high)


def _recording(session: Session, started: datetime | None) -> edfio.Recording:
    equipment = ascii_word(f"AimaNet_{__version__}_{session.info.method}")[:30]
    name = ascii_word(session.info.name or session.folder.name)
    taken = len(f"Startdate dd-MMM-yyyy X X {equipment} ")
    return edfio.Recording(
        startdate=None if started is None else started.date(),
        equipment_code=equipment,
        additional=(name[: IDENTITY - taken],) if name else (),
    )


def ascii_word(text: str) -> str:
    """Words as EDF's header takes them: ASCII, with _ for blanks; umlauts lose their dots."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "_".join("".join(c if 32 < ord(c) < 127 else " " for c in plain).split())


def _told(text: str) -> str:
    """Words of a person as an annotation: on one line, without what has no picture."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return "".join(c if c.isprintable() else " " for c in text)[:200]


def _notes(session: Session, seconds: int) -> list[edfio.EdfAnnotation]:
    """The annotations of the file, in the order of time.

    Raises:
        ExportError: so many fall into one second that EDF would need gigabytes.
    """
    notes = [
        edfio.EdfAnnotation(onset, duration, _told(text) or "marker")
        for onset, duration, text in _annotations(session)
    ]
    fullest = Counter[int]()
    for note in notes:
        fullest[min(int(note.onset), seconds - 1)] += len(note.text.encode()) + 40
    if max(fullest.values(), default=0) * seconds > ANNOTATION_BYTES:
        raise ExportError(f"{session.folder}: too many markers within one second for EDF")
    return notes


def _annotations(session: Session) -> Iterator[tuple[float, float | None, str]]:
    """Markers, stretches without a signal, and changes of state."""
    told = [(marker.t, 0.0, marker.name) for marker in session.markers]
    told += [(0.0, 0.0, one.problem) for one in session.footage if one.problem]
    t = session.bvp_t
    for k in np.flatnonzero(np.diff(t) > HOLE_S).tolist():
        told.append((float(t[k]), float(t[k + 1] - t[k]), "no pulse signal"))
    if len(t) and t[0] > HOLE_S:
        told.append((0.0, float(t[0]), "no pulse signal"))
    before = None
    for reading in session.readings:
        if reading.state != before:
            told.append((reading.t, 0.0, f"state: {str(reading.state).replace('_', ' ')}"))
            before = reading.state
    for onset, duration, text in sorted(told):
        yield onset, duration or None, text
