"""Markers of a session that was recorded: added, renamed, deleted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from aimanet.sessions.layout import COLUMNS, MARKERS, SessionError, replace_file
from aimanet.sessions.lock import is_recording
from aimanet.sessions.reader import Marker, read_markers
from aimanet.sessions.rows import plain, quoted


def add_marker(folder: Path, marker: Marker) -> tuple[Marker, ...]:
    """Adds a marker and returns all of them in the order of time.

    Raises:
        SessionError: the session is being recorded, its markers cannot be read, or not written.
    """
    return _save(folder, [*_all(folder), marker])


def rename_marker(folder: Path, marker: Marker, name: str) -> tuple[Marker, ...]:
    """Gives a marker another name and returns all of them.

    Raises:
        SessionError: as `add_marker`, or there is no such marker any more.
    """
    markers = _all(folder)
    markers[_place(folder, markers, marker)] = Marker(marker.t, name)
    return _save(folder, markers)


def delete_marker(folder: Path, marker: Marker) -> tuple[Marker, ...]:
    """Deletes a marker and returns the others.

    Raises:
        SessionError: as `rename_marker`.
    """
    markers = _all(folder)
    del markers[_place(folder, markers, marker)]
    return _save(folder, markers)


def _place(folder: Path, markers: Sequence[Marker], marker: Marker) -> int:
    if marker not in markers:
        raise SessionError(f"{folder / MARKERS} was changed meanwhile: open the session again")
    return markers.index(marker)


def _all(folder: Path) -> list[Marker]:
    """As they are on the disk now; what cannot be read would be lost by writing the rest."""
    if is_recording(folder):
        raise SessionError(f"{folder} is being recorded: its markers can be changed afterwards")
    problems: list[str] = []
    markers = read_markers(folder, problems)
    if problems and (folder / MARKERS).exists():
        raise SessionError(f"{problems[0]}: mend {folder / MARKERS} before markers are changed")
    return list(markers)


def _save(folder: Path, markers: list[Marker]) -> tuple[Marker, ...]:
    markers = sorted((m for m in markers if math.isfinite(m.t)), key=lambda marker: marker.t)
    rows = [COLUMNS[MARKERS], *((plain(m.t), quoted(m.name)) for m in markers)]
    text = "".join(",".join(cells) + "\n" for cells in rows)
    try:
        replace_file(folder, MARKERS, text.encode("utf-8", "replace"))
    except OSError as error:
        raise SessionError(f"cannot write {folder / MARKERS}: {error.strerror or error}") from error
    problems: list[str] = []
    return read_markers(folder, problems)
