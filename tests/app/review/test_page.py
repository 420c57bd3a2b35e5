from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from aimanet.sessions.info import SessionInfo
from aimanet.sessions.layout import HEAD, VIDEO
from aimanet.sessions.reader import open_session
from aimanet.sessions.writer import SessionWriter
from app.look import LIGHT
from app.review.dialogs import DeleteDialog, DetailsDialog
from app.review.page import SessionsPage
from tests.aimanet.sessions.recordings import fill, image, write_session
from tests.app.conftest import PATIENCE_MS, DialogWatch
from tests.app.review.conftest import OpenPage, names, said, show


def idle(qtbot: QtBot, page: SessionsPage) -> None:
    qtbot.waitUntil(lambda: not page.jobs.busy, timeout=PATIENCE_MS)


def shows(page: SessionsPage, row: int, number: int) -> bool:
    """The picture on the screen is that of row ``row``, which shows image ``number``."""
    picture = page.viewer.video.picture
    return picture is not None and np.array_equal(picture.image, image(number))


def test_the_page_is_there_before_scipys_filters_are(repository: Path) -> None:
    """They take a second and more, in which the live picture would stand still."""
    code = (
        "import sys, app.review.page\n"
        "print([m for m in ('scipy.signal', 'scipy.interpolate', 'torch') if m in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"


def test_the_list_tells_what_is_there(open_page: OpenPage, two: Path) -> None:
    page = open_page(two)
    assert sorted(names(page)) == ["Evening", "Morning"]
    row = page.list.filter.index(names(page).index("Morning"), 0).row()
    cells = [page.list.filter.index(row, column).data() for column in range(9)]
    assert cells[2:4] == ["0:02", "76"]
    assert cells[4] == "100%"
    assert cells[5:7] == ["P-07", "by the window"]
    assert cells[8] == "Complete"


def test_the_keys_work_at_once(qtbot: QtBot, open_page: OpenPage, two: Path) -> None:
    page = open_page(two)
    assert page.focusWidget() is page.list.table
    qtbot.keyClick(page.list.table, Qt.Key.Key_Down)
    qtbot.keyClick(page.list.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.stack.currentWidget() is page.viewer, timeout=PATIENCE_MS)


@pytest.mark.parametrize("key", [Qt.Key.Key_Down, Qt.Key.Key_Up])
def test_the_first_arrow_chooses_the_first_row(
    qtbot: QtBot, open_page: OpenPage, folder: Path, key: Qt.Key
) -> None:
    """Also the only one: the table has a current row as soon as it has the keyboard."""
    write_session(folder / "a", name="Morning")
    page = open_page(folder)
    page.list.table.setCurrentIndex(page.list.filter.index(0, 0))
    page.list.table.clearSelection()
    qtbot.keyClick(page.list.table, key)
    assert page.list.selected_folders() == [folder / "a"]
    qtbot.keyClick(page.list.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.viewer.is_open, timeout=PATIENCE_MS)


def test_a_very_long_word_does_not_widen_what_is_known_of_a_session(
    qtbot: QtBot, open_page: OpenPage, folder: Path
) -> None:
    write_session(folder / "a", participant="P" + 200 * "o", notes="short words " * 30)
    page = open_page(folder)
    show(qtbot, page, folder / "a")
    about = page.viewer.about
    assert not about.horizontalScrollBar().maximum()
    assert "…" in about.facts["Participant"].text()
    assert about.facts["Participant"].toolTip() == "P" + 200 * "o"
    assert "…" not in about.facts["Notes"].text()


@pytest.mark.parametrize(
    ("sought", "found"),
    [("morn", ["Morning"]), ("p-12", ["Evening"]), ("TIRED", ["Evening"]), ("window p-12", [])],
)
def test_a_search_looks_into_names_participants_and_notes(
    open_page: OpenPage, two: Path, sought: str, found: list[str]
) -> None:
    page = open_page(two)
    page.list.search.setText(sought)
    assert names(page) == found
    if not found:
        assert sought in page.list.empty.title
        page.list.empty.button.click()
        assert len(names(page)) == 2


def test_without_sessions_calm_words_say_where_they_will_be(
    open_page: OpenPage, folder: Path
) -> None:
    page = open_page(folder / "not there yet")
    assert page.list.empty.isVisible()
    assert page.list.empty.title == "No sessions yet"
    assert str(folder / "not there yet") in page.list.empty.accessibleName()
    assert not page.banners.topics


@pytest.mark.parametrize("long", ["not there yet", "x" * 200])
def test_all_of_the_words_in_an_empty_list_are_seen(
    open_page: OpenPage, folder: Path, long: str
) -> None:
    page = open_page(folder / long / "last")
    text = page.list.empty.findChildren(QLabel)[2]
    assert text.text().endswith("last")
    assert text.height() >= text.heightForWidth(text.width())
    widest = max(text.text().split(), key=text.fontMetrics().horizontalAdvance)
    assert text.fontMetrics().horizontalAdvance(widest) <= text.width()


def test_a_folder_that_cannot_be_read_is_a_banner(open_page: OpenPage, folder: Path) -> None:
    (folder / "file").write_text("x")
    page = open_page(folder / "file")
    assert "file" in said(page, "list")


def test_hundreds_of_sessions_come_from_a_thread(
    qtbot: QtBot, open_page: OpenPage, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_session(folder / "s000", count=3, kept="none")
    for number in range(1, 300):
        shutil.copytree(folder / "s000", folder / f"s{number:03d}")
    asked: list[threading.Thread] = []
    real = Path.iterdir
    monkeypatch.setattr(
        Path, "iterdir", lambda path: [asked.append(threading.current_thread()), real(path)][1]
    )
    page = open_page(folder)
    assert len(names(page)) == 300
    assert asked
    assert threading.main_thread() not in asked
    page.list.search.setText("s29")
    assert len(names(page)) == 10  # by their folders


def test_bad_sessions_are_listed_with_their_problem(
    qtbot: QtBot, open_page: OpenPage, two: Path
) -> None:
    newer = write_session(two / "newer", count=3, kept="none")
    (newer / HEAD).write_text(json.dumps({"format": "aimanet-session-9"}))
    half = write_session(two / "half", count=3, kept="none")
    (half / HEAD).write_text('{"format": "aimanet-ses')
    page = open_page(two)
    assert sorted(names(page)) == ["Evening", "Morning", "half", "newer"]
    row = names(page).index("newer")
    assert page.list.filter.index(row, 8).data() == "Cannot open"
    assert "update AimaNet" in page.list.filter.index(row, 6).data()
    page.open(newer)
    qtbot.waitUntil(lambda: bool(said(page, "open")), timeout=PATIENCE_MS)
    assert "update AimaNet" in said(page, "open")
    assert page.stack.currentWidget() is page.list
    show(qtbot, page, two / "a")
    assert "open" not in page.banners.topics


def test_an_interrupted_session_says_so_and_opens(
    qtbot: QtBot, open_page: OpenPage, two: Path
) -> None:
    head = json.loads((two / "a" / HEAD).read_text())
    head.update(ended=None, duration_s=None)
    (two / "a" / HEAD).write_text(json.dumps(head))
    page = open_page(two)
    assert page.list.filter.index(names(page).index("Morning"), 8).data() == "Interrupted"
    show(qtbot, page, two / "a")
    assert "interrupted" in said(page, "session")
    qtbot.waitUntil(lambda: shows(page, 0, 0), timeout=PATIENCE_MS)


def test_opening_shows_the_first_picture_and_steps_by_frames(
    qtbot: QtBot, open_page: OpenPage, two: Path
) -> None:
    page = open_page(two)
    show(qtbot, page, two / "a")
    viewer, frames_t = page.viewer, open_session(two / "a").frames.t
    qtbot.waitUntil(lambda: shows(page, 0, 0), timeout=PATIENCE_MS)
    qtbot.keyClick(viewer.time.bar, Qt.Key.Key_Right)
    qtbot.keyClick(viewer.time.bar, Qt.Key.Key_Right)
    assert viewer.time.playhead.t == frames_t[2]
    qtbot.waitUntil(lambda: shows(page, 2, 2), timeout=PATIENCE_MS)
    qtbot.keyClick(viewer.time.bar, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: shows(page, 1, 1), timeout=PATIENCE_MS)
    qtbot.keyClick(viewer.time.bar, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: shows(page, 59, 59), timeout=PATIENCE_MS)
    assert viewer.time.bar.value() == round(1000 * frames_t[-1])


def test_one_click_moves_video_plots_and_slider_together(
    qtbot: QtBot, open_page: OpenPage, two: Path
) -> None:
    page = open_page(two)
    show(qtbot, page, two / "a")
    time = page.viewer.time
    bar = time.bar
    qtbot.mouseClick(
        bar, Qt.MouseButton.LeftButton, pos=QPoint(round(bar.x_of(1.0)), bar.height() - 8)
    )
    t = time.playhead.t
    assert abs(t - 1.0) < 0.02
    assert time.rates._cursor.value() == time.wave._cursor.value() == t
    row = int(np.searchsorted(open_session(two / "a").frames.t, t, "right")) - 1
    qtbot.waitUntil(lambda: shows(page, row, row), timeout=PATIENCE_MS)
    place = time.rates.graph.mapTo(time.rates, time.rates.graph.rect().center())
    qtbot.mouseClick(time.rates, Qt.MouseButton.LeftButton, pos=place)
    assert time.playhead.t == pytest.approx(time.rates.time_at(place.toPointF()))


def test_a_flag_and_a_row_jump_to_their_marker(
    qtbot: QtBot, open_page: OpenPage, two: Path
) -> None:
    page = open_page(two)
    show(qtbot, page, two / "a")
    viewer = page.viewer
    bar = viewer.time.bar
    flag = QPoint(round(bar.x_of(0.5)) + 3, bar.height() - 26)
    assert bar.marker_at(flag.toPointF()).name == 'stood up, "quickly"'
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=flag)
    assert viewer.time.playhead.t == 0.5
    viewer.time.playhead.seek(0.0)
    viewer.tabs.setCurrentWidget(viewer.markers)
    row = viewer.markers.table.visualRect(viewer.markers.model.index(0, 1)).center()
    qtbot.mouseClick(viewer.markers.table.viewport(), Qt.MouseButton.LeftButton, pos=row)
    assert viewer.time.playhead.t == 0.5
    viewer.time.playhead.seek(1.5)
    qtbot.keyClick(bar, Qt.Key.Key_PageUp)
    assert viewer.time.playhead.t == 0.5


def test_space_plays_in_real_time_to_the_end(qtbot: QtBot, open_page: OpenPage, two: Path) -> None:
    write_session(two / "c", count=24)
    page = open_page(two)
    show(qtbot, page, two / "c")
    playhead = page.viewer.time.playhead
    moments: list[float] = []
    playhead.moved.connect(moments.append)
    qtbot.keyClick(page.viewer.time.bar, Qt.Key.Key_Space)
    assert playhead.playing
    qtbot.waitUntil(lambda: not playhead.playing, timeout=PATIENCE_MS)
    assert moments == sorted(moments)
    assert moments[-1] == playhead.duration_s
    qtbot.waitUntil(lambda: shows(page, 23, 23), timeout=PATIENCE_MS)


def test_without_video_the_plots_remain(qtbot: QtBot, open_page: OpenPage, two: Path) -> None:
    page = open_page(two)
    show(qtbot, page, two / "b")
    viewer = page.viewer
    assert viewer.video.words == "No video was kept"
    assert not viewer.stage.busy
    assert not viewer.head.play.isEnabled()
    assert not viewer.compare.run.isEnabled()
    assert not viewer.time.rates.is_empty
    viewer.time.playhead.seek(1.0)
    assert viewer.time.wave.range[0] <= 1.0 <= viewer.time.wave.range[1]


def test_a_missing_and_a_broken_video_are_told(
    qtbot: QtBot, open_page: OpenPage, two: Path
) -> None:
    write_session(two / "c", count=12)
    (two / "a" / VIDEO).unlink()
    (two / "c" / VIDEO).write_bytes(b"not a film")
    page = open_page(two)
    show(qtbot, page, two / "a")
    assert page.viewer.video.words == "The video is missing"
    assert VIDEO in said(page, "session")
    page.viewer.close_session()
    show(qtbot, page, two / "c")
    qtbot.waitUntil(lambda: bool(said(page, "video")), timeout=PATIENCE_MS)
    assert page.viewer.is_open


def test_names_are_typed_over_in_the_list(qtbot: QtBot, open_page: OpenPage, two: Path) -> None:
    page = open_page(two)
    page.list.select(two / "a")
    qtbot.keyClick(page.list.table, Qt.Key.Key_F2)
    editor = QApplication.focusWidget() or page.list.table.findChild(type(page.list.search))
    editor = page.list.table.viewport().findChild(type(page.list.search)) or editor
    editor.setText("  Before   breakfast ")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "Before breakfast" in names(page), timeout=PATIENCE_MS)
    assert open_session(two / "a").info.name == "Before breakfast"


