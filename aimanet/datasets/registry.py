"""All data sets by name, and what a word on the command line means: ``NAME=DIR`` or ``DIR``."""

from __future__ import annotations

import difflib
from pathlib import Path

from aimanet.datasets.arrays import is_arrays
from aimanet.datasets.base import Dataset, DatasetError
from aimanet.datasets.bp4d import Bp4d
from aimanet.datasets.cohface import Cohface
from aimanet.datasets.ibvp import Ibvp
from aimanet.datasets.mmpd import Mmpd
from aimanet.datasets.pure import Pure
from aimanet.datasets.scamps import Scamps
from aimanet.datasets.sessions import Sessions
from aimanet.datasets.ubfc_phys import UbfcPhys
from aimanet.datasets.ubfc_rppg import UbfcRppg

ARRAYS = "seed"
"""The arrays that the seed's recipe trains on: no frames, so no `Dataset`."""

_READERS = (
    UbfcPhys(),
    UbfcRppg(),
    Pure(),
    Scamps(),
    Mmpd(),
    Ibvp(),
    Cohface(),
    Bp4d(),
    Sessions(),
)

DATASETS: dict[str, Dataset] = {reader.name: reader for reader in _READERS}
"""The readers by their names on the command line."""
SIZES = {
    "ubfc-phys": "56 people, 168 videos of 3 min",
    "ubfc-rppg": "50 videos of 1 min (8 and 42), a person each",
    "pure": "10 people, 59 videos of 1 min",
    "scamps": "2800 drawn people, a video of 20 s each",
    "mmpd": "33 people, 660 videos of 1 min",
    "ibvp": "124 videos of 3 min",
    "cohface": "40 people, 160 videos of 1 min",
    "bp4d": "140 people, 1400 videos",
    "sessions": "what you have recorded yourself",
    ARRAYS: "made by you, usually from UBFC-Phys",
}
"""How much there is of each, for people."""
ARRAYS_TITLE = "The arrays of the recipe that AimaNet started from"
ARRAYS_WHERE = (
    "Made by your own preparation of a data set: motion and appearance at 36x36, one label a "
    "frame. `train` and `seed` take them as they are; there is no video to prepare or evaluate."
)
ARRAYS_LAYOUT = """\
DIR/input_numpy.npy    (frames, 6, 36, 36) float32: channels 0-2 motion, 3-5 appearance
DIR/output_numpy.npy   (frames,) one label a frame
or one pair of files a recording:
DIR/train/images/*.npy  train/gt/*.npy  test/images/*.npy  test/gt/*.npy"""


def candidates(root: Path) -> list[str]:
    """The names of all data sets that recognise the folder."""
    names = [name for name, dataset in DATASETS.items() if dataset.find(root).recordings]
    return [*names, ARRAYS] if is_arrays(root) else names


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
    raise DatasetError(f"{root}: {_why_none(root)}")


def _why_none(root: Path) -> str:
    """What to say of a folder without a recording: the nearest thing to one, or what was tried."""
    for name, dataset in DATASETS.items():
        broken = [problem for problem in dataset.find(root).problems if problem.fatal]
        if broken:
            first = broken[0].path
            where = first.relative_to(root) if first.is_relative_to(root) else first
            return f"looks like {name}, but {where} {broken[0].text}"
    if not any(root.iterdir()):
        return "the folder is empty; give the folder that the data set was unpacked to"
    tried = ", ".join([*DATASETS, ARRAYS])
    return (
        f"none of the known data sets ({tried}); "
        "`aimanet datasets show` says what their folders look like"
    )


def parse_spec(spec: str) -> tuple[str, Path]:
    """Name and folder of ``NAME=DIR`` or of ``DIR``, which is detected then.

    Raises:
        DatasetError: no such data set, no such folder, or a folder that nobody recognises.
    """
    name, root = _parts(spec)
    return name or detect(root), root


def every_meaning(spec: str) -> list[tuple[str, Path]]:
    """Like `parse_spec`, but a folder that holds several data sets gives each of them.

    Raises:
        DatasetError: as `parse_spec`.
    """
    name, root = _parts(spec)
    if name:
        return [(name, root)]
    return [(each, root) for each in candidates(root) or [detect(root)]]


def unknown(name: str) -> str:
    """What to say to a name that is none, with the nearest that is."""
    near = difflib.get_close_matches(name.lower(), [*DATASETS, ARRAYS], n=1)
    hint = f"did you mean {near[0]}?" if near else f"known: {', '.join([*DATASETS, ARRAYS])}"
    return f"there is no data set {name!r}; {hint}"


def _parts(spec: str) -> tuple[str, Path]:
    """The name ("" where none is given) and the folder."""
    name, equals, rest = spec.partition("=")
    named = bool(equals) and not Path(spec).expanduser().exists()
    root = Path(rest if named else spec).expanduser()
    if named and name not in (*DATASETS, ARRAYS):
        raise DatasetError(unknown(name))
    if not spec.strip() or (named and not rest):
        raise DatasetError(f"{spec!r}: no folder in it; give NAME=DIR or DIR")
    if not root.is_dir():
        what = "is no folder" if root.exists() else "no such folder"
        raise DatasetError(f"{root}: {what}; give the folder that the data set was unpacked to")
    return (name if named else ""), root
