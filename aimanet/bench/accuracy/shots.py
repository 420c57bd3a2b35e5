"""The held-out shots: kinds of video that training never sees, each with fixed seeds."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aimanet.bench.accuracy.material import AccuracyError, ClipInfo, Material, Reel, Truth
from aimanet.synthesis.kinds import Kind, held_out_kinds, shoot
from aimanet.synthesis.photos import Photo
from aimanet.synthesis.pulse import PulseTrace

TRUTH_HZ = 10.0
"""Rate at which the true heart rate of a drawn clip is written down."""


@dataclass(frozen=True, slots=True, eq=False)
class HeldOutShot(Material):
    """Seed ``seed`` of a kind, ``seconds`` long: of somebody drawn, or of a photograph.

    ``version`` names the code that draws it ("": its crops are not kept).
    """

    kind: Kind
    seed: int
    seconds: float
    version: str = ""
    photo: Photo | None = None

    @property
    def info(self) -> ClipInfo:
        """The kind's conditions."""
        photo = self.photo
        return ClipInfo(
            name=f"{self.kind.name} {self.seed}" + ("" if photo is None else f" {photo.name}"),
            kind=self.kind.name,
            conditions=self.kind.conditions,
            alive=self.kind.alive,
            origin="drawn" if photo is None else "photograph",
            seed=self.seed,
        )

    @property
    def cache_name(self) -> str:
        """Kind, seed, length and photograph in a folder of the code's version."""
        kind = "".join(c if c.isalnum() else "-" for c in self.kind.name)
        name = f"{kind}_{self.seed}_{self.seconds:g}s"
        if self.photo is not None:
            name += f"_{hashlib.sha256(self.photo.picture.tobytes()).hexdigest()[:12]}"
        return f"{self.version}/{name}" if self.version else ""

    def open(self) -> Reel:
        """Begins to draw it."""
        shot = shoot(self.kind, self.seed, self.seconds, self.photo)
        return Reel(shot.frames(), truth_of(shot.truth, self.seconds))


def truth_of(trace: PulseTrace | None, seconds: float) -> Truth | None:
    """The rate of a pulse over a clip."""
    if trace is None:
        return None
    t = np.arange(int(seconds * TRUTH_HZ) + 1) / TRUTH_HZ
    return Truth(t, trace.hr_bpm(t))


def shots(
    kinds: Sequence[Kind], seeds: int, seconds: float, version: str, photos: Sequence[Photo] = ()
) -> list[HeldOutShot]:
    """``seeds`` clips of each kind: of drawn people, or of photographs where there are some.

    The photographs take turns from clip to clip and from kind to kind. A lifeless kind in which
    no photograph is to be seen is left out there: it would be the drawn one once more.
    """
    found: list[HeldOutShot] = []
    for kind in kinds:
        if photos and not kind.alive and not shows(kind, photos[0]):
            continue
        for seed in range(seeds):
            photo = photos[len(found) % len(photos)] if photos else None
            found.append(HeldOutShot(kind, seed, seconds, version, photo))
    return found


def shows(kind: Kind, photo: Photo) -> bool:
    """Whether a photograph changes what is to be seen in clips of a kind."""
    drawn, shown = (next(shoot(kind, 0, 0.5, each).frames()) for each in (None, photo))
    return not np.array_equal(drawn.image, shown.image)


def chosen_kinds(words: Sequence[str] = ()) -> list[Kind]:
    """The held-out kinds, or those that are named, in their own order.

    A word that is no name may be several with commas between them.

    Raises:
        AccuracyError: there is no kind of a name.
    """
    kinds = held_out_kinds()
    known = [kind.name for kind in kinds]
    names: list[str] = []
    for word in words:
        names += [word] if word in known else [each.strip() for each in word.split(",")]
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {'; '.join(known)}"
            raise AccuracyError(f"--kinds {name}: no such kind; {hint}")
    return [kind for kind in kinds if not names or kind.name in names]
