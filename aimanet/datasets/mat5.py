"""MATLAB's version 5 files, read as a stream.

``scipy.io.loadmat`` needs the whole variable in memory, which for one video of MMPD are 3.3 GB.
A variable here comes in pieces, in the file's order (the first axis runs fastest), whether it is
compressed or not. Format: MathWorks, *MAT-File Format*, level 5.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from aimanet.datasets.base import DatasetError
from aimanet.files import require_ordinary

_HEADER = 128
_MATRIX, _PACKED = 14, 15
_CHAR, _FIRST_NUMBER, _LAST_NUMBER = 4, 6, 15
_DTYPES = {
    1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8",
    12: "i8", 13: "u8", 16: "u1", 17: "u2", 18: "u4",
}  # fmt: skip
_FIRST_BLOCK, _BLOCK = 1 << 12, 1 << 18
"""What is read of compressed data at once: little at first, for most want the head alone."""
_SMALL_BYTES = 1 << 26
PIECE_BYTES = 1 << 23

Values = NDArray[np.generic]


class _Broken(Exception):
    """The bytes make no sense, or end early."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable and where it lies: ``shape`` as MATLAB has it, ``dtype`` as stored."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[np.generic] | None
    text: bool
    offset: int

    @property
    def count(self) -> int:
        """How many values it has."""
        return int(np.prod(self.shape, dtype=np.int64))


def variables(path: Path) -> dict[str, Variable]:
    """All variables of a file by name; only their heads are read.

    Cells, structures and sparse arrays come with ``dtype`` None: their values stay unread.

    Raises:
        DatasetError: the file is missing, cut short, damaged, or of another format.
    """
    try:
        require_ordinary(path)
        with open(path, "rb") as file:
            order = _byte_order(file, path)
            return {v.name: v for v in _heads(file, path.stat().st_size, order)}
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (_Broken, zlib.error, struct.error, ValueError) as error:
        raise _damaged(path, error) from error


