from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from aimanet.datasets.entry import entry_place, lock_of
from aimanet.datasets.store import CacheError, list_cached, open_cached
from aimanet.datasets.writer import EntryWriter, sweep
from aimanet.errors import OutputError
from tests.aimanet.datasets.entries import GRID, clips_of, crops_of, fill, video


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """A disk that is full after so many bytes a file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def left_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.glob("*/*"))


@pytest.mark.parametrize("count", [40, 4000])  # noticed at the end, and on the way
def test_a_full_disk_leaves_one_line_and_nothing_else(
    folder: Path, tmp_path: Path, count: int
) -> None:
    one = video(tmp_path / "data")
    crops = crops_of(1, np.arange(count) / 30)
    with files_no_larger_than(9000), pytest.raises(OutputError) as caught:
        fill(folder, one, crops)
    assert str(folder) in str(caught.value)
    assert "file too large" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert left_in(folder) == []


def test_a_full_disk_keeps_the_entry_that_was_there(folder: Path, tmp_path: Path) -> None:
    one = video(tmp_path / "data")
    fill(folder, one)
    with files_no_larger_than(1000), pytest.raises(OutputError):
        fill(folder, one)
    assert len(open_cached(folder, one, GRID).t) > 0


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(OutputError, match="set AIMANET_CACHE_DIR to another folder"):
        fill(tmp_path / "cache", video(tmp_path / "data"))


def test_names_that_look_the_same_on_disk_stay_two(folder: Path, tmp_path: Path) -> None:
    names = ["süß 1", "s__ 1", "s/1", "..", "CON", "s" * 300, "s" * 301, "Été", "ete"]
    for k, name in enumerate(names):
        recording = video(tmp_path / "data", "x" if "/" in name else name)
        fill(folder, replace(recording, name=name), crops_of(k, np.arange(9 + k) / 30))
    for path in folder.glob("*/*"):
        assert path.name.isascii()
        assert len(path.name) < 100
    found = {one.name: len(one.t) for one in list_cached(folder, GRID)}
    assert found == {name: 8 + k for k, name in enumerate(names)}


def test_leaving_without_finish_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    one = video(tmp_path / "data")
    place = entry_place(folder, one, GRID)
    with lock_of(place), EntryWriter(place) as writer:
        writer.add(clips_of(crops_of(1, np.arange(9) / 30), 1)[0])
        assert left_in(folder) != []
    assert left_in(folder) == []
    with pytest.raises(CacheError, match="not in the cache"):
        open_cached(folder, one, GRID)


def test_a_replaced_entry_stays_readable_for_those_who_have_it(
    folder: Path, tmp_path: Path
) -> None:
    one = video(tmp_path / "data")
    fill(folder, one)
    old = open_cached(folder, one, GRID)
    before = old.crops[3].copy()
    fill(folder, one, crops_of(9, np.arange(20) / 30))
    np.testing.assert_array_equal(old.crops[3], before)
    assert len(open_cached(folder, one, GRID).t) < len(old.t)


WRITE_AND_WAIT = """
import sys
from pathlib import Path
from aimanet.datasets.entry import lock_of
from aimanet.datasets.writer import EntryWriter
place = Path(sys.argv[1])
with lock_of(place), EntryWriter(place) as writer:
    print("writing", flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_writer_leaves_is_swept_and_a_living_one_is_left_alone(
    folder: Path, tmp_path: Path, repository: Path
) -> None:
    one = video(tmp_path / "data")
    place = entry_place(folder, one, GRID)
    part = place.with_name(f".{place.name}.part")
    command = [sys.executable, "-c", WRITE_AND_WAIT, str(place)]
    with subprocess.Popen(
        command, cwd=repository, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "writing\n"
        sweep(folder)
        assert part.is_dir()
        assert not lock_of(place).try_take()
        other.kill()
    with pytest.raises(CacheError, match="not in the cache"):
        open_cached(folder, one, GRID)
    with pytest.raises(CacheError):
        list_cached(folder, GRID)
    assert part.is_dir()
    sweep(folder)
    assert left_in(folder) == []
