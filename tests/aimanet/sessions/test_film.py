"""The whole picture in H.264 beside the lossless face."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import av
import numpy as np
import pytest

from aimanet.errors import SourceError
from aimanet.sessions import film
from aimanet.sessions.info import SessionInfo, keeping
from aimanet.sessions.layout import PICTURE, VIDEO, SessionError
from aimanet.sessions.reader import open_session
from aimanet.sessions.replay import RecordedFaces, ReplaySource
from aimanet.sessions.scrub import Scrubber
from aimanet.sessions.video import COMPRESSED
from aimanet.sessions.writer import SessionWriter
from aimanet.types import Frame
from tests.aimanet.sessions.recordings import START, crop, frame, image

BOTH = SessionInfo(fps=30.0).model_copy(update=keeping("face+picture"))


@cache
def still(size: tuple[int, int]) -> np.ndarray:
    """A coloured ramp with a grey texture."""
    width, height = size
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    ramp = np.stack([60 + 100 * x / width, 200 - 120 * y / height, 90 + 60 * x / width], axis=2)
    return ramp + np.random.default_rng(3).normal(0, 8, (height, width, 1))


def scene(i: int, size: tuple[int, int] = (160, 120)) -> np.ndarray:
    """The still with a sensor's noise."""
    noise = np.random.default_rng([3, i]).normal(0, 1, (size[1], size[0], 3))
    return np.clip(still(size) + noise, 0, 255).astype(np.uint8)


def recorded(folder, count=40, size=(160, 120), wait=True):
    with SessionWriter(folder, BOTH) as writer:
        for i in range(count):
            shot = Frame(10 + i, START + i / 30, scene(i, size))
            writer.frame(shot, crop(i, face=i not in (4, 5)), wait)
    return open_session(folder)


def test_face_is_lossless_and_picture_is_close_with_the_same_times(tmp_path):
    session = recorded(tmp_path / "s")
    assert session.problems == ()
    assert (session.info.kept, session.info.size) == ("face", (36, 36))
    told = session.info.picture
    assert (told.codec, told.size, told.frames, told.dropped) == ("h264", (160, 120), 40, 0)
    with ReplaySource(session, realtime=False) as source:
        assert isinstance(source.tracker(), RecordedFaces)
        faces = list(source)
    assert np.array_equal(faces[7].image, image(507, (36, 36)))
    with ReplaySource(session, realtime=False, whole=True) as source:
        assert source.tracker() is None
        wholes = list(source)
    assert [f.t for f in wholes] == [f.t for f in faces] == session.frames.t.tolist()
    assert [f.index for f in wholes] == session.frames.index.tolist()
    for i, whole in enumerate(wholes):
        off = whole.image.astype(float) - scene(i)
        assert np.sqrt(np.mean(off**2)) < 4.0
        assert np.abs(off.mean(axis=(0, 1))).max() < 2.0, "its colours are those of the scene"


def test_player_shows_the_picture_and_boxes_lie_in_it(tmp_path):
    session = recorded(tmp_path / "s")
    assert session.shown == session.picture == session.compressed == tmp_path / "s" / PICTURE
    assert session.video == tmp_path / "s" / VIDEO
    with Scrubber(session) as scrubber:
        for i in (0, 31, 8):
            assert scrubber.at(i / 30 + 1e-6).image.shape == (120, 160, 3)


def test_odd_sides_lose_a_row_and_a_column_and_nothing_else(tmp_path):
    session = recorded(tmp_path / "s", count=3, size=(161, 121))
    assert session.info.picture.size == (160, 120)
    with ReplaySource(session, realtime=False, whole=True) as source:
        assert [f.image.shape for f in source] == [(120, 160, 3)] * 3


def test_encoder_that_is_too_slow_costs_pictures_and_no_face(tmp_path):
    count = 90
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 256, (480, 640, 3), np.uint8) for _ in range(3)]
    with SessionWriter(tmp_path / "s", BOTH) as writer:
        for i in range(count):
            writer.frame(Frame(10 + i, START + i / 30, noise[i % 3]), crop(i))
        lost = writer.pictures_lost
    session = open_session(tmp_path / "s")
    assert lost > 0
    assert session.problems == ()
    assert (session.info.frames, session.info.picture.dropped) == (count, lost)
    assert session.info.picture.frames == count - lost
    with ReplaySource(session, realtime=False) as source:
        assert len(list(source)) == count
    with ReplaySource(session, realtime=False, whole=True) as source:
        stamps = {f.t for f in source}
    assert len(stamps) == count - lost
    first_hole = next(t for t in session.frames.t.tolist() if t not in stamps)
    with Scrubber(session) as scrubber:
        assert scrubber.at(first_hole) is not None, "the picture before it stays"


def test_file_that_can_wait_loses_no_picture(tmp_path):
    session = recorded(tmp_path / "s", count=80, wait=True)
    assert session.info.picture.dropped == 0
    assert session.info.picture.frames == 80


def test_file_is_made_for_players(tmp_path):
    recorded(tmp_path / "s", count=61)
    with av.open(str(tmp_path / "s" / PICTURE)) as file:
        stream = file.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        keys = [p.key_frame for p in file.decode(stream)]
    assert [i for i, key in enumerate(keys) if key] == [0, 30, 60]


def test_missing_picture_is_a_problem_and_the_face_is_still_read(tmp_path):
    recorded(tmp_path / "s")
    (tmp_path / "s" / PICTURE).unlink()
    session = open_session(tmp_path / "s")
    assert session.problems == ("picture.mkv is missing: of the picture only the face is left",)
    assert session.shown == session.video
    with ReplaySource(session, realtime=False) as source:
        assert len(list(source)) == 40
    with pytest.raises(SourceError, match="no video of the whole picture: play its face instead"):
        ReplaySource(session, realtime=False, whole=True).open()


def test_without_an_encoder_the_face_can_be_kept_and_the_picture_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(film, "COMPRESSED", replace(COMPRESSED, encoder="no_such_encoder"))
    writer = SessionWriter(tmp_path / "s", BOTH)
    with pytest.raises(SessionError, match=r"no H\.264 encoder .* keep the face or the lossless"):
        writer.frame(frame(0), crop(0))
    with SessionWriter(tmp_path / "t", SessionInfo(kept="face")) as other:
        assert other.frame(frame(0), crop(0))


def test_session_of_the_face_alone_says_nothing_of_a_picture(tmp_path):
    with SessionWriter(tmp_path / "s", SessionInfo(kept="face")) as writer:
        writer.frame(frame(0), crop(0))
    session = open_session(tmp_path / "s")
    assert session.info.picture is None
    assert session.picture is None
    assert not (tmp_path / "s" / PICTURE).exists()
