"""Which folder of sessions is shown."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.review.page import SessionsPage
from tests.aimanet.sessions.recordings import write_session
from tests.app.conftest import PATIENCE_MS
from tests.app.review.conftest import OpenPage, names


def settled(qtbot: QtBot, page: SessionsPage) -> None:
    qtbot.waitUntil(lambda: not page.busy, timeout=PATIENCE_MS)


def test_sessions_of_the_earlier_folder_are_a_choice_away(
    qtbot: QtBot, open_page: OpenPage, two: Path, tmp_path: Path
) -> None:
    page = open_page(two)
    write_session(tmp_path / "new" / "c", name="Noon")
    page.list.folders.know([two])
    page.set_folder(tmp_path / "new")
    settled(qtbot, page)
    assert names(page) == ["Noon"]
    assert page.list.folders.text().endswith("new")
    assert not page.list.folders.remove.isEnabled()
    old = next(a for a in page.list.folders.menu().actions() if a.data() == str(two))
    old.trigger()
    settled(qtbot, page)
    assert sorted(names(page)) == ["Evening", "Morning"]
    assert page.folder == two
    kept: list[list[Path]] = []
    page.list.folders.others_changed.connect(kept.append)
    page.list.folders.remove.trigger()
    settled(qtbot, page)
    assert kept == [[]]
    assert page.folder == tmp_path / "new"
    assert (two / "a" / "session.json").is_file()


def test_a_folder_that_is_not_there_says_so(
    qtbot: QtBot, open_page: OpenPage, two: Path, tmp_path: Path
) -> None:
    page = open_page(two)
    kept: list[list[Path]] = []
    page.list.folders.others_changed.connect(kept.append)
    page.list.folders.look_in(str(tmp_path / "stick"))
    settled(qtbot, page)
    assert page.list.empty.title == "This folder is not there"
    assert kept == [[tmp_path / "stick"]]
    write_session(tmp_path / "stick" / "d", name="Night")
    page.list.refresh_button.click()
    settled(qtbot, page)
    assert names(page) == ["Night"]


def test_the_lists_menu_exports_and_copies_the_path(
    qtbot: QtBot, open_page: OpenPage, two: Path, dialogs
) -> None:
    dialogs.expected.add("ExportDialog")
    page = open_page(two)
    page.list.select(two / "b")
    page.list.actions_["copy"].trigger()
    assert QApplication.clipboard().text() == str(two / "b")
    page.list.actions_["export"].trigger()
    qtbot.waitUntil(lambda: page.commands.dialog is not None, timeout=PATIENCE_MS)
    assert page.commands.dialog.folder.text().endswith("Evening")
    assert page.stack.currentWidget() is page.list
    page.commands.dialog.reject()
