"""Sessions as they are found: whole, cut, edited by hand, from the future."""

from __future__ import annotations

import json

import numpy as np
import pytest

from aimanet.sessions.layout import COLUMNS, VIDEO, SessionError
from aimanet.sessions.reader import MOST_MARKERS, open_session
from aimanet.types import Reason, State
from tests.aimanet.sessions.recordings import START, times, write_session


@pytest.fixture
def folder(tmp_path):
    return write_session(tmp_path / "s", 60, participant="P07")


def edit_head(folder, **changes):
    path = folder / "session.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_everything_that_was_written_is_read(folder):
    session = open_session(folder)
    assert session.problems == ()
    assert not session.interrupted
    assert np.array_equal(session.frames.t, times(60) - START)
    assert np.array_equal(session.frames.box[0], [1.5, -2.25, 40.0, 40.0])
    assert np.isnan(session.frames.box[4]).all()
    assert session.frames.missing == 0
    assert [r.state for r in session.readings][:3] == [State.WARMING_UP] * 2 + [State.OK]
    assert session.readings[0].hr_bpm is None
    assert session.readings[-1].hr_bpm == 70.0 + 59 / 7
    assert len(session.bvp) == len(session.bvp_t) > 50
    assert [(m.t, m.name) for m in session.markers] == [(0.5, 'stood up, "quickly"')]
    assert (session.info.participant, session.reference) == ("P07", None)
    assert session.duration_s == session.frames.t[-1]


def test_a_row_that_went_in_only_halfway_is_left_out(folder):
    for name in ("frames.csv", "readings.csv", "bvp.csv"):
        path = folder / name
        path.write_bytes(path.read_bytes()[:-3])
    session = open_session(folder)
    assert len(session.frames) == 59
    assert len(session.readings) == 5
    assert session.problems == tuple(
        f"{name}: half a row at the end, left out"
        for name in ("frames.csv", "readings.csv", "bvp.csv")
    )


def test_zeros_at_the_end_after_a_power_cut_are_left_out(folder):
    with (folder / "frames.csv").open("ab") as file:
        file.write(b"\0" * 4096)
    session = open_session(folder)
    assert len(session.frames) == 60
    assert "half a row" in session.problems[0]


@pytest.mark.parametrize("name", [VIDEO, *COLUMNS])
def test_a_missing_file_is_told_and_the_rest_opens(folder, name):
    (folder / name).unlink()
    session = open_session(folder)
    assert len(session.problems) == 1
    assert session.problems[0].startswith(f"{name} is missing")
    assert (session.video is None) == (name == "video.mkv")
    assert (len(session.frames) == 0) == (name == "frames.csv")


def test_rows_edited_into_nonsense_are_counted_and_skipped(folder):
    path = folder / "readings.csv"
    lines = path.read_text().splitlines()
    lines[2] = "tea,70,5,ok,0.5"
    lines[4] = lines[4].replace("ok", "splendid")
    lines[5] = "0.1,70,5,ok,0.5"  # before its neighbour
    path.write_text("\n".join(lines) + "\n")
    session = open_session(folder)
    assert len(session.readings) == 3
    assert session.problems == ("readings.csv: 3 lines, the first 3 cannot be read, left out",)


def test_other_columns_are_no_table_of_ours(folder):
    (folder / "bvp.csv").write_text("time;pulse\n1;2\n")
    session = open_session(folder)
    assert len(session.bvp) == 0
    assert session.problems == ("bvp.csv does not begin with t,bvp: left out",)


def test_an_editor_of_windows_does_no_harm(folder):
    path = folder / "markers.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert open_session(folder).problems == ()
    assert open_session(folder).markers[0].name == 'stood up, "quickly"'


def test_holes_in_the_index_are_missing_frames(folder):
    path = folder / "frames.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:20] + lines[25:]))
    assert open_session(folder).frames.missing == 5


def test_a_reference_is_read_with_and_without_its_own_rate(folder):
    (folder / "reference.csv").write_text("t,ppg\n0,1\n0.01,2\n0.02,\n0.03,4\n")
    reference = open_session(folder).reference
    assert np.array_equal(reference.ppg, [1, 2, np.nan, 4], equal_nan=True)
    assert reference.hr_bpm is None
    (folder / "reference.csv").write_text("t,ppg,hr_bpm\n0,1,70\n0.01,2,\n")
    assert np.array_equal(open_session(folder).reference.hr_bpm, [70, np.nan], equal_nan=True)


def test_an_interrupted_session_opens_and_says_so(folder):
    edit_head(folder, ended=None)
    session = open_session(folder)
    assert session.interrupted
    assert len(session.frames) == 60
    assert session.problems == ("the recording was interrupted; everything up to then is here",)


