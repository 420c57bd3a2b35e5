"""H.264 as the camera of a Raspberry Pi writes it: nothing in it says how long a picture lasts."""

from __future__ import annotations

import re
from pathlib import Path

_HIGH_PROFILES = (100, 110, 122, 244)
_SEQUENCE = 7  # type of the parameter set that holds the timing


def take_timing_out(path: Path) -> Path:
    """Rewrites the parameter sets of a raw H.264 stream of x264 without their timing."""
    parts = re.split(rb"(\x00\x00\x00\x01|\x00\x00\x01)", path.read_bytes())
    path.write_bytes(b"".join(_without_timing(p) if _is_sequence(p) else p for p in parts))
    return path


def _is_sequence(part: bytes) -> bool:
    return bool(part) and part[0] & 31 == _SEQUENCE


class _Bits:
    def __init__(self, data: bytes) -> None:
        self.text = "".join(f"{byte:08b}" for byte in data)
        self.at = 0

    def take(self, count: int = 1) -> int:
        self.at += count
        return int(self.text[self.at - count : self.at], 2)

    def golomb(self, times: int = 1) -> int:
        value = 0
        for _ in range(times):
            zeros = self.text.index("1", self.at) - self.at
            self.at += zeros
            value = self.take(zeros + 1) - 1
        return value


def _without_timing(part: bytes) -> bytes:
    bits = _Bits(part[1:].replace(b"\x00\x00\x03", b"\x00\x00"))
    _go_to_usability(bits)
    if bits.take() and bits.take(8) == 255:  # aspect ratio
        bits.take(32)
    if bits.take():  # overscan
        bits.take()
    if bits.take():  # signal type
        bits.take(4)
        if bits.take():
            bits.take(24)
    if bits.take():  # place of the colour samples
        bits.golomb(2)
    assert bits.take(), "there is no timing in it"
    kept = bits.text[: bits.at - 1] + "0" + bits.text[bits.at + 65 :].rstrip("0")
    kept += "0" * (-len(kept) % 8)
    data = int(kept, 2).to_bytes(len(kept) // 8, "big")
    return part[:1] + re.sub(rb"\x00\x00(?=[\x00-\x03])", b"\x00\x00\x03", data)


def _go_to_usability(bits: _Bits) -> None:
    """To the first bit of the usability information (VUI), where the timing is."""
    profile = bits.take(8)
    bits.take(16)
    bits.golomb()
    if profile in _HIGH_PROFILES:
        if bits.golomb() == 3:
            bits.take()
        bits.golomb(2)
        bits.take()
        assert not bits.take(), "scaling matrices are not for this test"
    bits.golomb()
    if bits.golomb() == 0:
        bits.golomb()
    bits.golomb()
    bits.take()
    bits.golomb(2)
    if not bits.take():
        bits.take()
    bits.take()
    if bits.take():
        bits.golomb(4)
    assert bits.take(), "there is no usability information in it"
