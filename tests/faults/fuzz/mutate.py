"""Deterministic damage to files: the same bytes and the same seed give the same damaged file.

One to four of the mutations below are applied one after the other. Some know nothing of formats
(bits, zeros, cuts, junk), some know what length fields and chunk heads look like in ISO media
(MP4), RIFF (AVI) and Matroska files, and lie there.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

Mutation = Callable[[bytearray, random.Random, Sequence[bytes]], bytearray]

MAX_BYTES = 4_000_000
"""Copies and junk make no file larger than this."""

INTERESTING = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000)
HEADS = re.compile(
    rb"(?:moov|mvhd|trak|tkhd|edts|elst|mdhd|hdlr|minf|stbl|stsd|avc1|avcC|stts|ctts|stsc|stsz|stco"
    rb"|stss|mdat|ftyp|RIFF|LIST|hdrl|avih|strl|strh|strf|movi|idx1|00dc|\x1aE\xdf\xa3"
    rb"|\x1fC\xb6u|\x16T\xaek|\x15I\xa9f|\x1cS\xbbk|\x11M\x9bt|\x47[\x40-\x5f]|\xff\xd8\xff"
    rb"|\xff\xc0|\xff\xda|\x89PNG|IHDR|IDAT|GIF89a|\x00\x00\x01|NUMPY|PK\x03\x04|PK\x01\x02"
    rb"|shape|descr|dtype|data_offsets)"
)
TEXT_LIES = (
    b"1e999", b"-1e999", b"NaN", b"Infinity", b"-0", b"", b"null", b"true", b"[]", b"{}", b'"',
    b"99999999999999999999999999", b"1e308", b"0x10", b"\x00", b"\xff\xfe", b"../../../../up",
    b"/etc/passwd", b"%s%n", b"1" * 5000, "١٢٣".encode(), b"\r", b"\n\n\n", b"," * 3000,
)  # fmt: skip


def mutate(
    data: bytes, rng: random.Random, others: Sequence[bytes] = (), text: bool = False
) -> bytes:
    """``data`` with some damage.

    Args:
        data: a whole file.
        rng: decides everything.
        others: files of which pieces may be spliced in.
        text: it is text, so that numbers and brackets in it are worth lying about.
    """
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 3, 4))):
        kinds = TEXT if text and rng.random() < 0.7 else BINARY
        out = rng.choice(kinds)(out, rng, others)[:MAX_BYTES]
    return bytes(out)


def _place(data: bytearray, rng: random.Random) -> int:
    """Anywhere, but headers (the first and last kilobytes) more often than their share."""
    if rng.random() < 0.4:
        return rng.randrange(min(len(data), 2048) or 1)
    if rng.random() < 0.2:
        return max(0, len(data) - 1 - rng.randrange(min(len(data), 4096) or 1))
    return rng.randrange(len(data) or 1)


def flip_bits(data: bytearray, rng: random.Random, _: Sequence[bytes]) -> bytearray:
    for _i in range(rng.choice((1, 2, 8, 64)) if data else 0):
        data[_place(data, rng)] ^= 1 << rng.randrange(8)
    return data


def set_bytes(data: bytearray, rng: random.Random, _: Sequence[bytes]) -> bytearray:
    for _i in range(rng.choice((1, 4, 32)) if data else 0):
        data[_place(data, rng)] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
    return data


def truncate(data: bytearray, rng: random.Random, _: Sequence[bytes]) -> bytearray:
    return data[: _place(data, rng)]


def behead(data: bytearray, rng: random.Random, _: Sequence[bytes]) -> bytearray:
    return data[rng.randrange(min(len(data), 4096) or 1) :]


def zero_run(data: bytearray, rng: random.Random, _: Sequence[bytes]) -> bytearray:
    at, size = _place(data, rng), rng.choice((4, 64, 1024, 20_000))
    size = min(size, len(data) - at)
    data[at : at + size] = bytes([rng.choice((0, 0, 0xFF))]) * size
    return data


def junk(data: bytearray, rng: random.Random, _: Sequence[bytes]) -> bytearray:
    at = rng.choice((0, len(data), _place(data, rng)))
    return data[:at] + rng.randbytes(rng.choice((1, 17, 500, 60_000))) + data[at:]


def duplicate(data: bytearray, rng: random.Random, _: Sequence[bytes]) -> bytearray:
    at, size = _place(data, rng), rng.choice((8, 200, 5000, 100_000))
    times = rng.choice((1, 1, 3, 30))
    return data[:at] + data[at : at + size] * (1 + times) + data[at + size :]


def swap(data: bytearray, rng: random.Random, _: Sequence[bytes]) -> bytearray:
    a, b = sorted((_place(data, rng), _place(data, rng)))
    size = min(rng.choice((4, 100, 3000)), b - a, len(data) - b)
    if size > 0:
        data[a : a + size], data[b : b + size] = data[b : b + size], data[a : a + size]
    return data


def delete(data: bytearray, rng: random.Random, _: Sequence[bytes]) -> bytearray:
    at = _place(data, rng)
    del data[at : at + rng.choice((1, 3, 40, 4000))]
    return data


def splice(data: bytearray, rng: random.Random, others: Sequence[bytes]) -> bytearray:
    """The head of one file on the body of another, or a piece of it in the middle."""
    if not others:
        return duplicate(data, rng, others)
    other = rng.choice(others)
    if rng.random() < 0.5:
        cut = rng.choice((16, 200, 1000, 4000))
        return bytearray(other[:cut]) + data[cut:]
    at, start = _place(data, rng), rng.randrange(len(other) or 1)
    return data[:at] + other[start : start + rng.choice((50, 2000, 50_000))] + data[at:]


def lie_about_length(data: bytearray, rng: random.Random, _: Sequence[bytes]) -> bytearray:
    """A number beside a chunk's name becomes one of those that programs trip over."""
    heads = [found.start() for found in HEADS.finditer(data)]
    if not heads:
        return set_bytes(data, rng, _)
    for _i in range(rng.choice((1, 1, 3))):
        at = rng.choice(heads) + rng.choice((-4, 4, 4, 8, 12, 16, 20, 24, 28, 32, 40))
        size = rng.choice((1, 2, 4, 4, 8))
        if not 0 <= at <= len(data) - size:
            continue
        value = rng.choice((*INTERESTING, len(data), len(data) * 2, rng.getrandbits(31)))
        value %= 1 << (8 * size)
        data[at : at + size] = value.to_bytes(size, rng.choice(("big", "big", "little")))
    return data


