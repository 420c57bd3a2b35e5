"""BlazeFace without MediaPipe's library: the same file, the same boxes, and nobody is told.

MediaPipe's tasks report how often and how fast they are used to Google
(https://play.googleapis.com/log: once a minute and at each close; the package's privacy notice says
so) and have no switch against it. So the network is read out of the .tflite file and runs in ONNX
Runtime or, where that is not installed, in OpenCV. What surrounds it follows the paper (Bazarevsky
et al., BlazeFace, 2019) and MediaPipe's published graph: the picture is fitted into a square, each
of 896 anchors says how sure it is and where its face lies, and what overlaps is averaged.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from aimanet.backends.onnx_file import Graph
from aimanet.tflite import Layer, Network, Tensor, read

SIDE = 128
"""The network's picture, px."""
GRIDS = ((16, 2), (8, 6))
"""Cells a side, and anchors in each cell."""
OVERLAP = 0.3
"""Boxes that share more of their union are one face."""
_SAME = 0  # TensorFlow's padding: as many pixels out as in, over the stride
_RELU = 1

Floats = NDArray[np.float32]
Run = Callable[[Floats], tuple[Floats, Floats]]


@dataclass(frozen=True, slots=True)
class Face:
    """A face in fractions of the picture: ``box`` (x0, y0, x1, y1), six ``marks`` (6, 2)."""

    score: float
    box: NDArray[np.float64]
    marks: NDArray[np.float64]


class BlazeFace:
    """Finds faces in pictures (H, W, 3) uint8 RGB.

    Args:
        data: the .tflite file.
        min_score: faces the network is less sure of are left out.

    Raises:
        ValueError: ``data`` is not the face detection network.
    """

    def __init__(self, data: bytes, min_score: float) -> None:
        self._run = _runner(_to_onnx(read(data)))
        self._min_score = min_score
        self._anchors = _anchors()

    def __call__(self, picture: NDArray[np.uint8]) -> list[Face]:
        """The faces, the surest first."""
        height, width = picture.shape[:2]
        longer = max(height, width)
        edge = np.array([(width - longer) / 2, (height - longer) / 2])
        values, scores = self._run(_fitted(picture, longer / SIDE, edge))
        certain = 1.0 / (1.0 + np.exp(-np.clip(scores[0, :, 0].astype(np.float64), -100, 100)))
        kept = np.flatnonzero(certain >= self._min_score)
        points = values[0, kept].astype(np.float64).reshape(-1, 8, 2) / SIDE
        points[:, 0] += self._anchors[kept]
        points[:, 2:] += self._anchors[kept, None]
        half = points[:, 1] / 2
        corners = np.stack((points[:, 0] - half, points[:, 0] + half), axis=1)
        # x, y of two corners and six marks, of each anchor that sees a face
        all_points = np.concatenate((corners, points[:, 2:]), axis=1)
        size = np.array([width, height])
        found = _merged(certain[kept], (all_points * longer + edge) / size, size)
        return [Face(score, xy[:2].reshape(4), xy[2:]) for score, xy in found]


