"""UBFC-rPPG, both parts: people sitting still or playing a game; an oximeter's wave.

In part 2 (DATASET_2) each frame has its label and both have one time: what the file's header
says of the frame rate is not asked. In part 1 the oximeter has its own clock at about 62 Hz.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from aimanet.datasets.align import drift_s
from aimanet.datasets.base import DatasetError, Found, Problem, Recording, Signal
from aimanet.datasets.labels import LabelRead, from_zero, rates_differ, tidy
from aimanet.datasets.recorded import Recorded
from aimanet.datasets.text import read_lines, read_table
from aimanet.datasets.tree import archives, listing, search, told
from aimanet.datasets.video import VIDEO_SUFFIXES, Film, film_of, stream_video
from aimanet.types import Frame

REALISTIC_LABEL, SIMPLE_LABEL = "ground_truth.txt", "gtdump.xmp"
_REALISTIC = re.compile(r"subject ?_?(\d+)", re.IGNORECASE)
_SIMPLE = re.compile(r"\d+-gt|after-exercise", re.IGNORECASE)
_FOLDER = re.compile(f"{_REALISTIC.pattern}|{_SIMPLE.pattern}", re.IGNORECASE)
_FEW = 0.01
"""Counts that differ by this part (and five) still belong to each other."""
_CONTRADICTED, _REFUSED = 0.02, 0.1
"""Parts of the video's length by which header and label may differ: believed, used at all."""


class UbfcRppg(Recorded):
    """Reads ``DATASET_2/subject1/{vid.avi,ground_truth.txt}`` and ``DATASET_1/5-gt/gtdump.xmp``."""

    name = "ubfc-rppg"
    title = "UBFC-rPPG"
    where = (
        "The UBFC-rPPG page of Yannick Benezeth (Google Sites) links to the files on Google "
        "Drive; read the terms there. 1.5 to 2 GB a video: cut downloads are common, check them. "
        "The faces of subjects 21 and 27 must not be shown. The same people may be in both parts: "
        "do not train on one and test on the other."
    )
    layout = """\
DIR/DATASET_2/subject1/vid.avi           640x480 uncompressed, about 30 fps
                       ground_truth.txt  three lines: PPG, heart rate (bpm), time (s) of each frame
DIR/DATASET_2/subject3/ ... subject49/
DIR/DATASET_1/5-gt/vid.avi  gtdump.xmp   lines of time (ms), heart rate, SpO2, PPG at about 62 Hz
DIR/DATASET_1/6-gt/ ...                  DIR may be one of the two parts alone"""

    def find(self, root: Path) -> Found:
        """See `Dataset.find`."""
        recordings: list[Recording] = []
        problems: list[Problem] = []
        for folder in search(root, _is_recording, problems):
            for inner in (folder, *listing(folder, problems).folders):
                recordings += _recordings(root, folder, inner, problems)
        for part in {root, *(r.video.parent.parent for r in recordings)}:
            problems += archives(part, _FOLDER, (f.name for f in listing(part).folders))
        return told(recordings, problems)

    def frames(self, recording: Recording) -> Iterator[Frame]:
        """See `Dataset.frames`; in part 2 the label's time line says when each was taken."""
        return stream_video(recording.video, _times_of(recording))

    def film(self, recording: Recording) -> Film:
        """See `Recorded.film`."""
        return film_of(recording.video)

    def read_label(self, recording: Recording, path: Path) -> LabelRead:
        """See `Recorded.read_label`."""
        rows, film = _rows(path), film_of(recording.video)
        _, notes = _frame_times(path, rows, film)
        drift = drift_s(rows.times, film.seconds or float(rows.times[-1]))
        return tidy(path, rows.t, rows.ppg, rows.hr_bpm, drift_s=drift, notes=notes)


def _is_recording(folder: Path) -> bool:
    if _FOLDER.fullmatch(folder.name):
        return True
    files = listing(folder)
    return bool(files.file(REALISTIC_LABEL) or files.file(SIMPLE_LABEL))