def test_details_are_edited_in_the_open_session(
    qtbot: QtBot, open_page: OpenPage, two: Path, dialogs: DialogWatch
) -> None:
    dialogs.expected.add("DetailsDialog")
    page = open_page(two)
    show(qtbot, page, two / "a")
    page.viewer.head.edit.trigger()
    dialog = page.commands.dialog
    assert isinstance(dialog, DetailsDialog)
    dialog.name.clear()
    assert not dialog.save.isEnabled()
    dialog.name.setText("Rest")
    dialog.notes.setPlainText("two\nlines")
    dialog.save.click()
    idle(qtbot, page)
    assert page.commands.dialog is None
    info = open_session(two / "a").info
    assert (info.name, info.participant, info.notes) == ("Rest", "P-07", "two\nlines")
    assert page.viewer.head.name.text() == "Rest"
    assert page.viewer.session.info.name == "Rest"
    assert page.viewer.about.facts["Notes"].text() == "two\nlines"
    assert "Rest" in names(page)


def test_a_name_of_one_long_word_is_not_cut_off_by_its_dialog(
    qtbot: QtBot, open_page: OpenPage, folder: Path, dialogs: DialogWatch
) -> None:
    dialogs.expected.add("DeleteDialog")
    write_session(folder / "a", name=200 * "W")
    page = open_page(folder)
    page.list.select(folder / "a")
    qtbot.keyClick(page.list.table, Qt.Key.Key_Delete)
    assert isinstance(page.commands.dialog, DeleteDialog)
    assert page.commands.dialog.minimumSizeHint().width() < 1000
    page.commands.dialog.keep.click()
    idle(qtbot, page)