def _fitted(picture: NDArray[np.uint8], times: float, edge: NDArray[np.float64]) -> Floats:
    """The whole picture in a black square, -1 to 1: (1, 3, SIDE, SIDE)."""
    where = np.array([[times, 0, edge[0]], [0, times, edge[1]]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    square = cv2.warpAffine(np.ascontiguousarray(picture), where, (SIDE, SIDE), flags=flags)
    return (square.transpose(2, 0, 1)[None].astype(np.float32) - 127.5) * np.float32(1 / 127.5)


def _anchors() -> NDArray[np.float64]:
    """Centres (896, 2) x, y, in the order of the network's outputs."""
    centres = []
    for cells, each in GRIDS:
        middle = (np.arange(cells) + 0.5) / cells
        x, y = np.meshgrid(middle, middle)
        centres.append(np.repeat(np.stack((x, y), axis=-1).reshape(-1, 2), each, axis=0))
    return np.concatenate(centres)


def _merged(
    scores: NDArray[np.float64], points: NDArray[np.float64], size: NDArray[np.int_]
) -> list[tuple[float, NDArray[np.float64]]]:
    """One face for each heap of boxes (N, 8, 2), averaged by score; the heap's best score."""
    order = np.argsort(-scores, kind="stable")
    found = []
    while order.size:
        best = order[0]
        same = _overlaps(points[best, :2], points[order, :2]) > OVERLAP
        same[0] = True  # also a box without an area, which overlaps nothing
        heap = order[same]
        weights = scores[heap] / scores[heap].sum()
        found.append((float(scores[best]), np.tensordot(weights, points[heap], axes=1)))
        order = order[~same]
    return found


def _overlaps(one: NDArray[np.float64], boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shared area over that of the union, for boxes (N, 2, 2) of corners."""
    shared = np.minimum(one[1], boxes[:, 1]) - np.maximum(one[0], boxes[:, 0])
    both = np.prod(np.maximum(shared, 0), axis=1)
    union = np.prod(one[1] - one[0]) + np.prod(boxes[:, 1] - boxes[:, 0], axis=1) - both
    return np.divide(both, union, out=np.zeros_like(both), where=union > 0)


def load() -> None:
    """Imports what runs the network, for those who want to wait for it at another time."""
    with contextlib.suppress(ImportError):
        importlib.import_module("onnxruntime")


def _runner(graph: bytes) -> Run:
    try:
        return _onnxruntime(graph)
    except ImportError:  # it is an extra, and may lack a system library
        return _opencv(graph)


def _onnxruntime(graph: bytes) -> Run:
    onnxruntime: Any = importlib.import_module("onnxruntime")
    onnxruntime.disable_telemetry_events()  # Windows builds would log to the system
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors
    # A millisecond of work: a second thread would cost more than it brings.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def run(square: Floats) -> tuple[Floats, Floats]:
        values, scores = session.run(["regressors", "classificators"], {"input": square})
        return values, scores

    return run


def _opencv(graph: bytes) -> Run:
    # OpenCV 5's new engine forgets the second output.
    buffer = np.frombuffer(graph, np.uint8)
    net = cv2.dnn.readNetFromONNX(buffer, cv2.dnn.ENGINE_CLASSIC)

    def run(square: Floats) -> tuple[Floats, Floats]:
        net.setInput(square)
        values, scores = net.forward(["regressors", "classificators"])
        return np.asarray(values, np.float32), np.asarray(scores, np.float32)

    return run


def _to_onnx(network: Network) -> bytes:
    """The network as an ONNX file, its pictures (N, C, H, W)."""
    shapes = [network.tensors[i].shape for i in (*network.inputs, *network.outputs)]
    if shapes != [(1, SIDE, SIDE, 3), (1, 896, 16), (1, 896, 1)]:
        raise ValueError("a network for something else than faces")
    try:
        return _Converter(network).file()
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise ValueError(f"a damaged network ({error})") from error


class _Converter:
    """Goes through the layers; ``_names`` are the tensors' in the ONNX graph."""

    def __init__(self, network: Network) -> None:
        self._tensors = network.tensors
        self._layers = network.layers
        self._outputs = network.outputs
        self._values = {i: t.values for i, t in enumerate(network.tensors) if t.values is not None}
        self._graph = Graph()
        self._names = {network.inputs[0]: self._graph.input("input", (1, 3, SIDE, SIDE))}

    def file(self) -> bytes:
        for layer in self._layers:
            self._add(layer)
        for name, number in zip(("regressors", "classificators"), self._outputs, strict=True):
            self._graph.add("Identity", self._names[number], out=name)
            self._graph.output(name, self._tensors[number].shape)
        return self._graph.model({})

    def _add(self, layer: Layer) -> None:
        made = layer.outputs[0]
        if layer.kind == "DEQUANTIZE":  # constants of 16 bits
            self._values[made] = self._values[layer.inputs[0]].astype(np.float32)
        elif layer.kind in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            self._names[made] = self._convolution(layer)
        else:
            self._names[made] = self._simple(layer, self._tensors[made])

    def _simple(self, layer: Layer, made: Tensor) -> str:
        g, names = self._graph, [self._names.get(i, "") for i in layer.inputs]
        if layer.kind == "RELU":
            return g.add("Relu", names[0])
        if layer.kind == "ADD":
            return self._active(g.add("Add", *names), layer, 0)
        if layer.kind == "CONCATENATION":
            return g.add("Concat", *names, axis=1)
        if layer.kind == "RESHAPE":
            flat = g.add("Transpose", names[0], perm=(0, 2, 3, 1))
            return g.add("Reshape", flat, g.constant(np.array(made.shape, np.int64)))
        if layer.kind == "PAD":
            before_after = self._values[layer.inputs[1]][[0, 3, 1, 2]].T.reshape(-1)
            return g.add("Pad", names[0], g.constant(before_after.astype(np.int64)))
        table = layer.options
        assert table is not None
        kernel = table.number(4, "i"), table.number(3, "i")
        strides = table.number(2, "i"), table.number(1, "i")
        return g.add("MaxPool", names[0], kernel_shape=kernel, strides=strides)

    def _convolution(self, layer: Layer) -> str:
        table, g = layer.options, self._graph
        assert table is not None
        depthwise = layer.kind == "DEPTHWISE_CONV_2D"
        # (out, h, w, in), or (1, h, w, out) where each channel has its own
        weights = self._values[layer.inputs[1]].transpose(
            (3, 0, 1, 2) if depthwise else (0, 3, 1, 2)
        )
        strides = table.number(2, "i"), table.number(1, "i")
        kernel, pads = weights.shape[2:], (0, 0, 0, 0)
        if table.number(0) == _SAME:
            sizes = self._tensors[layer.inputs[0]].shape[1:3]
            pads = _same_padding(sizes, kernel, strides)
        made = g.add(
            "Conv",
            self._names[layer.inputs[0]],
            g.constant(np.ascontiguousarray(weights)),
            g.constant(self._values[layer.inputs[2]]),
            kernel_shape=kernel,
            strides=strides,
            pads=pads,
            group=weights.shape[0] if depthwise else 1,
        )
        return self._active(made, layer, 4 if depthwise else 3)

    def _active(self, name: str, layer: Layer, field: int) -> str:
        relu = layer.options is not None and layer.options.number(field) == _RELU
        return self._graph.add("Relu", name) if relu else name


def _same_padding(
    sizes: tuple[int, ...], kernel: tuple[int, ...], strides: tuple[int, int]
) -> tuple[int, int, int, int]:
    """TensorFlow's: the odd pixel at the end, counted from the last stride."""
    both = [
        max((-(-n // s) - 1) * s + k - n, 0) for n, k, s in zip(sizes, kernel, strides, strict=True)
    ]
    return both[0] // 2, both[1] // 2, both[0] - both[0] // 2, both[1] - both[1] // 2
