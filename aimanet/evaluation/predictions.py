"""Waves in a NumPy archive: what another program predicted, or what ours did.

``<video>/pred`` and ``<video>/label`` are one number a frame, ``fs`` (Hz) and ``is_derivative``
hold for all videos; a video may have its own ``<video>/fs`` and ``<video>/is_derivative``.
"""

from __future__ import annotations

import io
import tokenize
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from lzma import LZMAError
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aimanet.datasets.base import natural
from aimanet.errors import in_one_line
from aimanet.evaluation.metrics import MIN_SAMPLES, Wave
from aimanet.evaluation.profiles import EvaluationError
from aimanet.files import LFS_POINTER, is_lfs_pointer
from aimanet.plausible import LARGEST, MOST_ROWS, in_bounds

UNREADABLE = (
    OSError,
    ValueError,
    EOFError,
    MemoryError,
    RuntimeError,
    SyntaxError,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
    LZMAError,
)
"""What NumPy and zipfile raise for damaged, encrypted or foreign archives."""

MAX_ARRAY_BYTES = 100_000_000
"""A day of video at 120 Hz has 83 MB; a small archive may claim, and unpack to, any size."""


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """A predicted and a measured wave of one video, both (n,) at ``fs`` Hz.

    ``derivative``: both are differences.
    """

    video: str
    pred: Wave
    label: Wave
    fs: float
    derivative: bool


def read_predictions(path: Path) -> list[Prediction]:
    """Reads an archive; videos come in natural order.

    Raises:
        EvaluationError: no such archive, or something in it is missing, damaged or odd.
    """
    if not path.is_file():
        raise EvaluationError(
            f"{path} is no file: name an .npz with <video>/pred and <video>/label"
        )
    if is_lfs_pointer(path):
        raise EvaluationError(f"{path}: {LFS_POINTER}")
    try:
        if not zipfile.is_zipfile(path):
            raise EvaluationError(f"{path} is no .npz archive: write it with numpy.savez")
        with np.load(path, allow_pickle=False) as archive:
            return _Reader(path, archive).read()
    except UNREADABLE as error:
        raise EvaluationError(
            f"{path} cannot be read ({in_one_line(error, 120)}): write it again"
        ) from error


class _Reader:
    """One open archive; complaints name it."""

    def __init__(self, path: Path, archive: Any) -> None:
        self._path = path
        self._archive = archive
        self._names = set(archive.files)

    def read(self) -> list[Prediction]:
        videos = {
            name.rpartition("/")[0]: None
            for name in sorted(self._names)
            if name.rpartition("/")[2] in ("pred", "label") and "/" in name
        }
        if not videos:
            raise self._error("holds no arrays <video>/pred and <video>/label")
        return [self._video(video) for video in sorted(videos, key=natural)]

    def _video(self, video: str) -> Prediction:
        pred, label = self._wave(video, "pred"), self._wave(video, "label")
        if len(pred) != len(label):
            raise self._error(
                f"{video}: {len(pred)} predictions but {len(label)} labels; cut both to the "
                "same frames"
            )
        fs = self._scalar(video, "fs", "the frames per second, e.g. fs=30")
        if not in_bounds(np.array(fs), "fs"):
            raise self._error(
                f"{self._own(video, 'fs')} is {fs:g}: a rate above 0 Hz and up to 10000 is needed"
            )
        derivative = self._scalar(
            video, "is_derivative", "1 for waves of differences (TS-CAN and its labels), else 0"
        )
        if derivative not in (0.0, 1.0):
            raise self._error(f"{self._own(video, 'is_derivative')} is {derivative:g}, not 0 or 1")
        return Prediction(video, pred, label, fs, bool(derivative))

    def _wave(self, video: str, part: str) -> Wave:
        name = f"{video}/{part}"
        other = "label" if part == "pred" else "pred"
        if name not in self._names:
            raise self._error(f"has {video}/{other} but no {name}: add it, or leave the video out")
        array = self._array(name, "fiu")
        if array.size != max(array.shape, default=0):
            raise self._error(f"{name} has the shape {array.shape}: one number a frame, (n,)")
        wave = array.reshape(-1)
        if len(wave) > MOST_ROWS:
            raise self._error(f"{name} has {len(wave):,} samples: at most {MOST_ROWS:,} are read")
        if wave.dtype.itemsize > 8:  # long doubles: SciPy's filters take none
            with np.errstate(over="ignore"):
                wave = wave.astype(np.float64)
        bad = np.flatnonzero(~in_bounds(wave))
        if len(bad):
            raise self._error(
                f"{name}[{bad[0]}] is {wave[bad[0]]}: {len(bad)} in all not finite, or beyond "
                f"{LARGEST:g}"
            )
        if len(wave) < MIN_SAMPLES:
            raise self._error(f"{name} has {len(wave)} samples: at least {MIN_SAMPLES} are needed")
        return wave

    def _scalar(self, video: str, part: str, meaning: str) -> float:
        name = self._own(video, part)
        if name not in self._names:
            raise self._error(f"has no {part}: add {meaning}")
        array = self._array(name)
        if array.size != 1:
            raise self._error(f"{name} has the shape {array.shape}: one number is needed")
        return float(array.reshape(-1)[0])

    def _own(self, video: str, part: str) -> str:
        own = f"{video}/{part}"
        return own if own in self._names else part

    def _array(self, name: str, kinds: str = "fiub") -> NDArray[Any]:
        try:
            self._require_bearable(name)
            array = self._archive[name]
        except UNREADABLE as error:
            pickled = "allow_pickle" in str(error)
            why = "pickled objects, which could run code" if pickled else in_one_line(error, 120)
            raise self._error(f"{name} cannot be read ({why}): save plain arrays") from error
        if not isinstance(array, np.ndarray) or array.dtype.kind not in kinds:
            kind = getattr(array, "dtype", "no array")
            raise self._error(f"{name} is {kind}: real numbers are needed")
        return array

    def _require_bearable(self, name: str) -> None:
        members = self._archive.zip.NameToInfo
        packed = members.get(f"{name}.npy") or members.get(name)
        if packed is not None and packed.file_size > MAX_ARRAY_BYTES:
            raise self._error(
                f"{name} has {packed.file_size} bytes: at most {MAX_ARRAY_BYTES} are read"
            )

    def _error(self, what: str) -> EvaluationError:
        return EvaluationError(f"{self._path}: {what}")


def pack_predictions(predictions: Sequence[Prediction]) -> bytes:
    """Returns an archive that `read_predictions` reads.

    What all videos share is written once; where they differ, every video has its own.
    """
    arrays: dict[str, NDArray[Any]] = {}
    for one in predictions:
        arrays[f"{one.video}/pred"], arrays[f"{one.video}/label"] = one.pred, one.label
    for part in ("fs", "is_derivative"):
        values = [one.fs if part == "fs" else one.derivative for one in predictions]
        if len(set(values)) == 1:
            arrays[part] = np.asarray(values[0])
        else:
            owners = zip(predictions, values, strict=True)
            arrays |= {f"{one.video}/{part}": np.asarray(value) for one, value in owners}
    out = io.BytesIO()
    np.savez_compressed(out, allow_pickle=False, **arrays)
    return out.getvalue()
