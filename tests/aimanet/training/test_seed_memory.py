"""A file of 4 GB: what stays resident while it is looked through and learnt from."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

FRAMES = 138_000

# Runs alone in its process. Memory is that of the kernel's books: RssFile are pages of mapped
# files (torch's own libraries among them), VmHWM the most that ever was resident.
PROGRAM = """
import json, sys
from contextlib import closing
from pathlib import Path
import torch
from aimanet.training.seed import SeedConfig, SeedRun

def mb(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1e3 for line in lines if line.startswith(name))

def run(folder, split):
    config = SeedConfig(Path(folder), 1, 3, split, device="cpu", results=Path(folder, "results"))
    return SeedRun(config)

def learn(prepared, steps):
    with closing(prepared.train()) as reports:
        for report in reports:
            file_mb.append(mb("RssFile"))
            if report.step >= steps:
                break
    return prepared.step

torch.set_num_threads(1)
small, large = sys.argv[1:]
file_mb = []
learn(run(small, 60), 2)
framework = {"peak": mb("VmHWM"), "file": max(file_mb)}
prepared = run(large, 132720)
for seen in prepared.check_values():
    file_mb.append(mb("RssFile"))
steps = learn(prepared, 200)
for feed in (prepared.train_feed, prepared.test_feed):
    with closing(feed.chunks()) as chunks:
        for chunk in chunks:
            file_mb.append(mb("RssFile"))
print(json.dumps({"framework": framework, "peak": mb("VmHWM"), "file": max(file_mb),
                  "seen": seen, "steps": steps}))
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="Linux keeps these books")
def test_4_gb_are_learnt_from_in_little_memory(tmp_path, repository):
    for name, frames in (("small", 90), ("large", FRAMES)):
        (tmp_path / name).mkdir()
        path = tmp_path / name / "input_numpy.npy"
        # Never written to, so that the file takes no room on the disk; it is read like any other.
        inputs = np.lib.format.open_memmap(path, "w+", np.float32, (frames, 6, 36, 36))
        assert inputs.nbytes > 4.2e9 or name == "small"
        del inputs
        np.save(tmp_path / name / "output_numpy.npy", np.sin(np.arange(frames)))
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "small"), str(tmp_path / "large")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=repository, timeout=550)
    (tmp_path / "large" / "input_numpy.npy").unlink()
    assert done.returncode == 0, done.stderr
    print(done.stdout)
    found = json.loads(done.stdout)
    assert (found["seen"], found["steps"] >= 200) == (FRAMES, True)
    # A bound far below the promised 1000 MB: the map of one stretch, some chunks, no more.
    assert found["peak"] < found["framework"]["peak"] + 150
    assert found["file"] < found["framework"]["file"] + 50
