"""Sensors' files as people really have them: what is read, what is mended, what is refused."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import edfio
import numpy as np
import pytest

from aimanet.sessions.reference import (
    Mapping,
    ReferenceError,
    column_number,
    guess_columns,
    open_sensor_file,
    read_sensor,
)
from tests.aimanet.sessions.pulses import beats, ecg, heart, write_table

T = np.arange(0.0, 20.0, 1 / 50)
WAVE = 500 + 80 * heart(22.0).bvp(T)


def read(path: Path, **mapping):
    file = open_sensor_file(path)
    guessed = guess_columns(file).mapping
    chosen = Mapping(**mapping) if mapping else guessed
    return file, guessed, read_sensor(file, chosen)


def text(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path.write_bytes("\n".join(lines).encode(encoding))
    return path


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", " "])
@pytest.mark.parametrize("header", [True, False])
def test_any_separator_with_and_without_a_header(tmp_path, separator, header):
    head = f"time{separator}bvp" if header else ""
    path = write_table(tmp_path / "a.csv", head, T, WAVE, separator=separator)
    _, mapping, sensor = read(path)
    assert (mapping.time, mapping.ppg, mapping.time_unit) == (0, 1, "s")
    assert np.allclose(sensor.t, T, atol=1e-6)
    assert np.allclose(sensor.ppg, WAVE, atol=1e-6)
    assert sensor.rate_hz == pytest.approx(50)
    assert sensor.notes == ()


def test_decimal_commas_words_above_and_comments(tmp_path):
    rows = [f"{a:.3f};{b:.3f}".replace(".", ",") for a, b in zip(T, WAVE, strict=True)]
    path = text(tmp_path / "a.csv", "Device: X 100", "# made today", "Zeit (s);PPG", *rows)
    _, mapping, sensor = read(path)
    assert mapping.ppg == 1
    assert np.allclose(sensor.t, T, atol=1e-3)
    assert np.allclose(sensor.ppg, WAVE, atol=1e-3)
    quoted = text(
        tmp_path / "b.csv", "t,ppg", *(f'"{r.replace(";", chr(34) + "," + chr(34))}"' for r in rows)
    )
    assert np.allclose(read(quoted)[2].ppg, WAVE, atol=1e-3)


@pytest.mark.parametrize(("unit", "scale"), [("s", 1.0), ("ms", 1e3), ("us", 1e6), ("ns", 1e9)])
def test_units_of_time_are_told_by_the_numbers(tmp_path, unit, scale):
    path = write_table(tmp_path / "a.csv", "stamp,ppg", T * scale, WAVE)
    _, mapping, sensor = read(path)
    assert mapping.time_unit == unit
    assert np.allclose(sensor.t, T, atol=1e-5)
    epoch = 1_750_000_000.0
    rows = [f"{int((epoch + a) * scale)},{b}" for a, b in zip(T, WAVE, strict=True)]
    if unit == "s":
        rows = [f"{epoch + a:.4f},{b}" for a, b in zip(T, WAVE, strict=True)]
    _, mapping, sensor = read(text(tmp_path / "b.csv", "timestamp,ppg", *rows))
    assert mapping.time_unit == unit
    assert np.allclose(sensor.t, T, atol=2e-3)
    assert sensor.start == datetime.fromtimestamp(epoch, UTC)


@pytest.mark.parametrize(
    "form",
    [
        "%Y-%m-%dT%H:%M:%S.%f+01:00",
        "%Y-%m-%d %H:%M:%S.%f",
        "%d.%m.%Y %H:%M:%S.%f",
        "%m/%d/%Y %H:%M:%S.%f",
        "%H:%M:%S.%f",
        "%I:%M:%S.%f %p",
    ],
)
def test_dates_and_times_of_the_day(tmp_path, form):
    start = datetime(2026, 3, 15, 13, 59, 55)
    rows = [
        f"{(start + timedelta(seconds=a)).strftime(form)},{b}" for a, b in zip(T, WAVE, strict=True)
    ]
    _, mapping, sensor = read(text(tmp_path / "a.csv", "when,ppg", *rows))
    assert mapping.time_unit == "clock"
    assert np.allclose(sensor.t, T, atol=1e-5)
    assert sensor.dated == ("%d" in form)
    assert sensor.start is not None
    assert (sensor.start.minute, sensor.start.second) == (59, 55)
    assert sensor.start.hour == (12 if "+01" in form else 13)


def test_times_of_the_day_go_on_past_midnight(tmp_path):
    start = datetime(2026, 3, 15, 23, 59, 50)
    rows = [
        f"{(start + timedelta(seconds=a)).strftime('%H:%M:%S.%f')};{b}"
        for a, b in zip(T, WAVE, strict=True)
    ]
    sensor = read(text(tmp_path / "a.csv", "time;ppg", *rows))[2]
    assert np.allclose(sensor.t, T, atol=1e-5)


@pytest.mark.parametrize("hours", [1, -1])
def test_summer_time_is_mended_and_told(tmp_path, hours):
    start = datetime(2026, 3, 29, 1, 59, 50)
    moved = [a + (3600 * hours if a >= 10 else 0) for a in T]
    rows = [f"{start + timedelta(seconds=a)},{b}" for a, b in zip(moved, WAVE, strict=True)]
    sensor = read(text(tmp_path / "a.csv", "time,ppg", *rows))[2]
    assert np.allclose(sensor.t, T, atol=1e-5)
    assert "line 502" in sensor.notes[0]
    assert "summer time" in sensor.notes[0]


def test_a_clock_of_whole_seconds_is_spread(tmp_path):
    start = datetime(2026, 3, 29, 8, 0, 0)
    shifted = T + 0.3  # the first second is cut short
    rows = [
        f"{(start + timedelta(seconds=int(a))).strftime('%H:%M:%S')},{b}"
        for a, b in zip(shifted, WAVE, strict=True)
    ]
    sensor = read(text(tmp_path / "a.csv", "time,ppg", *rows))[2]
    assert np.allclose(sensor.t, shifted, atol=0.025)
    assert "spread" in sensor.notes[0]


def test_order_twins_gaps_and_words(tmp_path):
    rows = [f"{a:.3f},{b:.3f}" for a, b in zip(T, WAVE, strict=True)]
    rows[10], rows[11] = rows[11], rows[10]
    rows[20] = rows[19]
    rows[30] = f"{T[30]:.3f},error"
    rows[31] = f"{T[31]:.3f},"
    rows[32] = "x,5"
    del rows[400:500]
    _, _, sensor = read(text(tmp_path / "a.csv", "time,ppg", *rows))
    told = "\n".join(sensor.notes)
    assert "line 13, column time: rows out of order" in told
    assert "line 22, column time: a time twice" in told
    assert "line 32, column ppg: 'error' is no number; 1 such" in told
    assert "1 gaps, the longest of 2.0 s" in told
    assert (np.diff(sensor.t) > 0).all()
    assert np.allclose(sensor.ppg, np.interp(sensor.t, T, WAVE), atol=1e-3)
    turned = text(tmp_path / "b.csv", "time,ppg", *rows[300:30:-1])
    assert "newest row comes first" in "\n".join(read(turned)[2].notes)


def hr_rows(values, header="time,hr"):
    return [header, *(f"{k},{v}" for k, v in enumerate(values))]


GOOD_HR = [70 + k % 5 for k in range(40)]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "is empty"),
        (["hello", "world"], "no rows of numbers"),
        (hr_rows([0.07] * 40), "line 2, column hr: 0.07 bpm is no heart rate"),
        (hr_rows([70000] * 40), "line 2, column hr: 70000 bpm is no heart rate"),
        (hr_rows(["abc"] * 30 + [70] * 10), "line 2, column hr: 'abc' is no number"),
        (hr_rows([0] * 40), "no heart rate above 0"),
        (["time,ppg", *(f"{k * 0.02},5" for k in range(400))], "column ppg: always 5"),
        (["time (ms),ppg", *(f"{k},{k % 7}" for k in range(100))], "the wave lasts 0.099 s"),
        (["time,ppg", *(f"{k},{k % 7}" for k in range(100))], "column time: counts in steps of 1"),
        (["time (s),ppg", *(f"{k},{k % 7}" for k in range(100))], "1 samples a second are no wave"),
        (["t (s),ppg", *(f"{k % 60},{k}" for k in range(99))], "line 62, column t (s): the time"),
        (["time,ppg", "1,2", "2,3"], "2 numbers; is it complete?"),
        (["a,b", *(f"{k % 3},x" for k in range(30))], "which column is it?"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(tmp_path, lines, words):
    path = text(tmp_path / "a.csv", *lines)
    with pytest.raises(ReferenceError) as caught:
        read(path)
    message = str(caught.value)
    assert words in message
    assert str(path) in message
    assert "\n" not in message


def test_odd_heart_rates_among_good_ones_are_left_out(tmp_path):
    path = text(tmp_path / "a.csv", *hr_rows([*GOOD_HR, 0, 255, 72]))
    sensor = read(path)[2]
    assert sensor.kind == "hr"
    assert len(sensor.rate_bpm) == 41
    assert "line 43, column hr: 255 is no heart rate" in sensor.notes[0]
    hertz = read(text(tmp_path / "b.csv", *hr_rows([v / 60 for v in GOOD_HR])))
    assert hertz[1].hr_unit == "hz"
    assert np.allclose(hertz[2].rate_bpm, GOOD_HR)


@pytest.mark.parametrize(("unit", "scale"), [("ms", 1e3), ("s", 1.0)])
def test_intervals_with_and_without_times(tmp_path, unit, scale):
    at = beats(heart(60.0), 58.0)
    ibi = np.diff(at)
    alone = write_table(tmp_path / "a.csv", "rr", ibi * scale)
    _, mapping, sensor = read(alone)
    assert (mapping.kind, mapping.ibi_unit, mapping.time) == ("ibi", unit, None)
    assert np.allclose(np.diff(sensor.beats), ibi[1:], atol=1e-5)
    assert np.allclose(sensor.rate_bpm, 60 / ibi, rtol=1e-4)
    timed = write_table(tmp_path / "b.csv", "time,ibi", at[1:], ibi * scale)
    assert np.allclose(read(timed)[2].beats, at[1:], atol=1e-5)


def test_r_peaks_of_an_ecg_whichever_way_up(tmp_path):
    at = beats(heart(60.0), 58.0)
    t = np.arange(0.0, 59.0, 1 / 250)
    for sign in (1.0, -1.0):
        path = write_table(tmp_path / "a.csv", "time;ECG", t, sign * ecg(t, at), separator=";")
        sensor = read(path)[2]
        assert len(sensor.beats) == len(at)
        assert np.abs(sensor.beats - at).max() < 0.01
        assert np.allclose(sensor.rate_bpm, 60 / np.diff(at), atol=1.0)
    noise = np.random.default_rng(1).normal(size=len(t))
    for nothing in (np.linspace(0.0, 1.0, len(t)), noise):
        with pytest.raises(ReferenceError, match="no heartbeat"):
            read(write_table(tmp_path / "b.csv", "time,ecg", t, nothing))


def test_a_file_without_times_needs_a_rate(tmp_path):
    path = write_table(tmp_path / "a.csv", "ppg", WAVE)
    with pytest.raises(ReferenceError, match="no time column"):
        read(path)
    sensor = read(path, ppg=0, rate_hz=50.0)[2]
    assert np.allclose(sensor.t, T, atol=1e-9)
    empatica = text(tmp_path / "BVP.csv", "1750000000.0", "50.0", *(f"{v}" for v in WAVE))
    file, mapping, sensor = read(empatica)
    assert (file.form, mapping.rate_hz) == ("Empatica", 50.0)
    assert np.allclose(sensor.ppg, WAVE)
    assert sensor.start.timestamp() == 1_750_000_000


def test_ubfc_and_pure(tmp_path):
    rate = np.full(len(T), 72.0)
    lines = [" ".join(f"{v:.6e}" for v in row) for row in (WAVE, rate, T)]
    file, _, sensor = read(text(tmp_path / "ground_truth.txt", *lines))
    assert file.form == "UBFC ground truth"
    assert np.allclose(sensor.t, T, atol=1e-4)
    assert np.allclose(sensor.rate_bpm, 72)
    ms = np.round(T * 1000)
    dump = [f"{int(a)},72,98,{b:.0f}" for a, b in zip(ms, WAVE, strict=True)]
    file, mapping, sensor = read(text(tmp_path / "gtdump.xmp", *dump))
    assert (file.form, mapping.time_unit, mapping.ppg, mapping.hr) == ("UBFC gtdump", "ms", 3, 1)
    assert np.allclose(sensor.t, T, atol=1e-6)
    assert np.allclose(sensor.ppg, WAVE, atol=0.51)
    zero = 1_392_643_993_642_814_000
    packages = [
        {"Timestamp": zero + round(a * 1e9), "Value": {"waveform": b, "pulseRate": 72}}
        for a, b in zip(T.tolist(), WAVE.tolist(), strict=True)
    ]
    packages[5]["Value"]["probeError"] = True
    log = {"/FullPackage": packages, "/Image": [{"Timestamp": zero + 500_000_000}]}
    file, _, sensor = read(text(tmp_path / "01-01.json", json.dumps(log)))
    assert file.form == "PURE"
    assert sensor.t[0] == pytest.approx(-0.5)
    assert len(sensor.t) == len(T) - 1
    with pytest.raises(ReferenceError, match="other JSON is not read"):
        read(text(tmp_path / "x.json", '{"a": 1}'))


@pytest.mark.parametrize("stamp", ["1e999", str(10**400)])
def test_a_log_with_an_endless_number_is_one_line(tmp_path, stamp):
    log = f'{{"/FullPackage": [{{"Timestamp": {stamp}, "Value": {{"waveform": 1}}}}]}}'
    with pytest.raises(ReferenceError, match="other JSON is not read"):
        read(text(tmp_path / "01-01.json", log))


def test_edf_by_a_foreign_writer(tmp_path):
    pyedflib = pytest.importorskip("pyedflib")
    path, start = tmp_path / "a.edf", datetime(2026, 3, 5, 12, 0, 30)
    with pyedflib.EdfWriter(str(path), 2, pyedflib.FILETYPE_EDFPLUS) as out:
        out.setStartdatetime(start)
        for k, (label, hz) in enumerate((("Pleth", 50), ("HR", 1))):
            out.setSignalHeader(k, {
                "label": label, "dimension": "x", "sample_frequency": hz, "physical_min": -1000,
                "physical_max": 1000, "digital_min": -32768, "digital_max": 32767,
            })  # fmt: skip
        out.writeSamples([WAVE, np.full(20, 72.0)])
    file, mapping, sensor = read(path)
    assert (file.form, mapping.ppg, mapping.hr, mapping.rate_hz) == ("EDF", 0, 1, 50.0)
    assert np.allclose(sensor.t, T)
    assert np.allclose(sensor.ppg, WAVE, atol=0.1)
    assert np.allclose(sensor.rate_bpm, 72, atol=0.1)
    assert len(sensor.rate_t) == 20
    assert sensor.start == start
    broken = tmp_path / "b.edf"
    broken.write_bytes(path.read_bytes()[:300])
    with pytest.raises(ReferenceError, match="is no EDF"):
        read(broken)


def edf(path, reserved=b"", label="Pleth", **named):
    signal = edfio.EdfSignal(np.round(WAVE), 50, label=label, physical_range=(-2000, 2000))
    edfio.Edf([signal], **named).write(path)
    data = bytearray(path.read_bytes())
    data[192 : 192 + len(reserved)] = reserved
    path.write_bytes(data)
    return path


def test_edf_with_gaps_is_refused(tmp_path):
    with pytest.raises(ReferenceError, match=r"is EDF\+D, with gaps"):
        open_sensor_file(edf(tmp_path / "a.edf", b"EDF+D"))


def test_edf_without_a_day_has_no_start(tmp_path):
    assert open_sensor_file(edf(tmp_path / "a.edf")).started is None


def test_edf_that_was_cut_short_says_so(tmp_path):
    whole = edf(tmp_path / "a.edf", recording=edfio.Recording(startdate=date(2026, 3, 5)))
    cut = tmp_path / "b.edf"
    cut.write_bytes(whole.read_bytes()[:-333])
    file = open_sensor_file(cut)
    assert 0 < len(file.columns[0]) < len(WAVE)
    assert any("truncated" in note for note in file.notes)
    assert open_sensor_file(whole).notes == ()


def damaged(path, at, text):
    data = bytearray(edf(path).read_bytes())
    data[at : at + len(text)] = text
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (236, b"nan     "),  # records
        (244, b"0       "),  # seconds a record
        (244, b"1e-320  "),
        (252, b"9999"),  # signals
        (256 + 216, b"-50     "),  # samples a record
        (256 + 216, b"0       "),
        (256 + 104, b"inf     "),  # lowest value
        (256 + 104, b"2000    "),  # the same as the highest
    ],
)
def test_edf_with_a_damaged_head_is_one_line(tmp_path, at, text):
    with pytest.raises(ReferenceError, match="is no EDF that can be read") as told:
        open_sensor_file(damaged(tmp_path / "a.edf", at, text))
    assert len(str(told.value).splitlines()) == 1


def test_edf_with_a_wrong_number_of_records_is_read_with_a_note(tmp_path):
    file = open_sensor_file(damaged(tmp_path / "a.edf", 236, b"-1      "))
    assert np.allclose(file.columns[0].values, WAVE, atol=0.6)
    assert any("records" in note for note in file.notes)


def test_columns_are_named_by_title_or_number(tmp_path):
    file = open_sensor_file(write_table(tmp_path / "a.csv", "Time (s),PPG,PPG", T, WAVE, WAVE))
    assert column_number(file, "time") == 0
    assert column_number(file, " TIME (S)") == 0
    assert column_number(file, "3") == 2
    with pytest.raises(ReferenceError, match="names two columns"):
        column_number(file, "ppg")
    with pytest.raises(ReferenceError, match="there are: Time"):
        column_number(file, "9")


@pytest.mark.parametrize("what", ["missing", "folder", "binary"])
def test_no_file_at_all(tmp_path, what):
    path = tmp_path / "x"
    if what == "folder":
        path.mkdir()
    if what == "binary":
        path.write_bytes(bytes(range(256)) * 20)
    with pytest.raises(ReferenceError, match="x"):
        open_sensor_file(path)


def test_excel_writes_utf16(tmp_path):
    rows = [f"{a:.3f}\t{b:.3f}" for a, b in zip(T, WAVE, strict=True)]
    path = text(tmp_path / "a.txt", "time\tppg", *rows, encoding="utf-16")
    assert np.allclose(read(path)[2].ppg, WAVE, atol=1e-3)
