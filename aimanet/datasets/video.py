"""Frames of recordings: video files and folders of pictures, streamed and checked for wholeness.

PyAV and OpenCV are imported only when something is read.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from aimanet.datasets.base import DatasetError, Problem, Signal
from aimanet.errors import SourceError, UnknownRateError
from aimanet.types import Frame

if TYPE_CHECKING:
    from aimanet.sources.base import SourceInfo

VIDEO_SUFFIXES = (".avi", ".mkv", ".mp4", ".mov")
LOST = 0.1
"""A recording that lacks more than this part of its frames is not used."""
_TOLD = 0.01
_COUNTED_BYTES = 256_000_000
"""Up to this size all packets of a file are counted (reading them takes a second or less)."""
_HEADER_SLACK = 4096


@dataclass(frozen=True, slots=True)
class Film:
    """What a quick look at the pictures of a recording says; ``frames`` as the header promises."""

    frames: int | None
    fps: float | None
    seconds: float | None
    problems: tuple[Problem, ...] = ()


def film_of(path: Path, *, needs_rate: bool = True) -> Film:
    """Opens a video, decodes one frame, and compares what its header promises with the file.

    Args:
        path: the file.
        needs_rate: False where the times of the frames are known from elsewhere.

    Raises:
        DatasetError: it is missing or empty, or no frame in it can be decoded.
    """
    info = _info(path, needs_rate)
    frames, seconds, present = info.frames, info.duration_s, None
    if path.stat().st_size > _COUNTED_BYTES:
        present = _estimated(path, info)
    else:
        count, end_s = _packets(path)
        present = float(count)
        if frames is None and count:  # no count in the header, but perhaps a duration
            frames = round(count * max((seconds or 0.0) / end_s, 1.0)) if end_s else count
    if frames and info.fps and (info.frames or not seconds):
        seconds = frames / info.fps
    return Film(frames, info.fps, seconds, tuple(_cut_short(path, frames, present)))


def stream_video(
    path: Path, times: Signal | None = None, *, stamped: Signal | None = None
) -> Generator[Frame, None, None]:
    """The frames of a video; the first is at 0 s, those that cannot be decoded leave a hole.

    Args:
        path: the file.
        times: (N,) s, the moment of each frame where something knows better than the file; goes
            on evenly where there are more frames.
        stamped: (N,) s, what stands for ``times`` in the file's own stamps: each frame finds its
            place by its stamp, so that one that is lost moves no other.

    Raises:
        DatasetError: it cannot be opened, or a tenth of its frames is missing at the end.
    """
    from aimanet.sources.video import VideoSource

    source = VideoSource(str(path), path, realtime=False, needs_rate=times is None)
    seen, start, last = 0, 0.0, 0.0
    try:
        info = source.open()
        for frame in source if stamped is None else _placed(source, stamped):
            if not seen:
                start = frame.t - (frame.index / info.fps if info.fps else 0.0)
            seen, last = seen + 1, frame.t
            t = frame.t - start if times is None else time_of(frame.index, times)
            yield Frame(frame.index, t, frame.image)
    except UnknownRateError as error:
        raise _without_rate(error) from error
    except (SourceError, OSError, ValueError) as error:
        raise DatasetError(str(error)) from error
    finally:
        source.close()
    _require_whole(path, seen, info.frames or _by_duration(seen, last, info))


def stream_images(paths: Sequence[Path], times: Signal) -> Iterator[Frame]:
    """Picture files with their times (N,) in s; one that cannot be read leaves a hole.

    Raises:
        DatasetError: none, or too few, of them can be read.
    """
    from aimanet.sources.images import read_rgb

    seen = 0
    for index, (path, t) in enumerate(zip(paths, times.tolist(), strict=True)):
        image = read_rgb(path)
        if image is not None:
            seen += 1
            yield Frame(index, t, image)
    if paths:
        _require_whole(paths[0].parent, seen, len(paths))


def time_of(index: int, times: Signal) -> float:
    """The time (s) of frame ``index`` on a time line that goes on evenly past its end."""
    if index < len(times):
        return float(times[index])
    step = float(np.median(np.diff(times)))
    return float(times[-1]) + (index - len(times) + 1) * step


def _placed(frames: Iterable[Frame], stamps: Signal) -> Iterator[Frame]:
    """Each frame with the number of the row (of N) whose stamp (s) it has, or that is nearest.

    One without a row is left out; behind the last row they go on by number.
    """
    near, last = 0.9 * float(np.median(np.diff(stamps))), -1
    for frame in frames:
        row = int(np.searchsorted(stamps, frame.t))
        if row and (row == len(stamps) or frame.t - stamps[row - 1] < stamps[row] - frame.t):
            row -= 1
        if frame.t > stamps[-1] + near:
            row = max(last + 1, len(stamps))
        elif row <= last or abs(stamps[row] - frame.t) > near:
            continue
        last = row
        yield Frame(row, frame.t, frame.image)


def _info(path: Path, needs_rate: bool) -> SourceInfo:
    from aimanet.sources.video import VideoSource

    source = VideoSource(str(path), path, realtime=False, needs_rate=needs_rate)
    try:
        return source.open()
    except UnknownRateError as error:
        raise _without_rate(error) from error
    except (SourceError, OSError, ValueError) as error:
        raise DatasetError(str(error)) from error
    finally:
        source.close()


def _without_rate(error: UnknownRateError) -> DatasetError:
    return DatasetError(f"{error.where} {error.reason}: replace it by a copy that does")


def _by_duration(seen: int, last_s: float, info: SourceInfo) -> int:
    """How many frames there should be, where the header knows only how long the film is."""
    end_s = last_s + 1.0 / (info.fps or 30.0)
    return round(seen * max((info.duration_s or 0.0) / end_s, 1.0))


def _estimated(path: Path, info: SourceInfo) -> float | None:
    """How many frames the file's bytes hold, None where only reading all of them would tell."""
    size = path.stat().st_size
    if info.frames and info.detail.startswith("rawvideo"):
        return min(info.frames, size / (3 * info.width * info.height))
    missing = _missing_bytes(path, size)
    if info.frames and missing > _HEADER_SLACK:
        return info.frames * size / (size + missing)
    return None