def _recordings(
    root: Path, folder: Path, inner: Path, problems: list[Problem]
) -> Iterator[Recording]:
    """The recording in ``inner``, which is ``folder`` or, unpacked twice, a folder in it."""
    files = listing(inner, problems)
    videos = [path for path in files.files if path.suffix.lower() in VIDEO_SUFFIXES]
    video = next((path for path in videos if path.stem.casefold() == "vid"), None)
    label = files.file(REALISTIC_LABEL) or files.file(SIMPLE_LABEL)
    if video is None:
        if label is not None:
            problems.append(Problem(label, "has no video beside it; get vid.avi"))
        return
    simple = _is_simple(label) if label else _SIMPLE.fullmatch(folder.name) is not None
    if label is None:
        text = f"has no label: {SIMPLE_LABEL if simple else REALISTIC_LABEL} is missing"
        problems.append(Problem(video, text, fatal=False))
    number = _REALISTIC.fullmatch(folder.name)
    person = f"subject{int(number[1])}" if number else folder.name
    yield Recording(
        dataset=UbfcRppg.name,
        name=f"dataset1_{person}" if simple else person,
        subject=f"dataset1/{person}" if simple else person,
        root=root,
        video=video,
        label=label,
        tags=(("part", "simple" if simple else "realistic"),),
    )


def _is_simple(label: Path) -> bool:
    return label.name.casefold() == SIMPLE_LABEL


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """A label's file: ``t`` (K,) s as it says, ``times`` the same put in order, from 0."""

    t: Signal
    times: Signal
    ppg: Signal
    hr_bpm: Signal


def _rows(path: Path) -> _Rows:
    hr_bpm: Signal
    if _is_simple(path):
        table = read_table(path).rows
        if table.shape[1] < 4:
            raise DatasetError(
                f"{path}: {table.shape[1]} numbers a line instead of four "
                "(time in ms, heart rate, SpO2, PPG); is it the right file?"
            )
        t, hr_bpm, ppg = table[:, 0], table[:, 1], table[:, 3]
    else:
        ppg, hr_bpm, t = _three_lines(path)
    t, times = from_zero(path, t)
    return _Rows(t, times, ppg, hr_bpm)


def _three_lines(path: Path) -> list[Signal]:
    lines = read_lines(path)
    if len(lines) > 3 and {len(line) for line in lines} == {3}:
        lines = list(np.array(lines).T)
    if len(lines) < 3:
        raise DatasetError(
            f"{path}: {len(lines)} lines of numbers instead of three (PPG, heart rate, time); "
            "is it complete?"
        )
    lengths = [len(line) for line in lines[:3]]
    if max(lengths) - min(lengths) > 1 + _FEW * max(lengths):
        raise DatasetError(
            f"{path}: its three lines hold {lengths[0]}, {lengths[1]} and {lengths[2]} numbers, "
            "but one for each frame is needed; is it complete?"
        )
    return [line[: min(lengths)] for line in lines[:3]]


def _times_of(recording: Recording) -> Signal | None:
    """(N,) s, when frames were taken, where the label knows better than the video's header."""
    if recording.label is None:
        return None
    film = film_of(recording.video)
    try:
        return _frame_times(recording.label, _rows(recording.label), film)[0]
    except DatasetError:
        return None  # the label cannot be used and says so itself; the pictures can


def _frame_times(path: Path, rows: _Rows, film: Film) -> tuple[Signal | None, tuple[str, ...]]:
    """When the frames were taken (None: as the video says), and what is odd about it.

    Raises:
        DatasetError: label and video cannot belong to each other.
    """
    video_s, label_s = film.seconds, float(rows.times[-1])
    if _is_simple(path):
        if film.frames is None or video_s is None:
            return None, ()
        if not rates_differ(video_s, label_s, _CONTRADICTED):
            return None, ()
        note = f"label of {label_s:.1f} s, video of {video_s:.1f} s: the label's clock is believed"
        if not rates_differ(video_s, label_s, _REFUSED):
            return np.linspace(0, label_s, film.frames, endpoint=False), (note,)
    elif film.frames is None or len(rows.t) == film.frames:
        return rows.times, ()
    else:
        note = f"{len(rows.t)} labels for {film.frames} frames"
        if abs(len(rows.t) - film.frames) <= 5 + _FEW * film.frames:
            return rows.times, (note,)
        if video_s is not None and not rates_differ(video_s, label_s, _CONTRADICTED):
            return None, (f"{note}: the video's clock is believed",)
    raise DatasetError(
        f"{path}: {len(rows.t)} labels over {label_s:.1f} s, but a video of {film.frames} frames "
        f"and {video_s or 0:.1f} s; is one of the two files cut short?"
    )
