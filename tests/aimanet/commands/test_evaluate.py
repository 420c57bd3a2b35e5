"""The command: JSON as promised, tables, a folder, and one line for everything that is wrong."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from aimanet.cli import main
from aimanet.commands.evaluate import Options, command_line
from aimanet.evaluation.predictions import read_predictions
from tests.aimanet.datasets.folders import ubfc_rppg
from tests.aimanet.evaluation.waves import pair


@pytest.fixture
def archive(tmp_path):
    arrays = {"fs": 30, "is_derivative": True}
    for k in range(1, 12):
        pred, label = pair(600, hr_bpm=50 + 6 * k, noise=0.2 * k, seed=k, derivative=True)
        arrays |= {f"subject{k}/pred": pred.astype(np.float32), f"subject{k}/label": label}
    path = tmp_path / "theirs.npz"
    np.savez(path, **arrays)
    return path


def run(capsys, *args):
    status = main(["evaluate", *map(str, args)])
    out, err = capsys.readouterr()
    return status, out, err


def refused(capsys, *args):
    status, out, err = run(capsys, *args)
    assert status == 2
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    return err


def test_json_of_predictions(capsys, archive):
    status, out, err = run(capsys, "--predictions", archive, "--json")
    assert (status, err) == (0, "")
    record = json.loads(out)
    assert record["profile"] == "toolbox-2025"
    summary = record["summary"]
    assert set(summary) >= {"mae", "mae_se", "rmse", "rmse_se", "mape", "pearson", "snr", "macc"}
    assert summary["videos"] == 11
    videos = record["per_video"]
    assert list(videos) == [f"subject{k}" for k in range(1, 12)]
    for one in videos.values():
        assert set(one) >= {"hr_label", "hr_pred", "snr", "macc"}
    errors = [abs(one["hr_pred"] - one["hr_label"]) for one in videos.values()]
    assert summary["mae"] == pytest.approx(np.mean(errors))
    assert summary["snr"] == pytest.approx(np.mean([one["snr"] for one in videos.values()]))
    assert len(repr(summary["snr"])) > 12, "all digits"


def test_profiles_and_windows_differ(capsys, archive):
    whole = json.loads(run(capsys, "--predictions", archive, "--json")[1])
    other = json.loads(
        run(capsys, "--predictions", archive, "--json", "--profile", "neurips2023")[1]
    )
    parts = json.loads(run(capsys, "--predictions", archive, "--json", "--window", "5")[1])
    assert other["profile"] == "neurips2023"
    assert other["summary"]["snr"] != whole["summary"]["snr"]
    assert parts["window_s"] == 5.0
    assert parts["summary"]["scores"] == 44
    one = parts["per_video"]["subject3"]
    assert len(one["windows"]) == 4
    assert one["snr"] == pytest.approx(np.mean([w["snr"] for w in one["windows"]]))


def test_one_video_has_no_correlation_and_a_constant_no_rate(capsys, tmp_path):
    pred, label = pair(300)
    path = tmp_path / "p.npz"
    waves = {"a/pred": pred, "a/label": label, "b/pred": np.ones(300), "b/label": label}
    np.savez(path, fs=30.0, is_derivative=0, **waves)
    record = json.loads(run(capsys, "--predictions", path, "--json")[1])
    assert record["summary"]["pearson"] is None
    assert record["summary"]["mae"] is not None
    assert record["per_video"]["b"]["hr_pred"] is None
    assert record["undefined"] == ["b"]
    _, out, _ = run(capsys, "--predictions", path)
    assert "no heart rate: predictions/b: a wave in it does not change" in out


def test_tables_and_a_folder(capsys, archive, tmp_path):
    out_folder = tmp_path / "report"
    status, out, err = run(capsys, "--predictions", archive, "--out", out_folder)
    assert (status, err) == (0, "")
    assert "subject11" in out
    assert "±" in out
    assert f"Report: {out_folder / 'report.html'}" in out
    assert (out_folder / "report.html").stat().st_size > 10_000
    back = read_predictions(out_folder / "theirs-predictions.predictions.npz")
    assert len(back) == 11


def test_bad_flags_are_one_line(capsys, archive, tmp_path):
    assert "either --data FOLDERS or --predictions" in refused(capsys)
    both = refused(capsys, "--predictions", archive, "--data", tmp_path)
    assert "either --data FOLDERS or --predictions" in both
    assert "unknown profile" in refused(capsys, "--predictions", archive, "--profile", "best")
    assert "--window 0" in refused(capsys, "--predictions", archive, "--window", "0")
    assert "--window nan" in refused(capsys, "--predictions", archive, "--window", "nan")
    short = refused(capsys, "--predictions", archive, "--window", "0.1")
    assert "subject1" in short
    assert "under 10 samples" in short
    assert "--jobs -1" in refused(capsys, "--data", tmp_path, "--jobs", "-1")
    assert "are for --data" in refused(capsys, "--predictions", archive, "--subjects", "a")
    assert "is no file" in refused(capsys, "--predictions", tmp_path / "none.npz")
    assert "no such folder" in refused(capsys, "--data", tmp_path / "none", "--methods", "pos")
    assert "unknown method" in refused(capsys, "--data", tmp_path, "--methods", "magic")
    file = tmp_path / "file"
    file.touch()
    assert "cannot write" in refused(capsys, "--predictions", archive, "--out", file)


def test_a_low_rate_names_the_video(capsys, tmp_path):
    path = tmp_path / "p.npz"
    pred, label = pair(300)
    np.savez(path, fs=5, is_derivative=0, **{"a/pred": pred, "a/label": label})
    assert "a: fs of 5 Hz is too low" in refused(capsys, "--predictions", path)


def test_a_data_set_to_a_folder_that_can_be_scored_again(capsys, tmp_path, face_model):
    root = ubfc_rppg(tmp_path / "data", subjects=(1, 3), simple=(), seconds=2.5)
    out_folder, cache = tmp_path / "out", tmp_path / "cache"
    data = ("--data", f"ubfc-rppg={root}", "--methods", "pos", "--jobs", "1", "--cache", cache)
    status, out, err = run(capsys, *data, "--json", "--out", out_folder)
    assert (status, err) == (0, "")
    record = json.loads(out)
    (row,) = record["rows"]
    assert (row["method"], row["dataset"], row["summary"]["videos"]) == ("POS", "ubfc-rppg", 2)
    assert record == json.loads((out_folder / "results.json").read_text())
    again = json.loads(
        run(capsys, "--predictions", out_folder / "pos-ubfc-rppg.predictions.npz", "--json")[1]
    )
    assert again["summary"] == row["summary"]
    status, out, _ = run(capsys, *data, "--subjects", row["per_video"]["subject1"]["subject"])
    assert status == 0
    assert "POS" in out


def test_nothing_that_could_be_scored_is_one_line(capsys, tmp_path, face_model):
    root = ubfc_rppg(tmp_path / "data", subjects=(1,), simple=(), seconds=0.5)
    (root / "DATASET_2" / "subject1" / "vid.avi").write_bytes(b"RIFF")
    line = refused(
        *(capsys, "--data", f"ubfc-rppg={root}", "--methods", "pos", "--jobs", "1"),
        *("--cache", tmp_path / "cache"),
    )
    assert "none of the recordings could be scored; subject1" in line


def test_the_command_that_is_reported_can_be_typed(tmp_path):
    options = Options(
        data=("pure=/my data",), methods=("pos",), window=10.0, include_excluded=True, json=True
    )
    assert command_line(options) == (
        "aimanet evaluate --data 'pure=/my data' --methods pos --window 10 --include-excluded"
    )


@pytest.mark.slow
def test_scoring_waves_needs_neither_torch_nor_matplotlib(archive, repository):
    code = (
        "import sys\nfrom aimanet.cli import main\n"
        f"assert main(['evaluate', '--predictions', {str(archive)!r}]) == 0\n"
        "print('heavy:', [m for m in ('torch', 'matplotlib', 'mediapipe') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, timeout=100
    )
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "heavy: []"
