"""The held-out shots: kinds of video that training never sees, each with fixed seeds."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aimanet.bench.accuracy.material import AccuracyError, ClipInfo, Material, Reel, Truth
from aimanet.synthesis.kinds import Kind, held_out_kinds, shoot
from aimanet.synthesis.pulse import PulseTrace

TRUTH_HZ = 10.0
"""Rate at which the true heart rate of a drawn clip is written down."""


@dataclass(frozen=True, slots=True)
class HeldOutShot(Material):
    """Seed ``seed`` of a kind, ``seconds`` long. ``version`` names the code that draws it."""

    kind: Kind
    seed: int
    seconds: float
    version: str = ""

    @property
    def info(self) -> ClipInfo:
        """The kind's conditions."""
        return ClipInfo(
            name=f"{self.kind.name} {self.seed}",
            kind=self.kind.name,
            conditions=self.kind.conditions,
            alive=self.kind.alive,
            seed=self.seed,
        )

    @property
    def cache_name(self) -> str:
        """Kind, seed, length, and the code's fingerprint as a folder."""
        kind = "".join(c if c.isalnum() else "-" for c in self.kind.name)
        name = f"{kind}_{self.seed}_{self.seconds:g}s"
        return f"{self.version}/{name}" if self.version else ""

    def open(self) -> Reel:
        """Begins to draw it."""
        shot = shoot(self.kind, self.seed, self.seconds)
        return Reel(shot.frames(), truth_of(shot.truth, self.seconds))


def truth_of(trace: PulseTrace | None, seconds: float) -> Truth | None:
    """The rate of a pulse over a clip."""
    if trace is None:
        return None
    t = np.arange(int(seconds * TRUTH_HZ) + 1) / TRUTH_HZ
    return Truth(t, trace.hr_bpm(t))


def chosen_kinds(names: Sequence[str] = ()) -> list[Kind]:
    """The held-out kinds, or those that are named, in their own order.

    Raises:
        AccuracyError: there is no kind of a name.
    """
    kinds = held_out_kinds()
    known = [kind.name for kind in kinds]
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
            raise AccuracyError(f"--kinds {name}: no such kind; {hint}")
    return [kind for kind in kinds if not names or kind.name in names]
