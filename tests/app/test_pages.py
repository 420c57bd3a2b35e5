"""The window's pages: how one gets to them, and what they do to each other."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.engine import Phase
from app.main_window import MainWindow
from app.pages import LIVE, SESSIONS, TRAINING, PageKind, Pages
from app.settings import RecordingSettings, Settings, SettingsStore
from tests.app.conftest import PATIENCE_MS, OpenWindow, running_threads

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture(autouse=True)
def sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of sessions."""
    folder = tmp_path / "sessions"
    monkeypatch.setenv("AIMANET_SESSIONS_DIR", str(folder))
    return folder


def wait_for(qtbot: QtBot, window: MainWindow, wanted: Phase) -> None:
    engine = window.conductor.engine
    qtbot.waitUntil(lambda: engine.phase is wanted, timeout=PATIENCE_MS)


def test_the_switch_and_the_keys_go_to_a_page_and_back(
    qtbot: QtBot, open_window: OpenWindow
) -> None:
    window = open_window("/nowhere.mp4")
    switch = window.top.pages
    assert window.pages.page(SESSIONS) is None, "it is built when it is first shown"
    assert switch.button(LIVE).isChecked()
    qtbot.mouseClick(switch.button(SESSIONS), Qt.MouseButton.LeftButton)
    page = window.page_desk.sessions
    assert page is not None
    assert page.isVisible()
    assert not window.header.isVisible()
    assert not window.figures.isVisible()
    assert window.commands.pages[SESSIONS].isChecked()
    qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE_MS)
    qtbot.keyClick(window, Qt.Key.Key_1, CTRL)
    assert window.header.isVisible()
    assert switch.button(LIVE).isChecked()
    qtbot.keyClick(window, Qt.Key.Key_2, CTRL)
    assert window.page_desk.sessions is page
    assert page.isVisible()


