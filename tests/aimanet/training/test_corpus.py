from __future__ import annotations

from itertools import islice

import numpy as np
import torch

from aimanet.preprocess import Recipe
from aimanet.training.corpus import SyntheticCorpus, loader, synthetic_examples


def test_examples_are_the_same_for_the_same_seed() -> None:
    a, b = (list(islice(synthetic_examples(5, Recipe(), 60), 2)) for _ in range(2))
    other = next(synthetic_examples(6, Recipe(), 60))
    for x, y in zip(a, b, strict=True):
        assert np.array_equal(x.motion, y.motion)
        assert np.array_equal(x.label, y.label)
    assert not np.array_equal(a[0].motion, other.motion)


def test_shapes_and_scale() -> None:
    example = next(synthetic_examples(1, Recipe(), 90))
    assert example.motion.shape == (90, 3, 36, 36)
    assert example.appearance.shape == (9, 3, 36, 36)
    assert example.label.shape == (90,)
    assert 0.9 < example.label.std() < 1.1
    assert 35 < example.hr_bpm < 215


def test_labels_lie_on_the_frames_they_belong_to() -> None:
    """Among many clips, brightness falls as blood rises, and best without a shift."""
    lags = range(-4, 5)
    total = np.zeros(len(lags))
    for example in islice(synthetic_examples(2, Recipe(), 120), 20):
        green = -example.motion[:, 1, 8:28, 8:28].astype(np.float32).mean(axis=(1, 2))
        total += [np.corrcoef(np.roll(green, -k)[5:-5], example.label[5:-5])[0, 1] for k in lags]
    assert lags[int(np.argmax(total))] == 0


def test_batches_from_a_worker_equal_those_from_here() -> None:
    corpus = SyntheticCorpus(3, Recipe(), 60, fresh=1, replayed=1)
    here, there = islice(loader(corpus, 0), 2), islice(loader(corpus, 1), 2)
    sizes = []
    for a, b in zip(here, there, strict=True):
        assert all(torch.equal(x, y) for x, y in zip(a, b, strict=True))
        sizes.append(len(a[0]))
    assert sizes == [1, 2]
