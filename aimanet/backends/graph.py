"""TS-CAN as an ONNX graph, straight from its weights: no torch, no tracing, nothing superfluous.

The shapes are those of `aimanet.tscan`, which says what the layers are for.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from aimanet.backends.onnx_file import Graph
from aimanet.preprocess import Recipe

Tensors = Mapping[str, NDArray[np.float32]]


def tscan_graph(
    tensors: Tensors, recipe: Recipe, facts: Mapping[str, str] | None = None, *, free: bool = False
) -> bytes:
    """The network as an ONNX file.

    Inputs are ``motion`` (N*T, 3, S, S) and ``appearance`` (N or N*T, 3, S, S); outputs ``bvp``
    (N, T) and, unless ``free``, ``mask``, the first attention mask. N is 1, or anything where
    ``free``. ``facts`` go to the metadata.
    """
    return _Builder(tensors, recipe, free).build(facts or {})


def shift_rows(channels: int, depth: int, padding: str) -> NDArray[np.int64]:
    """Where each of a window's depth x channels pictures comes from in the temporal shift.

    One past the last picture stands for one of zeros.
    """
    third, zero = channels // 3, depth * channels
    rows = np.arange(zero).reshape(depth, channels)
    out = rows.copy()
    out[:-1, :third] = rows[1:, :third]
    out[1:, third : 2 * third] = rows[:-1, third : 2 * third]
    if padding == "zero":
        out[-1, :third] = out[0, third : 2 * third] = zero
    return out.reshape(-1)


class _Builder:
    def __init__(self, tensors: Tensors, recipe: Recipe, free: bool) -> None:
        self._tensors = tensors
        self._recipe = recipe
        self._free = free
        self._graph = Graph()

    def build(self, facts: Mapping[str, str]) -> bytes:
        g, recipe = self._graph, self._recipe
        depth, size = recipe.frame_depth, recipe.image_size
        per_frame = recipe.appearance == "frame"
        frames = "frames" if self._free else depth
        pictures = frames if per_frame else "windows" if self._free else 1
        m = g.input("motion", (frames, 3, size, size))
        a = g.input("appearance", (pictures, 3, size, size))
        large, half = size - 2, (size - 2) // 2
        small = half - 2

        a = self._conv("appearance2", self._conv("appearance1", a, 1), 0)
        mask1 = self._mask("attention1", a, large, "" if self._free else "mask")
        a = self._conv("appearance4", self._conv("appearance3", self._pool(a), 1), 0)
        mask2 = self._mask("attention2", a, small)

        m = self._conv("motion1", self._shift(m, 3, size), 1)
        m = self._conv("motion2", self._shift(m, 32, size), 0)
        m = self._pool(self._look(m, mask1, 32, large))
        m = self._conv("motion3", self._shift(m, 32, half), 1)
        m = self._conv("motion4", self._shift(m, 64, half), 0)
        m = self._pool(self._look(m, mask2, 64, small))
        m = self._reshape(m, -1, 64 * (small // 2) ** 2)
        m = g.add("Tanh", self._dense("dense1", m))
        self._reshape(self._dense("dense2", m), -1, depth, out="bvp")

        g.output("bvp", ("windows" if self._free else 1, depth))
        if not self._free:
            g.output("mask", (pictures, 1, large, large))
        return g.model(facts)

    def _constant(self, *values: int) -> str:
        return self._graph.constant(np.array(values, np.int64))

    def _weights(self, name: str) -> tuple[str, str]:
        weight, bias = (self._tensors[f"{name}.{part}"] for part in ("weight", "bias"))
        return self._graph.constant(weight), self._graph.constant(bias)

    def _reshape(self, x: str, *shape: int, out: str = "") -> str:
        return self._graph.add("Reshape", x, self._constant(*shape), out=out)

    def _conv(self, name: str, x: str, pad: int) -> str:
        y = self._graph.add(
            "Conv", x, *self._weights(name), kernel_shape=[3, 3], pads=[pad, pad, pad, pad]
        )
        return self._graph.add("Tanh", y)

    def _dense(self, name: str, x: str) -> str:
        return self._graph.add("Gemm", x, *self._weights(name), transB=1)

    def _pool(self, x: str) -> str:
        return self._graph.add("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])

    def _mask(self, name: str, a: str, size: int, out: str = "") -> str:
        g = self._graph
        x = g.add("Sigmoid", g.add("Conv", a, *self._weights(name), kernel_shape=[1, 1]))
        share = g.add("Div", x, g.add("ReduceSum", x, self._constant(2, 3), keepdims=1))
        area = size * size if self._recipe.attention_scale == "hw" else size
        return g.add("Mul", share, g.constant(np.array(area * 0.5, np.float32)), out=out)

    def _shift(self, x: str, channels: int, size: int) -> str:
        """The temporal shift as one gathering of rows, each of them a picture."""
        g, depth, padding = self._graph, self._recipe.frame_depth, self._recipe.shift_padding
        x = self._reshape(x, -1, depth * channels, size * size)
        if padding == "zero":
            x = g.add("Pad", x, self._constant(0, 0, 0, 0, 1, 0))
        rows = g.constant(shift_rows(channels, depth, padding))
        return self._reshape(g.add("Gather", x, rows, axis=1), -1, channels, size, size)

    def _look(self, m: str, mask: str, channels: int, size: int) -> str:
        """Motion under a mask: one a window, or one a frame."""
        depth = self._recipe.frame_depth
        masks = depth if self._recipe.appearance == "frame" else 1
        m = self._reshape(m, -1, depth, channels, size * size)
        mask = self._reshape(mask, -1, masks, 1, size * size)
        return self._reshape(self._graph.add("Mul", m, mask), -1, channels, size, size)
