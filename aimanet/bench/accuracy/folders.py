"""Clips from folders: videos beside a list with their truth, and data sets with sensors."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.ndimage import uniform_filter1d

from aimanet.bench.accuracy.material import AccuracyError, ClipInfo, Material, Reel, Truth, Values
from aimanet.datasets.base import Label, Recording
from aimanet.datasets.registry import DATASETS
from aimanet.evaluation.selection import select
from aimanet.pulse import detrend, find_peak, smoothing, spectrum
from aimanet.sources import open_source
from aimanet.types import Frame

INDEX = "clips.csv"
"""The list beside plain videos, as `aimanet synthesize` writes it."""

SENSOR_S = 10.0
"""Seconds of a contact sensor's wave behind each true rate: the length of a reading's window."""

SENSOR_STEP_S = 0.5
"""Seconds between them."""

HOLE_S = 0.5
"""Between samples further apart than this the sensor says nothing."""

BAND_HZ = (0.6, 4.0)
"""Where a sensor's rate is looked for."""


@dataclass(frozen=True, slots=True)
class ListedVideo(Material):
    """A video of a list: its truth in a CSV (t and hr_bpm), or one rate, or no pulse at all."""

    row: str
    video: Path
    truth: Path | None
    hr_bpm: float | None
    conditions: tuple[str, ...] = ()
    take: int = 0
    """Its line in the list, where a video stands there twice."""

    @property
    def info(self) -> ClipInfo:
        """The list's row."""
        alive = self.truth is not None or self.hr_bpm is not None
        name = f"{self.row}/{self.video.stem}" + (f"~{self.take}" if self.take else "")
        return ClipInfo(name, self.row, self.conditions, alive, "recording")

    def open(self) -> Reel:
        """Opens the video; its truth is read first."""
        truth = _listed_truth(self.truth, self.hr_bpm)
        return Reel(_frames(self.video), truth)


@dataclass(frozen=True, slots=True)
class SensorRecording(Material):
    """A recording of a data set, or a session of one's own, with a contact sensor."""

    row: str
    recording: Recording

    @property
    def info(self) -> ClipInfo:
        """The recording's name and tags."""
        tags = tuple(f"{name} {value}" for name, value in self.recording.tags)
        return ClipInfo(
            f"{self.row}/{self.recording.name}", self.row, tags, alive=True, origin="recording"
        )

    def open(self) -> Reel:
        """Reads the sensor, then the frames."""
        dataset = DATASETS[self.recording.dataset]
        label = dataset.label(self.recording)
        if label is None:
            raise AccuracyError("unlabelled: no contact sensor's file")
        alone = dataset.face_alone(self.recording)
        return Reel(dataset.frames(self.recording), truth_of_sensor(label), alone)


def find(specs: Sequence[str]) -> list[Material]:
    """The clips behind folders: videos with a `clips.csv`, or data sets (DIR or NAME=DIR).

    Raises:
        AimaNetError: there is no such folder, nobody recognises it, or its list makes no sense.
    """
    found: list[Material] = []
    for spec in specs:
        root = Path(spec).expanduser()
        taken = {material.info.kind for material in found}
        if (root / INDEX).is_file():
            found += _listed(root, _row(root.resolve().name, spec, taken))
            continue
        (selection,) = select([spec])
        row = _row(selection.dataset, spec, taken)
        found += [SensorRecording(row, each) for each in selection.recordings]
    return found


def _row(name: str, spec: str, taken: set[str]) -> str:
    """The name of a folder's row; the whole of what was typed where two are called the same."""
    return f"{name} ({spec})" if name in taken else name


def _listed(root: Path, name: str) -> Iterator[Material]:
    index = root / INDEX
    try:
        with index.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise AccuracyError(f"cannot read {index}: {error}") from error
    if not rows or "video" not in rows[0]:
        raise AccuracyError(f"{index}: no videos in it; it has to have the columns video and truth")
    names: set[str] = set()
    for number, row in enumerate(rows, 2):
        clip = _one_listed(root, name, row, f"{index} line {number}")
        if clip.info.name in names:
            clip = replace(clip, take=number)
        names.add(clip.info.name)
        yield clip


