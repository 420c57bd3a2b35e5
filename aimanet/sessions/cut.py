"""A look at a video's first bytes: was the end of the file cut off?"""

from __future__ import annotations

import os
from pathlib import Path

_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
_HEAD_BYTES = 4096


def looks_cut(video: Path) -> bool:
    """Whether less is there than the head of a finished Matroska file promises: no more is read.

    A file that was never finished (the program was killed) promises nothing.
    """
    try:
        with video.open("rb") as file:
            head = file.read(_HEAD_BYTES)
            size = os.fstat(file.fileno()).st_size
    except OSError:
        return False
    at = head.find(_SEGMENT)
    if not head.startswith(_EBML) or at < 0:
        return True
    promised, begin = _length(head, at + len(_SEGMENT))
    return promised is not None and size < begin + promised


def _length(head: bytes, at: int) -> tuple[int | None, int]:
    """An EBML length (None: unknown) and where what it counts begins."""
    first = head[at] if at < len(head) else 0
    width = 9 - first.bit_length() if first else 8
    value = int.from_bytes(head[at : at + width], "big") & ((1 << (7 * width)) - 1)
    return (None if value == (1 << (7 * width)) - 1 else value), at + width
