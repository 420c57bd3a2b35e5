"""Sensors' files that are no text: workbooks, FIT, AcqKnowledge; others are named."""

from __future__ import annotations

import json
import struct
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pytest

from aimanet.sessions import reference_formats
from aimanet.sessions.reference import (
    ReferenceError,
    guess_columns,
    open_sensor_file,
    read_sensor,
)
from aimanet.sessions.reference_rates import rates_of_wave
from tests.aimanet.sessions.sensor_files import BPM, SECONDS, START, S, hr, rr, ticks, wave


def read(path: Path):
    file = open_sensor_file(path)
    guess = guess_columns(file)
    assert guess.question == ""
    return file, guess.mapping, read_sensor(file, guess.mapping)


@pytest.mark.parametrize("clock", ["datetime", "time", "seconds"])
def test_a_workbook_is_read_whatever_sheet_and_clock(tmp_path: Path, clock: str) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["Report of", "P07"])
    sheet = book.create_sheet("Data")
    for row in (["Device", "X1"], [], ["Time", "SpO2 (%)", "PR (bpm)"]):
        sheet.append(row)
    for s in S:
        at = START + timedelta(seconds=s)
        stamp = {"datetime": at, "time": time(10, 0, s), "seconds": float(s)}[clock]
        sheet.append([stamp, 97, hr(s)])
    book.save(tmp_path / "a.xlsx")
    file, mapping, sensor = read(tmp_path / "a.xlsx")
    assert (file.form, file.columns[mapping.hr].name) == ("workbook", "PR (bpm)")
    assert sensor.rate_bpm.mean() == pytest.approx(BPM, abs=0.5)
    assert sensor.span == (0.0, SECONDS - 1)
    assert (sensor.start is not None) == (clock != "seconds")


FIT_EPOCH = datetime(1989, 12, 31, tzinfo=UTC)


def fit_crc(data: bytes) -> int:
    table = (0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401,
             0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01, 0x8801, 0x4400)  # fmt: skip
    crc = 0
    for byte in data:
        for nibble in (byte & 0xF, byte >> 4):
            crc = (crc >> 4) & 0x0FFF ^ table[crc & 0xF] ^ table[nibble]
    return crc


def fit_file(path: Path, messages: bytes) -> Path:
    head = struct.pack("<BBHI4sH", 14, 0x10, 2132, len(messages), b".FIT", 0)
    path.write_bytes(head + messages + struct.pack("<H", fit_crc(head + messages)))
    return path


def fit_definition(number: int, *fields: tuple[int, int, int]) -> bytes:
    return struct.pack("<BBBHB", 0x40, 0, 0, number, len(fields)) + bytes(sum(fields, ()))


def fit_records() -> bytes:
    begin = int((START.replace(tzinfo=UTC) - FIT_EPOCH).total_seconds())
    definition = fit_definition(20, (253, 4, 0x86), (3, 1, 0x02))
    return definition + b"".join(struct.pack("<BIB", 0, begin + s, hr(s)) for s in S)


def test_heart_rates_of_a_fit_file(tmp_path: Path) -> None:
    pytest.importorskip("fitdecode")
    file, mapping, sensor = read(fit_file(tmp_path / "a.fit", fit_records()))
    assert (file.form, mapping.kind, len(sensor.rate_bpm)) == ("FIT", "hr", SECONDS)
    assert sensor.rate_bpm.mean() == pytest.approx(BPM, abs=0.5)
    assert sensor.start == START.replace(tzinfo=UTC)


def test_intervals_of_a_fit_file_without_rates(tmp_path: Path) -> None:
    pytest.importorskip("fitdecode")
    intervals = [round(rr(k)) for k in range(48)]
    data = fit_definition(78, (0, 10, 0x84))
    for k in range(0, 48, 3):
        data += struct.pack("<B5H", 0, *intervals[k : k + 3], 0xFFFF, 0xFFFF)
    _, mapping, sensor = read(fit_file(tmp_path / "a.fit", data))
    assert (mapping.kind, len(sensor.beats)) == ("ibi", 48)
    assert np.allclose(sensor.rate_bpm, 60_000 / np.array(intervals))


def test_a_fit_file_cut_short_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    pytest.importorskip("fitdecode")
    path = fit_file(tmp_path / "a.fit", fit_records())
    path.write_bytes(path.read_bytes()[:150])
    file, _, sensor = read(path)
    assert 10 < len(sensor.rate_bpm) < SECONDS
    assert file.notes == (f"damaged after row {len(sensor.rate_bpm)}",)
    path.write_bytes(path.read_bytes()[:30])
    with pytest.raises(ReferenceError, match="is no FIT file that can be read"):
        open_sensor_file(path)


