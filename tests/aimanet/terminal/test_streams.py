"""Standard streams that take nothing: one line where there is room for it; work is kept."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")

FACE = "synthetic:hr=72,seconds=4,width=160,height=120"
FULL = "error: cannot write to standard output (no space left on device)\n"
CLOSED = "error: cannot write to standard output (it is closed)\n"


def shell(command: str, folder: Path, repository: Path) -> subprocess.CompletedProcess[str]:
    """``aimanet COMMAND`` through a shell, which knows how to close a descriptor."""
    return subprocess.run(
        ["sh", "-c", f"{sys.executable} -m aimanet {command}"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(repository)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("command", ["--help", "--version", "live --help", "datasets"])
@pytest.mark.parametrize(
    ("where", "told"),
    [(">/dev/full", FULL), (">&-", CLOSED), ("<&- >&- 2>&-", ""), (">/dev/full 2>/dev/full", "")],
)
def test_what_cannot_be_printed_is_one_line_and_status_2(
    tmp_path, repository, command, where, told
):
    done = shell(f"{command} {where}", tmp_path, repository)
    assert (done.returncode, done.stderr) == (2, told)


@pytest.mark.parametrize(("where", "told"), [(">/dev/full", FULL), (">&-", CLOSED)])
def test_signals_are_kept_where_only_stdout_failed(tmp_path, repository, where, told):
    command = f"analyze {FACE} --method pos --save-signals s.csv"
    done = shell(f"{command} {where}", tmp_path, repository)
    assert (done.returncode, done.stderr) == (2, told)
    with (tmp_path / "s.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) > 60


def test_a_recording_is_whole_without_any_stream(tmp_path, repository):
    command = f"record --source {FACE} --as-fast-as-possible --method pos --keep none --out s"
    done = shell(f"{command} <&- >&- 2>&-", tmp_path, repository)
    assert done.returncode == 2
    info = json.loads((tmp_path / "s" / "session.json").read_text())
    assert info["frames"] == 120
    assert info["ended"]


@pytest.mark.parametrize("seconds", [4, 20])
def test_signals_on_a_full_disk_are_one_line_and_leave_nothing(tmp_path, repository, seconds):
    face = FACE.replace("seconds=4", f"seconds={seconds}")
    (tmp_path / "s.csv").write_text("of an earlier day")
    command = f"analyze {face} --method pos --save-signals"
    full = shell(f"{command} /dev/full", tmp_path, repository)
    words = "error: cannot write /dev/full: No space left on device; choose another place\n"
    assert (full.returncode, full.stderr) == (2, words)
    done = subprocess.run(
        ["sh", "-c", f"ulimit -f 1; exec {sys.executable} -m aimanet {command} s.csv"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(repository)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    words = "error: cannot write s.csv: File too large; choose another place\n"
    assert (done.returncode, done.stderr) == (2, words)
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("s.csv", "of an earlier day")]


def test_live_ends_when_nobody_can_see_it(tmp_path, repository):
    command = "live --source synthetic:width=160,height=120 --method pos --json >/dev/full"
    done = shell(command, tmp_path, repository)
    assert (done.returncode, done.stderr) == (2, FULL)


def test_a_character_that_the_terminal_lacks_is_a_code(tmp_path, repository):
    code = (
        "from aimanet.terminal.streams import *; secure_streams(); print('é'); sys.stdout.flush()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(repository), "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("\\xe9\n", "")
