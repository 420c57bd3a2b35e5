"""The original recipe: our run beside an independent one, and what it leaves behind."""

from __future__ import annotations

import json
import re
from contextlib import closing
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch

from aimanet.checkpoint import Card, load_checkpoint, save_checkpoint
from aimanet.datasets.arrays import INPUT, OUTPUT
from aimanet.errors import AimaNetError
from aimanet.importers import import_weights
from aimanet.preprocess import MotionAppearance, Recipe, Windower
from aimanet.synthesis.crops import random_clip
from aimanet.training.seed import RECIPE, SeedConfig, SeedRun, Start, network_inputs
from aimanet.training.seed_results import parameters
from aimanet.tscan import TSCAN

from . import original


def write_arrays(folder, frames, size=36, seed=0):
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(frames, 6, size, size)).astype(np.float32)
    labels = np.sin(0.7 * np.arange(frames)) + 0.3 * rng.normal(size=frames)
    inputs[:, :3] += labels[:, None, None, None].astype(np.float32)
    np.save(folder / INPUT, inputs)
    np.save(folder / OUTPUT, labels)
    return inputs, labels


def config(folder, **changes):
    defaults = SeedConfig(folder, 2, 3, 60, device="cpu", results=folder / "results")
    return replace(defaults, **changes)


def finished(run):
    return list(run.train())


def without_dropout(net):
    for layer in net.modules():
        if isinstance(layer, torch.nn.Dropout):
            layer.p = 0.0


def test_the_losses_are_those_of_the_original_program(tmp_path):
    """Same initial weights, dropout off on both sides: the same curve, and weights that agree."""
    inputs, labels = write_arrays(tmp_path, 95)
    torch.manual_seed(3)
    theirs = original.Original()
    torch.save({"model_state_dict": theirs.state_dict()}, tmp_path / "start.pt")
    expected = original.train(theirs, inputs, labels, split=55, epochs=4)

    found = import_weights(tmp_path / "start.pt")
    start = Start(found.state, found.recipe, "start.pt")
    run = SeedRun(config(tmp_path, epochs=4, train_split_index=55, start=start))
    assert (run.net.recipe.appearance, run.net.recipe.attention_scale) == ("frame", "ch")
    without_dropout(run.net)
    finished(run)
    assert np.allclose(np.transpose(run.losses), expected, rtol=0, atol=1e-5)
    assert np.ptp(expected, axis=1).min() > 2e-3  # they do move

    for mine, its in zip(parameters(run.net), theirs.parameters(), strict=True):
        assert torch.allclose(mine, its, rtol=0, atol=1e-5)
    for name, curve in zip(("train_loss.npy", "test_loss.npy"), expected, strict=True):
        losses = np.load(run.results.folder / name)
        assert (losses.shape, losses.dtype) == ((4,), np.float64)
        assert np.allclose(losses, curve, rtol=0, atol=1e-5)


def test_the_best_weights_are_kept_in_the_originals_form(tmp_path, monkeypatch):
    write_arrays(tmp_path, 80)
    run = SeedRun(config(tmp_path, epochs=3))
    scripted = iter([0.5, 0.4, 0.7])

    def save(path, net, optimizer, epoch, loss, *, really=run.results.save_weights):
        kept.append((epoch, loss, {k: v.clone() for k, v in net.state_dict().items()}))
        really(path, net, optimizer, epoch, loss)

    kept: list = []
    monkeypatch.setattr(run.results, "save_weights", save)
    monkeypatch.setattr(run, "_try", lambda inputs, labels: torch.tensor(next(scripted)))
    finished(run)
    assert ([k[0] for k in kept], run.best) == ([0, 1], 1)
    assert np.load(tmp_path / "results" / "test_loss.npy") == pytest.approx([0.5, 0.4, 0.7])

    (path,) = (tmp_path / "results").glob("*.pt")
    assert re.fullmatch(r"best_model_checkpoint_\d{4}-\d\d-\d\d\.pt", path.name)
    saved = torch.load(path, weights_only=True)
    keys = ["epoch", "model_state_dict", "optimizer_state_dict", "loss", "format", "recipe"]
    assert list(saved) == keys
    assert (saved["epoch"], saved["loss"]) == (1, pytest.approx(0.4))
    assert json.loads(saved["recipe"]) == asdict(run.net.recipe)

    theirs = original.Original()
    theirs.load_state_dict(saved["model_state_dict"])
    optimizer = torch.optim.Adadelta(theirs.parameters())
    optimizer.load_state_dict(saved["optimizer_state_dict"])
    for group in optimizer.param_groups:
        for p in group["params"]:
            assert optimizer.state[p]["square_avg"].shape == p.shape

    found = import_weights(path)
    assert found.recipe == run.net.recipe
    assert all(torch.equal(found.state[k], v) for k, v in kept[1][2].items())


def test_parameters_are_in_the_originals_order():
    assert [p.shape for p in parameters(TSCAN())] == [
        p.shape for p in original.Original().parameters()
    ]


