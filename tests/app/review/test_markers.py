"""Markers of a stored session in the window."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from aimanet.sessions.layout import MARKERS
from aimanet.sessions.reader import Marker, open_session
from app.review.page import SessionsPage
from tests.app.conftest import PATIENCE_MS
from tests.app.review.conftest import OpenPage, said, show


@pytest.fixture
def page(qtbot: QtBot, open_page: OpenPage, two: Path) -> SessionsPage:
    page = open_page(two)
    show(qtbot, page, two / "a")
    page.viewer.tabs.setCurrentWidget(page.viewer.markers)
    return page


def on_disk(page: SessionsPage) -> tuple[Marker, ...]:
    return open_session(page.viewer.session.folder).markers


def settled(qtbot: QtBot, page: SessionsPage) -> None:
    qtbot.waitUntil(lambda: not page.jobs.busy, timeout=PATIENCE_MS)


def test_a_marker_is_added_at_the_moment_and_named(qtbot: QtBot, page: SessionsPage) -> None:
    before = on_disk(page)
    page.viewer.tabs.setCurrentIndex(0)
    page.viewer.time.playhead.seek(0.9)
    at = page.viewer.time.playhead.t
    page.viewer.markers.add.click()
    settled(qtbot, page)
    editor = page.viewer.markers.table.findChild(QLineEdit)
    assert editor is not None
    editor.setText("Sat down")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    named = Marker(round(at, 3), "Sat down")
    qtbot.waitUntil(lambda: named in page.viewer.session.markers, timeout=PATIENCE_MS)
    assert set(on_disk(page)) - set(before) == {named}
    assert page.viewer.session.markers == on_disk(page)
    assert len(page.viewer.time.bar._markers) == len(before) + 1
    assert page.viewer.tabs.tabText(2) == f"Markers ({len(before) + 1})"


def test_a_marker_is_deleted_and_brought_back(qtbot: QtBot, page: SessionsPage) -> None:
    before = on_disk(page)
    markers = page.viewer.markers
    markers.table.selectRow(0)
    qtbot.keyClick(markers.table, Qt.Key.Key_Delete)
    settled(qtbot, page)
    assert on_disk(page) == before[1:]
    assert before[0].name in said(page, "markers")
    page.banners.banner("markers").buttons[0].click()
    settled(qtbot, page)
    assert on_disk(page) == before


def test_the_sliders_menu_speaks_of_what_is_under_it(qtbot: QtBot, page: SessionsPage) -> None:
    bar, markers = page.viewer.time.bar, page.viewer.markers
    flag = QPoint(round(bar.x_of(on_disk(page)[0].t)) + 2, 3)
    assert bar.marker_at(flag.toPointF()) == on_disk(page)[0]
    offered = []
    for marker in (on_disk(page)[0], None):
        markers.show_menu(0.5, marker, page.mapToGlobal(QPoint(5, 5)))
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        offered.append([action.text().replace("&", "") for action in menu.actions()])
        menu.close()
    assert offered == [["Rename marker", "Delete marker"], ["Add marker here"]]


def test_markers_that_cannot_be_changed_are_a_banner(qtbot: QtBot, page: SessionsPage) -> None:
    path = page.viewer.session.folder / MARKERS
    path.write_text(path.read_text() + "soon,x\n")
    before = path.read_bytes()
    page.viewer.markers.add_at(0.3)
    settled(qtbot, page)
    assert "mend" in said(page, "markers")
    assert path.read_bytes() == before


def test_readings_are_copied_as_a_table(qtbot: QtBot, page: SessionsPage) -> None:
    readings = page.viewer.readings
    page.viewer.tabs.setCurrentWidget(readings)
    readings.selectRow(1)
    qtbot.keyClick(readings, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    head, row = QApplication.clipboard().text().split("\n")
    assert head.split("\t") == ["Time", "BPM", "SNR, dB", "Quality", "State"]
    assert row.split("\t") == [readings.model().index(1, column).data() for column in range(5)]
    readings.actions()[1].trigger()
    lines = QApplication.clipboard().text().split("\n")
    assert len(lines) == 1 + readings.model().rowCount()
