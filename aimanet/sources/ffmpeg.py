"""A limit for the memory that FFmpeg takes at once; OpenCV and PyAV have a copy of it each."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType

LARGEST_PIECE = 320 << 20
"""Bytes of one allocation for a camera; a picture of 8K with 16 bits in four channels takes 283
million."""
LARGEST_OF_FILE = 160 << 20
"""The same for a file: a picture of 8K with 8 bits in four channels takes 142 million. A damaged
index of an MP4 or a stream without an end of a picture would take gigabytes."""

ENCODER_BYTES = 160
"""A pixel, for which FFmpeg's FFV1 makes room before it encodes, although it fills 4 at most."""

_LIBRARIES = {
    "cv2": ("../opencv*.libs/libavutil*", ".dylibs/libavutil*"),
    "av": ("../av.libs/*avutil*", ".dylibs/libavutil*"),  # without `lib` on Windows
}
"""Where the wheels keep FFmpeg's libavutil, from the folder of the package."""


def limit_memory(package: ModuleType, most_bytes: int = LARGEST_PIECE) -> bool:
    """Keeps a package's FFmpeg from taking more than this at once.

    A file or a camera may claim gigabytes, and FFmpeg makes room for them; no option forbids
    it, only ``av_max_alloc``. Of several limits for the same package the highest counts, and
    none is below `LARGEST_OF_FILE`: an encoder that is refused memory ends the process.

    Args:
        package: ``cv2`` or ``av``.
        most_bytes: what has to remain possible, and never less than `LARGEST_OF_FILE`: without
            room for its buffers PyAV crashes.

    Returns:
        Whether there is a limit now; False where FFmpeg is no library of its own, as in OpenCV
        for Windows.
    """
    limit = _limit_of(package.__name__, Path(package.__file__ or "").parent)
    if limit is None:
        return False
    limit.raise_to(max(most_bytes, LARGEST_OF_FILE))
    return True


class _Limit:
    """The limit of one copy of FFmpeg, which cannot be asked for it."""

    def __init__(self, function: Callable[[int], None]) -> None:
        self._function = function
        self._bytes = 0  # of the limit set, none so far

    def raise_to(self, most_bytes: int) -> None:
        if most_bytes > self._bytes:
            self._bytes = most_bytes
            self._function(most_bytes)


@cache
def _limit_of(package: str, folder: Path) -> _Limit | None:
    for pattern in _LIBRARIES[package]:
        for path in folder.glob(pattern):
            try:
                function = ctypes.CDLL(str(path)).av_max_alloc
            except (OSError, AttributeError):
                continue
            function.argtypes, function.restype = [ctypes.c_size_t], None
            return _Limit(function)
    return None
