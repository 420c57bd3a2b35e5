from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from aimanet.estimate import PulseConfig
from aimanet.pulse import bandpass
from aimanet.sessions.info import SessionInfo
from aimanet.sessions.layout import REFERENCE
from aimanet.sessions.reader import open_session
from aimanet.sessions.reference import compare_reference, remove_reference
from aimanet.sessions.writer import SessionWriter
from aimanet.types import Frame, Reading, State
from app.review.page import SessionsPage
from app.review.reference_dialog import ReferenceDialog
from tests.app.conftest import PATIENCE_MS, DialogWatch
from tests.app.review.conftest import OpenPage, said, show

SHIFT_S = 7.3
"""The sensor was started so much before the camera."""
SECONDS, FS = 70, 30.0


def wave(t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A pulse whose rate wanders, so that only one shift fits, and the rate (BPM)."""
    hz = 1.15 + 0.12 * np.sin(t / 7.0) + 0.05 * np.sin(t / 2.3)
    phase = 2 * np.pi * np.cumsum(hz) * (t[1] - t[0])
    return np.sin(phase) + 0.3 * np.sin(2 * phase + 0.5), 60 * hz


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A session whose curve is a real pulse, filtered as live, and the sensor's file beside it."""
    folder = tmp_path_factory.mktemp("measured")
    t = np.arange(0, SECONDS, 1 / FS)
    pulse, bpm = wave(t)
    band = PulseConfig()
    live = bandpass(pulse, FS, band.low_bpm / 60, band.high_bpm / 60).astype(np.float32)
    head = SessionInfo(kept="none", fps=FS, method="pos", name="Measured", window_s=10.0)
    image = np.zeros((2, 2, 3), np.uint8)
    with SessionWriter(folder / "sessions" / "m", head) as writer:
        for i in range(len(t)):
            writer.frame(Frame(i, float(t[i]), image))
            if i >= 300 and i % 10 == 9:
                hr = float(bpm[i - 300 : i].mean()) + 1.5
                curve = slice(max(0, i - 100), i + 1)
                reading = Reading(float(t[i]), hr, 5.0, State.OK, 0.8, t[curve], live[curve])
                writer.reading(reading)
    sensor = [
        f"{1000 * (a + SHIFT_S):.1f};{500 + 80 * v:.3f}" for a, v in zip(t, pulse, strict=True)
    ]
    (folder / "sensor.csv").write_text("\n".join(["time [ms];pleth", *sensor]) + "\n")
    return folder


def ask(qtbot: QtBot, page: SessionsPage, folder: Path) -> ReferenceDialog:
    show(qtbot, page, folder)
    page.viewer.head.reference.click()
    assert isinstance(page.commands.dialog, ReferenceDialog)
    return page.commands.dialog


def found(qtbot: QtBot, dialog: ReferenceDialog, path: Path) -> None:
    dialog.open_file(str(path))
    qtbot.waitUntil(lambda: dialog.save.isEnabled(), timeout=PATIENCE_MS)


def test_a_sensor_is_found_saved_compared_and_removed(
    qtbot: QtBot, open_page: OpenPage, measured: Path, dialogs: DialogWatch
) -> None:
    dialogs.expected.add("ReferenceDialog")
    page = open_page(measured / "sessions")
    dialog = ask(qtbot, page, measured / "sessions" / "m")
    assert not dialog.save.isEnabled()
    found(qtbot, dialog, measured / "sensor.csv")
    form = dialog.form
    assert form.preview.item(0, 0).text() == f"{1000 * SHIFT_S:.1f}"
    assert form.columns["time"].currentText() == "time [ms]"
    assert form.columns["ppg"].currentText() == "pleth"
    assert form.units["time"].currentText() == "ms"
    assert dialog.offset.value() == pytest.approx(-SHIFT_S, abs=0.05)
    assert "correlation 1.00" in dialog.told.text()
    assert set(dialog.wave._lines) == {"Session", "Sensor"}
    dialog.save.click()
    viewer = page.viewer
    qtbot.waitUntil(lambda: not page.busy and viewer._compared is not None, timeout=PATIENCE_MS)
    expected = compare_reference(open_session(measured / "sessions" / "m"))
    assert expected.mae_bpm == pytest.approx(1.5, abs=0.5)
    assert viewer.reference.numbers["MAE"].text() == f"{expected.mae_bpm:.1f}"
    assert viewer.reference.numbers["RMSE"].text() == f"{expected.rmse_bpm:.1f}"
    assert viewer.reference.numbers["Pearson"].text() == f"{expected.pearson:.2f}"
    assert viewer.time.errors.isVisible()
    assert {"Recorded", "Sensor"} <= set(viewer.time.rates._lines) & set(viewer.time.wave._lines)
    assert not viewer.reference.plot.is_empty
    assert page.list.model.entries[0].has_reference
    viewer.head.forget.trigger()
    qtbot.waitUntil(lambda: not page.busy and viewer._compared is None, timeout=PATIENCE_MS)
    assert not (measured / "sessions" / "m" / REFERENCE).exists()
    assert not viewer.time.errors.isVisible()
    assert set(viewer.time.rates._lines) == {"Recorded"}


def test_the_offset_is_corrected_by_hand_and_judged(
    qtbot: QtBot, open_page: OpenPage, measured: Path, dialogs: DialogWatch
) -> None:
    dialogs.expected.add("ReferenceDialog")
    page = open_page(measured / "sessions")
    dialog = ask(qtbot, page, measured / "sessions" / "m")
    found(qtbot, dialog, measured / "sensor.csv")
    before = dialog.offset.value()
    line = dialog.wave._lines["Sensor"].getData()[0].copy()
    dialog.slider.setValue(350)
    assert dialog.offset.value() == pytest.approx(before + 0.35)
    assert dialog.slider.value() == 0
    assert not np.array_equal(dialog.wave._lines["Sensor"].getData()[0], line)
    qtbot.waitUntil(lambda: "correlation" in dialog.told.text(), timeout=PATIENCE_MS)
    assert "by hand" in dialog.told.text()
    dialog.again.click()
    qtbot.waitUntil(lambda: dialog.save.isEnabled(), timeout=PATIENCE_MS)
    assert dialog.offset.value() == pytest.approx(before)
    dialog.activateWindow()
    dialog.offset.setFocus()
    dialog.offset.selectAll()
    qtbot.keyClicks(dialog.offset, "-1.25")
    qtbot.keyClick(dialog.offset, Qt.Key.Key_Return)
    assert dialog.offset.value() == -1.25
    assert page.commands.dialog is dialog  # neither saved nor asked for another file
    dialog.reject()
    assert not (measured / "sessions" / "m" / REFERENCE).exists()


WIDE = "beta of the left index finger, raw"
"""A title wider than a column of a table usually is."""


def test_columns_are_mapped_by_hand(
    qtbot: QtBot, open_page: OpenPage, measured: Path, dialogs: DialogWatch, tmp_path: Path
) -> None:
    dialogs.expected.add("ReferenceDialog")
    text = (measured / "sensor.csv").read_text().replace("time [ms];pleth", f"alpha;{WIDE}")
    (tmp_path / "odd.csv").write_text(text)
    page = open_page(measured / "sessions")
    dialog = ask(qtbot, page, measured / "sessions" / "m")
    dialog.open_file(str(tmp_path / "odd.csv"))
    qtbot.waitUntil(lambda: not page.jobs.busy, timeout=PATIENCE_MS)
    form = dialog.form
    header = form.preview.horizontalHeader()
    assert all(header.sectionSize(k) >= header.sectionSizeHint(k) for k in range(header.count()))
    for role, words in {"time": "alpha", "ppg": "–", "ecg": "–", "hr": "–", "ibi": "–"}.items():
        form.columns[role].setCurrentIndex(form.columns[role].findText(words))
    form.columns["ibi"].activated.emit(0)
    qtbot.waitUntil(lambda: "which column" in dialog.told.text(), timeout=PATIENCE_MS)
    assert not dialog.save.isEnabled()
    form.columns["ppg"].setCurrentIndex(form.columns["ppg"].findText(WIDE))
    form.units["time"].setCurrentIndex(form.units["time"].findData("ms"))
    form.columns["ppg"].activated.emit(0)
    qtbot.waitUntil(lambda: dialog.save.isEnabled(), timeout=PATIENCE_MS)
    assert dialog.offset.value() == pytest.approx(-SHIFT_S, abs=0.05)
    dialog.reject()


def oximeter(path: Path, *columns: int) -> Path:
    """A finger oximeter's file without a header, a row a second.

    Its clock is half an hour off: whole hours would be taken for another time zone.
    """
    start = datetime.now() + timedelta(minutes=30)
    times = [(start + timedelta(seconds=s)).strftime("%H:%M:%S") for s in range(60)]
    rows = [t + "".join(f",{c + s % 3}" for c in columns) for s, t in enumerate(times)]
    path.write_text("\n".join(rows) + "\n")
    return path


def test_which_of_two_columns_it_is_is_asked(
    qtbot: QtBot, open_page: OpenPage, measured: Path, dialogs: DialogWatch, tmp_path: Path
) -> None:
    dialogs.expected.add("ReferenceDialog")
    page = open_page(measured / "sessions")
    dialog = ask(qtbot, page, measured / "sessions" / "m")
    dialog.open_file(str(oximeter(tmp_path / "bare.csv", 66, 110)))
    qtbot.waitUntil(lambda: dialog.answers.open, timeout=PATIENCE_MS)
    question = "Which column holds heart rates: “column 2” (66, 67, 68 …) or “column 3” (110, 111"
    assert question in dialog.told.text()
    assert [button.text() for button in dialog.answers.buttons] == ["column 2", "column 3"]
    assert not dialog.save.isEnabled()
    where = dialog.save.pos()
    qtbot.mouseClick(dialog.answers.buttons[0], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.save.isEnabled(), timeout=PATIENCE_MS)
    assert dialog.form.columns["hr"].currentText() == "column 2"
    assert "Heart rate: column 2 · time: column 1 · 60 values, 1 a second" in (
        dialog.understood.text()
    )
    assert dialog.save.pos() == where
    assert not dialog.answers.open
    dialog.reject()


@pytest.mark.parametrize("answer", [1, 0])
def test_a_sensor_that_disagrees_with_the_camera_is_kept_with_a_yes_only(
    qtbot: QtBot,
    open_page: OpenPage,
    measured: Path,
    dialogs: DialogWatch,
    tmp_path: Path,
    answer: int,
) -> None:
    dialogs.expected.add("ReferenceDialog")
    page = open_page(measured / "sessions")
    dialog = ask(qtbot, page, measured / "sessions" / "m")
    lines = oximeter(tmp_path / "bare.csv", 96, 71).read_text()
    (tmp_path / "named.csv").write_text("time,HR,x\n" + lines)
    found(qtbot, dialog, tmp_path / "named.csv")
    qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.answers.open, timeout=PATIENCE_MS)
    assert "this sensor 97 at the same time" in dialog.told.text()
    assert not (measured / "sessions" / "m" / REFERENCE).exists()
    assert not dialog.save.isEnabled()
    qtbot.mouseClick(dialog.answers.buttons[answer], Qt.MouseButton.LeftButton)
    if answer == 0:
        qtbot.waitUntil(lambda: page.commands.dialog is not dialog, timeout=PATIENCE_MS)
        qtbot.waitUntil(lambda: not page.busy, timeout=PATIENCE_MS)
        assert remove_reference(measured / "sessions" / "m")
    else:
        assert dialog.save.isEnabled()
        assert not (measured / "sessions" / "m" / REFERENCE).exists()
        dialog.reject()


