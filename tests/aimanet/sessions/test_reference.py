"""A reference beside a session: kept, compared, learned from, taken out again."""

from __future__ import annotations

import json
import os
import shutil

import numpy as np
import pytest

from aimanet.datasets.align import on_grid
from aimanet.datasets.sessions import Sessions
from aimanet.sessions.layout import SessionError
from aimanet.sessions.library import delete, entry
from aimanet.sessions.lock import hold
from aimanet.sessions.reader import open_session
from aimanet.sessions.reference import (
    Alignment,
    ReferenceError,
    compare_reference,
    find_offset,
    guess_columns,
    open_sensor_file,
    read_sensor,
    reference_info,
    remove_reference,
    save_reference,
    sensor_curve,
    with_offset,
)
from tests.aimanet.sessions.pulses import beats, ecg, heart, pulse_session, write_table

PULSE = heart(45.0, seed=6, variability=0.03)
T = np.arange(0.0, 42.0, 1 / 64)
SHIFT = 7.3


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recorded") / "s"
    pulse_session(folder, PULSE, 40.0, kept="frame")
    return folder


@pytest.fixture
def folder(recorded, tmp_path):
    return shutil.copytree(recorded, tmp_path / "s")


def bring(folder, path, aligned=None):
    session, file = open_session(folder), open_sensor_file(path)
    mapping = guess_columns(file).mapping
    sensor = read_sensor(file, mapping)
    return save_reference(session, file, mapping, sensor, aligned or find_offset(session, sensor))


def ppg(path):
    return write_table(path / "finger.csv", "time,ppg,hr", T + SHIFT, PULSE.bvp(T),
                       PULSE.hr_bpm(T).round())  # fmt: skip


def test_a_wave_is_kept_on_the_sessions_time_line(folder, tmp_path):
    info = bring(folder, ppg(tmp_path))
    assert info.trust == "clear"
    session = open_session(folder)
    assert session.problems == ()
    reference = session.reference
    inside = (reference.t > 0) & (reference.t < 40)
    truth = PULSE.bvp(reference.t[inside])
    assert np.corrcoef(reference.ppg[inside], truth)[0, 1] > 0.99
    assert np.abs(reference.hr_bpm[inside] - PULSE.hr_bpm(reference.t[inside])).max() < 1.0
    assert reference_info(folder) == info
    told = json.loads((folder / "reference.json").read_text())
    assert (told["file"], told["format"]) == ("finger.csv", "aimanet-reference-1")
    assert told["offset_s"] == pytest.approx(-SHIFT, abs=0.05)
    assert (folder / "reference.csv").stat().st_mode & 0o777 == 0o600
    assert entry(folder).has_reference


def test_the_comparison_is_with_the_same_seconds(folder, tmp_path):
    bring(folder, ppg(tmp_path))
    session = open_session(folder)
    found = compare_reference(session)
    good = [r for r in session.readings if r.hr_bpm is not None and r.t >= 10]
    assert found.t[-1] == good[-1].t
    assert found.mae_bpm < 0.6
    assert found.mae_bpm == pytest.approx(np.abs(found.error_bpm[found.ok]).mean())
    assert found.rmse_bpm >= found.mae_bpm
    assert found.pearson > 0.9
    assert found.agreement.low_bpm < found.agreement.bias_bpm < found.agreement.high_bpm
    truth = [PULSE.hr_bpm(np.linspace(t - 10, t, 100)).mean() for t in found.t]
    assert np.abs(found.sensor_bpm - truth).mean() < 1.0
    t, rate = sensor_curve(session.reference)
    assert len(t) == len(rate) > 20


def test_readings_of_another_method_are_compared_too(folder, tmp_path):
    bring(folder, ppg(tmp_path))
    session = open_session(folder)
    high = [
        type(r)(r.t, None if r.hr_bpm is None else r.hr_bpm + 5, r.snr_db, r.state, r.quality)
        for r in session.readings
    ]
    before, after = compare_reference(session), compare_reference(session, high)
    assert after.agreement.bias_bpm == pytest.approx(before.agreement.bias_bpm + 5)
    assert compare_reference(session, []).mae_bpm != compare_reference(session, []).mae_bpm