def test_appearance_is_the_mean_of_a_window():
    x = torch.randn(20, 6, 8, 8)
    motion, appearance = network_inputs(x, RECIPE)
    assert torch.equal(motion, x[:, :3])
    assert torch.allclose(appearance, torch.stack([x[:10, 3:].mean(0), x[10:, 3:].mean(0)]))
    _, each = network_inputs(x, replace(RECIPE, appearance="frame"))
    assert torch.equal(each, x[:, 3:])
    _, own = network_inputs(x, replace(RECIPE, appearance_norm="picture"))
    assert own.mean((1, 2, 3)).abs().max() < 1e-6
    assert torch.allclose(own.std((1, 2, 3), correction=0), torch.ones(2), atol=1e-4)


def test_reports_count_and_the_last_of_an_epoch_has_its_losses(tmp_path):
    write_arrays(tmp_path, 95, size=10)
    run = SeedRun(config(tmp_path, train_split_index=75))
    assert run.notes == ("left out 5 of the training frames: they fill no window of 10",)
    reports = finished(run)
    ends = [r for r in reports if r.val_loss is not None]
    assert [(r.epoch, r.step, r.n_steps) for r in ends] == [(1, 3, 6), (2, 6, 6)]
    assert [(r.train_loss, r.val_loss) for r in ends] == run.losses
    assert (ends[-1].eta_s, ends[-1].lr, run.frames_learnt) == (0.0, 1.0, 140)
    assert all(r.frames_per_s > 0 for r in reports)


def test_the_same_seed_gives_the_same_run(tmp_path):
    write_arrays(tmp_path, 80, size=10)
    runs = [SeedRun(config(tmp_path, seed=seed)) for seed in (1, 1, 2)]
    for run in runs:
        torch.manual_seed(run.config.seed)
        finished(run)
    assert runs[0].losses == runs[1].losses != runs[2].losses


@pytest.mark.parametrize("dtype", ["f2", "f8", "u1"])
def test_other_numbers_than_float32(tmp_path, dtype):
    rng = np.random.default_rng(0)
    inputs = rng.integers(0, 9, (80, 6, 10, 10)).astype(dtype)
    np.save(tmp_path / OUTPUT, rng.integers(0, 3, (80, 1)))
    losses = []
    for array in (inputs, inputs.astype(np.float32)):
        np.save(tmp_path / INPUT, array)
        run = SeedRun(config(tmp_path, epochs=1))
        finished(run)
        losses.append(run.losses)
    assert losses[0] == losses[1]


def test_folders_train_as_the_one_file_does(tmp_path):
    inputs, labels = write_arrays(tmp_path, 110, size=10)
    parts = {"train": [(0, 30), (30, 80)], "test": [(80, 110)]}
    for part, spans in parts.items():
        for kind, array in (("images", inputs), ("gt", labels)):
            folder = tmp_path / "folders" / part / kind
            folder.mkdir(parents=True)
            for i, (first, end) in enumerate(spans):
                np.save(folder / f"{i}.npy", array[first:end])
    losses = []
    for data in (tmp_path, tmp_path / "folders"):
        run = SeedRun(config(tmp_path, data_path=data, train_split_index=80))
        finished(run)
        losses.append(run.losses)
    assert losses[0] == losses[1]


def test_an_early_end_saves_the_weights_as_they_are(tmp_path, monkeypatch):
    monkeypatch.setattr("aimanet.training.seed_pace.REPORT_S", 0.0)
    write_arrays(tmp_path, 110, size=10)
    run = SeedRun(config(tmp_path, epochs=9, train_split_index=90))
    with closing(run.train()) as reports:
        for report in reports:
            if report.step == 4:
                break
    assert run.interrupted
    assert len(run.losses) == len(np.load(tmp_path / "results" / "train_loss.npy")) == 1
    found = import_weights(run.results.interrupted)
    assert all(torch.equal(found.state[k], v) for k, v in run.net.state_dict().items())
    kept = torch.load(run.results.interrupted, weights_only=True)
    assert kept["epoch"] == 1


def test_an_end_between_epochs_has_nothing_left_to_save(tmp_path):
    write_arrays(tmp_path, 80, size=10)
    run = SeedRun(config(tmp_path, epochs=9))
    with closing(run.train()) as reports:
        next(r for r in reports if r.val_loss is not None)
    assert not run.interrupted
    assert [p.name[:4] for p in sorted((tmp_path / "results").iterdir())] == [
        "best",
        "test",
        "trai",
    ]


def test_an_end_before_the_first_step_leaves_nothing(tmp_path):
    write_arrays(tmp_path, 80, size=10)
    SeedRun(config(tmp_path)).train().close()
    assert not (tmp_path / "results").exists()


