"""A recording's frames to face crops on the grid: what the live path does to a camera's.

`FaceTracker` (not where frames show the face alone), `Windower` of depth 1, disk; nothing longer
than a frame is held.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from aimanet.datasets.base import Dataset, Recording
from aimanet.datasets.cached import Grid
from aimanet.datasets.writer import EntryWriter
from aimanet.face import FaceTracker
from aimanet.preprocess import Recipe, Windower
from aimanet.types import FaceCrop, Frame


@dataclass(frozen=True, slots=True)
class Count:
    """Frames of a video, those without a face, and the time (s) from the first to the last."""

    frames: int
    faceless: int
    seconds: float


class Cropper:
    """Writes the crops of recordings, one after the other, with one face detector for all.

    Args:
        grid: side and rate of the crops.
        model: the detector's file; by default `FaceTracker` looks for it.
    """

    def __init__(self, grid: Grid, model: Path | None = None) -> None:
        self._grid = grid
        self._model = model
        self._tracker: FaceTracker | None = None

    def close(self) -> None:
        """Frees the detector."""
        if self._tracker is not None:
            self._tracker.close()

    def write(self, recording: Recording, dataset: Dataset, writer: EntryWriter) -> Count:
        """Reads the whole video and appends its crops to ``writer``.

        Raises:
            DatasetError: the video cannot be read.
            FaceModelError: there is no face detector.
            OutputError: the cache cannot be written.
        """
        size, fs = self._grid.image_size, self._grid.fs
        windower = Windower(Recipe(image_size=size, fs=fs, frame_depth=1))
        frames = faceless = 0
        first = last = 0.0
        for face in self._faces(recording, dataset):
            first, last = (first if frames else face.t), face.t
            frames += 1
            faceless += face.crop is None
            for clip in windower.push(face):
                writer.add(clip)
        return Count(frames, faceless, last - first)

    def _faces(self, recording: Recording, dataset: Dataset) -> Iterator[FaceCrop]:
        frames = dataset.frames(recording)
        if dataset.face_alone(recording):
            return map(whole_frame, frames)
        if self._tracker is None:
            # Crops of the live path's size, whatever the grid: a method must read the same here.
            self._tracker = FaceTracker(model_path=self._model)
        self._tracker.reset()
        return map(self._tracker.track, frames)


def whole_frame(frame: Frame) -> FaceCrop:
    """A frame that shows the face alone; its longer side is averaged down to a square."""
    height, width = frame.image.shape[:2]
    side = min(height, width)
    image = frame.image
    if height != width:
        square = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
        image = square.astype(np.uint8, copy=False)
    return FaceCrop(frame.index, frame.t, (0.0, 0.0, float(width), float(height)), image)
