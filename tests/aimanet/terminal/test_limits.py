"""Too little memory, and odd time zones: a line, or it works."""

from __future__ import annotations

import errno
import os
import subprocess
import sys

import pytest

from aimanet.sessions.info import load_info
from aimanet.terminal.limits import starved

pytestmark = pytest.mark.skipif(os.name == "nt", reason="limits of POSIX")

FACE = "synthetic:hr=72,seconds=2,width=160,height=120"


@pytest.mark.parametrize("megabytes", [300, 600, 850])
@pytest.mark.parametrize("command", [f"analyze {FACE}", "train --out x.safetensors"])
def test_too_little_address_space_is_one_line(tmp_path, repository, megabytes, command):
    done = subprocess.run(
        ["sh", "-c", f"ulimit -v {megabytes}000; exec {sys.executable} -m aimanet {command}"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(repository)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: the address space is limited to ")
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "memory ran out"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), "memory ran"),
        (ImportError("libx.so: failed to map segment from shared object"), "memory ran out"),
        (OSError(errno.EMFILE, "Too many open files"), "ulimit -n"),
        (RuntimeError("can't start new thread"), "ulimit -u"),
    ],
)
def test_what_the_system_refuses_is_a_line(error, words):
    assert words in starved(error)


def test_another_error_is_not_blamed_on_the_system():
    assert starved(RuntimeError("a bug")) is None
    assert starved(OSError(errno.ENOENT, "No such file")) is None


@pytest.mark.parametrize("zone", ["UTC+99:00", "UTC-99:59", "UTC+9999", ":/etc/passwd", "", "?"])
def test_a_time_zone_that_cannot_be_keeps_nobody_from_recording(tmp_path, repository, zone):
    options = ["--as-fast-as-possible", "--method", "pos", "--keep", "none", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "aimanet", "record", "--source", FACE, "--out", "s", *options],
        cwd=tmp_path,
        env={**os.environ, "TZ": zone, "PYTHONPATH": str(repository)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert load_info(tmp_path / "s").started is not None
