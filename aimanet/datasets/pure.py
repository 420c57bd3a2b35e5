"""PURE: ten people, six kinds of head motion; pictures and oximeter with stamps of one clock."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from aimanet.datasets.align import drift_s
from aimanet.datasets.base import DatasetError, Found, Problem, Recording, Signal
from aimanet.datasets.labels import LabelRead, second_of, tidy
from aimanet.datasets.recorded import Recorded
from aimanet.datasets.text import NO_LOG, stamp_of, text_of
from aimanet.datasets.tree import archives, listing, search, told
from aimanet.datasets.video import Film, stream_images
from aimanet.types import Frame

FPS = 30.0
SETUPS = {
    "01": "steady",
    "02": "talking",
    "03": "slow translation",
    "04": "fast translation",
    "05": "small rotation",
    "06": "medium rotation",
}
_NAME = re.compile(r"(\d{2})-(\d{2})")
_FALSE_READINGS = ("probeError", "searching", "searchingToLong")
_HOLE_S = 0.5
_FAR_S = 600.0
"""Stamps of pictures and of the oximeter further apart than this are of different clocks."""


class Pure(Recorded):
    """Reads ``01-01.json`` and ``01-01/Image<ns>.png``, nested in a ``01-01/`` or not."""

    name = "pure"
    title = "PURE"
    where = (
        "TU Ilmenau, Neuroinformatics and Cognitive Robotics Lab, 'Pulse Rate Detection Dataset - "
        "PURE': ask the authors by the form on that page, read the terms there."
    )
    layout = """\
DIR/01-01/01-01.json            the oximeter at 60 Hz and a time stamp for each picture
DIR/01-01/01-01/Image<ns>.png   640x480 at 30 fps, the time stamp (ns) in each name
DIR/01-02/ ... 10-06/           person 01-10, setup 01-06
or flat: DIR/01-01.json beside DIR/01-01/Image<ns>.png"""

    def find(self, root: Path) -> Found:
        """See `Dataset.find`."""
        recordings: list[Recording] = []
        problems: list[Problem] = []
        for folder in search(root, _is_recording, problems):
            recordings += _recordings(root, folder, problems)
        names = {recording.name for recording in recordings}
        problems += archives(root, _NAME, names)
        return told(recordings, problems)

    def frames(self, recording: Recording) -> Iterator[Frame]:
        """See `Dataset.frames`; the times are those of the names."""
        pictures = _pictures(recording)
        return stream_images(pictures.paths, pictures.t)

    def files(self, recording: Recording) -> tuple[Path, ...]:
        """The pictures and the oximeter's file; what else lies in the folder is not read."""
        label = [recording.label] if recording.label else []
        return (*_pngs(recording.video), *label)

    def film(self, recording: Recording) -> Film:
        """See `Recorded.film`; also whether the oximeter's file and the folder name the same."""
        from aimanet.sources.images import read_rgb

        pictures = _pictures(recording)
        if not any(read_rgb(path) is not None for path in pictures.paths[:3]):
            raise DatasetError(
                f"{recording.video}: its first pictures cannot be read; get it again"
            )
        texts = list(pictures.notes)
        empty = sum(path.stat().st_size == 0 for path in pictures.paths)
        if empty:
            texts.append(f"{empty} of {len(pictures.paths)} pictures are empty files")
        steps = np.diff(pictures.t)
        if len(steps) and steps.max() > _HOLE_S:
            at = int(np.argmax(steps))
            texts.append(f"no pictures for {steps[at]:.1f} s after {pictures.t[at]:.1f} s")
        fps = 1.0 / float(np.median(steps)) if len(steps) else None
        problems = tuple(Problem(recording.video, text, fatal=False) for text in texts)
        return Film(len(pictures.paths), fps, float(pictures.t[-1]), problems)

    def read_label(self, recording: Recording, path: Path) -> LabelRead:
        """The wave by its stamps; what the oximeter read without a finger in it is left out."""
        pictures, log = _pictures(recording), _read_log(path)
        t = log.seconds_after(pictures.start)
        drift = drift_s(t, float(pictures.t[-1]))
        bad = int(log.failed.sum())
        notes = (f"{bad} of {len(t)} readings without a finger or pulse: left out",) if bad else ()
        good = ~log.failed
        read = tidy(path, t[good], log.ppg[good], log.hr_bpm[good], drift_s=drift, notes=notes)
        if read.label.t[0] > pictures.t[-1] or read.label.t[-1] < 0:
            raise DatasetError(f"{path}: the oximeter and the pictures do not overlap in time")
        return read


@dataclass(frozen=True, slots=True, eq=False)
class _Log:
    """PURE's JSON: the oximeter's stamps, wave and rate (K,), and the pictures' stamps (N,)."""

    stamps: list[int]
    ppg: Signal
    hr_bpm: Signal
    failed: np.ndarray[Any, np.dtype[np.bool_]]
    images: list[int]

    def seconds_after(self, start: int) -> Signal:
        """(K,) s from the stamp ``start`` to each reading."""
        # Integers up to here: nanoseconds since 1970 are too long for a float.
        t = np.array([stamp - start for stamp in self.stamps], np.float64)
        return t / _second(self.stamps)


@dataclass(frozen=True, slots=True, eq=False)
class _Pictures:
    """The pictures in order, their times (s, from 0), and the stamp of the first."""

    paths: list[Path]
    t: Signal
    start: int
    notes: tuple[str, ...] = ()


def _is_recording(folder: Path) -> bool:
    if _NAME.fullmatch(folder.name):
        return True
    inside = listing(folder)
    return any(
        path.suffix.lower() == ".json" and _NAME.fullmatch(path.stem) for path in inside.files
    )


