"""Batches: the same from background processes, and from several processes together."""

from __future__ import annotations

import multiprocessing
import os
import signal
from contextlib import closing
from itertools import islice

import pytest
import torch

from aimanet.errors import AimaNetError
from aimanet.training import Material, TrainConfig
from aimanet.training.corpora import make_corpus
from aimanet.training.loading import Batches, default_workers, load
from aimanet.training.plan import LANES, Plan
from tests.aimanet.training.recordings import SMALL, people

PATIENCE_S = 30.0


class Counted:
    """An endless corpus that counts how often an example is made."""

    size: int | None = None

    def __init__(self, corpus) -> None:
        self.corpus, self.made = corpus, 0

    def example(self, number, rng):
        self.made += 1
        return self.corpus.example(number, rng)


def batches(rank=0, world=1, steps=range(6), endless=False, **more) -> Batches:
    config = TrainConfig(recipe=SMALL, chunk_len=60, **{"batch": 4, "micro": 1, **more})
    toys = make_corpus(config, 0, Material("toy", people(2)))
    corpus = Counted(toys) if endless else toys
    plan = Plan(config, [1.0], [endless])
    return Batches(plan, [corpus], steps, rank, world)


def equal(a, b) -> bool:
    return all(torch.equal(getattr(a, n), getattr(b, n)) for n in ("motion", "appearance", "label"))


def test_two_workers_give_what_one_process_gives():
    here, there = list(load(batches(), 0)), list(load(batches(), 2))
    assert len(here) == len(there) == 6
    assert all(equal(a, b) for a, b in zip(here, there, strict=True))
    assert here[0].motion.shape == (4, 60, 3, 12, 12)
    assert not equal(here[0], here[1])


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_whole_group_does_not_end_the_workers(number):
    before = set(multiprocessing.active_children())
    with closing(load(batches(), 1)) as made:
        first = next(made)
        (worker,) = set(multiprocessing.active_children()) - before
        os.kill(worker.pid, number)
        rest = list(made)
        assert len(rest) == 5
        assert not equal(first, rest[0])


def test_workers_end_with_the_loader():
    before = set(multiprocessing.active_children())
    with closing(load(batches(steps=range(1000)), 2)) as made:
        next(made)
        workers = set(multiprocessing.active_children()) - before
        assert len(workers) == 2
    for worker in workers:
        worker.join(PATIENCE_S)
        assert worker.exitcode == 0


def test_going_on_in_the_middle():
    whole = list(load(batches(), 0))
    rest = list(load(batches(steps=range(4, 6)), 0))
    assert all(equal(a, b) for a, b in zip(whole[4:], rest, strict=True))


def test_processes_share_a_batch_out():
    whole = next(load(batches(batch=5, micro=2), 0))
    parts = [next(load(batches(rank, 2, batch=5, micro=2), 0)) for rank in range(2)]
    assert [p.micros for p in parts] == [[0, 2], [1]]
    assert [p.sizes for p in parts] == [[2, 1], [2]]
    assert torch.equal(whole.motion[[0, 1, 4]], parts[0].motion)
    assert torch.equal(whole.label[2:4], parts[1].label)


def test_what_is_shown_again_is_remembered_and_after_a_resume_made_again():
    steps = 3 * LANES
    first = batches(endless=True, replayed=0.5, steps=range(steps))
    whole = list(first)
    (corpus,) = first.corpora
    assert isinstance(corpus, Counted)
    assert corpus.made < 0.8 * 4 * steps
    later = batches(endless=True, replayed=0.5, steps=range(steps - 2, steps))
    assert all(equal(a, b) for a, b in zip(whole[-2:], later, strict=True))


class Broken:
    size: int | None = 7

    def example(self, number, rng):
        raise AimaNetError("recording 7 is damaged: delete it")


@pytest.mark.parametrize("workers", [0, 1])
def test_one_line_comes_out_of_a_worker(workers):
    broken = batches()
    broken.corpora = (Broken(),)
    with pytest.raises(AimaNetError) as caught:
        list(islice(load(broken, workers), 1))
    assert str(caught.value) == "recording 7 is damaged: delete it"


def test_workers_by_default():
    assert default_workers(torch.device("cpu")) == 1
    assert 1 <= default_workers(torch.device("cuda")) <= 16
