"""The arrays of the project AimaNet started from, memory-mapped and checked.

Two layouts. One pair of files, split by a frame number:

    DIR/input_numpy.npy    (frames, 6, S, S): channels 0-2 motion, 3-5 appearance
    DIR/output_numpy.npy   (frames,) or (frames, 1): one label a frame

or a pair of files for each recording, matched by their place in the sorted folders:

    DIR/{train,test}/images/*.npy    DIR/{train,test}/gt/*.npy

Needs numpy alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from aimanet.datasets.base import DatasetError
from aimanet.datasets.npy import CHANNELS, SCAN_BYTES, ArrayPair, Floats, require_finite

INPUT, OUTPUT = "input_numpy.npy", "output_numpy.npy"
RECORDING_FRAMES = 6320
"""Frames of one recording in the original arrays: where one ends is not said in the file."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """L consecutive frames: ``motion`` and ``appearance`` (L, 3, S, S), ``label`` (L,), float32."""

    motion: Floats
    appearance: Floats
    label: Floats


@dataclass(frozen=True, slots=True)
class Stretch:
    """Frames ``first`` to ``end`` of one pair of files; no window crosses its ends.

    ``subject`` is the best guess at a person: people may recur under another name, the arrays
    do not say.
    """

    pair: ArrayPair
    first: int
    end: int
    subject: str

    @property
    def frames(self) -> int:
        """Number of frames."""
        return self.end - self.first

    def pieces(self, length: int) -> Iterator[Piece]:
        """Consecutive pieces of ``length`` frames; a rest that is shorter is left out."""
        for first in range(self.first, self.end - length + 1, length):
            yield self.piece(first - self.first, length)

    def piece(self, first: int, length: int) -> Piece:
        """``length`` frames from the ``first`` of this stretch on (DatasetError as in `read`)."""
        size = self.pair.image_size
        inputs = np.empty((length, CHANNELS, size, size), np.float32)
        label = np.empty(length, np.float32)
        self.pair.read(self.first + first, self.first + first + length, inputs, label)
        return Piece(inputs[:, :3], inputs[:, 3:], label)


@dataclass(frozen=True, slots=True)
class Units:
    """Units of ``depth`` consecutive frames, numbered through all stretches in order."""

    stretches: tuple[Stretch, ...]
    depth: int

    def __len__(self) -> int:
        return sum(s.frames // self.depth for s in self.stretches)

    @property
    def image_size(self) -> int:
        """Side of the pictures in px."""
        return self.stretches[0].pair.image_size

    @property
    def dropped(self) -> int:
        """Frames at the ends of stretches that fill no unit."""
        return sum(s.frames % self.depth for s in self.stretches)

    def read(self, first: int, end: int) -> tuple[Floats, Floats]:
        """Inputs (n, 6, S, S) and labels (n,) of units ``first`` to ``end``, n = units * depth."""
        size, n = self.image_size, (end - first) * self.depth
        inputs = np.empty((n, CHANNELS, size, size), np.float32)
        labels = np.empty(n, np.float32)
        filled = passed = 0
        for stretch in self.stretches:
            units = stretch.frames // self.depth
            a, b = max(first - passed, 0), min(end - passed, units)
            if a < b:
                begin, rows = stretch.first + a * self.depth, (b - a) * self.depth
                part = slice(filled, filled + rows)
                stretch.pair.read(begin, begin + rows, inputs[part], labels[part])
                filled += rows
            passed += units
        return inputs, labels


@dataclass(frozen=True, slots=True)
class SeedArrays:
    """A folder of arrays, opened: ``whole`` is the one pair, or None where it has train and test.

    ``notes`` are lines for the user about what is odd but can be used.
    """

    root: Path
    whole: ArrayPair | None
    train_pairs: tuple[ArrayPair, ...] = ()
    test_pairs: tuple[ArrayPair, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def pairs(self) -> tuple[ArrayPair, ...]:
        """All pairs of files."""
        return (self.whole,) if self.whole else (*self.train_pairs, *self.test_pairs)

    @property
    def image_size(self) -> int:
        """Side of the pictures in px."""
        return self.pairs[0].image_size

    @property
    def frames(self) -> int:
        """Frames of all files."""
        return sum(pair.frames for pair in self.pairs)

    def recordings(self, frames: int = RECORDING_FRAMES) -> tuple[Stretch, ...]:
        """One stretch a recording: a file, or each ``frames`` frames of the one pair."""
        if self.whole is None:
            return tuple(Stretch(p, 0, p.frames, p.name) for p in self.pairs)
        n = self.whole.frames
        return tuple(
            Stretch(self.whole, first, min(first + frames, n), f"{first // frames:03d}")
            for first in range(0, n, frames)
        )

    def split(self, index: int, depth: int = 10) -> tuple[Units, Units]:
        """Training and test units: the frames before and from ``index`` on, or the two folders.

        Raises:
            DatasetError: no unit is left on one of the sides; the line suggests a split.
        """
        if self.whole is None:
            units = [
                Units(tuple(Stretch(p, 0, p.frames, p.name) for p in pairs), depth)
                for pairs in (self.train_pairs, self.test_pairs)
            ]
            for name, side in zip(("train", "test"), units, strict=True):
                if not len(side):
                    raise DatasetError(f"no file in {self.root / name} holds {depth} frames")
            return units[0], units[1]
        pair, n = self.whole, self.whole.frames
        if not depth <= index <= n - depth:
            raise DatasetError(_bad_split(pair, index, depth))
        first, second = Stretch(pair, 0, index, "train"), Stretch(pair, index, n, "test")
        return Units((first,), depth), Units((second,), depth)

    def check_values(self) -> Iterator[int]:
        """Looks at every number of the inputs; yields the frames seen so far.

        Raises:
            DatasetError: NaN or infinity; the line names file and frame.
        """
        seen = 0
        for pair in self.pairs:
            row = CHANNELS * pair.image_size**2
            step = max(1, SCAN_BYTES // (4 * row))
            inputs = np.empty((step, *pair.inputs.shape[1:]), np.float32)
            for first in range(0, pair.frames, step):
                end = min(first + step, pair.frames)
                part = inputs[: end - first]
                pair.inputs.read(first, end, part)
                require_finite(pair.inputs.path, first, part)
                seen += end - first
                yield seen


def _bad_split(pair: ArrayPair, index: int, depth: int) -> str:
    n, path = pair.frames, pair.inputs.path
    if n < 2 * depth:
        return f"{path} holds {n} frames; training and test need {depth} each at least"
    if index > n:
        what = f"is past the end: {path} holds {n} frames"
    elif index < depth:
        what = f"leaves no {depth} frames to train on (of {n} in {path})"
    else:
        what = f"leaves no {depth} frames to test on (of {n} in {path})"
    return f"train_split_index {index} {what}; try {_suggested_split(n, depth)}"


def _suggested_split(n: int, depth: int) -> int:
    """About four fifths, between two recordings where there is more than one."""
    unit = RECORDING_FRAMES if n > 2 * RECORDING_FRAMES else depth
    return max(unit, min(round(0.8 * n / unit) * unit, (n - depth) // unit * unit))


def is_arrays(root: Path) -> bool:
    """Whether a folder looks like one of the two layouts (without opening a file)."""
    pair = (root / INPUT).is_file() or (root / OUTPUT).is_file()
    return pair or ((root / "train" / "images").is_dir() and (root / "train" / "gt").is_dir())


def open_arrays(root: Path) -> SeedArrays:
    """Opens a folder in either layout; the one pair is preferred where both are there.

    Reads the heads of all files and all labels, no pictures.

    Raises:
        DatasetError: files are missing, damaged or do not belong together.
    """
    inputs, outputs = root / INPUT, root / OUTPUT
    if inputs.exists() or outputs.exists():
        return SeedArrays(root, ArrayPair.open(inputs, outputs))
    if not (root / "train").is_dir():
        raise DatasetError(
            f"there is no {INPUT} (with {OUTPUT}) in the folder {root}, and no train/ and test/"
            " either; name the folder with --data_path"
        )
    train, train_notes = _open_folder(root / "train")
    test, test_notes = _open_folder(root / "test")
    for pair in (*train, *test):
        if pair.image_size != train[0].image_size:
            raise DatasetError(
                f"{pair.inputs.path} has pictures of {pair.image_size} px,"
                f" {train[0].inputs.path} of {train[0].image_size}: they must be the same"
            )
    return SeedArrays(root, None, train, test, (*train_notes, *test_notes))


def _open_folder(folder: Path) -> tuple[tuple[ArrayPair, ...], tuple[str, ...]]:
    images, labels = _list(folder / "images"), _list(folder / "gt")
    if len(images) != len(labels):
        raise DatasetError(
            f"{folder / 'images'} holds {len(images)} .npy files but {folder / 'gt'} holds"
            f" {len(labels)}: they are matched by position, so there must be as many"
        )
    odd = [(a, b) for a, b in zip(images, labels, strict=True) if a.stem != b.stem]
    notes = (
        (f"files in {folder} are matched by position; names differ: {_names(odd)}",) if odd else ()
    )
    return tuple(ArrayPair.open(a, b) for a, b in zip(images, labels, strict=True)), notes


def _names(pairs: list[tuple[Path, Path]]) -> str:
    first = f"{pairs[0][0].name} with {pairs[0][1].name}"
    return first if len(pairs) == 1 else f"{first} and {len(pairs) - 1} more"


def _list(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise DatasetError(f"there is no folder {folder}; it holds one .npy file a recording")
    found = sorted(p for p in folder.glob("*.npy") if not p.name.startswith("."))
    if not found:
        raise DatasetError(f"there is no .npy file in {folder}")
    return found
