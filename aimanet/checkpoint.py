"""Weights with their recipe: one safetensors file, nothing executable in it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args, get_type_hints

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from aimanet.errors import CheckpointError, OutputError
from aimanet.preprocess import Recipe
from aimanet.tscan import TSCAN

FORMAT = "aimanet-tscan-1"
DEFAULT_NAME = "tscan"


@dataclass(frozen=True, slots=True)
class Card:
    """Where weights come from. ``figures`` are what validation printed; ``command`` makes them."""

    name: str = DEFAULT_NAME
    command: str = ""
    data: str = ""
    seed: int = 0
    steps: int = 0
    created: str = ""
    figures: dict[str, float] = field(default_factory=dict)


def weights_folder() -> Path:
    """The folder of shipped weights: ``models/`` of a checkout, or the installed package's."""
    package = Path(__file__).resolve().parent
    checkout = package.parent / "models"
    return checkout if checkout.is_dir() else package / "_models"


def default_weights() -> Path:
    """Path of the weights that are used when nobody names others."""
    return weights_folder() / f"{DEFAULT_NAME}.safetensors"


def save_checkpoint(path: Path, state: dict[str, Tensor], recipe: Recipe, card: Card) -> None:
    """Writes weights, recipe and card to ``path``, whole or not at all (OutputError)."""
    metadata = {
        "format": FORMAT,
        "recipe": json.dumps(dataclasses.asdict(recipe)),
        "card": json.dumps(dataclasses.asdict(card)),
    }
    tensors = {k: v.detach().to("cpu", torch.float32).contiguous() for k, v in state.items()}
    blob = save(tensors, metadata)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(blob)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(partial, 0o644)
            os.replace(partial, path)
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(
            f"cannot write weights to {path}: {reason}; choose another place"
        ) from error


def load_checkpoint(path: Path) -> tuple[TSCAN, Recipe, Card]:
    """Reads a checkpoint of ours. Raises CheckpointError with a line a user can act on."""
    tensors, metadata = _read(path)
    if not metadata.get("format", "").startswith("aimanet-tscan-"):
        raise CheckpointError(f"{path} holds no AimaNet weights; use a file made by `train`")
    if metadata["format"] != FORMAT:
        raise CheckpointError(f"{path} is of a newer AimaNet ({metadata['format']}); update")
    recipe = _parse(Recipe, metadata.get("recipe", ""), path)
    card = _parse(Card, metadata.get("card", ""), path)
    return _network(path, tensors, recipe), recipe, card


def fingerprint(path: Path) -> str:
    """First 12 hex digits of the SHA-256 of a weights file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    if not path.is_file():
        raise CheckpointError(
            f"no weights at {path}; name a .safetensors file or make one with `aimanet train`"
        )
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            return {key: file.get_tensor(key) for key in file.keys()}, metadata  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(
            f"{path} is no readable safetensors file ({_short(error)}); fetch or train it again"
        ) from error


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:120]


def _parse(kind: type[Any], text: str, path: Path) -> Any:
    try:
        values = json.loads(text)
        hints = get_type_hints(kind)
        known = {f.name for f in dataclasses.fields(kind)}
        if not isinstance(values, dict) or not set(values) <= known:
            raise ValueError(f"unknown fields {sorted(set(values) - known)}")
        for name, value in values.items():
            if (choices := get_args(hints[name])) and isinstance(choices[0], str):
                if value not in choices:
                    raise ValueError(f"{name} is {value!r}, not one of {choices}")
            elif hints[name] in (int, float) and not isinstance(value, (int, float)):
                raise ValueError(f"{name} is {value!r}, not a number")
        return kind(**values)
    except (ValueError, TypeError) as error:
        what = kind.__name__.lower()
        raise CheckpointError(
            f"the {what} inside {path} is damaged ({_short(error)}); fetch or train it again"
        ) from error


def _network(path: Path, tensors: dict[str, Tensor], recipe: Recipe) -> TSCAN:
    if not all(torch.isfinite(tensor).all() for tensor in tensors.values()):
        raise CheckpointError(f"the weights in {path} are not finite numbers; train them again")
    try:
        net = TSCAN(recipe)
        net.load_state_dict(tensors)
    except (RuntimeError, ValueError) as error:
        raise CheckpointError(
            f"the weights in {path} do not fit their recipe ({_short(error)})"
        ) from error
    return net.eval()