def test_deleting_asks_and_says_what_is_lost(
    qtbot: QtBot, open_page: OpenPage, two: Path, dialogs: DialogWatch
) -> None:
    dialogs.expected.add("DeleteDialog")
    page = open_page(two)
    page.list.select(two / "a")
    qtbot.keyClick(page.list.table, Qt.Key.Key_Delete)
    dialog = page.commands.dialog
    assert isinstance(dialog, DeleteDialog)
    assert "This deletes the video, pulse wave" in dialog.told.text()
    dialog.keep.click()
    idle(qtbot, page)
    assert (two / "a").exists()
    qtbot.keyClick(page.list.table, Qt.Key.Key_Delete)
    page.commands.dialog.delete.click()
    qtbot.waitUntil(lambda: names(page) == ["Evening"], timeout=PATIENCE_MS)
    assert not (two / "a").exists()


def test_deleting_the_open_session_closes_it_first(
    qtbot: QtBot, open_page: OpenPage, two: Path, dialogs: DialogWatch
) -> None:
    dialogs.expected.add("DeleteDialog")
    page = open_page(two)
    show(qtbot, page, two / "a")
    page.viewer.head.delete.trigger()
    page.commands.dialog.delete.click()
    assert not page.viewer.is_open
    assert page.stack.currentWidget() is page.list
    qtbot.waitUntil(lambda: names(page) == ["Evening"], timeout=PATIENCE_MS)
    assert not (two / "a").exists()
    assert not page.banners.topics


