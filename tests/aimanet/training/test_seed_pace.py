"""Losses that stay where they are until asked for, and the time that is left."""

from __future__ import annotations

import math

import pytest
import torch

from aimanet.training import seed_pace
from aimanet.training.seed_pace import LossError, Losses, Pace


def test_means_of_batches():
    losses = Losses("training, epoch 1")
    assert math.isnan(losses.mean())
    for value in (1.0, 3.0):
        losses.add(torch.tensor(value))
    assert losses.recent() == 2.0
    losses.add(torch.tensor(8.0))
    assert (losses.recent(), losses.recent(), losses.mean()) == (8.0, 8.0, 4.0)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_ran_away_says_where(value):
    losses = Losses("training, epoch 2")
    losses.add(torch.tensor(1.0))
    losses.add(torch.tensor(value))
    with pytest.raises(LossError, match="training, epoch 2, by batch 2"):
        losses.mean()


def test_the_time_left_knows_training_from_testing(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])
    pace = Pace(epochs=2, train_frames=100, test_frames=50)
    assert math.isnan(pace.eta_s)

    def pass_time(seconds, frames, learning):
        now[0] += seconds
        return pace.count(frames, learning=learning)

    assert pass_time(10.0, 100, learning=True)
    assert (pace.frames_per_s, pace.learnt) == (10.0, 100)
    assert pace.eta_s == pytest.approx(10.0 + 100 * 0.1 * seed_pace.TEST_COST)
    assert not pass_time(0.1, 10, learning=False)
    assert pass_time(0.9, 40, learning=False)
    assert pace.eta_s == pytest.approx(10.0 + 1.0)
    pass_time(20.0, 100, learning=True)
    pass_time(1.0, 50, learning=False)
    assert pace.eta_s == 0.0
    assert pace.elapsed_s == pytest.approx(32.0)
