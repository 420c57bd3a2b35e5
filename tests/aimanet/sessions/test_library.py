"""The list of sessions, and what may be done to them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aimanet.sessions.info import SessionInfo
from aimanet.sessions.layout import SessionError, create_new, new_folder, sessions_folder
from aimanet.sessions.library import delete, edit, list_sessions, rename
from aimanet.sessions.writer import SessionWriter
from tests.aimanet.sessions.recordings import frame, times, write_session


def test_the_list_is_newest_first_with_its_figures(tmp_path):
    write_session(tmp_path / "z", 30, notes="first")
    write_session(tmp_path / "a", 60, kept="none")
    (tmp_path / "holiday").mkdir()
    (tmp_path / "file.txt").write_text("x")
    second, first = list_sessions(tmp_path)
    assert (second.name, first.name, first.notes) == ("a", "z", "first")
    assert first.duration_s == times(30)[-1] - times(30)[0]
    assert first.hr_bpm == 70 + 29 / 7
    assert first.ok_share == 1.0
    assert (first.kept, second.kept) == ("frame", "none")
    assert first.size_bytes == sum(p.stat().st_size for p in (tmp_path / "z").iterdir())
    assert not first.interrupted
    assert not first.has_reference


def test_a_damaged_session_is_listed_with_its_problem(tmp_path):
    write_session(tmp_path / "s", 3)
    (tmp_path / "s" / "session.json").write_text("{")
    (listed,) = list_sessions(tmp_path)
    assert listed.name == "s"
    assert "session.json is damaged" in listed.problem


def test_no_folder_has_no_sessions_and_a_file_is_told(tmp_path):
    assert list_sessions(tmp_path / "none") == []
    (tmp_path / "file").write_text("")
    with pytest.raises(SessionError, match="cannot read"):
        list_sessions(tmp_path / "file")


def test_the_users_own_folder_or_the_one_named(tmp_path, monkeypatch):
    monkeypatch.setenv("AIMANET_SESSIONS_DIR", str(tmp_path / "mine"))
    assert sessions_folder() == tmp_path / "mine"
    write_session(tmp_path / "mine" / "s", 3)
    assert [e.name for e in list_sessions()] == ["s"]
    monkeypatch.delenv("AIMANET_SESSIONS_DIR")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert sessions_folder().name == "AimaNet sessions"
    assert Path(sessions_folder()).is_relative_to(tmp_path)


def test_new_folders_never_meet(tmp_path):
    from datetime import datetime

    when = datetime(2026, 5, 4, 3, 2, 1)
    first = new_folder(tmp_path, when)
    first.mkdir()
    assert first.name == "2026-05-04_03-02-01"
    assert new_folder(tmp_path, when).name == "2026-05-04_03-02-01_2"


def test_folders_made_in_the_same_second_are_each_somebody_elses(tmp_path):
    from datetime import datetime

    parent, when = tmp_path / "new" / "sessions", datetime(2026, 5, 4, 3, 2, 1)
    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(lambda _: create_new(parent, when), range(64)))
    assert len(set(made)) == 64
    assert sorted(parent.iterdir()) == sorted(made)
    assert {folder.stat().st_mode & 0o777 for folder in (parent, *made)} == {0o700}


def test_edits_keep_what_we_do_not_know(tmp_path):
    folder = write_session(tmp_path / "s", 3)
    head = json.loads((folder / "session.json").read_text())
    head["mood"] = "good"
    head["source"]["lens"] = "35 mm"
    (folder / "session.json").write_text(json.dumps(head))
    rename(folder, "  after   the run ")
    edit(folder, notes="two\nlines", participant="P08")
    changed = json.loads((folder / "session.json").read_text())
    assert (changed["name"], changed["notes"], changed["participant"]) == (
        "after the run",
        "two\nlines",
        "P08",
    )
    same = {key for key in head if head[key] == changed[key]}
    assert set(head) - same == {"name", "notes", "participant"}


def test_a_name_needs_a_letter(tmp_path):
    folder = write_session(tmp_path / "s", 3)
    with pytest.raises(SessionError, match="needs a name"):
        rename(folder, " \n ")


def test_delete_takes_the_session_and_leaves_what_is_not_ours(tmp_path):
    folder = write_session(tmp_path / "s", 3)
    (folder / "thesis.txt").write_text("x")
    assert delete(folder) == (folder / "thesis.txt",)
    assert [p.name for p in folder.iterdir()] == ["thesis.txt"]
    folder = write_session(tmp_path / "s2", 3)
    assert delete(folder) == ()
    assert not folder.exists()


def test_delete_refuses_what_is_no_session(tmp_path):
    (tmp_path / "video.mkv").write_text("my wedding")
    with pytest.raises(SessionError, match="is no session"):
        delete(tmp_path)
    (tmp_path / "session.json").write_text('{"format": "of somebody else"}')
    with pytest.raises(SessionError, match="is no session"):
        delete(tmp_path)
    assert (tmp_path / "video.mkv").read_text() == "my wedding"


def test_delete_follows_no_link(tmp_path):
    folder = write_session(tmp_path / "s", 3)
    (tmp_path / "link").symlink_to(folder)
    with pytest.raises(SessionError, match="is a link"):
        delete(tmp_path / "link")
    assert (folder / "session.json").exists()


def test_a_damaged_session_can_be_deleted(tmp_path):
    folder = write_session(tmp_path / "s", 3)
    (folder / "session.json").write_text("{")
    delete(folder)
    assert not folder.exists()


def test_while_it_is_recorded_nobody_else_may_touch_it(tmp_path):
    with SessionWriter(tmp_path / "s", SessionInfo(kept="frame")) as writer:
        writer.frame(frame(0))
        (listed,) = list_sessions(tmp_path)
        assert listed.recording
        assert not listed.interrupted
        for change in (delete, lambda folder: rename(folder, "x")):
            with pytest.raises(SessionError, match="is being recorded: stop it first"):
                change(tmp_path / "s")
    rename(tmp_path / "s", "x")
    delete(tmp_path / "s")
