"""References from the command line."""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timedelta

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


def oximeter(place, header, *columns):
    """A finger oximeter's file, a row a second; half an hour off is no other time zone."""
    start = datetime.now() + timedelta(minutes=30)
    times = [(start + timedelta(seconds=s)).strftime("%H:%M:%S") for s in range(32)]
    rows = [t + "".join(f",{c + s % 2}" for c in columns) for s, t in enumerate(times)]
    (place / "o.csv").write_text("\n".join([*header, *rows]) + "\n")


def test_a_sensor_that_disagrees_with_the_camera_is_kept_with_a_yes_only(place, capsys):
    oximeter(place, ["time,SpO2,PR"], 96, 71)
    assert cli.main(["reference", "s", "o.csv", "--hr", "SpO2"]) == 2
    error = capsys.readouterr().err
    assert "this sensor 96 at the same time, so it is not kept" in error
    assert "--keep-anyway" in error
    assert len(error.splitlines()) == 1
    assert not (place / "s" / "reference.csv").exists()
    assert "doubt: the camera read" in told(capsys, "o.csv", "--hr", "SpO2", "--dry-run")
    assert "HR: PR (bpm)" in told(capsys, "o.csv")
    assert "HR: SpO2 (bpm)" in told(capsys, "o.csv", "--hr", "SpO2", "--keep-anyway")


def test_a_question_names_the_flags_that_answer_it(place, capsys):
    oximeter(place, [], 71, 110)
    assert cli.main(["reference", "s", "o.csv"]) == 2
    error = capsys.readouterr().err
    assert "Which column holds heart rates: “column 2” (71, 72, 71 …) or “column 3”" in error
    assert "Say --hr 2 or --hr 3" in error
    assert "HR: column 2 (bpm)" in told(capsys, "o.csv", "--hr", "2")


def test_help_names_what_can_be_read(capsys):
    assert cli.main(["reference", "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    for name in ("EDF", "FIT", "Excel", "AcqKnowledge", "JSON", "TCX", "--keep-anyway"):
        assert name in said
