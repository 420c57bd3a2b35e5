"""The trainer as a whole, on toy recordings: progress, files, resume, ends of all kinds."""

from __future__ import annotations

import itertools
import json
import os
import sys
import zipfile
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from aimanet.checkpoint import Card, load_checkpoint, save_checkpoint
from aimanet.errors import AimaNetError, OutputError
from aimanet.stop import StopRequest
from aimanet.training import Material, TrainConfig, fit, trainer
from aimanet.training.material import with_pseudo_label
from aimanet.tscan import TSCAN
from tests.aimanet.training.recordings import SMALL, people, recording

TOYS = (Material("toy", people(4)),)


@pytest.fixture
def tiny(tmp_path: Path) -> TrainConfig:
    return TrainConfig(
        out=tmp_path / "tiny.safetensors",
        data=("toy",),
        steps=6,
        batch=3,
        micro=2,
        chunk_len=60,
        lr=1e-3,
        warmup=2,
        workers=0,
        validate_every=2,
        device="cpu",
        recipe=SMALL,
    )


def run_of(config: TrainConfig) -> Path:
    return config.out.with_suffix(".run")


def weights(path: Path) -> dict[str, torch.Tensor]:
    return load_file(path)


def identical(a: Path, b: Path) -> bool:
    x, y = weights(a), weights(b)
    return x.keys() == y.keys() and all(torch.equal(x[k], y[k]) for k in x)


