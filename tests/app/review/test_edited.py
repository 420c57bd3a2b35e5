"""Sessions edited by hand into nonsense, on the page: nothing raises, all that can be is shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.review.model import COLUMNS, DATE, NAME, NOTES
from app.review.page import SessionsPage
from tests.aimanet.sessions.recordings import write_session
from tests.app.review.conftest import OpenPage, said, show

LONG = "word " * 40_000
EDITS: dict[str, dict[str, Any]] = {
    "far future": {"started": "9999-12-31T23:59:59-12:00"},
    "before time": {"started": "0001-01-01T00:00:00+14:00"},
    "numbers": {"fps": 1e308, "window_s": float("nan"), "duration_s": 1e308, "hr_bpm": 1e308},
    "counts": {"frames": 10**30, "dropped": -1, "size": [10**9, 10**9]},
    "long": {"name": "x" * 200_000, "participant": LONG, "notes": LONG, "stopped": LONG},
    "steers": {"name": "\u202egnp.exe\x00\x1b[2J", "participant": "\ud800", "notes": "<b>bold</b>"},
    "camera": {"camera": {"detail": LONG, "width": -1, "fps": 1e308}, "method": "x" * 5000},
}


def edit(folder: Path, name: str) -> Path:
    made = write_session(folder / name, 12)
    head = made / "session.json"
    head.write_text(json.dumps({**json.loads(head.read_text()), **EDITS[name]}))
    return made


def cell(
    page: SessionsPage, name: str, column: int, role: int = Qt.ItemDataRole.DisplayRole
) -> Any:
    row = page.list.model.row_of(page.folder / name)
    return page.list.model.index(row, column).data(role)


def test_the_list_shows_sorts_and_searches_all_of_them(open_page: OpenPage, folder: Path) -> None:
    for name in EDITS:
        edit(folder, name)
    page = open_page(folder)
    assert page.list.model.rowCount() == len(EDITS)
    for column in range(len(COLUMNS)):
        for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
            page.list.table.sortByColumn(column, order)
            page.list.table.grab()
    page.list.search.setText("unknown day")
    assert page.list.filter.rowCount() == 2
    assert cell(page, "far future", DATE) == cell(page, "before time", DATE) == "unknown day"
    assert len(cell(page, "long", NAME)) == 300
    assert len(cell(page, "long", NAME, Qt.ItemDataRole.EditRole)) == 200_000
    assert cell(page, "steers", NAME) == "\ufffdgnp.exe\ufffd\ufffd[2J"
    tip = cell(page, "steers", NOTES, Qt.ItemDataRole.ToolTipRole)
    assert tip == "<qt>&lt;b&gt;bold&lt;/b&gt;</qt>"


@pytest.mark.parametrize("name", EDITS)
def test_each_opens_and_says_what_was_left_out(
    qtbot: QtBot, open_page: OpenPage, folder: Path, name: str
) -> None:
    made = edit(folder, name)
    page = open_page(folder)
    size = page.size()
    show(qtbot, page, made)
    for tab in range(page.viewer.tabs.count()):
        page.viewer.tabs.setCurrentIndex(tab)
        page.grab()
    page.viewer.time.playhead.seek(1e9)
    page.viewer.time.zoom(0.01)
    assert page.size() == size
    odd = [key for key in EDITS[name] if key in ("started", "fps", "window_s", "frames", "size")]
    assert all(f"{key} " in said(page, "session") for key in odd)


def test_thousands_of_markers_are_drawn_as_some_flags(
    qtbot: QtBot, open_page: OpenPage, folder: Path
) -> None:
    made = write_session(folder / "a", 20)
    rows = [f"{k * 6e-5:.6f},m{k}" for k in range(9000)]
    (made / "markers.csv").write_text("\n".join(["t,name", "5000,far", "-9,before", *rows, ""]))
    page = open_page(folder)
    show(qtbot, page, made)
    page.grab()
    assert page.viewer.markers.model.rowCount() == 9002
    assert 100 < len(page.viewer.time.rates._flags) <= 201


def test_a_wave_of_ten_thousand_samples_a_second_is_drawn_thinned(
    qtbot: QtBot, open_page: OpenPage, folder: Path
) -> None:
    made = write_session(folder / "a", 20)
    rows = [f"{k * 1e-4:.4f},{k % 7}" for k in range(60_000)]
    (made / "bvp.csv").write_text("\n".join(["t,bvp", *rows, ""]))
    page = open_page(folder)
    show(qtbot, page, made)
    assert page.viewer.session is not None
    assert len(page.viewer.session.bvp) == 60_000
    drawn = [len(line.getData()[0]) for line in page.viewer.time.wave._lines.values()]
    assert 1000 < max(drawn) < 5000