def lie_about_size(data: bytearray, rng: random.Random, _: Sequence[bytes]) -> bytearray:
    """A width or height (of the corpus's 128 x 96) in a header becomes enormous or nothing."""
    for side in (128, 96):
        for size, order in ((4, "big"), (4, "little"), (2, "big"), (2, "little")):
            told = side.to_bytes(size, order)
            at = data.find(told, 0, 4096)
            if at >= 0 and rng.random() < 0.8:
                lie = rng.choice((0, 1, 8191, 16_000, 32_767, 40_000, 65_535)) % (1 << 8 * size)
                data[at : at + size] = lie.to_bytes(size, order)
                break
    return data


def swap_heads(data: bytearray, rng: random.Random, _: Sequence[bytes]) -> bytearray:
    """One chunk's name in the place of another's."""
    heads = list(HEADS.finditer(data))
    if len(heads) < 2:
        return swap(data, rng, _)
    a, b = rng.choice(heads), rng.choice(heads)
    size = min(len(a[0]), len(b[0]))
    data[a.start() : a.start() + size] = b[0][:size]
    return data


def lie_in_text(data: bytearray, rng: random.Random, _: Sequence[bytes]) -> bytearray:
    """A number, a name or a value becomes something else."""
    found = list(re.finditer(rb"[-+.\w]+", data))
    for _i in range(rng.choice((1, 1, 4)) if found else 0):
        spot = rng.choice(found)
        data[spot.start() : spot.end()] = rng.choice(TEXT_LIES)
    return data


def repeat_lines(data: bytearray, rng: random.Random, _: Sequence[bytes]) -> bytearray:
    lines = data.split(b"\n")
    at = rng.randrange(len(lines))
    again = lines[rng.randrange(len(lines))]
    times = min(rng.choice((1, 10, 2000)), MAX_BYTES // (len(again) + 1))
    lines[at:at] = [again] * times
    return bytearray(b"\n").join(lines)


def reorder_lines(data: bytearray, rng: random.Random, _: Sequence[bytes]) -> bytearray:
    lines = data.split(b"\n")
    rng.shuffle(lines)
    return bytearray(b"\n").join(lines)


def nest(data: bytearray, rng: random.Random, _: Sequence[bytes]) -> bytearray:
    """Brackets within brackets, deeper than any parser's stack."""
    mark, depth = rng.choice((b"[", b'{"a":', b"<a>", b"(")), rng.choice((50, 2000, 200_000))
    at = rng.choice((0, _place(data, rng)))
    return data[:at] + mark * depth + data[at:]


BINARY: tuple[Mutation, ...] = (
    flip_bits, flip_bits, set_bytes, truncate, behead, zero_run, junk, duplicate, swap, delete,
    splice, lie_about_length, lie_about_length, lie_about_length, lie_about_size, swap_heads,
)  # fmt: skip
TEXT: tuple[Mutation, ...] = (
    lie_in_text, lie_in_text, lie_in_text, repeat_lines, reorder_lines, nest, truncate, delete,
)  # fmt: skip
