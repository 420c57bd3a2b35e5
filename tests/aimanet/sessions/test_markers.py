"""Markers of a stored session, changed on the disk."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from aimanet.sessions.info import SessionInfo
from aimanet.sessions.layout import MARKERS, SessionError
from aimanet.sessions.markers import add_marker, delete_marker, rename_marker
from aimanet.sessions.reader import Marker, open_session
from aimanet.sessions.writer import SessionWriter
from tests.aimanet.sessions.recordings import write_session


@pytest.fixture
def session(tmp_path: Path) -> Path:
    write_session(tmp_path / "s")
    return tmp_path / "s"


def test_adding_renaming_and_deleting_are_on_the_disk(session: Path) -> None:
    before = open_session(session).markers
    added = Marker(0.125, 'stood, "up"')
    assert add_marker(session, added) == tuple(sorted((*before, added), key=lambda m: m.t))
    rename_marker(session, added, "sat down")
    assert Marker(0.125, "sat down") in open_session(session).markers
    assert delete_marker(session, Marker(0.125, "sat down")) == before
    opened = open_session(session)
    assert opened.markers == before
    assert opened.problems == ()
    assert stat.S_IMODE((session / MARKERS).stat().st_mode) == 0o600
    assert not [name for name in os.listdir(session) if name.endswith(".part")]


def test_a_session_that_is_being_recorded_keeps_its_markers(tmp_path: Path) -> None:
    with (
        SessionWriter(tmp_path / "s", SessionInfo()),
        pytest.raises(SessionError, match="is being recorded"),
    ):
        add_marker(tmp_path / "s", Marker(1.0, "x"))
    assert open_session(tmp_path / "s").markers == ()


def test_rows_that_cannot_be_read_are_not_lost_by_a_change(session: Path) -> None:
    text = (session / MARKERS).read_text() + "soon,half a marker\n"
    (session / MARKERS).write_text(text)
    with pytest.raises(SessionError, match=r"cannot be read.*mend"):
        add_marker(session, Marker(1.0, "x"))
    assert (session / MARKERS).read_text() == text


def test_a_marker_that_is_gone_is_told(session: Path) -> None:
    add_marker(session, Marker(0.5, "x"))
    delete_marker(session, Marker(0.5, "x"))
    for change in (
        lambda: delete_marker(session, Marker(0.5, "x")),
        lambda: rename_marker(session, Marker(0.5, "x"), "y"),
    ):
        with pytest.raises(SessionError, match="changed meanwhile"):
            change()


def test_a_missing_file_begins_anew(session: Path) -> None:
    (session / MARKERS).unlink()
    assert add_marker(session, Marker(0.5, "x")) == (Marker(0.5, "x"),)


def test_a_folder_that_cannot_be_written_is_one_line(session: Path, tmp_path: Path) -> None:
    before = (session / MARKERS).read_bytes()
    with pytest.raises(SessionError, match="cannot write"):
        add_marker(tmp_path / "none", Marker(0.5, "x"))
    assert (session / MARKERS).read_bytes() == before
