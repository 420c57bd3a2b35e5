"""The same pictures at the same times, and the faces of the day."""

from __future__ import annotations

import numpy as np
import pytest

from aimanet.errors import SourceError
from aimanet.sessions.layout import SessionError
from aimanet.sessions.reader import open_session
from aimanet.sessions.replay import RecordedFaces, ReplaySource
from aimanet.sessions.scrub import Scrubber
from aimanet.sources import open_source
from tests.aimanet.sessions.recordings import START, image, times, write_session


def test_frames_come_back_bit_for_bit_at_their_exact_times(tmp_path):
    folder = write_session(tmp_path / "s", 40)
    source = ReplaySource(folder, realtime=False)
    info = source.open()
    played = list(source)
    source.close()
    assert [frame.t for frame in played] == (times(40) - START).tolist()
    assert [frame.index for frame in played] == list(range(40))
    for i, frame in enumerate(played):
        assert np.array_equal(frame.image, image(i))
    assert (info.width, info.height, info.fps, info.frames) == (64, 48, 30.0, 40)
    assert info.duration_s == played[-1].t
    assert (source.spec, source.label, source.live) == (f"session:{folder}", "s", False)


def test_opened_again_it_starts_again(tmp_path):
    source = ReplaySource(write_session(tmp_path / "s", 5), realtime=False)
    for _ in range(2):
        source.open()
        assert source.read().index == 0
        assert source.read().index == 1
    source.close()


def test_in_real_time_frames_wait_for_their_moment(tmp_path):
    import time

    with ReplaySource(write_session(tmp_path / "s", 16)) as source:
        began = time.perf_counter()
        last = list(source)[-1]
        assert time.perf_counter() - began >= last.t - 0.05


def test_rows_without_a_picture_and_pictures_without_a_row_are_left_out(tmp_path):
    folder = write_session(tmp_path / "s", 20)
    lines = (folder / "frames.csv").read_text().splitlines(keepends=True)
    (folder / "frames.csv").write_text("".join(lines[:8] + lines[9:16]) + "30,1.1,,,,\n")
    with ReplaySource(folder, realtime=False) as source:
        played = list(source)
    assert [f.index for f in played] == [i for i in range(15) if i != 7]
    assert np.array_equal(played[9].image, image(played[9].index))


def test_faces_of_the_day_stand_in_for_the_detector(tmp_path):
    folder = write_session(tmp_path / "s", 8, "face")
    with ReplaySource(folder, realtime=False) as source:
        tracker = source.tracker()
        crops = [tracker.track(frame) for frame in source]
    assert isinstance(tracker, RecordedFaces)
    assert crops[0].bbox == (1.5, -2.25, 40.0, 40.0)
    assert np.array_equal(crops[3].crop, image(503, (36, 36)))
    assert (crops[4].bbox, crops[4].crop) == (None, None)
    assert ReplaySource(write_session(tmp_path / "f", 3)).tracker() is None


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda s: (s / "video.mkv").unlink(), "video.mkv: no such file"),
        (lambda s: (s / "video.mkv").write_bytes(b"tea" * 99), "not a video that can be read"),
        (lambda s: (s / "frames.csv").write_text("index,t,x,y,w,h\n"), "holds no frames"),
        (lambda s: (s / "session.json").unlink(), "is no session"),
    ],
)
def test_what_cannot_be_played_is_a_line(tmp_path, spoil, says):
    folder = write_session(tmp_path / "s", 3)
    spoil(folder)
    with pytest.raises(SourceError, match=says):
        ReplaySource(folder, realtime=False).open()


def test_without_video_there_is_nothing_to_play(tmp_path):
    with pytest.raises(SourceError, match="without its video"):
        ReplaySource(write_session(tmp_path / "s", 3, "none")).open()
    with pytest.raises(SessionError, match="no video to look at"):
        Scrubber(open_session(tmp_path / "s"))


@pytest.mark.parametrize("cut", [False, True])
def test_a_slider_finds_every_picture_forwards_and_backwards(tmp_path, cut):
    folder = write_session(tmp_path / "s", 90)
    if cut:  # no index at the end, as after a kill
        data = (folder / "video.mkv").read_bytes()
        (folder / "video.mkv").write_bytes(data[: int(0.9 * len(data))])
    session = open_session(folder)
    with Scrubber(session) as scrubber:
        for row in [50, 51, 52, 3, 2, 75, 75, 0, 60, 20]:
            found = scrubber.at(float(session.frames.t[row]) + 1e-5)
            assert found.index == row
            assert found.t == session.frames.t[row]
            assert np.array_equal(found.image, image(row))
        assert scrubber.at(-5.0).index == 0
        last = scrubber.at(1e9)
        assert last is None if cut else last.index == 89
        assert scrubber.at(0.0).index == 0


@pytest.mark.parametrize("prefix", ["", "session:"])
def test_a_session_is_a_source_like_any_other(tmp_path, prefix):
    folder = write_session(tmp_path / "s", 12, "face")
    with open_source(f"{prefix}{folder}", realtime=False) as source:
        assert isinstance(source.tracker(), RecordedFaces)
        assert [frame.t for frame in source] == (times(12) - START).tolist()
