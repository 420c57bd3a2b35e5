"""Recordings and settings are for their owner's eyes only, whatever the umask and the folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from aimanet.sessions.info import SessionInfo
from aimanet.sessions.layout import HEAD
from aimanet.sessions.writer import SessionWriter
from app.settings import Settings, SettingsStore
from tests.aimanet.sessions.recordings import write_session

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows keeps users apart by folders")


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=["umask000", "umask022", "umask077"])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_a_recording_and_the_folders_made_for_it(tmp_path, umask):
    folder = write_session(tmp_path / "AimaNet sessions" / "2026" / "s", 3)
    assert [rights(p) for p in (folder, *folder.parents[:2])] == [0o700] * 3
    assert {rights(path) for path in folder.iterdir()} == {0o600}


def test_a_folder_that_is_there_is_closed_and_the_one_above_it_stays(tmp_path, umask):
    sessions = tmp_path / "sessions"
    sessions.mkdir(mode=0o755)
    sessions.chmod(0o755)
    (sessions / "s").mkdir()
    (sessions / "s").chmod(0o755)
    folder = write_session(sessions / "s", 3)
    assert rights(folder) == 0o700
    assert rights(sessions) == 0o755


def test_what_is_only_there_for_a_moment(tmp_path, umask, monkeypatch):
    moved = []
    replace = os.replace

    def looked_at(source, target):
        moved.append((Path(target).name, rights(Path(source))))
        replace(source, target)

    monkeypatch.setattr(os, "replace", looked_at)
    with SessionWriter(tmp_path / "s", SessionInfo()) as writer:
        while_open = {rights(path) for path in writer.folder.iterdir()}
        writer.edit(notes="tea")
    assert while_open == {0o600}
    assert len(moved) >= 3
    assert set(moved) == {(HEAD, 0o600)}


def test_settings(tmp_path, umask):
    store = SettingsStore(tmp_path / "config")
    for theme in ("dark", "light"):  # made, and made again
        store.save(Settings(source="http://anna:geheim@cam/video", theme=theme))
        assert rights(store.path) == 0o600
        assert {path.name for path in store.path.parent.iterdir()} == {store.path.name}
