"""What torchrun announces. Two processes that train together: test_torchrun.py."""

from __future__ import annotations

import pytest
import torch

from aimanet.training.distributed import World, WorldError, announced

GOOD = {"RANK": "1", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "MASTER_ADDR": "x", "MASTER_PORT": "1"}


def test_announced():
    assert announced({}) == World()
    assert announced({"SHELL": "/bin/sh"}) == World()
    assert announced(GOOD) == World(1, 4, 1)
    assert announced({"RANK": "0", "WORLD_SIZE": "1"}).size == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"RANK": "one"}, "no two numbers"),
        ({"RANK": "4"}, "RANK is 4"),
        ({"RANK": None}, "no two numbers"),
        ({"MASTER_PORT": None}, "MASTER_PORT not set"),
        ({"MASTER_PORT": "0"}, "MASTER_PORT is 0"),
        ({"MASTER_ADDR": "", "MASTER_PORT": None}, "MASTER_ADDR and MASTER_PORT not set"),
    ],
)
def test_an_environment_that_makes_no_sense(change, words):
    environment = {k: v for k, v in {**GOOD, **change}.items() if v is not None}
    with pytest.raises(WorldError, match=words) as caught:
        announced(environment)
    assert "torchrun" in str(caught.value)


def test_a_world_of_one_asks_nobody():
    world = World()
    assert float(world.total(torch.tensor(3.0))) == 3.0
    assert world.told(b"x") == b"x"
    world.wait()