def test_a_file_that_is_none_is_told_and_another_can_be_chosen(
    qtbot: QtBot, open_page: OpenPage, measured: Path, dialogs: DialogWatch, tmp_path: Path
) -> None:
    dialogs.expected.add("ReferenceDialog")
    (tmp_path / "letter.csv").write_text("Dear all,\nno numbers here\n")
    page = open_page(measured / "sessions")
    dialog = ask(qtbot, page, measured / "sessions" / "m")
    dialog.open_file(str(tmp_path / "letter.csv"))
    qtbot.waitUntil(lambda: not page.jobs.busy, timeout=PATIENCE_MS)
    assert "letter.csv" in dialog.told.text()
    assert not dialog.save.isEnabled()
    found(qtbot, dialog, measured / "sensor.csv")
    dialog.reject()
    assert not page.banners.topics


def test_a_reference_by_hand_that_is_rubbish_is_a_banner(
    qtbot: QtBot, open_page: OpenPage, two: Path
) -> None:
    (two / "a" / REFERENCE).write_text("t,ppg\nnow,red\n1.0,\n")
    page = open_page(two)
    show(qtbot, page, two / "a")
    assert REFERENCE in said(page, "session")
    qtbot.waitUntil(lambda: not page.jobs.busy, timeout=PATIENCE_MS)
    qtbot.mouseClick(page.viewer.time.bar, Qt.MouseButton.LeftButton, pos=QPoint(200, 26))
    assert page.viewer.is_open
