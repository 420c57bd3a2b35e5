"""What the writer leaves on the disk, to the last digit."""

from __future__ import annotations

import csv
import json
import stat
import sys
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from aimanet.sessions.info import SessionInfo
from aimanet.sessions.layout import SessionError
from aimanet.sessions.reader import open_session
from aimanet.sessions.scrub import Scrubber
from aimanet.sessions.writer import SessionWriter
from aimanet.types import Frame, Reason, State
from tests.aimanet.sessions.recordings import (
    START,
    crop,
    fill,
    frame,
    image,
    reading,
    times,
    write_session,
)


def rows(path):
    with path.open(newline="") as file:
        return list(csv.reader(file))


def head(folder):
    return json.loads((folder / "session.json").read_text())


def test_frames_have_their_exact_times_and_boxes(tmp_path):
    folder = write_session(tmp_path / "s", 12)
    header, *body = rows(folder / "frames.csv")
    assert header == ["index", "t", "x", "y", "w", "h"]
    assert [int(row[0]) for row in body] == list(range(12))
    assert [float(row[1]) for row in body] == [t - START for t in times(12)]
    assert body[3][2:] == ["1.5", "-2.25", "40.0", "40.0"]
    assert body[4][2:] == ["", "", "", ""]


def test_readings_read_back_as_the_same_floats(tmp_path):
    with SessionWriter(tmp_path / "s", SessionInfo()) as writer:
        writer.frame(frame(0))
        writer.reading(reading(START + 1 / 3, 71.1 / 3))
        dark = replace(reading(START + 2 / 3, None, State.NO_FACE), reason=Reason.TOO_DARK)
        writer.reading(dark)
    body = rows(tmp_path / "s" / "readings.csv")[1:]
    assert [float(body[0][0]), float(body[0][1])] == [START + 1 / 3 - START, 71.1 / 3]
    assert body[0][2:] == ["5.4321", "ok", "0.75", ""]
    assert body[1][1:4] == ["", "", "no_face"]
    assert body[1][5] == "too_dark"


def test_each_sample_of_the_curve_is_written_once_and_never_rewritten(tmp_path):
    with SessionWriter(tmp_path / "s", SessionInfo()) as writer:
        writer.frame(frame(0))
        for i in range(1, 8):
            shown = reading(START + i / 3)
            shown.bvp[:] = i
            writer.reading(shown)
    body = np.array(rows(tmp_path / "s" / "bvp.csv")[1:], float)
    assert np.allclose(np.diff(body[:, 0]), 1 / 30, atol=2e-6)
    assert body[0, 0] == pytest.approx(0.0, abs=1e-6)
    assert body[-1, 0] == pytest.approx(7 / 3, abs=1e-6)
    assert np.all(np.diff(body[:, 1]) >= 0)
    assert np.count_nonzero(body[:, 1] == 3.0) == 10


def test_what_is_older_than_the_first_frame_is_left_out(tmp_path):
    with SessionWriter(tmp_path / "s", SessionInfo()) as writer:
        writer.reading(reading(START - 5))
        writer.frame(frame(0))
        writer.reading(reading(START - 0.1))
        writer.mark(START - 3, "early")
    assert len(rows(tmp_path / "s" / "readings.csv")) == 1
    assert rows(tmp_path / "s" / "markers.csv")[1:] == [["0.0", "early"]]


def test_time_that_stands_still_or_runs_back_is_no_frame(tmp_path):
    with SessionWriter(tmp_path / "s", SessionInfo(kept="frame")) as writer:
        assert writer.frame(frame(0))
        assert writer.frame(frame(5))
        assert not writer.frame(frame(5))
        assert not writer.frame(frame(2))
        assert writer.frame(frame(6))
    assert head(tmp_path / "s")["frames"] == 3


def test_a_marker_is_one_row_whatever_it_is_called(tmp_path):
    with SessionWriter(tmp_path / "s", SessionInfo()) as writer:
        writer.frame(frame(0))
        writer.mark(START + 2.5, 'one,\ntwo "three"')
    assert rows(tmp_path / "s" / "markers.csv")[1:] == [["2.5", 'one, two "three"']]


def test_a_marker_can_be_named_later_and_the_ones_after_it_stay(tmp_path):
    with SessionWriter(tmp_path / "s", SessionInfo()) as writer:
        writer.frame(frame(0))
        for n in range(3):
            writer.mark(START + n, f"Marker {n + 1}")
        writer.rename_mark(1, "deep breath, held")
        writer.rename_mark(0, "go")
        writer.rename_mark(7, "nobody")
        writer.mark(START + 3, "end")
        writer.rename_mark(2, "x")
    wanted = [["0.0", "go"], ["1.0", "deep breath, held"], ["2.0", "x"], ["3.0", "end"]]
    assert rows(tmp_path / "s" / "markers.csv")[1:] == wanted


