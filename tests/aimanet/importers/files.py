"""Weights files as the originals would have saved them."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from .references import Weights

# The order in which MTTS-CAN's program makes its layers: Keras numbers them so.
CREATED = ("m1", "m2", "a1", "a2", "g1", "m3", "m4", "a3", "a4", "g2")
PLAIN = ("input_1", "input_2", "attention_mask", "multiply", "average_pooling2d", "flatten")


def write_mtts_can(
    path: Path,
    weights: Weights,
    *,
    first: int = 0,
    heads: tuple[str, ...] = ("output_1", "output_2"),
    inside: str = "",
    shifts: bool = True,
    respiration: Weights | None = None,
) -> None:
    """A Keras 2 file. ``first`` is the number of the first layer, ``inside`` "model_weights"."""

    def numbered(name: str, i: int) -> str:
        return f"{name}_{first + i}" if first + i else name

    layers = {numbered("conv2d", i): weights[k] for i, k in enumerate(CREATED)}
    layers[numbered("dense", 0)] = weights["d1"]
    if len(heads) == 2:
        layers[numbered("dense", 1)] = (respiration or weights)["d1"]
    for i, head in enumerate(heads):
        layers[head] = (respiration if i and respiration else weights)["d2"]
    bare = PLAIN + ("tsm", "tsm_1", "tsm_2", "tsm_3") * shifts
    with h5py.File(path, "w") as file:
        root = file.create_group(inside) if inside else file
        # Keras lists layers by their depth in the graph, not as they were made.
        root.attrs["layer_names"] = [n.encode() for n in (*bare, *sorted(layers))]
        for name in bare:
            root.create_group(name)
        for name, (kernel, bias) in layers.items():
            group = root.create_group(name)
            group.attrs["weight_names"] = [f"{name}/{p}:0".encode() for p in ("kernel", "bias")]
            group.create_dataset(f"{name}/kernel:0", data=kernel)
            group.create_dataset(f"{name}/bias:0", data=bias)
        if inside:
            file.create_dataset("optimizer_weights/Adadelta/conv2d/kernel:0", data=np.zeros(3))


OPEN_RPPG = {
    "m1": "d1/layers/conv2d",
    "m2": "d1/layers/conv2d_1",
    "m3": "d2/layers/conv2d",
    "m4": "d2/layers/conv2d_1",
    "a1": "g1/layers/conv2d",
    "a2": "g1/layers/conv2d_1",
    "a3": "g2/layers/conv2d",
    "a4": "g2/layers/conv2d_1",
    "g1": "attn1/layers/conv2d",
    "g2": "attn2/layers/conv2d",
    "d1": "d/layers/dense",
    "d2": "d/layers/dense_1",
}


def write_open_rppg(path: Path, weights: Weights) -> None:
    """A Keras 3 file, float16."""
    with h5py.File(path, "w") as file:
        for short, place in OPEN_RPPG.items():
            for i, array in enumerate(weights[short]):
                file.create_dataset(f"inner/{place}/vars/{i}", data=array.astype(np.float16))


def read_open_rppg(path: Path) -> Weights:
    """The arrays of an open-rppg file by short name."""
    with h5py.File(path) as file:
        return {
            short: (file[f"inner/{place}/vars/0"][()], file[f"inner/{place}/vars/1"][()])
            for short, place in OPEN_RPPG.items()
        }