def test_a_newer_version_asks_for_an_update(folder):
    edit_head(folder, format="aimanet-session-2")
    with pytest.raises(SessionError, match=r"of another version \(aimanet-session-2\): update"):
        open_session(folder)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"format": "aimanet-session-1", ', "session.json is damaged"),
        ("[]", "is no session"),
        ('{"format": "else"}', "is no session"),
        ("\udcff", "session.json is damaged"),
        ('{"format": "aimanet-session-1", "started": "yesterday"}', "started: .*; mend this entry"),
        ('{"format": "aimanet-session-1", "kept": "all"}', "kept: .*; mend this entry"),
        ('{"format": "aimanet-session-1", "source": {"live": 7}}', r"source.live: .*; mend"),
    ],
)
def test_a_head_edited_by_hand_names_the_place(folder, text, says):
    (folder / "session.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(SessionError, match=says) as told:
        open_session(folder)
    assert "\n" not in str(told.value)


def test_a_head_with_less_in_it_opens(folder):
    (folder / "session.json").write_text('{"format": "aimanet-session-1", "participant": 7}')
    session = open_session(folder)
    assert session.info.participant == "7"
    assert len(session.frames) == 60


def test_what_is_no_session_is_told(tmp_path):
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(SessionError, match=r"is no session: there is no session\.json"):
            open_session(path)


ABSURD = ("1e30", "1e308", "1e6", "nan", "inf", "-5", "9" * 400, "", "tea")


@pytest.mark.parametrize("value", ABSURD)
@pytest.mark.parametrize(
    ("name", "column"), [("frames.csv", 0), ("frames.csv", 1), ("readings.csv", 0), ("bvp.csv", 0)]
)
def test_a_row_with_an_absurd_time_or_index_costs_only_itself(folder, name, column, value):
    path = folder / name
    lines = path.read_text().splitlines()
    before = open_session(folder)
    cells = lines[4].split(",")
    cells[column] = value
    lines[4] = ",".join(cells)
    path.write_text("\n".join(lines) + "\n")
    session = open_session(folder)
    rows = {"frames.csv": "frames", "readings.csv": "readings", "bvp.csv": "bvp"}[name]
    assert len(getattr(session, rows)) == len(getattr(before, rows)) - 1
    assert session.problems == (f"{name}: line 5 cannot be read, left out",)
    assert session.duration_s == before.duration_s


@pytest.mark.parametrize(
    ("name", "column"),
    [("readings.csv", 1), ("readings.csv", 2), ("readings.csv", 4), ("bvp.csv", 1)]
    + [("frames.csv", k) for k in range(2, 6)]
    + [("markers.csv", 0)],
)
def test_a_row_with_an_absurd_value_is_left_out(folder, name, column):
    path = folder / name
    lines = path.read_text().splitlines()
    cells = lines[-1].split(",")
    cells[column] = "1e308"
    path.write_text("\n".join([*lines[:-1], ",".join(cells)]) + "\n")
    assert open_session(folder).problems == (f"{name}: line {len(lines)} cannot be read, left out",)


def test_the_last_row_of_another_day_does_not_make_the_recording_longer(folder):
    length = open_session(folder).duration_s
    with (folder / "frames.csv").open("a") as file:
        file.write("60,500000,,,,\n")
    assert open_session(folder).duration_s == length


def test_a_line_without_end_is_not_read_whole(folder):
    with (folder / "markers.csv").open("a") as file:
        file.write("1.5," + "x" * 3_000_000 + "\n2.5,sat down\n")
    session = open_session(folder)
    assert [marker.name for marker in session.markers][-1] == "sat down"
    assert session.problems == ("markers.csv: line 3 cannot be read, left out",)


def test_more_rows_than_any_recording_has_are_left_out(folder):
    (folder / "markers.csv").write_text("t,name\n" + "1,a\n" * (MOST_MARKERS + 2))
    session = open_session(folder)
    assert len(session.markers) == MOST_MARKERS
    assert session.problems == ("markers.csv has more than 10,000 rows: the rest is left out",)


@pytest.mark.parametrize(
    "changes",
    [
        {"started": "9999-12-31T23:59:59-12:00"},
        {"started": "0001-01-01T00:00:00+14:00"},
        {"ended": "9999-12-31T23:59:59-12:00"},
        {"fps": float("nan")},
        {"fps": 1e308},
        {"window_s": -1},
        {"t0": float("inf")},
        {"duration_s": 1e308},
        {"frames": 10**30},
        {"size": [10**9, 2]},
        {"camera": {"fps": 1e308}},
    ],
)
def test_a_value_that_no_recording_has_counts_as_unknown(folder, changes):
    edit_head(folder, **changes)
    session = open_session(folder)
    key = next(iter(changes))
    assert f"session.json: {key}" in session.problems[0]
    assert "cannot be right, left out" in session.problems[0]
    assert (
        session.info.camera.fps is None if key == "camera" else getattr(session.info, key) is None
    )


def test_half_a_letter_in_a_head_is_replaced(folder):
    edit_head(folder, name="\ud800tea \U0001f600")
    assert open_session(folder).info.name == "?tea \U0001f600"


def test_a_head_nested_without_end_is_damaged(folder):
    edit_head(folder, recipe={"a": None})
    path = folder / "session.json"
    for depth in (50, 400, 100_000):
        path.write_text(path.read_text().replace("null", "[" * depth + "]" * depth, 1))
        with pytest.raises(SessionError, match=r"is damaged .nested "):
            open_session(folder)


def with_reasons(folder, *reasons):
    """The readings, each with another last cell; without any as an older version wrote them."""
    path = folder / "readings.csv"
    head, *rows = path.read_text().splitlines()
    if not reasons:
        lines = [line.rsplit(",", 1)[0] for line in (head, *rows)]
    else:
        told = zip(rows, reasons, strict=True)
        lines = [head, *(f"{row.rsplit(',', 1)[0]},{reason}" for row, reason in told)]
    path.write_text("\n".join(lines) + "\n")


def test_readings_carry_their_reason_and_one_of_the_future_is_none(folder):
    with_reasons(folder, "measuring", "measuring", "", "too_dark", "moon_too_bright", "weak")
    session = open_session(folder)
    assert session.problems == ()
    waiting, dark, weak = Reason.MEASURING, Reason.TOO_DARK, Reason.WEAK
    assert [r.reason for r in session.readings] == [waiting, waiting, None, dark, None, weak]


def test_a_session_without_reasons_opens_and_equals_one_that_has_them(folder):
    new = open_session(folder).readings
    with_reasons(folder)
    assert (folder / "readings.csv").read_text().startswith("t,hr_bpm,snr_db,state,quality\n")
    session = open_session(folder)
    assert session.problems == ()
    assert session.readings == new
    assert {r.reason for r in session.readings} == {None}
