"""MMPD: mobile phones, 33 people by 20 recordings of a minute, one MATLAB file each.

A file holds the video (floats 0-1 at 30 fps), the wave (as many samples as frames, or stretched
over them: there are no time stamps) and eight descriptions, which become tags. The published file
is a compressed MAT of version 5; `mat5` streams it, so that a full video, 3.3 GB as MATLAB holds
it, never is in memory. Older releases call the walking scene "Watching Videos".
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from aimanet.datasets import mat5, planes
from aimanet.datasets.align import stretched
from aimanet.datasets.base import DatasetError, Found, Problem, Recording
from aimanet.datasets.labels import LabelRead, tidy
from aimanet.datasets.recorded import Recorded
from aimanet.datasets.tree import listing, search, told
from aimanet.datasets.video import Film
from aimanet.types import Frame

FPS = 30.0
_FOLDER = re.compile(r"subject[ _-]?0*(\d+)", re.IGNORECASE)
_FILE = re.compile(r"p0*(\d+)_0*(\d+)\.mat", re.IGNORECASE)
_TAGS = {
    "light": "light",
    "motion": "motion",
    "exercise": "exercise",
    "skin_color": "skin",
    "gender": "gender",
    "glasser": "glasses",
    "hair_cover": "hair",
    "makeup": "makeup",
}
_RENAMED = {"watching videos": "Walking", "0": "False", "1": "True"}
_SIZES = ("size_MMPD.csv", "size_mini_MMPD.csv")


class Mmpd(Recorded):
    """MMPD as published (full and mini), a recording a file."""

    name = "mmpd"
    title = "MMPD (Multi-Domain Mobile Video Physiology Dataset)"
    where = (
        "Tsinghua University, GitHub McJackTang/MMPD_rPPG_dataset: signed release agreement by "
        "e-mail; academic use only. Full (320x240, 370 GB) and mini (80x60, 48 GB)"
    )
    layout = (
        "subject1/p1_0.mat ... p1_19.mat\nsubject33/p33_0.mat ...\n"
        "size_MMPD.csv, size_mini_MMPD.csv   (optional: to find incomplete downloads)"
    )

    def find(self, root: Path) -> Found:
        """One recording a ``pN_y.mat``; the tags are read from the heads of the files."""
        problems: list[Problem] = []
        recordings = []
        for folder in search(root, _is_subject, problems):
            for path in listing(folder, problems).files:
                match = _FILE.fullmatch(path.name)
                if match:
                    recordings.append(_recording(root, path, int(match[1]), int(match[2])))
                    problems += _strange_place(path, int(match[1]))
        if recordings:
            problems += _incomplete(root, [r.video for r in recordings])
        return told(recordings, problems)

    def frames(self, recording: Recording) -> Iterator[Frame]:
        """The video at 30 fps; see the module for memory."""
        path = recording.video
        video, shape = _video(path)

        def fill(first: int, end: int, block: planes.Planes, scale: float) -> None:
            rows = block.reshape(-1, end - first)
            at = 0
            for piece in mat5.pieces(path, video, shape.frames):
                columns = piece.reshape(-1, shape.frames)[:, first:end]
                rows[at : at + len(columns)] = planes.as_bytes(columns, scale)
                at += len(columns)
            if at < len(rows):
                raise DatasetError(f"{path}: the video is cut short; download it again")

        return planes.frames(shape, FPS, fill)

    def film(self, recording: Recording) -> Film:
        """Heads and the first piece of data; a frame would cost as much as the whole video."""
        path = recording.video
        video, shape = _video(path)
        if next(mat5.pieces(path, video, 1), None) is None:
            raise DatasetError(f"{path}: the video has no data; download it again")
        return Film(shape.frames, FPS, shape.frames / FPS)

    def read_label(self, recording: Recording, path: Path) -> LabelRead:
        """The finger's wave, from the first frame to the last."""
        found = mat5.variables(path)
        ppg = mat5.numbers(path, _wanted(path, found, "GT_ppg"))
        frames = _wanted(path, found, "video").shape[0]
        notes: tuple[str, ...] = ()
        if len(ppg) != frames:
            notes = (f"{len(ppg)} samples for {frames} frames; stretched over them",)
        return tidy(path, stretched(len(ppg), frames, FPS), ppg, notes=notes)


def _is_subject(folder: Path) -> bool:
    return bool(_FOLDER.fullmatch(folder.name))


def _recording(root: Path, path: Path, subject: int, number: int) -> Recording:
    return Recording(
        "mmpd", f"p{subject}_{number}", f"subject{subject}", root, path, path, tags=_tags(path)
    )


def _tags(path: Path) -> tuple[tuple[str, str], ...]:
    """The eight descriptions; none where the file cannot be read (`look` says why)."""
    try:
        found = mat5.variables(path)
        words = [(tag, mat5.text(path, found[v])) for v, tag in _TAGS.items() if v in found]
    except DatasetError:
        return ()
    return tuple((tag, _RENAMED.get(word.casefold(), word)) for tag, word in words if word)


def _strange_place(path: Path, subject: int) -> list[Problem]:
    folder = _FOLDER.fullmatch(path.parent.name)
    if folder and int(folder[1]) != subject:
        text = f"is of subject {subject} but lies in {path.parent.name}; taken as {subject}'s"
        return [Problem(path, text, fatal=False)]
    return []


def _video(path: Path) -> tuple[mat5.Variable, planes.Shape]:
    video = _wanted(path, mat5.variables(path), "video")
    if len(video.shape) != 4 or video.shape[3] != 3 or min(video.shape) < 1:
        size = "x".join(map(str, video.shape))
        raise DatasetError(f"{path}: the video is {size}, not frames x height x width x 3")
    frames, height, width, _ = video.shape
    return video, planes.Shape(frames, height, width)


def _wanted(path: Path, found: dict[str, mat5.Variable], name: str) -> mat5.Variable:
    if name not in found:
        has = ", ".join(sorted(found)) or "nothing"
        raise DatasetError(f"{path}: there is no {name} in it (only {has}); download it again")
    return found[name]


def _incomplete(root: Path, paths: list[Path]) -> list[Problem]:
    """Files that differ in size from the list that fits the download best."""
    lists = [sizes for name in _SIZES if (sizes := _sizes(root / name))]
    have = {path: size for path in paths if (size := _size(path)) is not None}
    if not lists:
        return []

    def fits(sizes: dict[tuple[str, str], int]) -> int:
        return sum(sizes.get(_key(path)) == size for path, size in have.items())

    best = max(lists, key=fits)
    if not fits(best):
        return []  # another release
    return [
        Problem(path, f"has {size} of {best[_key(path)]} bytes; download it again", fatal=False)
        for path, size in have.items()
        if best.get(_key(path), size) != size
    ]


def _key(path: Path) -> tuple[str, str]:
    return path.parent.name.casefold(), path.name.casefold()


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _sizes(path: Path) -> dict[tuple[str, str], int]:
    """``.../subject1/p1_0.mat,67512272`` a line; empty where the list is not there."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file) if len(row) > 1 and row[1].strip().isdecimal()]
    except (OSError, UnicodeDecodeError, csv.Error):
        return {}
    return {_key(Path(row[0].strip().replace("\\", "/"))): int(row[1]) for row in rows}
