"""What a data set is to everybody else: recordings on disk, their frames, a sensor's wave.

A `Recording` is plain data (it travels to worker processes); the `Dataset` it names knows how to
read it. Readers stream: nothing here holds a whole video.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aimanet.errors import AimaNetError
from aimanet.types import Frame

Signal = NDArray[np.float64]


class DatasetError(AimaNetError):
    """A data set's folder or file cannot be used; the line names it and says what to do."""


@dataclass(frozen=True, slots=True, eq=False)
class Label:
    """A contact sensor's wave on the video's time line.

    ``t`` (K,) s, strictly increasing, 0 is the first frame; ``ppg`` (K,) in arbitrary units;
    ``hr_bpm`` (K,) the sensor's own rate where it gives one. ``kind`` says what was measured:
    "ppg", "blood pressure", "ecg". ``drift_s`` is how far the sensor's time line and a plain
    stretch over the frames disagree at most (a quality figure; None where there is no time line).
    """

    t: Signal
    ppg: Signal
    hr_bpm: Signal | None = None
    kind: str = "ppg"
    drift_s: float | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """One video of one person, still on disk.

    ``name`` is unique in its data set and good as a file name ("s1_T1", "01-01");
    ``subject`` is the person: splits never part one. ``video`` and ``label`` are the files (or the
    folder of pictures) that frames and label come from, ``label`` None where there is no sensor.
    ``excluded`` says why the data set's authors leave it out, else "". ``tags`` are conditions
    for tables: (("task", "T1"), ("light", "LED-low")).
    """

    dataset: str
    name: str
    subject: str
    root: Path
    video: Path
    label: Path | None = None
    excluded: str = ""
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        """``dataset/name``: how messages and caches call it."""
        return f"{self.dataset}/{self.name}"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something missing, broken or odd. ``fatal``: what it is about cannot be used at all."""

    path: Path
    text: str
    fatal: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """What a folder holds: the recordings that can be tried, and what is wrong."""

    recordings: tuple[Recording, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What a quick look into a recording says (no full decode).

    ``frames`` and ``fps`` of the video as its header or its folder says, None where only decoding
    would tell; ``samples`` and ``seconds`` of the label.
    """

    frames: int | None = None
    fps: float | None = None
    samples: int | None = None
    seconds: float | None = None
    problems: tuple[Problem, ...] = field(default=())


class Dataset(ABC):
    """One published data set. Instances hold no state: everything is in the `Recording`.

    ``name`` for the command line ("ubfc-rppg"), ``title`` for people, ``where`` says how it is
    obtained and under which terms, ``layout`` shows the folder as it is downloaded.
    ``cropped`` is True where all frames show the face alone already (`face_alone`). ``version``
    is raised when the reader gives other frames, times or labels than before: caches of the old
    ones are then stale.
    """

    name: str
    title: str
    where: str
    layout: str
    cropped: bool = False
    version: int = 1

    @abstractmethod
    def find(self, root: Path) -> Found:
        """Lists the recordings under ``root`` in natural order, opening no video.

        Never raises for what the folder holds: problems are told in the result. A folder that
        is not this data set gives no recordings.
        """

    @abstractmethod
    def frames(self, recording: Recording) -> Iterator[Frame]:
        """Streams the video: ``t`` starts at 0 and increases, images (H, W, 3) uint8 RGB.

        Raises:
            DatasetError: the video cannot be read (at the start or in the middle).
        """

    @abstractmethod
    def label(self, recording: Recording) -> Label | None:
        """Reads the contact sensor, on the time line of `frames`; None where there is none.

        Raises:
            DatasetError: the file is missing, damaged or not what the layout says.
        """

    @abstractmethod
    def look(self, recording: Recording) -> Facts:
        """Looks for trouble without decoding everything: first frame, counts, label.

        Never raises for what the files hold: problems are told in the result.
        """

    def face_alone(self, recording: Recording) -> bool:
        """Whether the recording's frames show the face alone already."""
        return self.cropped

    def files(self, recording: Recording) -> tuple[Path, ...]:
        """All files the frames and the label are read from, for the cache's key."""
        paths = [recording.video] + ([recording.label] if recording.label else [])
        found: list[Path] = []
        for path in paths:
            found += sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        return tuple(dict.fromkeys(found))


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key that puts ``s10`` after ``s9``."""
    parts: list[tuple[int, int, str]] = []
    word = ""
    for char in text:
        if word and char.isdecimal() != word[-1].isdecimal():
            parts.append((0, int(word), "") if word[0].isdecimal() else (1, 0, word))
            word = ""
        word += char
    if word:
        parts.append((0, int(word), "") if word[0].isdecimal() else (1, 0, word))
    return tuple(parts)
