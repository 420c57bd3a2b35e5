"""Named tensors into our network: sizes found out, shapes and numbers checked."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from aimanet.errors import CheckpointError
from aimanet.importers.origins import Named
from aimanet.preprocess import Recipe
from aimanet.tscan import TSCAN


def fit(named: Named, recipe: Recipe, path: Path) -> tuple[dict[str, Tensor], Recipe]:
    """The state dict, float32, and the recipe with the picture size that the weights have.

    Raises:
        CheckpointError: a shape is not TS-CAN's, a number is not finite, the recipe makes no
            sense.
    """
    recipe = replace(recipe, image_size=_image_size(named, recipe, path))
    try:
        wanted = TSCAN(recipe).state_dict()
    except ValueError as error:
        raise CheckpointError(f"{path} cannot be used: {error}") from error
    return {name: _checked(named, name, wanted[name], path) for name in wanted}, recipe


def _image_size(named: Named, recipe: Recipe, path: Path) -> int:
    """The side (px) of the pictures, by how many numbers reach the dense layer."""
    shape = tuple(named.tensors["dense1.weight"].shape)
    inputs = shape[-1] if len(shape) == 2 else 0
    flat = math.isqrt(inputs // 64)
    if flat < 1 or flat * flat * 64 != inputs:
        raise CheckpointError(
            f"{path}: {named.theirs['dense1.weight']} has shape {shape}, which no size of"
            " pictures gives: no TS-CAN, or a changed one"
        )
    side = ((recipe.image_size - 2) // 2 - 2) // 2
    # Four sizes end in the same map; the least is the one in use (36, 72, 96, 128).
    return recipe.image_size if side == flat else 4 * flat + 8


def _checked(named: Named, name: str, wanted: Tensor, path: Path) -> Tensor:
    tensor, theirs = named.tensors[name], named.theirs[name]
    bare = tensor.layout != torch.strided or tensor.is_meta  # a meta tensor has a shape alone
    if bare or not tensor.is_floating_point():
        raise CheckpointError(f"{path}: {theirs} is no plain tensor of numbers with a fraction")
    if tensor.shape != wanted.shape:
        raise CheckpointError(
            f"{path}: {theirs} has shape {tuple(tensor.shape)} and not"
            f" {tuple(wanted.shape)}: another network, or a changed one"
        )
    tensor = tensor.detach().to(torch.float32).clone(memory_format=torch.contiguous_format)
    if not torch.isfinite(tensor).all():
        raise CheckpointError(f"{path}: {theirs} is not all finite numbers: fetch it again")
    return tensor
