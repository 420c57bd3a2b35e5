"""Models on disk: read, renamed, described, copied, deleted; and files that are none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from aimanet.checkpoint import default_weights, load_checkpoint
from app.training import library
from app.training.library import (
    Head,
    LibraryError,
    ModelEntry,
    copy_in,
    free_path,
    list_models,
    read_model,
)
from app.training.models_view import details
from app.training.runs import lock_file, mark, parse_progress, read_log, run_folder, unfinished

STEP = {
    "epoch": 0,
    "step": 5,
    "n_steps": 10,
    "train_loss": 0.5,
    "val_loss": None,
    "val_mae_bpm": None,
    "lr": 1e-3,
    "elapsed_s": 2.0,
    "eta_s": 2.0,
    "frames_per_s": 100.0,
}


def half_done(out: Path, **changes: object) -> Path:
    """A run as the trainer leaves it."""
    folder = run_folder(out)
    folder.mkdir(parents=True)
    (folder / "state.pt").write_bytes(b"state")
    lines = [json.dumps({**STEP, "step": n, **changes}) for n in (1, 2, 5)]
    (folder / "log.jsonl").write_text("\n".join([*lines, '{"step": 6, "n_st']))
    return folder


@pytest.fixture
def model(models_dir: Path):
    return read_model(copy_in(default_weights(), models_dir))


def test_the_shipped_model_is_where_the_library_says():
    assert library.shipped_model() == default_weights()
    card = load_checkpoint(default_weights())[2]
    head = library.read_head(default_weights())
    assert (head.name, head.data, head.figures) == (card.name, card.data, card.figures)


def test_a_renamed_model_loads_and_keeps_all_that_belongs_to_it(model, models_dir):
    library.describe(model, " evening light ")
    half_done(model.path)
    model = read_model(model.path)
    assert model.notes == "evening light"
    new = library.rename(model, "Tim's / second")
    assert new.name == "Tim-s - second.safetensors"
    assert not model.path.exists()
    net, _, card = load_checkpoint(new)
    assert card.name == new.stem
    ours = load_checkpoint(default_weights())[0]
    for name, weights in ours.state_dict().items():
        assert torch.equal(weights, net.state_dict()[name])
    found = read_model(new)
    assert found.notes == "evening light"
    assert found.run.half_done
    assert sorted(p.name for p in models_dir.iterdir()) == sorted(
        [new.name, f"{new.stem}.md", f"{new.stem}.run"]
    )


def test_a_name_that_is_taken_or_empty(model, models_dir):
    other = read_model(copy_in(default_weights(), models_dir))
    assert other.path != model.path
    with pytest.raises(LibraryError, match="already"):
        library.rename(model, other.name)
    with pytest.raises(LibraryError, match="letter"):
        library.rename(model, " /// ")
    assert model.path.exists()


def test_delete_takes_run_and_notes_but_never_ours(model, models_dir):
    library.describe(model, "x")
    half_done(model.path)
    lock_file(model.path).touch()
    library.delete(read_model(model.path))
    assert list(models_dir.iterdir()) == []
    with pytest.raises(LibraryError, match="stay"):
        library.delete(read_model(default_weights(), shipped=True))
    assert default_weights().exists()


def test_a_copy_elsewhere(model, tmp_path):
    library.copy_out(model, tmp_path / "elsewhere" / "copy.safetensors")
    assert load_checkpoint(tmp_path / "elsewhere" / "copy.safetensors")[2].name == model.name
    with pytest.raises(LibraryError, match="itself"):
        library.copy_out(model, model.path)
    with pytest.raises(LibraryError, match="cannot be"):
        library.copy_out(model, Path("/proc/copy.safetensors"))


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"rubbish",
        b"\xff" * 64,
        b"\x02\0\0\0\0\0\0\0{}",
        b"\x13\0\0\0\0\0\0\0" + b'{"__metadata__": 3}',
        b"\x05\0\0\0\0\0\0\0" + b"[[[[[",
    ],
)
def test_files_that_are_no_models_are_listed_with_their_reason(blob, models_dir):
    models_dir.mkdir()
    (models_dir / "odd.safetensors").write_bytes(blob)
    ours, odd = list_models(models_dir)
    assert ours.shipped
    assert not ours.problem
    assert odd.problem
    with pytest.raises(LibraryError):
        copy_in(odd.path, models_dir)


def with_card(path: Path, **changes: object) -> None:
    """Rewrites the head of a weights file with another card."""
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    head = json.loads(data[8 : 8 + size])
    card = {**json.loads(head["__metadata__"]["card"]), **changes}
    head["__metadata__"]["card"] = json.dumps(card)
    new = json.dumps(head).encode()
    path.write_bytes(len(new).to_bytes(8, "little") + new + data[8 + size :])


@pytest.mark.parametrize(
    "changes",
    [
        {"steps": float("inf")},
        {"steps": -1},
        {"figures": {"val_mae_bpm": 1e308}},
        {"figures": {"val_mae_bpm": float("nan")}},
        {"figures": json.loads("[" * 400 + "]" * 400)},
    ],
)
def test_a_card_of_impossible_numbers_is_damaged(model, models_dir, changes):
    with_card(model.path, **changes)
    _, odd = list_models(models_dir)
    assert odd.problem == f"the card in {model.path.name} is damaged"


def test_endless_words_in_a_card_are_cut(model, models_dir):
    with_card(model.path, name="x" * 200_000, data="\u202etxt\x1b[2J")
    _, odd = list_models(models_dir)
    assert not odd.problem
    assert len(odd.head.name) == 4000
    assert odd.head.data == "\ufffdtxt\ufffd[2J"


def test_new_models_overwrite_nothing(models_dir):
    half_done(models_dir / "mine.safetensors")
    (models_dir / "mine-2.safetensors").touch()
    assert free_path(models_dir, "mine").name == "mine-3.safetensors"
    assert free_path(models_dir, "..").name == "model.safetensors"
    assert free_path(models_dir, "v1.5").name == "v1.5.safetensors"


def test_half_done_runs_are_offered_until_they_are_put_aside(models_dir):
    out = models_dir / "v1.5.safetensors"
    half_done(out)
    (run,) = unfinished(models_dir)
    assert run.out == out
    assert run.last.step == 5
    assert [p.step for p in read_log(out)] == [1, 2, 5]
    assert "it has no weights yet" in list_models(models_dir)[1].problem
    mark(out, set_aside=True)
    assert unfinished(models_dir) == []
    mark(out)
    assert len(unfinished(models_dir)) == 1
    mark(out, finished=True)
    assert unfinished(models_dir) == []


@pytest.mark.parametrize("changes", [{"n_steps": 5}, {"eta_s": 0.0}])
def test_a_run_at_its_end_is_not_offered(models_dir, changes):
    half_done(models_dir / "a.safetensors", **changes)
    assert unfinished(models_dir) == []


def test_a_run_that_never_saved_is_not_offered(models_dir):
    (half_done(models_dir / "a.safetensors") / "state.pt").unlink()
    assert unfinished(models_dir) == []


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"step": 1},
        {**STEP, "step": "x"},
        {**STEP, "step": 11},
        {**STEP, "step": -1},
        {**STEP, "train_loss": []},
        {**STEP, "step": True},
        {**STEP, "n_steps": 1e400},
    ],
)
def test_what_is_no_step(odd):
    assert parse_progress(odd) is None


def test_a_step_with_missing_figures():
    step = parse_progress({**STEP, "train_loss": None, "val_mae_bpm": 3})
    assert step.train_loss != step.train_loss
    assert step.val_mae_bpm == 3.0
    lost = parse_progress({**STEP, "train_loss": 1e308, "lr": float("inf")})
    assert lost.train_loss != lost.train_loss
    assert lost.lr != lost.lr


@pytest.mark.parametrize(("steps", "said"), [(1, "1 step."), (2, "2 steps.")])
def test_one_step_is_said_in_the_singular(steps: int, said: str) -> None:
    assert said in details(ModelEntry(Path("m.safetensors"), Head(steps=steps))).splitlines()
