"""What the page does to sessions on the disk; each runs in a job."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from aimanet.sessions.analyses import load_analyses
from aimanet.sessions.cut import looks_cut
from aimanet.sessions.footage import with_footage
from aimanet.sessions.info import SessionInfo
from aimanet.sessions.layout import SessionError, sessions_folder
from aimanet.sessions.library import SessionEntry, delete, edit, entry, list_sessions
from aimanet.sessions.lock import is_recording
from aimanet.sessions.reader import Session, open_session
from app.review.analysis import Analysis, shown
from app.review.jobs import Job
from app.review.presence import is_open


@dataclass(frozen=True, slots=True)
class Listed:
    """The sessions of a folder, newest first; ``missing`` where the folder is not there."""

    folder: Path
    entries: tuple[SessionEntry, ...]
    missing: bool


def listing(folder: Path, *, is_recorded_to: bool) -> Callable[[Job], Listed]:
    """Looks what is there; the usual folder, and one in which to record, are made when needed."""

    def work(job: Job) -> Listed:
        place = folder.parent if is_recorded_to else folder
        missing = folder != sessions_folder() and not place.is_dir()
        return Listed(folder, tuple(list_sessions(folder)), missing)

    return work


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that was read, and the analyses that are kept with it."""

    session: Session
    analyses: tuple[Analysis, ...]


def opening(folder: Path) -> Callable[[Job], Opened]:
    """Reads everything of a session but its video."""

    def work(job: Job) -> Opened:
        session = open_session(folder)
        kept, problems = load_analyses(folder)
        session = replace(session, problems=(*session.problems, *problems))
        return Opened(session, tuple(shown(session, one) for one in kept))

    return work


MOST_BYTES = 4 << 30
"""A larger video is not read through each time one looks at it, unless its end is missing."""


def checking(session: Session) -> Callable[[Job], Session]:
    """Finds out how many frames of the videos can be read; nothing is decoded."""
    videos = [video for video in (session.video, session.compressed) if video is not None]

    def tick(job: Job) -> None:
        if job.cancelled:
            raise SessionError("the check of the video was cancelled")

    def work(job: Job) -> Session:
        size = sum(video.stat().st_size for video in videos)
        if size > MOST_BYTES and not any(map(looks_cut, videos)):
            return session
        return with_footage(session, lambda share: tick(job))

    return work


@dataclass(frozen=True, slots=True)
class Edited:
    """A session whose name, participant or notes were changed."""

    entry: SessionEntry
    info: SessionInfo


def editing(folder: Path, changes: dict[str, str]) -> Callable[[Job], Edited]:
    """Changes name, participant or notes."""

    def work(job: Job) -> Edited:
        name = changes.get("name")
        if name is not None and not name.strip():
            raise SessionError("a session needs a name: type at least one letter")
        info = edit(folder, **changes)
        return Edited(entry(folder), info)

    return work


@dataclass(frozen=True, slots=True)
class Deleted:
    """What is gone, what of other people stayed behind, and what could not be deleted and why."""

    gone: tuple[Path, ...]
    left: tuple[Path, ...]
    problems: tuple[str, ...]


def deleting(folders: Sequence[Path]) -> Callable[[Job], Deleted]:
    """Deletes sessions that nobody records or looks at, one after the other."""

    def work(job: Job) -> Deleted:
        gone: list[Path] = []
        left: list[Path] = []
        problems: list[str] = []
        for n, folder in enumerate(folders):
            if job.cancelled:
                break
            try:
                refuse_open(folder)
                left += delete(folder)
                gone.append(folder)
            except SessionError as problem:
                problems.append(str(problem))
            job.tell((n + 1) / len(folders))
        return Deleted(tuple(gone), tuple(left), tuple(problems))

    return work


def refuse_open(folder: Path) -> None:
    """Raises SessionError for a session that somebody looks at."""
    if not is_recording(folder) and is_open(folder):
        raise SessionError(
            f"{folder.name} is open in another window: close it there, then it can be deleted"
        )
