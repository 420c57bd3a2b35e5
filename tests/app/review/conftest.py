"""A sessions page over a folder of small real sessions; its threads are joined after the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.look import DARK
from app.review.page import SessionsPage
from tests.aimanet.sessions.recordings import write_session
from tests.app.conftest import PATIENCE_MS

OpenPage = Callable[..., SessionsPage]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the sessions are: none yet."""
    made = tmp_path / "sessions"
    made.mkdir()
    return made


@pytest.fixture
def two(folder: Path) -> Path:
    """With two sessions."""
    write_session(folder / "a", name="Morning", participant="P-07", notes="by the window")
    write_session(folder / "b", kept="none", name="Evening", participant="P-12", notes="tired")
    return folder


@pytest.fixture
def open_page(
    qtbot: QtBot, qapp: QApplication, nothing_is_left: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OpenPage]:
    """``open_page(folder)``: the page, shown, its list read."""
    pages: list[SessionsPage] = []

    def open_(folder: Path) -> SessionsPage:
        monkeypatch.setenv("AIMANET_SESSIONS_DIR", str(folder))
        page = SessionsPage()
        pages.append(page)
        page.apply_look(DARK)
        page.resize(1100, 720)
        page.show()
        qtbot.waitUntil(lambda: not page.busy, timeout=PATIENCE_MS)
        return page

    yield open_
    for page in pages:
        if shiboken6.isValid(page):
            page.close_down()
            assert not page.busy
            page.close()
            page.deleteLater()
    pages.clear()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def names(page: SessionsPage) -> list[str]:
    """In the order of the table."""
    shown = page.list.filter
    return [shown.index(row, 1).data() for row in range(shown.rowCount())]


def show(qtbot: QtBot, page: SessionsPage, folder: Path) -> None:
    """Open a session and wait until it is there."""
    page.open(folder)
    qtbot.waitUntil(lambda: page.viewer.is_open, timeout=PATIENCE_MS)


def said(page: SessionsPage, topic: str) -> str:
    """The text of a banner; empty for none."""
    banner = page.banners.banner(topic)
    return "" if banner is None else banner.text