@pytest.mark.parametrize("kind", ["ecg", "hr", "ibi"])
def test_rates_alone_make_a_reference_too(folder, tmp_path, kind):
    at = beats(PULSE, 42.0)
    if kind == "ecg":
        t = np.arange(0.0, 42.0, 1 / 250)
        path = write_table(tmp_path / "a.csv", "time,ecg", t, ecg(t, at - 0.3))
    elif kind == "ibi":
        path = write_table(tmp_path / "a.csv", "time,ibi", at[1:] - 0.3, np.diff(at) * 1e3)
    else:
        t = np.arange(0.0, 42.0)
        path = write_table(tmp_path / "a.csv", "time,hr", t, PULSE.hr_bpm(t))
    bring(folder, path, Alignment(0.0))
    session = open_session(folder)
    assert session.problems == ()
    assert not np.isfinite(session.reference.ppg).any()
    found = compare_reference(session)
    assert found.mae_bpm < 1.5
    label = Sessions().label(Sessions().find(folder).recordings[0])
    inside = (label.t > 0) & (label.t < 40)
    assert np.abs(label.hr_bpm - PULSE.hr_bpm(label.t))[inside].mean() < 2.0


def test_the_session_is_training_data_with_labels(folder, tmp_path):
    bring(folder, ppg(tmp_path))
    dataset = Sessions()
    recording = dataset.find(folder).recordings[0]
    label = dataset.label(recording)
    t = np.arange(1.0, 39.0, 1 / 30)
    wave, rate = on_grid(label, t)
    assert np.corrcoef(wave, PULSE.bvp(t))[0, 1] > 0.99
    assert np.abs(rate - PULSE.hr_bpm(t)).max() < 1.0


def test_fast_sensors_are_kept_slower(folder, tmp_path):
    t = np.arange(0.0, 42.0, 1 / 1000)
    bring(folder, write_table(tmp_path / "a.csv", "time,ppg", t, PULSE.bvp(t)), Alignment(0.0))
    reference = open_session(folder).reference
    assert 1 / np.median(np.diff(reference.t)) == pytest.approx(125, abs=0.1)
    assert np.corrcoef(reference.ppg, PULSE.bvp(reference.t))[0, 1] > 0.999


def test_it_can_be_corrected_and_taken_out(folder, tmp_path):
    path = ppg(tmp_path)
    first = bring(folder, path)
    moved = bring(folder, path, with_offset(Alignment(0.0), first.offset_s + 1.0))
    assert (moved.corrected, moved.correlation) == (True, None)
    shift = open_session(folder).reference.t[0]
    bring(folder, path)
    assert shift - open_session(folder).reference.t[0] == pytest.approx(1.0, abs=0.01)
    assert remove_reference(folder)
    assert not remove_reference(folder)
    assert open_session(folder).reference is None
    assert reference_info(folder) is None
    assert compare_reference(open_session(folder)) is None
    bring(folder, path)
    assert delete(folder) == ()


def test_nothing_beside_the_session_is_refused(folder, tmp_path):
    with pytest.raises(ReferenceError, match="correct the offset"):
        bring(folder, ppg(tmp_path), with_offset(Alignment(0.0), 4000.0))
    assert not (folder / "reference.csv").exists()


def test_a_session_that_is_being_recorded_is_left_alone(folder, tmp_path):
    fd = os.open(folder / "frames.csv", os.O_RDONLY)
    try:
        hold(fd)
        with pytest.raises(SessionError, match="is being recorded"):
            bring(folder, ppg(tmp_path), Alignment(0.0))
        with pytest.raises(SessionError, match="is being recorded"):
            remove_reference(folder)
    finally:
        os.close(fd)


def test_a_folder_that_is_gone_leaves_nothing_half_written(folder, tmp_path):
    session = open_session(folder)
    file = open_sensor_file(ppg(tmp_path))
    mapping = guess_columns(file).mapping
    shutil.rmtree(folder)
    with pytest.raises(SessionError, match="the session is as before"):
        save_reference(session, file, mapping, read_sensor(file, mapping), Alignment(-SHIFT))
    assert not folder.exists()


def test_a_hand_edited_json_is_no_reason_to_fail(folder, tmp_path):
    bring(folder, ppg(tmp_path))
    for text in ("{", "[]", '{"format": "x"}', '{"format": "x", "mapping": 3}'):
        (folder / "reference.json").write_text(text)
        assert reference_info(folder) is None
    assert open_session(folder).reference is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"offset_s": "x"},
        {"offset_s": float("nan")},
        {"drift_ppm": 1e308},
        {"correlation": "high"},
        {"trust": 5, "by": []},
        {"file": None},
        {"notes": [1, None]},
        {"mapping": {"time": [[]]}},
    ],
)
def test_a_json_of_other_values_says_nothing(folder, tmp_path, changes):
    bring(folder, ppg(tmp_path))
    path = folder / "reference.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    assert reference_info(folder) is None
