"""AimaNet's own recordings ("aimanet-session-1"): a folder each, made by `aimanet record`.

``session.json``   ``format``, ``started``, ``source``, ``participant``, ``notes``, ``kept``
                   ("frame": whole pictures, "face": the crop alone, "none"); rewritten at the end
``video.mkv``      lossless (FFV1), its stamps are t in whole ms; absent where kept is "none"
``frames.csv``     ``index,t,x,y,w,h``: row k is picture k of the video; no box without a face
``readings.csv``, ``bvp.csv``, ``markers.csv``   what was shown: not read here
``reference.csv``  ``t,ppg[,hr_bpm]``: a contact sensor, added later; without it no label

``t`` is the session's own time line (s). A recording that was killed lacks ends of files: what is
whole is used. The participant is the person that splits keep together; sessions without one count
as a person each.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aimanet.datasets.align import drift_s
from aimanet.datasets.base import DatasetError, Found, Label, Problem, Recording, Signal
from aimanet.datasets.labels import LabelRead, increasing, repaired, tidy
from aimanet.datasets.recorded import Recorded
from aimanet.datasets.text import read_table, text_of
from aimanet.datasets.tree import listing, search, told
from aimanet.datasets.video import Film, film_of, stream_video
from aimanet.sessions.layout import stamps_ms
from aimanet.types import Frame

FORMAT, FAMILY = "aimanet-session-1", "aimanet-session-"
HEAD, VIDEO, FRAMES, REFERENCE = "session.json", "video.mkv", "frames.csv", "reference.csv"
_KINDS = {"ppg": "ppg", "bvp": "ppg", "ecg": "ecg", "bp_mmhg": "blood pressure"}


class Sessions(Recorded):
    """Reads sessions: a folder of them, or one."""

    name = "sessions"
    title = "AimaNet sessions"
    where = "Record them: the window's record button, or `aimanet record`"
    layout = """\
DIR/<session>/session.json    who and when
              video.mkv       the pictures, lossless
              frames.csv      their times
              reference.csv   t,ppg[,hr_bpm] of a contact sensor (optional: it makes the label)
