"""What a folder is worth before hours are spent on it: each recording looked at, then counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from aimanet.datasets.arrays import SeedArrays
from aimanet.datasets.base import Dataset, Facts, Problem, Recording


@dataclass(frozen=True, slots=True)
class Checked:
    """One recording and the facts that a look into it gave."""

    name: str
    subject: str
    facts: Facts
    labelled: bool = True
    excluded: str = ""

    @classmethod
    def of(cls, recording: Recording, dataset: Dataset) -> Checked:
        """Looks into a recording; whatever its reader stumbles over becomes a problem."""
        try:
            facts = dataset.look(recording)
        except Exception as error:  # one odd file must not hide the others
            what = " ".join(str(error).split())[:200]
            text = f"cannot be read ({type(error).__name__}: {what})"
            facts = Facts(problems=(Problem(recording.video, text),))
        labelled = recording.label is not None
        return cls(recording.name, recording.subject, facts, labelled, recording.excluded)

    @property
    def usable(self) -> bool:
        """Whether frames can be had of it, and its label where it has one."""
        return not any(problem.fatal for problem in self.facts.problems)

    @property
    def seconds(self) -> float | None:
        """How long the video is; where only decoding would tell, how long the label is."""
        if self.facts.frames and self.facts.fps:
            return self.facts.frames / self.facts.fps
        return self.facts.seconds

    @property
    def label_hz(self) -> float | None:
        """Samples a second of the label."""
        samples, seconds = self.facts.samples, self.facts.seconds
        return (samples - 1) / seconds if samples and seconds else None


@dataclass(frozen=True, slots=True)
class Report:
    """A whole folder: ``problems`` are those of the folder itself."""

    dataset: str
    root: Path
    checked: tuple[Checked, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def usable(self) -> tuple[Checked, ...]:
        """The recordings without a fatal problem."""
        return tuple(one for one in self.checked if one.usable)

    @property
    def persons(self) -> int:
        """How many persons the usable recordings show."""
        return len({one.subject for one in self.usable})

    @property
    def minutes(self) -> float:
        """Length of all usable recordings together."""
        return sum(one.seconds or 0.0 for one in self.usable) / 60.0

    @property
    def label_hz(self) -> tuple[float, float, float] | None:
        """The lowest, the median and the highest rate of the labels."""
        rates = [one.label_hz for one in self.usable if one.label_hz]
        return (min(rates), float(np.median(rates)), max(rates)) if rates else None

    def told(self, *, fatal: bool) -> list[Problem]:
        """All problems, of the folder and of its recordings, that are fatal or that are not."""
        every = [*self.problems, *(p for one in self.checked for p in one.facts.problems)]
        return [problem for problem in every if problem.fatal == fatal]

    def shown(self, path: Path) -> str:
        """A path as seen from the folder."""
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)

    def record(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        rates = self.label_hz
        return {
            "dataset": self.dataset,
            "root": str(self.root),
            "recordings": len(self.checked),
            "usable": len(self.usable),
            "persons": self.persons,
            "minutes": round(self.minutes, 3),
            "excluded": sum(bool(one.excluded) for one in self.usable),
            "unlabelled": sum(not one.labelled for one in self.usable),
            "label_hz": None if rates is None else [round(rate, 3) for rate in rates],
            "videos": [_video(one) for one in self.checked],
            "problems": [
                {"path": str(p.path), "text": p.text, "fatal": p.fatal}
                for p in (*self.told(fatal=True), *self.told(fatal=False))
            ],
        }


def report_arrays(arrays: SeedArrays) -> Report:
    """The seed's arrays as a report: one recording a file, or each 6320 frames of the one file."""
    checked = tuple(
        Checked(stretch.subject, stretch.subject, Facts(frames=stretch.frames))
        for stretch in arrays.recordings()
    )
    return Report("seed", arrays.root, checked, tuple(_notes(arrays.root, arrays.notes)))


def _notes(root: Path, notes: Iterable[str]) -> Iterable[Problem]:
    for note in notes:
        yield Problem(root, note, fatal=False)


def _video(one: Checked) -> dict[str, Any]:
    seconds, rate, fps = one.seconds, one.label_hz, one.facts.fps
    return {
        "name": one.name,
        "subject": one.subject,
        "usable": one.usable,
        "frames": one.facts.frames,
        "fps": None if fps is None else round(fps, 3),
        "seconds": None if seconds is None else round(seconds, 3),
        "label_samples": one.facts.samples,
        "label_hz": None if rate is None else round(rate, 3),
        "labelled": one.labelled,
        "excluded": one.excluded,
    }
