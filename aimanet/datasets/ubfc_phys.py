"""UBFC-Phys: 56 people at rest, speaking and calculating; a wristband's pulse at 64 Hz."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from aimanet.datasets.base import DatasetError, Found, Problem, Recording, Signal
from aimanet.datasets.labels import LabelRead, rates_differ, tidy
from aimanet.datasets.recorded import Recorded
from aimanet.datasets.text import read_table, text_of
from aimanet.datasets.tree import archives, listing, search, told
from aimanet.datasets.video import VIDEO_SUFFIXES, Film, film_of, stream_video
from aimanet.types import Frame

FS_HZ = 64.0
TASKS = ("T1", "T2", "T3")
_FOLDER = re.compile(r"s\d+", re.IGNORECASE)
_VIDEO = re.compile(r"vid_s(\d+)_(T\d)", re.IGNORECASE)
_LABEL = re.compile(r"bvp_s(\d+)_(T\d)", re.IGNORECASE)
_EPOCH_S = 1e8
"""A first row above this is the start time (s since 1970) of a raw Empatica file."""
_STRETCHED, _REFUSED = 0.01, 0.1
"""Parts of the video's length: above the first a stretch is told, above the second refused."""

_POOR = {
    "T1": "3 8 9 26 28 30 31 32 33 40 52 53 54 56",
    "T2": "1 4 6 8 9 11 12 13 14 19 21 22 25 26 27 28 31 32 33 35 38 39 41 42 45 47 48 52 53 55",
    "T3": "5 8 9 10 13 14 17 22 25 26 28 30 32 33 35 37 40 47 48 49 50 52 53",
}
EXCLUDED = frozenset(f"s{n}_{task}" for task, numbers in _POOR.items() for n in numbers.split())
"""The 67 recordings that the data set's authors leave out."""
_WHY = "left out by the data set's authors"


class UbfcPhys(Recorded):
    """Reads ``s1/vid_s1_T1.avi`` with ``bvp_s1_T1.csv`` (one number a line, 64 Hz)."""

    name = "ubfc-phys"
    title = "UBFC-Phys"
    where = (
        "The UBFC-Phys page of Yannick Benezeth (University of Burgundy) leads to the files on "
        "IEEE DataPort: open access, but an account is needed; read the terms there. One zip a "
        "person, about 14 GB of video each: unpack them all into one folder."
    )
    layout = """\
DIR/s1/vid_s1_T1.avi  bvp_s1_T1.csv     1024x1024 Motion-JPEG at 35 fps; one number a line, 64 Hz
       vid_s1_T2.avi  bvp_s1_T2.csv     T1 rest, T2 speech, T3 arithmetic
       vid_s1_T3.avi  bvp_s1_T3.csv     (eda_*.csv, info_s1.txt and others are not needed)
DIR/s2/ ... s56/                        a folder between (DIR/Data/s1) does no harm"""

    def find(self, root: Path) -> Found:
        """See `Dataset.find`."""
        recordings: list[Recording] = []
        problems: list[Problem] = []
        for folder in search(root, _is_person, problems):
            for inner in (folder, *listing(folder, problems).folders):
                recordings += _recordings(root, inner, problems)
        persons = {recording.subject for recording in recordings}
        problems += archives(root, _FOLDER, persons)
        return told(recordings, problems)

    def frames(self, recording: Recording) -> Iterator[Frame]:
        """See `Dataset.frames`; the times are the file's own."""
        return stream_video(recording.video)

    def film(self, recording: Recording) -> Film:
        """See `Recorded.film`."""
        return film_of(recording.video)

    def read_label(self, recording: Recording, path: Path) -> LabelRead:
        """The wave from the first frame on, stretched to the video where lengths differ a little.

        Raises:
            DatasetError: they differ by more than a tenth: it cannot be told what fits what.
        """
        ppg, fs = _wave(path)
        label_s = len(ppg) / fs
        video_s = film_of(recording.video).seconds or label_s
        lengths = f"label of {label_s:.1f} s, video of {video_s:.1f} s"
        if rates_differ(video_s, label_s, _REFUSED):
            raise DatasetError(f"{path}: {lengths}; is one of the two files cut short?")
        notes = (f"{lengths}: stretched",) if rates_differ(video_s, label_s, _STRETCHED) else ()
        t = np.linspace(0, video_s, len(ppg), endpoint=False)
        return tidy(path, t, ppg, drift_s=abs(video_s - label_s), notes=notes)


def _is_person(folder: Path) -> bool:
    return _FOLDER.fullmatch(folder.name) is not None


def _wave(path: Path) -> tuple[Signal, float]:
    """The wave and its rate (Hz); a raw Empatica file says when it starts and its rate on top."""
    ppg = read_table(path).rows[:, 0]
    if len(ppg) > 2 and ppg[0] > _EPOCH_S and 1 <= ppg[1] <= 1000:
        return ppg[2:], float(ppg[1])
    return ppg, FS_HZ


def _recordings(root: Path, folder: Path, problems: list[Problem]) -> list[Recording]:
    files = listing(folder, problems).files
    videos = {
        _task(match): path
        for path in files
        if path.suffix.lower() in VIDEO_SUFFIXES and (match := _VIDEO.fullmatch(path.stem))
    }
    labels = {
        _task(match): path
        for path in files
        if path.suffix.lower() == ".csv" and (match := _LABEL.fullmatch(path.stem))
    }
    for subject, task in labels.keys() - videos.keys():
        text = f"has no video beside it; get vid_{subject}_{task}.avi"
        problems.append(Problem(labels[subject, task], text))
    for key in videos.keys() - labels.keys():
        text = f"has no label: bvp_{key[0]}_{key[1]}.csv is missing"
        problems.append(Problem(videos[key], text, fatal=False))
    for subject in {subject for subject, _ in videos}:
        absent = [t for t in TASKS if (subject, t) not in videos and (subject, t) not in labels]
        if absent:
            text = f"{subject} has no {' and no '.join(absent)}"
            problems.append(Problem(folder, text, fatal=False))
    about = {subject: _about(folder / f"info_{subject}.txt") for subject, _ in videos}
    return [
        _recording(root, key, video, labels.get(key), about[key[0]])
        for key, video in videos.items()
    ]


def _about(path: Path) -> tuple[tuple[str, str], ...]:
    """Sex and group from a person's info file, as far as it is there and says so."""
    try:
        words = {line.strip().lower() for line in text_of(path).splitlines()}
    except DatasetError:
        return ()
    tags = (("sex", ("m", "f")), ("group", ("test", "ctrl")))
    return tuple((tag, value) for tag, values in tags for value in values if value in words)


def _task(match: re.Match[str]) -> tuple[str, str]:
    return f"s{int(match[1])}", match[2].upper()


def _recording(
    root: Path,
    key: tuple[str, str],
    video: Path,
    label: Path | None,
    about: tuple[tuple[str, str], ...],
) -> Recording:
    subject, task = key
    name = f"{subject}_{task}"
    return Recording(
        dataset=UbfcPhys.name,
        name=name,
        subject=subject,
        root=root,
        video=video,
        label=label,
        excluded=_WHY if name in EXCLUDED else "",
        tags=(("task", task), *about),
    )
