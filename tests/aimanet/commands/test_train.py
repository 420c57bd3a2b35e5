"""Training from the command line: flags, data, ends, with networks that learn for two steps."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from aimanet.checkpoint import load_checkpoint
from aimanet.cli import main
from aimanet.commands.train import clock
from aimanet.datasets.base import Recording
from aimanet.datasets.cached import Grid
from aimanet.datasets.entry import entry_place, lock_of
from aimanet.datasets.writer import EntryWriter
from aimanet.preprocess import Recipe, Windower
from aimanet.training import TrainConfig
from aimanet.training.journal import progress_record
from aimanet.training.run_folder import RunFolder
from aimanet.types import FaceCrop, TrainProgress
from tests.aimanet.datasets import folders
from tests.aimanet.datasets.entries import blank, video

SMALL = ["--image-size", "12", "--chunk-len", "60", "--batch", "2", "--workers", "0"]
TINY = ["--steps", "2", "--replayed", "0", "--validation-clips", "1", "--device", "cpu", *SMALL]


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def train(out: Path, *more: str) -> int:
    return main(["train", "--out", str(out), *TINY, *more])


def pulsing(hr: float, seconds: float = 8.0) -> list[FaceCrop]:
    """Crops of a coloured square in which green falls when blood rises."""
    rng, t = np.random.default_rng(int(hr)), np.arange(round(seconds * 30)) / 30
    wave = np.sin(2 * np.pi * hr / 60 * t)[:, None, None, None] * np.array([1, 3, 2])
    images = np.clip(rng.normal(120, 3, (len(t), 12, 12, 3)) - wave, 0, 255).astype(np.uint8)
    return [
        FaceCrop(i, float(ti), (0, 0, 1, 1), image)
        for i, (ti, image) in enumerate(zip(t, images, strict=True))
    ]


def store(folder: Path, recording: Recording, crops: list[FaceCrop], hr: float) -> None:
    place, grid = entry_place(folder, recording, Grid(12, 30.0)), Grid(12, 30.0)
    windower = Windower(Recipe(image_size=12, frame_depth=1))
    with lock_of(place), EntryWriter(place) as writer:
        for crop in crops:
            for clip in windower.push(crop):
                writer.add(clip)
        writer.finish(
            blank(recording, grid), lambda t: (np.sin(2 * np.pi * hr / 60 * t), t * 0 + hr)
        )


@pytest.fixture
def crops(tmp_path: Path) -> Path:
    """A cache with three people of one data set and two of another, without their videos."""
    folder = tmp_path / "crops"
    for dataset, people in (("pure", "abc"), ("cohface", "de")):
        for i, person in enumerate(people):
            recording = replace(video(tmp_path / "videos", person, dataset), subject=person)
            store(folder, recording, pulsing(60 + 9 * i), 60 + 9 * i)
    return folder


def test_one_object_a_step_and_weights_that_load(tmp_path, capsys):
    out = tmp_path / "tiny.safetensors"
    assert train(out, "--json") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["step"] for line in lines] == [1, 2]
    assert lines[-1]["val_mae_bpm"] is not None
    assert load_checkpoint(out)[1].image_size == 12


def test_words_for_people_and_going_on(tmp_path, capsys, crops):
    out = tmp_path / "tiny.safetensors"
    assert train(out, "--cached", str(crops)) == 0
    told = capsys.readouterr().out
    assert "error" in told
    assert f"Finished after step 2 of 2; weights in {out}" in " ".join(told.split())
    assert main(["train", "--out", str(out), "--resume"]) == 0
    assert "Nothing left to do" in capsys.readouterr().out
    assert main(["train", "--out", str(out), "--resume", "--steps", "3", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["step"] == 3


def test_a_cache_without_its_videos(tmp_path, crops, capsys):
    out = tmp_path / "x.safetensors"
    assert train(out, "--cached", str(crops), "--val-subjects", "pure/b", "e") == 0
    card = load_checkpoint(out)[2]
    assert "pure: 2 recordings of 2 people; cohface: 1 recordings of 1 people" in card.data or (
        "cohface: 1 recordings of 1 people; pure: 2 recordings of 2 people" in card.data
    )
    assert "--val-subjects pure/b e" in card.command
    capsys.readouterr()
    assert train(out, "--cached", str(crops), "--data", "ubfc-phys") == 2
    assert "holds no crops of 'ubfc-phys', only of cohface, pure" in capsys.readouterr().err


def test_one_data_set_to_learn_from_and_another_to_be_judged_by(tmp_path, crops):
    out = tmp_path / "x.safetensors"
    cached = ["--cached", str(crops)]
    assert train(out, *cached, "--data", "pure", "--val-data", "cohface") == 0
    assert load_checkpoint(out)[2].data == (
        "pure: 3 recordings of 3 people; validated on cohface: 2 recordings of 2 people"
    )


def test_ready_made_arrays(tmp_path):
    rng = np.random.default_rng(1)
    for part in ("train", "test"):
        for name, shape in (("images", (200, 6, 12, 12)), ("gt", (200,))):
            (tmp_path / part / name).mkdir(parents=True)
            array = rng.normal(size=shape).astype(np.float32)
            np.save(tmp_path / part / name / f"{part}.npy", array)
    out = tmp_path / "x.safetensors"
    assert train(out, "--data", f"seed={tmp_path}") == 0
    card, recipe = load_checkpoint(out)[2], load_checkpoint(out)[1]
    assert (
        card.data == "seed: 1 recordings of 1 people; validated on seed: 1 recordings of 1 people"
    )
    assert recipe.image_size == 12


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--chunk-len", "61"], "chunk_len"),
        (["--resume"], "no run to resume"),
        (["--data", "/nowhere"], "no such folder"),
        (["--data", "pured=/tmp"], "did you mean pure?"),
        (["--data", "synthetic", "--val-data", "synthetic"], "--val-share 0"),
        (["--finetune", "/nowhere.safetensors"], "no weights at"),
        (["--epochs", "2", "--data", "synthetic", "--steps", "2"], "give one of them"),
        (["--optimizer", "lion"], "lion"),
        (["--val-subjects", "7"], "there is no '7' among nobody"),
    ],
)
def test_one_line_for_what_cannot_train(tmp_path, capsys, flags, words):
    out = tmp_path / "x.safetensors"
    assert main(["train", "--out", str(out), *flags]) == 2
    told = capsys.readouterr().err
    assert words in told
    assert told.count("\n") == 1
    assert not out.exists()


def test_a_bad_environment_of_torchrun(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("RANK", "3")
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert train(tmp_path / "x.safetensors") == 2
    assert "RANK is 3" in capsys.readouterr().err


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


@pytest.mark.slow
def test_a_data_set_as_it_is_downloaded(tmp_path, capsys, face_model, monkeypatch):
    """Faces are found and cut out once; a second run takes them from the cache."""
    monkeypatch.setenv("AIMANET_CACHE_DIR", str(tmp_path / "cache"))
    root = folders.pure(tmp_path / "PURE", names=("01-01", "02-01", "03-01"), seconds=7.0)
    out = tmp_path / "x.safetensors"
    chosen = [part for part in TINY if part not in ("--image-size", "12")]
    for _ in range(2):
        assert main(["train", "--out", str(out), *chosen, "--data", str(root), "--jobs", "1"]) == 0
    assert load_checkpoint(out)[2].data == (
        "pure: 2 recordings of 2 people; validated on pure: 1 recordings of 1 people"
    )


def start(*args: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "aimanet", "train", *args, "--json"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def until(run: subprocess.Popen[str], step: int) -> None:
    assert run.stdout is not None
    while json.loads(run.stdout.readline())["step"] < step:
        assert run.poll() is None


@pytest.mark.slow
def test_kill_9_and_resume_gives_the_same_weights(tmp_path, crops):
    """Bit for bit, with background workers, replayed drawn clips and recordings."""
    mixture = ["--cached", str(crops), "--data", "synthetic", "pure", "--data-weights", "1", "1"]
    course = ["--steps", "40", "--validate-every", "9", "--device", "cpu", *SMALL, *mixture]
    course += ["--workers", "2", "--batch", "3", "--coded", "0"]
    whole, killed = tmp_path / "whole.safetensors", tmp_path / "killed.safetensors"
    with start("--out", str(whole), *course) as run:
        run.communicate(timeout=110)
    with start("--out", str(killed), *course) as run:
        until(run, 30)
        run.send_signal(signal.SIGKILL)
    assert load_checkpoint(killed)[2].steps in (18, 27)
    with start("--out", str(killed), "--resume") as run:
        assert json.loads(run.communicate(timeout=110)[0].splitlines()[-1])["step"] == 40
    a, b = load_file(whole), load_file(killed)
    assert all(torch.equal(a[name], b[name]) for name in a)


ENDS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.mark.slow
@pytest.mark.parametrize("number", ENDS)
def test_a_signal_ends_cleanly(tmp_path, crops, number):
    assert steps_saved(tmp_path / "x.safetensors", crops, lambda pid: os.kill(pid, number)) >= 3


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_scheduler_signals_the_whole_job_and_twice(tmp_path, crops, number):
    def end(pid: int) -> None:
        os.kill(pid, number)
        os.killpg(pid, number)

    assert steps_saved(tmp_path / "x.safetensors", crops, end) >= 3


def steps_saved(out: Path, crops: Path, end: Callable[[int], None]) -> int:
    """Trains with two workers, ends it at the third step, and returns the steps in the weights."""
    flags = ["--out", str(out), "--cached", str(crops), "--steps", "100000", *SMALL]
    with start(*flags, "--workers", "2", "--device", "cpu") as run:
        until(run, 3)
        end(run.pid)
        _, said = run.communicate(timeout=60)
        assert (run.returncode, said) == (0, "")
    steps = load_checkpoint(out)[2].steps
    lines = out.with_suffix(".run").joinpath("log.jsonl").read_text().splitlines()
    assert json.loads(lines[-1])["step"] == steps
    return steps


def test_a_second_run_into_the_same_file_is_refused(tmp_path, capsys):
    out = tmp_path / "x.safetensors"
    assert main(["train", "--out", str(out), *TINY]) == 0
    state = out.with_suffix(".run").joinpath("state.pt").read_bytes()
    with RunFolder(out).only_one():
        for more in ([], ["--resume"]):
            capsys.readouterr()
            assert main(["train", "--out", str(out), *TINY, *more]) == 2
            told = capsys.readouterr().err
            assert "another process trains into it" in told
            assert told.count("\n") == 1
    assert out.with_suffix(".run").joinpath("state.pt").read_bytes() == state
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.run", "x.safetensors"]


def test_a_run_that_never_saved_pushes_no_other_one_out(tmp_path):
    out = tmp_path / "x.safetensors"
    assert main(["train", "--out", str(out), *TINY]) == 0
    first = out.with_suffix(".run").joinpath("state.pt").read_bytes()
    for _ in range(2):  # each is killed before its first step
        RunFolder(out).begin(TrainConfig(out=out))
    assert tmp_path.joinpath("x.run.old", "state.pt").read_bytes() == first
