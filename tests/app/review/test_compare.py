from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from aimanet.commands.record import Options as RecordOptions
from aimanet.commands.record import run as record
from aimanet.methods import make_method
from aimanet.sessions.analyses import KeptAnalysis, Origin, save_analysis
from aimanet.sessions.analysis import compare, reanalyse, recorded
from aimanet.sessions.info import SessionInfo
from aimanet.sessions.reader import RecordedReading, open_session
from aimanet.sessions.writer import SessionWriter
from aimanet.types import FaceCrop, Frame, State
from app.review.page import SessionsPage
from tests.app.conftest import PATIENCE_MS, DialogWatch
from tests.app.review.conftest import OpenPage, said, show

SECONDS, HR_BPM = 12, 84.0


def skin(t: float) -> np.ndarray:
    """A face that pulses."""
    pulse = np.sin(2 * np.pi * HR_BPM / 60 * t)
    grain = np.random.default_rng(int(30 * t)).normal(0, 1, (36, 36, 3))
    return np.clip(np.array([190, 140, 115]) + grain + pulse * np.array([0.6, 1.8, 1.0]), 0, 255)


@pytest.fixture
def pulsing(made: Path, tmp_path: Path) -> Path:
    """A copy, because analyses are kept in it."""
    return Path(shutil.copytree(made, tmp_path / "sessions" / "p"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A session that kept faces with a pulse, read by nobody on the day."""
    folder = tmp_path_factory.mktemp("pulsing") / "sessions" / "p"
    head = SessionInfo(kept="face", fps=30.0, method="green", name="Pulsing")
    with SessionWriter(folder, head) as writer:
        for i in range(30 * SECONDS):
            image = skin(i / 30).astype(np.uint8)
            crop = FaceCrop(i, i / 30, (0.0, 0.0, 36.0, 36.0), image)
            writer.frame(Frame(i, i / 30, image), crop)
    return folder


def run(qtbot: QtBot, page: SessionsPage, method: str) -> None:
    compare_panel = page.viewer.compare
    page.viewer.tabs.setCurrentWidget(compare_panel)
    compare_panel.method.setCurrentIndex(compare_panel.method.findData(method))
    qtbot.waitUntil(lambda: not compare_panel.guard.holding, timeout=PATIENCE_MS)
    qtbot.mouseClick(compare_panel.run, Qt.MouseButton.LeftButton)


def rows(page: SessionsPage) -> list[list[str]]:
    table = page.viewer.compare.table
    return [
        [table.item(row, column).text() for column in range(4)] for row in range(table.rowCount())
    ]


def test_analyses_stand_side_by_side(qtbot: QtBot, open_page: OpenPage, pulsing: Path) -> None:
    page = open_page(pulsing.parent)
    show(qtbot, page, pulsing)
    for number, method in enumerate(("pos", "green"), 2):
        run(qtbot, page, method)
        assert page.viewer.compare.cancel.isVisible()
        qtbot.waitUntil(lambda n=number: len(rows(page)) == n, timeout=PATIENCE_MS)
    assert [row[0] for row in rows(page)] == ["Recorded", "POS", "GREEN"]
    again = list(reanalyse(open_session(pulsing), make_method("pos")))
    expected = tuple(recorded(reading) for _, reading in again if reading is not None)
    assert page.viewer.analyses["POS"].readings == expected
    assert page.viewer.analyses["POS"].against == compare([], expected)
    assert page.viewer.analyses["POS"].hr_bpm == pytest.approx(HR_BPM, abs=2.0)
    assert rows(page)[1][1] == f"{page.viewer.analyses['POS'].hr_bpm:.1f}"
    assert set(page.viewer.time.rates._lines) == {"Recorded", "POS", "GREEN"}
    assert len(page.viewer.analyses["POS"].wave.t) > 30 * (SECONDS - 4)
    table = page.viewer.compare.table
    table.item(1, 0).setCheckState(Qt.CheckState.Unchecked)
    assert set(page.viewer.time.rates._lines) == {"Recorded", "GREEN"}
    table.selectRow(2)
    page.viewer.compare.remove.click()
    assert [row[0] for row in rows(page)] == ["Recorded", "POS"]


def test_an_analysis_is_there_again_when_the_session_is_opened_again(
    qtbot: QtBot, open_page: OpenPage, pulsing: Path
) -> None:
    page = open_page(pulsing.parent)
    show(qtbot, page, pulsing)
    for number, method in enumerate(("pos", "green"), 2):
        run(qtbot, page, method)
        qtbot.waitUntil(lambda n=number: len(rows(page)) == n, timeout=PATIENCE_MS)
    before, analysed = rows(page), page.viewer.analyses["POS"]
    page.close_session()
    show(qtbot, page, pulsing)
    assert sorted(rows(page)) == sorted(before)
    again = page.viewer.analyses["POS"]
    assert again.readings == analysed.readings
    assert np.allclose(again.wave.value, analysed.wave.value, rtol=1e-6)
    page.viewer.compare.table.selectRow([row[0] for row in rows(page)].index("POS"))
    page.viewer.compare.remove.click()
    qtbot.waitUntil(lambda: not page.jobs.busy, timeout=PATIENCE_MS)
    page.close_session()
    show(qtbot, page, pulsing)
    assert [row[0] for row in rows(page)] == ["Recorded", "GREEN"]


def test_many_analyses_with_long_names_do_not_widen_the_window(
    qtbot: QtBot, open_page: OpenPage, pulsing: Path
) -> None:
    for number in range(8):
        origin = Origin(name=f"{number} " + "x" * 900, method="pos")
        reading = RecordedReading(1.0, 60.0, 5.0, State.OK, 0.5)
        kept = KeptAnalysis(str(number), origin, (reading,), np.arange(2.0), np.zeros(2))
        save_analysis(pulsing, kept)
    page = open_page(pulsing.parent)
    show(qtbot, page, pulsing)
    assert len(rows(page)) == 9
    assert page.viewer.time.rates.note.endswith(" · 6 more")
    assert page.minimumSizeHint().width() <= 1100


def test_an_analysis_that_cannot_be_kept_is_shown_and_says_so(
    qtbot: QtBot, open_page: OpenPage, pulsing: Path
) -> None:
    (pulsing / "analyses").write_text("in the way")
    page = open_page(pulsing.parent)
    show(qtbot, page, pulsing)
    run(qtbot, page, "pos")
    qtbot.waitUntil(lambda: bool(said(page, "analysis")), timeout=PATIENCE_MS)
    assert "cannot keep the analysis" in said(page, "analysis").lower()
    assert [row[0] for row in rows(page)] == ["Recorded", "POS"]
    assert (pulsing / "analyses").read_text() == "in the way"


def test_an_analysis_can_be_cancelled(qtbot: QtBot, open_page: OpenPage, pulsing: Path) -> None:
    page = open_page(pulsing.parent)
    show(qtbot, page, pulsing)
    run(qtbot, page, "pos")
    page.viewer.compare.cancel.click()
    assert page.viewer.compare.run.isVisible()
    qtbot.waitUntil(lambda: not page.jobs.busy, timeout=PATIENCE_MS)
    assert len(rows(page)) == 1
    run(qtbot, page, "pos")
    qtbot.waitUntil(lambda: len(rows(page)) == 2, timeout=PATIENCE_MS)


def test_weights_that_are_none_are_a_banner_and_nothing_is_lost(
    qtbot: QtBot, open_page: OpenPage, pulsing: Path, tmp_path: Path, dialogs: DialogWatch
) -> None:
    dialogs.expected.add("QFileDialog")
    page = open_page(pulsing.parent)
    show(qtbot, page, pulsing)
    run(qtbot, page, "pos")
    qtbot.waitUntil(lambda: len(rows(page)) == 2, timeout=PATIENCE_MS)
    rubbish = tmp_path / "rubbish.safetensors"
    rubbish.write_bytes(b"no weights")
    run(qtbot, page, "other")
    chooser = page.viewer.compare.findChild(QFileDialog)
    chooser.fileSelected.emit(str(rubbish))
    chooser.reject()
    qtbot.waitUntil(lambda: bool(said(page, "analysis")), timeout=PATIENCE_MS)
    assert "rubbish" in said(page, "analysis")
    assert [row[0] for row in rows(page)] == ["Recorded", "POS"]
    assert page.viewer.compare.run.isVisible()


def test_leaving_while_it_runs_forgets_it(qtbot: QtBot, open_page: OpenPage, pulsing: Path) -> None:
    page = open_page(pulsing.parent)
    show(qtbot, page, pulsing)
    run(qtbot, page, "pos")
    qtbot.keyClick(page.viewer.time.bar, Qt.Key.Key_Escape)
    assert page.stack.currentWidget() is page.list
    qtbot.waitUntil(lambda: not page.busy, timeout=PATIENCE_MS)
    assert not page.viewer.analyses


@pytest.fixture
def both(tmp_path: Path, face_model: Path) -> Path:
    """A drawn face, kept with the whole picture beside it."""
    folder = tmp_path / "sessions" / "both"
    source = "synthetic:hr=72,seed=1,width=320,height=240"
    options = RecordOptions(
        source, str(folder), 8.0, "face+picture", "green", as_fast_as_possible=True, json=True
    )
    assert record(options) == 0
    return folder


def test_compressed_picture_can_be_read_beside_the_lossless_face(
    qtbot: QtBot, open_page: OpenPage, both: Path
) -> None:
    page = open_page(both.parent)
    show(qtbot, page, both)
    panel = page.viewer.compare
    run(qtbot, page, "green")
    qtbot.waitUntil(lambda: len(rows(page)) == 2, timeout=PATIENCE_MS)
    assert panel.whole.isVisible()
    panel.whole.click()
    run(qtbot, page, "green")
    qtbot.waitUntil(lambda: len(rows(page)) == 3, timeout=PATIENCE_MS)
    face, whole = (page.viewer.analyses[n] for n in ("GREEN", "GREEN · compressed picture"))
    session = page.viewer.session
    assert face.readings == session.readings, "the face gives the readings of the day"
    assert whole.readings != session.readings
    assert len(whole.readings) == len(session.readings)
    assert face.key != whole.key, "each is kept"


def test_session_without_a_compressed_picture_does_not_offer_it(
    qtbot: QtBot, open_page: OpenPage, pulsing: Path
) -> None:
    page = open_page(pulsing.parent)
    show(qtbot, page, pulsing)
    page.viewer.tabs.setCurrentWidget(page.viewer.compare)
    assert not page.viewer.compare.whole.isVisible()
