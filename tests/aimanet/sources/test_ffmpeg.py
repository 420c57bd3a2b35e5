"""No camera makes FFmpeg take gigabytes for one picture."""

from __future__ import annotations

import ctypes
import subprocess
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


def test_a_file_may_take_less_and_a_recording_as_much_as_it_needs(tmp_path: Path) -> None:
    """Lossless 4K wants 1.2 GB at once; in a process of its own, because a limit stays."""
    program = (
        "import sys, pathlib, numpy as np, aimanet.sources.video\n"
        "from aimanet.sessions.video import SessionVideo\n"
        "video = SessionVideo(pathlib.Path(sys.argv[1]) / 'v.mkv', (3840, 2160), 30)\n"
        "video.add(np.zeros((2160, 3840, 3), np.uint8), 0.0)\n"
        "video.finish()\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], timeout=100)
    assert done.returncode == 0


def test_a_small_recording_has_room_for_the_buffers_around_it(tmp_path: Path) -> None:
    """72x72 need less than a megabyte to encode, and a buffer of one to write."""
    program = (
        "import sys, pathlib, numpy as np\n"
        "from aimanet.sessions.video import SessionVideo\n"
        "for name in ('a.mkv', 'b.mkv'):\n"
        "    video = SessionVideo(pathlib.Path(sys.argv[1]) / name, (72, 72), 30)\n"
        "    video.add(np.zeros((72, 72, 3), np.uint8), 0.0)\n"
        "    video.finish()\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], timeout=100)
    assert done.returncode == 0
