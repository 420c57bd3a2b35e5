"""Foreign weights to ours: the only place that knows what other projects call their layers.

`import_weights` finds out from a file's content where it comes from. What an origin does to
frames before its network sees them becomes a `Recipe`; nothing else remembers the origin.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor

from aimanet.checkpoint import parse_recipe
from aimanet.errors import CheckpointError
from aimanet.importers.fitting import fit
from aimanet.importers.keras_names import name_keras
from aimanet.importers.origins import ORIGINS, Origin
from aimanet.importers.reading import TorchFile, read
from aimanet.importers.torch_names import name_torch
from aimanet.preprocess import Recipe

__all__ = ["ORIGINS", "Imported", "Origin", "import_weights"]


@dataclass(frozen=True, slots=True, eq=False)
class Imported:
    """Weights under our names, with the recipe that feeds them as their authors did.

    ``state`` is a state dict of `TSCAN`; ``origin`` the project they come from; ``notes`` are
    sentences about what the file does not say and was assumed.
    """

    state: dict[str, Tensor]
    recipe: Recipe
    origin: Origin
    notes: tuple[str, ...]


def import_weights(
    path: Path, *, origin: str = "auto", frame_depth: int | None = None, fs: float | None = None
) -> Imported:
    """Reads TS-CAN weights of another project.

    Args:
        path: rPPG-Toolbox's ``.pth``, open-rppg's or MTTS-CAN's HDF5, the seed's ``.pt``.
        origin: one of `ORIGINS`, or "auto" to tell by the content.
        frame_depth: frames a window, where the file was trained with others than its origin's.
        fs: Hz of the frames it was trained with, likewise.

    Raises:
        CheckpointError: the file is missing, damaged, another network's, or does not fit.
    """
    if origin != "auto" and origin not in ORIGINS:
        raise CheckpointError(f"unknown origin '{origin}': use auto, {', '.join(ORIGINS)}")
    file = read(path)
    named = name_torch(file, origin) if isinstance(file, TorchFile) else name_keras(file, origin)
    recipe, notes = ORIGINS[named.origin].recipe, list(named.notes)
    if isinstance(file, TorchFile) and file.recipe:
        recipe = parse_recipe(file.recipe, path)
    else:
        notes += _assumed(recipe, frame_depth, fs)
    recipe = replace(
        recipe,
        frame_depth=recipe.frame_depth if frame_depth is None else frame_depth,
        fs=recipe.fs if fs is None else fs,
    )
    state, recipe = fit(named, recipe, path)
    return Imported(state, recipe, ORIGINS[named.origin], tuple(notes))


def _assumed(recipe: Recipe, frame_depth: int | None, fs: float | None) -> list[str]:
    """What no file says and its project's own programs are set to."""
    notes = []
    if frame_depth is None:
        notes.append(f"Frame depth {recipe.frame_depth}, as published (--frame-depth changes it).")
    if fs is None:
        notes.append(f"Trained at {recipe.fs:g} Hz, as published (--fs changes it).")
    return notes
