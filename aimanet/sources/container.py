"""Video files are opened here, and nowhere else: none of them takes more than its share of memory.

A first look, in which FFmpeg decodes nothing, shows what is inside: hundreds of tracks, or pictures
of enormous sides, are refused before room is made for them.
"""

from __future__ import annotations

import os
from pathlib import Path

import av
import av.error
import av.logging
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from aimanet.errors import SourceError
from aimanet.files import LFS_POINTER, is_lfs_pointer
from aimanet.sources.ffmpeg import LARGEST_OF_FILE, limit_memory
from aimanet.sources.formats import IMAGE_SUFFIXES, MAX_PIXELS
from aimanet.sources.frame_rate import OPTIONS as RATE_OPTIONS
from aimanet.sources.mp4_index import claims_too_much

DECODER_THREADS = 2
MOST_STREAMS = 256
"""Of all kinds: a multiplex of television has a hundred."""
MOST_TRACKS = 16
"""Of moving pictures; FFmpeg sets up a decoder for each before anybody chooses one."""

PLAYLISTS = frozenset({"concat", "dash", "hls", "image2", "imf", "lavfi", "rtp", "rtsp", "sdp"})
"""Formats that name other files or addresses to read from; a recording has its pictures in it."""

OPTIONS = {
    "max_pixels": str(MAX_PIXELS),
    "max_streams": str(MOST_STREAMS),
    "protocol_whitelist": "file",
    "format_whitelist": ",".join(sorted(av.formats_available - PLAYLISTS)),
    **RATE_OPTIONS,
}
_FIRST_LOOK = {**OPTIONS, "codec_whitelist": "none"}

NO_VIDEO = ", not a video; a pulse needs moving pictures"
STILL = f"a single picture{NO_VIDEO}"

av.logging.set_level(None)
limit_memory(av, LARGEST_OF_FILE)


def open_container(path: Path) -> InputContainer:
    """A video file, opened for reading.

    Raises:
        SourceError: it is none, cannot be read, or is more than a recording can be.
    """
    _require_readable(path)
    if claims_too_much(path):
        raise SourceError(
            f"{path}: not a video that can be read (its index claims more frames than it can "
            "hold); is it damaged?"
        )
    with _opened(path, _FIRST_LOOK) as container:
        _require_moving(container, path)
        _require_bearable(container, path)
    container = _opened(path, OPTIONS)
    try:
        _require_bearable(container, path)  # some sides are known only now
    except SourceError:
        container.close()
        raise
    return container


def _require_readable(path: Path) -> None:
    if not os.path.exists(path):
        raise SourceError(f"{path}: no such file")
    if os.path.isdir(path):
        raise SourceError(f"{path}: is a folder, not a video file")
    if not os.path.isfile(path):
        raise SourceError(f"{path}: is not an ordinary file; give a video file")
    if not os.access(path, os.R_OK):
        raise SourceError(f"{path}: no permission to read it")
    if path.stat().st_size == 0:
        raise SourceError(f"{path}: the file is empty")
    if is_lfs_pointer(path):
        raise SourceError(f"{path}: {LFS_POINTER}")


def _opened(path: Path, options: dict[str, str]) -> InputContainer:
    try:
        # absolute, so that a colon in the name is not taken for a protocol
        return av.open(str(path.absolute()), metadata_errors="replace", options=options)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        if path.suffix.lower() in IMAGE_SUFFIXES:
            raise SourceError(f"{path}: is {STILL}") from error
        raise SourceError(
            f"{path}: not a video that can be read ({_reason(error)}); "
            "is it complete and really a video?"
        ) from error


def _require_moving(container: InputContainer, path: Path) -> None:
    kind = container.format.name
    if kind == "tty" or kind.endswith("_pipe"):
        what = f"a text file{NO_VIDEO}" if kind == "tty" else STILL
        raise SourceError(f"{path}: is {what}")


def _require_bearable(container: InputContainer, path: Path) -> None:
    tracks = container.streams.video
    if len(tracks) > MOST_TRACKS:
        raise SourceError(
            f"{path}: has {len(tracks)} video tracks; up to {MOST_TRACKS} can be read, "
            "take the right one out first"
        )
    sides = [
        (stream.codec_context.width, stream.codec_context.height)
        for stream in tracks
        if getattr(stream, "codec_context", None) is not None
    ]
    for width, height in sides:
        if width * height > MAX_PIXELS:
            raise SourceError(
                f"{path}: its pictures are {width}x{height}; up to 8K (8192x4320) can be read, "
                "make it smaller first"
            )
    if sum(width * height for width, height in sides) > 2 * MAX_PIXELS:
        raise SourceError(
            f"{path}: its {len(tracks)} video tracks are too large together; "
            "take the right one out first"
        )


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return str(text).strip().splitlines()[0].lower() if str(text).strip() else "unknown format"


def video_stream(container: InputContainer, path: Path) -> VideoStream:
    """The first video stream that is no cover picture, ready to decode.

    Raises:
        SourceError: there is none, or its format is unknown.
    """
    for stream in container.streams.video:
        if stream.disposition & Disposition.attached_pic:
            continue
        if getattr(stream, "codec_context", None) is None:
            raise SourceError(
                f"{path}: its video format is unknown; is the file complete and not damaged?"
            )
        stream.codec_context.options = {"max_pixels": OPTIONS["max_pixels"]}
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = DECODER_THREADS
        return stream
    sound = " (only sound)" if container.streams.audio else ""
    raise SourceError(f"{path}: has no video in it{sound}; give a file with a picture track")
