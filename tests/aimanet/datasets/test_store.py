from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from aimanet.datasets import content
from aimanet.datasets.base import Recording
from aimanet.datasets.cached import Grid
from aimanet.datasets.entry import CROPS, FRAMES, META, load_meta, save_meta
from aimanet.datasets.store import CacheError, cache_folder, list_cached, open_cached
from tests.aimanet.datasets.entries import GRID, clips_of, crops_of, fill, video


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture(autouse=True)
def at_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of these tests count as old at once."""
    monkeypatch.setattr(content, "SETTLE_NS", 0)


def complaint(folder: Path, recording: Recording) -> str:
    with pytest.raises(CacheError) as caught:
        open_cached(folder, recording, GRID)
    line = str(caught.value)
    assert "\n" not in line
    return line


# Reading ----------------------------------------------------------------------------------------


def test_what_was_written_is_what_is_read(folder: Path, tmp_path: Path) -> None:
    one = video(tmp_path / "data")
    # A hole of 0.2 s, which is bridged, and one of 3 s, which is not.
    times = np.concatenate([np.arange(30), np.arange(36, 50), np.arange(140, 180)]) / 30
    crops = crops_of(2, times)
    fill(folder, one, crops)
    cached = open_cached(folder, one, GRID)
    assert (cached.key, cached.subject, cached.tags) == ("tiny/a", "p1", (("task", "T1"),))
    assert len(cached.runs()) == 2
    assert cached.crops.dtype == np.float16
    assert not cached.crops.flags.writeable
    assert cached.gap_s.max() == pytest.approx(0.2 + 1 / 30)
    np.testing.assert_allclose(cached.ppg, np.sin(cached.t))
    live = clips_of(crops, depth=10)
    kept = list(cached.clips(10))
    assert len(live) == len(kept) >= 7
    for a, b in zip(live, kept, strict=True):
        np.testing.assert_allclose(a.t, b.t, atol=1e-9)
        assert a.starts == b.starts
        assert a.gap_s == pytest.approx(b.gap_s)
        np.testing.assert_allclose(a.crops, b.crops, atol=0.0626)  # half a step of float16


def test_the_reader_of_the_caller_decides_on_subject_and_tags(folder: Path, tmp_path: Path) -> None:
    one = video(tmp_path / "data")
    fill(folder, one)
    other = replace(one, subject="p7", tags=())
    cached = open_cached(folder, other, GRID)
    assert (cached.subject, cached.tags) == ("p7", ())


def test_the_folder_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIMANET_CACHE_DIR", "/somewhere/else")
    assert cache_folder() == Path("/somewhere/else")
    monkeypatch.delenv("AIMANET_CACHE_DIR")
    assert cache_folder().name == "crops"
    assert "AimaNet" in cache_folder().parts


def test_a_recording_that_is_not_there(folder: Path, tmp_path: Path) -> None:
    one = video(tmp_path / "data")
    line = complaint(folder, one)
    assert "not in the cache" in line
    assert f"`aimanet datasets prepare tiny={one.root} --size 8 --fs 30 --cache {folder}`" in line
    fill(folder, one, grid=Grid(36, 30))
    assert "not in the cache" in complaint(folder, one)  # of that grid


def test_crops_that_were_cut_short(folder: Path, tmp_path: Path) -> None:
    one = video(tmp_path / "data")
    crops = fill(folder, one) / CROPS
    os.truncate(crops, crops.stat().st_size - 1)
    assert "damaged" in complaint(folder, one)


@pytest.mark.parametrize("size", [0, 100, 700])
def test_frames_that_were_cut_short(folder: Path, tmp_path: Path, size: int) -> None:
    one = video(tmp_path / "data")
    os.truncate(fill(folder, one) / FRAMES, size)
    assert "damaged" in complaint(folder, one)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"format": 1}', '{"format": 1, "grid": 3}', "\0" * 900]
)
def test_a_meta_file_that_is_none(folder: Path, tmp_path: Path, text: str) -> None:
    one = video(tmp_path / "data")
    place = fill(folder, one)
    (place / META).write_text(text)
    assert f"damaged: delete {place}" in complaint(folder, one)


def test_a_part_of_an_entry_that_is_gone(folder: Path, tmp_path: Path) -> None:
    one = video(tmp_path / "data")
    (fill(folder, one) / FRAMES).unlink()
    assert "no such file" in complaint(folder, one)


@pytest.mark.parametrize("name", ["format", "cropping", "labelling"])
def test_an_entry_of_another_version(folder: Path, tmp_path: Path, name: str) -> None:
    one = video(tmp_path / "data")
    meta = fill(folder, one) / META
    values = json.loads(meta.read_text())
    values[name] += 1
    meta.write_text(json.dumps(values))
    line = complaint(folder, one)
    assert "another version" in line
    assert "aimanet datasets prepare" in line
    with pytest.raises(CacheError, match="another version"):
        list_cached(folder, GRID)


def test_a_video_that_changed(folder: Path, tmp_path: Path) -> None:
    one = video(tmp_path / "data")
    fill(folder, one)
    before = one.video.stat()
    one.video.write_bytes(b"b")
    os.utime(one.video, ns=(before.st_atime_ns, before.st_mtime_ns))
    line = complaint(folder, one)
    assert "has changed" in line
    assert "aimanet datasets prepare" in line
    assert len(open_cached(folder, one, GRID, verify=False).t) > 0


def test_a_touched_video_is_read_once_and_then_trusted(folder: Path, tmp_path: Path) -> None:
    one = video(tmp_path / "data")
    place = fill(folder, one)
    was = load_meta(place)
    os.utime(one.video, (5, 5))
    open_cached(folder, one, GRID)
    now = load_meta(place)
    assert now.sources.stamps != was.sources.stamps
    assert replace(now, sources=was.sources) == was
    assert [path.name for path in place.parent.iterdir()] == [place.name]  # no lock left


def test_a_data_set_that_is_gone(folder: Path, tmp_path: Path) -> None:
    one = video(tmp_path / "data")
    fill(folder, one)
    one.video.unlink()
    line = complaint(folder, one)
    assert "is gone" in line
    assert "--cached" in line


def test_a_recording_without_a_face_says_so(folder: Path, tmp_path: Path) -> None:
    one = video(tmp_path / "data")
    place = fill(folder, one, crops=[])
    save_meta(place, replace(load_meta(place), reason="no face in any of its 9 frames"))
    assert "no face in any of its 9 frames" in complaint(folder, one)


# Without the data set ---------------------------------------------------------------------------


def test_a_copied_cache_needs_no_data_set(folder: Path, tmp_path: Path) -> None:
    names = ["s10", "s9", "s1"]
    for name in names:
        fill(folder, video(tmp_path / "data", name))
    fill(folder, video(tmp_path / "data", "s1"), grid=Grid(36, 30))
    faceless = video(tmp_path / "data", "s0")
    place = fill(folder, faceless, crops=[])
    save_meta(place, replace(load_meta(place), reason="no face"))
    copy = tmp_path / "server"
    folder.rename(copy)
    for path in (tmp_path / "data").iterdir():
        path.unlink()
    cached = list_cached(copy, GRID)
    assert [one.name for one in cached] == ["s1", "s9", "s10"]
    assert all(one.grid == GRID and one.subject == "p1" for one in cached)
    elsewhere = Recording("tiny", "s9", "p1", Path("/x"), Path("/x/s9.avi"))
    assert open_cached(copy, elsewhere, GRID, verify=False).name == "s9"


def test_two_of_a_name_are_not_guessed_at(folder: Path, tmp_path: Path) -> None:
    fill(folder, video(tmp_path / "one"))
    second = video(tmp_path / "two")
    second.video.write_bytes(b"another")
    fill(folder, second)
    elsewhere = Recording("tiny", "a", "p1", Path("/x"), Path("/x/a.avi"))
    with pytest.raises(CacheError, match="holds 2 recordings called tiny/a"):
        open_cached(folder, elsewhere, GRID, verify=False)
    assert open_cached(folder, second, GRID, verify=False).name == "a"


def test_two_copies_of_one_are_one(folder: Path, tmp_path: Path) -> None:
    fill(folder, video(tmp_path / "one"))
    fill(folder, video(tmp_path / "two"))
    assert len(list_cached(folder, GRID)) == 1
    elsewhere = Recording("tiny", "a", "p1", Path("/x"), Path("/x/a.avi"))
    assert open_cached(folder, elsewhere, GRID, verify=False).name == "a"


def test_a_copy_that_was_cut_short_is_no_smaller_training_set(folder: Path, tmp_path: Path) -> None:
    fill(folder, video(tmp_path / "data", "s1"))
    (fill(folder, video(tmp_path / "data", "s2")) / META).unlink()
    with pytest.raises(CacheError, match=r"s2-\w+ is incomplete"):
        list_cached(folder, GRID)


def test_an_empty_folder_says_what_is_there_instead(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CacheError, match="holds no crops at 8x8 px, 30 Hz; make some"):
        list_cached(folder, GRID)
    fill(folder, video(tmp_path / "data"))
    with pytest.raises(CacheError, match=r"\(there are crops at 8x8 px, 30 Hz\)"):
        list_cached(folder, Grid(36, 30))


def test_more_recordings_than_a_process_may_open_files(
    folder: Path, tmp_path: Path, repository: Path
) -> None:
    crops = crops_of(1, np.arange(4) / 30)
    for k in range(90):
        fill(folder, video(tmp_path / "data", f"r{k}"), crops)
    code = """
import resource, sys
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
from pathlib import Path
from aimanet.datasets.store import list_cached
from aimanet.datasets.cached import Grid
print(len(list_cached(Path(sys.argv[1]), Grid(8, 30.0))))
print(sorted({"mediapipe", "torch", "av", "scipy", "aimanet.face"} & set(sys.modules)))
"""
    command = [sys.executable, "-c", code, str(folder)]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.stdout == "90\n[]\n", done.stderr
