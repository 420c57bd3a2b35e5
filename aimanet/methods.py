"""The ways to a pulse, by name: the network and the three classical methods."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

from aimanet.classical import Chrom, Green, Pos
from aimanet.errors import MethodError
from aimanet.preprocess import Recipe
from aimanet.types import BvpSegment, Clip

LABELS = {"tscan": "TS-CAN", "pos": "POS", "chrom": "CHROM", "green": "GREEN"}
"""Names for people, in the order in which they are offered."""

METHODS = tuple(LABELS)
"""All method names; the first is the default."""

DEVICES = ("auto", "cpu", "cuda")
"""What a network may run on; ``auto`` takes CUDA where there is one."""


class PulseMethod(Protocol):
    """Clips in, pulse segments out, in order, causal; ``reset`` starts a new face or recording.

    ``model`` names the weights (None for methods that have none). A clip with ``starts`` set
    makes a method drop what it remembers, so that no further call is needed after a gap.
    """

    name: str
    model: str | None
    recipe: Recipe

    def process(self, clip: Clip) -> BvpSegment:
        """Returns the pulse of a clip; the segment may begin before it and better the past."""

    def reset(self) -> None:
        """Forgets the past."""


def make_method(name: str, *, device: str = "auto", weights: Path | None = None) -> PulseMethod:
    """Returns the method called ``name``.

    Args:
        name: one of `METHODS`.
        device: where the network runs: auto, cpu or cuda; the classical methods need none.
        weights: another checkpoint than the one that is shipped.

    Raises:
        MethodError: unknown name or device, or no such device here.
        CheckpointError: the weights are missing, damaged or not ours.
    """
    _check_device(device)
    if name == "tscan":
        return _network(resolve_device(device), weights)
    classical = {c.name: c for c in (Pos, Chrom, Green)}
    if name not in classical:
        raise MethodError(f"unknown method '{name}': use one of {', '.join(METHODS)}")
    if weights is not None:
        raise MethodError(f"method '{name}' has no weights: leave them out, or use tscan")
    return classical[name]()


def resolve_device(device: str) -> str:
    """Returns cpu or cuda for auto, cpu or cuda. Loads torch.

    Raises:
        MethodError: an unknown device, or CUDA is asked for and not there.
    """
    _check_device(device)
    # Read once, when torch's OpenMP loads: idle threads spin only shortly after each window.
    os.environ.setdefault("GOMP_SPINCOUNT", "3000")
    import torch

    there = torch.cuda.is_available()
    if device == "cuda" and not there:
        raise MethodError("cuda asked for but not available here; use --device cpu")
    if device == "auto":
        return "cuda" if there else "cpu"
    return device


def _check_device(device: str) -> None:
    if device not in DEVICES:
        raise MethodError(f"unknown device '{device}': use one of {', '.join(DEVICES)}")


def _network(device: str, weights: Path | None) -> PulseMethod:
    try:
        from aimanet.network import NetworkMethod
    except ModuleNotFoundError as error:
        raise MethodError(f"tscan cannot be loaded ({error}); use --method pos") from error
    return NetworkMethod(weights=weights, device=device)
