"""Looking through a folder for recordings: hidden files skipped, wrappers passed, order natural."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from aimanet.datasets.base import Found, Problem, Recording, natural

_IGNORED = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini"})
_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".7z", ".rar")
_MANY = 24
"""More folders than this beside each other are content, not wrappers to look into."""
_TOO_MANY = 500
"""A level with more wrappers than this is not that of a data set, but of a whole disk."""


@dataclass(slots=True)
class Listing:
    """What one folder holds, without what systems leave there (``._a``, ``Thumbs.db``)."""

    folders: list[Path] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)

    def file(self, name: str) -> Path | None:
        """The file of that name, whatever its capitals."""
        wanted = name.casefold()
        return next((path for path in self.files if path.name.casefold() == wanted), None)


def listing(folder: Path, problems: list[Problem] | None = None) -> Listing:
    """The visible folders and files of a folder, the folders in natural order.

    A folder that cannot be read is empty and goes to ``problems``; so do pipes and devices,
    which whoever opens them would wait for, and which are left out.
    """
    found = Listing()
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.name in _IGNORED:
                    continue
                path = Path(entry.path)
                if _is_folder(entry):
                    found.folders.append(path)
                elif _is_file(entry):
                    found.files.append(path)
                elif problems is not None:
                    problems.append(Problem(path, "is no ordinary file; left out", fatal=False))
    except OSError as error:
        if problems is not None:
            reason = (error.strerror or str(error)).lower()
            problems.append(Problem(folder, f"cannot be read ({reason}); check its rights"))
    found.folders.sort(key=lambda path: natural(path.name.casefold()))
    found.files.sort()
    return found


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads back to itself
        return False


def _is_file(entry: os.DirEntry[str]) -> bool:
    """A file, or a link to none: what that lacks is said by whoever opens it."""
    try:
        return entry.is_file() or not os.path.exists(entry.path)
    except OSError:
        return True


def search(
    root: Path, wanted: Callable[[Path], bool], problems: list[Problem], depth: int = 4
) -> Iterator[Path]:
    """The folders that are wanted: ``root`` itself or up to ``depth`` levels below it.

    What is wanted is not looked into, and neither are folders of which there are many side by
    side: those are somebody else's recordings.
    """
    level, looked_into = [root], {root}
    for left in range(depth, -1, -1):
        wrappers = []
        for folder in level:
            if wanted(folder):
                yield folder
            elif folder in looked_into:
                wrappers.append(folder)
        if not left or len(wrappers) > _TOO_MANY:
            return
        level = []
        for folder in wrappers:
            below = listing(folder, problems).folders
            level += below
            looked_into.update(below if len(below) <= _MANY else ())


def archives(root: Path, pattern: re.Pattern[str], have: Iterable[str]) -> Iterator[Problem]:
    """Archives in ``root`` whose stem is a name like a recording's but not among ``have``."""
    known = set(have)
    for path in listing(root).files:
        stem = path.name.partition(".")[0]
        if path.suffix.lower() in _ARCHIVES and pattern.fullmatch(stem) and stem not in known:
            yield Problem(path, "is still packed; unpack it here")


def told(recordings: list[Recording], problems: list[Problem]) -> Found:
    """The result of a search in natural order of persons; a second one of a name is left out."""
    unique: dict[str, Recording] = {}
    for recording in recordings:
        first = unique.setdefault(recording.name, recording)
        if first is not recording:
            text = f"is {recording.name} once more (the first is {first.video}); left out"
            problems.append(Problem(recording.video, text, fatal=False))
    ordered = sorted(unique.values(), key=lambda r: (natural(r.subject), natural(r.name)))
    return Found(tuple(ordered), tuple(dict.fromkeys(problems)))
