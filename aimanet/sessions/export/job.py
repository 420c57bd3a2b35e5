"""One export: every file whole in its place, or none of them."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Literal

from aimanet.errors import AimaNetError, OutputError
from aimanet.sessions.reader import Session

Format = Literal["csv", "json", "edf", "mp4", "png", "html"]
FORMATS: tuple[Format, ...] = ("csv", "json", "edf", "png", "html", "mp4")
"""What can be written, the quick ones first."""

Progress = Callable[[float, str], object]
Tick = Callable[[float], None]
"""Told how much of one format is done (0-1); raises `ExportCancelled`."""

_MODULES = {
    "csv": "tables",
    "json": "document",
    "edf": "edf",
    "mp4": "movie",
    "png": "figure",
    "html": "page",
}
_EFFORT = {"mp4": 20.0}


class ExportError(AimaNetError):
    """A session cannot be exported in this form; the line says why."""


class ExportCancelled(ExportError):
    """Somebody asked to stop; nothing was written."""


def export_session(
    session: Session,
    formats: Sequence[Format | str],
    folder: Path | str,
    *,
    name: str = "",
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> list[Path]:
    """Writes a session in one or several forms; call it from any thread.

    Files that an earlier export left under the same names are replaced.

    Args:
        session: as it was opened.
        formats: of `FORMATS`.
        folder: where to; it is made if it is not there.
        name: what the files are called, without ending; by default as the session's folder.
        progress: told the share that is done (0-1) and the format it is at.
        cancelled: asked often; True ends the export.

    Returns:
        The files, in the order of ``formats``.

    Raises:
        ExportCancelled: ``cancelled`` said so.
        ExportError: an unknown format, no video for the MP4, or a package is missing.
        OutputError: the folder may not be written, or the disk is full.
    """
    wanted = _wanted(formats)
    folder = Path(folder).expanduser()
    stem = file_name(name or session.info.name or session.folder.resolve().name)
    for form in wanted:
        _check(session, form)
    made = _make(folder)
    stage: Path | None = None
    try:
        stage = Path(tempfile.mkdtemp(dir=folder, prefix=".aimanet-export-"))
        parts = _write(session, wanted, stage, stem, progress, cancelled)
        return _place(parts, folder)
    except OSError as error:
        raise OutputError(f"cannot write to {folder}: {_why(error)}") from error
    finally:
        if stage is not None:
            shutil.rmtree(stage, ignore_errors=True)
        for path in made:
            _remove_empty(path)


def file_name(text: str) -> str:
    """A name that every file system takes."""
    bare = re.sub(r'[\x00-\x1f<>:"/\\|?*]+', "-", text).strip(" .-")
    while len(bare.encode("utf-8", "replace")) > 120:
        bare = bare[:-1]
    return bare.encode("utf-8", "replace").decode("utf-8") or "session"


def _wanted(formats: Sequence[str]) -> list[str]:
    wanted = list(dict.fromkeys(formats))
    unknown = [form for form in wanted if form not in FORMATS]
    if unknown:
        raise ExportError(f"there is no format {unknown[0]!r}: one of {', '.join(FORMATS)}")
    if not wanted:
        raise ExportError(f"no format is chosen: one or several of {', '.join(FORMATS)}")
    return wanted


def _check(session: Session, form: str) -> None:
    """What can be refused before anything is written."""
    check = getattr(_module(form), "check", None)
    if check is not None:
        check(session)


def _module(form: str) -> ModuleType:
    # Each brings a package of its own, and mostly one form is wanted.
    return import_module(f"aimanet.sessions.export.{_MODULES[form]}")


def _make(folder: Path) -> list[Path]:
    """Makes the folder; returns what was made, the innermost first."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if folder.exists() and not folder.is_dir():
            raise OutputError(f"{folder} is a file: name a folder to export to") from error
        raise OutputError(f"cannot make {folder}: {_why(error)}") from error
    return missing


def _write(
    session: Session,
    wanted: list[str],
    stage: Path,
    stem: str,
    progress: Progress | None,
    cancelled: Callable[[], bool] | None,
) -> list[Path]:
    efforts = {form: _EFFORT.get(form, 1.0) for form in wanted}
    total, done = sum(efforts.values()), 0.0
    parts: dict[str, list[Path]] = {}
    for form in sorted(wanted, key=FORMATS.index):

        def tick(share: float, form: str = form, done: float = done) -> None:
            if cancelled is not None and cancelled():
                raise ExportCancelled("the export was cancelled; nothing was written")
            if progress is not None:
                progress(min(1.0, (done + efforts[form] * share) / total), form)

        tick(0.0)
        parts[form] = _module(form).write(session, stage, stem, tick)
        tick(1.0)
        done += efforts[form]
    return [path for form in wanted for path in parts[form]]


def _place(parts: list[Path], folder: Path) -> list[Path]:
    """Moves the finished files to their places; refuses before the first move."""
    targets = [folder / part.name for part in parts]
    for target in targets:
        if target.is_dir():
            raise OutputError(f"{target} is a folder: give the export another name or place")
        if target.exists() and not target.is_file():
            raise OutputError(f"{target} is no ordinary file: give the export another name")
    for part, target in zip(parts, targets, strict=True):
        os.replace(part, target)
    return targets


def _remove_empty(path: Path) -> None:
    try:
        path.rmdir()
    except OSError:  # the export is in it
        pass


def _why(error: OSError) -> str:
    return f"{error.strerror or error}; choose another place, or make room"
