from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QLabel, QMenu
from pytestqt.qtbot import QtBot

from aimanet.types import State
from app.chooser import camera_specs
from app.engine import Phase
from app.main_window import MainWindow
from app.settings import Settings, SettingsStore
from app.widgets.about_dialog import AboutDialog
from app.widgets.source_picker import DEMO_SPEC
from app.widgets.url_dialog import UrlDialog
from tests.aimanet.sources.mjpeg_server import MjpegServer
from tests.aimanet.test_face import two_faces
from tests.app.conftest import PATIENCE_MS, DialogWatch, OpenWindow, running_threads, shut, wall
from tests.given_time import real_time


def phase(window: MainWindow) -> Phase:
    return window.conductor.engine.phase


def wait_for(qtbot: QtBot, window: MainWindow, wanted: Phase) -> None:
    qtbot.waitUntil(lambda: phase(window) is wanted, timeout=PATIENCE_MS)


def wait_for_pictures(qtbot: QtBot, window: MainWindow) -> None:
    before = window.body.video.picture
    qtbot.waitUntil(lambda: window.body.video.picture is not before, timeout=PATIENCE_MS)


def said(window: MainWindow, topic: str) -> str:
    banner = window.body.banners.banner(topic)
    return "" if banner is None else banner.text


def wait_until_said(qtbot: QtBot, window: MainWindow, topic: str) -> str:
    qtbot.waitUntil(lambda: bool(said(window, topic)), timeout=PATIENCE_MS)
    return said(window, topic)


# --- running --------------------------------------------------------------------------------


def test_a_file_plays_and_a_wall_has_no_number(
    qtbot: QtBot, open_window: OpenWindow, wall_video: Path, face_model: Path
) -> None:
    window = open_window(str(wall_video))
    bpm = window.body.bpm
    assert "Loading" in window.body.video.words
    wait_for_pictures(qtbot, window)
    qtbot.waitUntil(lambda: bpm.state_label.text() == "No face in view", timeout=PATIENCE_MS)
    assert bpm.number.text == "--"
    assert window.body.video.words == ""
    assert window.header.start.text() == "Stop"
    assert window.header.source.combo.currentText() == "wall.mp4"


def test_a_click_on_another_face_reads_it(
    qtbot: QtBot, open_window: OpenWindow, face_model: Path
) -> None:
    with MjpegServer(lambda number: two_faces(number / 30), fps=15) as camera:
        window = open_window(camera.url)
        view = window.body.video

        def middle() -> float:
            box = None if view.picture is None else view.picture.bbox
            return -1.0 if box is None else box[0] + box[2] / 2

        def others() -> tuple[tuple[float, ...], ...]:
            return () if view.picture is None else view.picture.others

        qtbot.waitUntil(lambda: len(others()) == 1, timeout=PATIENCE_MS)
        assert abs(middle() - 430) < 30
        x, y, w, h = others()[0]
        target = view.picture_rect()
        scale = target.width() / 640
        at = QPointF(target.left() + (x + w / 2) * scale, target.top() + (y + h / 2) * scale)
        assert view.other_face_at(at) is not None
        assert view.other_face_at(QPointF(target.center().x(), target.bottom() - 2)) is None
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=at.toPoint())
        qtbot.waitUntil(lambda: abs(middle() - 120) < 30, timeout=PATIENCE_MS)


def test_the_demo_face_is_read_right_and_methods_change_while_running(
    qtbot: QtBot, open_window: OpenWindow, face_model: Path
) -> None:
    window = open_window("synthetic:hr=72,seed=1,width=320,height=240")
    readings = []
    window.conductor.engine.reading.connect(readings.append)
    good = lambda: bool(readings) and readings[-1].state is State.OK  # noqa: E731
    qtbot.waitUntil(good, timeout=2 * PATIENCE_MS)
    last = readings[-1]
    assert last.hr_bpm is not None
    assert abs(last.hr_bpm - 72) < 6
    assert window.body.bpm.number.text == f"{last.hr_bpm:.0f}"
    assert window.body.bpm.state_label.text() == "Good signal"
    assert window.body.video.picture is not None
    assert window.body.video.picture.bbox is not None
    with qtbot.waitSignal(window.conductor.engine.method_changed, timeout=PATIENCE_MS) as change:
        qtbot.mouseClick(window.header.methods.button("green"), Qt.MouseButton.LeftButton)
    assert change.args[0] == "green"
    assert window.body.bpm.method_label.text() == "GREEN"
    seen = len(readings)
    qtbot.waitUntil(lambda: len(readings) > seen, timeout=PATIENCE_MS)
    assert readings[-1].bvp.size > 30, "the curve goes on after a change of method"
    link = window.conductor.engine.link
    assert link is not None
    assert link.crops.dropped == 0