def pieces(path: Path, variable: Variable, step: int) -> Iterator[Values]:
    """The values of a variable in the file's order, in pieces of a multiple of ``step`` values.

    Raises:
        DatasetError: the data end early or are damaged.
    """
    if variable.dtype is None:
        raise DatasetError(f"{path}: {variable.name} is no array of numbers; is the file edited?")
    size = variable.dtype.itemsize
    step = max(step, 1)
    most = max(1, PIECE_BYTES // (size * step)) * step
    try:
        with open(path, "rb") as file:
            order = _byte_order(file, path)
            file.seek(variable.offset)
            stream, _ = _element(file, order)
            _, left = _read_head(stream, order, variable.offset)
            if not variable.text:
                left = min(left, variable.count * size)
            while left > 0:
                take = min(left, most * size)
                yield np.frombuffer(stream.read(take), variable.dtype)
                left -= take
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (_Broken, zlib.error, struct.error, ValueError) as error:
        raise _damaged(path, error) from error


def numbers(path: Path, variable: Variable) -> NDArray[np.float64]:
    """A small variable, flat, as numbers."""
    _refuse_large(path, variable)
    parts = [np.asarray(piece, np.float64) for piece in pieces(path, variable, 1)]
    return np.concatenate(parts) if parts else np.empty(0)


def text(path: Path, variable: Variable) -> str:
    """A small variable as a word: padding stripped, a number or a truth value spelled out."""
    if not variable.text:
        found = numbers(path, variable) if variable.dtype is not None else np.empty(0)
        return f"{found[0]:g}" if len(found) == 1 else ""
    _refuse_large(path, variable)
    raw = b"".join(np.asarray(piece).tobytes() for piece in pieces(path, variable, 1))
    dtype = variable.dtype
    big = dtype is not None and dtype.byteorder == ">"
    size = dtype.itemsize if dtype is not None else 1
    coding = {1: "utf-8", 2: "utf-16-be" if big else "utf-16-le"}.get(
        size, "utf-32-be" if big else "utf-32-le"
    )
    return raw.decode(coding, "replace").replace("\0", " ").strip()


def _refuse_large(path: Path, variable: Variable) -> None:
    if variable.count * 8 > _SMALL_BYTES:
        raise DatasetError(f"{path}: {variable.name} has {variable.count} values, too many")


def _damaged(path: Path, error: Exception) -> DatasetError:
    return DatasetError(f"{path}: is damaged or cut short ({error}); download it again")


def _byte_order(file: BinaryIO, path: Path) -> str:
    head = file.read(_HEADER)
    if head[:8] == b"\x89HDF\r\n\x1a\n" or b"MATLAB 7.3" in head[:124]:
        raise DatasetError(
            f"{path}: is a MATLAB 7.3 (HDF5) file where version 5 is published; "
            "save it again with '-v7' or download it again"
        )
    if len(head) < _HEADER or head[126:] not in (b"IM", b"MI"):
        raise DatasetError(f"{path}: is no MATLAB file (.mat, version 5); download it again")
    return "<" if head[126:] == b"IM" else ">"


class _Stream:
    """Exactly as many bytes as asked for, inflated where the element is compressed."""

    def __init__(self, file: BinaryIO, size: int, packed: bool) -> None:
        self._file, self._left = file, size
        self._inflater = zlib.decompressobj() if packed else None
        self._waiting = b""
        self._take = _FIRST_BLOCK
        self._front = b""

    def push_back(self, data: bytes) -> None:
        """What the next `read` gives first."""
        self._front = data + self._front

    def read(self, count: int) -> bytes:
        parts = [self._front[:count]]
        self._front = self._front[count:]
        count -= len(parts[0])
        while count:
            part = self._some(count)
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def _some(self, count: int) -> bytes:
        if self._inflater is None:
            return self._raw(count)
        while True:
            if not self._waiting:
                self._waiting = self._raw(self._take)
                self._take = min(2 * self._take, _BLOCK)
            part = self._inflater.decompress(self._waiting, count)
            self._waiting = self._inflater.unconsumed_tail
            if part:
                return part
            if self._inflater.eof:
                raise _Broken("compressed data end early")

    def _raw(self, count: int) -> bytes:
        part = self._file.read(min(count, self._left))
        self._left -= len(part)
        if not part:
            raise _Broken("data end early")
        return part


def _element(file: BinaryIO, order: str) -> tuple[_Stream, int]:
    """The bytes of the matrix at the file's place, and where the next element begins."""
    kind, size = struct.unpack(order + "II", file.read(8))
    end = file.tell() + size
    if kind == _PACKED:
        stream = _Stream(file, size, packed=True)
        kind, _ = struct.unpack(order + "II", stream.read(8))
    else:
        stream = _Stream(file, size, packed=False)
    if kind != _MATRIX:
        raise _Broken(f"unknown element {kind}")
    return stream, end


def _heads(file: BinaryIO, file_size: int, order: str) -> Iterator[Variable]:
    offset = _HEADER
    while offset < file_size:
        file.seek(offset)
        stream, end = _element(file, order)
        yield _read_head(stream, order, offset)[0]
        if end > file_size:
            raise _Broken(f"{end - file_size} bytes are missing at its end")
        offset = end


def _read_head(stream: _Stream, order: str, offset: int) -> tuple[Variable, int]:
    """The variable, and the size in bytes of its data, which come next in the stream."""
    _, flags = _part(stream, order)
    kind = struct.unpack(order + "I", flags[:4])[0] & 0xFF
    _, dims = _part(stream, order)
    shape = tuple(int(n) for n in np.frombuffer(dims, order + "i4"))
    _, name = _part(stream, order)
    dtype, size = None, 0
    if kind == _CHAR or _FIRST_NUMBER <= kind <= _LAST_NUMBER:
        code, size, small = _tag(stream, order)
        if code not in _DTYPES:
            raise _Broken(f"unknown number format {code}")
        dtype = np.dtype(order + _DTYPES[code])
        if small is not None:
            stream.push_back(small)
    label = name.decode("latin-1")
    return Variable(label, shape, dtype, kind == _CHAR, offset), size


def _part(stream: _Stream, order: str) -> tuple[int, bytes]:
    code, size, small = _tag(stream, order)
    if small is not None:
        return code, small[:size]
    if size > _BLOCK:
        raise _Broken("a head of impossible size")
    data = stream.read(size)
    stream.read(-size % 8)
    return code, data


def _tag(stream: _Stream, order: str) -> tuple[int, int, bytes | None]:
    """Kind and size of a part; up to four bytes of data may sit in the tag itself."""
    raw = stream.read(8)
    code, size = struct.unpack(order + "II", raw)
    if code >> 16:
        return code & 0xFFFF, code >> 16, raw[4:]
    return code, size, None
