"""No camera makes FFmpeg take gigabytes for one picture."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path
from types import ModuleType

import cv2
import pytest

from aimanet.sources import ffmpeg

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="OpenCV has FFmpeg built in there")


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


@pytest.mark.parametrize("package", [cv2], ids=["OpenCV"])
def test_more_than_a_large_picture_is_refused(package: ModuleType) -> None:
    assert ffmpeg.limit_memory(package)
    of_8k = 8192 * 4320 * 4 * 2
    assert of_8k < ffmpeg.LARGEST_PIECE < 1 << 29
    taken = library(package).av_malloc(of_8k)
    assert taken
    library(package).av_free(taken)
    assert library(package).av_malloc(ffmpeg.LARGEST_PIECE + 1) is None
