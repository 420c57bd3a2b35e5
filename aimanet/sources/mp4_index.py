"""How many samples the index of an MP4 or MOV file claims: FFmpeg makes an entry for each.

A line of twenty bytes may stand for millions of them, in every track and every fragment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

PER_BYTE = 8
"""Samples of equal length for each byte of a file that are believable: sound without compression
has one in two to eight bytes, and the file may be cut short."""

_FIRST = frozenset(
    {b"ftyp", b"moov", b"mdat", b"moof", b"free", b"skip", b"wide", b"styp", b"pnot"}
)
_MOST_INDEX_BYTES = 1 << 27
_MOST_BOXES = 1_000_000
_SIZES = re.compile(rb"stsz....(....)(....)", re.DOTALL)
_RUN = re.compile(rb"trun.(...)(....)", re.DOTALL)
_PER_SAMPLE = 0x000F00
"""Flags of a fragment's run that has numbers for each sample, which take room in the file."""


def claims_too_much(path: Path) -> bool:
    """Whether the index stands for more samples than a file of this size can hold."""
    size = path.stat().st_size
    claimed = 0
    with path.open("rb") as file:
        for box in _indexes(file, size):
            claimed += sum(
                int.from_bytes(count)
                for length, count in _SIZES.findall(box)
                if any(length)  # else each has a length of its own in the file
            )
            claimed += sum(
                int.from_bytes(count)
                for flags, count in _RUN.findall(box)
                if not int.from_bytes(flags) & _PER_SAMPLE
            )
            if claimed > PER_BYTE * size:
                return True
    return False


def _indexes(file: BinaryIO, size: int) -> Iterator[bytes]:
    """The boxes of a file that hold an index; none where it is of another format."""
    at = 0
    for number in range(_MOST_BOXES):
        file.seek(at)
        head = file.read(16)
        length, name = int.from_bytes(head[:4]), head[4:8]
        if len(head) < 8 or (number == 0 and name not in _FIRST):
            return
        if length == 1:
            length = int.from_bytes(head[8:16])
        elif length == 0:
            length = size - at
        if length < 8:
            return
        if name in (b"moov", b"moof"):
            file.seek(at)
            yield file.read(min(length, _MOST_INDEX_BYTES))
        at += length