or one session's folder itself"""

    def find(self, root: Path) -> Found:
        """See `Dataset.find`."""
        recordings: list[Recording] = []
        problems: list[Problem] = []
        folders = list(search(root, _is_session, problems))
        twice = Counter(folder.name for folder in folders)
        for folder in folders:
            unique = twice[folder.name] == 1
            name = folder.resolve().name if unique else "_".join(folder.relative_to(root).parts)
            recording = _recording(root, folder, name, problems)
            if recording is not None:
                recordings.append(recording)
        return told(recordings, problems)

    def frames(self, recording: Recording) -> Iterator[Frame]:
        """See `Dataset.frames`; the times are those of ``frames.csv`` as far as that goes."""
        rows = _rows(recording)
        times = None if rows is None else rows.t - rows.t[0]
        stamps = None if times is None else stamps_ms(times) / 1000.0
        faceless: frozenset[int] = frozenset()
        if rows is not None and self.face_alone(recording):
            faceless = frozenset(np.flatnonzero(~rows.face).tolist())  # black pictures
        for frame in stream_video(recording.video, times, stamped=stamps):
            if frame.index not in faceless:
                yield frame

    def face_alone(self, recording: Recording) -> bool:
        """Whether the pictures are the crops that the network saw."""
        return ("kept", "face") in recording.tags

    def film(self, recording: Recording) -> Film:
        """See `Recorded.film`; also whether video and ``frames.csv`` agree."""
        film, rows = film_of(recording.video, needs_rate=False), _rows(recording)
        path = recording.video.with_name(FRAMES)
        if rows is None:
            problem = Problem(path, "missing or empty: times are the video's", fatal=False)
            return Film(film.frames, film.fps, film.seconds, (*film.problems, problem))
        fps = 1.0 / float(np.median(np.diff(rows.t)))
        problems = list(film.problems)
        if film.frames is not None and abs(film.frames - len(rows.t)) > fps:
            text = f"{len(rows.t)} rows for {film.frames} pictures in {VIDEO}"
            problems.append(Problem(path, text, fatal=False))
        frames = len(rows.t) if film.frames is None else film.frames
        return Film(frames, fps, frames / fps, tuple(problems))

    def read_label(self, recording: Recording, path: Path) -> LabelRead:
        """The reference on the video's time line."""
        table = read_table(path)
        names = [name.casefold() for name in table.header] or ["t", "ppg", "hr_bpm"]
        columns = dict(zip(names, table.rows.T, strict=False))
        if "t" not in columns:
            raise DatasetError(f"{path}: no column t (s) in it; the first line has to be t,ppg")
        rows = _rows(recording)
        t = columns["t"] - (0.0 if rows is None else rows.t[0])
        drift = None if rows is None else drift_s(t[np.isfinite(t)], float(rows.t[-1] - rows.t[0]))
        rate = columns.get("hr_bpm")
        wave = next((name for name in _KINDS if _told(columns.get(name))), None)
        if wave is not None:
            return tidy(path, t, columns[wave], rate, drift_s=drift, kind=_KINDS[wave])
        if rate is None:
            raise DatasetError(f"{path}: neither ppg nor hr_bpm in it; the first line names them")
        return _rate_only(path, t, rate)

    def files(self, recording: Recording) -> tuple[Path, ...]:
        """See `Dataset.files`; the times are in a file of their own."""
        times = recording.video.with_name(FRAMES)
        return (*super().files(recording), times) if times.is_file() else super().files(recording)


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Of each picture: its time (N,) s, and whether there was a face (N,)."""

    t: Signal
    face: NDArray[np.bool_]


def _is_session(folder: Path) -> bool:
    inside = listing(folder)
    if inside.file(HEAD) is None:
        return inside.file(VIDEO) is not None and inside.file(FRAMES) is not None
    about = _head(folder)
    if about is None:
        return inside.file(VIDEO) is not None or inside.file(FRAMES) is not None
    return str(about.get("format", "")).startswith(FAMILY)


def _head(folder: Path) -> Mapping[str, object] | None:
    """``session.json``, or None where it is not there, half-written or no object."""
    try:
        about = json.loads(text_of(folder / HEAD))
    except (DatasetError, ValueError, RecursionError):
        return None
    return about if isinstance(about, dict) else None


def _recording(root: Path, folder: Path, name: str, problems: list[Problem]) -> Recording | None:
    about = _head(folder)
    if about is None:
        problems.append(Problem(folder / HEAD, "missing or damaged; nobody is named", fatal=False))
        about = {"format": FORMAT}
    if about.get("format") != FORMAT:
        text = f"is of another version ({about.get('format')}); update AimaNet to read it"
        problems.append(Problem(folder / HEAD, text))
        return None
    video = folder / VIDEO
    if not video.is_file():
        kept = about.get("kept")
        why = "recorded without pictures" if kept == "none" else f"{VIDEO} is missing"
        problems.append(Problem(folder, f"{why}: nothing to learn from", fatal=kept != "none"))
        return None
    reference = folder / REFERENCE
    return Recording(
        dataset=Sessions.name,
        name=name,
        subject=_person(about) or name,
        root=root,
        video=video,
        label=reference if reference.is_file() else None,
        tags=(("kept", "face"),) if about.get("kept") == "face" else (),
    )


def _person(about: Mapping[str, object]) -> str:
    """The participant, the same for "Anna" and " anna"."""
    told = about.get("participant")
    return " ".join(str(told).split()).casefold() if isinstance(told, str | int) else ""


def _rows(recording: Recording) -> _Rows | None:
    """``frames.csv`` up to its last whole row; None where there are not two."""
    path = recording.video.with_name(FRAMES)
    try:
        lines = text_of(path).splitlines(keepends=True)
    except DatasetError:
        return None
    cells = [line.rstrip("\r\n").split(",") for line in lines if line.endswith(("\n", "\r"))]
    rows = [_row(row) for row in cells[1:]]
    if len(rows) < 2:
        return None
    try:
        t = repaired(np.array([row[0] for row in rows]))
    except ValueError:
        return None
    return _Rows(t, np.array([row[1] for row in rows]))


def _row(cells: list[str]) -> tuple[float, bool]:
    """Time (NaN where it is no number) and whether there is a box."""
    try:
        t = float(cells[1])
    except (ValueError, IndexError):
        t = np.nan
    return t, len(cells) > 2 and bool(cells[2].strip())


def _told(values: Signal | None) -> bool:
    """Whether a column is there and not empty: a sensor of rates alone has no wave."""
    return values is not None and bool(np.isfinite(values).any())


def _rate_only(path: Path, t: Signal, rate: Signal) -> LabelRead:
    """A label of a sensor that gives rates alone: its wave is unknown throughout."""
    known = np.flatnonzero(np.isfinite(t) & np.isfinite(rate) & (rate > 0))
    known = known[increasing(t[known])]
    if len(known) < 2:
        raise DatasetError(f"{path}: fewer than two heart rates in it; is the file complete?")
    wave = np.full(len(known), np.nan)
    return LabelRead(Label(t[known], wave, rate[known], "heart rate"))
