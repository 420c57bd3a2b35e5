"""What a person wants of a recording, and what that costs on the disk."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from app.settings import KeptName

BYTES_PER_PIXEL = 1.5
"""Lossless video of a noisy webcam; drawn or smoothed pictures take half of it or less."""

FACE_SIDE = 72
"""Side of the face's crops in px, as `aimanet.face` makes them."""

BYTES_PER_FRAME = 100
"""What the tables take: times, boxes, readings, the curve."""

_USUAL = (640, 480, 30.0)


@dataclass(frozen=True, slots=True)
class Plan:
    """A recording as it was asked for; ``folder`` is the one that a new session's goes into.

    ``reminded``: the reminder about consent was seen; ``agreed``: it was answered with yes.
    """

    keep: KeptName
    folder: Path
    participant: str = ""
    notes: str = ""
    reminded: bool = False
    agreed: bool = False


@dataclass(frozen=True, slots=True)
class PictureSize:
    """What the source delivers: px and frames a second."""

    width: int = _USUAL[0]
    height: int = _USUAL[1]
    fps: float = _USUAL[2]

    def bytes_per_hour(self, keep: KeptName) -> float:
        """What an hour takes on the disk: an upper estimate, to two digits."""
        pixels = {"frame": self.width * self.height, "face": FACE_SIDE * FACE_SIDE, "none": 0}
        exact = 3600 * self.fps * (pixels[keep] * BYTES_PER_PIXEL + BYTES_PER_FRAME)
        return float(f"{exact:.2g}")


def free_bytes(folder: Path) -> int | None:
    """The room where ``folder`` is or would be; None where nobody can tell."""
    for path in (folder, *folder.parents):
        try:
            return shutil.disk_usage(path).free
        except FileNotFoundError:
            continue
        except OSError:
            return None
    return None
