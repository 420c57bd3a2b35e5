"""Sensors with a known shift: the offset that is found, and how sure it says to be."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from aimanet.sessions.reference import (
    Alignment,
    ReferenceError,
    Sensor,
    doubt_of,
    expected_offset,
    find_offset,
    guess_columns,
    near_session,
    open_sensor_file,
    read_sensor,
    with_offset,
)
from tests.aimanet.sessions.pulses import (
    STARTED,
    beats,
    ecg,
    heart,
    pulse_session,
    seen_session,
    write_table,
)

SHIFT = 7.3
T = np.arange(0.0, 89.0, 1 / 64)
PULSE = heart(92.0, seed=1)


def sensor_of(path):
    file = open_sensor_file(path)
    return read_sensor(file, guess_columns(file).mapping)


@pytest.fixture(scope="module")
def session():
    return seen_session(PULSE, 90.0)


@pytest.mark.parametrize(("sign", "shift"), [(1.0, SHIFT), (1.0, -41.37), (-1.0, SHIFT)])
def test_a_wave_with_a_known_shift(tmp_path, session, sign, shift):
    path = write_table(tmp_path / "a.csv", "time,ppg", T + shift, 500 + sign * 80 * PULSE.bvp(T))
    found = find_offset(session, sensor_of(path))
    assert found.offset_s == pytest.approx(-shift, abs=0.05)
    assert (found.trust, found.by, found.inverted) == ("clear", "wave", sign < 0)
    assert found.correlation > 0.9
    assert found.correlation > found.runner_up
    assert found.drift_ppm == 0.0


def test_the_beats_of_an_ecg(tmp_path, session):
    r = beats(PULSE, 89.0) - 0.3  # the pulse arrives 0.3 s later
    t = np.arange(0.0, 89.0, 1 / 250)
    path = write_table(tmp_path / "a.csv", "ms;ecg", 1e3 * (t + SHIFT), ecg(t, r), separator=";")
    found = find_offset(session, sensor_of(path))
    assert found.offset_s == pytest.approx(-SHIFT, abs=0.05)
    assert (found.trust, found.by) == ("clear", "beats")


def test_heart_rates_alone(tmp_path, session):
    t = np.arange(0.0, 89.0)
    path = write_table(tmp_path / "a.csv", "time,hr", t + SHIFT, PULSE.hr_bpm(t).round())
    found = find_offset(session, sensor_of(path))
    assert found.offset_s == pytest.approx(-SHIFT, abs=1.5)
    assert (found.trust, found.by) == ("clear", "heart rate")


def test_a_session_through_the_pulse_analyser(tmp_path):
    """What is on disk was band-passed as it ran and comes with a delay; the offset has none."""
    session = pulse_session(tmp_path / "s", PULSE, 40.0, holes=((20.0, 22.5),))
    path = write_table(tmp_path / "a.csv", "time,ppg", T + SHIFT, PULSE.bvp(T))
    assert find_offset(session, sensor_of(path)).offset_s == pytest.approx(-SHIFT, abs=0.05)


@pytest.mark.parametrize("seed", [51, 52, 53])
def test_somebody_elses_heart_is_never_clear(tmp_path, session, seed):
    other = heart(92.0, seed=seed)
    path = write_table(tmp_path / "a.csv", "time,ppg", T, other.bvp(T))
    assert find_offset(session, sensor_of(path)).trust == "uncertain"
    t = np.arange(0.0, 89.0)
    path = write_table(tmp_path / "b.csv", "time,hr", t, other.hr_bpm(t))
    assert find_offset(session, sensor_of(path)).trust == "uncertain"


@pytest.mark.parametrize("ppm", [-300.0, 150.0])
def test_a_clock_that_drifts(tmp_path, ppm):
    pulse = heart(605.0, seed=3)
    session = seen_session(pulse, 600.0)
    t = np.arange(0.0, 598.0, 1 / 40)
    sensor = Sensor("ppg", t=(t + SHIFT) * (1 + 1e-6 * ppm), ppg=pulse.bvp(t), rate_hz=40.0)
    found = find_offset(session, sensor)
    assert found.drift_ppm == pytest.approx(-ppm, abs=15.0)
    assert np.abs(found.on_session(sensor.t) - t).max() < 0.05
    assert found.trust == "clear"
    assert "drifts" in found.notes[-1]


def test_a_sensor_that_ran_much_longer(tmp_path):
    pulse = heart(620.0, seed=3)

    class Later:
        def bvp(self, t):
            return pulse.bvp(t + 400.0)

    t = np.arange(0.0, 600.0, 1 / 40)
    found = find_offset(seen_session(Later(), 60.0), Sensor("ppg", t=t, ppg=pulse.bvp(t)))
    assert found.offset_s == pytest.approx(-400.0, abs=0.05)
    assert found.trust == "clear"


def test_gaps_on_both_sides(tmp_path, session):
    keep = (T < 30) | (T > 41)
    seen = (session.bvp_t < 60) | (session.bvp_t > 64)
    holed = replace(session, bvp_t=session.bvp_t[seen], bvp=session.bvp[seen])
    sensor = Sensor("ppg", t=T[keep] + SHIFT, ppg=PULSE.bvp(T)[keep], rate_hz=64.0)
    found = find_offset(holed, sensor)
    assert found.offset_s == pytest.approx(-SHIFT, abs=0.05)
    assert found.trust == "clear"


def wall(seconds: float, hours: float = 0.0, zone: bool = True) -> datetime:
    moment = STARTED + timedelta(seconds=seconds, hours=hours)
    return moment if zone else moment.replace(tzinfo=None)


def test_wall_clocks_are_where_the_search_begins(session):
    """The sensor began 200 s before the session and its clock is 2.3 s ahead."""
    pulse = heart(420.0, seed=1)

    class Later:
        def bvp(self, t):
            return pulse.bvp(t + 200.0)

    t = np.arange(0.0, 400.0, 1 / 40)
    sensor = Sensor("ppg", t=t, ppg=pulse.bvp(t), rate_hz=40.0, start=wall(-200.0 + 2.3))
    there = seen_session(Later(), 90.0)
    expected, by, _ = expected_offset(there, sensor)
    assert expected == pytest.approx(-197.7)
    assert by == "wall clock"
    found = find_offset(there, sensor)
    assert found.offset_s == pytest.approx(-200.0, abs=0.05)
    summer = replace(sensor, start=wall(-197.7, hours=2, zone=False))
    again = find_offset(there, summer)
    assert again.offset_s == pytest.approx(-200.0, abs=0.05)
    assert "2 h off" in again.notes[0]
    day = replace(sensor, start=wall(-197.7, zone=False).replace(year=1900), dated=False)
    assert expected_offset(there, day)[0] == pytest.approx(-197.7)
    years = replace(sensor, start=wall(-197.7, hours=24 * 400))
    offset, by, notes = expected_offset(there, years)
    assert (f"{offset:+.1f}", by) == ("+0.0", "start")
    assert "days after the session; their starts were aligned" in notes[0]


def test_too_little_to_correlate_puts_the_starts_together(session):
    sensor = Sensor("hr", rate_t=np.arange(5.0) + 3, rate_bpm=np.full(5, 70.0))
    found = find_offset(session, sensor)
    assert (found.offset_s, found.trust, found.by) == (-3.0, "none", "start")
    flat = Sensor("hr", rate_t=np.arange(80.0), rate_bpm=np.full(80, 70.0))
    assert find_offset(session, flat).trust != "clear"


def test_a_person_may_correct_it(session):
    found = find_offset(session, Sensor("ppg", t=T, ppg=PULSE.bvp(T)))
    mine = with_offset(found, 1.5)
    assert (mine.offset_s, mine.by, mine.trust) == (1.5, "hand", "none")
    with pytest.raises(Exception, match="give seconds"):
        with_offset(found, float("nan"))


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("method", ["pos", "tscan"])
def test_a_recorded_drawn_face(tmp_path, face_model, method):
    """The whole way: face drawn, filmed, recorded; its true pulse as a sensor's file."""
    from aimanet.cli import main
    from aimanet.sessions.reader import open_session
    from aimanet.synthesis import DemoScene, SceneConfig

    look = {"hr": 72.0, "seed": 3, "seconds": 45.0, "width": 320, "height": 240}
    spec = "synthetic:" + ",".join(f"{k}={v}" for k, v in look.items()) + ",variability=0.04"
    out = str(tmp_path / "s")
    assert main(["record", "--source", spec, "--as-fast-as-possible", "--method", method,
                 "--out", out]) == 0  # fmt: skip
    scene = DemoScene(SceneConfig(**look, variability=0.04))
    t = np.arange(0.0, 44.0, 1 / 64)
    path = write_table(tmp_path / "a.csv", "time,ppg", t + SHIFT, scene.bvp(t))
    found = find_offset(open_session(out), sensor_of(path))
    assert found.offset_s == pytest.approx(-SHIFT, abs=0.05)
    assert found.trust == "clear"


