"""Videos that were cut short, on the page: the row, the head and the banner say it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.review.model import STATE
from app.review.page import SessionsPage
from tests.aimanet.sessions.recordings import write_session
from tests.app.conftest import PATIENCE_MS
from tests.app.review.conftest import OpenPage, said, show


@pytest.fixture
def cut(folder: Path) -> Path:
    """A session of which two fifths of the video are left, beside a whole one."""
    write_session(folder / "whole", 30)
    made = write_session(folder / "cut", 60)
    video = made / "video.mkv"
    data = video.read_bytes()
    video.write_bytes(data[: 2 * len(data) // 5])
    return made


def state(page: SessionsPage, name: str, role: int = Qt.ItemDataRole.DisplayRole) -> str:
    row = page.list.model.row_of(page.folder / name)
    assert row is not None
    return str(page.list.model.index(row, STATE).data(role))


def test_the_list_marks_it_without_reading_the_video(open_page: OpenPage, cut: Path) -> None:
    page = open_page(cut.parent)
    assert (state(page, "cut"), state(page, "whole")) == ("Damaged", "Complete")
    tip = state(page, "cut", Qt.ItemDataRole.ToolTipRole)
    assert tip.startswith("video.mkv was cut short; open the session to see how much")


def test_an_open_session_says_how_many_frames_can_be_read(
    qtbot: QtBot, open_page: OpenPage, cut: Path
) -> None:
    page = open_page(cut.parent)
    show(qtbot, page, cut)
    qtbot.waitUntil(lambda: "frames can be read" in said(page, "session"), timeout=PATIENCE_MS)
    assert page.viewer.session is not None
    words = page.viewer.session.footage[0].words
    assert words.endswith(" of 60 frames can be read")
    assert not words.startswith("60")
    assert words in said(page, "session")
    assert words in page.viewer.head._full[1]
    page.close_session()
    assert words in state(page, "cut", Qt.ItemDataRole.ToolTipRole)
    show(qtbot, page, cut.parent / "whole")
    qtbot.waitUntil(lambda: not page.busy or page.viewer.stage.busy, timeout=PATIENCE_MS)
    assert said(page, "session") == ""
