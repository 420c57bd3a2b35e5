"""What readers of a film with a sensor's file beside it have in common."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path

from aimanet.datasets.base import Dataset, DatasetError, Facts, Label, Problem, Recording
from aimanet.datasets.labels import LabelRead
from aimanet.datasets.video import Film


class Recorded(Dataset):
    """A data set of films, each with one file of a sensor (or none)."""

    @abstractmethod
    def film(self, recording: Recording) -> Film:
        """A quick look at the pictures.

        Raises:
            DatasetError: none can be decoded.
        """

    @abstractmethod
    def read_label(self, recording: Recording, path: Path) -> LabelRead:
        """The sensor's file ``path`` on the frames' time line.

        Raises:
            DatasetError: it is missing, damaged or not what the layout says.
        """

    def label(self, recording: Recording) -> Label | None:
        """The sensor's wave; see `Dataset.label`."""
        if recording.label is None:
            return None
        return self.read_label(recording, recording.label).label

    def look(self, recording: Recording) -> Facts:
        """First frame, counts, label; see `Dataset.look`."""
        film, read = Film(None, None, None), None
        problems: list[Problem] = []
        try:
            film = self.film(recording)
            problems += film.problems
        except (DatasetError, OSError) as error:
            problems.append(as_problem(recording.video, error))
        if recording.label is not None and not problems_of(problems, recording.video):
            try:
                read = self.read_label(recording, recording.label)
                problems += [Problem(recording.label, note, fatal=False) for note in read.notes]
            except (DatasetError, OSError) as error:
                problems.append(as_problem(recording.label, error))
        t = None if read is None else read.label.t
        return Facts(
            frames=film.frames,
            fps=film.fps,
            samples=None if t is None else len(t),
            seconds=None if t is None else float(t[-1] - t[0]),
            problems=tuple(problems),
        )


def as_problem(path: Path, error: Exception, fatal: bool = True) -> Problem:
    """A reader's error about ``path``, whose name its line may begin with."""
    return Problem(path, str(error).removeprefix(f"{path}: "), fatal)


def problems_of(problems: list[Problem], path: Path) -> bool:
    """Whether one of them says that ``path`` cannot be used."""
    return any(problem.fatal and problem.path == path for problem in problems)
