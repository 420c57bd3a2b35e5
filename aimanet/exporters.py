"""Our checkpoints for other programs: ONNX."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from aimanet.backends.base import random_window
from aimanet.backends.by_numpy import NumpyRunner
from aimanet.backends.graph import tscan_graph
from aimanet.checkpoint import FORMAT, Card, Weights, read_weights, write_whole
from aimanet.errors import AimaNetError
from aimanet.preprocess import Recipe

TOLERANCE = 1e-5
"""An export that differs more from the network on random windows is not written."""


class ExportError(AimaNetError):
    """A checkpoint cannot be exported."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written. ``difference`` is the largest from our own outputs on random windows.

    It is None where onnxruntime is not installed.
    """

    out: Path
    recipe: Recipe
    card: Card
    difference: float | None


def export_onnx(checkpoint: Path, out: Path) -> Exported:
    """Writes a checkpoint as ONNX, whole or not at all.

    Inputs are ``motion`` (N*T, 3, S, S) and ``appearance`` (N or N*T, 3, S, S), as
    `MotionAppearance` makes them; the output is ``bvp`` (N, T), the pulse derivative. N is free.
    The recipe and the card are JSON in the model's metadata.

    Raises:
        CheckpointError: the checkpoint cannot be read.
        ExportError: onnx is not installed, or the export differs from the network.
        OutputError: ``out`` cannot be written.
    """
    _needs("onnx")
    weights = read_weights(checkpoint)
    blob = to_onnx(weights)
    difference = compare(blob, weights) if find_spec("onnxruntime") else None
    if difference is not None and not difference <= TOLERANCE:
        raise ExportError(
            f"the export of {checkpoint} differs by {difference:.1e} from the network: not"
            " written; another version of onnxruntime may do better"
        )
    write_whole(out, blob, "the network")
    return Exported(out, weights.recipe, weights.card, difference)


def to_onnx(weights: Weights) -> bytes:
    """The network as an ONNX model with recipe and card in its metadata; needs onnx."""
    facts = {
        "format": FORMAT,
        "recipe": json.dumps(dataclasses.asdict(weights.recipe)),
        "card": json.dumps(dataclasses.asdict(weights.card)),
    }
    blob = tscan_graph(weights.tensors, weights.recipe, facts, free=True)
    onnx = import_module("onnx")
    onnx.checker.check_model(onnx.load_from_string(blob), full_check=True)
    return blob


def compare(blob: bytes, weights: Weights) -> float:
    """Largest difference between ONNX Runtime and the network on 1 and 3 random windows."""
    runtime: Any = import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1  # its idle threads spin, and these are few windows
    session = runtime.InferenceSession(blob, options, providers=["CPUExecutionProvider"])
    ours, worst = NumpyRunner(weights), 0.0
    for n in (1, 3):
        windows = [random_window(weights.recipe, seed) for seed in range(n)]
        motion, appearance = (np.concatenate(part) for part in zip(*windows, strict=True))
        (theirs,) = session.run(["bvp"], {"motion": motion, "appearance": appearance})
        truth = np.stack([ours.run(*window)[0] for window in windows])
        worst = max(worst, float(np.abs(theirs - truth).max()))
    return worst


def _needs(package: str) -> None:
    if find_spec(package) is None:
        raise ExportError(f"{package} is needed for an export to ONNX: pip install onnx")