def acq_file(path: Path, points: int | None = None) -> Path:
    """AcqKnowledge 2 for Windows: a graph, two channels, their types and interleaved samples."""
    rows = [(round(1000 * np.sin(1.3 * t)), round(2000 * wave(t))) for t in ticks(100)]
    graph = struct.pack("<hIihhhddddd", 150, 30, 150, 2, 0, 0, 10.0, 0.0, 1.0, 0.0, 0.0)
    data = graph.ljust(150, b"\0")
    for number, name in enumerate((b"RSP100C", b"PPG100C")):
        data += struct.pack(
            "<ih40s4shdd20siddhh", 112, number, name, b"", 0, 0.0, 1.0, b"Volts",
            len(rows) if points is None else points, 0.001, 0.0, number, 0,
        )  # fmt: skip
    data += struct.pack("<hh", 4, 0) + 2 * struct.pack("<hh", 2, 2)
    data += b"".join(struct.pack("<hh", *row) for row in rows)
    path.write_bytes(data + struct.pack("<II", 0, 0))
    return path


def test_channels_of_an_acqknowledge_recording(tmp_path: Path) -> None:
    pytest.importorskip("bioread")
    file, mapping, sensor = read(acq_file(tmp_path / "a.acq"))
    assert (file.form, file.columns[mapping.ppg].name) == ("AcqKnowledge", "PPG100C (Volts)")
    assert sensor.rate_hz == pytest.approx(100)
    assert np.nanmean(rates_of_wave(sensor.t, sensor.ppg, 10.0)[1]) == pytest.approx(BPM, abs=1)
    assert np.abs(sensor.ppg).max() == pytest.approx(2.6, abs=0.2)


@pytest.mark.parametrize("points", [2**31 - 1, -5, 10**8])
def test_an_acqknowledge_recording_that_claims_gigabytes_is_one_line(
    tmp_path: Path, points: int
) -> None:
    pytest.importorskip("bioread")
    with pytest.raises(ReferenceError, match="export it from AcqKnowledge as text") as caught:
        open_sensor_file(acq_file(tmp_path / "a.acq", points))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "head", "words"),
    [
        ("a.spo2", b"\x01\x02\0\0", "SpO2 Assistant: open it there and export it as CSV"),
        ("a.SpO2", b"\x01\x02ab", "SpO2 Assistant: open it there and export it as CSV"),
        ("a.adicht", b"CFWB\x01\0", "a LabChart recording: export it from LabChart as text"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1", "save it as .xlsx or CSV"),
        ("a.mat", b"MATLAB 5.0 MAT-file", "a MATLAB file: write its time and signal as CSV"),
        ("a.csv", b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
        ("a.zip", b"PK\x03\x04\0\0", "packed: unpack it"),
        ("a.csv.gz", b"\x1f\x8b\x08\0", "packed: unpack it first"),
        ("a.pdf", b"%PDF-1.7", "a report"),
    ],
)
def test_files_of_other_programs_are_named_and_what_to_do(
    tmp_path: Path, name, head, words
) -> None:
    path = tmp_path / name
    path.write_bytes(head + bytes(500))
    with pytest.raises(ReferenceError, match=words) as caught:
        open_sensor_file(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "head", "package", "command"),
    [
        ("a.xlsx", b"PK\x03\x04", "openpyxl", r'pip install "aimanet\[sensors\]"'),
        (
            "a.fit",
            b"\x0e\x10\x00\x00\0\0\0\0.FIT",
            "fitdecode",
            r'pip install "aimanet\[sensors\]"',
        ),
        ("a.acq", b"\0\0", "bioread", "pip install bioread"),
    ],
)
def test_a_reader_that_is_not_installed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name, head, package, command
) -> None:
    path = tmp_path / name
    path.write_bytes(head + bytes(100))
    monkeypatch.setattr(reference_formats, "find_spec", lambda wanted: None)
    with pytest.raises(ReferenceError, match=f"is read by {package}: {command}"):
        open_sensor_file(path)


@pytest.mark.parametrize("name", ["a.xlsx", "a.fit", "a.acq"])
def test_a_damaged_file_is_one_line(tmp_path: Path, name: str) -> None:
    head = {"a.xlsx": b"PK\x03\x04", "a.fit": b"\x0e\x10\x00\x00\xff\0\0\0.FIT"}.get(name, b"")
    path = tmp_path / name
    path.write_bytes(head + bytes(range(256)) * 4)
    with pytest.raises(ReferenceError) as caught:
        open_sensor_file(path)
    assert "\n" not in str(caught.value)


def test_other_json_and_xml_is_refused_in_one_line(tmp_path: Path) -> None:
    deep = "[" * 5000 + "]" * 5000
    bomb = '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    texts = (deep, '{"a": [1, 2', '{"a": {"b": "c"}}', json.dumps([1e999] * 3), bomb, "<a><b/></a>",
             "<a>", '[{"x": "y"}, {"x": "z"}, {"x": "w"}]')  # fmt: skip
    for k, text in enumerate(texts):
        path = tmp_path / f"{k}.json"
        path.write_text(text)
        with pytest.raises(ReferenceError) as caught:
            read(path)
        assert "\n" not in str(caught.value)
        assert str(path) in str(caught.value)