class ShownWindows(QObject):
    """Notes what is shown as a window of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.kinds: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        shown = event.type() == QEvent.Type.Show
        if shown and isinstance(watched, QWidget) and watched.isWindow():
            self.kinds.append(type(watched).__name__)
        return False


def test_nothing_flashes_up_as_a_window_of_its_own(
    qapp: QApplication, open_window: OpenWindow
) -> None:
    watch = ShownWindows()
    qapp.installEventFilter(watch)
    window = open_window("/nowhere.mp4")
    for name in window.pages.kinds:
        window.pages.show(name)
    qapp.removeEventFilter(watch)
    assert watch.kinds == ["MainWindow"]


def test_keys_of_the_live_page_rest_on_other_pages(
    qtbot: QtBot, open_window: OpenWindow, wall_video: Path
) -> None:
    window = open_window(str(wall_video))
    wait_for(qtbot, window, Phase.RUNNING)
    window.pages.show(SESSIONS)
    for key in (Qt.Key.Key_Space, Qt.Key.Key_4, Qt.Key.Key_M):
        qtbot.keyClick(window, key)
    assert window.conductor.engine.phase is Phase.RUNNING, "the picture goes on meanwhile"
    assert window.header.methods.current == "pos"
    assert not window.desk.bar.button.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_R, CTRL)
    assert not window.desk.recording.on
    window.pages.show(LIVE)
    qtbot.keyClick(window, Qt.Key.Key_4)
    assert window.header.methods.current == "green"
    assert not window.top.pages.button(LIVE).hasFocus()
    qtbot.waitUntil(lambda: not window.conductor.toggle_guard.holding, timeout=PATIENCE_MS)
    qtbot.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.conductor.engine.phase is Phase.IDLE, timeout=PATIENCE_MS)


def test_a_recording_stays_in_sight_and_is_shown_among_the_sessions(
    qtbot: QtBot, open_window: OpenWindow, sessions: Path, wall_video: Path
) -> None:
    SettingsStore().save(Settings(recording=RecordingSettings(ask=False, agreed=True)))
    window = open_window(str(wall_video))
    bar = window.desk.bar
    qtbot.waitUntil(bar.button.isEnabled, timeout=PATIENCE_MS)
    window.commands.record.trigger()
    recording = window.desk.recording
    qtbot.waitUntil(lambda: recording.status.frames > 10, timeout=PATIENCE_MS)
    window.pages.show(SESSIONS)
    page = window.page_desk.sessions
    assert page is not None
    assert page.folder == sessions
    assert bar.pill.isVisible()
    qtbot.mouseClick(bar.marker_button, Qt.MouseButton.LeftButton)
    assert bar.marker_field.text() == "Marker 1"
    assert not window.commands.name_marker.isEnabled(), "Enter belongs to the page"
    qtbot.keyClick(window, Qt.Key.Key_R, CTRL)
    notices = page.banners
    qtbot.waitUntil(lambda: notices.banner("recording") is not None, timeout=PATIENCE_MS)
    banner = notices.banner("recording")
    assert banner is not None
    assert banner.isVisible()
    assert not bar.button.isVisible()
    show = next(b for b in banner.buttons if b.text() == "Show in Sessions")
    qtbot.waitUntil(lambda: not banner.guard.holding, timeout=PATIENCE_MS)
    qtbot.mouseClick(show, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.viewer.session is not None, timeout=PATIENCE_MS)
    (folder,) = sessions.iterdir()
    assert page.viewer.session is not None
    assert page.viewer.session.folder == folder
    page.play_requested.emit(f"session:{folder}")
    assert window.page_desk.is_live
    wait_for(qtbot, window, Phase.RUNNING)
    assert window.conductor.chooser.spec == f"session:{folder}"
    assert page.commands.in_use == {folder.resolve()}
    with qtbot.waitSignal(window.closed, timeout=PATIENCE_MS):
        window.close()
    assert not running_threads()


def test_what_is_opened_anywhere_is_shown_on_the_live_page(
    qtbot: QtBot, open_window: OpenWindow, wall_video: Path
) -> None:
    window = open_window("/nowhere.mp4")
    window.pages.show(SESSIONS)
    window.dialogs.chosen.emit(str(wall_video))
    assert window.page_desk.is_live
    wait_for(qtbot, window, Phase.RUNNING)


def test_sessions_are_looked_for_where_they_are_recorded(
    open_window: OpenWindow, sessions: Path, tmp_path: Path
) -> None:
    window = open_window("/nowhere.mp4")
    window.pages.show(SESSIONS)
    page = window.page_desk.sessions
    assert page is not None
    assert page.folder == sessions
    window.conductor.remember(recording=RecordingSettings(folder=str(tmp_path / "other")))
    window.desk.sessions_changed.emit()
    assert page.folder == tmp_path / "other"


# --- the training page ----------------------------------------------------------------------


def test_the_training_page_is_hidden_until_it_is_asked_for(
    qtbot: QtBot, open_window: OpenWindow
) -> None:
    window = open_window("/nowhere.mp4")
    assert not window.top.pages.button(TRAINING).isVisible()
    assert not window.commands.pages[TRAINING].isEnabled()
    qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE_MS)
    qtbot.keyClick(window, Qt.Key.Key_T, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert window.top.pages.button(TRAINING).isVisible()
    assert window.pages.current == TRAINING
    assert SettingsStore().load()[0].training_tab
    window.commands.training.trigger()
    assert window.page_desk.is_live
    assert not window.top.pages.button(TRAINING).isVisible()
    assert not SettingsStore().load()[0].training_tab


def test_a_page_whose_module_is_not_there_is_not_offered(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = (PageKind(LIVE, "Live"), PageKind("gone", "Gone", "app.nowhere.page"))
    monkeypatch.setattr("app.pages.KINDS", kinds)
    parent = QWidget()
    qtbot.addWidget(parent)
    assert list(Pages(QWidget(), {}, parent).kinds) == [LIVE]


# --- another model --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    """Weights of somebody's own: ours under another name."""
    path = tmp_path_factory.mktemp("models") / "mine.safetensors"
    shutil.copyfile(repository / "models" / "tscan.safetensors", path)
    return path


