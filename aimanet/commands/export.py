"""``aimanet export``: a checkpoint as ONNX."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from aimanet.errors import OutputError


@dataclass(frozen=True, slots=True)
class Options:
    """Write a checkpoint as ONNX, for ONNX Runtime, OpenVINO and others.

    The model takes what AimaNet's preprocessing makes of face crops; its metadata says how
    ("recipe"). Example: `aimanet export mine.safetensors --out mine.onnx`.
    """

    out: Path
    """The file to write, e.g. model.onnx."""
    path: Annotated[Path | None, tyro.conf.Positional, tyro.conf.arg(metavar="[CHECKPOINT]")] = None
    """The checkpoint; by default the weights that come with AimaNet."""
    format: Literal["auto", "onnx"] = "auto"
    """What to write; auto tells by the name of --out."""


def run(options: Options) -> int:
    """Exports the checkpoint and says what the result is."""
    _check(options)
    from aimanet.checkpoint import default_weights
    from aimanet.exporters import export_onnx

    done = export_onnx(options.path or default_weights(), options.out)
    recipe = done.recipe
    size, depth = recipe.image_size, recipe.frame_depth
    pictures = f"N*{depth}" if recipe.appearance == "frame" else "N"
    print(f"{done.card.name}: {done.out}")
    print(f"  motion (N*{depth}, 3, {size}, {size}), appearance ({pictures}, 3, {size}, {size})")
    print(f"  -> bvp (N, {depth}), the pulse's derivative at {recipe.fs:g} Hz")
    if done.difference is None:
        print("  not compared with the network: onnxruntime is not installed")
    else:
        print(f"  differs by {done.difference:.1e} at most from the network, in ONNX Runtime")
    return 0


def _check(options: Options) -> None:
    """Refuses what cannot be meant, before torch is loaded."""
    out = options.out
    if options.format == "auto" and out.suffix.lower() != ".onnx":
        raise OutputError(f"{out}: call it something.onnx, or say --format onnx")
    if out.is_dir():
        raise OutputError(f"{out} is a folder: name a file in it to write to")
    if options.path and options.path.exists() and out.exists() and out.samefile(options.path):
        raise OutputError(f"{out} is the checkpoint itself: write the export elsewhere")
