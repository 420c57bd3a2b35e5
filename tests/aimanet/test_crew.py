"""Worker processes: all tasks done, deaths told of, nobody left behind."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time

import pytest

from aimanet.crew import Crew, CrewError, Lost, how_it_ended
from aimanet.errors import OutputError, SourceError
from tests.aimanet.crew_tasks import dead_start, no_start, start

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kills with signals")


def run(tasks: list[str], jobs: int = 2) -> dict[str, str | Lost]:
    with Crew[str, str]([[task] for task in tasks], start, jobs) as crew:
        return dict(crew.run())


def test_every_task_is_answered_and_one_that_kills_its_worker_costs_no_other():
    before = dict(os.environ)
    answers = run(["a", "die", "b", "tell", "c"])
    assert answers.pop("die") == Lost("was ended by SIGKILL (out of memory?)")
    threads, pid = answers.pop("tell").split()
    assert (threads, pid != str(os.getpid())) == ("1", True)
    assert answers == {"a": "A", "b": "B", "c": "C"}
    assert dict(os.environ) == before
    assert not multiprocessing.active_children()


def test_tasks_of_a_group_go_to_one_worker():
    groups = [["tell 1", "tell 2"], ["tell 3", "tell 4"]]
    with Crew[str, str](groups, start, 5) as crew:
        pids = dict(crew.run())  # one worker may well have taken both groups
    assert pids["tell 1"] == pids["tell 2"]
    assert pids["tell 3"] == pids["tell 4"]


def test_what_no_task_is_to_blame_for_is_raised():
    with pytest.raises(OutputError, match="the disk is full"):
        run(["fail"], jobs=1)
    with pytest.raises(SourceError, match="nothing to start with"), Crew([["a"]], no_start, 1) as c:
        list(c.run())
    with pytest.raises(CrewError, match="ended with code 3"), Crew([["a"]], dead_start, 1) as c:
        list(c.run())
    assert not multiprocessing.active_children()


def test_no_tasks_no_processes():
    assert run([]) == {}


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (-9, "was ended by SIGKILL (out of memory?)"),
        (-11, "was ended by SIGSEGV"),
        (-200, "was ended by signal 200"),
        (3, "ended with code 3"),
        (None, "ended with code None"),
    ],
)
def test_how_a_process_ended_in_words(code: int | None, words: str) -> None:
    assert how_it_ended(code) == words


PARENT = """
import sys
from aimanet.crew import Crew
from tests.aimanet.crew_tasks import start

if __name__ == "__main__":
    with Crew([["dawdle " + path] for path in sys.argv[1:]], start, 2, grace_s=30.0) as crew:
        list(crew.run())
"""


@pytest.mark.parametrize("how", ["kill", "interrupt"])
def test_workers_go_with_their_parent(tmp_path, repository, how):
    """However it ends; where it can, a worker puts its things away first."""
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    files = [tmp_path / "one", tmp_path / "two"]
    environment = {**os.environ, "PYTHONPATH": str(repository)}
    with subprocess.Popen(
        [sys.executable, script, *files], env=environment, stderr=subprocess.DEVNULL
    ) as parent:
        until(lambda: all(file.exists() and file.read_text() for file in files))
        pids = [int(file.read_text()) for file in files]
        if how == "kill":
            parent.kill()
        else:
            parent.send_signal(2)
        parent.wait(60)
    until(lambda: not any(is_running(pid) for pid in pids))
    if how == "interrupt":
        assert not any(file.exists() for file in files)


def until(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
