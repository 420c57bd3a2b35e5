"""Weights with their recipe: one safetensors file, nothing executable in it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from aimanet.errors import CheckpointError, OutputError
from aimanet.preprocess import Recipe
from aimanet.tscan import TSCAN

FORMAT = "aimanet-tscan-1"
DEFAULT_NAME = "tscan"

FOREIGN = (".pth", ".pt", ".h5", ".hdf5", ".keras", ".ckpt")
"""What other programs call their weights."""


@dataclass(frozen=True, slots=True)
class Card:
    """Where weights come from. ``figures`` are what validation printed; ``command`` makes them.

    ``origin`` is the project that trained imported weights, "" for our own.
    """

    name: str = DEFAULT_NAME
    origin: str = ""
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
    write_whole(path, save(tensors, metadata), "weights")


def write_whole(path: Path, blob: bytes, what: str) -> None:
    """Writes ``blob`` to ``path``, whole or not at all (OutputError, which calls it ``what``)."""
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
            f"cannot write {what} to {path}: {reason}; choose another place"
        ) from error


def load_checkpoint(path: Path) -> tuple[TSCAN, Recipe, Card]:
    """Reads a checkpoint of ours. Raises CheckpointError with a line a user can act on."""
    tensors, metadata = _read(path)
    if not metadata.get("format", "").startswith("aimanet-tscan-"):
        raise CheckpointError(f"{path} holds no AimaNet weights; use a file made by `train`")
    if metadata["format"] != FORMAT:
        raise CheckpointError(f"{path} is of a newer AimaNet ({metadata['format']}); update")
    recipe = parse_recipe(metadata.get("recipe", ""), path)
    card = _parse(Card, metadata.get("card", ""), path)
    return _network(path, tensors, recipe), recipe, card


def parse_recipe(text: str, path: Path) -> Recipe:
    """The recipe that ``path`` carries as JSON. Raises CheckpointError for a damaged one."""
    recipe: Recipe = _parse(Recipe, text, path)
    try:
        recipe.check()
    except ValueError as error:
        raise _damaged("recipe", path, error) from error
    return recipe


def fingerprint(path: Path) -> str:
    """First 12 hex digits of the SHA-256 of a weights file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    if not path.is_file():
        raise CheckpointError(
            f"no weights at {path}; name a .safetensors file or make one with `aimanet train`"
        )
    if path.suffix.lower() in FOREIGN:
        out = path.with_suffix(".safetensors").name
        raise CheckpointError(
            f"{path} is not in AimaNet's format; convert it once with"
            f" `aimanet import-weights {path} --out {out}`"
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
            _check_type(name, value, hints[name])
        return kind(**values)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise _damaged(kind.__name__.lower(), path, error) from error


def _check_type(name: str, value: object, hint: Any) -> None:
    """Raises ValueError where a value from JSON does not fit the type of its field."""
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            raise ValueError(f"{name} is {value!r}, not one of {get_args(hint)}")
    elif hint in (int, float):
        wanted = int if hint is int else (int, float)
        # bool is an int to Python; NaN and Infinity are numbers to its JSON.
        if isinstance(value, bool) or not isinstance(value, wanted) or not math.isfinite(value):
            raise ValueError(f"{name} is {value!r}, not a number that fits")
    elif not isinstance(value, get_origin(hint) or hint):
        raise ValueError(f"{name} is {value!r}, not what belongs there")


def _damaged(what: str, path: Path, error: Exception) -> CheckpointError:
    return CheckpointError(
        f"the {what} inside {path} is damaged ({_short(error)}); fetch or train it again"
    )


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
