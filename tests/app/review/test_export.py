from __future__ import annotations

import csv
import json
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from aimanet.sessions.export import export_session
from app.review import export_dialog
from app.review.dialogs import ReplaceDialog
from app.review.export_dialog import ExportDialog
from app.review.page import SessionsPage
from app.settings import ExportSettings
from tests.app.conftest import PATIENCE_MS, DialogWatch
from tests.app.review.conftest import OpenPage, said, show


def ask(qtbot: QtBot, page: SessionsPage, folder: Path, *forms: str) -> ExportDialog:
    show(qtbot, page, folder)
    page.viewer.head.export.click()
    dialog = page.commands.dialog
    assert isinstance(dialog, ExportDialog)
    for form, box in dialog.forms.items():
        box.setChecked(form in forms)
    return dialog


@pytest.fixture(autouse=True)
def _expected(dialogs: DialogWatch) -> None:
    dialogs.expected |= {"ExportDialog", "ReplaceDialog"}


def test_what_is_ticked_is_written(
    qtbot: QtBot, open_page: OpenPage, two: Path, tmp_path: Path
) -> None:
    page = open_page(two)
    dialog = ask(qtbot, page, two / "a", "csv", "json")
    dialog.folder.setText(str(tmp_path / "out"))
    dialog.export.click()
    assert dialog.progress.isVisible()
    assert not dialog.export.isEnabled()
    qtbot.waitUntil(lambda: bool(said(page, "export")), timeout=PATIENCE_MS)
    assert page.commands.dialog is None
    files = sorted((tmp_path / "out").iterdir())
    assert {path.suffix for path in files} == {".csv", ".json"}
    assert f"Saved {len(files)} files in {tmp_path / 'out'}" in said(page, "export")
    for path in files:
        if path.suffix == ".json":
            json.loads(path.read_text())
        else:
            assert len(list(csv.reader(path.open()))) > 1


def test_a_session_goes_to_a_folder_of_its_own(
    qtbot: QtBot, open_page: OpenPage, two: Path, tmp_path: Path
) -> None:
    page = open_page(two)
    page.commands.export = ExportSettings(forms=("json", "mp4"), folder=str(tmp_path / "all"))
    chosen: list[ExportSettings] = []
    page.commands.export_chosen.connect(chosen.append)
    show(qtbot, page, two / "b")
    page.viewer.head.export.click()
    dialog = page.commands.dialog
    assert isinstance(dialog, ExportDialog)
    assert dialog.folder.text() == str(tmp_path / "all" / "Evening")
    assert dialog.chosen == ["json"]  # no video was kept
    assert "without its video" in dialog.forms["mp4"].toolTip()
    dialog.export.click()
    qtbot.waitUntil(lambda: bool(said(page, "export")), timeout=PATIENCE_MS)
    assert (tmp_path / "all" / "Evening" / "Evening.json").is_file()
    remembered = ExportSettings(forms=("json", "mp4"), folder=str(tmp_path / "all"))
    assert chosen == [remembered]
    assert page.commands.export == remembered


def test_files_that_are_there_are_replaced_only_after_a_yes(
    qtbot: QtBot, open_page: OpenPage, two: Path, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    mine = tmp_path / "out" / "Morning.json"
    mine.write_text("mine")
    page = open_page(two)
    dialog = ask(qtbot, page, two / "a", "json")
    dialog.folder.setText(str(tmp_path / "out"))

    def question() -> ReplaceDialog | None:
        return dialog.findChild(ReplaceDialog)

    dialog.export.click()
    qtbot.waitUntil(lambda: question() is not None, timeout=PATIENCE_MS)
    assert "Morning.json" in question().told.text()
    question().keep.click()
    qtbot.waitUntil(lambda: question() is None, timeout=PATIENCE_MS)
    assert mine.read_text() == "mine"
    dialog.export.click()
    qtbot.waitUntil(lambda: question() is not None, timeout=PATIENCE_MS)
    question().replace.click()
    qtbot.waitUntil(lambda: bool(said(page, "export")), timeout=PATIENCE_MS)
    assert json.loads(mine.read_text())["format"]


def test_a_form_that_fails_is_named_and_the_others_are_written(
    qtbot: QtBot, open_page: OpenPage, two: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    (out / "Morning.json").mkdir(parents=True)
    page = open_page(two)
    dialog = ask(qtbot, page, two / "a", "csv", "json")
    dialog.folder.setText(str(out))
    dialog.export.click()
    qtbot.waitUntil(lambda: bool(said(page, "export")), timeout=PATIENCE_MS)
    assert "No JSON: " in said(page, "export")
    assert "is a folder" in said(page, "export")
    assert page.banners.banner("export").level == "warning"
    assert (out / "Morning_readings.csv").is_file()


def test_enter_in_the_folders_field_exports(
    qtbot: QtBot, open_page: OpenPage, two: Path, tmp_path: Path
) -> None:
    page = open_page(two)
    dialog = ask(qtbot, page, two / "a", "json")
    dialog.folder.setText(str(tmp_path / "out"))
    qtbot.keyClick(dialog.folder, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(said(page, "export")), timeout=PATIENCE_MS)
    assert [path.suffix for path in (tmp_path / "out").iterdir()] == [".json"]


def test_nothing_ticked_or_no_folder_cannot_be_exported(
    qtbot: QtBot, open_page: OpenPage, two: Path
) -> None:
    page = open_page(two)
    dialog = ask(qtbot, page, two / "b")
    assert not dialog.forms["mp4"].isEnabled()
    assert not dialog.export.isEnabled()
    dialog.forms["png"].setChecked(True)
    assert dialog.export.isEnabled()
    dialog.folder.clear()
    assert not dialog.export.isEnabled()
    dialog.reject()


def test_a_place_that_cannot_be_written_is_told_in_the_dialog(
    qtbot: QtBot, open_page: OpenPage, two: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x")
    page = open_page(two)
    dialog = ask(qtbot, page, two / "a", "csv")
    dialog.folder.setText(str(tmp_path / "file"))
    dialog.export.click()
    qtbot.waitUntil(lambda: "name a folder" in dialog.told.text(), timeout=PATIENCE_MS)
    assert dialog.export.isEnabled()
    dialog.reject()
    assert page.viewer.is_open


def test_an_export_is_cancelled_and_leaves_nothing(
    qtbot: QtBot,
    open_page: OpenPage,
    two: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    began, go_on = threading.Event(), threading.Event()
    real = export_session

    def slow(*args, cancelled, **named):
        def asked() -> bool:
            began.set()
            assert go_on.wait(60)
            return cancelled()

        return real(*args, cancelled=asked, **named)

    monkeypatch.setattr(export_dialog, "export_session", slow)
    page = open_page(two)
    dialog = ask(qtbot, page, two / "a", "csv")
    dialog.folder.setText(str(tmp_path / "out"))
    dialog.export.click()
    assert began.wait(60)
    dialog.cancel.click()
    go_on.set()
    qtbot.waitUntil(lambda: not page.jobs.busy, timeout=PATIENCE_MS)
    assert "nothing was written" in dialog.told.text()
    assert not (tmp_path / "out").exists()
    assert "export" not in page.banners.topics
    dialog.cancel.click()
    assert page.commands.dialog is None