def start_of(recipe, name="x.safetensors"):
    return Start(TSCAN(recipe).state_dict(), recipe, name)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"epochs": 0}, "epochs is 0"),
        ({"batch_size": -1}, "batch_size is -1"),
        ({"train_split_index": 81}, "past the end"),
        ({"device": "tpu"}, "tpu"),
        ({"start": start_of(Recipe())}, "x.safetensors is for pictures of 36 px, .* have 10"),
        ({"start": start_of(Recipe(image_size=10, appearance="clip_mean"))}, "whole clip"),
        ({"start": start_of(Recipe(image_size=10, frame_depth=40))}, "test on"),
    ],
)
def test_runs_that_cannot_begin(tmp_path, changes, says):
    write_arrays(tmp_path, 80, size=10)
    with pytest.raises(AimaNetError, match=says):
        SeedRun(config(tmp_path, **changes))
    assert not (tmp_path / "results").exists()


def test_a_place_that_cannot_be_written_to(tmp_path):
    write_arrays(tmp_path, 80, size=10)
    (tmp_path / "results").write_text("in the way")
    with pytest.raises(AimaNetError, match="no folder"):
        SeedRun(config(tmp_path))
    (tmp_path / "results").unlink()
    (tmp_path / "results" / "test_loss.npy").mkdir(parents=True)
    with pytest.raises(AimaNetError, match="in the way"):
        SeedRun(config(tmp_path))
    with pytest.raises(AimaNetError, match="no folder"):
        SeedRun(config(tmp_path, results=tmp_path / "no" / "results"))


def test_values_that_turn_bad_under_way(tmp_path):
    inputs, _ = write_arrays(tmp_path, 80, size=10)
    run = SeedRun(config(tmp_path))
    assert list(run.check_values()) == [80]
    inputs[71] = np.inf
    np.save(tmp_path / INPUT, inputs)
    with pytest.raises(AimaNetError, match=f"{INPUT} holds NaN or infinity at frame 71"):
        finished(run)
    assert not (tmp_path / "results").exists()


def test_labels_out_of_all_bounds(tmp_path):
    write_arrays(tmp_path, 80, size=10)
    np.save(tmp_path / OUTPUT, np.full(80, 1e30))
    with pytest.raises(AimaNetError, match=r"the loss ran away \(training, epoch 1"):
        finished(SeedRun(config(tmp_path)))


def test_a_checkpoint_of_ours_is_a_start(tmp_path):
    write_arrays(tmp_path, 80, size=12)
    recipe, net = Recipe(image_size=12, frame_depth=20), None
    torch.manual_seed(5)
    net = TSCAN(recipe)
    save_checkpoint(tmp_path / "x.safetensors", net.state_dict(), recipe, Card())
    loaded, carried, _ = load_checkpoint(tmp_path / "x.safetensors")
    start = Start(loaded.state_dict(), carried, "x.safetensors")
    run = SeedRun(config(tmp_path, start=start, batch_size=1))
    assert run.n_steps == 2 * 3
    assert torch.equal(run.net.dense2.weight, net.dense2.weight)
    finished(run)
    assert import_weights(run.results.best).recipe == recipe


def stronger(clip, t, crop):
    """The crop with a pulse of some percent on top of its own: ten times a real one."""
    light = 1.0 - 0.04 * clip.trace.bvp(np.array([t]))[0]
    return np.clip(crop * light + 0.5, 0, 255).astype(np.uint8)


def pulse_arrays(folder, clips, frames):
    """Drawn faces with a strong pulse, preprocessed as the recipe has it, beside their label."""
    inputs, labels = [], []
    recipe = replace(RECIPE, fs=30.0)
    for number in range(99):
        clip = random_clip(np.random.default_rng((7, number)), frames / 30.0 + 0.7, coded=0.0)
        crops = [replace(c, crop=stronger(clip, c.t, c.crop)) for c in clip.crops]
        windower, ready = Windower(recipe), MotionAppearance(recipe)
        windows = [w for crop in crops for w in windower.push(crop)][: frames // 10]
        if len(windows) * 10 < frames or any(w.starts for w in windows[1:]):
            continue
        pairs = [ready(w) for w in windows]
        motion = np.concatenate([p[0] for p in pairs])
        appearance = np.concatenate([np.repeat(p[1], 10, 0) for p in pairs])
        label = np.concatenate([np.diff(clip.trace.bvp(w.t)) for w in windows])
        inputs.append(np.concatenate([motion, appearance], 1))
        labels.append(label / label.std())
        if len(labels) == clips:
            break
    np.save(folder / INPUT, np.concatenate(inputs).astype(np.float32))
    np.save(folder / OUTPUT, np.concatenate(labels))


@pytest.mark.slow
def test_a_strong_pulse_is_learnt(tmp_path):
    """The loss on faces never seen falls far below the variance of the label, which is 1."""
    pulse_arrays(tmp_path, clips=5, frames=120)
    run = SeedRun(config(tmp_path, epochs=4, train_split_index=480))
    finished(run)
    assert run.losses[0][0] > run.losses[-1][0]
    assert run.losses[run.best][1] < 0.5
