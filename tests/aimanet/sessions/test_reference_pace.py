"""Which clock a sensor's file is read by, and columns that a hasty look takes for the heart."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from aimanet.sessions.reference import (
    ReferenceError,
    guess_columns,
    open_sensor_file,
    read_sensor,
)
from tests.aimanet.sessions.sensor_files import BPM, EPOCH, SECONDS, S, at, hr, rr, ticks, wave


def export(folder: Path, lines: list[str]) -> Path:
    (folder / "a.csv").write_text("\n".join([*lines, ""]))
    return folder / "a.csv"


def ecg(t: float) -> float:
    """R peaks at 72 a minute."""
    return (1.0 if (t * BPM / 60) % 1 < 0.03 else 0.0) + 0.01 * (t % 0.5)


def heart(t: float) -> str:
    return f"{t:.3f},{hr(int(t))}"


@pytest.mark.parametrize(
    "head", [["time (s),HR"], ["Timestamp,HR"], ["Trial time,HR", "s,bpm"]], ids=lambda h: h[0]
)
def test_times_win_over_the_rate_of_the_device_in_the_head(tmp_path: Path, head) -> None:
    """An export may have fewer rows than the device sampled."""
    lines = ["# Sampling rate: 60 Hz", *head, *map(heart, ticks(30))]
    file = open_sensor_file(export(tmp_path, lines))
    begin, end = read_sensor(file, guess_columns(file).mapping).span
    assert end - begin == pytest.approx(SECONDS, abs=0.1)


def test_a_wave_by_its_own_times_and_not_at_twice_its_rate(tmp_path: Path) -> None:
    rows = [f"{1000 * t:.0f},{wave(t):.4f}" for t in ticks(30)]
    file = open_sensor_file(export(tmp_path, ["# Sampling rate: 60 Hz", "ms,PPG", *rows]))
    sensor = read_sensor(file, guess_columns(file).mapping)
    assert sensor.rate_hz == pytest.approx(30.0, abs=0.5)


def test_whole_times_without_a_unit_that_contradict_the_head_are_asked_about(
    tmp_path: Path,
) -> None:
    rows = [f"{1000 * t:.0f},{wave(t):.4f}" for t in ticks(30)]
    file = open_sensor_file(export(tmp_path, ["# Sampling rate: 60 Hz", "Timestamp,PPG", *rows]))
    with pytest.raises(ReferenceError, match="does not agree with the sampling rate"):
        read_sensor(file, guess_columns(file).mapping)


@pytest.mark.parametrize("other", [lambda s: 97 + s // 20 % 2, lambda s: 97 + s // 20])
def test_a_column_that_stands_still_is_no_clock(tmp_path: Path, other) -> None:
    rows = [f"{s},{other(s)},{hr(s)}" for s in S]
    file = open_sensor_file(export(tmp_path, rows))
    assert guess_columns(file).mapping.time is None


@pytest.mark.parametrize("first", [134_170_000_000_000_000, 639_000_000_000_000_000])
def test_ticks_of_100_ns_are_not_read_as_nanoseconds(tmp_path: Path, first: int) -> None:
    rows = [f"{first + s * 10_000_000},{hr(s)}" for s in S]
    file = open_sensor_file(export(tmp_path, ["FileTime,HR", *rows]))
    with pytest.raises(ReferenceError, match="ticks of 100 ns; give the samples per second"):
        read_sensor(file, guess_columns(file).mapping)


def _oximeter(missing: int) -> Callable[[], list[str]]:
    told = [missing if s < 8 else hr(s) for s in S]
    return lambda: ["Time,SpO2,Pulse", *(f"{at(s)},97,{told[s]}" for s in S)]


MONITOR = "Time,Solar8000/PLETH_SPO2,Solar8000/PLETH_HR,Solar8000/RR"
FRENCH = "Temps (s);Fréquence respiratoire (cpm);Fréquence cardiaque (bpm)"
SHIMMER = "Timestamp_Unix_CAL\tBattery_CAL\tPPG_A13_CAL\tPPG_A13_RAW"
BITALINO = '# {"sampling rate": 100, "sensor": ["ECG", "EDA"], "column": ["nSeq", "A1", "A2"]}'
EXPORTS: dict[str, tuple[Callable[[], list[str]], str, str]] = {
    "monitor": (
        lambda: [MONITOR, *(f"{2 * s},{97 + s % 2},{hr(s)},15" for s in S)],
        "hr", "Solar8000/PLETH_HR",
    ),
    "french": (
        lambda: [FRENCH, *(f"{s},0;{15 + s % 3},0;{hr(s)},0" for s in S)],
        "hr", "Fréquence cardiaque (bpm)",
    ),
    "physionet": (
        lambda: ["'Elapsed time','RESP','PLETH'", "'seconds','pm','NU'",
                 *(f"{t:.3f},{t % 4:.2f},{wave(t):.4f}" for t in ticks(125))],
        "ppg", "PLETH (NU)",
    ),
    "shimmer": (
        lambda: ["sep=\t", SHIMMER, "ms\tmV\tmV\tno units",
                 *(f"{(EPOCH + t) * 1000:.3f}\t{3700 - t:.2f}\t{wave(t):.4f}\t{7 * wave(t):.0f}"
                   for t in ticks(50))],
        "ppg", "PPG_A13_CAL (mV)",
    ),
    "bitalino": (
        lambda: [BITALINO, "# EndOfHeader",
                 *(f"{k % 16}\t{500 + 300 * ecg(t):.0f}\t{300 + k // 50}"
                   for k, t in enumerate(ticks(100)))],
        "ecg", "A1 ECG",
    ),
    "ecg waveform": (
        lambda: ["Time,EcgWaveform", *(f"{at(t)},{ecg(t)}" for t in ticks(125))],
        "ecg", "EcgWaveform",
    ),
    "rates in Hz": (
        lambda: ["Time,Pulse [Hz]", *(f"{s},{hr(s) / 60:.3f}" for s in S)], "hr", "Pulse [Hz]",
    ),
    "other figures of the heart": (
        lambda: ["Time,Pulse Width,HR target,HR std,HR",
                 *(f"{s},{80 + s % 3},120,{60 + s % 3},{hr(s)}" for s in S)],
        "hr", "HR",
    ),
    "no finger: 511": (_oximeter(511), "hr", "Pulse"),
    "no finger: 255": (_oximeter(255), "hr", "Pulse"),
    "rates not filled in": (
        lambda: ["ms,ppg,hr", *(f"{1000 * t:.0f},{wave(t):.4f},0" for t in ticks(50))],
        "ppg", "ppg",
    ),
    "intervals in 1/1024 s beside rates": (
        lambda: ["time,heart_rate,rr1",
                 *(f"{EPOCH + 60 / BPM * s:.3f},{hr(s)},{rr(s) * 1.024:.0f}" for s in S)],
        "hr", "heart_rate",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPORTS)
def test_the_column_that_the_titles_name_is_read_at_72_bpm(tmp_path: Path, name: str) -> None:
    lines, kind, column = EXPORTS[name]
    file = open_sensor_file(export(tmp_path, lines()))
    guess = guess_columns(file)
    assert guess.question == ""
    assert guess.mapping.kind == kind
    assert file.columns[getattr(guess.mapping, kind)].name == column
    sensor = read_sensor(file, guess.mapping)
    if kind != "ppg":
        assert np.mean(sensor.rate_bpm) == pytest.approx(BPM, abs=1.0)


def test_channels_that_may_be_an_ecg_or_an_eeg_are_asked_about(tmp_path: Path) -> None:
    rows = [f"{EPOCH + t:.3f},{ecg(t)},{wave(1.4 * t):.3f}" for t in ticks(100)]
    file = open_sensor_file(export(tmp_path, ["Timestamp,EXG Channel 0,EXG Channel 1", *rows]))
    assert "Which column holds an ECG" in guess_columns(file).question


def test_a_date_titled_with_its_standard_is_the_clock(tmp_path: Path) -> None:
    samples = [{"HR": hr(s) / 60, "TimeISO8601": at(s)} for s in S]
    (tmp_path / "a.json").write_text(json.dumps({"DeviceLog": {"Samples": samples}}))
    file = open_sensor_file(tmp_path / "a.json")
    mapping = guess_columns(file).mapping
    assert mapping.time is not None
    assert file.columns[mapping.time].name == "TimeISO8601"
