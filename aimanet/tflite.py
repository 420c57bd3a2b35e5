"""Reads the networks of TensorFlow Lite files: layers and constants, nothing is run.

A .tflite file is a FlatBuffer; the numbers of tables' fields below are those of TensorFlow's public
schema (tensorflow/compiler/mlir/lite/schema/schema.fbs), which only ever adds to them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TYPES = {0: "<f4", 1: "<f2", 2: "<i4"}  # TensorType
_OPERATORS = {
    0: "ADD",
    2: "CONCATENATION",
    3: "CONV_2D",
    4: "DEPTHWISE_CONV_2D",
    6: "DEQUANTIZE",
    17: "MAX_POOL_2D",
    19: "RELU",
    22: "RESHAPE",
    34: "PAD",
}


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor's name and shape; ``values`` where it is a constant."""

    name: str
    shape: tuple[int, ...]
    values: NDArray[Any] | None


@dataclass(frozen=True, slots=True)
class Layer:
    """An operator: ``inputs`` and ``outputs`` are numbers of tensors, ``options`` its table."""

    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Table | None


@dataclass(frozen=True, slots=True)
class Network:
    """The first graph of a file."""

    tensors: tuple[Tensor, ...]
    layers: tuple[Layer, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A FlatBuffer's table at a position of the file; absent fields have their default."""

    data: bytes
    at: int

    def number(self, field: int, kind: str = "b", default: int = 0) -> int:
        """A number; ``kind`` as `struct` calls it."""
        where = self._where(field)
        return default if where is None else int(_unpack(kind, self.data, where))

    def vector(self, field: int) -> tuple[int, int]:
        """Position of a vector's first element, and how many there are."""
        where = self._where(field)
        if where is None:
            return 0, 0
        start = where + _unpack("I", self.data, where)
        return start + 4, _unpack("I", self.data, start)

    def numbers(self, field: int) -> tuple[int, ...]:
        """A vector of 32 bit numbers."""
        start, count = self.vector(field)
        return tuple(int(v) for v in np.frombuffer(self.data, "<i4", count, start))

    def content(self, field: int) -> bytes:
        """A vector of bytes, or a text."""
        start, count = self.vector(field)
        return self.data[start : start + count]

    def table(self, field: int) -> Table | None:
        """A table within this one."""
        where = self._where(field)
        return None if where is None else Table(self.data, where + _unpack("I", self.data, where))

    def tables(self, field: int) -> Iterator[Table]:
        """A vector of tables."""
        start, count = self.vector(field)
        for where in range(start, start + 4 * count, 4):
            yield Table(self.data, where + _unpack("I", self.data, where))

    def _where(self, field: int) -> int | None:
        """Where the field lies, as the table's own list says; None if it is not in the file."""
        fields = self.at - _unpack("i", self.data, self.at)
        entry = 4 + 2 * field
        if entry >= _unpack("H", self.data, fields):
            return None
        step = _unpack("H", self.data, fields + entry)
        return self.at + step if step else None


def read(data: bytes) -> Network:
    """The network of a .tflite file.

    Raises:
        ValueError: it is no such file, it is damaged, or it has operators not known here.
    """
    if data[4:8] != b"TFL3":
        raise ValueError("no TensorFlow Lite file")
    try:
        return _read(Table(data, _unpack("I", data, 0)))
    except (IndexError, KeyError, StopIteration, struct.error, UnicodeDecodeError) as error:
        raise ValueError(f"a damaged or unknown TensorFlow Lite file ({error})") from error


def _read(model: Table) -> Network:
    kinds = [_OPERATORS[max(code.number(0), code.number(3, "i"))] for code in model.tables(1)]
    buffers = [buffer.content(0) for buffer in model.tables(4)]
    graph = next(model.tables(2))
    layers = (
        Layer(kinds[op.number(0, "I")], op.numbers(1), op.numbers(2), op.table(4))
        for op in graph.tables(3)
    )
    return Network(
        tensors=tuple(_tensor(tensor, buffers) for tensor in graph.tables(0)),
        layers=tuple(layers),
        inputs=graph.numbers(1),
        outputs=graph.numbers(2),
    )


def _tensor(table: Table, buffers: list[bytes]) -> Tensor:
    shape = table.numbers(0)
    content = buffers[table.number(2, "I")]
    name = table.content(3).decode()
    if not content:
        return Tensor(name, shape, None)
    return Tensor(name, shape, np.frombuffer(content, _TYPES[table.number(1)]).reshape(shape))


def _unpack(kind: str, data: bytes, at: int) -> int:
    if at < 0:  # struct would count from the end
        raise IndexError("a position before the file")
    return int(struct.unpack_from("<" + kind, data, at)[0])
