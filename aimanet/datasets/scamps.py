"""SCAMPS: 2,800 rendered avatars of 600 frames at 30 fps, one MATLAB 7.3 (HDF5) file each.

``Xsub`` is the face already cut out (240x240, floats 0-1, axes colour, width, height, time as HDF5
shows them); where only ``RawFrames`` (320x240) is there, its central square is the same picture.
``d_ppg`` holds one value a frame. The "d" is no derivative: head pose and breathing are named so
too (``d_pitch``, ``d_br``), and the published loaders difference it themselves. It is the wave.
The masks (599 frames) are not read.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from aimanet.datasets import planes
from aimanet.datasets.base import DatasetError, Found, Problem, Recording
from aimanet.datasets.labels import LabelRead, tidy
from aimanet.datasets.recorded import Recorded
from aimanet.datasets.tree import listing, search, told
from aimanet.datasets.video import Film
from aimanet.files import LFS_POINTER, is_lfs_pointer
from aimanet.types import Frame

FPS = 30.0
_FILE = re.compile(r"P\d{4,7}\.mat", re.IGNORECASE)
_ID = re.compile(r"P\d{4,7}", re.IGNORECASE)
_SPLITS = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}
_BAND_BYTES = 16 << 20
_LONGEST = 1 << 24
"""Samples; a video has 600, but a packed file of some kB may claim, and unpack to, any number."""
_DAMAGED = (OSError, LookupError, ValueError, TypeError, RuntimeError, AttributeError, MemoryError)
"""What h5py ends in."""


class Scamps(Recorded):
    """SCAMPS as published, or sorted into Train, Val and Test folders."""

    name = "scamps"
    title = "SCAMPS (synthetic avatars)"
    where = (
        "Microsoft, GitHub danmcduff/scampsdataset: direct links, read the terms there; "
        "scamps_videos (600 GB) or its sample of 10 (1.2 GB)"
    )
    layout = (
        "P000001.mat ... P002800.mat   (in any folder, also Train/ Val/ Test/)\n"
        "ScampsTrainTest*              (optional: the official split)"
    )
    cropped = True

    def find(self, root: Path) -> Found:
        """One recording a ``P000001.mat``; the split, where known, is a tag."""
        problems: list[Problem] = []
        official = _official_split(root)
        recordings = [
            _recording(root, path, official)
            for folder in search(root, _holds_files, problems)
            for path in listing(folder, problems).files
            if _FILE.fullmatch(path.name)
        ]
        return told(recordings, problems)

    def frames(self, recording: Recording) -> Iterator[Frame]:
        """The face at 30 fps."""
        path = recording.video
        with _opened(path) as file:
            video = _video(file, path)
            shape, columns = _shape(video, path)

            def fill(first: int, end: int, block: planes.Planes, scale: float) -> None:
                _fill(video, columns, first, end, block, scale)

            yield from planes.frames(shape, FPS, fill)

    def film(self, recording: Recording) -> Film:
        """Shapes and a first pixel; a frame would cost as much as the whole video."""
        path = recording.video
        with _opened(path) as file:
            video = _video(file, path)
            frames = _shape(video, path)[0].frames
            _ = video[0, 0, 0]
        return Film(frames, FPS, frames / FPS)

    def read_label(self, recording: Recording, path: Path) -> LabelRead:
        """The avatar's blood volume, one value a frame."""
        with _opened(path) as file:
            if "d_ppg" not in file:
                raise DatasetError(f"{path}: there is no d_ppg in it; download it again")
            if (samples := int(file["d_ppg"].size or 0)) > _LONGEST:
                raise DatasetError(f"{path}: its d_ppg has {samples} samples: no recording's")
            ppg = np.asarray(file["d_ppg"][()], np.float64).ravel()
            frames = _shape(_video(file, path), path)[0].frames
        notes: tuple[str, ...] = ()
        if abs(len(ppg) - frames) > 1:
            notes = (f"{len(ppg)} samples for {frames} frames; one for each is published",)
        return tidy(path, np.arange(len(ppg)) / FPS, ppg, notes=notes)


