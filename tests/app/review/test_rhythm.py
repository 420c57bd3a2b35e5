"""PRV and breathing beside an open session."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.look import LIGHT
from tests.aimanet.rhythm.sessions import write_heart
from tests.aimanet.rhythm.waves import Heart
from tests.app.conftest import PATIENCE_MS
from tests.app.review.conftest import OpenPage, show


def numbers(page) -> list[str]:
    return [label.text() for label in page.viewer.about.rhythm.numbers.values()]


def opened(qtbot: QtBot, open_page: OpenPage, folder: Path, name: str):
    page = open_page(folder)
    show(qtbot, page, folder / name)
    qtbot.waitUntil(lambda: not page.jobs.busy, timeout=PATIENCE_MS)
    return page


def test_a_minute_of_good_signal_shows_its_figures(
    qtbot: QtBot, open_page: OpenPage, folder: Path
) -> None:
    pytest.importorskip("neurokit2")
    write_heart(folder / "minute", Heart(sway_s=0.04), 80.0)
    page = opened(qtbot, open_page, folder, "minute")
    rmssd, sdnn, used, breaths = numbers(page)
    assert 45 < float(rmssd.removesuffix(" ms")) < 60
    assert 40 < float(sdnn.removesuffix(" ms")) < 50
    assert (used, breaths) == ("100%", "15 /min")
    assert "intervals over 1:1" in page.viewer.about.rhythm.told.text()


def test_what_is_too_short_says_so_and_nothing_jumps(
    qtbot: QtBot, open_page: OpenPage, folder: Path
) -> None:
    write_heart(folder / "short", Heart(), 30.0)
    page = open_page(folder)
    show(qtbot, page, folder / "short")
    panel = page.viewer.about.rhythm
    QApplication.processEvents()
    before = panel.height()
    qtbot.waitUntil(lambda: not page.jobs.busy, timeout=PATIENCE_MS)
    assert numbers(page) == ["–"] * 4
    assert "PRV: needs a minute of good signal, has 28 s." in panel.told.text()
    assert "Breathing rate: needs 40 s" in panel.told.text()
    QApplication.processEvents()
    assert panel.height() == before
    page.apply_look(LIGHT)


def test_without_the_extra_it_says_how_to_get_it(
    qtbot: QtBot, open_page: OpenPage, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "neurokit2", None)
    write_heart(folder / "minute", Heart(), 80.0)
    page = opened(qtbot, open_page, folder, "minute")
    assert numbers(page) == ["–", "–", "–", "15 /min"]
    assert "NeuroKit2 is needed: pip install neurokit2" in page.viewer.about.rhythm.told.text()


def test_leaving_a_session_while_its_beats_are_read_is_quiet(
    qtbot: QtBot, open_page: OpenPage, folder: Path
) -> None:
    write_heart(folder / "minute", Heart(), 80.0)
    page = open_page(folder)
    show(qtbot, page, folder / "minute")
    page.close_session()
    qtbot.waitUntil(lambda: not page.jobs.busy, timeout=PATIENCE_MS)
    assert page.viewer.about.rhythm.told.text() == "Reading the beats…"
