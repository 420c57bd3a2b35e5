"""Weights files opened without running anything in them: tensors and names, not yet understood."""

from __future__ import annotations

import pickle
import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from torch import Tensor

from aimanet.errors import CheckpointError
from aimanet.files import require_ordinary

HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
TORCH_MAGIC = (b"PK\x03\x04", b"\x80")
"""A zip archive, or a bare pickle as torch wrote it before 1.6."""

MAX_BYTES = 1 << 28
MAX_NUMBERS = 1 << 26
"""No TS-CAN file, even with its optimiser's state, is as large, packed or unpacked."""

MAX_DEPTH = 7
"""Levels of groups in an HDF5 file; Keras makes five."""

WRAPPERS = ("model_state_dict", "state_dict", "model")
"""Where training loops keep the state dict inside what they save."""


@dataclass(frozen=True, slots=True, eq=False)
class TorchFile:
    """A state dict. ``recipe`` is the JSON that our own seed command puts beside it, or ""."""

    path: Path
    tensors: dict[str, Tensor]
    recipe: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class KerasFile:
    """Arrays of an HDF5 file by path; ``layers`` as its attribute `layer_names` lists them."""

    path: Path
    arrays: dict[str, NDArray[np.float32]]
    layers: tuple[str, ...] = ()


def read(path: Path) -> TorchFile | KerasFile:
    """Opens a weights file by its content.

    Raises:
        CheckpointError: missing, a folder, damaged, no weights file, or h5py is needed and
            not installed.
    """
    if path.is_dir():
        raise CheckpointError(f"{path} is a folder: name the weights file in it")
    try:
        require_ordinary(path)
        with open(path, "rb") as file:
            head = file.read(8)
        size = path.stat().st_size
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {error.strerror or error}") from error
    if size > MAX_BYTES:
        raise CheckpointError(f"{path} has {size / 1e9:.1f} GB: no TS-CAN is as large")
    if head == HDF5_MAGIC:
        return _read_hdf5(path)
    if head.startswith(TORCH_MAGIC):
        return _read_torch(path)
    if path.suffix == ".safetensors":
        return _read_safetensors(path)
    raise CheckpointError(
        f"{path} is no weights file: neither PyTorch (.pth, .pt) nor HDF5 (.h5, .hdf5)"
    )


def _read_torch(path: Path) -> TorchFile:
    _check_unpacked(path)
    try:
        with warnings.catch_warnings(action="ignore"):  # torch's, about odd files: we refuse them
            loaded = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise _refused(path, str(error)) from error
    except Exception as error:  # a damaged archive ends in almost any exception
        raise _unreadable(path, "PyTorch", error) from error
    if not isinstance(loaded, dict):
        raise CheckpointError(f"{path} holds a {type(loaded).__name__}, no state dict")
    inner = next((loaded[k] for k in WRAPPERS if isinstance(loaded.get(k), dict)), loaded)
    tensors = {
        # What DataParallel, Lightning and torch.compile put before each name.
        re.sub(r"^((module|model|_orig_mod)\.)+", "", str(k)): v
        for k, v in inner.items()
        if isinstance(v, Tensor)
    }
    ours = str(loaded.get("format", "")).startswith("aimanet-seed-")
    return TorchFile(path, tensors, str(loaded.get("recipe", "")) if ours else "")


def _check_unpacked(path: Path) -> None:
    """Raises CheckpointError for an archive that would unpack to gigabytes."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except Exception:  # a bare pickle; or damaged, which torch will say in its own words
        return
    if size > MAX_BYTES:
        raise CheckpointError(f"{path} unpacks to {size / 1e9:.1f} GB: no TS-CAN is as large")


def _refused(path: Path, reason: str) -> CheckpointError:
    code = re.search(r"(?:GLOBAL|function|class) ([\w.]+)", reason)
    if code is None:
        return CheckpointError(f"{path} is no readable PyTorch file: fetch it again")
    return CheckpointError(
        f"{path} holds more than tensors ({code[1]}) and was not opened, since that could run"
        " somebody's code: save the network's state_dict() alone"
    )


def _read_safetensors(path: Path) -> TorchFile:
    try:
        tensors = load_safetensors(path.read_bytes())
    except (SafetensorError, OSError, ValueError) as error:
        raise _unreadable(path, "safetensors", error) from error
    if "motion1.weight" in tensors:
        raise CheckpointError(f"{path} is in AimaNet's own format already: use it as it is")
    return TorchFile(path, tensors)


def _read_hdf5(path: Path) -> KerasFile:
    try:
        import h5py
    except ModuleNotFoundError as error:
        raise CheckpointError(f"h5py is needed for {path.name}: pip install h5py") from error
    try:
        with h5py.File(path, "r") as file:
            root = file.get("model_weights", file)
            layers = [_text(name) for name in root.attrs.get("layer_names", ())]
            arrays = dict(_arrays(root, h5py.Dataset))
    except CheckpointError:
        raise
    except Exception as error:  # h5py answers a damaged file with almost any exception
        raise _unreadable(path, "HDF5", error) from error
    return KerasFile(path, arrays, tuple(layers))


def _arrays(root: Any, dataset: Any) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """All arrays under ``root`` by path; the optimiser's are left out."""
    numbers = 0
    for name, item in _items(root, "", MAX_DEPTH, set()):
        if not isinstance(item, dataset) or name.startswith("optimizer"):
            continue
        numbers += (item.size or 0) * max(1, item.dtype.itemsize // 4)
        if item.external or item.is_virtual or numbers > MAX_NUMBERS:
            raise CheckpointError(f"{item.file.filename}: {name} is no layer of a TS-CAN")
        if np.issubdtype(item.dtype, np.floating):
            yield name, np.asarray(item[()], np.float32)


def _items(group: Any, above: str, depth: int, seen: set[int]) -> Iterator[tuple[str, Any]]:
    """All below a group, each once, but links.

    HDF5's own walk takes minutes over thousands of levels. ``seen`` are places in the file.
    """
    import h5py

    for key in group:
        if not isinstance(group.get(key, getlink=True), h5py.HardLink):
            continue
        item, name = group[key], f"{above}{key}"
        place = h5py.h5o.get_info(item.id).addr
        if place in seen:
            continue
        seen.add(place)
        yield name, item
        if isinstance(item, h5py.Group) and depth:
            yield from _items(item, f"{name}/", depth - 1, seen)


def _text(name: bytes | str) -> str:
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)


def _unreadable(path: Path, kind: str, error: Exception) -> CheckpointError:
    reason = " ".join(str(error).split())[:100]
    return CheckpointError(f"{path} is no readable {kind} file ({reason}): fetch it again")
