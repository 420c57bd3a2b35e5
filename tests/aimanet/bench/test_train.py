"""The comparison of training loops: both learn, both count right, both end."""

from __future__ import annotations

import io
import json
import os
import sys
import threading
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from aimanet.bench import memory, train, train_side
from aimanet.bench.train import BenchError, SideProcess, Turn, write_arrays
from aimanet.bench.train_side import OurLoop, PlainLoop
from aimanet.cli import main
from aimanet.datasets.arrays import open_arrays

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def one_thread():
    """The fastest for pictures this small, on machines that do other things."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def test_arrays_of_random_numbers(tmp_path):
    write_arrays(tmp_path, 300, size=10)
    found = open_arrays(tmp_path)
    assert (found.frames, found.image_size) == (300, 10)
    assert list(found.check_values())[-1] == 300
    inputs = np.load(tmp_path / "input_numpy.npy", mmap_mode="r")
    assert inputs[290:].std() == pytest.approx(1.0, abs=0.05)


def test_both_loops_count_the_frames_they_learnt_from(tmp_path, monkeypatch):
    monkeypatch.setattr(train_side, "WORKERS", 0)
    monkeypatch.setattr("aimanet.training.seed_pace.REPORT_S", 0.0)
    write_arrays(tmp_path, 80, size=10)
    plain = PlainLoop(tmp_path, CPU).steps()
    assert [next(plain) for _ in range(4)] == [30, 30, 20, 30]
    ours = OurLoop(tmp_path, CPU, tmp_path / "results").steps()
    counts = [next(ours) for _ in range(6)]
    assert sum(counts[:3]) == 70
    assert (tmp_path / "results" / "train_loss.npy").exists()


def test_a_turn_says_how_fast_it_was():
    assert Turn(frames=600, seconds=2.0, waited_s=0.1).frames_per_s == 300.0


@pytest.mark.skipif(not os.path.exists("/proc/self/smaps_rollup"), reason="only Linux tells")
def test_memory_of_this_process():
    held = np.ones(30_000_000, np.uint8)
    tree, peak = memory.tree_mb(), memory.peak_mb()
    assert 30 < tree <= peak * 1.05
    assert peak >= memory.resident_mb() * 0.95
    assert held.all()


def test_a_side_answers_line_by_line(tmp_path, monkeypatch, capsys):
    write_arrays(tmp_path, 300, size=10)
    questions = '{"seconds": 0.2}\n{"seconds": 0}\n'
    monkeypatch.setattr(sys, "stdin", io.StringIO(questions))
    monkeypatch.setattr("signal.signal", lambda number, handler: None)
    train_side.main("ours", tmp_path, "cpu", tmp_path / "results")
    ready, turn, last = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert ready == {"device": "cpu", "threads": torch.get_num_threads()}
    assert turn["frames"] > 0
    assert 0.2 <= turn["seconds"] < 30
    assert last["gpu_busy_share"] is None


def test_a_turn_learns_something_however_slow_the_machine_is():
    """The report at the end of an epoch may take longer than a turn, and holds no new frame."""

    def slow():
        threading.Event().wait(0.05)
        yield 0
        yield 30

    turn = train_side._turn(SimpleNamespace(waited_s=0.0), slow(), 0.01)
    assert turn["frames"] == 30
    assert turn["seconds"] >= 0.05


@pytest.mark.slow
def test_a_side_that_cannot_begin_says_why(tmp_path):
    with (
        pytest.raises(BenchError, match=r"input_numpy\.npy"),
        SideProcess("plain", tmp_path, "cpu", tmp_path / "results"),
    ):
        pass


@pytest.mark.slow
def test_the_command_compares_both(tmp_path, capsys):
    write_arrays(tmp_path, 300)
    argv = ["bench", "train", "--data-path", str(tmp_path), "--seconds", "10", "--json"]
    assert main(argv) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["frames"], report["device"]) == (300, "cpu")
    for side in ("plain", "ours"):
        assert len(report[side]["turns"]) == 5
        assert report[side]["peak_mb"] > report[side]["framework_mb"]
    # The promise is 1.7 on two idle cores; other programs may run beside a test.
    assert report["ratio"] > 1.2
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(("flag", "value"), [("--frames", "299"), ("--seconds", "0")])
def test_impossible_flags(capsys, flag, value):
    assert main(["bench", "train", flag, value]) == 2
    assert flag in capsys.readouterr().err


def test_a_ratio_is_taken_of_neighbouring_turns(monkeypatch, tmp_path):
    """A turn in which everything is slow counts on both sides alike."""
    speeds = {"plain": [100, 10, 100], "ours": [200, 20, 210]}

    class Scripted:
        def __init__(self, name, folder, device, results):
            self.name, self.facts = name, {"device": "cpu", "threads": 2}
            self.left = iter(speeds[name])

        def __enter__(self):
            return self

        def __exit__(self, *exc):
            pass

        def turn(self, seconds):
            return Turn(next(self.left), 1.0, 0.0)

        def finish(self):
            return {"framework_mb": 1.0, "peak_mb": 2.0, "gpu_busy_share": None}

    monkeypatch.setattr(train, "SideProcess", Scripted)
    write_arrays(tmp_path, 300, size=10)
    result = train.measure(tmp_path, rounds=3)
    assert (result.ratio, result.plain.frames_per_s, result.ours.frames_per_s) == (2.0, 100, 200)