def _one_listed(root: Path, name: str, row: dict[str, str | None], where: str) -> ListedVideo:
    video = root / (row.get("video") or "")
    truth = root / row["truth"] if row.get("truth") else None  # type: ignore[operator]
    for path in (video, truth):
        if path is not None and not path.is_file():
            raise AccuracyError(f"{where}: there is no file {path}")
    text = (row.get("hr_bpm") or "").strip()
    try:
        hr = float(text) if text else None
    except ValueError:
        raise AccuracyError(f"{where}: hr_bpm {text!r} is no number") from None
    if hr is not None and not 20.0 <= hr <= 300.0:
        raise AccuracyError(f"{where}: hr_bpm {text} is out of 20 to 300")
    conditions = tuple(c.strip() for c in (row.get("conditions") or "").split(";") if c.strip())
    return ListedVideo(name, video, truth, hr, conditions)


def _listed_truth(path: Path | None, hr_bpm: float | None) -> Truth | None:
    if path is None:
        return None if hr_bpm is None else Truth.steady(hr_bpm)
    try:
        table = np.genfromtxt(path, delimiter=",", names=True, dtype=float, encoding="utf-8")
        names = table.dtype.names or ()
        if not {"t", "hr_bpm"} <= set(names):
            raise ValueError("it needs the columns t and hr_bpm")
        t, rate = np.atleast_1d(table["t"]), np.atleast_1d(table["hr_bpm"])
    except (OSError, ValueError) as error:
        raise AccuracyError(f"cannot read the truth {path}: {error}") from error
    if not np.all(np.diff(t) > 0.0):
        raise AccuracyError(f"{path}: the times in column t do not increase")
    return Truth(t, rate)


def _frames(video: Path) -> Iterator[Frame]:
    source = open_source(str(video.absolute()), realtime=False)
    try:
        source.open()
        first: float | None = None
        for frame in source:
            first = frame.t if first is None else first
            yield Frame(frame.index, frame.t - first, frame.image)
    finally:
        source.close()


def truth_of_sensor(label: Label) -> Truth:
    """The true rate of a contact sensor: the peak of its wave's spectrum, in windows of 10 s.

    An electrocardiogram has its power in the harmonics; there the sensor's own rate counts.

    Raises:
        AccuracyError: it says too little.
    """
    own = label.hr_bpm
    if own is not None and label.kind == "ecg":
        return Truth(label.t, np.where(own > 0, own, np.nan))
    t, rate = _rates(label.t, label.ppg)
    if not np.isfinite(rate).any():
        raise AccuracyError(f"the contact sensor gives no rate: less than {SENSOR_S:g} s of wave")
    return Truth(t, rate, half_s=SENSOR_S / 2.0)


def _rates(t: Values, wave: Values) -> tuple[Values, Values]:
    """Middles of windows (s) and the rate in each; NaN where the sensor has a hole."""
    known = np.isfinite(wave)
    t, wave = t[known], wave[known]
    if len(t) < 2 or t[-1] - t[0] < SENSOR_S:
        return np.empty(0), np.empty(0)
    fs = min(1.0 / float(np.median(np.diff(t))), 1000.0)
    grid = np.arange(t[0], t[-1], 1.0 / 60.0)
    if fs > 60.0:  # a sensor that is faster is averaged, so that its hum does not fold back
        wave = uniform_filter1d(wave, max(1, round(fs / 60.0)))
    even = np.interp(grid, t, wave)
    n = round(SENSOR_S * 60.0)
    starts = range(0, len(grid) - n + 1, round(SENSOR_STEP_S * 60.0))
    rates = [_rate(even[a : a + n], _hole(t, grid[a], grid[a + n - 1])) for a in starts]
    return np.array([grid[a] + SENSOR_S / 2.0 for a in starts]), np.array(rates)


def _hole(t: Values, start: float, end: float) -> bool:
    """Whether the sensor was silent for a while somewhere in a stretch."""
    wide = np.flatnonzero(np.diff(t) > HOLE_S)
    return bool(np.any((t[wide] < end) & (t[wide + 1] > start)))


def _rate(wave: Values, hole: bool) -> float:
    if hole or not np.ptp(wave) > 0.0:
        return math.nan
    hz = find_peak(*spectrum(detrend(wave, smoothing(60.0)), 60.0), *BAND_HZ)
    return math.nan if hz is None else 60.0 * hz
