"""Our checkpoints for other programs: ONNX."""

from __future__ import annotations

import dataclasses
import json
import tempfile
import warnings
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from aimanet.checkpoint import FORMAT, Card, load_checkpoint, write_whole
from aimanet.errors import AimaNetError
from aimanet.preprocess import Recipe
from aimanet.tscan import TSCAN

OPSET = 17
"""ONNX operator set of the export: known to every runtime since 2022, and TS-CAN needs no newer."""

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
    net, recipe, card = load_checkpoint(checkpoint)
    blob = to_onnx(net, card)
    difference = compare(blob, net) if find_spec("onnxruntime") else None
    if difference is not None and not difference <= TOLERANCE:
        raise ExportError(
            f"the export of {checkpoint} differs by {difference:.1e} from the network: not"
            " written; another version of torch or onnx may do better"
        )
    write_whole(out, blob, "the network")
    return Exported(out, recipe, card, difference)


def to_onnx(net: TSCAN, card: Card) -> bytes:
    """The network as an ONNX model with recipe and card in its metadata; needs onnx."""
    onnx = import_module("onnx")
    model = onnx.load_from_string(_traced(net))
    facts = {
        "format": FORMAT,
        "recipe": json.dumps(dataclasses.asdict(net.recipe)),
        "card": json.dumps(dataclasses.asdict(card)),
    }
    onnx.helper.set_model_props(model, facts)
    model.producer_name = "aimanet"
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()


def _traced(net: TSCAN) -> bytes:
    frames = "frames"
    per_frame = net.recipe.appearance == "frame"
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        file = Path(folder) / "model.onnx"
        # The tracing exporter is said to be old. It is also the one that is the same in all
        # versions of torch that we allow, takes a second instead of ten, and needs no package.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            net.eval(),
            random_windows(net.recipe, 2),
            file,
            opset_version=OPSET,
            dynamo=False,
            input_names=["motion", "appearance"],
            output_names=["bvp"],
            dynamic_axes={
                "motion": {0: frames},
                "appearance": {0: frames if per_frame else "windows"},
                "bvp": {0: "windows"},
            },
        )
        return file.read_bytes()


def random_windows(recipe: Recipe, n: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Noise for ``n`` windows: motion and appearance as the recipe shapes them."""
    noise, size = torch.Generator().manual_seed(seed), recipe.image_size
    pictures = n * recipe.frame_depth if recipe.appearance == "frame" else n
    motion = torch.randn(n * recipe.frame_depth, 3, size, size, generator=noise)
    return motion, torch.randn(pictures, 3, size, size, generator=noise)


def compare(blob: bytes, net: TSCAN) -> float:
    """Largest difference between ONNX Runtime and the network on 1 and 3 random windows."""
    runtime: Any = import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1  # its idle threads spin, and these are few windows
    session = runtime.InferenceSession(blob, options, providers=["CPUExecutionProvider"])
    worst = 0.0
    for n in (1, 3):
        motion, appearance = random_windows(net.recipe, n, seed=n)
        feeds = {"motion": motion.numpy(), "appearance": appearance.numpy()}
        theirs = torch.from_numpy(session.run(["bvp"], feeds)[0])
        with torch.inference_mode():
            worst = max(worst, float((net(motion, appearance) - theirs).abs().max()))
    return worst


def _needs(package: str) -> None:
    if find_spec(package) is None:
        raise ExportError(f'{package} is needed for an export to ONNX: pip install "aimanet[onnx]"')
