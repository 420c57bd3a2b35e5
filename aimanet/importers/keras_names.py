"""The layers of Keras files: open-rppg's (Keras 3) and MTTS-CAN's (Keras 2, one or two heads).

Keras lays kernels out as (height, width, in, out) and flattens pictures channels last.
"""

from __future__ import annotations

import math
import re

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aimanet.errors import CheckpointError
from aimanet.importers.origins import Named
from aimanet.importers.reading import KerasFile

Array = NDArray[np.float32]
Layer = tuple[str, Array, Array]
"""What a file calls it, its kernel and its bias."""

# open-rppg's groups, each with `vars/0` (kernel) and `vars/1` (bias) below.
OPEN_RPPG = {
    "motion1": "d1/layers/conv2d",
    "motion2": "d1/layers/conv2d_1",
    "motion3": "d2/layers/conv2d",
    "motion4": "d2/layers/conv2d_1",
    "appearance1": "g1/layers/conv2d",
    "appearance2": "g1/layers/conv2d_1",
    "appearance3": "g2/layers/conv2d",
    "appearance4": "g2/layers/conv2d_1",
    "attention1": "attn1/layers/conv2d",
    "attention2": "attn2/layers/conv2d",
    "dense1": "d/layers/dense",
    "dense2": "d/layers/dense_1",
}

# MTTS-CAN's convolutions in the order in which its program makes them: Keras numbers them so.
MTTS_CAN = (
    "motion1",
    "motion2",
    "appearance1",
    "appearance2",
    "attention1",
    "motion3",
    "motion4",
    "appearance3",
    "appearance4",
    "attention2",
)


def name_keras(file: KerasFile, origin: str) -> Named:
    """Finds the layers. Raises CheckpointError where they are not TS-CAN's."""
    prefix = _open_rppg_prefix(file)
    if origin == "auto":
        origin = "mtts-can" if prefix is None else "open-rppg"
        if origin == "mtts-can":
            _check_shifts(file)
    if origin == "open-rppg":
        layers = _open_rppg(file, prefix or "")
    elif origin == "mtts-can":
        layers = _mtts_can(file)
    else:
        raise CheckpointError(f"{file.path} is an HDF5 file; {origin}'s weights are PyTorch's")
    tensors: dict[str, Tensor] = {}
    for ours, (theirs, kernel, bias) in layers.items():
        tensors[f"{ours}.weight"] = _turned(ours, kernel, f"{file.path}: {theirs}")
        tensors[f"{ours}.bias"] = torch.from_numpy(bias)
    names = {f"{a}.{part}": layers[a][0] for a in layers for part in ("weight", "bias")}
    return Named(origin, tensors, names)


def _turned(ours: str, kernel: Array, where: str) -> Tensor:
    """A Keras kernel as PyTorch lays it out; dense1 for maps flattened channels first."""
    if kernel.ndim == 4:
        return torch.from_numpy(kernel.transpose(3, 2, 0, 1).copy())
    if ours == "dense1":
        side = math.isqrt(kernel.shape[0] // 64)
        if kernel.ndim != 2 or side * side * 64 != kernel.shape[0]:
            raise CheckpointError(f"{where} of shape {kernel.shape} fits no TS-CAN")
        kernel = kernel.reshape(side, side, 64, -1).transpose(2, 0, 1, 3)
        kernel = kernel.reshape(side * side * 64, -1)
    return torch.from_numpy(kernel.T.copy())


def _open_rppg_prefix(file: KerasFile) -> str | None:
    """What stands before ``d1/layers/...`` in the file's paths; None where nothing does."""
    end = f"{OPEN_RPPG['motion1']}/vars/0"
    return next((path.removesuffix(end) for path in file.arrays if path.endswith(end)), None)


def _open_rppg(file: KerasFile, prefix: str) -> dict[str, Layer]:
    layers = {}
    for ours, theirs in OPEN_RPPG.items():
        kernel, bias = (file.arrays.get(f"{prefix}{theirs}/vars/{i}") for i in (0, 1))
        if kernel is None or bias is None:
            raise CheckpointError(f"{file.path} is no TS-CAN of open-rppg: it lacks {theirs}")
        layers[ours] = (theirs, kernel, bias)
    return layers


def _mtts_can(file: KerasFile) -> dict[str, Layer]:
    layers = _keras2_layers(file)
    convolutions = [layer for layer in layers if layer[1].ndim == 4]
    if len(convolutions) != len(MTTS_CAN):
        raise CheckpointError(
            f"{file.path} is no TS-CAN: {len(convolutions)} layers of 2-D convolution, not 10"
        )
    return dict(zip(MTTS_CAN, convolutions, strict=True)) | _head(file, layers)


def _check_shifts(file: KerasFile) -> None:
    """Refuses MTTS-CAN's sisters without temporal shift, whose convolutions look the same."""
    bare = set(file.layers) - {path.split("/")[0] for path in file.arrays}
    # A list of layers with weights alone says nothing about those that have none.
    if bare and not any("tsm" in name.lower() for name in bare):
        raise CheckpointError(
            f"{file.path} is a DeepPhys (CAN): no layer shifts frames in time; if it is a TS-CAN"
            " all the same, say --origin mtts-can"
        )


def _keras2_layers(file: KerasFile) -> list[Layer]:
    """Layers with kernel and bias, in the order in which Keras numbered them."""
    found: dict[str, dict[str, Array]] = {}
    for path, array in file.arrays.items():
        layer, part = path.split("/")[0], path.split("/")[-1].removesuffix(":0")
        found.setdefault(layer, {})[part] = array
    layers = [
        (name, parts["kernel"], parts["bias"])
        for name, parts in found.items()
        if parts.keys() == {"kernel", "bias"}
    ]
    return sorted(layers, key=lambda layer: _number(layer[0]))


def _number(name: str) -> int:
    """The number Keras puts after a name: 12 of ``conv2d_12``, 0 of ``conv2d``."""
    match = re.search(r"_(\d+)$", name)
    return int(match[1]) if match else 0


def _head(file: KerasFile, layers: list[Layer]) -> dict[str, Layer]:
    """The dense layers of the pulse: the first that was made, or the only one."""
    dense = [layer for layer in layers if layer[1].ndim == 2]
    hidden = [layer for layer in dense if layer[1].shape[1] != 1]
    outputs = [layer for layer in dense if layer[1].shape[1] == 1]
    pulse = [layer for layer in outputs if not re.search("output_2|resp", layer[0])]
    if outputs and not pulse:
        raise CheckpointError(f"{file.path} knows respiration alone: it has no head for the pulse")
    if not hidden or not pulse:
        raise CheckpointError(f"{file.path} is no TS-CAN: it lacks its dense layers")
    return {"dense1": hidden[0], "dense2": pulse[0]}
