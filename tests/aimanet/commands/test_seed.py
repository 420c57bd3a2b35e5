"""The original command line: what it prints, writes and refuses."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from aimanet.checkpoint import Card, save_checkpoint
from aimanet.cli import main
from aimanet.commands.seed import _share_cores
from aimanet.preprocess import Recipe
from aimanet.tscan import TSCAN

INPUT, OUTPUT = "input_numpy.npy", "output_numpy.npy"
RUN = ["--epochs", "2", "--batch_size", "3", "--train_split_index", "60"]


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    """The fastest for pictures this small, on machines that do other things."""
    monkeypatch.setenv("GOMP_SPINCOUNT", "3000")  # nothing a run sets outlives it
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def arrays(tmp_path, monkeypatch):
    """A folder to stand in, with arrays of 10 px."""
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(100, 6, 10, 10)).astype(np.float32)
    np.save(tmp_path / INPUT, inputs)
    np.save(tmp_path / OUTPUT, rng.normal(size=100))
    monkeypatch.chdir(tmp_path)
    return inputs


def test_it_trains_and_tells(arrays, tmp_path, capsys):
    assert main(RUN) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0].startswith("epoch 1 of 2: training loss ")
    assert ", test loss " in lines[1]
    assert lines[2].startswith("Finished 2 of 2 epochs; least test loss ")
    assert err == ""
    names = sorted(p.name for p in (tmp_path / "results").iterdir())
    assert names[1:] == ["test_loss.npy", "train_loss.npy"]
    assert lines[2].endswith(f"results{os.sep}{names[0]}")
    saved = torch.load(tmp_path / "results" / names[0], weights_only=True)
    assert saved["loss"] == np.load(tmp_path / "results" / "test_loss.npy").min()


def test_progress_as_json_with_a_tail_left_out(arrays, capsys):
    assert main([*RUN[:-1], "65", "--json"]) == 0
    out, err = capsys.readouterr()
    records = [json.loads(line) for line in out.splitlines()]
    ends = [r for r in records if r["val_loss"] is not None]
    assert [(r["epoch"], r["step"], r["n_steps"]) for r in ends] == [(1, 2, 4), (2, 4, 4)]
    assert err == (
        "note: left out 5 of the training frames and 5 of the test frames:"
        " they fill no window of 10\n"
    )


def test_another_folder_for_the_data(arrays, tmp_path, capsys, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert main(["seed", "--data-path", "..", *RUN]) == 0
    assert (tmp_path / "elsewhere" / "results" / "train_loss.npy").exists()
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("kind", ["ours", "its own"])
def test_weights_to_start_from(arrays, tmp_path, capsys, kind):
    recipe = Recipe(image_size=10, appearance="frame", attention_scale="ch", fs=25.0)
    save_checkpoint(tmp_path / "x.safetensors", TSCAN(recipe).state_dict(), recipe, Card())
    assert main([*RUN, "--init", "x.safetensors"]) == 0
    (first,) = (tmp_path / "results").glob("*.pt")
    if kind == "its own":
        start = first.rename(tmp_path / "start.pt")
        assert main([*RUN, "--init", str(start)]) == 0
        (first,) = (tmp_path / "results").glob("*.pt")
    carried = json.loads(torch.load(first, weights_only=True)["recipe"])
    assert (carried["appearance"], carried["attention_scale"], carried["fs"]) == ("frame", "ch", 25)


class Interrupting(io.StringIO):
    """A stdout whose user presses Ctrl-C at the n-th line."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line

    def write(self, text: str) -> int:
        self.line -= text.count("\n")
        if "\n" in text and self.line == 0:
            os.kill(os.getpid(), signal.SIGINT)
        return super().write(text)


