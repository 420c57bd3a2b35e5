"""Looking through folders: wrappers, hidden things, folders nobody may read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aimanet.datasets.base import Problem, Recording
from aimanet.datasets.tree import listing, search, told


def test_listing_skips_what_systems_leave(tmp_path: Path) -> None:
    for name in ("s10", "s9", ".git", "__MACOSX"):
        (tmp_path / name).mkdir()
    for name in ("b.AVI", "a.txt", "._a.txt", "Thumbs.db", ".DS_Store"):
        (tmp_path / name).touch()
    found = listing(tmp_path)
    assert [path.name for path in found.folders] == ["s9", "s10"]
    assert [path.name for path in found.files] == ["a.txt", "b.AVI"]
    assert found.file("B.avi") == tmp_path / "b.AVI"
    assert found.file("c") is None


def test_search_passes_wrappers_but_not_crowds(tmp_path: Path) -> None:
    (tmp_path / "a" / "b" / "want").mkdir(parents=True)
    (tmp_path / "want" / "want").mkdir(parents=True)
    for k in range(30):
        (tmp_path / "crowd" / str(k) / "want").mkdir(parents=True)
    problems: list[Problem] = []
    found = list(search(tmp_path, lambda path: path.name == "want", problems))
    assert found == [tmp_path / "want", tmp_path / "a" / "b" / "want"]
    assert len(list(search(tmp_path, lambda path: path.name.isdecimal(), problems))) == 30


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0)
    problems: list[Problem] = []
    listing(folder, problems)
    folder.chmod(0o700)
    assert "permission" in problems[0].text


def test_a_folder_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    problems: list[Problem] = []
    assert listing(tmp_path / "gone", problems).files == []
    assert "cannot be read (no such file or directory)" in problems[0].text


def test_pipes_and_devices_are_told_and_a_link_in_a_circle_costs_no_other_file(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.mat").touch()
    os.mkfifo(tmp_path / "pipe.mat")
    (tmp_path / "zero.mat").symlink_to("/dev/zero")
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "nowhere.mat").symlink_to("gone")
    problems: list[Problem] = []
    found = listing(tmp_path, problems)
    assert [path.name for path in found.files] == ["a.mat", "circle", "nowhere.mat"]
    assert {path.path.name for path in problems} == {"pipe.mat", "zero.mat"}
    assert all(p.text == "is no ordinary file; left out" and not p.fatal for p in problems)
    assert len(told([], [*problems, *problems]).problems) == 2


def test_persons_in_natural_order_and_names_once(tmp_path: Path) -> None:
    names = ["s10_T1", "s9_T2", "s9_T1", "s9_T1"]
    recordings = [
        Recording("x", name, name.split("_")[0], tmp_path, tmp_path / str(k))
        for k, name in enumerate(names)
    ]
    problems: list[Problem] = []
    found = told(recordings, problems)
    assert [r.name for r in found.recordings] == ["s9_T1", "s9_T2", "s10_T1"]
    assert [p.path.name for p in found.problems] == ["3"]
