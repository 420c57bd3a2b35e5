"""``aimanet import-weights``: weights of other projects to a checkpoint of ours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from aimanet.errors import OutputError

if TYPE_CHECKING:
    from aimanet.checkpoint import Card
    from aimanet.importers import Imported


@dataclass(frozen=True, slots=True)
class Options:
    """Convert TS-CAN weights of other projects to a checkpoint of ours.

    Read are rPPG-Toolbox (.pth), open-rppg (.h5), MTTS-CAN (.hdf5) and the seed (.pt). The
    result runs live, in analyze and evaluate, and can be fine-tuned.

    Example: `aimanet import-weights PURE_TSCAN.pth --out pure.safetensors`.
    """

    path: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="FILE")]
    """The weights file. Nothing in it is run."""
    out: Path
    """The checkpoint to write, a .safetensors file."""
    name: str = ""
    """What to call the weights; by default after FILE."""
    origin: Literal["auto", "rppg-toolbox", "open-rppg", "mtts-can", "seed"] = "auto"
    """The project they come from; auto tells by the file's content."""
    frame_depth: int | None = None
    """Frames a window the network was trained with, where not its project's usual number."""
    fs: float | None = None
    """Frames a second it was trained with (Hz), likewise."""


def run(options: Options) -> int:
    """Converts the file and says what it was."""
    from aimanet.checkpoint import save_checkpoint
    from aimanet.importers import import_weights

    _check_out(options)
    found = import_weights(
        options.path, origin=options.origin, frame_depth=options.frame_depth, fs=options.fs
    )
    save_checkpoint(options.out, found.state, found.recipe, _card(options, found))
    recipe = found.recipe
    parameters = sum(tensor.numel() for tensor in found.state.values())
    print(f"{found.origin.title}: TS-CAN, {parameters:,} parameters")
    print(
        f"{recipe.image_size} x {recipe.image_size} px, {recipe.frame_depth} frames a window"
        f" ({recipe.shift_padding} padding), {recipe.fs:g} Hz"
    )
    for note in found.notes:
        print(f"  {note}")
    print(f"Weights: {options.out}")
    return 0


def _check_out(options: Options) -> None:
    """Refuses a place that would not load again, or that is the very file to convert."""
    out = options.out
    if out.suffix != ".safetensors":
        raise OutputError(f"{out}: call the checkpoint something.safetensors")
    if out.is_dir():
        raise OutputError(f"{out} is a folder: name a file in it to write to")
    if out.exists() and options.path.exists() and out.samefile(options.path):
        raise OutputError(f"{out} is the file to convert: write the checkpoint elsewhere")


def _card(options: Options, found: Imported) -> Card:
    from aimanet.checkpoint import Card, fingerprint

    words = ["python main.py import-weights", options.path.name, "--out", options.out.name]
    for flag in ("name", "origin", "frame_depth", "fs"):
        value = getattr(options, flag)
        if value not in (None, "", "auto"):
            words += [f"--{flag.replace('_', '-')}", str(value)]
    return Card(
        name=options.name or options.path.stem.removesuffix(".weights"),
        origin=found.origin.title,
        command=" ".join(words),
        data=f"as its authors trained it; {options.path.name}, {fingerprint(options.path)}",
        created=datetime.now(UTC).strftime("%Y-%m-%d"),
    )
