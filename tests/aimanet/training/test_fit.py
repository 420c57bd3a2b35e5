from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from aimanet.checkpoint import load_checkpoint
from aimanet.errors import AimaNetError, OutputError
from aimanet.training import TrainConfig, fit


@pytest.fixture
def tiny(tmp_path: Path) -> TrainConfig:
    return TrainConfig(
        out=tmp_path / "tiny.safetensors",
        steps=4,
        fresh=1,
        replayed=0,
        chunk_len=60,
        workers=0,
        validate_every=2,
        validation_clips=2,
        device="cpu",
    )


def test_progress_from_first_to_last_step(tiny: TrainConfig) -> None:
    seen = list(fit(tiny))
    assert [p.step for p in seen] == [1, 2, 3, 4]
    assert [p.val_loss is not None for p in seen] == [False, True, False, True]
    assert all(0 < p.train_loss < 2 and p.frames_per_s > 0 for p in seen)
    assert seen[-1].eta_s == 0.0
    _, _, card = load_checkpoint(tiny.out)
    assert card.steps == 4
    assert card.figures["val_mae_bpm"] == seen[-1].val_mae_bpm
    assert f"--out {tiny.out}" in card.command
    assert "--steps 4" in card.command


def test_the_same_seed_gives_the_same_losses(tiny: TrainConfig) -> None:
    first = [p.train_loss for p in fit(tiny)]
    assert first == [p.train_loss for p in fit(tiny)]
    assert first != [p.train_loss for p in fit(replace(tiny, seed=2))]


def test_stopping_early_keeps_what_there_is(tiny: TrainConfig) -> None:
    run = fit(replace(tiny, steps=1000))
    list(islice(run, 3))
    run.close()
    assert load_checkpoint(tiny.out)[2].steps == 3


def test_going_on_from_a_checkpoint(tiny: TrainConfig) -> None:
    list(fit(tiny))
    before = load_checkpoint(tiny.out)[0].state_dict()
    out = tiny.out.with_name("next.safetensors")
    list(fit(replace(tiny, init=tiny.out, out=out, steps=1, lr=1e-7, ema=0.0)))
    after = load_checkpoint(out)[0].state_dict()
    assert max(float((after[k] - before[k]).abs().max()) for k in before) < 1e-5


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"steps": 0}, "steps"),
        ({"chunk_len": 65}, "chunk_len is 65"),
        ({"lr": 0.0}, "lr"),
        ({"device": "tpu"}, "device"),
    ],
)
def test_values_that_cannot_train(tiny: TrainConfig, change: dict[str, object], words: str) -> None:
    with pytest.raises(AimaNetError, match=words):
        next(fit(replace(tiny, **change)))  # type: ignore[arg-type]


def test_an_unwritable_place_is_found_before_training(tiny: TrainConfig, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        next(fit(replace(tiny, out=tmp_path / "file" / "w.safetensors")))


@pytest.mark.slow
def test_the_loss_falls(tiny: TrainConfig) -> None:
    config = replace(tiny, steps=60, fresh=2, replayed=2, chunk_len=120, validate_every=1000)
    losses = [p.train_loss for p in fit(config)]
    assert sum(losses[-15:]) < 0.85 * sum(losses[:15])
