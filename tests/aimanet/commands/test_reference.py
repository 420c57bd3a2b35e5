"""References from the command line."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from aimanet import cli
from tests.aimanet.sessions.pulses import heart, pulse_session, write_table

PULSE = heart(35.0, seed=6, variability=0.06)
T = np.arange(0.0, 32.0, 1 / 64)


@pytest.fixture(autouse=True)
def known(monkeypatch):
    monkeypatch.setitem(cli.COMMANDS, "reference", "a contact sensor beside a session")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recorded") / "s"
    pulse_session(folder, PULSE, 30.0)
    return folder


@pytest.fixture
def place(recorded, tmp_path, monkeypatch):
    shutil.copytree(recorded, tmp_path / "s")
    write_table(tmp_path / "a.csv", "when,finger,red", (T + 7.3) * 1e3, PULSE.bvp(T), T * 0 + 70)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(capsys, *args):
    assert cli.main(["reference", "s", *args]) == 0
    return capsys.readouterr().out


def test_import_show_and_remove(place, capsys):
    said = told(capsys, "a.csv", "--time", "when", "--ppg", "finger")
    assert "time: when (ms), PPG: finger" in said
    assert "offset -7.3" in said
    assert "MAE" in said
    shown = json.loads(told(capsys, "--json"))
    assert shown["reference"]["offset_s"] == pytest.approx(-7.3, abs=0.05)
    assert shown["compared"]["mae_bpm"] < 1.0
    assert "taken out" in told(capsys, "--remove")
    assert cli.main(["reference", "s"]) == 2
    assert "has no reference yet" in capsys.readouterr().err


def test_a_dry_run_and_a_correction(place, capsys):
    record = json.loads(told(capsys, "a.csv", "--time", "1", "--ppg", "2", "--dry-run", "--json"))
    assert record["offset_s"] == pytest.approx(-7.3, abs=0.05)
    assert not (place / "s" / "reference.csv").exists()
    said = told(capsys, "a.csv", "--time", "1", "--ppg", "2", "--offset", "-6.5")
    assert "offset -6.500 s by hand" in said


def test_a_heart_rate_column_and_a_rate(place, capsys):
    said = told(capsys, "a.csv", "--hr", "red", "--rate", "64")
    assert "64 samples a second, HR: red (bpm)" in said


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["none.csv"], "does not exist"),
        (["a.csv", "--ppg", "blue"], "'blue' is no column; there are: when, finger, red"),
        (["a.csv", "--hr", "finger"], "is no heart rate"),
        (["a.csv", "--ppg", "2", "--unit", "ms"], "--unit ms is for intervals"),
        (["a.csv", "--time", "1", "--time-unit", "s", "--ppg", "2"], "are no wave"),
        (["a.csv", "--rate", "0"], "--rate 0"),
        (["--ppg", "2"], "name the sensor's file as well"),
        (["a.csv", "--remove"], "leave the file away"),
        (["a.csv", "--time", "1", "--ppg", "2", "--offset", "5000"], "correct the offset"),
    ],
)
def test_mistakes_are_one_line(place, capsys, args, words):
    assert cli.main(["reference", "s", *args]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert len(error.splitlines()) == 1
    assert not (place / "s" / "reference.csv").exists()
