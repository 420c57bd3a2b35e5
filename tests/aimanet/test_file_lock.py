"""Locks between processes: one holds it, and its end, however it comes, sets it free."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from aimanet.errors import OutputError
from aimanet.file_lock import FileLock, is_held, only_one

HOLDER = """
import os, sys, time
from pathlib import Path
from aimanet.file_lock import FileLock
lock = FileLock(Path(sys.argv[1]))
print(lock.try_take(), flush=True)
if len(sys.argv) > 2 and os.fork() == 0:
    print("forked", flush=True)
sys.stdin.read()
"""


def holder(lock, *more: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(lock), *more],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "True\n"
    return process


def test_another_process_is_refused_in_one_line_until_the_first_is_killed(tmp_path):
    path = tmp_path / "new" / ".x.lock"
    with holder(path) as first:
        assert is_held(path)
        with pytest.raises(OutputError, match="taken"), only_one(path, "weights", "taken"):
            pytest.fail("two hold it")
        os.kill(first.pid, signal.SIGKILL)
    assert not is_held(path)
    with only_one(path, "weights", "taken"):
        assert is_held(path)
    assert list(path.parent.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks")
def test_what_the_holder_has_forked_does_not_hold_it(tmp_path):
    path = tmp_path / ".x.lock"
    with holder(path, "fork") as first:
        assert first.stdout.readline() == "forked\n"
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        assert not is_held(path)


def test_whoever_only_looks_does_not_get_in_the_way(tmp_path):
    path = tmp_path / ".x.lock"
    looking = FileLock(path)
    assert looking.try_take()
    code = f"""
import sys
from pathlib import Path
from aimanet.file_lock import only_one
print("up", flush=True)
with only_one(Path({str(path)!r}), "weights", "taken"):
    print("held", flush=True)
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "up\n"
        time.sleep(0.1)  # as long as a look takes, and longer
        looking.release()
        assert process.stdout.readline() == "held\n"


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(OutputError, match=r"cannot write weights in .*choose another place"),
        only_one(tmp_path / "file" / ".x.lock", "weights", "taken"),
    ):
        pytest.fail("there is no such folder")
