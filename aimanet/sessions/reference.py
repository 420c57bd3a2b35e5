"""A contact sensor's file beside a session: read, aligned, kept, compared, taken out again.

The way: `open_sensor_file` -> `guess_columns` (shown, corrected) -> `read_sensor` ->
`find_offset` (shown, corrected) -> `save_reference`; then `open_session(...).reference` and
`compare_reference`. ``reference.csv`` has the sensor on the session's time line, and
``reference.json`` says where it came from.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter

from aimanet.datasets.align import on_grid
from aimanet.datasets.base import Label
from aimanet.files import parse_json, require_ordinary
from aimanet.plausible import number
from aimanet.sessions.layout import (
    FILE_MODE,
    HEAD_BYTES,
    REFERENCE,
    REFERENCE_INFO,
    SessionError,
    sync_folder,
)
from aimanet.sessions.lock import is_recording
from aimanet.sessions.reader import Session
from aimanet.sessions.reference_align import (
    Alignment,
    Trust,
    expected_offset,
    find_offset,
    near_session,
    require_overlap,
)
from aimanet.sessions.reference_columns import SensorFile
from aimanet.sessions.reference_compare import (
    ReferenceComparison,
    compare_reference,
    sensor_curve,
    sensor_rates,
)
from aimanet.sessions.reference_doubt import doubt_of
from aimanet.sessions.reference_files import open_sensor_file
from aimanet.sessions.reference_guess import Guess, guess_columns
from aimanet.sessions.reference_mapping import (
    IBI_UNITS,
    KINDS,
    RATE_UNITS,
    TIME_UNITS,
    Kind,
    Mapping,
    column_number,
    guess_units,
)
from aimanet.sessions.reference_sensor import Sensor, read_sensor
from aimanet.sessions.reference_table import Column, ReferenceError, Signal

__all__ = [
    "IBI_UNITS",
    "KINDS",
    "RATE_UNITS",
    "TIME_UNITS",
    "Alignment",
    "Column",
    "Guess",
    "Kind",
    "Mapping",
    "ReferenceComparison",
    "ReferenceError",
    "ReferenceInfo",
    "Sensor",
    "SensorFile",
    "Trust",
    "column_number",
    "compare_reference",
    "doubt_of",
    "expected_offset",
    "find_offset",
    "guess_columns",
    "guess_units",
    "near_session",
    "open_sensor_file",
    "read_sensor",
    "reference_info",
    "remove_reference",
    "save_reference",
    "sensor_curve",
    "sensor_rates",
    "with_offset",
]

FORMAT = "aimanet-reference-1"
MARGIN_S = 60.0
"""So much of the sensor's time before and after the session is kept."""
FASTEST_HZ = 150.0
"""Waves sampled faster are kept at `KEPT_HZ`: a pulse has nothing above 10 Hz."""
KEPT_HZ = 125.0
RATE_HOLE_S = 5.0


@dataclass(frozen=True, slots=True)
class ReferenceInfo:
    """``reference.json``: where the reference came from and how it was aligned.

    ``columns`` in words, ``mapping`` as it was used. ``corrected`` is True where a person gave the
    offset. ``offset_s``, ``drift_ppm``, ``correlation``, ``trust``, ``by``: see `Alignment`.
    """

    file: str
    form: str
    kind: str
    columns: str
    mapping: Mapping
    offset_s: float
    drift_ppm: float = 0.0
    correlation: float | None = None
    trust: str = "none"
    by: str = "start"
    corrected: bool = False
    notes: tuple[str, ...] = ()


def with_offset(aligned: Alignment, offset_s: float) -> Alignment:
    """The alignment with an offset that a person chose.

    Raises:
        ReferenceError: it is no number.
    """
    if not np.isfinite(offset_s) or abs(offset_s) > 1e9:
        raise ReferenceError(f"an offset of {offset_s:g} s: give seconds, e.g. -7.3")
    return replace(
        aligned, offset_s=float(offset_s), correlation=0.0, runner_up=0.0, trust="none", by="hand"
    )


def save_reference(
    session: Session, file: SensorFile, mapping: Mapping, sensor: Sensor, aligned: Alignment
) -> ReferenceInfo:
    """Writes ``reference.csv`` and ``reference.json``, whole or not at all; replaces older ones.

    Raises:
        ReferenceError: nothing of the sensor lies on the session at this offset.
        SessionError: the session is being recorded or cannot be written.
    """
    _require_still(session.folder, "given a reference")
    require_overlap(session, sensor, aligned)
    by_hand = aligned.by == "hand"
    info = ReferenceInfo(
        file=file.path.name,
        form=file.form,
        kind=sensor.kind,
        columns=mapping.describe(file),
        mapping=mapping,
        offset_s=round(aligned.offset_s, 6),
        drift_ppm=round(aligned.drift_ppm, 3),
        correlation=None if aligned.trust == "none" else round(aligned.correlation, 4),
        trust=aligned.trust,
        by=aligned.by,
        corrected=by_hand,
        notes=(*sensor.notes, *aligned.notes),
    )
    rows = _rows(sensor, aligned, session.duration_s)
    told = {"format": FORMAT, **asdict(info)}
    _write_both(session.folder, rows, json.dumps(told, indent=2, ensure_ascii=False) + "\n")
    return info


