"""No file and no camera makes FFmpeg take gigabytes for one picture."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import av
import cv2
import pytest

from aimanet.sources import ffmpeg
from tests.aimanet.sources.videos import numbered, write_video

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="OpenCV has FFmpeg built in there")

OPENED = """
import resource, sys
from pathlib import Path
from aimanet.sources import ffmpeg
from aimanet.sources.video import VideoSource
ffmpeg.LARGEST_PIECE = 64 << 20
with VideoSource("clip", Path(sys.argv[1]), realtime=False) as source:
    print(sum(1 for _ in source))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def library(package: ModuleType) -> ctypes.CDLL:
    folder = Path(package.__file__ or "").parent
    patterns = ("../opencv*.libs/libavutil*", "../av.libs/libavutil*", ".dylibs/libavutil*")
    (path,) = [path for p in patterns for path in folder.glob(p) if is_of(path, package)]
    found = ctypes.CDLL(str(path))
    found.av_malloc.argtypes, found.av_malloc.restype = [ctypes.c_size_t], ctypes.c_void_p
    found.av_free.argtypes = [ctypes.c_void_p]
    return found


def is_of(path: Path, package: ModuleType) -> bool:
    return path.parent.name == ".dylibs" or ("opencv" in path.parent.name) == (package is cv2)


@pytest.mark.parametrize("package", [av, cv2], ids=["PyAV", "OpenCV"])
def test_more_than_a_large_picture_is_refused(package: ModuleType) -> None:
    assert ffmpeg.limit_memory(package)
    of_8k = 8192 * 4320 * 4 * 2
    assert of_8k < ffmpeg.LARGEST_PIECE < 1 << 29
    taken = library(package).av_malloc(of_8k)
    assert taken
    library(package).av_free(taken)
    assert library(package).av_malloc(ffmpeg.LARGEST_PIECE + 1) is None


def test_a_picture_that_never_ends(tmp_path: Path, repository: Path) -> None:
    """In a stream of JPEGs one is as long as it takes until the next begins."""
    clip = write_video(tmp_path / "clip.mjpeg", numbered(4), codec="mjpeg", pixels="yuvj420p")
    peaks = []
    for tail in (0, 250_000_000):
        with clip.open("r+b") as file:
            file.truncate(clip.stat().st_size + tail)  # zeros that take no room on the disk
        told = subprocess.run(
            [sys.executable, "-c", OPENED, str(clip)],
            cwd=repository,
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        frames, peak = map(int, told.stdout.split())
        assert frames >= 3
        peaks.append(peak * (1 if sys.platform == "darwin" else 1024))
    assert peaks[1] - peaks[0] < 200_000_000