def test_progress_from_first_to_last_step(tiny: TrainConfig) -> None:
    seen = list(fit(tiny, TOYS))
    assert [p.step for p in seen] == [1, 2, 3, 4, 5, 6]
    assert [p.val_loss is not None for p in seen] == [False, True] * 3
    assert all(0 < p.train_loss < 2 and p.frames_per_s > 0 for p in seen)
    assert seen[-1].eta_s == 0.0
    assert seen[-1].epoch == 2  # 18 clips out of 9 chunks
    _, recipe, card = load_checkpoint(tiny.out)
    assert recipe == SMALL
    assert card.steps == 6
    assert card.figures["val_mae_bpm"] == seen[-1].val_mae_bpm
    assert card.data == (
        "toy: 3 recordings of 3 people; validated on toy: 1 recordings of 1 people"
    )
    assert f"--out {tiny.out}" in card.command
    assert "--steps 6" in card.command
    lines = [json.loads(line) for line in (run_of(tiny) / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 3, 4, 5, 6]
    assert lines[3]["val_loss"] == pytest.approx(seen[3].val_loss, abs=1e-6)
    assert json.loads((run_of(tiny) / "config.json").read_text())["batch"] == 3


def test_the_same_seed_gives_the_same_losses(tiny: TrainConfig) -> None:
    two = replace(tiny, steps=2, validate_every=9)
    first = [p.train_loss for p in fit(two, TOYS)]
    assert first == [p.train_loss for p in fit(replace(two, workers=1), TOYS)]
    assert first != [p.train_loss for p in fit(replace(two, seed=2), TOYS)]


def test_pieces_of_any_size_give_the_same_loss_without_dropout(tiny: TrainConfig) -> None:
    """The gradient is the batch's, however it is cut: shown by the loss of the second step."""
    config = replace(tiny, steps=2, precision="fp32", loss="mse", optimizer="sgd", lr=1e-3)
    # Dropout is drawn piece by piece, so only the sizes of the losses can be alike.
    a, b = ([p.train_loss for p in fit(replace(config, micro=m), TOYS)] for m in (1, 3))
    assert a == pytest.approx(b, rel=0.05)


@pytest.mark.parametrize(
    ("optimizer", "schedule", "loss"),
    [
        ("adadelta", "onecycle", "mse"),
        pytest.param("sgd", "step", "sum", marks=pytest.mark.slow),
        pytest.param("adam", "constant", "pearson", marks=pytest.mark.slow),
    ],
)
def test_killed_and_resumed_is_as_if_never_killed(
    tiny: TrainConfig, optimizer: str, schedule: str, loss: str
) -> None:
    """Bit for bit: weights, losses, log and best checkpoints."""
    kinds = {"optimizer": optimizer, "schedule": schedule, "loss": loss, "lr": 1e-2}
    config = replace(tiny, steps=8, validate_every=3, batch=2, micro=1, **kinds)  # type: ignore[arg-type]
    whole = list(fit(config, TOYS))
    killed = replace(config, out=tiny.out.with_name("killed.safetensors"))
    abandoned = fit(killed, TOYS)  # held until the end, so that nothing closes and saves it
    assert [p.step for p in islice(abandoned, 5)] == [1, 2, 3, 4, 5]
    log = run_of(killed) / "log.jsonl"
    log.write_text(log.read_text() + '{"step": 6, "los')  # and a line cut short
    rest = list(fit(TrainConfig(out=killed.out, resume=True), TOYS))
    assert [p.step for p in rest] == [4, 5, 6, 7, 8]
    assert [p.train_loss for p in rest] == [p.train_loss for p in whole[3:]]
    assert [p.val_mae_bpm for p in rest] == [p.val_mae_bpm for p in whole[3:]]
    assert identical(config.out, killed.out)
    assert [json.loads(x)["step"] for x in log.read_text().splitlines()] == list(range(1, 9))
    best = [sorted(p.name for p in run_of(c).glob("best-*")) for c in (config, killed)]
    assert best[0] == best[1]
    assert all(identical(run_of(config) / name, run_of(killed) / name) for name in best[0])
    del abandoned


def test_stopping_early_keeps_what_there_is_and_goes_on(tiny: TrainConfig) -> None:
    config = replace(tiny, schedule="constant", validate_every=4, steps=4)
    whole = [p.train_loss for p in fit(config, TOYS)]
    config = replace(config, out=tiny.out.with_name("b.safetensors"))
    run = fit(config, TOYS)
    first = [p.train_loss for p in islice(run, 3)]
    run.close()
    assert load_checkpoint(config.out)[2].steps == 3
    rest = [p.train_loss for p in fit(replace(config, resume=True), TOYS)]
    assert first + rest == whole


def test_a_wish_to_stop_ends_before_the_next_step(tiny: TrainConfig) -> None:
    stop = StopRequest()
    seen = []
    for p in fit(tiny, TOYS, stop=stop):
        seen.append(p)
        if p.step == 2:
            stop.ask()
    assert [p.step for p in seen] == [1, 2]
    assert load_checkpoint(tiny.out)[2].steps == 2


def test_more_steps_for_a_finished_run(tiny: TrainConfig) -> None:
    list(fit(replace(tiny, schedule="constant", steps=2), TOYS))
    assert list(fit(replace(tiny, schedule="constant", resume=True, steps=2), TOYS)) == []
    more = list(fit(TrainConfig(out=tiny.out, resume=True, steps=4), TOYS))
    assert [p.step for p in more] == [3, 4]
    longer = tiny.out.with_name("longer.safetensors")
    list(fit(replace(tiny, schedule="constant", steps=4, out=longer), TOYS))
    assert identical(tiny.out, longer)


def test_a_pipe_in_place_of_the_state_is_not_waited_for(tiny: TrainConfig) -> None:
    folder = tiny.out.with_suffix(".run")
    folder.mkdir(parents=True)
    os.mkfifo(folder / "state.pt")
    with pytest.raises(AimaNetError, match=r"state\.pt: it is no ordinary file; put it right"):
        next(fit(replace(tiny, resume=True), TOYS))


def test_a_state_that_unpacks_to_gigabytes_or_runs_code_is_refused(tiny: TrainConfig) -> None:
    path = tiny.out.with_suffix(".run") / "state.pt"
    path.parent.mkdir(parents=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/data.pkl", bytes(1 << 20))
    with pytest.raises(AimaNetError, match=r"is damaged \(it is packed\)"):
        next(fit(replace(tiny, resume=True), TOYS))
    torch.save({"format": Path.cwd}, path)
    with pytest.raises(AimaNetError, match="it holds something else"):
        next(fit(replace(tiny, resume=True), TOYS))


def test_resume_refuses(tiny: TrainConfig, tmp_path: Path) -> None:
    with pytest.raises(AimaNetError, match="no run to resume at"):
        next(fit(replace(tiny, resume=True), TOYS))
    list(fit(replace(tiny, steps=2), TOYS))
    with pytest.raises(AimaNetError, match=r"other settings: lr \(0.001, now 0.5\)"):
        next(fit(replace(tiny, resume=True, lr=0.5), TOYS))
    with pytest.raises(AimaNetError, match="the data differ"):
        next(fit(replace(tiny, resume=True, steps=9), (Material("toy", people(5)),)))
    state = run_of(tiny) / "state.pt"
    whole = state.read_bytes()
    for damage in (b"", b"nonsense", whole[: len(whole) // 2]):
        state.write_bytes(damage)
        with pytest.raises(AimaNetError, match="is damaged"):
            next(fit(replace(tiny, resume=True), TOYS))


def test_a_new_run_keeps_the_folder_of_the_old_one(tiny: TrainConfig) -> None:
    list(fit(replace(tiny, steps=2), TOYS))
    before = (run_of(tiny) / "state.pt").read_bytes()
    list(fit(replace(tiny, steps=1), TOYS))
    assert run_of(tiny).with_name("tiny.run.old").joinpath("state.pt").read_bytes() == before


def test_the_best_checkpoints(tiny: TrainConfig) -> None:
    config = replace(tiny, steps=5, validate_every=1, best=2, select="val_loss", keep="best")
    seen = list(fit(config, TOYS))
    ranked = sorted((p.val_loss or 0.0, p.step) for p in seen)
    files = sorted(run_of(tiny).glob("best-*"))
    assert [f.name for f in files] == [
        f"best-step-{step:06d}.safetensors" for step in sorted(s for _, s in ranked[:2])
    ]
    best = run_of(tiny) / f"best-step-{ranked[0][1]:06d}.safetensors"
    assert identical(tiny.out, best)
    assert load_checkpoint(best)[2].figures["val_loss"] == ranked[0][0]


def test_early_stop(tiny: TrainConfig) -> None:
    """A rate that changes nothing: the first validation stays the best."""
    config = replace(tiny, steps=50, validate_every=1, patience=3, lr=1e-12, select="val_loss")
    seen = list(fit(replace(config, optimizer="sgd", weight_decay=0.0), TOYS))
    assert len(seen) <= 8
    assert list(fit(replace(config, resume=True, out=tiny.out, optimizer="sgd",
                            weight_decay=0.0), TOYS)) == []  # fmt: skip


def test_a_time_limit_ends_the_schedule(tiny: TrainConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock of its own: on a busy machine 0.6 s are two steps, and no schedule."""
    ticks = itertools.count(0.0, 0.006)
    monkeypatch.setattr(trainer.Clock, "elapsed_s", property(lambda _: next(ticks)))
    seen = list(fit(replace(tiny, steps=10**6, minutes=0.01), TOYS))
    assert len(seen) < 10**4
    assert seen[-1].val_loss is not None
    assert seen[-1].lr < 2e-4


def test_fine_tuning_starts_from_weights_and_recipe(tiny: TrainConfig) -> None:
    list(fit(replace(tiny, steps=1), TOYS))
    out = tiny.out.with_name("next.safetensors")
    config = replace(tiny, finetune=tiny.out, out=out, steps=1, lr=1e-9, ema=0.0,
                     recipe=TrainConfig().recipe)  # fmt: skip
    list(fit(config, TOYS))
    before, after = weights(tiny.out), weights(out)
    assert max(float((after[k] - before[k]).abs().max()) for k in before) < 1e-6
    assert load_checkpoint(out)[1] == SMALL
    tiny.out.unlink()  # a resumed run needs it no more
    assert len(list(fit(replace(config, resume=True, steps=2), TOYS))) == 1


def test_fine_tuning_brings_its_recipe(tiny: TrainConfig) -> None:
    save_checkpoint(tiny.out, TSCAN(SMALL).state_dict(), SMALL, Card())
    config = replace(tiny, finetune=tiny.out, recipe=replace(SMALL, fs=25.0))
    with pytest.raises(AimaNetError, match="recipe comes from"):
        next(fit(config, TOYS))


def test_a_mixture_with_drawn_faces(tiny: TrainConfig) -> None:
    config = replace(tiny, data=("synthetic", "toy"), data_weights=(1.0, 2.0), steps=2)
    seen = list(fit(config, (Material(), *TOYS)))
    assert np.isfinite([p.train_loss for p in seen]).all()
    card = load_checkpoint(tiny.out)[2]
    assert card.data.startswith("procedurally drawn faces")
    assert "--data synthetic toy --data-weights 1.0 2.0" in card.command


def test_drawn_faces_alone_and_their_validation(tiny: TrainConfig) -> None:
    config = replace(tiny, data=("synthetic",), steps=1, batch=1, validation_clips=1)
    first = list(fit(config))
    assert first[-1].val_mae_bpm is not None
    assert [p.train_loss for p in fit(config)] == [p.train_loss for p in first]


def test_pseudo_labels_are_named_on_the_card(tiny: TrainConfig) -> None:
    mixed = (*people(2, seconds=10), with_pseudo_label(recording("9", labelled=False, seconds=10)))
    list(fit(replace(tiny, steps=1), (Material("toy", mixed),)))
    assert "1 with pseudo labels" in load_checkpoint(tiny.out)[2].data


def test_epochs_instead_of_steps(tiny: TrainConfig) -> None:
    seen = list(fit(replace(tiny, steps=None, epochs=2.0), TOYS))
    assert len(seen) == 6  # twice 9 chunks, 3 a step
    with pytest.raises(AimaNetError, match="drawn faces never end"):
        next(fit(replace(tiny, steps=None, epochs=2.0, data=("synthetic",))))


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_good_state(tiny: TrainConfig) -> None:
    config = replace(tiny, validate_every=2, steps=9)
    good = fit(config, TOYS)
    list(islice(good, 3))
    good.close()
    kept = (run_of(config) / "state.pt").read_bytes()
    changed = tuple(replace(r, crops=np.full_like(r.crops, np.nan)) for r in people(4))
    with pytest.raises(AimaNetError, match=r"the loss became nan at step 4.*lower --lr") as caught:
        list(fit(replace(config, resume=True), (Material("toy", changed),)))
    assert "\n" not in str(caught.value)
    assert (run_of(config) / "state.pt").read_bytes() == kept
    assert load_checkpoint(config.out)[2].steps == 3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"steps": 0}, "steps"),
        ({"device": "tpu"}, "device"),
        ({"data": ("pure=/x",)}, "have to be handed over"),
    ],
)
def test_values_that_cannot_train(tiny: TrainConfig, change: dict[str, object], words: str) -> None:
    with pytest.raises(AimaNetError, match=words):
        next(fit(replace(tiny, **{"data": ("synthetic",), **change})))  # type: ignore[arg-type]
    assert not tiny.out.exists()
    assert not run_of(tiny).exists()


def test_an_unwritable_place_is_found_before_training(tiny: TrainConfig, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        next(fit(replace(tiny, out=tmp_path / "file" / "w.safetensors"), TOYS))
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        next(fit(replace(tiny, out=tmp_path / "folder"), TOYS))


@pytest.mark.parametrize("precision", ["bf16", pytest.param("fp16", marks=pytest.mark.slow)])
def test_half_precision_stays_near_full(tiny: TrainConfig, precision: str) -> None:
    full = [p.train_loss for p in fit(replace(tiny, steps=2, precision="fp32"), TOYS)]
    config = replace(tiny, steps=2, precision=precision)  # type: ignore[arg-type]
    assert [p.train_loss for p in fit(config, TOYS)] == pytest.approx(full, rel=0.1)
    list(fit(replace(config, resume=True, steps=3), TOYS))  # the scaler goes on, too
    assert load_checkpoint(tiny.out)[2].steps == 3


def test_tensorboard_that_is_not_installed(
    tiny: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(AimaNetError, match=r'pip install "aimanet\[tensorboard\]"'):
        next(fit(replace(tiny, tensorboard=True), TOYS))
    assert not run_of(tiny).exists()


def test_tensorboard(tiny: TrainConfig) -> None:
    events = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    seen = list(fit(replace(tiny, tensorboard=True, steps=2), TOYS))
    log = events.EventAccumulator(str(run_of(tiny) / "tensorboard"))
    log.Reload()
    assert [e.step for e in log.Scalars("train/loss")] == [1, 2]
    assert log.Scalars("val/mae_bpm")[0].value == pytest.approx(seen[-1].val_mae_bpm)


@pytest.mark.slow
def test_it_learns(tiny: TrainConfig) -> None:
    """The pulse of toy faces is no secret for long."""
    material = (Material("toy", people(4, seconds=14)),)
    config = replace(tiny, steps=20, batch=4, lr=4e-3, ema=0.8, validate_every=60)
    losses = [p.train_loss for p in fit(config, material)]
    assert np.mean(losses[-5:]) < 0.5 * np.mean(losses[:3])


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_loss_falls_on_drawn_faces(tiny: TrainConfig) -> None:
    config = replace(tiny, data=("synthetic",), recipe=TrainConfig().recipe, steps=60, batch=4,
                     chunk_len=120, validate_every=1000, validation_clips=2, lr=1.5e-3)  # fmt: skip
    losses = [p.train_loss for p in fit(config)]
    assert sum(losses[-15:]) < 0.85 * sum(losses[:15])
