"""BP4D+ (MMSE): ten tasks of 140 people, pictures in one zip a person, arterial blood pressure.

The zips are read where they lie (only their JPGs are frames), or folders that were unpacked from
them. The label is the pressure wave at 1000 Hz, which starts with the first frame and is stretched
over them; it rises earlier and looks different than PPG at the face, so many train on pseudo
labels instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from aimanet.datasets import zipped
from aimanet.datasets.align import stretched
from aimanet.datasets.base import DatasetError, Found, Problem, Recording, Signal
from aimanet.datasets.labels import LabelRead, rates_differ, tidy
from aimanet.datasets.recorded import Recorded
from aimanet.datasets.text import read_table
from aimanet.datasets.tree import Listing, listing, search, told
from aimanet.datasets.video import LOST, Film
from aimanet.types import Frame

FPS = 25.0
SENSOR_HZ = 1000.0
PRESSURE, PULSE_RATE = "BP_mmHg.txt", "Pulse Rate_BPM.txt"
_PRESSURE_MMHG = (5.0, 250.0)
"""Outside are calibrations and loose cuffs."""
_PERSON = re.compile(r"[FM]\d{3}", re.IGNORECASE)
_NAMES_ONLY = {"F042_T11"}
_SHORT = 180
_APART = 0.1


class Bp4d(Recorded):
    """Reads ``2D+3D/F001.zip`` and ``Physiology/F001/T1/BP_mmHg.txt``."""

    name = "bp4d"
    title = "BP4D+ (MMSE)"
    where = (
        "Binghamton University, 3D Facial Expression Databases (Lijun Yin): licence signed by "
        "faculty, there may be a fee"
    )
    layout = """\
