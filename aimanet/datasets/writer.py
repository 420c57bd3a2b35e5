"""Makes one entry of the cache, in bounded memory and all or nothing."""

from __future__ import annotations

import os
import shutil
from array import array
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from aimanet.datasets.base import Signal
from aimanet.datasets.cached import CachedRecording
from aimanet.datasets.entry import CROPS, FRAMES, Meta, lock_of, save_meta, shown
from aimanet.errors import OutputError
from aimanet.types import Clip

Labeller = Callable[[Signal], tuple[Signal, Signal]]
"""Times to ppg and hr_bpm, as `align.on_grid` gives them."""

BUFFER = 1 << 20
PART = ".part"
GONE = ".gone.part"


class EntryWriter:
    """Appends crops to a hidden folder, which becomes the entry when it is finished.

    Only whoever holds `lock_of` the place may write there. What an earlier writer left is
    removed. Leaving without `finish` removes what was written.

    Args:
        place: where the entry belongs (`entry_place`).
        link: take this file of crops instead of new ones (another entry's, with the same video).

    Raises:
        OutputError: the folder cannot be written, or the disk is full.
    """

    def __init__(self, place: Path, link: Path | None = None) -> None:
        self._place = place
        self._link = link
        self._part = place.with_name(f".{place.name}{PART}")
        self._t, self._starts, self._gap_s = array("d"), array("b"), array("f")

    def __enter__(self) -> EntryWriter:
        try:
            shutil.rmtree(self._part, ignore_errors=True)
            self._part.mkdir(parents=True)
            if self._link is not None:
                _link_or_copy(self._link, self._part / CROPS)
            self._file = (self._part / CROPS).open("ab", buffering=BUFFER)
        except OSError as error:
            raise self._failure(error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        with suppress(OSError):  # a full disk also complains when the rest is flushed
            self._file.close()
        shutil.rmtree(self._part, ignore_errors=True)

    @property
    def count(self) -> int:
        """Crops so far."""
        return len(self._t)

    def add(self, clip: Clip) -> None:
        """Appends a clip of two crops: the second, and both where a run starts."""
        if len(clip.t) != 2:
            raise ValueError("the cache takes clips of two crops (frame_depth 1)")
        first = 0 if clip.starts else 1
        self._t.extend(clip.t[first:].tolist())
        self._starts.extend([1, 0][first:])
        self._gap_s.extend([0.0, clip.gap_s][first:])
        try:
            self._file.write(clip.crops[first:].astype(np.float16).tobytes())
        except OSError as error:
            raise self._failure(error) from error

    def finish(self, meta: Meta, labeller: Labeller) -> Meta:
        """Adds the labels and ``meta``, with the count of crops put in, and shows the entry."""
        t = np.array(self._t, np.float64)
        return self._finish(meta, labeller, t, np.array(self._starts, bool), np.array(self._gap_s))

    def finish_like(self, meta: Meta, labeller: Labeller, like: CachedRecording) -> Meta:
        """The same for linked crops, with the times of the entry they belong to."""
        return self._finish(meta, labeller, like.t, like.starts, like.gap_s)

    def _finish(
        self,
        meta: Meta,
        labeller: Labeller,
        t: Signal,
        starts: NDArray[np.bool_],
        gap_s: NDArray[np.float32],
    ) -> Meta:
        ppg, hr_bpm = labeller(t)
        meta = replace(meta, crops=len(t))
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            with (self._part / FRAMES).open("wb") as file:
                np.savez(file, t=t, starts=starts, gap_s=gap_s, ppg=ppg, hr_bpm=hr_bpm)
                file.flush()
                os.fsync(file.fileno())
            save_meta(self._part, meta)
            _put(self._part, self._place)
        except OSError as error:
            raise self._failure(error) from error
        return meta

    def _failure(self, error: OSError) -> OutputError:
        return cannot_write(self._place.parent.parent, error)


def cannot_write(folder: Path, error: OSError) -> OutputError:
    """The line for a cache folder that does not take what has to be written."""
    return OutputError(
        f"cannot write the cache in {shown(folder)} ({(error.strerror or str(error)).lower()}); "
        "make room there, or set AIMANET_CACHE_DIR to another folder"
    )


def remove_entry(place: Path) -> None:
    """Removes an entry in one step for its readers; whoever maps its crops keeps them."""
    gone = place.with_name(f".{place.name}{GONE}")
    shutil.rmtree(gone, ignore_errors=True)
    with suppress(FileNotFoundError):
        place.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Removes what killed writers left anywhere in ``folder``; living ones are not disturbed."""
    left = [*folder.glob(f"*/.*{PART}"), *folder.glob("*/.*.lock")]
    for place in {path.with_name(_place_name(path.name)) for path in left}:
        lock = lock_of(place)
        with suppress(OutputError):
            if lock.try_take():
                shutil.rmtree(place.with_name(f".{place.name}{PART}"), ignore_errors=True)
                shutil.rmtree(place.with_name(f".{place.name}{GONE}"), ignore_errors=True)
        lock.release()


def _place_name(left: str) -> str:
    for suffix in (".lock", GONE, PART):
        left = left.removesuffix(suffix)
    return left[1:]


def _put(part: Path, place: Path) -> None:
    remove_entry(place)
    part.rename(place)


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without links
        shutil.copy2(source, target)
