"""Pictures of trials (``F001/T1/*.jpg``), read from a zip as it lies or from an unpacked folder."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Generator
from lzma import LZMAError
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from aimanet.datasets.base import DatasetError, natural
from aimanet.datasets.tree import listing

TRIAL = re.compile(r"T\d{1,2}", re.IGNORECASE)
_ERRORS = (OSError, zipfile.BadZipFile, zlib.error, LZMAError, RuntimeError, EOFError, ValueError)
_LARGEST = 1 << 26
"""Bytes of a picture; a member of some kB may unpack to gigabytes."""


def contents(path: Path) -> dict[str, list[str]]:
    """The pictures of each trial of a zip, in natural order; archive order means nothing.

    Raises:
        DatasetError: it is no zip, damaged or incomplete.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except _ERRORS as error:
        raise _broken(path, error) from error
    trials: dict[str, list[str]] = {}
    for name in names:
        parts = PurePosixPath(name.replace("\\", "/"))
        hidden = parts.name.startswith(".") or "__MACOSX" in parts.parts
        if parts.suffix.lower() == ".jpg" and not hidden and TRIAL.fullmatch(parts.parent.name):
            trials.setdefault(parts.parent.name.upper(), []).append(name)
    ordered = sorted(trials.items(), key=lambda item: natural(item[0]))
    return {trial: sorted(found, key=natural) for trial, found in ordered}


def jpgs(folder: Path) -> list[Path]:
    """The pictures of an unpacked trial, in natural order."""
    found = [path for path in listing(folder).files if path.suffix.lower() == ".jpg"]
    return sorted(found, key=lambda path: natural(path.name))


def count(video: Path, trial: str) -> int:
    """How many pictures a trial has, in the zip or the folder ``video``.

    Raises:
        DatasetError: none.
    """
    found = len(jpgs(video)) if video.is_dir() else len(_names(video, trial))
    if not found:
        raise DatasetError(f"{video}: no pictures in it; get it again")
    return found


def pictures(video: Path, trial: str) -> Generator[NDArray[np.uint8], None, None]:
    """The bytes of each picture of a trial, in order; none for one that cannot be read.

    Raises:
        DatasetError: the zip is damaged, or holds no such trial.
    """
    if video.is_dir():
        yield from map(_bytes_of, jpgs(video))
        return
    names = _names(video, trial)
    try:
        with zipfile.ZipFile(video) as archive:
            for name in names:
                large = archive.getinfo(name).file_size > _LARGEST
                yield np.frombuffer(b"" if large else archive.read(name), np.uint8)
    except _ERRORS as error:
        raise _broken(video, error) from error


def _names(path: Path, trial: str) -> list[str]:
    names = contents(path).get(trial)
    if not names:
        raise DatasetError(f"{path}: no pictures of {trial} in it; get it again")
    return names


def _bytes_of(path: Path) -> NDArray[np.uint8]:
    try:
        return np.fromfile(path, np.uint8)
    except OSError:
        return np.empty(0, np.uint8)


def _broken(path: Path, error: Exception) -> DatasetError:
    if isinstance(error, NotImplementedError) or "encrypted" in str(error):
        return DatasetError(f"{path}: cannot be read packed ({error}); unpack it beside the zip")
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return DatasetError(f"{path}: damaged or incomplete zip ({reason}); get it again")
