"""What judges promises made in seconds: fair to a busy machine, and no more than that."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tests import given_time
from tests.given_time import GivenTime, real_time


@pytest.mark.parametrize(("disturbed", "tries"), [(False, 1), (True, given_time.TRIES)])
def test_a_failure_counts_at_once_unless_the_machine_was_disturbed(monkeypatch, disturbed, tries):
    monkeypatch.setattr(GivenTime, "disturbed", disturbed)
    made = []

    @real_time
    def late() -> None:
        made.append(1)
        raise AssertionError("late")

    with pytest.raises(AssertionError, match="late"):
        late()
    assert len(made) == tries


def test_one_good_try_is_enough(monkeypatch):
    monkeypatch.setattr(GivenTime, "disturbed", True)
    made = []

    @real_time
    def late_once() -> None:
        made.append(1)
        assert len(made) > 1

    late_once()
    assert len(made) == 2


ALONE = """
import sys, time
from tests.given_time import GivenTime
began = time.perf_counter()
with GivenTime() as given:
    print("ticking", flush=True)
    sys.stdin.readline()
    while given.standstill_s < 1.0:
        time.sleep(0.01)
    print(time.perf_counter() - began - given.s > 0.9, given.disturbed)
"""


@pytest.mark.skipif(os.name == "nt", reason="stops a process")
def test_the_clock_stands_still_while_the_process_does(repository):
    command = [sys.executable, "-c", ALONE]
    with subprocess.Popen(
        command, cwd=repository, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "ticking\n"
        process.send_signal(signal.SIGSTOP)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1.5)
        process.send_signal(signal.SIGCONT)
        assert process.communicate("\n", timeout=60)[0] == "True True\n"
