"""A limit for the memory that FFmpeg takes at once, for cameras.

PyAV's own copy has none: its FFV1 encoder asks for more room than any picture needs.
"""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path
from types import ModuleType

LARGEST_PIECE = 320 << 20
"""Bytes of one allocation; a picture of 8K with 16 bits in four channels takes 283 million."""

_LIBRARIES = ("../opencv*.libs/libavutil*", ".dylibs/libavutil*")
"""Where OpenCV's wheels keep FFmpeg's libavutil, from the folder of the package."""


@cache
def limit_memory(cv2: ModuleType) -> bool:
    """Keeps OpenCV's FFmpeg from taking more than :data:`LARGEST_PIECE` for one packet or picture.

    A camera's part may claim two gigabytes, and FFmpeg makes room for what
    arrives of them; no option of OpenCV forbids it, only ``av_max_alloc``.

    Returns:
        Whether there is a limit now; False where FFmpeg is no library of its own, as in OpenCV
        for Windows.
    """
    folder = Path(cv2.__file__ or "").parent
    for pattern in _LIBRARIES:
        for path in folder.glob(pattern):
            try:
                limit = ctypes.CDLL(str(path)).av_max_alloc
            except (OSError, AttributeError):
                continue
            limit.argtypes, limit.restype = [ctypes.c_size_t], None
            limit(LARGEST_PIECE)
            return True
    return False
