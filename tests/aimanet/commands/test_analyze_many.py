"""Folders of videos and several paths: a row for each, in order, whatever happens to one."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import pytest

from aimanet.bench.clips import draw_clip
from aimanet.cli import main
from aimanet.commands.analyze_many import Row, Task, _in_order, _names, several
from aimanet.commands.analyze_one import analyse
from aimanet.methods import make_method


def green():
    return make_method("green")


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    """A small recording of the demo face, drawn once."""
    return draw_clip(tmp_path_factory.mktemp("small") / "demo.mp4", 6.0, (320, 240))


@pytest.fixture
def videos(tmp_path, clip, face_model) -> Path:
    """Two recordings, with a broken one between them."""
    folder = tmp_path / "videos"
    folder.mkdir()
    for name in ("a.mp4", "c.mp4"):
        shutil.copy(clip, folder / name)
    (folder / "b.mp4").write_text("not a video\n" * 100)
    (folder / "notes.txt").write_text("nothing of ours")
    (folder / "._a.mp4").write_text("what a Mac leaves on a stick")
    return folder


def test_one_thread_and_two_read_the_same(clip, tmp_path, face_model):
    """Every reading, the summary, and the CSV to the last digit."""
    plain, ahead = (
        analyse(str(clip), green, tmp_path / f"{threads}.csv", threads=threads)
        for threads in (1, 2)
    )
    assert len(plain.readings) > 15
    assert plain.readings == ahead.readings
    assert plain.record() == ahead.record()
    assert plain.summary == ahead.summary
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "2.csv").read_bytes()


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_row_for_each_and_the_broken_one_says_why(videos, clip, tmp_path, capsys, jobs):
    argv = ["analyze", str(videos), "--method", "green", "--jobs", jobs, "--json"]
    assert main([*argv, "--save-signals", str(tmp_path / "pulses")]) == 2
    captured = capsys.readouterr()
    rows = [json.loads(line) for line in captured.out.splitlines()]
    assert [row.pop("path") for row in rows] == [str(videos / f"{name}.mp4") for name in "abc"]
    alone = analyse(str(clip), green, tmp_path / "alone.csv", threads=1).record()
    assert rows[0] == rows[2] == alone
    assert list(rows[1]) == ["error"]
    assert "b.mp4" in rows[1]["error"]
    assert captured.err == "1 of 3 recordings failed\n"
    pulses = sorted((tmp_path / "pulses").iterdir())
    assert [path.name for path in pulses] == ["a.csv", "c.csv"]
    assert {path.read_bytes() for path in pulses} == {(tmp_path / "alone.csv").read_bytes()}


def test_a_line_for_each_of_several_paths(videos, capsys):
    paths = [str(videos / "c.mp4"), str(videos / "no.mp4"), str(videos / "a.mp4")]
    assert main(["analyze", *paths, "--method", "green", "--jobs", "1"]) == 2
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(": ")[0] for line in lines] == paths
    assert lines[0].endswith("a face in 100 % of 180 frames")
    assert lines[1].endswith(f"error: {paths[1]} does not exist: check the path")
    assert main(["analyze", paths[0], paths[2], "--method", "green", "--jobs", "1"]) == 0


def test_stated_rate_serves_those_of_several_that_have_none(videos, capsys):
    raw, timed = videos / "cam.mjpeg", videos / "c.mp4"
    with av.open(str(timed)) as source, av.open(str(raw), "w", format="mjpeg") as out:
        stream = out.add_stream("mjpeg", rate=30)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuvj420p"
        for frame in source.decode(video=0):
            out.mux(stream.encode(frame.reformat(format="yuvj420p")))
        out.mux(stream.encode(None))
    argv = ["analyze", str(raw), str(timed), "--method", "green", "--json"]
    assert main([*argv, "--jobs", "1"]) == 2
    silent, _ = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert "does not say its frame rate" in silent["error"]
    assert main([*argv, "--jobs", "2", "--fps", "30"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["fps_source"] for row in rows] == ["stated", "timestamps"]
    assert [row["fps"] for row in rows] == [30.0, 30.0]


def test_what_no_recording_is_to_blame_for_ends_it(videos, capsys):
    for jobs in ("1", "2"):
        assert main(["analyze", str(videos), "--method", "magic", "--jobs", jobs]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.startswith("error: unknown method 'magic'")


def test_flags_that_make_no_sense(videos, clip, capsys):
    assert main(["analyze"]) == 2
    assert "which recording" in capsys.readouterr().err
    assert main(["analyze", str(clip), ""]) == 2
    assert "one of the paths is empty" in capsys.readouterr().err
    assert main(["analyze", str(videos), "--jobs", "-1"]) == 2
    assert "--jobs -1" in capsys.readouterr().err
    assert main(["analyze", str(videos), "--save-signals", str(clip)]) == 2
    assert "it is a file" in capsys.readouterr().err


def test_which_folders_are_many_recordings(videos, tmp_path, picture_folder):
    assert several([str(videos)]) == [str(videos / f"{name}.mp4") for name in "abc"]
    assert several([str(videos / "a.mp4")]) is None
    assert several(["x.mp4", "y.mp4"]) == ["x.mp4", "y.mp4"]
    (videos / "cover.jpg").write_bytes(b"\xff\xd8 a picture of the sea")
    assert several([str(videos)]) is not None
    (tmp_path / "empty").mkdir()
    assert several([str(tmp_path / "empty")]) is None
    # Pictures that can be played are the recording, whatever lies beside them.
    assert several([str(picture_folder)]) is None
    shutil.copy(videos / "a.mp4", picture_folder / "preview.mp4")
    assert several([str(picture_folder)]) is None
    (tmp_path / "sessions" / "monday").mkdir(parents=True)
    (tmp_path / "sessions" / "monday" / "session.json").write_text("{}")
    assert several([str(tmp_path / "sessions")]) == [str(tmp_path / "sessions" / "monday")]
    assert several([str(tmp_path / "sessions" / "monday")]) is None


@pytest.fixture
def picture_folder(tmp_path) -> Path:
    """As PURE has them: names that are times."""
    import cv2
    import numpy as np

    folder = tmp_path / "pictures"
    folder.mkdir()
    for k in range(3):
        name = f"Image{1392643993642815000 + k * 33_000_000}.png"
        cv2.imwrite(str(folder / name), np.full((16, 16, 3), 40 * k, np.uint8))
    return folder


def test_each_has_a_file_of_its_own_for_signals():
    assert _names(["v/a.mp4", "v/b.mp4"]) == ["a.csv", "b.csv"]
    assert _names(["s1/vid.avi", "s2/vid.avi", "x.avi"]) == ["s1-vid.csv", "s2-vid.csv", "x.csv"]
    assert _names(["s1/vid.avi", "s1/vid.mp4"]) == ["s1-vid.csv", "s1-vid-2.csv"]


def test_rows_wait_for_those_before_them():
    answers = [(Task(k, str(k)), Row({}, "")) for k in (2, 0, 1, 3)]
    came = []

    def tell():
        for answer in answers:
            came.append(answer[0].number)
            yield answer

    ordered = []
    for task, _ in _in_order(tell(), bar=False, of=4):
        ordered.append((task.number, len(came)))
    assert ordered == [(0, 2), (1, 3), (2, 3), (3, 4)]


@pytest.mark.skipif(os.name == "nt", reason="no signals there")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_ends_all_of_it(tmp_path, repository, jobs):
    """Children too, and what they had half written is gone."""
    signals = tmp_path / "signals"
    process = analyse_for_hours(repository, signals, jobs)
    until(lambda: len(parts(signals)) == int(jobs))
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=60)
    assert (process.returncode, out, errors) == (130, "", "interrupted\n")
    until(lambda: group_is_gone(process.pid))
    assert list(signals.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="no signals there")
@pytest.mark.parametrize("name", ["SIGSTOP", "SIGKILL"])
def test_a_worker_that_cannot_tidy_up_leaves_nothing_either(tmp_path, repository, name):
    signals = tmp_path / "signals"
    process = analyse_for_hours(repository, signals, jobs="2")
    until(lambda: len(parts(signals)) == 2)
    worker = int(parts(signals)[0].name.split(".")[-2])
    os.kill(worker, signal.Signals[name])
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    until(lambda: group_is_gone(process.pid))
    assert list(signals.iterdir()) == []


def analyse_for_hours(repository: Path, signals: Path, jobs: str) -> subprocess.Popen[str]:
    long = ["synthetic:seconds=3600,seed=1", "synthetic:seconds=3600,seed=2"]
    return subprocess.Popen(
        [
            *(sys.executable, "main.py", "analyze", *long, "--method", "green"),
            *("--jobs", jobs, "--save-signals", signals),
        ],
        cwd=repository,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def parts(folder: Path) -> list[Path]:
    return sorted(folder.glob(".*.part"))


def until(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)


def group_is_gone(leader: int) -> bool:
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return True
    return False
