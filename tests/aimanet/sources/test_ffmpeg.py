"""No camera makes FFmpeg take gigabytes for one picture."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

import cv2
import pytest

from aimanet.sources import ffmpeg

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="OpenCV has FFmpeg built in there")


def test_more_than_a_large_picture_is_refused() -> None:
    assert ffmpeg.limit_memory(cv2)
    of_8k = 8192 * 4320 * 4 * 2
    assert of_8k < ffmpeg.LARGEST_PIECE < 1 << 29
    libavutil = library()
    taken = libavutil.av_malloc(of_8k)
    assert taken
    libavutil.av_free(taken)
    assert libavutil.av_malloc(ffmpeg.LARGEST_PIECE + 1) is None


def library() -> ctypes.CDLL:
    folder = Path(cv2.__file__ or "").parent
    patterns = ("../opencv*.libs/libavutil*", ".dylibs/libavutil*")
    (path,) = [path for pattern in patterns for path in folder.glob(pattern)]
    found = ctypes.CDLL(str(path))
    found.av_malloc.argtypes, found.av_malloc.restype = [ctypes.c_size_t], ctypes.c_void_p
    found.av_free.argtypes = [ctypes.c_void_p]
    return found
