"""Photographs in a folder, with the face that the tracker finds in each."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from aimanet.bench.accuracy.material import AccuracyError
from aimanet.datasets.base import natural
from aimanet.face import FaceTracker
from aimanet.synthesis.photos import Photo
from aimanet.types import Frame

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")

LONGEST = 1920
"""Longer sides (px) are scaled down to this: the clips are smaller still."""


def read_photographs(folder: Path) -> list[Photo]:
    """The photographs of a folder that show a face, by name.

    Raises:
        AccuracyError: there is no such folder, or no photograph with a face in it.
        FaceModelError: there is no face detector.
    """
    if not folder.is_dir():
        raise AccuracyError(f"--faces {folder}: no such folder; give one with photographs")
    paths = [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES]
    if not paths:
        raise AccuracyError(f"--faces {folder}: no photographs in it ({', '.join(SUFFIXES)})")
    tracker = FaceTracker()
    try:
        found = [_read(path, tracker) for path in sorted(paths, key=lambda p: natural(p.name))]
    finally:
        tracker.close()
    photos = [photo for photo in found if photo is not None]
    if not photos:
        raise AccuracyError(f"--faces {folder}: no face is found in any of {len(paths)} pictures")
    return photos


def _read(path: Path, tracker: FaceTracker) -> Photo | None:
    """A photograph and its face; None where no face is found or it is no picture."""
    picture = read_picture(path)
    if picture is None:
        return None
    tracker.reset()
    face = tracker.track(Frame(0, 0.0, picture))
    return None if face.bbox is None else Photo(path.stem, picture, face.bbox)


def read_picture(path: Path) -> NDArray[np.uint8] | None:
    """An (H, W, 3) uint8 RGB picture, the right way up; None where it cannot be read."""
    try:
        raw = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise AccuracyError(f"cannot read {path}: {error.strerror or error}") from error
    image = cv2.imdecode(raw, cv2.IMREAD_COLOR) if len(raw) else None
    if image is None:
        return None
    scale = LONGEST / max(image.shape[:2])
    if scale < 1.0:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(image[..., ::-1]).astype(np.uint8, copy=False)
