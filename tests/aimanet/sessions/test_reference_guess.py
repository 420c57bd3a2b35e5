"""Which column of a device's file is read, with which clock: right, or a question."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from aimanet.sessions import reference_table
from aimanet.sessions.reference import (
    ReferenceError,
    guess_columns,
    open_sensor_file,
    read_sensor,
)
from aimanet.sessions.reference_rates import rates_of_wave
from tests.aimanet.sessions.sensor_files import (
    BEATS,
    BPM,
    DEVICES,
    SECONDS,
    Device,
    S,
    at,
    hr,
    ticks,
    wave,
)


def written(folder: Path, lines: list[str], name: str = "a.csv", encoding: str = "utf-8") -> Path:
    (folder / name).write_bytes("\n".join([*lines, ""]).encode(encoding))
    return folder / name


def guessed(folder: Path, *lines: str, name: str = "a.csv"):
    file = open_sensor_file(written(folder, list(lines), name))
    return file, guess_columns(file)


@pytest.mark.parametrize("device", DEVICES, ids=[device.name for device in DEVICES])
def test_files_of_devices_are_read_with_the_right_column_clock_and_unit(
    tmp_path: Path, device: Device
) -> None:
    name = device.name if "." in device.name else f"{device.name}.csv"
    file = open_sensor_file(written(tmp_path, device.lines(), name, device.encoding))
    guess = guess_columns(file)
    assert guess.question == ""
    kind = guess.mapping.kind
    assert kind == device.kind
    assert file.columns[getattr(guess.mapping, kind)].name == device.column
    sensor = read_sensor(file, guess.mapping)
    rates = rates_of_wave(sensor.t, sensor.ppg, 10.0)[1] if kind == "ppg" else sensor.rate_bpm
    assert np.nanmean(rates) == pytest.approx(BPM, abs=1.0)
    begin, end = sensor.span
    assert end - begin == pytest.approx(SECONDS, abs=2.5)
    if kind == "ibi":
        assert len(sensor.beats) >= len(BEATS)
        assert np.abs(np.diff(sensor.beats) - 60.0 / BPM).max() < 0.15


CLOCK = [at(s, "%H:%M:%S") for s in S]


def test_a_column_that_may_be_oxygen_is_asked_about(tmp_path: Path) -> None:
    file, guess = guessed(tmp_path, *(f"{c},{96 + s % 3}" for s, c in enumerate(CLOCK)))
    assert guess.mapping.kind is None
    assert "column 2" in guess.question
    assert "oxygen" in guess.question
    assert [choice.hr for choice in guess.choices] == [1]
    with pytest.raises(ReferenceError, match="which column is it"):
        read_sensor(file, guess.mapping)


def test_two_rates_that_differ_are_asked_about_and_two_alike_are_not(tmp_path: Path) -> None:
    rows = [f"{c},{hr(s)},{hr(s) + 20}" for s, c in enumerate(CLOCK)]
    _, guess = guessed(tmp_path, "time,HR a,HR b", *rows)
    assert guess.question.startswith("Which column holds heart rates: “HR a” (71, 72, 73 …)")
    assert [choice.hr for choice in guess.choices] == [1, 2]
    rows = [f"{c},{hr(s)},{hr(s) + 1}" for s, c in enumerate(CLOCK)]
    _, guess = guessed(tmp_path, "time,HR a,HR b", *rows)
    assert (guess.question, guess.mapping.hr) == ("", 1)


def test_two_waves_that_beat_differently_are_asked_about(tmp_path: Path) -> None:
    rows = [f"{t:.2f},{wave(t):.4f},{wave(1.4 * t):.4f}" for t in ticks(50)]
    _, guess = guessed(tmp_path, "t (s),A,B", *rows)
    assert [choice.ppg for choice in guess.choices] == [1, 2]


@pytest.mark.parametrize(
    ("title", "value"),
    [
        ("SpO2", lambda t: 97.0),
        ("GSR (uS)", lambda t: 2.0 + 0.1 * wave(t)),
        ("Skin temperature", lambda t: 33.0 + 0.01 * t),
        ("Respiration", lambda t: np.sin(1.4 * t)),
        ("Trigger", lambda t: float(t % 2 < 0.1)),
        ("ACC_X (g)", lambda t: wave(t)),
        ("Battery (%)", lambda t: 90.0),
        ("ambient", lambda t: 500.0 + wave(t)),
        ("CO2", lambda t: 20.0 + 18.0 * np.sin(1.4 * t)),
        ("CH1", lambda t: np.sin(1.4 * t)),
        ("CH1", lambda t: float(t % 2 < 0.1)),
        ("Respiratory rate (brpm)", lambda t: 15.0 + t % 2),
        ("RR", lambda t: 16.0 + t % 3),
    ],
)
def test_what_is_not_of_the_heart_is_never_taken(tmp_path: Path, title, value) -> None:
    rows = [f"{t:.2f},{value(t):.4f}" for t in ticks(50)]
    file, guess = guessed(tmp_path, f"time (s),{title}", *rows)
    assert guess.mapping.kind is None
    with pytest.raises(ReferenceError, match="which column is it"):
        read_sensor(file, guess.mapping)


def test_a_counter_is_no_clock(tmp_path: Path) -> None:
    rows = [f"{k}\t{wave(t):.4f}" for k, t in enumerate(ticks(100))]
    for title, words in (("nSeq", "no time column"), ("time", "counts in steps of 1")):
        file, guess = guessed(tmp_path, f"{title}\tBVP", *rows)
        with pytest.raises(ReferenceError, match=words):
            read_sensor(file, guess.mapping)


def test_empatica_files_are_known_by_their_first_lines(tmp_path: Path) -> None:
    beats = [f"{k * 60 / BPM:.4f},{60 / BPM:.4f}" for k in BEATS]
    file, guess = guessed(tmp_path, "1795939200.000000, IBI", *beats, name="IBI.csv")
    sensor = read_sensor(file, guess.mapping)
    assert (file.form, guess.mapping.kind, len(sensor.beats)) == ("Empatica", "ibi", len(BEATS))
    assert sensor.start is not None
    assert sensor.start.timestamp() == 1795939200
    rows = [f"{60 * np.sin(t):.0f},1,2" for t in ticks(32)]
    first = ["1795939200.0, 1795939200.0, 1795939200.0", "32.0, 32.0, 32.0"]
    file, guess = guessed(tmp_path, *first, *rows, name="ACC.csv")
    assert (file.form, guess.mapping.kind) == ("Empatica", None)


@pytest.mark.parametrize("bad", ["1e13", "1e308", "-1e300", "nan", "1e9999"])
@pytest.mark.parametrize("column", ["time", "ppg", "hr"])
def test_numbers_out_of_range_cost_their_row_alone(tmp_path: Path, bad, column) -> None:
    cells = [{"time": f"{t:.2f}", "ppg": f"{wave(t):.4f}", "hr": "72"} for t in ticks(50)]
    cells[700][column] = bad
    rows = [",".join(row.values()) for row in cells]
    file, guess = guessed(tmp_path, "time (s),ppg,hr", *rows)
    sensor = read_sensor(file, guess.mapping)
    assert sensor.span == pytest.approx((0.0, SECONDS), abs=0.1)
    assert len(sensor.t) >= len(rows) - 1
    assert np.abs(sensor.ppg).max() < 2
    assert set(sensor.rate_bpm) == {72.0}


def test_times_that_no_recording_can_have_are_refused(tmp_path: Path) -> None:
    rows = [f"{k * 1e12:g},{wave(t):.4f}" for k, t in enumerate(ticks(50))]
    file, guess = guessed(tmp_path, "time (s),ppg", *rows)
    with pytest.raises(ReferenceError, match=r"is no recording; correct the time's unit"):
        read_sensor(file, guess.mapping)


def test_a_long_table_is_read_in_pieces_and_an_endless_one_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [f"{at(t)},{wave(t):.4f},x" for t in ticks(50)]
    path = written(tmp_path, ["time,ppg,word", *rows])
    whole = open_sensor_file(path)
    monkeypatch.setattr(reference_table, "BATCH", 300)
    pieces = open_sensor_file(path)
    for a, b in zip(whole.columns, pieces.columns, strict=True):
        assert np.array_equal(a.values, b.values, equal_nan=True)
    assert [column.cells is None for column in pieces.columns] == [False, True, False]
    assert pieces.columns[0].cells == whole.columns[0].cells
    monkeypatch.setattr(reference_table, "MOST_ROWS", 1000)
    with pytest.raises(ReferenceError, match="more than 1,000 rows"):
        open_sensor_file(path)


def test_samples_scattered_over_days_are_refused(tmp_path: Path) -> None:
    rows = [f"{t + (0 if t < 20 else 8_000_000):.2f},{wave(t):.4f}" for t in ticks(50)]
    file, guess = guessed(tmp_path, "time (s),ppg", *rows)
    with pytest.raises(ReferenceError, match="2000 samples scattered over 2222 h; cut out"):
        read_sensor(file, guess.mapping)
