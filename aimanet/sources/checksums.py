"""The checksums in FFV1 pictures, which FFmpeg reads but does not act upon.

Its decoder fills a slice whose checksum is wrong from the picture before and says nothing: what
is shown then was never recorded.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from av.packet import Packet
from av.video.stream import VideoStream

_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_FOOT = 8
"""Bytes after each slice: three for its length, one, four for the checksum."""


class Checksums:
    """Looks at the packets of one video in their order.

    FFV1 may be written without checksums: until a packet has right ones, all pass.

    Args:
        codec: its name; all but "ffv1" pass.
        some: packets to look at beforehand, for whether there are any checksums.
    """

    def __init__(self, codec: str, some: Iterable[Packet[VideoStream]] = ()) -> None:
        self._looks = codec == "ffv1"
        self._has = self._looks and any(is_sound(bytes(packet)) for packet in some)

    def passes(self, packet: Packet[VideoStream]) -> bool:
        """Whether the packet's picture is as it was written, as far as it says."""
        if not self._looks:
            return True
        sound = is_sound(bytes(packet))
        self._has = self._has or sound
        return sound or not self._has


def is_sound(picture: bytes) -> bool:
    """Whether the checksums of an FFV1 picture (version 3) are right, from the last slice on.

    FFV1 takes the highest bit of a byte first and zlib the lowest: the bytes are mirrored.
    """
    end = len(picture)
    while end >= _FOOT:
        begin = end - _FOOT - int.from_bytes(picture[end - _FOOT : end - _FOOT + 3], "big")
        if begin < 0 or zlib.crc32(picture[begin:end].translate(_MIRRORED), -1) != 0xFFFFFFFF:
            return False
        end = begin
    return end == 0 and bool(picture)
