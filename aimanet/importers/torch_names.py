"""The layers of PyTorch files: rPPG-Toolbox's, and the seed's."""

from __future__ import annotations

from aimanet.errors import CheckpointError
from aimanet.importers.origins import Named
from aimanet.importers.reading import TorchFile

PARTS = ("weight", "bias")


def _toolbox(head: str = "") -> dict[str, str]:
    """Our layers to rPPG-Toolbox's, which spells appearance so; ``head`` is "_y" in MTTS-CAN."""
    names = {f"motion{i}": f"motion_conv{i}" for i in (1, 2, 3, 4)}
    names |= {f"appearance{i}": f"apperance_conv{i}" for i in (1, 2, 3, 4)}
    names |= {f"attention{i}": f"apperance_att_conv{i}" for i in (1, 2)}
    return names | {f"dense{i}": f"final_dense_{i}{head}" for i in (1, 2)}


def _seed() -> dict[str, str]:
    names = {f"motion{i}": f"tsm_conv{i}.conv1" for i in (1, 2, 3, 4)}
    names |= {f"appearance{i}": f"reg_conv{i}.conv1" for i in (1, 2, 3, 4)}
    names |= {f"attention{i}": f"g{i}_conv.conv1" for i in (1, 2)}
    return names | {f"dense{i}": f"fc{i}" for i in (1, 2)}


def name_torch(file: TorchFile, origin: str) -> Named:
    """Finds the layers. Raises CheckpointError where they are not TS-CAN's."""
    if origin == "auto":
        origin = _detect(file)
    if origin == "seed":
        return _named(file, origin, _seed())
    if origin != "rppg-toolbox":
        raise CheckpointError(f"{file.path} is a PyTorch file; {origin}'s weights are HDF5")
    two_heads = "final_dense_1_y.weight" in file.tensors
    return _named(file, origin, _toolbox("_y" if two_heads else ""))


def _detect(file: TorchFile) -> str:
    keys = file.tensors
    if file.recipe or "tsm_conv1.conv1.weight" in keys:
        return "seed"
    if "apperance_conv1.weight" not in keys:
        raise CheckpointError(f"{file.path} holds {_other(list(keys))}, no TS-CAN")
    if "deepphys" in file.path.name.lower():
        raise CheckpointError(
            f"{file.path} is DeepPhys by its name, whose layers are called like TS-CAN's but see"
            " no neighbouring frames; if it is a TS-CAN, say --origin rppg-toolbox"
        )
    return "rppg-toolbox"


def _other(names: list[str]) -> str:
    if "motion_conv1.weight" in names:
        return "an EfficientPhys"
    if any(name.startswith("ConvBlock1.") for name in names):
        return "a PhysNet"
    if not names:
        return "no tensors"
    return f"another network ({', '.join(name[:80] for name in names[:3])}, ...)"


def _named(file: TorchFile, origin: str, layers: dict[str, str]) -> Named:
    theirs = {f"{a}.{part}": f"{b}.{part}" for a, b in layers.items() for part in PARTS}
    keys = file.tensors
    missing = [b for b in theirs.values() if b not in keys]
    if missing and "final_dense_1_r.weight" in keys:
        raise CheckpointError(f"{file.path} knows respiration alone: it has no head for the pulse")
    if missing:
        raise CheckpointError(f"{file.path} is no TS-CAN: it lacks {', '.join(missing[:3])}")
    # The second head of the toolbox's MTTS-CAN reads respiration and is left behind.
    more = [k for k in keys if k not in theirs.values() and not k.split(".")[0].endswith("_r")]
    if more:
        raise CheckpointError(
            f"{file.path} has layers TS-CAN has not: {', '.join(name[:80] for name in more[:3])}"
        )
    notes: tuple[str, ...] = ()
    if origin == "rppg-toolbox":
        notes = ("DeepPhys has the same layers: be sure that this file is a TS-CAN's.",)
    return Named(origin, {a: keys[b] for a, b in theirs.items()}, theirs, notes)
