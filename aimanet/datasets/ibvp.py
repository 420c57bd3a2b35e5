"""iBVP: four conditions of three minutes, a webcam and a thermal camera, PPG at the ear.

The CSV has one row for each RGB frame (the authors resampled it to 30 Hz) and quality marks in
pieces of half a second: rows that a person marked as bad (``SQ2`` up to 0.3) are a hole in the
label, and the frames around it stay in one run. Thermal pictures are not read.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aimanet.datasets.align import drift_s
from aimanet.datasets.base import DatasetError, Found, Problem, Recording, Signal, natural
from aimanet.datasets.labels import LabelRead, rates_differ, tidy
from aimanet.datasets.recorded import Recorded
from aimanet.datasets.text import text_of
from aimanet.datasets.tree import archives, listing, search, told
from aimanet.datasets.video import Film, stream_images
from aimanet.types import Frame

FPS = 30.0
BAD_QUALITY = 0.3
CONDITIONS = {
    "a": "slow breathing and rest",
    "b": "easy maths",
    "c": "hard maths",
    "d": "head movement",
}
NOT_TO_BE_SHOWN = frozenset({"p08", "p10", "p13", "p16", "p29", "p31", "p33"})
_NAME = re.compile(r"p(\d+)_([a-z])", re.IGNORECASE)
_PICTURES = (".bmp", ".png", ".jpg", ".jpeg")
_STAMP_MS = (15.0, 70.0)
"""Steps between names that are times in ms, for 14 to 66 frames a second."""
_REFUSED = 0.1


class Ibvp(Recorded):
    """Reads ``p01_a/p01_a_rgb/*.bmp`` and ``p01_a/p01_a_bvp.csv``."""

    name = "ibvp"
    title = "iBVP"
    where = (
        "GitHub PhysiologicAILab/iBVP-Dataset (UCL): EULA signed by an academic supervisor; "
        "academic research only; about 400 GB. The faces of p08 p10 p13 p16 p29 p31 p33 must not "
        "be shown."
    )
    layout = """\
DIR/p01_a/p01_a_rgb/*.bmp    640x480 at 30 fps
          p01_a_bvp.csv      a header, then a row for each frame: BVP,SQPhysMD,SQ1,SQ2,Perfusion
          p01_a_t/*.raw      thermal, not read
DIR/p01_b/ ... p33_d/        person, condition a-d
DIR/Confidential_No-media-use/p08_a/ ...   is looked into too"""

    def find(self, root: Path) -> Found:
        """See `Dataset.find`."""
        recordings: list[Recording] = []
        problems: list[Problem] = []
        for folder in search(root, _is_recording, problems):
            recording = _recording(root, folder, problems)
            if recording is not None:
                recordings.append(recording)
        problems += archives(root, _NAME, (recording.name for recording in recordings))
        return told(recordings, problems)

    def frames(self, recording: Recording) -> Iterator[Frame]:
        """See `Dataset.frames`; at 30 fps, or at the times that the names are."""
        pictures = _pictures(recording.video)
        return stream_images(pictures.paths, pictures.t)

    def film(self, recording: Recording) -> Film:
        """See `Recorded.film`."""
        from aimanet.sources.images import read_rgb

        pictures = _pictures(recording.video)
        if not any(read_rgb(path) is not None for path in pictures.paths[:3]):
            raise DatasetError(
                f"{recording.video}: its first pictures cannot be read; get them again"
            )
        empty = sum(path.stat().st_size == 0 for path in pictures.paths)
        text = f"{empty} of {len(pictures.paths)} pictures are empty files"
        problems = (Problem(recording.video, text, fatal=False),) if empty else ()
        fps = 1.0 / float(np.median(np.diff(pictures.t)))
        return Film(len(pictures.paths), fps, float(pictures.t[-1]), problems)

    def read_label(self, recording: Recording, path: Path) -> LabelRead:
        """The wave, a row a frame; rows of bad quality are left out."""
        ppg, quality = _read_rows(path)
        frames = _pictures(recording.video).t
        notes = []
        if len(ppg) != len(frames):
            counts = f"{len(ppg)} rows for {len(frames)} pictures"
            if rates_differ(len(frames) / FPS, len(ppg) / FPS, _REFUSED):
                raise DatasetError(f"{path}: {counts}; is one of the two incomplete?")
            notes.append(f"{counts}; stretched over them")
        rows = np.arange(len(ppg)) * (len(frames) / len(ppg))
        beyond = [*frames, frames[-1] + np.median(np.diff(frames))]
        t = np.interp(rows, np.arange(len(beyond)), beyond)
        bad = quality <= BAD_QUALITY
        if bad.any():
            notes.append(f"{bad.mean():.0%} of the rows are of bad quality (SQ2): left out")
        drift = drift_s(np.arange(len(ppg)) / FPS, float(frames[-1]))
        return tidy(path, t[~bad], ppg[~bad], drift_s=drift, notes=tuple(notes))


@dataclass(frozen=True, slots=True, eq=False)
class _Pictures:
    """The pictures in order and their times (s, from 0)."""

    paths: list[Path]
    t: Signal


def _is_recording(folder: Path) -> bool:
    return _NAME.fullmatch(folder.name) is not None


def _recording(root: Path, folder: Path, problems: list[Problem]) -> Recording | None:
    match = _NAME.fullmatch(folder.name)
    assert match is not None
    name = folder.name.casefold()
    inside = listing(folder, problems)
    rgb = _ending(inside.folders, "_rgb")
    label = _ending(inside.files, "_bvp.csv")
    if rgb is None:
        if label is not None or inside.folders:
            text = f"no folder {folder.name}_rgb in it; unpack it again"
            problems.append(Problem(folder, text))
        return None
    if label is None:
        text = f"has no label: {folder.name}_bvp.csv is missing"
        problems.append(Problem(folder, text, fatal=False))
    person = f"p{int(match[1]):02d}"
    condition = match[2].lower()
    tags = [("condition", CONDITIONS.get(condition, condition))]
    if person in NOT_TO_BE_SHOWN:
        tags.append(("show", "no"))
    return Recording(Ibvp.name, name, person, root, rgb, label, tags=tuple(tags))


def _ending(paths: list[Path], end: str) -> Path | None:
    return next((path for path in paths if path.name.casefold().endswith(end)), None)


def _pictures(folder: Path) -> _Pictures:
    files = sorted(listing(folder).files, key=lambda path: natural(path.name))
    for suffix in _PICTURES:
        paths = [path for path in files if path.suffix.lower() == suffix]
        if len(paths) > 1:
            return _Pictures(paths, _times(paths))
    raise DatasetError(f"{folder}: fewer than two pictures (.bmp) in it; unpack it again")


def _times(paths: list[Path]) -> Signal:
    """From names that are times in ms, else 30 a second."""
    stems = [path.stem for path in paths]
    if all(stem.isdecimal() for stem in stems):
        stamps = np.array([int(stem) - int(stems[0]) for stem in stems], np.float64)
        steps = np.diff(stamps)
        if steps.min() > 0 and _STAMP_MS[0] <= np.median(steps) <= _STAMP_MS[1]:
            return stamps / 1000.0
    return np.arange(len(paths)) / FPS


def _read_rows(path: Path) -> tuple[Signal, Signal]:
    """Wave and manual quality (K,); quality is 1 where the file has none.

    The columns are found by their names, else by their place: wave, automatic quality, two
    manual ones, perfusion, with or without a counter before them.
    """
    rows = _cells(path)
    names = [cell.strip().strip("'\"").casefold() for cell in rows[0]]
    values = _numbers(rows)
    if np.isnan(values[0]).all():
        values = values[1:]
    if not len(values):
        raise DatasetError(f"{path}: no rows of numbers in it; get it again")
    first = 1 if values.shape[1] > 5 and _counts(values[:, 0]) else 0
    wave = names.index("bvp") if "bvp" in names else first
    quality = names.index("sq2") if "sq2" in names else first + 3
    if quality >= values.shape[1]:
        return values[:, wave], np.ones(len(values))
    return values[:, wave], np.nan_to_num(values[:, quality], nan=1.0)


def _cells(path: Path) -> list[list[str]]:
    lines = text_of(path).splitlines()
    comma = "," if "," in lines[0] or ";" not in lines[0] else ";"
    try:
        rows = [row for row in csv.reader(lines, delimiter=comma) if "".join(row).strip()]
    except csv.Error as error:
        raise DatasetError(f"{path}: is no table ({error}); get it again") from error
    if not rows:
        raise DatasetError(f"{path}: no rows of numbers in it; get it again")
    return rows


def _numbers(rows: list[list[str]]) -> NDArray[np.float64]:
    """(K, C) of the cells, NaN for words and for what a short row lacks."""
    values = np.full((len(rows), max(len(row) for row in rows)), np.nan)
    for k, row in enumerate(rows):
        for column, cell in enumerate(row):
            try:
                values[k, column] = float(cell)
            except ValueError:
                pass  # a word, or nothing
    return values


def _counts(column: Signal) -> bool:
    return len(column) > 1 and bool((np.diff(column) == 1).all())
