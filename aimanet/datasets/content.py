"""Whether the files a cache was made from are still the same.

A look at size and times of every file is enough while nothing was touched; as soon as anything
differs, the bytes decide. So a copied or touched file costs one reading, a changed one is noticed
also when its modification time was put back (the inode's change time cannot be).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from aimanet.datasets.base import Recording

SETTLE_NS = 2_000_000_000
"""Files younger than this (ns) when they were looked at are compared by their bytes next time:
a second write within one tick of the file system's clock would leave the same times."""

JUNK = frozenset({"thumbs.db", "desktop.ini"})
"""What file managers leave behind, besides names that begin with a dot."""

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What the files of one recording were.

    ``files`` are their names relative to the folder that `Recording.video` is in; ``listing``
    stands for the names in the recording's own folders, ``stamps`` for size and times of all
    files, ``content`` for names and bytes. ``settled``: the files had been at rest when they were
    looked at, so equal stamps mean equal bytes.
    """

    files: tuple[str, ...]
    listing: str
    stamps: str
    content: str
    settled: bool


def fingerprint(recording: Recording, files: Iterable[Path]) -> Fingerprint:
    """Reads ``files`` once, in pieces.

    Raises:
        OSError: one of them cannot be read.
    """
    names = relative_names(recording, files)
    paths = _paths(recording, names)
    stamps, settled = _stamps(names, paths)
    digest = blake2b(digest_size=16)
    for name, path in zip(names, paths, strict=True):
        digest.update(os.fsencode(name) + b"\0" + _file_digest(path))
    return Fingerprint(names, _listing(recording), stamps, digest.hexdigest(), settled)


def untouched(was: Fingerprint, recording: Recording) -> bool:
    """Whether a look at the files' size and times proves that nothing changed.

    Raises:
        OSError: a file is not there or may not be looked at.
    """
    return was.settled and same_stamps(was, recording)


def same_stamps(was: Fingerprint, recording: Recording) -> bool:
    """Whether names, sizes and times are the same (which within seconds proves little).

    Raises:
        OSError: a file is not there or may not be looked at.
    """
    stamps, _ = _stamps(was.files, _paths(recording, was.files))
    return stamps == was.stamps and _listing(recording) == was.listing


def renewed(was: Fingerprint, recording: Recording) -> Fingerprint | None:
    """The fingerprint of today if the bytes of the same files are the same, else None.

    Raises:
        OSError: a file is not there or cannot be read.
    """
    if was.listing != _listing(recording):
        return None
    now = fingerprint(recording, _paths(recording, was.files))
    return now if now.content == was.content else None


def relative_names(recording: Recording, files: Iterable[Path]) -> tuple[str, ...]:
    """Names of ``files`` as seen from the video's folder, sorted, without file managers' litter.

    They stay the same when the data set moves.
    """
    start = recording.video.parent
    kept = (path for path in files if not _is_junk(path.name))
    return tuple(sorted({_relative(path, start) for path in kept}))


def _relative(path: Path, start: Path) -> str:
    try:
        return Path(os.path.relpath(path, start)).as_posix()
    except ValueError:  # another drive of Windows
        return path.absolute().as_posix()


def _paths(recording: Recording, names: Iterable[str]) -> list[Path]:
    return [recording.video.parent / name for name in names]


def _is_junk(name: str) -> bool:
    return name.startswith(".") or name.lower() in JUNK


def _stamps(names: Iterable[str], paths: Iterable[Path]) -> tuple[str, bool]:
    digest = blake2b(digest_size=16)
    settled = True
    for name, path in zip(names, paths, strict=True):
        stamp = _stamp(path)
        settled = settled and _is_settled(stamp)
        digest.update(os.fsencode(f"{name}\0{stamp}\n"))
    return digest.hexdigest(), settled


Stamp = tuple[int, int, int]


def _stamp(path: Path) -> Stamp:
    """Size, modification time, and what no program can put back.

    That is the inode's change time; on Windows, which has none, the file's number.
    """
    facts = path.stat()
    mark = facts.st_ino if os.name == "nt" else facts.st_ctime_ns
    return facts.st_size, facts.st_mtime_ns, mark


def _is_settled(stamp: Stamp) -> bool:
    """Whether the last write is some seconds ago (a time far in the future is none)."""
    written = stamp[1] if os.name == "nt" else stamp[2]
    return abs(time.time_ns() - written) >= SETTLE_NS


def _listing(recording: Recording) -> str:
    """Stands for the names of all files in the folders that frames or label are read from."""
    digest = blake2b(digest_size=16)
    for folder in (recording.video, recording.label):
        if folder is not None and folder.is_dir():
            for name in sorted(_names_below(folder)):
                digest.update(os.fsencode(name) + b"\n")
    return digest.hexdigest()


def _names_below(folder: Path) -> Iterable[str]:
    for place, _, names in os.walk(folder):
        for name in names:
            if not _is_junk(name):
                yield os.path.relpath(os.path.join(place, name), folder)


def _file_digest(path: Path) -> bytes:
    stamp = _stamp(path)
    if _is_settled(stamp):
        return _remembered_digest(path, stamp)
    return _read_digest(path)


@lru_cache(maxsize=8)
def _remembered_digest(path: Path, stamp: Stamp) -> bytes:
    """Several recordings may be in one large archive, one after the other."""
    return _read_digest(path)


def _read_digest(path: Path) -> bytes:
    digest = blake2b(digest_size=16)
    with path.open("rb", buffering=0) as file:
        while part := file.read(CHUNK):
            digest.update(part)
    return digest.digest()