DIR/2D+3D/F001.zip                    stays packed; inside: F001/T1/*.jpg at 25 fps
DIR/2D+3D/F001/T1/*.jpg               or unpacked
DIR/Physiology/F001/T1/BP_mmHg.txt    arterial pressure, a number a line, 1000 Hz
                       Pulse Rate_BPM.txt
(2DFeatures, 3DFeatures, IRFeatures, AUCoding, Thermal are not read)"""

    def find(self, root: Path) -> Found:
        """See `Dataset.find`; of each zip only the table of contents is read."""
        recordings: list[Recording] = []
        problems: list[Problem] = []
        for place in search(root, _holds_people, problems, depth=2):
            sensors = _physiology(root, place)
            for video, trial in _trials(place, problems):
                recordings.append(_recording(root, video, trial, sensors, problems))
            problems += _without_frames(sensors, recordings) if sensors else ()
        return told(recordings, problems)

    def frames(self, recording: Recording) -> Iterator[Frame]:
        """See `Dataset.frames`; 25 a second, in the order of their names."""
        from aimanet.sources.images import decode_rgb

        seen = count = 0
        for count, data in enumerate(zipped.pictures(*_place(recording)), 1):
            image = decode_rgb(data)
            if image is not None:
                seen += 1
                yield Frame(count - 1, (count - 1) / FPS, image)
        if seen < (1 - LOST) * count:
            raise DatasetError(
                f"{recording.video}: only {seen} of the {count} pictures of {recording.name} can "
                "be read; get it again"
            )

    def film(self, recording: Recording) -> Film:
        """See `Recorded.film`."""
        from aimanet.sources.images import decode_rgb

        count = zipped.count(*_place(recording))
        with closing(zipped.pictures(*_place(recording))) as pictures:
            first = decode_rgb(next(pictures))
        if first is None:
            raise DatasetError(
                f"{recording.video}: the first picture of {recording.name} cannot be read; "
                "get it again"
            )
        text = f"{recording.name} has only {count} frames"
        problems = (Problem(recording.video, text, fatal=False),) if count < _SHORT else ()
        return Film(count, FPS, count / FPS, problems)

    def read_label(self, recording: Recording, path: Path) -> LabelRead:
        """The arterial pressure, with the monitor's pulse rate."""
        ppg = _column(path)
        frames, notes = zipped.count(*_place(recording)), []
        seconds, sensor_s = frames / FPS, len(ppg) / SENSOR_HZ
        if rates_differ(seconds, sensor_s, _APART):
            t = np.arange(len(ppg)) / SENSOR_HZ
            notes.append(f"{sensor_s:.1f} s of sensor for {seconds:.1f} s of video, from the start")
        else:
            t = stretched(len(ppg), frames, FPS)
        hr_bpm = _pulse_rate(path.with_name(PULSE_RATE), len(ppg))
        low, high = _PRESSURE_MMHG
        outside = (ppg < low) | (ppg > high)
        if outside.any():
            notes.append(f"{outside.mean():.1%} of the samples are no blood pressure: left out")
        return tidy(
            path, t, np.where(outside, np.nan, ppg), hr_bpm,
            drift_s=abs(seconds - sensor_s), notes=tuple(notes), kind="blood pressure",
        )  # fmt: skip

    def files(self, recording: Recording) -> tuple[Path, ...]:
        """See `Dataset.files`; the pulse rate lies beside the pressure."""
        found = super().files(recording)
        if recording.label is None:
            return found
        rate = recording.label.with_name(PULSE_RATE)
        return (*found, rate) if rate.is_file() else found


@dataclass(frozen=True, slots=True)
class _Trial:
    person: str
    task: str

    @property
    def name(self) -> str:
        return f"{self.person}_{self.task}"


def _holds_people(folder: Path) -> bool:
    inside = listing(folder)
    return bool(_zips(inside)) or any(_unpacked(person) for person in _people(inside))


def _zips(inside: Listing) -> list[Path]:
    return [p for p in inside.files if p.suffix.lower() == ".zip" and _PERSON.fullmatch(p.stem)]


def _people(inside: Listing) -> list[Path]:
    return [path for path in inside.folders if _PERSON.fullmatch(path.name)]


def _unpacked(person: Path) -> list[Path]:
    """The folders of a person's trials that hold pictures, also one wrapper down."""
    inside = listing(person)
    wrapped = [listing(f) for f in inside.folders if f.name.casefold() == person.name.casefold()]
    folders = [folder for level in (inside, *wrapped) for folder in level.folders]
    return [f for f in folders if zipped.TRIAL.fullmatch(f.name) and zipped.jpgs(f)]


def _trials(place: Path, problems: list[Problem]) -> Iterator[tuple[Path, _Trial]]:
    """Zip or folder of each trial; what is unpacked goes before its zip."""
    inside = listing(place, problems)
    unpacked = {
        _Trial(person.name.upper(), folder.name.upper()): folder
        for person in _people(inside)
        for folder in _unpacked(person)
    }
    for trial, folder in unpacked.items():
        yield folder, trial
    for path in _zips(inside):
        try:
            tasks = list(zipped.contents(path))
        except DatasetError as error:
            problems.append(Problem(path, str(error).removeprefix(f"{path}: ")))
            continue
        if not tasks:
            problems.append(Problem(path, "no pictures (F001/T1/*.jpg) in it; get it again"))
        for task in tasks:
            trial = _Trial(path.stem.upper(), task)
            if trial not in unpacked:
                yield path, trial


def _recording(
    root: Path, video: Path, trial: _Trial, sensors: Path | None, problems: list[Problem]
) -> Recording:
    label = None
    if sensors is not None:
        folder = _below(sensors, trial.person, trial.task)
        label = None if folder is None else listing(folder).file(PRESSURE)
    if label is None:
        text = f"{trial.name} has no label: Physiology/{trial.person}/{trial.task}/{PRESSURE}"
        problems.append(Problem(video, f"{text} is missing", fatal=False))
    sex = "female" if trial.person.startswith("F") else "male"
    return Recording(
        dataset=Bp4d.name,
        name=trial.name,
        subject=trial.person,
        root=root,
        video=video,
        label=label,
        tags=(("task", trial.task), ("gender", sex)),
    )


def _physiology(root: Path, place: Path) -> Path | None:
    for folder in (place.parent, place, root, root.parent):
        found = _below(folder, "Physiology")
        if found is not None:
            return found
    return None


def _below(folder: Path, *names: str) -> Path | None:
    """The folder of those names one in another, whatever their capitals."""
    found: Path | None = folder
    for name in names:
        inside = listing(found).folders if found is not None else []
        found = next((f for f in inside if f.name.casefold() == name.casefold()), None)
    return found


def _without_frames(sensors: Path, recordings: list[Recording]) -> Iterator[Problem]:
    """Trials with sensors whose pictures are not there; one line for each person."""
    have = {recording.name for recording in recordings} | _NAMES_ONLY
    for person in _people(listing(sensors)):
        trials = [f for f in listing(person).folders if zipped.TRIAL.fullmatch(f.name)]
        missing = [f.name for f in trials if f"{person.name}_{f.name}".upper() not in have]
        if missing:
            text = f"no pictures for {', '.join(missing)} of {person.name}"
            yield Problem(person, text, fatal=False)


def _place(recording: Recording) -> tuple[Path, str]:
    """The zip or folder, and the trial in it."""
    return recording.video, recording.name.rpartition("_")[2]


def _column(path: Path) -> Signal:
    """The numbers of a file, one a line, without a header."""
    return read_table(path).rows[:, 0]


def _pulse_rate(path: Path, samples: int) -> Signal | None:
    """The monitor's rate at each of the pressure's samples."""
    if not path.is_file():
        return None
    try:
        rate = _column(path)
    except DatasetError:
        return None
    return np.interp(np.linspace(0, 1, samples), np.linspace(0, 1, len(rate)), rate)
