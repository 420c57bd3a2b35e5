"""Two processes over gloo train as one does: the same curve from the same batches."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

# What the two processes run: toy recordings instead of a data set on disk.
PROGRAM = """
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import torch
torch.set_num_threads(1)
from tests.aimanet.training.recordings import SMALL, people
from aimanet.training import Material, TrainConfig, fit, join
from aimanet.stop import StopRequest

config = TrainConfig(
    out=Path(sys.argv[1]), data=("toy",), steps=int(sys.argv[2]), batch=5, micro=1, chunk_len=60,
    lr=1e-3, warmup=2, workers=0, validate_every=3, device="cpu", precision="fp32", recipe=SMALL,
    resume="resume" in sys.argv,
)
with join("cpu") as world, StopRequest(patient=True) as stop:
    toys = (Material("toy", people(4)),)
    for p in fit(config, toys, world=world, stop=stop):
        if world.first:
            print(p.step, flush=True)
"""


@contextmanager
def start(repository: Path, *args: str, processes: int) -> Iterator[subprocess.Popen[str]]:
    program = [sys.executable, "-c", PROGRAM, *args]
    if processes > 1:
        run = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", str(processes)]
        program = [*run, "--standalone", "--no-python", *program]
    environment = {**os.environ, "PYTHONPATH": str(repository), "OMP_NUM_THREADS": "1"}
    started = subprocess.Popen(
        program,
        cwd=repository,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield started
    finally:
        if started.poll() is None:  # and nobody of the family is left behind
            os.killpg(started.pid, signal.SIGKILL)
            started.wait()


def log(out: Path) -> list[dict[str, float]]:
    lines = out.with_suffix(".run").joinpath("log.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.slow
def test_two_processes_have_the_curve_of_one(repository: Path, tmp_path: Path) -> None:
    outs = tmp_path / "one.safetensors", tmp_path / "two.safetensors"
    for processes, out in enumerate(outs, 1):
        with start(repository, str(out), "6", processes=processes) as run:
            assert run.communicate(timeout=100)[0].split() == list("123456")
            assert run.returncode == 0
    one, two = map(log, outs)
    for name, tolerance in (("train_loss", 1e-5), ("val_loss", 1e-4), ("val_mae_bpm", 1e-3)):
        values = [[line[name] for line in lines if line[name] is not None] for lines in (one, two)]
        assert values[0] == pytest.approx(values[1], rel=tolerance, abs=1e-5), name
    a, b = map(load_file, outs)
    assert max(float((a[k] - b[k]).abs().max()) for k in a) < 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_both_and_one_process_may_go_on(
    repository: Path, tmp_path: Path, number: signal.Signals
) -> None:
    out = tmp_path / "x.safetensors"
    with start(repository, str(out), "100000", processes=2) as run:
        assert run.stdout is not None
        while run.stdout.readline().strip() != "4":
            assert run.poll() is None
        run.send_signal(number)
        run.communicate(timeout=60)
    state = torch.load(out.with_suffix(".run") / "state.pt", weights_only=True)
    done = int(state["step"])
    assert done >= 4
    assert log(out)[-1]["step"] == done
    with start(repository, str(out), str(done + 2), "resume", processes=1) as again:
        assert again.communicate(timeout=60)[0].split() == [str(done + 1), str(done + 2)]
