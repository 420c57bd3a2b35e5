"""Which example sits where, out of nothing but the seed."""

from __future__ import annotations

from collections import Counter

import pytest

from aimanet.training import TrainConfig
from aimanet.training.plan import CYCLE, LANES, Plan


def plan(shares=(1.0,), endless=(True,), **more) -> Plan:
    return Plan(TrainConfig(**{"batch": 4, "micro": 2, "replayed": 0.0, **more}), shares, endless)


def draws(p: Plan, steps: range) -> list:
    return [p.draw(step, slot) for step in steps for slot in range(p.batch)]


def test_a_step_is_the_same_however_one_gets_there():
    forwards = {s: draws(plan(replayed=0.5), range(s, s + 1)) for s in (3, 40, 59)}
    p = plan(replayed=0.5)
    assert all(draws(p, range(s, s + 1)) == forwards[s] for s in (59, 3, 40))


def test_numbers_of_each_corpus_run_on_without_a_hole():
    shares = (0.5, 0.3, 0.2)
    p = plan(shares, (False,) * 3)
    seen = draws(p, range(700))
    for corpus, share in enumerate(shares):
        own = [d.number for d in seen if d.corpus == corpus]
        assert own == list(range(len(own)))
        assert len(own) == pytest.approx(share * 2800, abs=1)
        assert p.taken(700, corpus) == len(own)
    assert p.taken(CYCLE, 0) == 4 * CYCLE / 2


def test_every_batch_holds_its_share_of_each():
    p = plan((0.75, 0.25), (False, False))
    for step in range(50):
        assert Counter(d.corpus for d in draws(p, range(step, step + 1))) == {0: 3, 1: 1}


def test_half_of_the_clips_are_shown_again_by_the_same_worker_and_piece():
    p = plan(replayed=0.5)
    first: dict[int, tuple[int, int]] = {}
    again = 0
    for step in range(400):
        for slot in range(p.batch):
            d = p.draw(step, slot)
            if not d.again:
                assert d.number not in first
                first[d.number] = step, slot
                continue
            again += 1
            then, there = first[d.number]
            assert (step - then) % LANES == 0
            assert step - then <= p.visits * LANES
            assert slot // p.micro == there // p.micro
    assert 0.43 < again / 1600 < 0.5  # the first steps have nothing to show again


def test_recordings_are_never_shown_again_out_of_turn():
    p = plan((0.5, 0.5), (True, False), replayed=0.5)
    seen = draws(p, range(200))
    assert any(d.again for d in seen if d.corpus == 0)
    assert not any(d.again for d in seen if d.corpus == 1)


def test_pieces_cover_the_batch():
    p = plan(batch=5)
    assert [list(p.slots(m)) for m in range(p.micros)] == [[0, 1], [2, 3], [4]]


def test_dropout_differs_from_piece_to_piece_and_seed_to_seed():
    seeds = {plan(seed=s).torch_seed(step, m) for s in (1, 2) for step in (0, 1) for m in (0, 1)}
    assert len(seeds) == 8