def _recordings(root: Path, folder: Path, problems: list[Problem]) -> Iterator[Recording]:
    """Those of a folder that holds JSON files, or that is called as one."""
    inside = listing(folder, problems)
    logs = {
        path.stem: path
        for path in inside.files
        if path.suffix.lower() == ".json" and _NAME.fullmatch(path.stem)
    }
    names = dict.fromkeys([*logs, *(f.name for f in inside.folders if _NAME.fullmatch(f.name))])
    if not names and _NAME.fullmatch(folder.name):
        names = {folder.name: None}
    for name in names:
        pictures, log = _picture_folder(folder, name), logs.get(name)
        if pictures is None:
            where = log or folder
            problems.append(Problem(where, f"no PNG pictures in {folder / name}; get them again"))
            continue
        if log is None:
            text = f"has no label: {name}.json is missing"
            problems.append(Problem(pictures, text, fatal=False))
        yield _recording(root, name, pictures, log)


def _picture_folder(folder: Path, name: str) -> Path | None:
    """Where the PNGs of a recording are: below the JSON's folder, or right in it."""
    places = [folder / name / name, folder / name, *([folder] if folder.name == name else [])]
    return next((place for place in places if place.is_dir() and _pngs(place)), None)


def _pngs(folder: Path) -> list[Path]:
    return [path for path in listing(folder).files if path.suffix.lower() == ".png"]


def _recording(root: Path, name: str, pictures: Path, log: Path | None) -> Recording:
    person, setup = name.split("-")
    return Recording(
        dataset=Pure.name,
        name=name,
        subject=person,
        root=root,
        video=pictures,
        label=log,
        tags=(("setup", SETUPS.get(setup, setup)),),
    )


def _read_log(path: Path) -> _Log:
    try:
        log = json.loads(text_of(path))
        packages = [entry for entry in log["/FullPackage"] if entry.get("Value")]
        images = [stamp_of(entry["Timestamp"]) for entry in log.get("/Image", ())]
        values = [entry["Value"] for entry in packages]
        stamps = [stamp_of(entry["Timestamp"]) for entry in packages]
        ppg = np.array([_float(value.get("waveform")) for value in values])
        hr_bpm = np.array([_float(value.get("pulseRate")) for value in values])
    except NO_LOG as error:
        raise DatasetError(
            f"{path}: not the oximeter's log that PURE has ({type(error).__name__}: "
            f"{str(error).splitlines()[0][:80]}); is it complete?"
        ) from error
    if len(stamps) < 2:
        raise DatasetError(f"{path}: no readings of the oximeter in it; get it again")
    failed = np.array([any(_true(value.get(key)) for key in _FALSE_READINGS) for value in values])
    return _Log(stamps, ppg, hr_bpm, failed, images)


def _float(value: object) -> float:
    return np.nan if value is None else float(value)  # type: ignore[arg-type]


def _true(value: object) -> bool:
    return value is True or value == 1 or str(value).lower() == "true"


def _second(stamps: list[int]) -> float:
    """How many units of the stamps are a second."""
    steps = np.diff(np.array([stamp - stamps[0] for stamp in stamps], np.float64))
    steps = steps[steps > 0]
    if not len(steps):
        raise ValueError("the stamps do not increase")
    return second_of(float(np.median(steps)))


def _pictures(recording: Recording) -> _Pictures:
    """The pictures in the order of their stamps, which are in the names or else in the log.

    Raises:
        DatasetError: there is no telling when they were taken.
    """
    folder = recording.video
    numbered: dict[int, Path] = {}
    for path in _pngs(folder):
        digits = re.findall(r"\d+", path.stem)
        if digits:
            numbered.setdefault(int(max(digits, key=len)), path)
    if len(numbered) < 2:
        raise DatasetError(f"{folder}: fewer than two numbered PNG pictures in it; get it again")
    numbers = sorted(numbered)
    paths = [numbered[number] for number in numbers]
    log = None if recording.label is None else _log_or_none(recording.label)
    if log is None:
        return _Pictures(paths, _times_alone(numbers), numbers[0])
    images = sorted(set(log.images))
    both = len(set(images) & set(numbers))
    if both or _same_clock(numbers, log.stamps):
        notes = _differences(len(numbers), len(images), both)
        return _Pictures(paths, _seconds(numbers), numbers[0], notes)
    if len(images) == len(numbers):  # numbered anew; the log has the times
        return _Pictures(paths, _seconds(images), images[0])
    raise DatasetError(
        f"{folder}: the names of its {len(numbers)} pictures are no time stamps of "
        f"{recording.label}, and that lists {len(images)}; get both again"
    )


def _log_or_none(path: Path) -> _Log | None:
    try:
        return _read_log(path)
    except DatasetError:
        return None  # told by `read_label`; the pictures have their own stamps


def _same_clock(numbers: list[int], stamps: list[int]) -> bool:
    apart = abs(numbers[0] - stamps[0])
    return numbers[0] > 10**9 and apart < _FAR_S * _second(stamps)


def _seconds(numbers: list[int]) -> Signal:
    return np.array([n - numbers[0] for n in numbers], np.float64) / _second(numbers)


def _times_alone(numbers: list[int]) -> Signal:
    """Times of pictures without a log: their stamps, or 30 fps where names just count."""
    steps = float(np.median(np.diff([n - numbers[0] for n in numbers])))
    if steps < 2:
        return np.array([n - numbers[0] for n in numbers], np.float64) / FPS
    return _seconds(numbers)


def _differences(pictures: int, listed: int, both: int) -> tuple[str, ...]:
    notes = []
    if listed and listed > both:
        notes.append(f"{listed - both} of {listed} pictures that the log lists are not there")
    if listed and pictures > both:
        notes.append(f"{pictures - both} of {pictures} pictures are not in the log")
    return tuple(notes)
