"""ONNX files written by hand: the few protobuf messages a network needs, and no package for it.

Field numbers are those of ONNX's own onnx.proto; they cannot change without breaking every file.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

OPSET = 17
"""ONNX operator set: known to every runtime since 2022, and TS-CAN needs no newer."""

_IR_VERSION = 8  # the file format that came with that operator set
_TYPES = {"float32": 1, "int64": 7}  # TensorProto.DataType

Attribute = int | float | Sequence[int]
Shape = Sequence[int | str]
"""Sizes of dimensions; a name stands for one that is free."""


class Graph:
    """A graph that grows node by node; each call of `add` returns the name of its output."""

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._constants: list[bytes] = []
        self._inputs: list[bytes] = []
        self._outputs: list[bytes] = []

    def input(self, name: str, shape: Shape) -> str:
        """Declares a float32 input."""
        self._inputs.append(_value(name, shape))
        return name

    def output(self, name: str, shape: Shape) -> None:
        """Declares a float32 output; a node has to be called so."""
        self._outputs.append(_value(name, shape))

    def constant(self, array: NDArray[np.generic]) -> str:
        """Adds a float32 or int64 array and returns its name."""
        name = f"c{len(self._constants)}"
        plain = array.astype(array.dtype.newbyteorder("<"), order="C", copy=False)
        dims = b"".join(_number(1, size) for size in plain.shape)
        kind = _number(2, _TYPES[plain.dtype.name])
        self._constants.append(dims + kind + _text(8, name) + _field(9, plain.tobytes()))
        return name

    def add(self, op: str, *inputs: str, out: str = "", **attributes: Attribute) -> str:
        """Adds a node and returns the name of its one output."""
        out = out or f"n{len(self._nodes)}"
        names = b"".join(_text(1, name) for name in inputs) + _text(2, out)
        attrs = b"".join(_field(5, _attribute(k, v)) for k, v in attributes.items())
        self._nodes.append(names + _text(3, out) + _text(4, op) + attrs)
        return out

    def model(self, facts: Mapping[str, str]) -> bytes:
        """The whole file; ``facts`` go to its metadata."""
        graph = b"".join(_field(1, node) for node in self._nodes) + _text(2, "tscan")
        graph += b"".join(_field(5, constant) for constant in self._constants)
        graph += b"".join(_field(11, value) for value in self._inputs)
        graph += b"".join(_field(12, value) for value in self._outputs)
        entries = (_text(1, key) + _text(2, value) for key, value in facts.items())
        return (
            _number(1, _IR_VERSION)
            + _text(2, "aimanet")
            + _field(7, graph)
            + _field(8, _number(2, OPSET))
            + b"".join(_field(14, entry) for entry in entries)
        )


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1  # negative numbers are two's complement of 64 bits
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _field(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _text(field: int, text: str) -> bytes:
    return _field(field, text.encode())


def _attribute(name: str, value: Attribute) -> bytes:
    """An AttributeProto: name, value, and the number of the value's type."""
    if isinstance(value, float):
        return _text(1, name) + _varint(2 << 3 | 5) + struct.pack("<f", value) + _number(20, 1)
    if isinstance(value, int):
        return _text(1, name) + _number(3, value) + _number(20, 2)
    return _text(1, name) + b"".join(_number(8, v) for v in value) + _number(20, 7)


def _value(name: str, shape: Shape) -> bytes:
    """A ValueInfoProto of a float32 tensor."""
    dims = (_text(2, d) if isinstance(d, str) else _number(1, d) for d in shape)
    tensor = _number(1, 1) + _field(2, b"".join(_field(1, dim) for dim in dims))
    return _text(1, name) + _field(2, _field(1, tensor))
