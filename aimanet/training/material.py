"""What a run learns from and is judged by, before it becomes examples."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from aimanet.datasets.arrays import Stretch
from aimanet.datasets.cached import CachedRecording
from aimanet.datasets.pseudo import pseudo_ppg
from aimanet.errors import AimaNetError
from aimanet.training.config import SYNTHETIC

Piece = CachedRecording | Stretch
"""A recording with its face crops, or one of the ready-made arrays."""

PSEUDO = ("label", "POS")
"""The tag of recordings whose label is no sensor's."""


@dataclass(frozen=True, slots=True)
class Material:
    """What one data spec stands for.

    ``recordings`` of face crops or of ready-made arrays; none for drawn faces. ``held_out``
    marks material that is for validation alone. ``weight`` is its share of a batch beside the
    others' weights (None: by size).
    """

    spec: str = SYNTHETIC
    recordings: tuple[Piece, ...] = ()
    held_out: bool = False
    weight: float | None = None

    @property
    def synthetic(self) -> bool:
        """Whether these are drawn faces."""
        return self.spec == SYNTHETIC

    def digest(self) -> str:
        """Tells this material from other material: names, lengths and labels."""
        told = hashlib.sha256(SYNTHETIC.encode() if self.synthetic else b"")
        for recording in self.recordings:
            told.update(f"{key(recording)} {length(recording)} {self.held_out}\n".encode())
            if isinstance(recording, CachedRecording):
                told.update(np.ascontiguousarray(recording.ppg).tobytes())
        return told.hexdigest()[:16]


def key(piece: Piece) -> str:
    """How messages call it: ``pure/01-02``."""
    if isinstance(piece, CachedRecording):
        return piece.key
    return f"seed/{piece.pair.name}:{piece.first}"


def person(piece: Piece) -> str:
    """Whose face it is; the same name in two data sets is two people."""
    dataset = piece.dataset if isinstance(piece, CachedRecording) else "seed"
    return f"{dataset}/{piece.subject}"


def length(piece: Piece) -> int:
    """Frames."""
    return len(piece.t) if isinstance(piece, CachedRecording) else piece.frames


def measured(piece: Piece) -> bool:
    """Whether a sensor made the label."""
    return not isinstance(piece, CachedRecording) or PSEUDO not in piece.tags


def with_pseudo_label(recording: CachedRecording) -> CachedRecording:
    """A recording without a sensor gets the pulse that POS sees as its label."""
    if recording.labelled:
        return recording
    return replace(recording, ppg=pseudo_ppg(recording), tags=(*recording.tags, PSEUDO))


def labelled_only(spec: str, recordings: Sequence[CachedRecording]) -> list[CachedRecording]:
    """Leaves out recordings without a label.

    Raises:
        AimaNetError: none is left.
    """
    good = [r for r in recordings if r.labelled]
    if not good:
        raise AimaNetError(
            f"none of the {len(recordings)} recordings of {spec} has a contact sensor's label:"
            " --pseudo-labels trains on the pulse that POS sees"
        )
    return good
