"""The cache of face crops, from the reader's side: needs numpy, no data set, no face detector.

    open_cached(folder, recording, grid)     one recording of a data set that is there: checked
    list_cached(folder, grid)                all that a folder holds: nothing else is needed

The second is for a server that got a copy of the folder (``rsync -a ~/.cache/AimaNet/crops/
server:crops/``) but neither the videos nor MediaPipe: `train --cached crops`.
"""

from __future__ import annotations

import errno
import os
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import platformdirs
from numpy.typing import NDArray

from aimanet.datasets.base import Recording, natural
from aimanet.datasets.cached import CachedRecording, Grid
from aimanet.datasets.content import renewed, untouched
from aimanet.datasets.entry import (
    CROPS,
    FRAMES,
    CacheError,
    Meta,
    entries_of,
    entry_place,
    load_meta,
    remember,
    shown,
)

__all__ = ["CacheError", "cache_folder", "list_cached", "open_cached"]

ENV_VAR = "AIMANET_CACHE_DIR"

FILES = 1 << 16
"""More open files than this are not asked for."""


def cache_folder() -> Path:
    """Where crops are kept: ``AIMANET_CACHE_DIR``, else ``crops`` in the user's cache folder."""
    named = os.environ.get(ENV_VAR)
    if named:
        return Path(named).expanduser()
    return Path(platformdirs.user_cache_dir("AimaNet", appauthor=False)) / "crops"


def open_cached(
    folder: Path, recording: Recording, grid: Grid, *, verify: bool = True
) -> CachedRecording:
    """The crops and labels of one recording, as `prepare` left them.

    Args:
        folder: the cache (`cache_folder`).
        recording: which one.
        grid: the crops' side and rate (`Grid.of` a recipe).
        verify: compare with the recording's files: at their sizes and times while these are
            untouched, at their bytes when not. False asks for no files; the recording's place
            on disk then does not matter either.

    Raises:
        CacheError: it is not there, unfinished, damaged, of another version, or the files it was
            made from have changed. The line says what to do.
    """
    place, meta = _find(folder, recording, grid) if verify else _find_any(folder, recording, grid)
    _require_current(meta)
    if verify:
        _require_same_files(folder, meta, recording, grid)
    if meta.reason:
        raise CacheError(f"{recording.key} has nothing to train on: {meta.reason}; leave it out")
    return load_entry(place, replace(meta, subject=recording.subject, tags=recording.tags))


def list_cached(folder: Path, grid: Grid) -> list[CachedRecording]:
    """Every recording that ``folder`` holds on ``grid``, in natural order; its files need not be.

    Recordings without a face, and those on other grids, are passed over.

    Raises:
        CacheError: there is none, or one of them is damaged or of another version. (A copy that
            was cut short must not become a smaller training set.)
    """
    metas = list(_metas(folder))
    found = [(place, meta) for place, meta in metas if meta.grid == grid and not meta.reason]
    if not found:
        there = sorted({on(meta.grid) for _, meta in metas})
        also = f" (there are crops at {', '.join(there)})" if there else ""
        raise CacheError(
            f"{shown(folder)} holds no crops at {on(grid)}{also}; "
            "make some with `aimanet datasets prepare`"
        )
    for _, meta in found:
        _require_current(meta)
    # A data set that was prepared from two places is still the same recordings.
    once = {(meta.key, meta.sources.content): (place, meta) for place, meta in found}
    order = sorted(once.values(), key=lambda one: (one[1].dataset, natural(one[1].name), one[0]))
    return [load_entry(place, meta) for place, meta in order]


def on(grid: Grid) -> str:
    """A grid in words."""
    return f"{grid.image_size}x{grid.image_size} px, {grid.fs:g} Hz"


def advice(folder: Path, recording: Recording, grid: Grid) -> str:
    """The command that brings the cache up to date."""
    spec = f"{recording.dataset}={shown(recording.root)}"
    wanted = "" if grid == Grid() else f" --size {grid.image_size} --fs {grid.fs:g}"
    where = "" if folder == cache_folder() else f" --cache {shown(folder)}"
    return f"run `aimanet datasets prepare {spec}{wanted}{where}`"


def _metas(folder: Path) -> Iterator[tuple[Path, Meta]]:
    for place in sorted(folder.glob("*/*")):
        # Unfinished entries begin with a dot; a folder without meta was copied by halves.
        if place.is_dir() and not place.name.startswith("."):
            try:
                yield place, load_meta(place)
            except FileNotFoundError:
                line = f"{shown(place)} is incomplete: delete it, or copy it again"
                raise CacheError(line) from None