def test_use_it_now_swaps_the_model_while_the_picture_goes_on(
    qtbot: QtBot, open_window: OpenWindow, wall_video: Path, model: Path
) -> None:
    window = open_window(str(wall_video))
    conductor = window.conductor
    with qtbot.waitSignal(conductor.engine.method_changed, timeout=PATIENCE_MS):
        pass
    link = conductor.engine.link
    assert link is not None
    with qtbot.waitSignal(conductor.engine.method_changed, timeout=PATIENCE_MS) as change:
        conductor.use_model(str(model))
    assert change.args[0] == "tscan"
    assert conductor.engine.link is link, "the same run"
    assert link.wish.weights == model
    assert window.body.bpm.method_label.text().startswith("TS-CAN · mine")
    assert SettingsStore().load()[0].model == str(model)
    with qtbot.waitSignal(conductor.engine.method_changed, timeout=PATIENCE_MS):
        conductor.use_own_model()
    assert link.wish.weights is None
    assert "mine" not in window.body.bpm.method_label.text()
    assert SettingsStore().load()[0].model is None


def test_a_model_that_cannot_be_loaded_leaves_all_as_it_was(
    qtbot: QtBot, open_window: OpenWindow, wall_video: Path, tmp_path: Path
) -> None:
    window = open_window(str(wall_video))
    conductor = window.conductor
    with qtbot.waitSignal(conductor.engine.method_changed, timeout=PATIENCE_MS):
        pass
    conductor.remember(method="pos")
    (tmp_path / "bad.safetensors").write_bytes(b"nonsense")
    with qtbot.waitSignal(conductor.engine.method_failed, timeout=PATIENCE_MS):
        conductor.use_model(str(tmp_path / "bad.safetensors"))
    banner = window.body.banners.banner("method")
    assert banner is not None
    assert "bad.safetensors" in banner.text
    assert window.header.methods.current == "pos"
    settings = SettingsStore().load()[0]
    assert (settings.model, settings.method) == (None, "pos")


def test_a_remembered_model_that_is_gone_can_be_given_up(
    qtbot: QtBot, open_window: OpenWindow, wall_video: Path
) -> None:
    SettingsStore().save(Settings(model="/gone/mine.safetensors"))
    window = open_window(str(wall_video), None)
    banners = window.body.banners
    qtbot.waitUntil(lambda: banners.banner("method") is not None, timeout=PATIENCE_MS)
    banner = banners.banner("method")
    assert banner is not None
    assert "/gone/mine.safetensors" in banner.text
    assert [button.text() for button in banner.buttons] == ["Use AimaNet's own weights"]
    qtbot.waitUntil(lambda: not banner.guard.holding, timeout=PATIENCE_MS)
    qtbot.mouseClick(banner.buttons[0], Qt.MouseButton.LeftButton)
    link = window.conductor.engine.link
    qtbot.waitUntil(lambda: getattr(link.method, "name", "") == "tscan", timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: window.header.methods.current == "tscan", timeout=PATIENCE_MS)
    assert SettingsStore().load()[0].model is None


def test_a_picture_of_a_plot_that_cannot_be_saved_is_said(
    open_window: OpenWindow, sessions: Path, tmp_path: Path
) -> None:
    window = open_window("/nowhere.mp4")
    window.pages.show(SESSIONS)
    page = window.page_desk.sessions
    assert page is not None
    page.viewer.time.rates.menu.export.save_as(str(tmp_path / "no folder" / "a.png"))
    banner = page.banners.banner("picture")
    assert banner is not None
    assert "cannot be written" in banner.text


def test_no_page_makes_a_small_window_larger(
    qtbot: QtBot, open_window: OpenWindow, sessions: Path
) -> None:
    """1366 x 768 at 150 % has 911 x 512 px, less the window's title."""
    window = open_window("/nowhere.mp4")
    window.resize(911, 480)
    qtbot.waitUntil(lambda: window.look.scale < 1 and window.minimumSizeHint().width() < 911)
    window.resize(911, 480)
    for name in (SESSIONS, "training", LIVE):
        window.pages.show(name)
        qtbot.waitUntil(lambda name=name: window.pages.page(name).isVisible())
        window.notices.say("network", "error", "The network goes on with NumPy. " * 9)
        assert (window.width(), window.height()) == (911, 480), name
