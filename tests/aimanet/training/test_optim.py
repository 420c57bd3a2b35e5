from __future__ import annotations

import pytest
import torch

from aimanet.training import TrainConfig
from aimanet.training.optim import make_optimizer, rate


@pytest.mark.parametrize("name", ["adamw", "adam", "sgd", "adadelta"])
def test_every_optimiser_goes_downhill(name):
    x = torch.nn.Parameter(torch.tensor([3.0, -2.0]))
    config = TrainConfig(optimizer=name, lr=0.1 if name != "adadelta" else 5.0)
    optimizer = make_optimizer(config, [x])
    for _ in range(100):
        optimizer.zero_grad()
        (x**2).sum().backward()
        optimizer.step()
    assert float((x.detach() ** 2).sum()) < 6.5
    assert type(optimizer).__name__.lower() == name


def rates(schedule, warmup=0, n=100):
    config = TrainConfig(schedule=schedule, lr=1.0, warmup=warmup)
    return [rate(config, i, i / n) for i in range(n)]


def test_schedules():
    cosine, step, cycle = rates("cosine"), rates("step"), rates("onecycle")
    assert cosine[0] == pytest.approx(1.0)
    assert cosine[50] == pytest.approx(0.505)
    assert cosine == sorted(cosine, reverse=True)
    assert (step[0], step[40], step[99]) == pytest.approx((1.0, 0.1, 0.01))
    assert set(rates("constant")) == {1.0}
    assert cycle[0] == pytest.approx(0.04)
    assert cycle[30] == pytest.approx(1.0)
    assert cycle[:31] == sorted(cycle[:31])
    assert cycle[30:] == sorted(cycle[30:], reverse=True)
    assert cycle[-1] < 0.01


def test_warm_up():
    assert rates("constant", warmup=4)[:5] == pytest.approx([0.25, 0.5, 0.75, 1.0, 1.0])


def test_usual_rates():
    assert TrainConfig().highest_lr == 1.5e-3
    assert TrainConfig(optimizer="adadelta").highest_lr == 1.0
    fine = TrainConfig(finetune="x.safetensors")  # type: ignore[arg-type]
    assert fine.highest_lr == pytest.approx(3e-4)