@pytest.mark.skipif(sys.platform == "win32", reason="open files cannot be moved there")
def test_a_folder_that_is_moved_away_ends_the_recording_and_is_whole(tmp_path):
    writer = SessionWriter(tmp_path / "s", SessionInfo(kept="frame"))
    for i in range(5):
        writer.frame(frame(i))
    (tmp_path / "s").rename(tmp_path / "elsewhere")
    with pytest.raises(SessionError, match="was deleted or moved"):
        writer.close()
    assert not writer.is_open
    assert not (tmp_path / "s").exists()
    session = open_session(tmp_path / "elsewhere")
    assert len(session.frames) == 5
    with Scrubber(session) as pictures:
        assert np.array_equal(pictures.at(session.frames.t[4]).image, image(4))


def test_the_head_says_at_the_end_what_is_in_it(tmp_path):
    folder = write_session(tmp_path / "s", 60)
    end = head(folder)
    assert (end["frames"], end["dropped"], end["kept"], end["size"]) == (60, 0, "frame", [64, 48])
    assert end["duration_s"] == times(60)[-1] - START
    assert end["hr_bpm"] == pytest.approx(np.mean([70 + i / 7 for i in (29, 39, 49, 59)]))
    assert end["ok_share"] == 1.0
    assert end["size_bytes"] == sum(
        p.stat().st_size for p in folder.iterdir() if p.name != "session.json"
    )
    began, ended = (datetime.fromisoformat(end[key]) for key in ("started", "ended"))
    assert began.utcoffset() is not None
    assert timedelta(0) <= ended - began < timedelta(seconds=30)
    assert end["t0"] == START
    assert {"aimanet", "python", "torch", "os"} <= set(end["versions"])


def test_before_the_end_the_head_is_there_without_one(tmp_path):
    with SessionWriter(tmp_path / "s", SessionInfo(name="mine")) as writer:
        first = head(tmp_path / "s")
        writer.frame(frame(0))
        writer.edit(notes="tea at three", participant="P07")
        middle = head(tmp_path / "s")
        assert (first["name"], first["ended"], middle["ended"]) == ("mine", None, None)
        assert (middle["notes"], middle["participant"]) == ("tea at three", "P07")
        assert first["id"] == middle["id"]
    assert head(tmp_path / "s")["ended"] is not None


def test_a_live_frame_that_waited_dates_the_start_back(tmp_path):
    import time

    info = SessionInfo.model_validate({"source": {"live": True}})
    with SessionWriter(tmp_path / "s", info) as writer:
        created = writer.info.started
        writer.frame(Frame(0, time.perf_counter() - 12.0, image(0)))
        late = created - writer.info.started
    assert late.total_seconds() == pytest.approx(12.0, abs=1.0)


def test_only_the_owner_may_look(tmp_path):
    folder = write_session(tmp_path / "s", 3)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in folder.iterdir()} == {0o600}


def test_nothing_is_overwritten(tmp_path):
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "thesis.txt").write_text("x")
    with pytest.raises(SessionError, match="not empty: name a new folder"):
        SessionWriter(taken, SessionInfo())
    with pytest.raises(SessionError, match="is a file"):
        SessionWriter(taken / "thesis.txt", SessionInfo())
    with pytest.raises(SessionError, match="cannot record to"):
        SessionWriter(taken / "thesis.txt" / "below", SessionInfo())
    assert [p.name for p in taken.iterdir()] == ["thesis.txt"]


def test_a_picture_of_another_size_ends_the_recording_and_leaves_it_whole(tmp_path):
    writer = SessionWriter(tmp_path / "s", SessionInfo(kept="frame"))
    fill(writer, 20)
    with pytest.raises(SessionError, match="changed from 64x48 to 32x24"):
        writer.frame(Frame(99, START + 9, image(0, (32, 24))))
    assert not writer.frame(frame(999))
    writer.close()
    end = head(tmp_path / "s")
    assert end["frames"] == 20
    assert "changed from 64x48" in end["stopped"]
    assert end["ended"] is not None


def test_a_session_of_no_frames_is_a_session(tmp_path):
    SessionWriter(tmp_path / "s", SessionInfo(kept="frame")).close()
    assert (head(tmp_path / "s")["frames"], head(tmp_path / "s")["size"]) == (0, None)


def test_faces_only_keeps_the_crop_and_black_where_there_is_none(tmp_path):
    import av

    folder = write_session(tmp_path / "s", 8, "face")
    with av.open(str(folder / "video.mkv")) as video:
        pictures = [p.to_ndarray(format="rgb24") for p in video.decode(video=0)]
    assert head(folder)["size"] == [36, 36]
    assert len(pictures) == 8
    assert np.array_equal(pictures[2], crop(2).crop)
    assert not pictures[4].any()
