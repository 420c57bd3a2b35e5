"""Worker processes that are killed, stopped, and run beside each other."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from aimanet.datasets.base import Recording
from aimanet.datasets.cached import Grid
from aimanet.datasets.prepare import Prepared, prepare
from aimanet.datasets.registry import DATASETS
from aimanet.datasets.store import list_cached
from aimanet.datasets.workers import _by_file
from tests.aimanet.datasets.folders import MJPEG, Face, ubfc_rppg, write_text, write_video
from tests.aimanet.datasets.test_prepare import data_of
from tests.given_time import GivenTime, real_time

SUBJECTS = (1, 3, 4, 5, 8, 9)

PREPARE = """
import sys
from pathlib import Path

def main():
    from aimanet.datasets.cached import Grid
    from aimanet.datasets.prepare import prepare
    from aimanet.datasets.registry import DATASETS

    recordings = DATASETS["ubfc-rppg"].find(Path(sys.argv[1])).recordings
    for step in prepare(recordings, Grid(), Path(sys.argv[2]), jobs=int(sys.argv[3])):
        print(step.state, step.recording.name, flush=True)

if __name__ == "__main__":
    main()
"""


def test_recordings_in_one_file_go_to_one_worker(tmp_path: Path) -> None:
    names = [("T1", "a.zip"), ("T1", "b.zip"), ("T2", "a.zip")]
    recordings = [Recording("x", f"{f}{n}", "p", tmp_path, tmp_path / f) for n, f in names]
    groups = [[one.name for one in group] for group in _by_file(recordings)]
    assert groups == [["a.zipT1", "a.zipT2"], ["b.zipT1"]]


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory, face_model: Path) -> Path:
    """Six recordings of 5 s."""
    folder = tmp_path_factory.mktemp("many")
    return ubfc_rppg(folder / "ubfc", subjects=SUBJECTS, simple=(), seconds=5.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return Path(write_text(tmp_path / "prepare_it.py", PREPARE))


def recordings_in(root: Path) -> tuple[Recording, ...]:
    return DATASETS["ubfc-rppg"].find(root).recordings


def start(script: Path, root: Path, folder: Path, repository: Path, jobs: int) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, script, root, folder, str(jobs)],
        env={**os.environ, "PYTHONPATH": str(repository)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)


def group_is_gone(leader: int) -> bool:
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("jobs", [1, 2])
def test_what_was_killed_goes_on_where_it_was(
    many: Path, folder: Path, tmp_path: Path, script: Path, repository: Path, jobs: int
) -> None:
    with start(script, many, folder, repository, jobs) as process:
        first = process.stdout.readline().split()
        assert first[0] == "made"
        until(lambda: list(folder.glob("*/.*.part")))  # in the middle of another
        process.kill()
    until(lambda: group_is_gone(process.pid))  # the workers see that their parent is gone
    assert list(folder.glob("*/.*.part"))
    kept = {path: path.stat().st_mtime_ns for path in folder.glob("*/[!.]*/crops.f16")}
    assert 0 < len(kept) < len(SUBJECTS)
    steps = list(prepare(recordings_in(many), Grid(), folder, jobs=jobs))
    states = [step.state for step in steps]
    assert states.count("cached") == len(kept)
    assert states.count("made") == len(SUBJECTS) - len(kept)
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert list(folder.glob("*/.*")) == []
    list(prepare(recordings_in(many), Grid(), tmp_path / "undisturbed", jobs=1))
    assert data_of(folder) == data_of(tmp_path / "undisturbed")


@pytest.mark.slow
@pytest.mark.timeout(600)
@real_time
def test_ctrl_c_ends_all_at_once_and_quietly(
    many: Path, folder: Path, script: Path, repository: Path
) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    with start(script, many, folder, repository, 2) as process:
        assert process.stdout.readline().startswith("made")
        until(lambda: list(folder.glob("*/.*.part")))
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to everybody
        with GivenTime() as given:
            errors = process.communicate(timeout=100)[1]
        assert given.s < 3
    until(lambda: group_is_gone(process.pid))  # the resource tracker goes last
    assert list(folder.glob("*/.*")) == []
    assert errors.count("Traceback") == 1  # the parent's own KeyboardInterrupt
    assert errors.strip().endswith("KeyboardInterrupt")
    assert 1 <= len(list_cached(folder, Grid())) < len(SUBJECTS)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_worker_that_dies_costs_its_recording_only(many: Path, folder: Path) -> None:
    steps: list[Prepared] = []
    with closing(prepare(recordings_in(many), Grid(), folder, jobs=2)) as running:
        steps.append(next(running))
        victim = multiprocessing.active_children()[0]
        until(lambda: len(list(folder.glob("*/.*.part"))) == 2)
        os.kill(victim.pid, signal.SIGSEGV)
        steps += running
    lost = [step for step in steps if step.state == "skipped"]
    assert [step.reason for step in lost] == ["the process that read it was ended by SIGSEGV"]
    assert len(steps) == len(SUBJECTS)
    assert [step.done for step in steps] == list(range(1, len(SUBJECTS) + 1))
    assert len(list_cached(folder, Grid())) == len(SUBJECTS) - 1
    assert list(folder.glob("*/.*")) == []
    (again,) = (one for one in prepare(recordings_in(many), Grid(), folder) if one.state == "made")
    assert again.recording == lost[0].recording


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_closing_it_ends_the_workers_at_once(many: Path, folder: Path) -> None:
    running = prepare(recordings_in(many), Grid(), folder, jobs=2)
    next(running)
    assert multiprocessing.active_children()
    with GivenTime() as given:
        running.close()
    assert given.s < 2
    assert not multiprocessing.active_children()
    assert list(folder.glob("*/.*")) == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_at_once_share_the_work(
    many: Path, folder: Path, tmp_path: Path, script: Path, repository: Path
) -> None:
    both = [start(script, many, folder, repository, 1) for _ in range(2)]
    lines = [process.communicate(timeout=500) for process in both]
    assert [errors for _, errors in lines] == ["", ""]
    said = [line.split() for out, _ in lines for line in out.splitlines()]
    assert len(said) == 2 * len(SUBJECTS)
    made = [name for state, name in said if state == "made"]
    assert sorted(made) == sorted(f"subject{number}" for number in SUBJECTS)  # once each
    assert list(folder.glob("*/.*")) == []
    list(prepare(recordings_in(many), Grid(), tmp_path / "undisturbed", jobs=1))
    assert data_of(folder) == data_of(tmp_path / "undisturbed")


PEAK = """
print(*(line for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's own account")
def test_memory_does_not_grow_with_the_video(
    tmp_path: Path, script: Path, repository: Path
) -> None:
    script.write_text(PREPARE + PEAK)
    peaks = []
    for seconds in (30, 300):
        root = tmp_path / f"{seconds}"
        long_video(root / "DATASET_2" / "subject1", seconds)
        with start(script, root, tmp_path / f"cache{seconds}", repository, 1) as process:
            said, errors = process.communicate(timeout=500)
        assert said.startswith("made"), errors
        peaks.append(int(said.split()[-2]) / 1024)
    print(f"peak {peaks[0]:.1f} MB for 30 s, {peaks[1]:.1f} MB for 300 s")
    assert 50 < peaks[0] < 500
    assert peaks[1] - peaks[0] < 8


def long_video(folder: Path, seconds: int) -> None:
    """Five seconds of a face, over and over."""
    count = seconds * 30
    images = list(Face(seconds=5.0).images())
    turn = itertools.islice(itertools.cycle(images), count)
    write_video(folder / "vid.avi", turn, 30, MJPEG)
    numbers = " ".join(f"{k / 30:.4f}" for k in range(count))
    write_text(folder / "ground_truth.txt", f"{numbers}\n{numbers}\n{numbers}\n")