def test_the_end_of_a_file_is_said_and_it_can_be_played_again(
    qtbot: QtBot, open_window: OpenWindow, short_video: Path, face_model: Path
) -> None:
    window = open_window(str(short_video))
    wait_for(qtbot, window, Phase.ENDED)
    assert "ended" in wait_until_said(qtbot, window, "end")
    assert window.header.start.text() == "Start"
    assert not running_threads() or not window.conductor.engine.busy
    banner = window.body.banners.banner("end")
    assert banner is not None
    again = next(b for b in banner.buttons if b.text() == "Play again")
    qtbot.waitUntil(lambda: not banner.guard.holding, timeout=PATIENCE_MS)
    with qtbot.waitSignal(window.conductor.engine.opened, timeout=PATIENCE_MS):
        qtbot.mouseClick(again, Qt.MouseButton.LeftButton)
    assert said(window, "end") == ""
    wait_for(qtbot, window, Phase.ENDED)


def test_another_source_replaces_the_running_one(
    qtbot: QtBot, open_window: OpenWindow, wall_video: Path, short_video: Path
) -> None:
    window = open_window(str(wall_video))
    wait_for(qtbot, window, Phase.RUNNING)
    window.conductor.open(str(short_video))
    assert phase(window) is Phase.LOADING
    with qtbot.waitSignal(window.conductor.engine.opened, timeout=PATIENCE_MS) as opened:
        pass
    assert opened.args[0] == "short.mp4"
    qtbot.waitUntil(lambda: len(running_threads()) <= 3, timeout=PATIENCE_MS)


# --- errors, in words -----------------------------------------------------------------------


def test_a_missing_file_is_said_and_the_window_goes_on(
    qtbot: QtBot, open_window: OpenWindow, wall_video: Path
) -> None:
    window = open_window("/nowhere/film.mp4")
    assert "/nowhere/film.mp4" in wait_until_said(qtbot, window, "source")
    assert phase(window) is Phase.FAILED
    assert window.body.bpm.number.text == "--"
    window.conductor.open(str(wall_video))
    wait_for_pictures(qtbot, window)
    assert said(window, "source") == ""


def test_what_loads_after_a_failure_does_not_hide_it(qtbot: QtBot, open_window: OpenWindow) -> None:
    window = open_window("/nowhere/film.mp4")
    engine = window.conductor.engine
    with qtbot.waitSignal(
        engine.progress, timeout=PATIENCE_MS, check_params_cb=lambda text: "method" in text
    ):
        wait_until_said(qtbot, window, "source")
    assert phase(window) is Phase.FAILED
    qtbot.waitUntil(lambda: not engine.busy, timeout=PATIENCE_MS)
    assert window.body.bpm.state_label.text() == "No picture", "nothing was measured"


@pytest.mark.parametrize("spec", ["99", "http://127.0.0.1:1/video", "No Such Camera"])
def test_sources_that_are_not_there(qtbot: QtBot, open_window: OpenWindow, spec: str) -> None:
    window = open_window(spec)
    assert wait_until_said(qtbot, window, "source")
    assert phase(window) is Phase.FAILED
    banner = window.body.banners.banner("source")
    assert banner is not None
    assert banner.buttons[0].text() == "Try again"


def test_a_text_file_that_calls_itself_a_video(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path
) -> None:
    path = tmp_path / "notes.mp4"
    path.write_text("not a video")
    window = open_window(str(path))
    assert "notes.mp4" in wait_until_said(qtbot, window, "source")


