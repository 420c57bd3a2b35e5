"""Arrays of numbers in .npy files: checked when they are opened, read in stretches.

A map lives only while a stretch of rows is copied out of it: touched pages of a map count as
resident memory, so a map that stays open would grow to the size of the file.
"""

from __future__ import annotations

import tokenize
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from aimanet.datasets.base import DatasetError
from aimanet.files import require_ordinary

Floats = NDArray[np.float32]

CHANNELS = 6
MIN_SIZE = 10
"""The smallest side (px) that TS-CAN can pool twice."""
SCAN_BYTES = 8 << 20
"""How much of a file is looked at in one go."""

UNREADABLE = (
    ValueError,
    TypeError,
    EOFError,
    SyntaxError,
    MemoryError,
    RecursionError,
    tokenize.TokenError,
)
"""What NumPy raises for a damaged head, which it reads as Python."""

_ADVICE = "save it again with numpy.save from a plain array of numbers"


@dataclass(frozen=True, slots=True)
class NpyFile:
    """A checked .npy file on disk: ``shape`` (N, ...); ``offset`` is where the numbers begin."""

    path: Path
    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    offset: int

    @classmethod
    def open(cls, path: Path) -> NpyFile:
        """Reads the header and compares it with the file's length.

        Raises:
            DatasetError: no file, no .npy, cut short, no real numbers, or in Fortran order.
        """
        try:
            require_ordinary(path)
            with path.open("rb") as file:
                shape, fortran, dtype = _read_header(file)
                offset, length = file.tell(), file.seek(0, 2)
        except FileNotFoundError:
            raise DatasetError(f"there is no {path}") from None
        except OSError as error:
            raise DatasetError(f"{path} cannot be read ({error.strerror or error})") from error
        except UNREADABLE as error:
            why = "it holds pickled Python objects" if _is_pickle(path) else "its head is damaged"
            raise DatasetError(f"{path} is no readable .npy file: {why}; {_ADVICE}") from error
        if dtype.kind not in "buif":
            raise DatasetError(f"{path} holds {dtype}, not real numbers; {_ADVICE}")
        if fortran and len(shape) > 1:
            raise DatasetError(
                f"{path} is in Fortran order, frames cannot be streamed from it; "
                "save it again with numpy.save(name, numpy.ascontiguousarray(array))"
            )
        wanted = offset + int(np.prod(shape, dtype=object)) * dtype.itemsize
        if length < wanted:
            raise DatasetError(
                f"{path} is cut short: {length} bytes of {wanted}; copy or save it again"
            )
        return cls(path, shape, dtype, offset)

    def __len__(self) -> int:
        return self.shape[0]

    def read(self, first: int, end: int, out: Floats) -> None:
        """Copies rows ``first`` to ``end`` to ``out`` as float32; nothing stays mapped.

        Raises:
            DatasetError: the file has changed since it was opened.
        """
        row = int(np.prod(self.shape[1:])) * self.dtype.itemsize
        try:
            rows = np.memmap(
                self.path,
                self.dtype,
                "r",
                self.offset + first * row,
                (end - first, *self.shape[1:]),
            )
        except (OSError, ValueError) as error:
            raise DatasetError(
                f"{self.path} has changed or gone while it was read ({error})"
            ) from error
        with np.errstate(over="ignore"):  # what does not fit float32 becomes inf and is told
            np.copyto(out, rows.reshape(out.shape), casting="unsafe")


def _read_header(file: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype[np.generic]]:
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        header = np.lib.format.read_array_header_1_0(file)
    elif version == (2, 0):
        header = np.lib.format.read_array_header_2_0(file)
    else:  # later versions only add field names, and a plain array has none
        raise ValueError(f"version {version}")
    if any(n < 0 for n in header[0]):
        raise ValueError(f"shape {header[0]}")
    return header


def _is_pickle(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(1) == b"\x80"


def require_finite(path: Path, first: int, values: Floats) -> None:
    """Raises DatasetError naming the frame where ``values`` (n, ...) hold NaN or infinity.

    Row 0 of ``values`` is frame ``first`` of the file.
    """
    # A sum is ten times faster than a look at each number; it errs on the careful side only.
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(values.sum(dtype=np.float32)):
            return
    good = np.isfinite(values).reshape(len(values), -1).all(1)
    if not good.all():
        frame = first + int(np.argmin(good))
        raise DatasetError(
            f"{path} holds NaN or infinity at frame {frame} (counted from 0);"
            " mend or cut it out, in inputs and labels alike"
        )


@dataclass(frozen=True, slots=True)
class ArrayPair:
    """Inputs (N, 6, S, S) and labels (N,) or (N, 1) of the same frames."""

    name: str
    inputs: NpyFile
    labels: NpyFile

    @classmethod
    def open(cls, inputs: Path, labels: Path, name: str = "") -> ArrayPair:
        """Checks both files against each other, and every label.

        Raises:
            DatasetError: a file is not what it should be; the line says which and why.
        """
        pair = cls(name or inputs.stem, NpyFile.open(inputs), NpyFile.open(labels))
        _check_inputs(pair.inputs)
        _check_labels(pair.labels)
        if len(pair.inputs) != len(pair.labels):
            raise DatasetError(
                f"{inputs} holds {len(pair.inputs)} frames but {labels} holds {len(pair.labels)}"
                " labels: there must be one label a frame"
            )
        return pair

    @property
    def frames(self) -> int:
        """Number of frames N."""
        return len(self.inputs)

    @property
    def image_size(self) -> int:
        """Side S in px."""
        return self.inputs.shape[2]

    def read(self, first: int, end: int, inputs: Floats, labels: Floats) -> None:
        """Fills ``inputs`` (n, 6, S, S) and ``labels`` (n,) with frames ``first`` to ``end``.

        Raises:
            DatasetError: NaN or infinity (the line names the frame), or a file that has changed.
        """
        self.inputs.read(first, end, inputs)
        self.labels.read(first, end, labels)
        require_finite(self.inputs.path, first, inputs)
        require_finite(self.labels.path, first, labels)


def _check_inputs(file: NpyFile) -> None:
    shape = file.shape
    if len(shape) != 4 or shape[1] != CHANNELS or shape[2] != shape[3]:
        raise DatasetError(
            f"{file.path} has shape {shape}, not (frames, {CHANNELS}, side, side)"
            " with channels 0-2 motion and 3-5 appearance"
        )
    if shape[2] < MIN_SIZE:
        raise DatasetError(f"{file.path} has pictures of {shape[2]} px; at least {MIN_SIZE} needed")
    if not shape[0]:
        raise DatasetError(f"{file.path} holds no frame")


def _check_labels(file: NpyFile) -> None:
    if len(file.shape) not in (1, 2) or file.shape[1:] not in ((), (1,)):
        raise DatasetError(f"{file.path} has shape {file.shape}, not (frames,): one number a frame")
    step = SCAN_BYTES // file.dtype.itemsize
    for first in range(0, len(file), step):
        end = min(first + step, len(file))
        labels = np.empty(end - first, np.float32)
        file.read(first, end, labels)
        require_finite(file.path, first, labels)
