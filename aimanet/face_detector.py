"""BlazeFace behind a small interface: look at a picture, or at a part of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aimanet.blazeface import BlazeFace, Face
from aimanet.errors import FaceModelError
from aimanet.face_geometry import Region, average_blocks

LOOK_SIZE = 192
"""Least size of what the detector is given, px (up to twice that). The network itself sees
128 x 128; a picture averaged down to near that gives steadier landmarks than the whole frame
(0.18 against 0.25 px of a 380 px face) for less time."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One face seen in one look, in pixels of the whole frame.

    ``box_x, box_y, box_size`` are centre and side of the detector's square (eyebrows to
    chin). ``mark_x, mark_y`` and ``spread`` are mean and root-mean-square distance from it
    of the six landmarks: they say little about how large a head is, but they are 3-4 times
    steadier from frame to frame than the box. ``score`` is 0-1.
    """

    box_x: float
    box_y: float
    box_size: float
    mark_x: float
    mark_y: float
    spread: float
    score: float


class FaceDetector:
    """Finds faces in single pictures.

    Each look may show another part of the frame and depends on nothing before it, so that a file
    gives the same boxes whenever it is played.
    """

    def __init__(self, model_path: Path, min_score: float) -> None:
        """Load the model.

        Raises:
            FaceModelError: the file is not the face detection model.
        """
        try:
            self._find = BlazeFace(_read(model_path), min_score)
        except (RuntimeError, ValueError) as error:
            reason = " ".join(str(error).split())[:200]
            raise FaceModelError(
                f"{model_path} is no face detection model: {reason}; "
                "delete it to have it fetched again, or name another one"
            ) from error

    def look(self, image: NDArray[np.uint8], region: Region | None = None) -> list[Sighting]:
        """All faces in ``image`` (H, W, 3) uint8 RGB, or in one region of it."""
        region = region or (0, 0, image.shape[1], image.shape[0])
        longer = max(region[2] - region[0], region[3] - region[1])
        times = max(1, min(longer // LOOK_SIZE, *image.shape[:2]))
        small, origin = average_blocks(image, region, times)
        return [_sighting(found, small, times, origin) for found in self._find(small)]

    def close(self) -> None:
        """Nothing: the network goes with its last user."""


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FaceModelError(f"cannot read the face model {path}: {error.strerror}") from error


def _sighting(
    face: Face, picture: NDArray[np.uint8], times: int, origin: tuple[int, int]
) -> Sighting:
    """A face in fractions of the picture given, in pixels of the frame."""
    size = np.array([picture.shape[1], picture.shape[0]])
    # Whole pixels, as MediaPipe gave them: what smooths the box was tuned with these.
    left, top, width, height = np.floor(
        np.concatenate((face.box[:2] * size, (face.box[2:] - face.box[:2]) * size))
    )
    marks = face.marks * size * times + origin
    middle = marks.mean(axis=0)
    return Sighting(
        box_x=float((left + width / 2) * times + origin[0]),
        box_y=float((top + height / 2) * times + origin[1]),
        box_size=float((width + height) / 2 * times),
        mark_x=float(middle[0]),
        mark_y=float(middle[1]),
        spread=float(np.sqrt(((marks - middle) ** 2).sum(axis=1).mean())),
        score=face.score,
    )