@real_time
def test_a_camera_that_disappears_comes_back(
    qtbot: QtBot, open_window: OpenWindow, face_model: Path
) -> None:
    with MjpegServer(picture=wall) as camera:
        window = open_window(camera.url)
        wait_for_pictures(qtbot, window)
        camera.stop()
        wait_for(qtbot, window, Phase.RECONNECTING)
        assert wait_until_said(qtbot, window, "interruption")
        assert window.body.bpm.number.text == "--"
        camera.start()
        wait_for(qtbot, window, Phase.RUNNING)
        assert said(window, "interruption") == ""
        wait_for_pictures(qtbot, window)
        shut(qtbot, window)


def test_without_a_face_model_the_picture_still_runs(
    qtbot: QtBot, open_window: OpenWindow, wall_video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIMANET_FACE_MODEL", "/nowhere/face.tflite")
    window = open_window(str(wall_video))
    assert "/nowhere/face.tflite" in wait_until_said(qtbot, window, "face")
    wait_for_pictures(qtbot, window)
    assert window.body.bpm.state_label.text() == "Cannot measure"


def test_missing_weights_are_said_and_pos_takes_over(
    qtbot: QtBot, open_window: OpenWindow, wall_video: Path, tmp_path: Path
) -> None:
    window = open_window(str(wall_video), "tscan", weights=tmp_path / "none.safetensors")
    words = wait_until_said(qtbot, window, "method")
    assert "none.safetensors" in words
    assert "Using POS for now" in words
    qtbot.waitUntil(lambda: window.header.methods.current == "pos", timeout=PATIENCE_MS)
    wait_for_pictures(qtbot, window)
    assert SettingsStore().load()[0].method == "tscan"


def test_a_device_that_is_not_there_keeps_the_method(
    qtbot: QtBot, open_window: OpenWindow, wall_video: Path
) -> None:
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    window = open_window(str(wall_video))
    switch = window.header.device
    item = switch.model().index(switch.findData("cuda"), 0)
    qtbot.waitUntil(lambda: "looking" not in switch.toolTip(), timeout=PATIENCE_MS)
    assert not item.flags() & Qt.ItemFlag.ItemIsEnabled
    with qtbot.waitSignal(window.conductor.engine.method_changed, timeout=PATIENCE_MS):
        window.conductor.set_method("chrom")
    window.conductor.preferences.current.device = "cuda"
    window.conductor.set_method("tscan")
    assert "Using CHROM for now" in wait_until_said(qtbot, window, "method")
    assert window.header.methods.current == "chrom"


# --- without a camera -----------------------------------------------------------------------


def test_without_a_camera_the_demo_says_so_and_offers_others(
    qtbot: QtBot, open_window: OpenWindow
) -> None:
    from aimanet.sources import list_cameras

    if list_cameras():
        pytest.skip("there is a camera here")
    window = open_window()
    words = wait_until_said(qtbot, window, "demo")
    assert "No camera was found" in words
    assert "demo face" in words
    assert window.conductor.chooser.spec == DEMO_SPEC
    banner = window.body.banners.banner("demo")
    assert banner is not None
    assert [b.text() for b in banner.buttons] == [
        "Open video file…",
        "Open network camera…",
        "Rescan for cameras",
    ]
    assert SettingsStore().load()[0].source is None, "what nobody chose is not remembered"
    window.body.banners.dismiss("demo")
    window.commands.refresh.trigger()
    assert "No camera was found" in wait_until_said(qtbot, window, "demo"), (
        "asked again, it answers"
    )


def test_a_remembered_source_that_is_gone_gives_way_to_the_demo(
    qtbot: QtBot, open_window: OpenWindow
) -> None:
    SettingsStore().save(Settings(source="/gone/film.mp4"))
    window = open_window()
    words = wait_until_said(qtbot, window, "demo")
    assert "/gone/film.mp4" in words
    assert window.conductor.chooser.spec == DEMO_SPEC


def test_cameras_go_by_their_names_where_these_tell_them_apart() -> None:
    from aimanet.sources import CameraInfo

    cameras = [CameraInfo(n, name, "V4L2") for n, name in enumerate(["A", "B", "B"])]
    assert camera_specs(cameras) == [
        ("camera:A", "A"),
        ("camera:1", "B (1)"),
        ("camera:2", "B (2)"),
    ]


# --- closing --------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["at once", "while loading", "while running"])
def test_closing_joins_every_thread(
    qtbot: QtBot, open_window: OpenWindow, wall_video: Path, moment: str
) -> None:
    window = open_window(str(wall_video))
    if moment == "while loading":
        qtbot.waitUntil(lambda: len(running_threads()) >= 2, timeout=PATIENCE_MS)
    elif moment == "while running":
        wait_for_pictures(qtbot, window)
    with qtbot.waitSignal(window.closed, timeout=PATIENCE_MS):
        window.close()
    assert not window.isVisible()
    assert not running_threads()


def test_stop_and_start_many_times_leaves_nothing_behind(
    qtbot: QtBot, open_window: OpenWindow, wall_video: Path
) -> None:
    window = open_window(str(wall_video))
    for _ in range(5):
        window.conductor.toggle()
    wait_for(qtbot, window, Phase.IDLE)
    qtbot.waitUntil(lambda: not window.conductor.engine.busy, timeout=PATIENCE_MS)


def exit_code_after_ctrl_c(repository: Path, source: str, before: str = "") -> int:
    code = (
        "import sys, time, app.main_window as m; from app.application import run\n"
        f"{before}\n"
        "show = m.MainWindow.showEvent\n"
        "m.MainWindow.showEvent = lambda w, e: (show(w, e), print('shown', flush=True))\n"
        f"sys.exit(run({source!r}, 'pos'))"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(
        command, cwd=repository, env=os.environ.copy(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "shown"
        if before:
            assert process.stdout.readline().strip() == "stuck"
        process.send_signal(signal.SIGINT)
        try:
            return process.wait(60)
        finally:
            process.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for a single process there")
def test_ctrl_c_closes_the_window_with_exit_code_0(repository: Path, wall_video: Path) -> None:
    assert exit_code_after_ctrl_c(repository, str(wall_video)) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for a single process there")
def test_a_thread_that_nothing_can_interrupt_does_not_keep_the_process(repository: Path) -> None:
    stuck = (
        "import app.workers as w\n"
        "w.CaptureWorker._capture = lambda s: (print('stuck', flush=True), time.sleep(600))"
    )
    assert exit_code_after_ctrl_c(repository, "no-such.mp4", stuck) == 0


# --- keys, dialogs, drops -------------------------------------------------------------------


def test_keys(
    qtbot: QtBot, open_window: OpenWindow, wall_video: Path, dialogs: DialogWatch
) -> None:
    window = open_window(str(wall_video))
    wait_for(qtbot, window, Phase.RUNNING)
    qtbot.waitUntil(lambda: not window.conductor.toggle_guard.holding, timeout=PATIENCE_MS)
    qtbot.keyClick(window, Qt.Key.Key_Space)
    assert phase(window) is Phase.IDLE
    qtbot.keyClick(window, Qt.Key.Key_Space)
    assert phase(window) is Phase.IDLE, "the second press of two meant Stop"
    qtbot.keyClick(window, Qt.Key.Key_3)
    assert window.header.methods.current == "chrom"
    qtbot.keyClick(window, Qt.Key.Key_L)
    assert window.header.overlay.isChecked()
    qtbot.keyClick(window, Qt.Key.Key_F11)
    assert window.isFullScreen()
    qtbot.keyClick(window, Qt.Key.Key_F11)
    assert not window.isFullScreen()
    dialogs.expected = {"UrlDialog", "AboutDialog", "QFileDialog"}
    qtbot.keyClick(window, Qt.Key.Key_U, Qt.KeyboardModifier.ControlModifier)
    assert isinstance(window.dialogs.open_one, UrlDialog)
    qtbot.keyClick(window.dialogs.open_one, Qt.Key.Key_Escape)
    qtbot.keyClick(window, Qt.Key.Key_F1)
    about = window.dialogs.open_one
    assert isinstance(about, AboutDialog)
    assert about.text.text().count("not a medical device") == 1
    about.reject()
    qtbot.keyClick(window, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    assert window.dialogs.open_one is not None
    window.dialogs.close()
    qtbot.keyClick(window, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert window.conductor.chooser.spec == DEMO_SPEC
    with qtbot.waitSignal(window.closed, timeout=PATIENCE_MS):
        qtbot.keyClick(window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)


def test_space_belongs_to_the_control_that_has_the_focus(
    qtbot: QtBot, open_window: OpenWindow, wall_video: Path
) -> None:
    window = open_window(str(wall_video))
    wait_for(qtbot, window, Phase.RUNNING)
    window.activateWindow()
    button = window.header.methods.button("green")
    button.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert window.header.methods.current == "green"
    assert window.conductor.engine.active


def test_tab_visits_the_controls_from_left_to_right(open_window: OpenWindow) -> None:
    window = open_window("/nowhere.mp4")
    wanted = [window.header.source.combo, window.header.start, window.header.device]
    places = [w.mapTo(window, QPoint(0, 0)).x() for w in wanted]
    assert places == sorted(places)
    visited, at = [], window.header.source.combo
    for _ in range(60):
        if at in wanted:
            visited.append(at)
        at = at.nextInFocusChain()  # type: ignore[assignment]
    assert visited[:3] == wanted


def test_every_control_has_a_name_for_those_who_cannot_see_it(open_window: OpenWindow) -> None:
    window = open_window("/nowhere.mp4")
    for control in window.header._controls():
        assert control.accessibleName(), control
        assert control.toolTip() or control.parentWidget().toolTip(), control


def ask_url(window: MainWindow, text: str) -> UrlDialog:
    window.commands.open_url.trigger()
    dialog = window.dialogs.open_one
    assert isinstance(dialog, UrlDialog)
    dialog.edit.setText(text)
    dialog.buttons.buttons()[0].click()
    return dialog


@pytest.mark.parametrize("text", ["nonsense", "http://", "192.168.1.20/video", "rtsp:///"])
def test_what_is_no_address_stays_in_the_dialog(
    qtbot: QtBot, open_window: OpenWindow, dialogs: DialogWatch, text: str
) -> None:
    dialogs.expected = {"UrlDialog"}
    window = open_window("/nowhere.mp4")
    dialog = ask_url(window, text)
    assert dialog.isVisible()
    assert "begins with http" in dialog.told.text()
    assert dialog.edit.text() == text
    assert window.conductor.chooser.spec == "/nowhere.mp4"


def test_long_reasons_are_whole_in_the_dialog(
    open_window: OpenWindow, dialogs: DialogWatch, face_model: Path
) -> None:
    dialogs.expected = {"UrlDialog"}
    dialog = ask_url(open_window("/nowhere.mp4"), "nonsense")
    for lines in (3, 8):
        dialog.show_problem("http://127.0.0.1:8991/video redirects to another address. " * lines)
        needed = dialog.told.heightForWidth(dialog.told.width())
        assert dialog.told.minimumHeight() >= needed > 0
    dialog.reject()


def test_an_address_that_fails_stays_in_the_dialog_with_the_reason(
    qtbot: QtBot, open_window: OpenWindow, dialogs: DialogWatch, face_model: Path
) -> None:
    dialogs.expected = {"UrlDialog"}
    window = open_window("/nowhere.mp4")
    wait_until_said(qtbot, window, "source")
    dialog = ask_url(window, "http://127.0.0.1:1/video")
    assert window.conductor.chooser.spec == "http://127.0.0.1:1/video"
    qtbot.waitUntil(lambda: "127.0.0.1:1" in dialog.told.text(), timeout=PATIENCE_MS)
    assert dialog.isVisible()
    assert dialog.edit.text() == "http://127.0.0.1:1/video"
    with MjpegServer(picture=wall) as camera:
        dialog.edit.setText(camera.url)
        dialog.buttons.buttons()[0].click()
        qtbot.waitUntil(lambda: window.dialogs.open_one is None, timeout=PATIENCE_MS)
        assert phase(window) is Phase.RUNNING
        shut(qtbot, window)


def test_cancelled_while_connecting_nothing_goes_on(
    qtbot: QtBot, open_window: OpenWindow, dialogs: DialogWatch
) -> None:
    dialogs.expected = {"UrlDialog"}
    window = open_window("/nowhere.mp4")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        dialog = ask_url(window, f"http://127.0.0.1:{silent.getsockname()[1]}/video")
        assert dialog.connecting
        dialog.reject()
        assert phase(window) is Phase.IDLE
        shut(qtbot, window)


def test_files_are_asked_for_where_the_last_one_was(
    qtbot: QtBot, open_window: OpenWindow, dialogs: DialogWatch, wall_video: Path
) -> None:
    dialogs.expected = {"QFileDialog"}
    SettingsStore().save(Settings(source=str(wall_video)))
    window = open_window("/nowhere.mp4")
    window.commands.open_file.trigger()
    dialog = window.dialogs.open_one
    assert isinstance(dialog, QFileDialog)
    assert Path(dialog.directory().absolutePath()) == wall_video.parent


# --- the result, menus ----------------------------------------------------------------------


def test_the_result_stays_after_stop_and_can_be_copied(
    qtbot: QtBot, open_window: OpenWindow, face_model: Path
) -> None:
    window = open_window("synthetic:hr=72,seed=1,width=320,height=240")
    readings = []
    window.conductor.engine.reading.connect(readings.append)
    good = lambda: sum(r.state is State.OK for r in readings) > 3  # noqa: E731
    qtbot.waitUntil(good, timeout=2 * PATIENCE_MS)
    window.conductor.toggle()
    trusted = [r.hr_bpm for r in readings if r.state is State.OK]
    shown = window.body.bpm
    assert shown.number.text == f"{sum(trusted) / len(trusted):.0f}"
    assert shown.state_label.text() == "Average until Stop"
    assert f"{min(trusted):.0f}" in shown.hint_label.text()
    window.commands.copy_result.trigger()
    assert "Demo face" in QGuiApplication.clipboard().text()
    window.conductor.toggle()
    assert shown.number.text == "--"


def test_the_page_is_saved_as_a_picture_without_its_messages(
    qtbot: QtBot, open_window: OpenWindow, dialogs: DialogWatch, tmp_path: Path
) -> None:
    dialogs.expected = {"QFileDialog"}
    window = open_window("/nowhere.mp4")
    wait_until_said(qtbot, window, "source")
    window.commands.save_picture.trigger()
    (dialog,) = window.findChildren(QFileDialog)
    dialog.reject()
    window.result_actions.picture.save_as(str(tmp_path / "page.png"))
    assert "page.png" in said(window, "kept")
    image = QImage(str(tmp_path / "page.png"))
    assert image.width() > window.body.width()
    assert image.height() > window.body.height()
    window.result_actions.picture.save_as(str(tmp_path / "no such folder" / "page.png"))
    assert "cannot be written" in said(window, "kept")


def test_esc_leaves_full_screen(qtbot: QtBot, open_window: OpenWindow) -> None:
    window = open_window("/nowhere.mp4")
    window.commands.full_screen.trigger()
    assert window.isFullScreen()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isFullScreen()
    assert not window.commands.full_screen.isChecked()


def test_a_right_click_offers_what_one_expects(qtbot: QtBot, open_window: OpenWindow) -> None:
    window = open_window("/nowhere.mp4")
    body = window.body
    said_of = lambda w: [a.text().replace("&", "") for a in w.actions()]  # noqa: E731
    assert said_of(body.video) == ["Save picture…", "Show attention map", "Full screen"]
    assert said_of(body.bpm) == ["Copy result", "Save picture…"]
    assert said_of(body.waveform.menu) == ["Copy picture", "Save picture…"]
    assert said_of(body.history.menu) == ["Copy picture", "Save picture…", "Reset"]
    body.waveform.menu.actions()[0].trigger()
    assert not QGuiApplication.clipboard().pixmap().isNull()


def test_no_two_entries_of_a_menu_have_the_same_mnemonic(
    qtbot: QtBot, open_window: OpenWindow, dialogs: DialogWatch
) -> None:
    window = open_window("/nowhere.mp4")
    for page in ("sessions", "training"):
        window.pages.show(page)
    menus = [window.top.menus, *window.findChildren(QMenu)]
    assert len(menus) > 10
    for menu in menus:
        letters = [letter for a in menu.actions() if (letter := mnemonic(a.text()))]
        assert len(letters) == len(set(letters)), [a.text() for a in menu.actions()]


@pytest.mark.parametrize("name", ["sessions", "training"])
def test_no_control_of_a_page_has_the_mnemonic_of_a_menu(
    qtbot: QtBot, open_window: OpenWindow, name: str
) -> None:
    window = open_window("/nowhere.mp4")
    window.pages.show(name)
    page = window.pages.page(name)
    assert page is not None
    words = [action.text() for action in window.top.menus.actions()]
    words += [label.text() for label in page.findChildren(QLabel) if label.buddy() is not None]
    words += [button.text() for button in page.findChildren(QAbstractButton)]
    letters = [letter for each in words if (letter := mnemonic(each))]
    assert len(letters) == len(set(letters)), letters


@pytest.mark.parametrize("name", ["open_url", "about", "recording_settings"])
def test_no_two_controls_of_a_dialog_have_the_same_mnemonic(
    qtbot: QtBot, open_window: OpenWindow, dialogs: DialogWatch, name: str
) -> None:
    dialogs.expected = {"UrlDialog", "AboutDialog", "RecordingDialog"}
    window = open_window("/nowhere.mp4")
    getattr(window.commands, name).setEnabled(True)
    getattr(window.commands, name).trigger()
    dialog = window.dialogs.open_one
    assert dialog is not None
    words = [button.text() for button in dialog.findChildren(QAbstractButton)]
    words += [label.text() for label in dialog.findChildren(QLabel)]
    letters = [letter for each in words if (letter := mnemonic(each))]
    assert len(letters) == len(set(letters)), letters


def mnemonic(words: str) -> str:
    found = re.search("&([^&])", words.replace("&&", ""))
    return found[1].lower() if found else ""


def test_a_dropped_file_is_opened(qtbot: QtBot, open_window: OpenWindow, wall_video: Path) -> None:
    window = open_window("/nowhere.mp4")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(wall_video))])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    copy = Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPoint(50, 200), copy, data, left, none)
    window.dragEnterEvent(enter)
    assert enter.isAccepted()
    window.dropEvent(QDropEvent(QPointF(50, 200), copy, data, left, none))
    wait_for_pictures(qtbot, window)


# --- settings -------------------------------------------------------------------------------


def test_settings_survive_a_restart(
    qtbot: QtBot, open_window: OpenWindow, wall_video: Path
) -> None:
    first = open_window("/nowhere.mp4", None)
    first.conductor.open(str(wall_video))
    first.conductor.set_method("green")
    first.header.window_length.slider.setValue(17)
    first.header.overlay.click()
    first.set_theme("light")
    first.conductor.set_device("cpu")
    first.resize(1211, 701)
    shut(qtbot, first)
    second = open_window(None, None)
    assert second.conductor.chooser.spec == str(wall_video)
    assert second.header.methods.current == "green"
    assert second.header.window_length.slider.value() == 17
    assert second.header.overlay.isChecked()
    assert second.look.name == "light"
    assert second.header.device.currentData() == "cpu"
    assert second.height() == 701, "the offscreen screen is too narrow for the width"
    link = second.conductor.engine.link
    assert link is not None
    assert (link.window_s, link.overlay) == (17, True)


def test_a_small_screen_is_wide_enough(qtbot: QtBot, open_window: OpenWindow) -> None:
    """1366 x 768 at 125 % has 1093 px."""
    window = open_window("/nowhere.mp4")
    assert window.minimumSizeHint().width() < 1024
    header, names = window.header, window.header.findChildren(QLabel, "name")
    assert len(names) == 2
    for width, shown in ((1024, False), (1400, True), (1024, False)):
        window.resize(width, 640)
        qtbot.waitUntil(lambda shown=shown: [n.isVisible() for n in names] == [shown] * 2)
        qtbot.waitUntil(lambda: header.overlay.geometry().right() <= header.rect().right())
        parts = [header.source, header.start, header.methods, header.device, header.overlay]
        assert all(a.geometry().right() < b.x() for a, b in pairwise(parts))


def test_damaged_settings_are_said_in_the_window(open_window: OpenWindow) -> None:
    store = SettingsStore()
    store.path.parent.mkdir(parents=True)
    store.path.write_text("{")
    window = open_window("/nowhere.mp4")
    assert "are damaged" in said(window, "settings")


def test_the_window_length_reaches_the_pipeline(
    qtbot: QtBot, open_window: OpenWindow, wall_video: Path
) -> None:
    window = open_window(str(wall_video))
    wait_for(qtbot, window, Phase.RUNNING)
    window.header.window_length.slider.setValue(30)
    link = window.conductor.engine.link
    assert link is not None
    assert link.window_s == 30
    assert window.body.spectrum.note == "window 30 s"
