"""Processes that behave, and processes that do not."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject

from app.training import process
from app.training.outcome import Outcome
from app.training.process import Job
from tests.app.training.conftest import PATIENCE_MS

Start = Callable[..., "Run"]


class Run:
    """A job and all that it told."""

    def __init__(self, qtbot, command: list[str], parent: QObject) -> None:
        self.qtbot = qtbot
        self.records: list[dict] = []
        self.lines: list[str] = []
        self.outcomes: list[Outcome] = []
        self.job = Job(command, parent)
        self.job.record.connect(self.records.append)
        self.job.told.connect(self.lines.extend)
        self.job.ended.connect(self.outcomes.append)
        self.job.start()

    def end(self) -> Outcome:
        self.qtbot.waitUntil(lambda: bool(self.outcomes), timeout=PATIENCE_MS)
        assert not self.job.running
        return self.outcomes[0]

    def until(self, line: str) -> None:
        self.qtbot.waitUntil(lambda: line in self.lines, timeout=PATIENCE_MS)


@pytest.fixture
def start(qtbot) -> Iterator[Start]:
    parent = QObject()
    runs: list[Run] = []

    def start_(code: str, program: str = sys.executable) -> Run:
        runs.append(
            Run(qtbot, [program, "-S", "-c", f"import os, signal, sys, time\n{code}"], parent)
        )
        return runs[-1]

    yield start_
    for run in runs:
        run.job.kill()
        run.job.wait(PATIENCE_MS)


def test_objects_are_records_and_the_rest_is_told(start):
    run = start(
        "print('{\"a\": 1}'); print('[1]'); print('{no'); print('\\x1b[31mred\\x1b[0m');"
        'sys.stdout.flush(); os.write(1, b\'\\xff\\x00 {"b": 2}\\n{"c":\'); time.sleep(0.2);'
        "os.write(1, b' 3}\\n{\"half\"'); os.write(2, b'last words')"
    )
    assert run.end().good
    assert run.records == [{"a": 1}, {"c": 3}]
    assert "red" in run.lines
    assert "last words" in run.lines
    assert '{"half"' in run.lines
    assert not any("\x1b" in line or "\x00" in line for line in run.lines)


def test_a_flood_of_rubbish_stays_bounded(start):
    run = start("for _ in range(40): os.write(1, b'rubbish\\n' * 8000)\nprint('{\"a\": 1}')")
    assert run.end().good
    assert run.records == [{"a": 1}]
    assert len(run.lines) < 60_000
    assert any(line.endswith("more lines") for line in run.lines)


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        ("os.kill(os.getpid(), 9)", "killed", "ended from outside (SIGKILL)"),
        ("os.kill(os.getpid(), 11)", "crashed", "SIGSEGV"),
        ("sys.exit('error: no such folder /x')", "refused", "no such folder /x"),
        ("raise MemoryError", "memory", "ran out of memory"),
        ("raise SystemError('odd')", "crashed", "SystemError: odd"),
        ("sys.exit(3)", "crashed", "exit status 3"),
    ],
)
def test_how_it_ended_in_words(start, code, kind, words):
    outcome = start(code).end()
    assert outcome.kind == kind
    assert words in outcome.words("the training")


def test_a_program_that_is_not_there(start):
    outcome = start("", program="/no/such/python").end()
    assert outcome.kind == "not_started"
    assert "could not be started" in outcome.words("the training")


def test_stop_closes_its_input_and_it_ends_in_order(start):
    run = start("print('up', flush=True); sys.stdin.read(); print('saved')")
    run.until("up")
    run.job.stop()
    run.end()
    assert "saved" in run.lines


def test_who_does_not_listen_is_ended_step_by_step(start, monkeypatch):
    monkeypatch.setattr(process, "CLEAN_MS", 50)
    monkeypatch.setattr(process, "TERM_MS", 50)
    code = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\ntime.sleep(90)"
    run = start(code)
    run.until("up")
    run.job.stop()
    assert run.end().kind == "stopped"
    assert run.job.stage == 3


def test_killing_takes_its_children_along(start):
    run = start(
        "os.setsid()\npid = os.fork()\nif pid: print(pid, flush=True)\ntime.sleep(90)",
    )
    run.qtbot.waitUntil(lambda: bool(run.lines), timeout=PATIENCE_MS)
    child = int(run.lines[0])
    run.job.kill()
    run.end()
    run.qtbot.waitUntil(lambda: not alive(child), timeout=PATIENCE_MS)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"  # an orphan that nobody has collected yet has ended all the same


WATCHED = """
import signal, threading, time
from app.training import child
signal.signal(signal.SIGINT, signal.default_int_handler)  # tests run with `&` have it ignored
threading.Thread(target=child._watch_window, daemon=True).start()
try:
    print("up", flush=True)
    time.sleep(90)
except KeyboardInterrupt:
    print("interrupted once", flush=True)
"""


def test_a_command_ends_in_order_when_its_window_is_killed(repository, tmp_path):
    """The one between, which stands for the window, is killed and takes its pipe along."""
    between = (
        "import subprocess, sys\n"
        "p = subprocess.Popen([sys.executable, '-c', sys.argv[1]], stdin=subprocess.PIPE)\n"
        "print(p.pid, flush=True); p.wait()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", between, WATCHED],
        cwd=repository,
        stdout=subprocess.PIPE,
        text=True,
    )
    lines = {parent.stdout.readline().strip() for _ in range(2)}
    assert "up" in lines
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert parent.stdout.read().strip() == "interrupted once"
    parent.stdout.close()
