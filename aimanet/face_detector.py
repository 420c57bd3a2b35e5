"""MediaPipe's BlazeFace behind a small interface: look at a picture, or at a part of it."""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aimanet import face_library
from aimanet.errors import FaceModelError
from aimanet.face_geometry import Region, average_blocks
from aimanet.face_model import LARGEST_BYTES
from aimanet.files import require_ordinary

LOOK_SIZE = 192
"""Least size of what the detector is given, px (up to twice that). The network itself sees
128 x 128; a picture averaged down to near that gives steadier landmarks than the whole frame
(0.18 against 0.25 px of a 380 px face) for less time."""

_stderr_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Sighting:
    """One face seen in one look, in pixels of the whole frame.

    ``box_x, box_y, box_size`` are centre and side of the detector's square (eyebrows to
    chin). ``mark_x, mark_y`` and ``spread`` are mean and root-mean-square distance from it
    of the six landmarks: they say little about how large a head is, but they are 3-4 times
    steadier from frame to frame than the box. ``score`` is 0-1. ``steady``: followed from look to
    look (`face_drift`), so that hardly any of its movement is noise.
    """

    box_x: float
    box_y: float
    box_size: float
    mark_x: float
    mark_y: float
    spread: float
    score: float
    steady: bool = False


class FaceDetector:
    """Finds faces in single pictures.

    The running mode is IMAGE: each look may show another part of the frame, needs no
    time stamps that only rise, and depends on nothing before it, so that a file gives the
    same boxes whenever it is played. (VIDEO would not track either; it only checks stamps.)
    """

    def __init__(self, model_path: Path, min_score: float) -> None:
        """Load the model.

        Raises:
            FaceModelError: the file is not a face detection model MediaPipe can load.
        """
        parts = face_library.load()  # not at the top: only those who look for faces pay
        self._image, self._format = parts.image, parts.srgb
        options = parts.options(
            # As bytes: the C++ side cannot open every path that Windows can.
            base_options=parts.base_options(model_asset_buffer=_read(model_path)),
            running_mode=parts.running_mode.IMAGE,
            min_detection_confidence=min_score,
        )
        try:
            with _quiet_stderr():
                self._net = parts.detector.create_from_options(options)
                for height in (LOOK_SIZE, LOOK_SIZE // 2, LOOK_SIZE // 3):
                    # It also comments on its first looks; and the first frame is then no slower.
                    self._detect(np.zeros((height, LOOK_SIZE, 3), np.uint8))
        except (RuntimeError, ValueError, OSError) as error:
            reason = " ".join(str(error).split())[:200]
            raise FaceModelError(
                f"{model_path} is no face detection model: {reason}; "
                "delete it to have it fetched again, or name another one"
            ) from error
        self._free = weakref.finalize(self, _free, self._net)

    def look(self, image: NDArray[np.uint8], region: Region | None = None) -> list[Sighting]:
        """All faces in ``image`` (H, W, 3) uint8 RGB, or in one region of it."""
        region = region or (0, 0, image.shape[1], image.shape[0])
        longer = max(region[2] - region[0], region[3] - region[1])
        times = max(1, min(longer // LOOK_SIZE, *image.shape[:2]))
        small, origin = average_blocks(image, region, times)
        return [_sighting(found, small, times, origin) for found in self._detect(small)]

    def close(self) -> None:
        """Free the network; idempotent."""
        self._free()

    def _detect(self, picture: NDArray[Any]) -> list[Any]:
        data = np.ascontiguousarray(picture)
        return self._net.detect(self._image(image_format=self._format, data=data)).detections


def _free(net: Any) -> None:
    """Close the network; at the interpreter's exit only keep it from complaining.

    MediaPipe closes in a thread of its own, which is gone by then: the process frees it.
    """
    try:
        with _quiet_stderr():
            net.close()
    except RuntimeError:
        net._handle = None


def _read(path: Path) -> bytes:
    try:
        require_ordinary(path, LARGEST_BYTES)
        return path.read_bytes()
    except OSError as error:
        raise FaceModelError(f"cannot read the face model {path}: {error.strerror}") from error


def _sighting(
    found: Any, picture: NDArray[np.uint8], times: int, origin: tuple[int, int]
) -> Sighting:
    """A MediaPipe detection (pixels and fractions of the picture given) in frame pixels."""
    box = found.bounding_box
    marks = np.array([(mark.x, mark.y) for mark in found.keypoints])
    marks = marks * (picture.shape[1] * times, picture.shape[0] * times) + origin
    middle = marks.mean(axis=0)
    return Sighting(
        box_x=(box.origin_x + box.width / 2) * times + origin[0],
        box_y=(box.origin_y + box.height / 2) * times + origin[1],
        box_size=(box.width + box.height) / 2 * times,
        mark_x=float(middle[0]),
        mark_y=float(middle[1]),
        spread=float(np.sqrt(((marks - middle) ** 2).sum(axis=1).mean())),
        score=found.categories[0].score,
    )


@contextlib.contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Send what C++ writes to file descriptor 2 nowhere, for the moment of loading.

    MediaPipe prints a dozen lines about delegates and has no setting against it. Errors
    still arrive, as exceptions. One thread at a time, or the descriptor would be lost.
    """
    with _stderr_lock:
        try:
            kept = os.dup(2)
        except OSError:  # a windowed program may have no stderr at all
            yield
            return
        try:
            with Path(os.devnull).open("wb") as nowhere:
                os.dup2(nowhere.fileno(), 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