def remove_reference(folder: Path) -> bool:
    """Takes the reference out again; False where there was none.

    Raises:
        SessionError: the session is being recorded, or a file cannot be deleted.
    """
    _require_still(folder, "changed")
    there = (folder / REFERENCE).exists()
    try:
        for name in (REFERENCE, REFERENCE_INFO):
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise SessionError(f"cannot delete {folder / REFERENCE}: {error.strerror}") from error
    return there


def reference_info(folder: Path) -> ReferenceInfo | None:
    """What ``reference.json`` says; None where it is missing or makes no sense."""
    try:
        require_ordinary(folder / REFERENCE_INFO, HEAD_BYTES)
        told = parse_json((folder / REFERENCE_INFO).read_text(encoding="utf-8"))
        info = TypeAdapter(ReferenceInfo).validate_python(told)
        number(info.offset_s)
        number(info.drift_ppm)
        number(info.correlation or 0.0)
        return info
    except (OSError, ValueError):  # pydantic's ValidationError among them
        return None


def _require_still(folder: Path, what: str) -> None:
    if is_recording(folder):
        raise SessionError(f"{folder} is being recorded: stop it first, then it can be {what}")


def _rows(sensor: Sensor, aligned: Alignment, duration_s: float) -> Iterator[str]:
    """The lines of ``reference.csv``: the wave with the rate beside it, or the rates alone."""
    low, high = -MARGIN_S, duration_s + MARGIN_S
    rate_t = aligned.on_session(sensor.rate_t)
    inside = (rate_t >= low) & (rate_t <= high)
    rate_t, rate = rate_t[inside], sensor.rate_bpm[inside]
    if not len(sensor.ppg):
        yield "t,ppg,hr_bpm\n"
        for at, bpm in zip(rate_t.tolist(), rate.tolist(), strict=True):
            yield f"{at:.6f},,{bpm:.6g}\n"
        return
    t = aligned.on_session(sensor.t)
    inside = (t >= low) & (t <= high)
    t, ppg = _kept(t[inside], sensor.ppg[inside], sensor.rate_hz)
    beside = _rate_at(rate_t, rate, t)
    yield "t,ppg,hr_bpm\n" if len(rate) else "t,ppg\n"
    for at, value, bpm in zip(t.tolist(), ppg.tolist(), beside.tolist(), strict=True):
        end = f",{bpm:.6g}\n" if bpm == bpm else ",\n"
        yield f"{at:.6f},{value:.9g}" + (end if len(rate) else "\n")


def _kept(t: Signal, ppg: Signal, hz: float) -> tuple[Signal, Signal]:
    if hz <= FASTEST_HZ or len(t) < 2:
        return t, ppg
    grid = np.arange(t[0], t[-1], 1.0 / KEPT_HZ)
    wave, _ = on_grid(Label(t, ppg), grid)
    good = np.isfinite(wave)
    return grid[good], wave[good]


def _rate_at(rate_t: Signal, rate: Signal, t: Signal) -> Signal:
    """The sensor's rate at the times of its wave; NaN where it told none for 5 s."""
    if not len(rate):
        return np.full(len(t), np.nan)
    after = np.clip(np.searchsorted(rate_t, t), 0, len(rate_t) - 1)
    before = np.clip(after - 1, 0, len(rate_t) - 1)
    near = np.minimum(np.abs(rate_t[after] - t), np.abs(rate_t[before] - t)) <= RATE_HOLE_S
    return np.where(near, np.interp(t, rate_t, rate), np.nan)


def _write_both(folder: Path, rows: Iterator[str], told: str) -> None:
    parts: list[tuple[str, str]] = []
    try:
        for name, lines in ((REFERENCE_INFO, iter((told,))), (REFERENCE, rows)):
            fd, part = tempfile.mkstemp(dir=folder, prefix=f".{name}.", suffix=".part")
            parts.append((part, name))
            with os.fdopen(fd, "w", encoding="utf-8", newline="") as out:
                out.writelines(lines)
                out.flush()
                os.fsync(out.fileno())
            os.chmod(part, FILE_MODE)
        for part, name in parts:
            os.replace(part, folder / name)
        sync_folder(folder)
    except OSError as error:
        why = error.strerror or error
        raise SessionError(
            f"cannot write {folder / REFERENCE}: {why}; the session is as before"
        ) from error
    finally:
        for part, _ in parts:
            Path(part).unlink(missing_ok=True)
