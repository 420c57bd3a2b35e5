"""All data sets by name, and what a word on the command line means: ``NAME=DIR`` or ``DIR``."""

from __future__ import annotations

import difflib
from importlib import import_module
from pathlib import Path

from aimanet.datasets.base import Dataset, DatasetError

ARRAYS = "seed"
"""The arrays that the seed's recipe trains on: no frames, so no `Dataset`."""

_CLASSES = {
    "ubfc_phys": "UbfcPhys",
    "ubfc_rppg": "UbfcRppg",
    "pure": "Pure",
    "scamps": "Scamps",
    "mmpd": "Mmpd",
    "ibvp": "Ibvp",
    "cohface": "Cohface",
    "bp4d": "Bp4d",
    "sessions": "Sessions",
}


def _load() -> dict[str, Dataset]:
    found: dict[str, Dataset] = {}
    for module, name in _CLASSES.items():
        try:
            dataset = getattr(import_module(f"aimanet.datasets.{module}"), name)()
        except ModuleNotFoundError:
            continue  # still being written
        found[dataset.name] = dataset
    return found


DATASETS: dict[str, Dataset] = _load()
"""The readers by their names on the command line."""


def candidates(root: Path) -> list[str]:
    """The names of all data sets that recognise the folder."""
    names = [name for name, dataset in DATASETS.items() if dataset.find(root).recordings]
    return [*names, ARRAYS] if holds_arrays(root) else names


def holds_arrays(root: Path) -> bool:
    """Whether the folder looks like one of the two forms of the seed's arrays."""
    return (root / "input_numpy.npy").is_file() or (root / "train" / "images").is_dir()


def detect(root: Path) -> str:
    """The name of the data set that recognises the folder.

    Raises:
        DatasetError: none does, or several do.
    """
    names = candidates(root)
    if len(names) == 1:
        return names[0]
    if names:
        raise DatasetError(
            f"{root}: holds {' and '.join(names)}; say which one is meant: {names[0]}={root}"
        )
    tried = ", ".join([*DATASETS, ARRAYS])
    raise DatasetError(
        f"{root}: none of the known data sets ({tried}); "
        "`aimanet datasets` says what a folder must look like"
    )


def parse_spec(spec: str) -> tuple[str, Path]:
    """Name and folder of ``NAME=DIR`` or of ``DIR``, which is detected then.

    Raises:
        DatasetError: no such data set, no such folder, or a folder that nobody recognises.
    """
    name, equals, rest = spec.partition("=")
    named = bool(equals) and not Path(spec).expanduser().exists()
    root = Path(rest if named else spec).expanduser()
    if named and name not in (*DATASETS, ARRAYS):
        raise DatasetError(_unknown(name))
    if not root.is_dir():
        what = "is no folder" if root.exists() else "no such folder"
        raise DatasetError(f"{root}: {what}; give the folder that the data set was unpacked to")
    return (name if named else detect(root)), root


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, [*DATASETS, ARRAYS], n=1)
    hint = f"did you mean {near[0]}?" if near else f"known: {', '.join([*DATASETS, ARRAYS])}"
    return f"there is no data set {name!r}; {hint}"