def test_ctrl_c_keeps_what_has_been_learnt(arrays, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("aimanet.training.seed_pace.REPORT_S", 0.0)
    monkeypatch.setattr(sys, "stdout", Interrupting(3 + 8))
    assert main(["--epochs", "1000", *RUN[2:], "--json"]) == 0
    results = tmp_path / "results"
    losses = np.load(results / "train_loss.npy")
    assert 0 < len(losses) == len(np.load(results / "test_loss.npy")) < 5
    kept = {path.name.partition("_")[0] for path in results.iterdir()}
    assert {"best", "train", "test"} <= kept <= {"best", "train", "test", "interrupted"}
    assert all(torch.load(p, weights_only=True)["format"] for p in results.glob("*.pt"))


def with_value(array, at, value):
    array[at] = value
    return array


SPOILT = {
    "": lambda x, y: (x, y),
    "nan in the inputs": lambda x, y: (with_value(x, (70, 3, 2, 1), np.nan), y),
    "infinite label": lambda x, y: (x, with_value(y, 12, np.inf)),
    "five channels": lambda x, y: (x[:, :5], y),
    "two sides": lambda x, y: (x[:, :, :9], y),
    "unequal": lambda x, y: (x, y[:99]),
    "objects": lambda x, y: (x, y.astype(object)),
    "complex": lambda x, y: (x + 0j, y),
}
SPOILT_FILES = {
    "cut short": lambda: os.truncate(INPUT, 90_000),
    "no npy": lambda: Path(OUTPUT).write_text("1 2 3", encoding="ascii"),
    "no labels": lambda: os.unlink(OUTPUT),
    "in the way": lambda: Path("results").touch(),
}


def write_spoilt(name):
    """Arrays in the current folder that are wrong in one way."""
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(100, 6, 10, 10)), rng.normal(size=100)
    inputs, labels = SPOILT.get(name, SPOILT[""])(*numbers)
    np.save(INPUT, inputs)
    np.save(OUTPUT, labels, allow_pickle=True)
    SPOILT_FILES.get(name, lambda: None)()


@pytest.mark.parametrize(
    ("name", "flags", "says"),
    [
        ("nan in the inputs", [], f"{INPUT} holds NaN or infinity at frame 70"),
        ("infinite label", [], f"{OUTPUT} holds NaN or infinity at frame 12"),
        ("five channels", [], "shape (100, 5, 10, 10)"),
        ("two sides", [], "shape (100, 6, 9, 10)"),
        ("unequal", [], "100 frames"),
        ("objects", [], f"{OUTPUT} holds object"),
        ("complex", [], "complex128"),
        ("cut short", [], f"{INPUT} is cut short"),
        ("no npy", [], f"{OUTPUT} is no readable .npy file"),
        ("no labels", [], f"no {OUTPUT}"),
        ("in the way", [], "results"),
        ("", ["--train_split_index", "132720"], "holds 100 frames; try 80"),
        ("", ["--train_split_index", "95"], "leaves no 10 frames to test on"),
        ("", ["--epochs", "0"], "epochs is 0"),
        ("", ["--batch_size", "-3"], "batch_size is -3"),
        ("", ["--epochs", "many"], "--epochs"),
        ("", ["--init", "none.safetensors"], "none.safetensors"),
        ("", ["--data_path", "nowhere"], INPUT),
    ],
)
def test_what_cannot_be_trained_is_one_line(tmp_path, monkeypatch, capsys, name, flags, says):
    monkeypatch.chdir(tmp_path)
    write_spoilt(name)
    before = sorted(tmp_path.iterdir())
    assert main([*RUN, *flags]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("error: ")
    assert says in err
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(("load", "expected"), [(0.1, None), (50.0, "3000")])
def test_threads_wait_asleep_on_a_busy_computer(monkeypatch, load, expected):
    monkeypatch.delenv("GOMP_SPINCOUNT")
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(os, "getloadavg", lambda: (load, 0.0, 0.0))
    _share_cores()
    assert os.environ.get("GOMP_SPINCOUNT") == expected


@pytest.mark.slow
def test_ctrl_c_in_a_process_of_its_own(arrays, tmp_path, repository):
    command = [sys.executable, str(repository / "main.py"), "--epochs", "100000", *RUN[2:]]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    assert process.stdout.readline().startswith("epoch 1 of 100000: training loss")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert "Stopped at step" in out.splitlines()[-1]
    assert len(np.load(tmp_path / "results" / "test_loss.npy")) >= 1
