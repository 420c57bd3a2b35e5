"""One export: every format whole in its place or not there; one that fails costs no other."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Literal

from aimanet.errors import AimaNetError, OutputError
from aimanet.sessions.footage import not_whole, with_footage
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
_CHECKED = ("edf", "mp4")
"""Formats that not every session can have; the others need not be loaded to find out."""


class ExportError(AimaNetError):
    """A session cannot be exported in this format; the line says why."""


class ExportCancelled(ExportError):
    """Somebody asked to stop; nothing was written."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A format that could not be written, and why (one line)."""

    form: str
    reason: str


@dataclass(frozen=True, slots=True)
class Exported:
    """The files that were written, in the order of the formats, and the formats that failed.

    ``incomplete`` says what an MP4 among them lacks because the video itself lacks it.
    """

    files: tuple[Path, ...]
    failed: tuple[Failed, ...] = ()
    incomplete: str = ""


def export_session(
    session: Session,
    formats: Sequence[Format | str],
    folder: Path | str,
    *,
    name: str = "",
    overwrite: bool = False,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Exported:
    """Writes a session in one or several formats; call it from any thread.

    Args:
        session: as it was opened.
        formats: of `FORMATS`.
        folder: where to; it is made if it is not there.
        name: what the files are called, without ending; by default as the session.
        overwrite: replace files that an earlier export left under the same names.
        progress: told the share that is done (0-1) and the format it is at.
        cancelled: asked often; True ends the export.

    Raises:
        ExportCancelled: ``cancelled`` said so.
        ExportError: an unknown format, or none of those wanted can be written.
        OutputError: files are in the way, the folder may not be written, or the disk is full.
    """
    wanted = _wanted(formats)
    folder = Path(folder).expanduser()
    stem = stem_of(session, name)
    if not overwrite:
        _refuse(in_the_way(session, wanted, folder, name=name))
    made = _make(folder)
    stage: Path | None = None
    try:
        stage = Path(tempfile.mkdtemp(dir=folder, prefix=".aimanet-export-"))
        session = with_footage(session, _asking(cancelled))
        results = _write(session, wanted, stage, stem, progress, cancelled)
        done = _place(results, folder, overwrite=overwrite)
        film = any(path.suffix == ".mp4" for path in done.files)
        return replace(done, incomplete=_lacks(session)) if film else done
    except OSError as error:
        raise OutputError(f"cannot write to {folder}: {_why(error)}") from error
    finally:
        if stage is not None:
            shutil.rmtree(stage, ignore_errors=True)
        for path in made:
            _remove_empty(path)


def _lacks(session: Session) -> str:
    lost = not_whole(session)
    return f"{lost}; the MP4 has a card in place of each of the others" if lost else ""


def in_the_way(
    session: Session, formats: Sequence[Format | str], folder: Path, *, name: str = ""
) -> list[Path]:
    """The files that `export_session` with these arguments would replace."""
    stem = stem_of(session, name)
    names = [name for form in _wanted(formats) for name in _names(form, stem)]
    return [folder / name for name in names if (folder / name).is_file()]


def why_not(session: Session, form: Format | str) -> str:
    """Why this session cannot be written in this format; empty where it can."""
    check = getattr(_module(form), "check", None) if form in _CHECKED else None
    try:
        if check is not None:
            check(session)
    except AimaNetError as error:
        return str(error)
    return ""


def _names(form: str, stem: str) -> list[str]:
    kinds: Sequence[str] = getattr(_module(form), "KINDS", ())
    return [f"{stem}_{kind}.{form}" for kind in kinds] or [f"{stem}.{form}"]


def _refuse(taken: Sequence[Path]) -> None:
    if taken:
        more = f" and {len(taken) - 1} more files" if len(taken) > 1 else ""
        verb = "are" if more else "is"
        raise OutputError(
            f"{taken[0]}{more} {verb} there already: name another folder, or say --overwrite"
        )


def stem_of(session: Session, name: str = "") -> str:
    """What the files of an export are called, and the folder that is made for them."""
    return file_name(name or session.info.name or session.folder.resolve().name)


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


def _module(form: str) -> ModuleType:
    # Each brings a package of its own, and mostly one format is wanted.
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
) -> dict[str, list[Path] | AimaNetError]:
    """For each format, in the order wanted, its finished files or what was wrong with it."""
    efforts = {form: _EFFORT.get(form, 1.0) for form in wanted}
    total, done = sum(efforts.values()), 0.0
    results: dict[str, list[Path] | AimaNetError] = {}
    for form in sorted(wanted, key=FORMATS.index):

        def tick(share: float, form: str = form, done: float = done) -> None:
            _asking(cancelled)(share)
            if progress is not None:
                progress(min(1.0, (done + efforts[form] * share) / total), form)

        results[form] = _write_one(session, form, stage / form, stem, tick)
        done += efforts[form]
    return {form: results[form] for form in wanted}


def _asking(cancelled: Callable[[], bool] | None) -> Tick:
    def ask(share: float) -> None:
        if cancelled is not None and cancelled():
            raise ExportCancelled("the export was cancelled; nothing was written")

    return ask


def _write_one(
    session: Session, form: str, stage: Path, stem: str, tick: Tick
) -> list[Path] | AimaNetError:
    """One format into a folder of its own, which goes again where that fails."""
    tick(0.0)
    try:
        stage.mkdir()
        if reason := why_not(session, form):
            return ExportError(reason)
        files: list[Path] = _module(form).write(session, stage, stem, tick)
        tick(1.0)
        return files
    except ExportCancelled:
        raise
    except (AimaNetError, OSError) as error:
        shutil.rmtree(stage, ignore_errors=True)  # the disk may be full
        if isinstance(error, AimaNetError):
            return error
        return OutputError(f"cannot write to {stage.parent.parent}: {_why(error)}")


def _place(
    results: dict[str, list[Path] | AimaNetError], folder: Path, *, overwrite: bool
) -> Exported:
    """Moves what is finished to its place; raises where there is nothing to move."""
    files: list[Path] = []
    errors: dict[str, AimaNetError] = {}
    for form, found in results.items():
        try:
            if isinstance(found, AimaNetError):
                raise found
            files += _move(found, folder, overwrite=overwrite)
        except AimaNetError as error:
            errors[form] = error
    if not files and len(errors) == 1:
        raise next(iter(errors.values()))
    if not files:
        raise ExportError("; ".join(f"{form}: {error}" for form, error in errors.items()))
    return Exported(tuple(files), tuple(Failed(form, str(e)) for form, e in errors.items()))


def _move(parts: list[Path], folder: Path, *, overwrite: bool) -> list[Path]:
    """The files of one format to their places; refuses before the first move."""
    targets = [folder / part.name for part in parts]
    for target in targets:
        if target.is_dir():
            raise OutputError(f"{target} is a folder: give the export another name or place")
        if target.exists() and not target.is_file():
            raise OutputError(f"{target} is no ordinary file: give the export another name")
    if not overwrite:
        _refuse([target for target in targets if target.exists()])
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
