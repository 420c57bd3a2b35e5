"""The command: real held-out shots, folders, files, and one line for everything that is wrong."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from aimanet.cli import main
from aimanet.commands.bench_accuracy import Options, command_line
from aimanet.synthesis.export import ExportPlan, export

PLOTS = ("scatter", "bland_altman", "error_quality", "calibration")


def run(capsys, *args):
    status = main(["bench", "accuracy", *map(str, args)])
    out, err = capsys.readouterr()
    return status, out, err


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """A clip as `synthesize` writes it, long enough for readings, and one without a pulse."""
    folder = tmp_path_factory.mktemp("videos") / "desk"
    for _ in export(ExportPlan(folder, clips=1, seed=3, seconds=6.0, size=(192, 144))):
        pass
    with (folder / "clips.csv").open("a") as index:
        index.write("clip_0000.mp4,,,6,30,0\n")
    return folder


def test_a_folder_of_videos(capsys, tmp_path, videos, face_model):
    out = tmp_path / "report"
    args = ("--without-drawn", "--data", videos, "--methods", "pos", "--jobs", "1", "--out", out)
    status, printed, _ = run(capsys, *args, "--json")
    assert status == 0
    record = json.loads(printed)
    assert record == json.loads((out / "accuracy.json").read_text())
    assert (record["clips"], record["seeds"], record["code"]) == (2, [], "")
    assert set(record["versions"]) >= {"aimanet", "python", "numpy", "mediapipe"}
    (row,) = record["table"]
    assert (row["condition"], row["method"], row["clips"]) == ("desk", "POS", 1)
    assert row["mae"] is not None
    assert [r["kind"] for r in record["lifeless"]] == ["desk", "all"]
    names = {path.name for path in out.iterdir()}
    expected = {f"pos.{plot}.{form}" for plot in PLOTS for form in ("png", "svg")}
    expected |= {"conditions.png", "conditions.svg", "accuracy.json"}
    assert names == expected | {"clips.csv", "readings.csv", "tables.csv"}
    with (out / "readings.csv").open() as file:
        readings = list(csv.DictReader(file))
    read = [r for r in readings if r["hr_bpm"] and r["alive"] == "1"]
    assert len(read) > 2
    assert all(40.0 < float(r["truth_bpm"]) < 170.0 for r in read)
    assert all(any(r[n] for n in r if n.startswith("feature.")) and r["state"] for r in read)
    assert all(not r["truth_bpm"] for r in readings if r["alive"] == "0")
    with (out / "clips.csv").open() as file:
        one, other = csv.DictReader(file)
    error = abs(float(one["hr_bpm"]) - float(one["truth_bpm"]))
    assert error == pytest.approx(row["mae"], abs=0.01)
    assert (other["alive"], other["truth_bpm"]) == ("0", "")


def test_a_held_out_shot_and_its_crops(capsys, tmp_path, face_model):
    """Drawn, tracked and kept; the second time nothing is drawn and the answer is the same."""
    cache = tmp_path / "crops"
    flags = ["--kinds", "still", "--seeds", "1", "--seconds", "1.5", "--methods", "pos"]
    args = (*flags, "--jobs", "1", "--cache", cache)
    status, first, _ = run(capsys, *args, "--json")
    assert status == 0
    (kept,) = (path for path in cache.rglob("*") if path.is_file())
    stamp = kept.stat().st_mtime_ns
    record = json.loads(first)
    assert kept.parent.name == record["code"]
    assert record["command"] == "aimanet bench accuracy --methods pos --kinds still " + (
        "--seeds 1 --seconds 1.5"
    )
    (clip,) = record["clips_measured"]
    assert (clip["clip"], clip["origin"], clip["face_share"]) == ("still 0", "drawn", 1.0)
    assert 40.0 < clip["truth_bpm"] < 200.0
    began = time.process_time()
    _, printed, _ = run(capsys, *args)
    assert time.process_time() - began < 1.5
    assert kept.stat().st_mtime_ns == stamp
    assert f"drawn by code {record['code']}" in printed
    for word in ("condition", "still", "POS", "FALLS SHORT"):
        assert word in printed


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--seeds", "0"], "--seeds 0"),
        (["--seconds", "0.5"], "--seconds 0.5"),
        (["--seconds", "nan"], "--seconds nan"),
        (["--jobs", "-1"], "--jobs -1"),
        (["--without-drawn"], "--data"),
        (["--any-version"], "--cache"),
        (["--kinds", "stil"], "did you mean still?"),
        (["--methods"], "no methods"),
        (["--methods", "pos", "--weights", "default"], "--weights"),
        (["--weights", "nowhere.safetensors"], "nowhere.safetensors"),
        (["--methods", "pos", "--faces", "nowhere"], "no such folder"),
        (["--methods", "pos", "--data", "nowhere"], "no such folder"),
        (["--methods", "pos", "--out", "/dev/null/x"], "cannot write"),
    ],
)
def test_one_line_for_what_is_wrong(capsys, args, says, face_model):
    status, out, err = run(capsys, *args)
    assert (status, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert says in err


def test_a_folder_of_photographs_without_a_face(capsys, tmp_path, face_model):
    import cv2
    import numpy as np

    cv2.imwrite(str(tmp_path / "wall.png"), np.full((90, 120, 3), 128, np.uint8))
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8 nothing")
    status, _, err = run(capsys, "--methods", "pos", "--faces", tmp_path)
    assert status == 2
    assert "no face is found in any of 2 pictures" in err


def test_only_what_matters_is_in_the_command():
    options = Options(methods=("pos",), seconds=10.0, quick=True, jobs=3, json=True)
    assert command_line(options) == "aimanet bench accuracy --methods pos --seconds 10 --quick"


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_ctrl_c_leaves_nothing_half_written(tmp_path, repository, face_model):
    out, cache = tmp_path / "out", tmp_path / "cache"
    command = [sys.executable, "-m", "aimanet", "bench", "accuracy", "--methods", "pos"]
    command += ["--seconds", "1", "--out", str(out), "--cache", str(cache)]
    process = subprocess.Popen(
        [*command, "--jobs", "2"], cwd=repository, stderr=subprocess.PIPE, start_new_session=True
    )
    deadline = time.monotonic() + 300.0
    while not list(cache.rglob("*.npz")) and time.monotonic() < deadline:
        time.sleep(0.2)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert err.decode().strip().splitlines()[-1] == "interrupted"
    assert list(cache.rglob("*.npz"))
    assert not list(out.iterdir())
    assert not [path for path in cache.rglob(".*") if path.suffix == ".part"]
