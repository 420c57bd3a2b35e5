"""The ways to a pulse, by name: the network and the three classical methods."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from aimanet.backends.devices import DEVICES, check_device, resolve_device
from aimanet.classical import Chrom, Green, Pos
from aimanet.errors import MethodError
from aimanet.preprocess import Recipe
from aimanet.types import BvpSegment, Clip

__all__ = ["DEVICES", "LABELS", "METHODS", "PulseMethod", "make_method", "resolve_device"]

LABELS = {"tscan": "TS-CAN", "pos": "POS", "chrom": "CHROM", "green": "GREEN"}
"""Names for people, in the order in which they are offered."""

METHODS = tuple(LABELS)
"""All method names; the first is the default."""


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


def make_method(
    name: str, *, device: str = "auto", weights: Path | None = None, threads: int | None = None
) -> PulseMethod:
    """Returns the method called ``name``.

    Args:
        name: one of `METHODS`.
        device: where the network runs: auto, cpu or cuda; the classical methods need none.
        weights: another checkpoint than the one that is shipped.
        threads: so many for the network, where the caller has work for the other cores; None: as
            many as pay.

    Raises:
        MethodError: unknown name or device, or no such device or backend here.
        CheckpointError: the weights are missing, damaged or not ours.
    """
    check_device(device)
    if name == "tscan":
        return _network(device, weights, threads)
    classical = {c.name: c for c in (Pos, Chrom, Green)}
    if name not in classical:
        raise MethodError(f"unknown method '{name}': use one of {', '.join(METHODS)}")
    if weights is not None:
        raise MethodError(f"method '{name}' has no weights: leave them out, or use tscan")
    return classical[name]()


def _network(device: str, weights: Path | None, threads: int | None) -> PulseMethod:
    try:
        from aimanet.network import NetworkMethod
    except ModuleNotFoundError as error:
        raise MethodError(f"tscan cannot be loaded ({error}); use --method pos") from error
    return NetworkMethod(device, weights, threads)