def _packets(path: Path) -> tuple[int, float]:
    """How many packets of video there are, and when (s) the last of them ends."""
    import av.error

    from aimanet.sources.container import open_container

    count, end_s = 0, 0.0
    try:
        with open_container(path) as container:
            for packet in container.demux(video=0):
                count += packet.size > 0
                if packet.pts is not None and packet.time_base:
                    ticks = packet.pts + (packet.duration or 0)
                    end_s = max(end_s, float(ticks * packet.time_base))
    except (SourceError, av.error.FFmpegError, OSError, ValueError):
        pass  # a file cut short ends where its data end
    return count, end_s


def _missing_bytes(path: Path, size: int) -> int:
    """By how much an AVI's outer chunks reach past the file's end; 0 for other files."""
    at = 0
    with path.open("rb") as file:
        while at + 12 <= size:
            file.seek(at)
            head = file.read(8)
            if head[:4] != b"RIFF":
                return 0
            at += 8 + int.from_bytes(head[4:], "little")
    return max(at - size, 0)


def _cut_short(path: Path, frames: int | None, present: float | None) -> Iterator[Problem]:
    if not frames or present is None:
        return
    lost = 1 - present / frames
    if lost > LOST:
        yield Problem(path, _incomplete(round(present), frames))
    elif lost > _TOLD and frames - present > 2:
        text = f"holds {present:.0f} of the {frames} frames its header promises"
        yield Problem(path, text, fatal=False)


def _require_whole(path: Path, seen: int, promised: int) -> None:
    if seen < (1 - LOST) * promised:
        raise DatasetError(f"{path}: {_incomplete(seen, promised)}")


def _incomplete(seen: int, promised: int) -> str:
    return (
        f"only {seen} of {promised} frames are there or can be read; "
        "the copy is incomplete or damaged: get it again"
    )
