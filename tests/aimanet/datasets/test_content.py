from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from aimanet.datasets import content
from aimanet.datasets.base import Recording
from aimanet.datasets.content import fingerprint, relative_names, renewed, untouched

VIDEO = b"v" * 3_000_000


def recording(root: Path) -> Recording:
    """One video file and one label in another folder."""
    (root / "videos").mkdir(parents=True)
    (root / "labels").mkdir()
    (root / "videos" / "a.avi").write_bytes(VIDEO)
    (root / "labels" / "a.csv").write_text("1\n2\n")
    return at(root)


def at(root: Path) -> Recording:
    return Recording("tiny", "a", "p1", root, root / "videos" / "a.avi", root / "labels" / "a.csv")


def pictures(root: Path) -> Recording:
    """A folder of pictures without a label."""
    (root / "frames").mkdir(parents=True)
    for k in range(5):
        (root / "frames" / f"{k}.png").write_bytes(bytes([k]))
    return Recording("tiny", "b", "p1", root, root / "frames")


def files(one: Recording) -> list[Path]:
    if one.label is None:
        return sorted(one.video.rglob("*"))
    return [one.video, one.label]


@pytest.fixture
def at_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of this test count as old at once."""
    monkeypatch.setattr(content, "SETTLE_NS", 0)


@pytest.mark.usefixtures("at_rest")
def test_files_that_nobody_touched_need_no_reading(tmp_path: Path) -> None:
    one = recording(tmp_path)
    assert untouched(fingerprint(one, files(one)), one)


def test_files_written_a_moment_ago_are_read_again(tmp_path: Path) -> None:
    one = recording(tmp_path)
    was = fingerprint(one, files(one))
    assert not was.settled
    assert not untouched(was, one)
    assert renewed(was, one) is not None


def test_a_camera_from_the_future_is_trusted_too(tmp_path: Path) -> None:
    one = recording(tmp_path)
    for path in files(one):
        os.utime(path, (4e9, 4e9))
    later = time.time_ns() + 10**10
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time_ns", lambda: later)
        was = fingerprint(one, files(one))
        assert untouched(was, one)


@pytest.mark.usefixtures("at_rest")
def test_a_touched_file_is_the_same_after_a_reading(tmp_path: Path) -> None:
    one = recording(tmp_path)
    was = fingerprint(one, files(one))
    os.utime(one.video, (1, 1))
    assert not untouched(was, one)
    now = renewed(was, one)
    assert now is not None
    assert now.content == was.content
    assert untouched(now, one)


@pytest.mark.usefixtures("at_rest")
@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no change time")
def test_one_byte_in_the_middle_is_noticed_though_size_and_mtime_are_put_back(
    tmp_path: Path,
) -> None:
    one = recording(tmp_path)
    was = fingerprint(one, files(one))
    before = one.video.stat()
    with one.video.open("r+b") as file:
        file.seek(len(VIDEO) // 2)
        file.write(b"w")
    os.utime(one.video, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert one.video.stat().st_mtime_ns == before.st_mtime_ns
    assert not untouched(was, one)
    assert renewed(was, one) is None


@pytest.mark.usefixtures("at_rest")
def test_a_label_counts_as_much_as_the_video(tmp_path: Path) -> None:
    one = recording(tmp_path)
    was = fingerprint(one, files(one))
    one.label.write_text("1\n3\n")
    assert not untouched(was, one)
    assert renewed(was, one) is None


@pytest.mark.usefixtures("at_rest")
def test_a_picture_more_or_less_is_noticed(tmp_path: Path) -> None:
    one = pictures(tmp_path)
    was = fingerprint(one, files(one))
    assert untouched(was, one)
    (one.video / "5.png").write_bytes(b"5")
    assert not untouched(was, one)
    assert renewed(was, one) is None
    (one.video / "5.png").unlink()
    assert untouched(was, one)
    (one.video / "4.png").unlink()
    with pytest.raises(FileNotFoundError):
        untouched(was, one)


@pytest.mark.usefixtures("at_rest")
def test_a_file_managers_litter_is_no_change(tmp_path: Path) -> None:
    one = pictures(tmp_path)
    was = fingerprint(one, files(one))
    (one.video / ".DS_Store").write_bytes(b"x")
    (one.video / "Thumbs.db").write_bytes(b"x")
    assert untouched(was, one)
    assert fingerprint(one, files(one)).content == was.content


def test_two_pictures_that_swap_their_names_are_another_content(tmp_path: Path) -> None:
    one = pictures(tmp_path)
    was = fingerprint(one, files(one))
    (one.video / "0.png").write_bytes(bytes([1]))
    (one.video / "1.png").write_bytes(bytes([0]))
    assert fingerprint(one, files(one)).content != was.content


def test_a_data_set_that_moved_has_the_same_content_and_names(tmp_path: Path) -> None:
    one = recording(tmp_path / "here")
    was = fingerprint(one, files(one))
    (tmp_path / "here").rename(tmp_path / "there")
    moved = at(tmp_path / "there")
    assert was.files == ("../labels/a.csv", "a.avi")
    assert relative_names(moved, files(moved)) == was.files
    assert fingerprint(moved, files(moved)).content == was.content


@pytest.mark.usefixtures("at_rest")
def test_what_is_remembered_of_a_shared_file_does_not_outlive_a_change(tmp_path: Path) -> None:
    one = recording(tmp_path)
    was = fingerprint(one, files(one))
    one.video.write_bytes(VIDEO[:-1] + b"w")
    assert fingerprint(one, files(one)).content != was.content


@pytest.mark.skipif(sys.platform != "linux", reason="other systems want UTF-8")
def test_a_name_that_is_no_utf8_is_a_name(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.avi"))
    path.write_bytes(b"v")
    one = Recording("tiny", "c", "p1", tmp_path, path)
    assert renewed(fingerprint(one, [path]), one) is not None
