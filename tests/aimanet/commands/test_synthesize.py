"""Videos of drawn faces with their true pulse."""

from __future__ import annotations

import csv

import pytest

from aimanet.cli import main


def test_videos_truth_and_list(tmp_path, capsys):
    folder = tmp_path / "new" / "faces"
    argv = ["synthesize", "--out", str(folder), "--clips", "2", "--seed", "5", "--seconds", "0.5"]
    assert main(argv) == 0
    names = sorted(path.name for path in folder.iterdir())
    assert names == [
        "clip_0000.csv",
        "clip_0000.mp4",
        "clip_0001.csv",
        "clip_0001.mp4",
        "clips.csv",
    ]
    assert capsys.readouterr().out.count(" BPM\n") == 2
    with (folder / "clips.csv").open(newline="") as file:
        assert [row["video"] for row in csv.DictReader(file)] == ["clip_0000.mp4", "clip_0001.mp4"]
    assert main(argv) == 2
    assert "nothing is overwritten" in capsys.readouterr().err


@pytest.mark.parametrize(
    "flags",
    [
        ["--clips", "0"],
        ["--seed", "-1"],
        ["--fps", "0"],
        ["--seconds", "0"],
        ["--seconds", "nan"],
        ["--size", "641", "480"],
    ],
)
def test_flags_that_make_no_video(tmp_path, capsys, flags):
    assert main(["synthesize", "--out", str(tmp_path / "x"), *flags]) == 2
    assert flags[0] in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made(tmp_path, capsys):
    blocked = tmp_path / "file"
    blocked.write_text("here first")
    assert main(["synthesize", "--out", str(blocked), "--seconds", "0.1"]) == 2
    assert str(blocked) in capsys.readouterr().err
