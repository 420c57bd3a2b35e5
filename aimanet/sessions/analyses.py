"""Analyses kept with a session: what another method read in it, and where that comes from.

``analyses/KEY/analysis.json``   method, weights, window, when, with which versions
``analyses/KEY/readings.csv``    as the session's own
``analyses/KEY/bvp.csv``         as the session's own

Each folder is there whole or not at all; the same method with the same weights replaces it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from aimanet.files import require_ordinary
from aimanet.sessions.info import ModelRecord
from aimanet.sessions.layout import (
    BVP,
    FOLDER_MODE,
    HEAD_BYTES,
    READINGS,
    SessionError,
    replace_file,
    sync_folder,
)
from aimanet.sessions.lock import is_recording
from aimanet.sessions.reader import RecordedReading, Signal, read_curve, read_readings
from aimanet.sessions.rows import RowFile, curve_rows, reading_row
from aimanet.sessions.tally import Tally

FOLDER = "analyses"
ORIGIN = "analysis.json"
FORMAT = "aimanet-analysis-1"
MOST = 50
"""Analyses of one session that are looked at."""


class Origin(BaseModel):
    """``analysis.json``; ``name`` is for people, the rest as in `SessionInfo`."""

    model_config = ConfigDict(extra="allow")

    format: str = FORMAT
    name: str = Field(min_length=1, max_length=1000)
    method: str
    model: ModelRecord | None = None
    window_s: float | None = None
    made: AwareDatetime | None = None
    versions: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class KeptAnalysis:
    """Readings in the order of time and the curve ``bvp_t``/``bvp`` (M,) of another method."""

    key: str
    origin: Origin
    readings: tuple[RecordedReading, ...]
    bvp_t: Signal
    bvp: Signal

    @property
    def tally(self) -> Tally:
        """The readings in numbers."""
        tally = Tally()
        for reading in self.readings:
            tally.add(reading.hr_bpm, reading.state)
        return tally


def save_analysis(session: Path, analysis: KeptAnalysis) -> None:
    """Writes an analysis into the session's folder; an older one of the same key goes.

    Raises:
        SessionError: the session is being recorded, or its folder cannot be written.
    """
    if is_recording(session):
        raise SessionError(f"{session} is being recorded: analyse it again once that has ended")
    place = session / FOLDER
    if place.is_symlink():
        raise SessionError(f"{place} is a link: nothing is written there")
    stage: Path | None = None
    try:
        place.mkdir(mode=FOLDER_MODE, exist_ok=True)
        stage = Path(tempfile.mkdtemp(dir=place, prefix=".", suffix=".part"))
        _write(stage / "new", analysis)
        target = place / analysis.key
        if target.exists():
            os.replace(target, stage / "old")
        os.replace(stage / "new", target)
        sync_folder(place)
    except OSError as error:
        why = error.strerror or error
        raise SessionError(f"cannot keep the analysis in {place}: {why}") from error
    finally:
        if stage is not None:
            shutil.rmtree(stage, ignore_errors=True)


def _write(folder: Path, analysis: KeptAnalysis) -> None:
    folder.mkdir(mode=FOLDER_MODE)
    readings = (
        reading_row(r.t, r.hr_bpm, r.snr_db, r.state, r.quality, r.reason)
        for r in analysis.readings
    )
    for name, rows in ((READINGS, readings), (BVP, curve_rows(analysis.bvp_t, analysis.bvp))):
        file = RowFile(folder, name)
        try:
            file.add(rows)
            file.sync()
        finally:
            file.close()
    replace_file(folder, ORIGIN, (analysis.origin.model_dump_json(indent=2) + "\n").encode())


def load_analyses(session: Path) -> tuple[list[KeptAnalysis], list[str]]:
    """The analyses that are kept with a session, and a line for each that cannot be read."""
    found: list[KeptAnalysis] = []
    problems: list[str] = []
    for folder in list(analysis_folders(session))[:MOST]:
        try:
            require_ordinary(folder / ORIGIN, HEAD_BYTES)
            origin = Origin.model_validate_json((folder / ORIGIN).read_bytes())
        except (OSError, ValueError, RecursionError):
            problems.append(f"{FOLDER}/{folder.name} is damaged: left out")
            continue
        told: list[str] = []
        readings = read_readings(folder, told)
        t, bvp = read_curve(folder, told)
        problems += [f"{FOLDER}/{folder.name}/{line}" for line in told]
        found.append(KeptAnalysis(folder.name, origin, readings, t, bvp))
    return found, problems


def analysis_folders(session: Path) -> Iterator[Path]:
    """The folders of a session's analyses, by name; links are none."""
    place = session / FOLDER
    try:
        inside: Sequence[Path] = () if place.is_symlink() else sorted(place.iterdir())
    except OSError:
        return
    for folder in inside:
        if (folder / ORIGIN).is_file() and not folder.is_symlink():
            yield folder


def delete_analysis(session: Path, key: str) -> None:
    """Deletes an analysis; harmless where there is none of that key.

    Raises:
        SessionError: a file cannot be deleted.
    """
    for folder in analysis_folders(session):
        if folder.name == key:
            try:
                remove(folder)
            except OSError as error:
                raise SessionError(f"cannot delete {folder}: {error.strerror or error}") from error


def remove(folder: Path) -> None:
    """Deletes what is ours in an analysis' folder, and what is empty then.

    Raises:
        OSError: a file cannot be deleted.
    """
    for name in (READINGS, BVP, ORIGIN):  # the origin last: what was cut short can be repeated
        (folder / name).unlink(missing_ok=True)
    for place in (folder, folder.parent):
        if not any(place.iterdir()):
            place.rmdir()
