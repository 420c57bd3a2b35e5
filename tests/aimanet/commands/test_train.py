"""Training from the command line, with a network that learns for two steps."""

from __future__ import annotations

import json

import pytest

from aimanet.checkpoint import load_checkpoint
from aimanet.cli import main
from aimanet.commands.train import clock, progress_record
from aimanet.types import TrainProgress

TINY = [
    "--steps",
    "2",
    "--fresh",
    "1",
    "--replayed",
    "0",
    "--chunk-len",
    "60",
    "--workers",
    "0",
    "--validation-clips",
    "1",
]


def test_one_object_a_step_and_weights_that_load(tmp_path, capsys):
    out = tmp_path / "tiny.safetensors"
    assert main(["train", "--out", str(out), *TINY, "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["step"] for line in lines] == [1, 2]
    assert lines[-1]["val_mae_bpm"] is not None
    _, recipe, _ = load_checkpoint(out)
    assert recipe.image_size == 36


def test_a_config_that_cannot_train(tmp_path, capsys):
    out = tmp_path / "x.safetensors"
    assert main(["train", "--out", str(out), "--chunk-len", "61"]) == 2
    assert "chunk_len" in capsys.readouterr().err
    assert not out.exists()


def test_progress_is_plain_json():
    progress = TrainProgress(0, 3, 9, float("nan"), None, 1.23456789, 1e-3, 2.0, float("inf"), 9.0)
    record = progress_record(progress)
    assert (record["train_loss"], record["eta_s"], record["val_loss"]) == (None, None, None)
    assert (record["step"], record["val_mae_bpm"]) == (3, 1.234568)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0:00"), (61.4, "1:01"), (3723.0, "1:02:03"), (float("nan"), "?"), (-1.0, "?")],
)
def test_a_clock_people_read(seconds, text):
    assert clock(seconds) == text
