"""A folder of numbered pictures with the times at which they were taken."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from aimanet.errors import SourceError, UnknownRateError
from aimanet.files import LFS_POINTER, is_lfs_pointer, require_ordinary
from aimanet.sources.base import RateOrigin, RecordedSource, SourceInfo
from aimanet.sources.formats import IMAGE_SUFFIXES, VIDEO_SUFFIXES
from aimanet.sources.frame_rate import HIGHEST_FPS
from aimanet.types import Frame

_STATED = "the stated frame rate"
_TIME_SUFFIXES = (".txt", ".csv")
_NANOSECONDS = re.compile(r"(\d{18,19})$")
"""Since 1973: what PURE's names end in, ``Image1392643993642815000.png``."""
_SHORTEST_STEP_S, _LONGEST_STEP_S = 1e-6, 2.0
_LATEST_S = 1e15  # beyond it the steps between pictures are lost in rounding
MAX_TIMES_BYTES = 50_000_000
PNG = b"\x89PNG\r\n\x1a\n"
SPARE_BYTES = 1 << 26
MAX_PICTURE_BYTES = 300_000_000
"""More than a picture of 8K with 16 bits in four channels takes without compression."""


class ImageFolderSource(RecordedSource):
    """Numbered pictures of one folder, in the order of their numbers.

    The times come from a text file in the folder with as many numbers (seconds, separated by
    commas or line ends) as there are pictures, or from names that are nanoseconds, or from
    ``fps``. ``Frame.t`` counts from the first picture; what the folder gives as the time of that
    one is `SourceInfo.origin_s`. A picture that cannot be read leaves a hole in ``Frame.index``.

    Args:
        spec: what the user wrote.
        folder: the folder.
        realtime: play at the speed of the times.
        fps: rate to assume where the folder holds no times.
    """

    def __init__(
        self, spec: str, folder: Path, realtime: bool = True, fps: float | None = None
    ) -> None:
        super().__init__(spec, folder.name or str(folder), realtime)
        self._folder = folder
        self._fps = fps

    def _start(self) -> tuple[SourceInfo, Iterator[Frame]]:
        images = _images_in(self._folder)
        times, origin_s, where = self._times_of(images)
        frames = _frames(images, times)
        first = next(frames, None)
        if first is None and is_lfs_pointer(images[0]):
            raise SourceError(f"{images[0]}: {LFS_POINTER}")
        if first is None:
            raise SourceError(
                f"{self._folder}: none of its {len(images)} pictures can be read; are they damaged?"
            )
        height, width = first.image.shape[:2]
        span_s = float(times[-1])
        fps = (len(images) - 1) / span_s if span_s > 0 else self._fps
        duration_s = span_s + (1 / fps if fps else 0.0)
        detail = f"{len(images)} pictures {width}x{height}, times from {where}"
        known: RateOrigin = "stated" if where == _STATED else "timestamps"
        info = SourceInfo(width, height, fps, len(images), duration_s, detail, origin_s, known)
        return info, itertools.chain([first], frames)

    def _times_of(self, images: list[Path]) -> tuple[NDArray[np.float64], float | None, str]:
        """(N,) seconds from the first picture, its own time, and where they were found."""
        if (found := _times_file(self._folder, len(images))) is not None:
            path, times = found
            times = _checked(times, path)
            return times - times[0], float(times[0]), path.name
        if (stamps := _nanoseconds(images)) is not None:
            seconds = np.array([(stamp - stamps[0]) / 1e9 for stamp in stamps])
            return _checked(seconds, self._folder), stamps[0] / 1e9, "their names"
        if self._fps is not None:
            return np.arange(len(images)) / self._fps, None, _STATED
        raise UnknownRateError(
            str(self._folder),
            f"does not say when its {len(images)} pictures were taken (neither their names nor a "
            f"text file with {len(images)} numbers in seconds)",
        )


def natural_key(name: str) -> list[tuple[int, int | str]]:
    """Sorts ``img2`` before ``img10``."""
    parts = re.split(r"(\d+)", name.casefold())
    return [(0, int(part)) if part.isdecimal() else (1, part) for part in parts if part]


def _images_in(folder: Path) -> list[Path]:
    try:
        entries = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SourceError(f"{folder}: the folder cannot be read ({reason})") from error
    images = [entry for entry in entries if entry.suffix.lower() in IMAGE_SUFFIXES]
    if not images:
        raise SourceError(_why_no_images(folder, entries))
    return sorted(images, key=lambda image: (natural_key(image.name), image.name))


