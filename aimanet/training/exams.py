"""What a network is validated on: drawn clips, recordings, ready-made arrays.

Recordings run whole through the network, as they would live, and are judged in pieces of about
half a minute; a drawn clip is one piece.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from aimanet.datasets.arrays import Stretch
from aimanet.datasets.cached import CachedRecording
from aimanet.preprocess import MotionAppearance, Recipe
from aimanet.pulse import detrend, find_peak, integrate, smoothing, spectrum
from aimanet.training.config import TrainConfig
from aimanet.training.corpora import DrawnCorpus, array_example
from aimanet.training.examples import Example, unit_variance
from aimanet.training.material import Piece
from aimanet.training.predict import Reader
from aimanet.training.stretches import Labelled, labelled_stretches

SEED = 900_000_001
"""Added to the seed for validation clips, so that they never meet the training clips."""

PIECE_S = 30.0
"""A recording is judged in pieces of about this length (s)."""

SHORTEST_S = 6.0
"""A piece shorter than this holds too few beats for a heart rate (s)."""

READ_FRAMES = 1800
"""Frames of a recording that are in memory at once."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Judged:
    """A piece as it was predicted and as it should be, (T,) both; ``hr_bpm`` the true rate."""

    predicted: Floats
    label: Floats
    hr_bpm: float


class Exam(Protocol):
    """Something to validate on. ``parts`` is how many pieces it gives."""

    parts: int

    def take(self, reader: Reader) -> Iterator[Judged]:
        """Has the network read it."""


class DrawnExam:
    """One drawn clip, drawn when it is first needed and kept."""

    def __init__(self, corpus: DrawnCorpus, number: int) -> None:
        self.parts = 1
        self._corpus, self._number = corpus, number
        self._example: Example | None = None

    def take(self, reader: Reader) -> Iterator[Judged]:
        """The clip as one piece; its heart rate is known."""
        if self._example is None:
            self._example = self._corpus.example(self._number, np.random.default_rng(0))
        e = self._example
        yield Judged(reader.read(e.motion, e.appearance), e.label, e.hr_bpm)


class ArrayExam:
    """A recording of the seed's arrays; the heart rate is that of its label."""

    def __init__(self, stretch: Stretch, recipe: Recipe) -> None:
        self._stretch, self._recipe = stretch, recipe
        self._pieces = _even(0, stretch.frames, recipe.fs, recipe.frame_depth)
        self.parts = len(self._pieces)

    def take(self, reader: Reader) -> Iterator[Judged]:
        """Pieces of about half a minute."""
        for a, b in self._pieces:
            e = array_example(self._stretch, a, b - a, self._recipe)
            predicted = reader.read(e.motion, e.appearance)
            yield Judged(predicted, e.label, hr_bpm(e.label, self._recipe.fs))


class RecordedExam:
    """A recording of face crops, read run by run; the heart rate is that of its label."""

    def __init__(self, cached: CachedRecording, recipe: Recipe) -> None:
        self._cached, self._recipe = cached, recipe
        self._pieces = [p for s in labelled_stretches(cached) for p in self._inside(s)]
        self.parts = len(self._pieces)

    def _inside(self, stretch: Labelled) -> list[tuple[int, int]]:
        """Pieces of differences that are labelled and that a whole window covers.

        Number i is the difference that leads to crop i.
        """
        depth = self._recipe.frame_depth
        run_end = next(b for a, b in self._cached.runs() if a == stretch.run)
        covered = stretch.run + (run_end - 1 - stretch.run) // depth * depth
        return _even(stretch.first + 1, min(stretch.end, covered + 1), self._recipe.fs, 1)

    def take(self, reader: Reader) -> Iterator[Judged]:
        """Pieces of about half a minute."""
        predicted = self._read(reader) if self._pieces else np.empty(0, np.float32)
        for a, b in self._pieces:
            label = unit_variance(np.diff(self._cached.ppg[a - 1 : b]))
            yield Judged(predicted[a:b], label, hr_bpm(label, self._recipe.fs))

    def _read(self, reader: Reader) -> Floats:
        """(N,) derivative that leads to each crop; NaN where no whole window covers it."""
        depth, inputs = self._recipe.frame_depth, MotionAppearance(self._recipe)
        predicted = np.full(len(self._cached.t), np.nan, np.float32)
        portion = max(1, READ_FRAMES // depth)
        for run, end in self._cached.runs():
            starts = range(run, end - depth, depth)
            for i in range(0, len(starts), portion):
                some = starts[i : i + portion]
                clips = (self._cached.clip(a, depth, starts=a == run) for a in some)
                motion, appearance = zip(*(inputs(clip) for clip in clips), strict=True)
                read = reader.read(np.concatenate(motion), np.concatenate(appearance))
                predicted[some[0] + 1 : some[-1] + depth + 1] = read
        return predicted


def make_exams(config: TrainConfig, held: Sequence[Piece]) -> list[Exam]:
    """The held-out recordings that are long enough; drawn clips where nobody is held out."""
    exams: list[Exam] = []
    for piece in held:
        recorded = isinstance(piece, CachedRecording)
        exams.append((RecordedExam if recorded else ArrayExam)(piece, config.recipe))  # type: ignore[arg-type]
    exams = [exam for exam in exams if exam.parts]
    if held:
        return exams
    corpus = DrawnCorpus(config.seed + SEED, config.recipe, config.chunk_len)
    return [DrawnExam(corpus, i) for i in range(config.validation_clips)]


def hr_bpm(derivative: NDArray[np.floating], fs: float) -> float:
    """Heart rate of a pulse derivative (T,), 0 where there is none to be found."""
    if not np.isfinite(derivative).all():
        return 0.0
    wave = detrend(integrate(derivative.astype(np.float64)), smoothing(fs))
    peak = find_peak(*spectrum(wave, fs), 0.7, 3.5)
    return 60.0 * peak if peak else 0.0


def _even(first: int, end: int, fs: float, step: int) -> list[tuple[int, int]]:
    """Cuts ``first`` to ``end`` into equal pieces near `PIECE_S`, multiples of ``step`` long."""
    if end - first < SHORTEST_S * fs:
        return []
    n = max(1, round((end - first) / (PIECE_S * fs)))
    edges = first + np.linspace(0, (end - first) // step, n + 1).astype(int) * step
    return [(int(a), int(b)) for a, b in pairwise(edges)]
