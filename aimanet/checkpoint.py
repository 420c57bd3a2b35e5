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
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from aimanet.errors import CheckpointError, OutputError, in_one_line
from aimanet.files import LFS_POINTER, is_lfs_pointer
from aimanet.preprocess import Recipe

if TYPE_CHECKING:
    from torch import Tensor

    from aimanet.tscan import TSCAN

FORMAT = "aimanet-tscan-1"
DEFAULT_NAME = "tscan"

FOREIGN = (".pth", ".pt", ".h5", ".hdf5", ".keras", ".ckpt")
"""What other programs call their weights."""

_MAX_HEADER = 1 << 20
"""Bytes; the header of our own files takes 4000."""


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


@dataclass(frozen=True, slots=True)
class Weights:
    """A checkpoint as plain arrays, checked: finite float32 in the shapes of the recipe's TS-CAN.

    ``fingerprint`` is the first 12 hex digits of the file's SHA-256.
    """

    tensors: dict[str, NDArray[np.float32]]
    recipe: Recipe
    card: Card
    fingerprint: str


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
    tensors = {k: np.ascontiguousarray(v.detach().cpu().float().numpy()) for k, v in state.items()}
    write_whole(path, save(tensors, metadata), "weights")


def write_whole(path: Path, blob: bytes, what: str) -> None:
    """Writes ``blob`` to ``path``, whole or not at all (OutputError, which calls it ``what``).

    A link is followed. A device or a pipe stays what it is and is written to.
    """
    target = Path(os.path.realpath(path))
    try:
        if target.exists() and not target.is_file() and not target.is_dir():
            target.write_bytes(blob)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=target.parent, prefix=target.name, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(blob)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(partial, 0o644)
            os.replace(partial, target)
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(
            f"cannot write {what} to {path}: {reason}; choose another place"
        ) from error


def load_checkpoint(path: Path) -> tuple[TSCAN, Recipe, Card]:
    """Reads a checkpoint of ours into torch. Raises CheckpointError as `read_weights` does."""
    from aimanet.tscan import TSCAN

    weights = read_weights(path)
    return TSCAN.of(weights.tensors, weights.recipe), weights.recipe, weights.card


def read_weights(path: Path) -> Weights:
    """Reads a checkpoint of ours. Raises CheckpointError with a line a user can act on.

    Nothing of the file is run, and no more of it is read than its recipe calls for.
    """
    _check_file(path)
    try:
        with safe_open(path, framework="numpy") as file:
            recipe, card = _facts(file.metadata() or {}, path)
            tensors = _tensors(file, recipe, path)
        return Weights(tensors, recipe, card, fingerprint(path))
    except (SafetensorError, OSError, ValueError, MemoryError) as error:
        raise _unreadable(path, in_one_line(error, 120)) from error


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


def _check_file(path: Path) -> None:
    """Raises CheckpointError for what is no file of ours at first sight."""
    if not path.is_file():
        raise CheckpointError(
            f"no weights at {path}; name a .safetensors file or make one with `aimanet train`"
        )
    if is_lfs_pointer(path):
        raise CheckpointError(f"{path}: {LFS_POINTER}")
    if path.suffix.lower() in FOREIGN:
        out = path.with_suffix(".safetensors").name
        raise CheckpointError(
            f"{path} is not in AimaNet's format; convert it once with"
            f" `aimanet import-weights {path} --out {out}`"
        )
    try:
        with path.open("rb") as file:
            header = int.from_bytes(file.read(8), "little")
    except OSError as error:
        raise _unreadable(path, in_one_line(error, 120)) from error
    if header > _MAX_HEADER:
        raise _unreadable(path, f"its header claims {header} bytes")


def _facts(metadata: dict[str, str], path: Path) -> tuple[Recipe, Card]:
    if not metadata.get("format", "").startswith("aimanet-tscan-"):
        raise CheckpointError(f"{path} holds no AimaNet weights; use a file made by `train`")
    if metadata["format"] != FORMAT:
        raise CheckpointError(f"{path} is of a newer AimaNet ({metadata['format']}); update")
    recipe = parse_recipe(metadata.get("recipe", ""), path)
    return recipe, _parse(Card, metadata.get("card", ""), path)


def shapes(recipe: Recipe) -> dict[str, tuple[int, ...]]:
    """The shapes of TS-CAN's weights under a recipe, by name."""
    flat = ((recipe.image_size - 2) // 2 - 2) // 2
    layers: dict[str, tuple[int, ...]] = {}
    for branch in ("motion", "appearance"):
        for i, (before, after) in enumerate(((3, 32), (32, 32), (32, 64), (64, 64)), start=1):
            layers[f"{branch}{i}"] = (after, before, 3, 3)
    layers |= {"attention1": (1, 32, 1, 1), "attention2": (1, 64, 1, 1)}
    layers |= {"dense1": (128, 64 * flat * flat), "dense2": (1, 128)}
    biases = {f"{name}.bias": shape[:1] for name, shape in layers.items()}
    return {f"{name}.weight": shape for name, shape in layers.items()} | biases


def _tensors(file: Any, recipe: Recipe, path: Path) -> dict[str, NDArray[np.float32]]:
    wanted = shapes(recipe)
    if odd := sorted(set(wanted) ^ set(file.keys())):
        raise _misfit(path, f"missing or unknown: {', '.join(odd[:3])}")
    tensors = {}
    for name, shape in wanted.items():
        piece = file.get_slice(name)  # its shape and type are known before it is read
        if tuple(piece.get_shape()) != shape or piece.get_dtype() not in ("F16", "F32", "F64"):
            raise _misfit(path, f"{name} is {piece.get_dtype()} {piece.get_shape()}")
        with np.errstate(over="ignore"):  # too large for float32 is infinite, and refused
            tensors[name] = np.ascontiguousarray(file.get_tensor(name), np.float32)
        if not np.isfinite(tensors[name]).all():
            raise CheckpointError(f"the weights in {path} are not finite numbers; train them again")
    return tensors


def _unreadable(path: Path, reason: str) -> CheckpointError:
    return CheckpointError(
        f"{path} is no readable safetensors file ({reason}); fetch or train it again"
    )


def _misfit(path: Path, reason: str) -> CheckpointError:
    return CheckpointError(f"the weights in {path} do not fit their recipe ({reason})")


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
        f"the {what} inside {path} is damaged ({in_one_line(error, 120)}); fetch or train it again"
    )