def _holds_files(folder: Path) -> bool:
    return any(_FILE.fullmatch(path.name) for path in listing(folder).files)


def _recording(root: Path, path: Path, official: dict[str, str]) -> Recording:
    stem = path.stem.upper()
    split = official.get(stem) or _SPLITS.get(path.parent.name.casefold())
    tags = (("split", split),) if split else ()
    return Recording("scamps", stem, stem, root, path, path, tags=tags)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        import h5py
    except ImportError:
        raise DatasetError(f"h5py is needed for SCAMPS ({path.name}): pip install h5py") from None
    if is_lfs_pointer(path):
        raise DatasetError(f"{path}: {LFS_POINTER}")
    try:
        with h5py.File(path, "r", locking=False) as file:
            yield file
    except FileNotFoundError as error:
        raise DatasetError(f"{path}: no such file") from error
    except _DAMAGED as error:
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise DatasetError(
            f"{path}: damaged, cut short or no MATLAB 7.3 file ({reason}); download it again"
        ) from error


def _video(file: Any, path: Path) -> Any:
    for name in ("Xsub", "RawFrames"):
        if name in file and getattr(file[name], "ndim", 0) == 4:
            return file[name]
    raise DatasetError(
        f"{path}: neither Xsub nor RawFrames in it; is it the download with waveforms only?"
    )


def _shape(video: Any, path: Path) -> tuple[planes.Shape, slice]:
    """What the frames are, and which columns of the stored picture they show."""
    colours, width, height, frames = video.shape
    if colours != 3 or min(video.shape) < 1:
        size = "x".join(map(str, video.shape))
        raise DatasetError(f"{path}: the video is {size}, not 3 x width x height x frames")
    if video.name.endswith("RawFrames") and width > height:
        left = (width - height) // 2
        return planes.Shape(frames, height, height), slice(left, left + height)
    return planes.Shape(frames, height, width), slice(0, width)


def _fill(
    video: Any, columns: slice, first: int, end: int, block: planes.Planes, scale: float
) -> None:
    """Reads frames ``first`` to ``end`` in bands of columns, as the file's chunks lie."""
    per_column = 3 * video.shape[2] * (end - first) * video.dtype.itemsize
    chunk = video.chunks[1] if video.chunks else 1
    step = max(1, _BAND_BYTES // per_column // chunk) * chunk
    for at in range(columns.start, columns.stop, step):
        stop = min(at + step, columns.stop)
        part = video[:, at:stop, :, first:end]
        block[:, at - columns.start : stop - columns.start] = planes.as_bytes(part, scale)


def _official_split(root: Path) -> dict[str, str]:
    """File to split as far as a ``ScampsTrainTest*`` beside the files says; its form is free."""
    splits: dict[str, str] = {}
    for path in [*listing(root).files, *listing(root.parent).files]:
        if path.name.casefold().startswith("scampstraintest"):
            try:
                text = path.read_text(encoding="utf-8-sig", errors="replace")
            except OSError:
                continue
            splits |= _split_of(list(csv.reader(text.splitlines())))
    return splits


def _split_of(rows: list[list[str]]) -> dict[str, str]:
    """A row that names a file and a split, or columns that are named after the splits."""
    found: dict[str, str] = {}
    heads = [_SPLITS.get(cell.strip().casefold(), "") for cell in rows[0]] if rows else []
    for row in rows:
        words = [
            _SPLITS[cell.strip().casefold()] for cell in row if cell.strip().casefold() in _SPLITS
        ]
        for column, cell in enumerate(row):
            match = _ID.search(cell)
            head = heads[column] if column < len(heads) else ""
            if match and (words or head):
                found[match[0].upper()] = words[0] if len(words) == 1 else head
    return {name: split for name, split in found.items() if split}