def _find(folder: Path, recording: Recording, grid: Grid) -> tuple[Path, Meta]:
    place = entry_place(folder, recording, grid)
    try:
        return place, load_meta(place)
    except FileNotFoundError:
        raise CacheError(_missing(folder, recording, grid)) from None


def _find_any(folder: Path, recording: Recording, grid: Grid) -> tuple[Path, Meta]:
    """The entry made here, else the only one of that name."""
    place = entry_place(folder, recording, grid)
    found = list(entries_of(folder, recording.dataset, recording.name, grid))
    contents = {meta.sources.content for _, meta in found}
    for at, meta in found:
        if at == place or len(contents) == 1:
            return at, meta
    if found:
        raise CacheError(
            f"{shown(folder)} holds {len(found)} recordings called {recording.key}: "
            f"delete all but one of {', '.join(at.name for at, _ in found)}"
        )
    raise CacheError(_missing(folder, recording, grid))


def _missing(folder: Path, recording: Recording, grid: Grid) -> str:
    return (
        f"{recording.key} is not in the cache {shown(folder)} at {on(grid)}: "
        f"{advice(folder, recording, grid)}"
    )


def _require_current(meta: Meta) -> None:
    if not meta.is_current:
        raise CacheError(
            f"{meta.key} was cached by another version of AimaNet, which cropped faces otherwise: "
            "run `aimanet datasets prepare` again"
        )


def _require_same_files(folder: Path, meta: Meta, recording: Recording, grid: Grid) -> None:
    try:
        if untouched(meta.sources, recording):
            return
        if now := renewed(meta.sources, recording):
            remember(entry_place(folder, recording, grid), meta, replace(meta, sources=now))
            return
    except FileNotFoundError as error:
        raise CacheError(
            f"{recording.key}: {shown(error.filename)}, which it was cached from, is gone; bring "
            "the data set back, or use the cache alone (--cached)"
        ) from error
    except OSError as error:
        raise CacheError(
            f"{recording.key}: cannot read {shown(error.filename or recording.video)} "
            f"({error.strerror}); change its rights, or use the cache alone (--cached)"
        ) from error
    raise CacheError(
        f"{recording.key} has changed since it was cached: {advice(folder, recording, grid)}"
    )


def load_entry(place: Path, meta: Meta) -> CachedRecording:
    """The entry at ``place``, looked at for damage but not for staleness.

    Raises:
        CacheError: it is damaged.
    """
    try:
        crops = _map_crops(place / CROPS, meta)
        t, starts, gap_s, ppg, hr_bpm = _load_frames(place / FRAMES, meta.crops)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        hint = "; allow more (`ulimit -n`)" if error.errno == errno.EMFILE else ""
        raise CacheError(f"{meta.key}: cannot read {shown(place)} ({why}{hint})") from error
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        reason = " ".join(str(error).split())[:120]
        raise CacheError(
            f"{meta.key} is damaged in the cache ({shown(place)}: {reason}): delete that folder "
            "and run `aimanet datasets prepare` again"
        ) from error
    return CachedRecording(
        dataset=meta.dataset,
        name=meta.name,
        subject=meta.subject,
        tags=meta.tags,
        grid=meta.grid,
        t=t,
        crops=crops,
        starts=starts,
        gap_s=gap_s,
        ppg=ppg,
        hr_bpm=hr_bpm,
    )


def _map_crops(path: Path, meta: Meta) -> NDArray[np.float16]:
    """The file of crops as a read-only memory map."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size != meta.crop_bytes:
            raise ValueError(f"{CROPS} has {size} of {meta.crop_bytes} bytes")
        _keep_room_for_files(file)
        side = meta.grid.image_size
        return np.memmap(file, np.float16, "r", shape=(meta.crops, side, side, 3))


def _keep_room_for_files(file: BinaryIO) -> None:
    """Raises this process's limit of open files once half of it is used, as far as allowed.

    A map holds its file open, and many systems allow 1024 unless asked for more; SCAMPS has
    2800 recordings.
    """
    if os.name == "nt":  # no such limit there
        return
    import resource

    lowest_free = os.dup(file.fileno())
    os.close(lowest_free)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = FILES if hard == resource.RLIM_INFINITY else min(hard, FILES)
    if soft // 2 < lowest_free and soft < most:
        with suppress(OSError, ValueError):  # some systems allow less than they say
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _load_frames(path: Path, count: int) -> tuple[NDArray[Any], ...]:
    with np.load(path, allow_pickle=False) as data:
        arrays = tuple(data[name] for name in ("t", "starts", "gap_s", "ppg", "hr_bpm"))
    if any(array.shape != (count,) for array in arrays):
        raise ValueError(f"{FRAMES} does not have {count} frames")
    return arrays
