"""COHFACE: 40 people, four sessions in two lights; compressed video, a sensor at 256 Hz."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from aimanet.datasets.base import DatasetError, Found, Problem, Recording, Signal
from aimanet.datasets.labels import LabelRead, tidy
from aimanet.datasets.recorded import Recorded
from aimanet.datasets.tree import archives, listing, search, told
from aimanet.datasets.video import Film, film_of, stream_video
from aimanet.files import LFS_POINTER, is_lfs_pointer
from aimanet.types import Frame

FS_HZ = 256.0
LABEL = "data.hdf5"
VIDEOS = ("data.avi", "data.mkv", "data.mp4")
_NUMBER = re.compile(r"\d+")
_TOLD_S = 2.0
_LONGEST = 1 << 24
"""Samples, 18 hours; a packed file of some kB may claim, and unpack to, any number."""
_DAMAGED = (OSError, LookupError, ValueError, TypeError, RuntimeError, AttributeError, MemoryError)
"""What h5py ends in."""
_REFUSED = 0.5
"""A label that lasts less than this part of the video, or the reverse, is not its label."""


class Cohface(Recorded):
    """Reads ``1/0/data.avi`` with ``1/0/data.hdf5``."""

    name = "cohface"
    title = "COHFACE"
    where = (
        "Idiap Research Institute, the 'COHFACE' data set page: an agreement signed by an "
        "institution, for research only; read the terms there."
    )
    layout = """\
DIR/1/0/data.avi  data.hdf5    20 fps (data.mkv will do); `pulse` at the rate `sample-rate-hz`, 256
DIR/1/1/  1/2/  1/3/           four sessions, lamp and daylight
DIR/2/ ... 40/                 folders that are no numbers are left alone"""

    def find(self, root: Path) -> Found:
        """See `Dataset.find`."""
        recordings: list[Recording] = []
        problems: list[Problem] = []
        for folder in search(root, _is_person, problems):
            for session in listing(folder, problems).folders:
                if _NUMBER.fullmatch(session.name):
                    recordings += _recordings(root, session, problems)
        people = {recording.subject for recording in recordings}
        if people:
            problems += archives(root, _NUMBER, people)
        return told(recordings, problems)

    def frames(self, recording: Recording) -> Iterator[Frame]:
        """See `Dataset.frames`; the times are the file's own."""
        return stream_video(recording.video)

    def film(self, recording: Recording) -> Film:
        """See `Recorded.film`."""
        return film_of(recording.video)

    def read_label(self, recording: Recording, path: Path) -> LabelRead:
        """The wave from the first frame on, at its own rate.

        Raises:
            DatasetError: as in `Recorded.read_label`, or h5py is not installed.
        """
        pulse = _read_pulse(path)
        label_s = len(pulse.wave) / pulse.fs
        video_s = film_of(recording.video).seconds or label_s
        lengths = f"label of {label_s:.1f} s, video of {video_s:.1f} s"
        if min(label_s, video_s) < _REFUSED * max(label_s, video_s):
            raise DatasetError(f"{path}: {lengths}; is one of the two files cut short?")
        notes = (lengths,) if abs(label_s - video_s) > _TOLD_S else ()
        t = np.arange(len(pulse.wave)) / pulse.fs
        return tidy(path, t, pulse.wave, drift_s=abs(video_s - label_s), notes=notes)


@dataclass(frozen=True, slots=True, eq=False)
class _Pulse:
    wave: Signal
    fs: float


def _is_person(folder: Path) -> bool:
    """A folder called by a number that holds such folders with data in them."""
    if not _NUMBER.fullmatch(folder.name):
        return False
    sessions = [below for below in listing(folder).folders if _NUMBER.fullmatch(below.name)]
    return any(_holds_data(session) for session in sessions)


def _holds_data(folder: Path) -> bool:
    files = listing(folder)
    return any(files.file(name) for name in (LABEL, *VIDEOS))


def _recordings(root: Path, folder: Path, problems: list[Problem]) -> Iterator[Recording]:
    files = listing(folder, problems)
    label = files.file(LABEL)
    video = next((path for name in VIDEOS if (path := files.file(name))), None)
    if video is None:
        if label is not None:
            problems.append(Problem(label, "has no video beside it; get data.avi"))
        return
    if label is None:
        problems.append(Problem(video, f"has no label: {LABEL} is missing", fatal=False))
    person, session = str(int(folder.parent.name)), str(int(folder.name))
    yield Recording(
        dataset=Cohface.name,
        name=f"{person}_{session}",
        subject=person,
        root=root,
        video=video,
        label=label,
        tags=(("session", session), *_light(label)),
    )


def _read_pulse(path: Path) -> _Pulse:
    with _opened(path) as file:
        if "pulse" not in file:
            raise DatasetError(f"{path}: no `pulse` in it; is it a file of COHFACE, and complete?")
        if (samples := int(file["pulse"].size or 0)) > _LONGEST:
            raise DatasetError(f"{path}: its `pulse` has {samples} samples: no recording's")
        wave = np.asarray(np.real(file["pulse"][()]), np.float64).ravel()
        fs = _attribute(file, "sample-rate-hz")
    if not len(wave):
        raise DatasetError(f"{path}: its `pulse` is empty; get it again")
    try:
        rate = FS_HZ if fs is None else float(fs)
    except ValueError:
        raise DatasetError(f"{path}: sample-rate-hz is {fs!r}, no rate") from None
    if not 1.0 <= rate <= 100_000.0:
        raise DatasetError(f"{path}: sample-rate-hz is {rate:g}, no rate of a pulse sensor")
    return _Pulse(wave, rate)


def _light(label: Path | None) -> tuple[tuple[str, str], ...]:
    """The condition that the file's attribute names, where it can be read."""
    try:
        if label is None:
            return ()
        with _opened(label) as file:
            light = _attribute(file, "illumination")
    except DatasetError:
        return ()  # told by `read_label`
    return (("light", light),) if light else ()


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The HDF5 file; everything that goes wrong with it is a `DatasetError`."""
    try:
        import h5py
    except ImportError:
        raise DatasetError(
            f"{path}: h5py is needed for COHFACE's labels: pip install h5py"
        ) from None
    if is_lfs_pointer(path):
        raise DatasetError(f"{path}: {LFS_POINTER}")
    try:
        with h5py.File(path, "r") as file:
            yield file
    except _DAMAGED as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DatasetError(f"{path}: cannot be read ({reason}); get it again") from error


def _attribute(file: Any, name: str) -> str | None:
    """An attribute as text: numbers, bytes, and arrays of one of them are all seen in files."""
    if name not in file.attrs:
        return None
    value = np.asarray(file.attrs[name]).ravel()[0]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
