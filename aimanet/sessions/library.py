"""The folder of sessions: a quick list, and changing what is in it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aimanet.files import require_ordinary
from aimanet.plausible import maybe
from aimanet.sessions.analyses import analysis_folders, remove
from aimanet.sessions.cut import looks_cut
from aimanet.sessions.info import SessionInfo, load_info, save_info
from aimanet.sessions.layout import (
    FILES,
    FRAMES,
    HEAD,
    LEAST_COLUMNS,
    PICTURE,
    READINGS,
    VIDEO,
    SessionError,
    sessions_folder,
)
from aimanet.sessions.lock import is_recording
from aimanet.sessions.rows import cells_of, read_rows
from aimanet.sessions.tally import Tally
from aimanet.types import State

TAIL_BYTES = 4096


@dataclass(frozen=True, slots=True)
class SessionEntry:
    """A session in the list.

    ``problem`` is a line about a ``session.json`` that cannot be used; then the rest is empty.
    ``hr_bpm``, ``ok_share``: see `aimanet.sessions.tally.Tally`. ``size_bytes`` of all its files.
    ``video_problem``: a line where a video is missing or was cut short, as far as its first bytes
    tell.
    """

    folder: Path
    name: str
    started: datetime | None = None
    duration_s: float = 0.0
    hr_bpm: float | None = None
    ok_share: float | None = None
    participant: str = ""
    notes: str = ""
    kept: str = "none"
    size_bytes: int = 0
    has_reference: bool = False
    interrupted: bool = False
    recording: bool = False
    problem: str = ""
    video_problem: str = ""


def list_sessions(folder: Path | None = None) -> list[SessionEntry]:
    """The sessions in a folder (the user's own by default), newest first; no video is opened.

    Raises:
        SessionError: the folder cannot be read; one that is not there has no sessions.
    """
    folder = sessions_folder() if folder is None else folder
    try:
        inside = [path for path in folder.iterdir() if (path / HEAD).is_file()]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise SessionError(f"cannot read {folder}: {error.strerror or error}") from error
    entries = [entry(path) for path in inside]
    return sorted(entries, key=lambda e: (_seconds(e), e.folder.name), reverse=True)


def _seconds(entry: SessionEntry) -> float:
    if entry.started is not None:
        return entry.started.timestamp()
    try:
        return (entry.folder / HEAD).stat().st_mtime
    except OSError:
        return 0.0


def entry(folder: Path) -> SessionEntry:
    """One session as it stands in the list; never raises for what is in it."""
    try:
        info = load_info(folder)
    except SessionError as error:
        return SessionEntry(folder, folder.name, problem=str(error), size_bytes=_size(folder))
    recording = is_recording(folder)
    duration_s, hr_bpm, ok_share = _figures(folder, info)
    return SessionEntry(
        folder=folder,
        name=info.name or folder.name,
        started=info.started,
        duration_s=duration_s,
        hr_bpm=hr_bpm,
        ok_share=ok_share,
        participant=info.participant,
        notes=info.notes,
        kept=info.kept,
        size_bytes=_size(folder),
        has_reference=(folder / FILES[-1]).is_file(),
        interrupted=info.ended is None and not recording,
        recording=recording,
        video_problem="" if recording else _video_problem(folder, info),
    )


def _video_problem(folder: Path, info: SessionInfo) -> str:
    kept = {VIDEO: info.kept != "none", PICTURE: info.picture is not None}
    for name in (name for name, wanted in kept.items() if wanted):
        if not (folder / name).is_file():
            return f"{name} is missing"
        if looks_cut(folder / name):
            return f"{name} was cut short; open the session to see how much of it can be read"
    return ""


def _figures(folder: Path, info: SessionInfo) -> tuple[float, float | None, float | None]:
    """Length, mean heart rate and share of good readings, counted where nobody wrote them down."""
    if info.ended is not None and info.duration_s is not None:
        return info.duration_s, info.hr_bpm, info.ok_share
    tally = Tally()

    def count(cells: list[str]) -> None:
        tally.add(maybe(cells[1], "hr_bpm"), State(cells[3]))

    read_rows(folder / READINGS, count, LEAST_COLUMNS[READINGS])
    return _last_t(folder / FRAMES), tally.hr_bpm, tally.ok_share


def _last_t(path: Path) -> float:
    """The time in the last whole row, found without reading the rest."""
    try:
        require_ordinary(path)
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - TAIL_BYTES))
            lines = file.read().decode("utf-8", "replace").split("\n")[:-1]
    except OSError:
        return 0.0
    for line in reversed(lines):
        try:
            return max(0.0, maybe(cells_of(line)[1], "t") or 0.0)
        except (ValueError, IndexError):
            continue
    return 0.0


def _size(folder: Path) -> int:
    """Bytes of a session's files, those of its analyses included."""
    total = 0
    for place in (folder, *analysis_folders(folder)):
        try:
            with os.scandir(place) as files:
                total += sum(file.stat().st_size for file in files if file.is_file())
        except OSError:
            continue
    return total


def edit(folder: Path, **changes: str) -> SessionInfo:
    """Changes ``name``, ``participant`` or ``notes`` of a session that is not being recorded.

    Raises:
        SessionError: it is being recorded, is no session, or cannot be written.
    """
    unknown = set(changes) - {"name", "participant", "notes"}
    if unknown:
        raise TypeError(f"cannot edit {', '.join(sorted(unknown))}")
    _refuse_recording(folder, "changed")
    info = load_info(folder).model_copy(update=changes)
    try:
        save_info(folder, info)
    except OSError as error:
        raise SessionError(f"cannot write {folder / HEAD}: {error.strerror or error}") from error
    return info


def rename(folder: Path, name: str) -> SessionInfo:
    """Gives a session another name for people; its folder keeps its own.

    Raises:
        SessionError: as `edit`, or the name is empty.
    """
    name = " ".join(name.split())
    if not name:
        raise SessionError("a session needs a name: type at least one letter")
    return edit(folder, name=name)


def delete(folder: Path) -> tuple[Path, ...]:
    """Deletes a session for good; what is not ours in its folder stays and is returned.

    Raises:
        SessionError: this is no session, it is being recorded, or a file cannot be deleted.
    """
    if folder.is_symlink():
        raise SessionError(f"{folder} is a link: delete the session it leads to")
    _require_session(folder)
    _refuse_recording(folder, "deleted")
    try:
        # session.json goes last: a deletion that was cut short can be repeated.
        for analysis in analysis_folders(folder):
            remove(analysis)
        for name in (*FILES[1:], HEAD):
            (folder / name).unlink(missing_ok=True)
        for part in folder.glob(".*.part"):
            part.unlink(missing_ok=True)
        left = tuple(sorted(folder.iterdir()))
        if not left:
            folder.rmdir()
    except OSError as error:
        raise SessionError(
            f"cannot delete {folder}: {error.strerror or error}; close what uses it and try again"
        ) from error
    return left


def _require_session(folder: Path) -> None:
    """A damaged head is no reason to keep a session, as long as its tables say it is one."""
    try:
        load_info(folder)
    except SessionError:
        if not (folder / HEAD).is_file() or not (folder / FRAMES).is_file():
            raise


def _refuse_recording(folder: Path, what: str) -> None:
    if is_recording(folder):
        raise SessionError(f"{folder} is being recorded: stop it first, then it can be {what}")