def test_a_session_that_is_recorded_or_played_is_not_deleted(
    qtbot: QtBot, open_page: OpenPage, two: Path
) -> None:
    with SessionWriter(two / "now", SessionInfo(kept="none", name="Now")) as writer:
        fill(writer, 5)
        page = open_page(two)
        assert page.list.filter.index(names(page).index("Now"), 8).data() == "Recording now"
        page.list.select(two / "now")
        qtbot.keyClick(page.list.table, Qt.Key.Key_Delete)
        assert "being recorded" in said(page, "delete")
        assert page.commands.dialog is None
    page.set_in_use([two / "a"])
    page.list.select(two / "a")
    qtbot.keyClick(page.list.table, Qt.Key.Key_Delete)
    assert "played live" in said(page, "delete")
    assert (two / "a").exists()


def test_a_session_open_in_another_window_is_not_deleted(
    qtbot: QtBot, open_page: OpenPage, two: Path, dialogs: DialogWatch
) -> None:
    dialogs.expected.add("DeleteDialog")
    other, page = open_page(two), open_page(two)
    show(qtbot, other, two / "a")
    page.list.select(two / "a")
    qtbot.keyClick(page.list.table, Qt.Key.Key_Delete)
    page.commands.dialog.delete.click()
    qtbot.waitUntil(lambda: "another window" in said(page, "delete"), timeout=PATIENCE_MS)
    assert (two / "a").exists()
    other.close_session()
    idle(qtbot, page)
    page.list.select(two / "a")
    qtbot.keyClick(page.list.table, Qt.Key.Key_Delete)
    page.commands.dialog.delete.click()
    qtbot.waitUntil(lambda: names(page) == ["Evening"], timeout=PATIENCE_MS)


def test_play_live_asks_for_the_session_as_a_source(
    qtbot: QtBot, open_page: OpenPage, two: Path
) -> None:
    page = open_page(two)
    show(qtbot, page, two / "a")
    with qtbot.waitSignal(page.play_requested) as asked:
        page.viewer.head.play.click()
    assert asked.args == [f"session:{two / 'a'}"]


def test_closing_down_joins_whatever_runs(open_page: OpenPage, two: Path, qtbot: QtBot) -> None:
    page = open_page(two)
    show(qtbot, page, two / "a")
    page.viewer.time.playhead.play()
    page.refresh()
    assert page.busy
    page.close_down()
    assert not page.busy
    page.open(two / "a")
    page.refresh()
    assert not page.busy


def test_light_and_small_fit_too(qtbot: QtBot, open_page: OpenPage, two: Path) -> None:
    page = open_page(two)
    show(qtbot, page, two / "a")
    page.apply_look(LIGHT)
    page.resize(970, 560)
    assert page.minimumSizeHint().width() <= 970
    assert page.minimumSizeHint().height() <= 560
