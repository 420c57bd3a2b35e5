"""Batches in order, whatever the chunks; memory that does not grow with the file."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from aimanet.datasets.arrays import INPUT, OUTPUT, open_arrays
from aimanet.datasets.base import DatasetError
from aimanet.training import seed_feed
from aimanet.training.seed_feed import Feed

CPU = torch.device("cpu")


@pytest.fixture
def numbers(tmp_path):
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(217, 6, 10, 10)).astype(np.float32)
    labels = rng.normal(size=217).astype(np.float32)
    np.save(tmp_path / INPUT, inputs)
    np.save(tmp_path / OUTPUT, labels)
    return inputs, labels


@pytest.mark.parametrize("chunk_bytes", [1, 90_000, 1 << 30])
def test_batches_come_in_order_the_last_one_smaller(tmp_path, numbers, monkeypatch, chunk_bytes):
    monkeypatch.setattr(seed_feed, "CHUNK_BYTES", chunk_bytes)
    units, _ = open_arrays(tmp_path).split(205)
    feed = Feed(units, 3, CPU)
    assert (feed.n_batches, feed.frames) == (7, 200)
    for _ in range(2):
        batches = [batch for chunk in feed.chunks() for batch in chunk.batches()]
        assert [len(y) for _, y in batches] == [30] * 6 + [20]
        assert np.array_equal(torch.cat([x for x, _ in batches]), numbers[0][:200])
        assert np.array_equal(torch.cat([y for _, y in batches]), numbers[1][:200])
    assert feed.waited_s > 0


def test_an_early_end_leaves_no_thread(tmp_path, numbers, monkeypatch):
    monkeypatch.setattr(seed_feed, "CHUNK_BYTES", 1)
    before = threading.active_count()
    chunks = Feed(open_arrays(tmp_path).split(100)[0], 1, CPU).chunks()
    next(chunks)
    assert threading.active_count() == before + 1
    chunks.close()
    assert threading.active_count() == before


def test_bad_values_reach_who_asks(tmp_path, numbers):
    inputs = numbers[0]
    units, _ = open_arrays(tmp_path).split(100)
    inputs[55] = np.nan
    np.save(tmp_path / INPUT, inputs)
    with pytest.raises(DatasetError, match="frame 55"):
        list(Feed(units, 3, CPU).chunks())
