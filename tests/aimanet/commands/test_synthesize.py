"""Videos of drawn faces with their true pulse."""

from __future__ import annotations

import csv

import av
import cv2
import numpy as np
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


@pytest.mark.parametrize(
    "flags",
    [
        ["--hr", "90", "60"],
        ["--hr", "20", "60"],
        ["--skin", "0.5", "1.5"],
        ["--motion", "dancing"],
        ["--motion", "talking"],
        ["--faces", "gone"],
    ],
)
def test_people_that_cannot_be_made(tmp_path, capsys, flags):
    assert main(["synthesize", "--out", str(tmp_path / "x"), *flags]) == 2
    error = capsys.readouterr().err
    assert flags[-1] in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def portraits(tmp_path):
    """A folder with one drawn photograph, a wall and a file that is no picture."""
    from aimanet.synthesis import DemoScene, SceneConfig

    folder = tmp_path / "portraits"
    folder.mkdir()
    scene = DemoScene(SceneConfig(seed=3, width=320, height=240, noise=0, size=0.8))
    cv2.imwrite(str(folder / "me.png"), scene.render(0)[..., ::-1])
    cv2.imwrite(str(folder / "wall.png"), np.full((200, 200, 3), 128, np.uint8))
    (folder / "broken.jpg").write_bytes(b"not a picture")
    return folder


def test_photographs_live(tmp_path, capsys, portraits, face_model):
    out = tmp_path / "clips"
    argv = ["synthesize", "--out", str(out), "--faces", str(portraits), "--seconds", "0.3"]
    assert main([*argv, "--motion", "moving", "--hr", "80", "81", "--skin", "0.7", "0.8"]) == 0
    told = capsys.readouterr()
    assert "broken.jpg" in told.err
    assert "wall.png: no face" in told.err
    with (out / "clips.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["photo"], row["motion"], row["video"]) == ("me.png", "moving", "clip_0000.mp4")
    assert 80 <= float(row["hr_bpm"]) <= 81
    assert 0.7 <= float(row["skin"]) <= 0.8
    with av.open(str(out / "clip_0000.mp4")) as file:
        frames = [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]
    assert len(frames) == 9
    assert frames[0].shape == (480, 640, 3)
    (portraits / "me.png").unlink()
    assert main([*argv[:2], str(tmp_path / "other"), *argv[3:]]) == 2
    assert "no photograph of a face" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()