def _why_no_images(folder: Path, entries: list[Path]) -> str:
    videos = sorted(entry.name for entry in entries if entry.suffix.lower() in VIDEO_SUFFIXES)
    if videos:
        return (
            f"{folder}: a folder of {len(videos)} videos and no pictures; "
            f"name one of them, for example {folder / videos[0]}"
        )
    if not entries:
        return f"{folder}: the folder is empty; it should hold numbered pictures"
    return f"{folder}: no pictures in this folder (looked for {', '.join(sorted(IMAGE_SUFFIXES))})"


def _times_file(folder: Path, count: int) -> tuple[Path, NDArray[np.float64]] | None:
    """The text file with one number for each picture.

    Raises:
        SourceError: there are files of numbers, but none (or several) with the right count.
    """
    tables = [
        (path, times)
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in _TIME_SUFFIXES and (times := _numbers(path)) is not None
    ]
    fitting = [(path, times) for path, times in tables if len(times) == count]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = ", ".join(path.name for path, _ in fitting)
        raise SourceError(f"{folder}: {names} could all be the times; leave only one of them there")
    if tables:
        path, times = tables[0]
        raise SourceError(
            f"{path}: {len(times)} times for {count} pictures; one for each is needed"
        )
    return None


def _numbers(path: Path) -> NDArray[np.float64] | None:
    """(N,) the numbers of a file that holds nothing else (a line of words on top is allowed)."""
    try:
        require_ordinary(path, MAX_TIMES_BYTES)
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None
    fields = [field for field in re.split(r"[\s,;]+", text) if field]
    if fields and re.match(r"[A-Za-z_]", fields[0]) and fields[0].lower() not in ("nan", "inf"):
        fields = [field for field in re.split(r"[\s,;]+", text.partition("\n")[2]) if field]
    try:
        return np.array([float(field) for field in fields]) if fields else None
    except ValueError:
        return None


def _nanoseconds(images: list[Path]) -> list[int] | None:
    matches = [_NANOSECONDS.search(image.stem) for image in images]
    return [int(match[1]) for match in matches if match] if all(matches) else None


def _checked(times: NDArray[np.float64], where: Path) -> NDArray[np.float64]:
    if not (np.abs(times) < _LATEST_S).all():
        raise SourceError(f"{where}: a time is no finite number below 1e15; seconds are needed")
    steps = np.diff(times)
    if (steps < _SHORTEST_STEP_S).any():
        at = int(np.argmax(steps < _SHORTEST_STEP_S)) + 1
        raise SourceError(f"{where}: times must increase, but number {at + 1} does not")
    if len(steps) and np.median(steps) > _LONGEST_STEP_S:
        raise SourceError(
            f"{where}: {np.median(steps):g} s between pictures; are these milliseconds? "
            "seconds are needed"
        )
    if len(steps) and np.median(steps) < 1.0 / HIGHEST_FPS:
        raise SourceError(
            f"{where}: {np.median(steps):g} s between pictures cannot be; seconds are needed"
        )
    return times


def _frames(images: list[Path], times: NDArray[np.float64]) -> Iterator[Frame]:
    for index, (path, t) in enumerate(zip(images, times, strict=True)):
        image = read_rgb(path)
        if image is not None:
            yield Frame(index, float(t), image)


def read_rgb(path: Path) -> NDArray[np.uint8] | None:
    """(H, W, 3), or None for a picture that cannot be read."""
    try:
        require_ordinary(path, MAX_PICTURE_BYTES)
        return decode_rgb(np.fromfile(path, np.uint8))  # cv2.imread fails on some Windows names
    except OSError:
        return None


def decode_rgb(data: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """(H, W, 3) from the bytes of a picture file, or None where they are none."""
    if not data.size or _claims_too_much(data):
        return None
    try:
        image = cv2.imdecode(data, cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    return None if image is None else np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def _claims_too_much(data: NDArray[np.uint8]) -> bool:
    """Whether a piece of a PNG says it is far longer than the file: OpenCV makes room for it."""
    head, at = data[:8].tobytes(), 8
    while head == PNG and at + 4 <= data.size:
        length = int.from_bytes(data[at : at + 4].tobytes(), "big")
        if length > data.size + SPARE_BYTES:
            return True
        at += length + 12  # with its name and its checksum
    return False
