"""Programs counted from outside: what they take, how they fail, that none is left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from aimanet.bench.children import Use, cost, fill, on_cores, run_counted
from aimanet.bench.train import BenchError
from tests.given_time import real_time

pytestmark = pytest.mark.skipif(not hasattr(os, "wait4"), reason="needs wait4")

BUSY = "import time\nwhile time.process_time() < {seconds}: pass\n"


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_cpu_time_is_the_programs_own_and_that_of_its_children():
    one = run_counted(python(BUSY.format(seconds=0.3)))
    assert 0.3 <= one.cpu_s < one.wall_s + 0.1
    inner = BUSY.format(seconds=0.3)
    two = run_counted(
        python(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])")
    )
    assert 0.3 <= two.cpu_s < two.wall_s + 0.1
    idle = run_counted(python("import time; time.sleep(0.5)"))
    assert idle.cpu_s < idle.wall_s - 0.4  # its start may take long on a busy machine
    assert idle.wall_s >= 0.5


def test_memory_is_the_programs_own():
    """From a small process, as `bench speed` is one: Linux counts the starter's own memory, too."""
    code = (
        "import sys; from aimanet.bench.children import run_counted\n"
        "print(run_counted([sys.executable, '-c', 'x = bytearray(300_000_000)']).peak_mb)"
    )
    done = subprocess.run(python(code), capture_output=True, text=True, timeout=60, check=True)
    assert 300.0 < float(done.stdout) < 400.0


@real_time
def test_lines_come_with_their_time():
    heard: list[tuple[str, float]] = []
    code = "import time\nprint('one', flush=True)\ntime.sleep(0.3)\nprint('two')"
    run_counted(python(code), lambda line, at: heard.append((line.strip(), at)))
    assert [line for line, _ in heard] == ["one", "two"]
    assert heard[1][1] - heard[0][1] >= 0.2


def test_a_failure_is_told_with_the_last_line_it_said():
    code = "import sys; print('a\\nthe disk is full\\n', file=sys.stderr); sys.exit(3)"
    with pytest.raises(BenchError, match="ended with status 3: the disk is full"):
        run_counted(python(code))
    with pytest.raises(BenchError, match="ended with signal 9"):
        run_counted(python("import os; os.kill(os.getpid(), 9)"))
    with pytest.raises(BenchError, match="cannot start /no/such/program: No such file"):
        run_counted(["/no/such/program"])


def test_a_program_ends_with_us():
    pids = []

    def interrupt(line: str, at: float) -> None:
        pids.append(int(line))
        raise KeyboardInterrupt

    code = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
    with pytest.raises(KeyboardInterrupt):
        run_counted(python(code), interrupt)
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_start_and_work_are_told_apart():
    """A program that starts in 2 CPU seconds and takes 0.1 for each second of video."""
    short = [Use(1.0 + 0.5, 2.0 + 1.0, 90.0)]
    long = [Use(1.0 + 1.5, 2.0 + 3.0, 95.0), Use(50.0, 50.0, 99.0), Use(2.5, 5.0, 95.0)]
    found = cost(short, long, 10.0, 30.0)
    assert found.cpu_s_per_s == pytest.approx(0.1)
    assert found.start_cpu_s == pytest.approx(2.0)
    assert found.cpu_s_per_s_with_start == pytest.approx(5.0 / 30.0)
    assert found.times_real_time == pytest.approx(20.0)
    assert found.times_real_time_with_start == pytest.approx(12.0)
    assert found.peak_mb == 99.0
    odd = cost([Use(3.0, 1.0, 9.0)], [Use(2.0, 0.9, 9.0)], 10.0, 30.0)
    assert odd.times_real_time is None
    assert (odd.cpu_s_per_s, odd.start_cpu_s) == (0.0, 0.9)


def test_a_command_line_in_words():
    clip = Path("/a b/clip.mp4")
    assert fill("other --in {clip} 'two words'", clip) == ["other", "--in", str(clip), "two words"]
    assert fill("other --in={clip}", clip)[1] == f"--in={clip}"
    with pytest.raises(BenchError, match=r"write \{clip\} there"):
        fill("other", clip)
    with pytest.raises(BenchError, match="check the quotes"):
        fill("other '{clip}", clip)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs affinities")
def test_a_program_may_be_kept_to_one_core():
    before = os.sched_getaffinity(0)
    heard = []
    with on_cores(1) as had:
        assert had
        run_counted(
            python("import os; print(len(os.sched_getaffinity(0)))"),
            lambda line, at: heard.append(line.strip()),
        )
    assert heard == ["1"]
    assert os.sched_getaffinity(0) == before
    with on_cores(10_000) as had:
        assert not had