def days(count: int, start: datetime | None) -> Sensor:
    """A heart rate a minute, of days around the session."""
    t = np.arange(0.0, count * 86_400.0, 60.0)
    return Sensor("hr", rate_t=t, rate_bpm=np.full(len(t), 72.0), start=start)


def test_a_sensor_of_weeks_is_looked_at_around_the_session_only(session) -> None:
    near = near_session(session, days(300, STARTED - timedelta(days=150)))
    begin, end = near.span
    assert end - begin < session.duration_s + 2 * 60 + 1
    assert begin == pytest.approx(150 * 86_400, abs=61)
    with pytest.raises(ReferenceError, match="its clock does not say where"):
        near_session(session, days(3, None))
    sparse = replace(days(2, STARTED), rate_t=np.array([-9e4, 9e4]), rate_bpm=np.full(2, 72.0))
    with pytest.raises(ReferenceError, match="measured nothing during the session"):
        near_session(session, sparse)


@pytest.mark.parametrize(("bpm", "words"), [(72.0, ""), (97.0, "this sensor 97"), (144.0, "144")])
def test_rates_far_from_the_cameras_are_in_doubt(tmp_path, bpm, words) -> None:
    session = pulse_session(tmp_path / "s", PULSE, 30.0)
    t = np.arange(0.0, 30.0)
    sensor = Sensor("hr", rate_t=t, rate_bpm=np.full(30, bpm))
    why = doubt_of(session, sensor, Alignment(0.0))
    assert words in why
    assert bool(why) == bool(words)
    assert doubt_of(session, sensor, Alignment(0.0, trust="clear")) == ""


def test_rates_too_even_to_correlate_leave_the_clocks_alone(session) -> None:
    t = np.arange(0.0, 90.0)
    even = Sensor("hr", rate_t=t, rate_bpm=np.full(90, 72.0), start=STARTED + timedelta(seconds=3))
    found = find_offset(session, even)
    assert (found.offset_s, found.by, found.trust) == (3.0, "wall clock", "none")
    assert "too even" in found.notes[-1]
