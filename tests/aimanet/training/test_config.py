"""Settings: what is refused, what a resumed run keeps, and the command that repeats a run."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from aimanet.errors import AimaNetError
from aimanet.preprocess import Recipe
from aimanet.training import TrainConfig
from aimanet.training.config import command, from_json, resumed, to_json


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"steps": 0}, "steps is 0"),
        ({"batch": 0}, "batch is 0"),
        ({"micro": 0}, "micro is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"patience": -1}, "patience is -1"),
        ({"chunk_len": 65}, "chunk_len is 65"),
        ({"chunk_len": 50}, "chunk_len is 50"),
        ({"lr": 0.0}, "lr is 0.0"),
        ({"lr": float("nan")}, "lr is nan"),
        ({"ema": 1.0}, "ema is 1.0"),
        ({"replayed": 1.0}, "replayed is 1.0"),
        ({"val_share": 1.5}, "val_share is 1.5"),
        ({"minutes": -1.0}, "minutes is -1.0"),
        ({"epochs": 0.0}, "epochs is 0.0"),
        ({"epochs": 1.0, "steps": 3}, "give one of them"),
        ({"data": ()}, "data is empty"),
        ({"data_weights": (1.0, 2.0)}, "2 numbers for 1"),
        ({"data_weights": (0.0,)}, "above 0"),
        ({"recipe": Recipe(image_size=5)}, "recipe: image_size 5 is too small"),
    ],
)
def test_values_that_cannot_train(change, words):
    with pytest.raises(AimaNetError, match=words) as caught:
        replace(TrainConfig(), **change).check()
    assert "\n" not in str(caught.value)


CHANGED = TrainConfig(
    out=Path("a b.safetensors"),
    finetune=Path("c.safetensors"),
    data=("synthetic", "pure=/data/PURE"),
    data_weights=(1.0, 3.0),
    pseudo_labels=True,
    steps=5,
    lr=0.1,
    recipe=Recipe(fs=25.0),
)


def test_kept_on_disk_and_read_back():
    assert from_json(to_json(CHANGED)) == CHANGED
    assert from_json(to_json(TrainConfig())) == TrainConfig()


def test_the_command_repeats_the_run():
    words = shlex.split(command(replace(CHANGED, finetune=None)))
    assert words[:3] == ["python", "main.py", "train"]
    line = " ".join(words)
    for part in ("--out a b.safetensors", "--data synthetic pure=/data/PURE", "--lr 0.1"):
        assert part in line
    assert "--fs 25.0" in line
    assert words[-1] != "True"
    assert "--pseudo-labels" in words
    assert "--fs" not in command(CHANGED)  # the checkpoint brings it


def test_a_resumed_run_keeps_its_settings():
    saved = TrainConfig(steps=100, lr=0.01, batch=8, out=Path("x"))
    going = resumed(TrainConfig(out=Path("y"), resume=True), saved)
    assert going == replace(saved, out=Path("y"), resume=True)
    same = resumed(TrainConfig(out=Path("y"), resume=True, lr=0.01, batch=8), saved)
    assert same == going
    longer = resumed(TrainConfig(resume=True, steps=200, workers=3), saved)
    assert (longer.steps, longer.workers, longer.lr) == (200, 3, 0.01)
    by_epochs = resumed(TrainConfig(resume=True, epochs=2.0), saved)
    assert (by_epochs.steps, by_epochs.epochs) == (None, 2.0)


def test_settings_that_would_change_the_course_are_named():
    saved = TrainConfig(steps=100, lr=0.01)
    with pytest.raises(AimaNetError, match=r"lr \(0.01, now 0.02\), batch|batch \(4, now 6\), lr"):
        resumed(TrainConfig(resume=True, lr=0.02, batch=6), saved)
