"""The real window records: what is on the disk afterwards, and what the window says."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from aimanet.sessions.cost import typical
from aimanet.sessions.reader import Session, open_session
from aimanet.sessions.recorder import RecorderStatus
from aimanet.sessions.scrub import Scrubber
from app.engine import Phase
from app.look import DARK
from app.main_window import MainWindow
from app.recording.bar import RecordBar
from app.recording.dialog import RecordingDialog
from app.recording.keep_choice import KeepChoice
from app.recording.plan import Costs
from app.recording.words import Reason, ending_of, hours_text
from app.settings import RecordingSettings, Settings, SettingsStore
from tests.aimanet.sources.mjpeg_server import MjpegServer
from tests.app.conftest import PATIENCE_MS, DialogWatch, OpenWindow, shut, wall
from tests.given_time import real_time

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture(autouse=True)
def sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of sessions."""
    folder = tmp_path / "sessions"
    monkeypatch.setenv("AIMANET_SESSIONS_DIR", str(folder))
    return folder


@pytest.fixture
def unasked() -> None:
    """The questions were answered for good."""
    SettingsStore().save(
        Settings(
            recording=RecordingSettings(keep="frame", ask=False, participant="P07", agreed=True)
        )
    )


@pytest.fixture
def face_video(tmp_path_factory: pytest.TempPathFactory, face_model: Path) -> str:
    """A drawn face with 72 beats a minute; ends after 8 s."""
    return "synthetic:hr=72,seed=1,seconds=8,width=320,height=240"


def wait_for(qtbot: QtBot, window: MainWindow, *wanted: Phase) -> None:
    engine = window.conductor.engine
    qtbot.waitUntil(lambda: engine.phase in wanted, timeout=PATIENCE_MS)


def start(qtbot: QtBot, window: MainWindow) -> None:
    """Press the button as soon as it can be pressed, and wait for the first frames."""
    button, guard = window.desk.bar.button, window.desk.bar.guard
    ready = lambda: button.isEnabled() and not guard.holding  # noqa: E731
    qtbot.waitUntil(ready, timeout=PATIENCE_MS)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert window.desk.recording.on
    wait_for_frames(qtbot, window)


def wait_for_frames(qtbot: QtBot, window: MainWindow, more: int = 5) -> None:
    recording = window.desk.recording
    wanted = frames(window) + more
    qtbot.waitUntil(lambda: not recording.on or frames(window) >= wanted, timeout=PATIENCE_MS)


def frames(window: MainWindow) -> int:
    status = window.desk.recording.status
    return 0 if status is None else status.frames


def said(qtbot: QtBot, window: MainWindow) -> str:
    """The last word about the recording, as soon as it is written."""
    banners = window.body.banners
    qtbot.waitUntil(lambda: banners.banner("recording") is not None, timeout=PATIENCE_MS)
    banner = banners.banner("recording")
    assert banner is not None
    return banner.text


def only_session(folder: Path) -> Session:
    (found,) = folder.iterdir()
    return open_session(found)


# --- from the button to the disk ------------------------------------------------------------


@real_time
def test_a_recording_holds_frames_readings_and_what_was_asked_for(
    qtbot: QtBot, open_window: OpenWindow, sessions: Path, face_video: str, unasked: None
) -> None:
    shutil.rmtree(sessions, ignore_errors=True)
    window = open_window(face_video)
    bar = window.desk.bar
    assert not bar.button.isEnabled()
    assert not bar.pill.isVisible()
    start(qtbot, window)
    assert bar.pill.isVisible()
    assert bar.button.text() == "Stop recording"
    assert "Recording" in window.windowTitle()
    qtbot.waitUntil(lambda: bar.elapsed.text() >= "0:01", timeout=PATIENCE_MS)
    assert bar.taken.text().endswith("MB")
    qtbot.waitUntil(lambda: bar.room.text().endswith("free"), timeout=PATIENCE_MS)
    assert not bar.drops.isVisible()
    wait_for(qtbot, window, Phase.ENDED)
    words = said(qtbot, window)
    assert words.startswith("The source has ended, and the recording with it. Recorded 0:")
    session = only_session(sessions)
    assert str(session.folder) in words
    assert not bar.pill.isVisible()
    assert bar.button.text() == "Record"
    assert window.windowTitle() == "AimaNet"
    assert session.problems == ()
    assert (session.info.participant, session.info.method) == ("P07", "pos")
    assert session.info.consent.shown is False
    assert abs(session.info.hr_bpm - 72) < 4
    assert session.info.dropped == 0
    assert len(session.frames) > 150
    assert np.isfinite(session.frames.box).all()
    with Scrubber(session) as pictures:
        picture = pictures.at(float(session.frames.t[50]))
    assert picture.image.shape == (240, 320, 3)


def test_markers_are_dropped_at_once_and_named_afterwards(
    qtbot: QtBot,
    open_window: OpenWindow,
    sessions: Path,
    wall_video: Path,
    unasked: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.recording.marker_field._STAYS_MS", 600_000)  # typing may take a while
    window = open_window(str(wall_video))
    start(qtbot, window)
    field = window.desk.bar.marker_field
    qtbot.keyClick(window, Qt.Key.Key_M)
    assert field.isVisible()
    assert field.text() == "Marker 1"
    qtbot.keyClick(window, Qt.Key.Key_M)
    assert field.text() == "Marker 2"
    window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: field.hasSelectedText(), timeout=PATIENCE_MS)
    qtbot.keyClicks(field, "moved, a lot")
    assert field.text() == "moved, a lot"
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert not field.isVisible()
    qtbot.mouseClick(window.desk.bar.marker_button, Qt.MouseButton.LeftButton)
    assert field.text() == "Marker 3"
    with qtbot.waitSignal(window.conductor.engine.method_changed, timeout=PATIENCE_MS):
        window.conductor.set_method("green")
    window.header.window_length.slider.setValue(20)
    window.header.window_length.slider.setValue(21)
    wait_for_frames(qtbot, window, 30)
    qtbot.keyClick(window, Qt.Key.Key_R, CTRL)
    assert said(qtbot, window).startswith("Recorded 0:")
    names = [marker.name for marker in only_session(sessions).markers]
    assert names == ["Marker 1", "moved, a lot", "Marker 3", "method: green", "window: 21 s"]


def test_replacing_the_source_ends_the_recording_and_keeps_it(
    qtbot: QtBot,
    open_window: OpenWindow,
    sessions: Path,
    wall_video: Path,
    short_video: Path,
    unasked: None,
) -> None:
    window = open_window(str(wall_video))
    start(qtbot, window)
    window.conductor.open(str(short_video))
    assert not window.desk.recording.on
    assert said(qtbot, window).startswith("Another source was opened")
    session = only_session(sessions)
    assert session.problems == ()
    assert session.info.source.label == "wall.mp4"
    assert len(session.frames) >= 5


def test_closing_the_window_while_recording_loses_nothing(
    qtbot: QtBot, open_window: OpenWindow, sessions: Path, wall_video: Path, unasked: None
) -> None:
    window = open_window(str(wall_video))
    start(qtbot, window)
    before = frames(window)
    with qtbot.waitSignal(window.closed, timeout=PATIENCE_MS):
        window.close()
    assert not window.desk.recording.busy
    session = only_session(sessions)
    assert session.problems == ()
    assert not session.interrupted
    assert len(session.frames) >= before


@real_time
def test_a_camera_that_comes_back_goes_on_being_recorded(
    qtbot: QtBot, open_window: OpenWindow, sessions: Path, unasked: None, face_model: Path
) -> None:
    shutil.rmtree(sessions, ignore_errors=True)
    with MjpegServer(picture=wall) as camera:
        window = open_window(camera.url)
        start(qtbot, window)
        camera.stop()
        wait_for(qtbot, window, Phase.RECONNECTING)
        assert window.desk.recording.on
        camera.start()
        wait_for(qtbot, window, Phase.RUNNING)
        wait_for_frames(qtbot, window)
        qtbot.keyClick(window, Qt.Key.Key_R, CTRL)
        said(qtbot, window)
        shut(qtbot, window)
    session = only_session(sessions)
    assert [marker.name for marker in session.markers] == ["source lost", "source back"]
    assert np.diff(session.frames.t).max() > 0.2, "the hole is in the times"
    assert session.frames.t[-1] > session.markers[1].t


def test_two_recordings_are_two_sessions(
    qtbot: QtBot, open_window: OpenWindow, sessions: Path, wall_video: Path, unasked: None
) -> None:
    window = open_window(str(wall_video))
    for _ in range(2):
        start(qtbot, window)
        window.desk.toggle()
    qtbot.waitUntil(lambda: not window.desk.recording.busy, timeout=PATIENCE_MS)
    assert len(list(sessions.iterdir())) == 2


# --- when the disk will not -----------------------------------------------------------------


def test_a_folder_that_cannot_be_written_is_said_and_nothing_else_happens(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path, wall_video: Path
) -> None:
    (tmp_path / "file").write_text("x")
    folder = str(tmp_path / "file" / "sessions")
    SettingsStore().save(
        Settings(recording=RecordingSettings(ask=False, agreed=True, folder=folder))
    )
    window = open_window(str(wall_video))
    button, guard = window.desk.bar.button, window.desk.bar.guard
    ready = lambda: button.isEnabled() and not guard.holding  # noqa: E731
    qtbot.waitUntil(ready, timeout=PATIENCE_MS)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    words = said(qtbot, window)
    assert words.startswith(f"Not recording: cannot record to {folder}")
    banner = window.body.banners.banner("recording")
    assert [b.text() for b in banner.buttons] == ["Recording settings…"]
    assert window.conductor.engine.phase is Phase.RUNNING
    assert not window.desk.bar.pill.isVisible()


@pytest.mark.skipif(sys.platform == "win32", reason="open files cannot be deleted there")
def test_a_folder_that_is_deleted_meanwhile_ends_the_recording(
    qtbot: QtBot, open_window: OpenWindow, sessions: Path, wall_video: Path, unasked: None
) -> None:
    window = open_window(str(wall_video))
    start(qtbot, window)
    shutil.rmtree(sessions)
    assert "was deleted or moved" in said(qtbot, window)
    assert window.conductor.engine.phase is Phase.RUNNING
    banner = window.body.banners.banner("recording")
    assert banner.level == "error"
    assert banner.buttons == []


@contextmanager
def disk_of(size: int) -> Iterator[None]:
    """No file may grow beyond ``size`` bytes."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_ends_the_recording_in_words_and_what_is_there_opens(
    qtbot: QtBot, open_window: OpenWindow, sessions: Path, wall_video: Path, unasked: None
) -> None:
    window = open_window(str(wall_video))
    with disk_of(60_000):
        start(qtbot, window)
        words = said(qtbot, window)
    assert words.startswith("The disk is full: the recording ends after")
    banner = window.body.banners.banner("recording")
    assert banner.level == "error"
    assert [b.text() for b in banner.buttons] == ["Show in Sessions", "Open folder"]
    assert window.conductor.engine.phase is Phase.RUNNING, "the picture goes on"
    session = only_session(sessions)
    assert str(session.folder) in words
    assert len(session.frames) > 5
    with Scrubber(session) as pictures:
        assert pictures.at(float(session.frames.t[3])) is not None


KILLED = """
import sys
from PySide6.QtCore import QTimer
import app.application as application
import app.main_window as m

class Window(m.MainWindow):
    def begin(self):
        super().begin()
        self.again = QTimer(self, interval=50)
        self.again.timeout.connect(self.look_again)
        self.again.start()

    def look_again(self):
        if self.desk.recording.can_start:
            self.desk.toggle()
        status = self.desk.recording.status
        if status is not None and status.frames > 100:
            print("frames", status.frames, status.elapsed_s, flush=True)

m.MainWindow = Window
sys.exit(application.run(sys.argv[1], "pos"))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_after_kill_9_everything_up_to_the_last_second_opens(
    repository: Path, sessions: Path, wall_video: Path, unasked: None
) -> None:
    command = [sys.executable, "-c", KILLED, str(wall_video)]
    with subprocess.Popen(command, cwd=repository, stdout=subprocess.PIPE, text=True) as process:
        _, count, elapsed = process.stdout.readline().split()
        process.send_signal(signal.SIGKILL)
        process.wait()
    session = only_session(sessions)
    assert session.interrupted
    assert session.frames.t[-1] > float(elapsed) - 1.0
    assert len(session.frames) > int(count) - 30
    with Scrubber(session) as pictures:
        assert pictures.at(float(elapsed) - 1.0) is not None


SLOW_DISK = """
import sys, time
from PySide6.QtCore import QTimer
import app.application as application
import app.main_window as m
from aimanet.sessions.writer import SessionWriter

write = SessionWriter.frame
SessionWriter.frame = lambda *args: (time.sleep(0.15), write(*args))[1]

class Window(m.MainWindow):
    def begin(self):
        super().begin()
        self.again = QTimer(self, interval=50)
        self.again.timeout.connect(self.look_again)
        self.again.start()

    def look_again(self):
        if self.desk.recording.can_start:
            self.desk.toggle()
        status = self.desk.recording.status
        if status is not None and status.queued > 25:
            print(status.frames + status.queued, flush=True)
            self.again.stop()
            self.close()

m.MainWindow = Window
sys.exit(application.run(sys.argv[1], "pos"))
"""


@pytest.mark.slow
def test_a_closed_window_waits_for_a_slow_disk(
    repository: Path, sessions: Path, wall_video: Path, unasked: None
) -> None:
    """Twenty-five frames take nearly four seconds: longer than threads may take otherwise."""
    command = [sys.executable, "-c", SLOW_DISK, str(wall_video)]
    done = subprocess.run(command, cwd=repository, stdout=subprocess.PIPE, text=True, check=True)
    session = only_session(sessions)
    assert session.problems == ()
    assert len(session.frames) >= int(done.stdout)


# --- what the bar says ----------------------------------------------------------------------


def status_of(**changes: object) -> RecorderStatus:
    status = RecorderStatus(Path("/x"), True, 600.0, 18000, 0, 0, 8_000_000_000, 60_000_000_000)
    return replace(status, **changes)  # type: ignore[arg-type]


@pytest.fixture
def bar(qtbot: QtBot) -> RecordBar:
    bar = RecordBar(QAction("Record"), QAction("Marker"))
    qtbot.addWidget(bar)
    bar.show()
    return bar


def test_losses_and_little_room_are_in_sight(bar: RecordBar) -> None:
    bar.show_status(status_of(), True)
    assert bar.elapsed.text() == "10:00"
    assert (bar.taken.text(), bar.room.text()) == ("8.0 GB", "60 GB free")
    assert not bar.drops.isVisible()
    assert not bar.room.property("short")
    bar.show_status(status_of(dropped=12, free_bytes=1_000_000_000), True)
    assert bar.drops.isVisible()
    assert bar.drops.text() == "12 dropped"
    assert "12 dropped" in bar.pill.accessibleName()
    assert bar.room.text() == "1.0 GB free, 1 min"
    assert bar.room.property("short")
    bar.show_status(status_of(dropped=1, pictures_lost=30), True)
    assert bar.drops.text() == "1 dropped, 30 not in the picture"
    bar.show_status(status_of(elapsed_s=0.5, free_bytes=100_000_000), True)
    assert bar.room.text() == "100 MB free"
    assert bar.room.property("short")
    bar.show_status(status_of(free_bytes=None), True)
    assert not bar.room.isVisible()


def test_the_last_frames_are_waited_for_in_words(bar: RecordBar) -> None:
    bar.show_status(status_of(elapsed_s=3725.0, running=False), False)
    assert bar.elapsed.text() == "Finishing 1:02:05…"
    assert not bar.marker_button.isVisible()


def test_the_last_word_says_what_is_missing_and_where_it_is(tmp_path: Path) -> None:
    done = status_of(folder=tmp_path, running=False, elapsed_s=82.6, size_bytes=1_400_000_000)
    ending = ending_of(done, Reason.ASKED)
    assert ending.level == "info"
    assert ending.text == f"Recorded 1:23, 1.4 GB, to {tmp_path}."
    lossy = ending_of(replace(done, dropped=1), Reason.STOPPED)
    assert lossy.level == "warning"
    assert lossy.text.startswith("Measuring was stopped, and the recording with it. Recorded")
    assert lossy.text.endswith("1 frame is missing in it: the disk was too slow.")
    slow = ending_of(replace(done, pictures_lost=30), Reason.ASKED)
    assert slow.level == "warning"
    assert "30 frames are missing in the compressed picture, but not in the face" in slow.text
    empty = ending_of(replace(done, frames=0), Reason.SOURCE_LOST)
    assert empty.folder is None
    assert empty.text.endswith("Nothing was recorded: no picture came.")


@pytest.mark.parametrize(
    ("hours", "words"),
    [(0.005, "18 s"), (0.4, "24 min"), (1.26, "1.3 h"), (40, "40 h"), (900, "more than a week")],
)
def test_rough_lengths(hours: float, words: str) -> None:
    assert hours_text(hours) == words


# --- questions ------------------------------------------------------------------------------


def test_the_questions_come_first_and_are_remembered(
    qtbot: QtBot,
    open_window: OpenWindow,
    tmp_path: Path,
    wall_video: Path,
    dialogs: DialogWatch,
) -> None:
    dialogs.expected = {"RecordingDialog"}
    window = open_window(str(wall_video))
    qtbot.waitUntil(window.commands.record.isEnabled, timeout=PATIENCE_MS)
    qtbot.keyClick(window, Qt.Key.Key_R, CTRL)
    dialog = window.dialogs.open_one
    assert isinstance(dialog, RecordingDialog)
    assert not window.desk.recording.on
    dialog.reject()
    assert not window.desk.recording.on
    qtbot.keyClick(window, Qt.Key.Key_R, CTRL)
    dialog = window.dialogs.open_one
    dialog.participant.setText("  P12 ")
    dialog.notes.setPlainText("by the window\nafter running")
    dialog.keep.buttons["face"].setChecked(True)
    dialog.set_folder(str(tmp_path / "other"))
    dialog.agreed.setChecked(True)
    dialog.at_once.setChecked(True)
    qtbot.keyClick(dialog.participant, Qt.Key.Key_Return)
    assert window.desk.recording.on
    wait_for_frames(qtbot, window)
    window.desk.toggle()
    said(qtbot, window)
    session = only_session(tmp_path / "other")
    info = session.info
    assert (info.participant, info.notes) == ("P12", "by the window\nafter running")
    assert (info.kept, info.size) == ("face", (72, 72))
    assert (info.consent.shown, info.consent.confirmed) == (True, True)
    shut(qtbot, window)
    remembered = SettingsStore().load()[0].recording
    assert remembered == RecordingSettings(
        keep="face", folder=str(tmp_path / "other"), ask=False, participant="P12", agreed=True
    )
    again = open_window(str(wall_video))
    qtbot.waitUntil(again.commands.record.isEnabled, timeout=PATIENCE_MS)
    again.commands.record.trigger()
    assert again.desk.recording.on, "not asked again"


def test_the_settings_bring_the_questions_back(
    open_window: OpenWindow, unasked: None, dialogs: DialogWatch
) -> None:
    dialogs.expected = {"RecordingDialog"}
    window = open_window("/nowhere.mp4")
    window.commands.recording_settings.trigger()
    dialog = window.dialogs.open_one
    assert isinstance(dialog, RecordingDialog)
    assert dialog.at_once.isChecked()
    assert not dialog.notes.isVisible()
    dialog.at_once.setChecked(False)
    dialog.go.click()
    assert SettingsStore().load()[0].recording.ask
    assert not window.desk.recording.on


def test_what_one_person_agreed_to_does_not_hold_for_the_next(
    qtbot: QtBot, open_window: OpenWindow, dialogs: DialogWatch
) -> None:
    dialogs.expected = {"RecordingDialog"}
    window = open_window("/nowhere.mp4")
    for name, again in (("P1", False), ("P2", True)):
        window.commands.recording_settings.trigger()
        dialog = window.dialogs.open_one
        assert isinstance(dialog, RecordingDialog)
        assert dialog.agreed.isChecked() is again
        dialog.participant.selectAll()
        qtbot.keyClicks(dialog.participant, name)
        assert not dialog.agreed.isChecked()
        dialog.agreed.click()
        qtbot.keyClicks(dialog.participant, "b")
        assert dialog.agreed.isChecked(), "an answer of now stays"
        dialog.go.click()


def test_what_is_kept_says_what_it_costs(open_window: OpenWindow, dialogs: DialogWatch) -> None:
    dialogs.expected = {"RecordingDialog"}
    window = open_window("/nowhere.mp4")
    window.commands.recording_settings.trigger()
    dialog = window.dialogs.open_one
    assert [label.text() for label in dialog.keep.labels.values()] == [
        "typically 14 MB a minute (853 MB an hour)",
        "typically 58 MB a minute (3.5 GB an hour)",
        "typically 830 MB a minute (50 GB an hour)",
        "typically 216 kB a minute (13 MB an hour)",
    ]
    room = dialog.room_label.text()
    dialog.keep.buttons["none"].setChecked(True)
    assert "room for" in room
    assert dialog.room_label.text() != room


def test_minute_of_this_source_is_measured_while_the_questions_are_open(
    qtbot: QtBot, open_window: OpenWindow, sessions: Path, face_video: str, dialogs: DialogWatch
) -> None:
    dialogs.expected = {"RecordingDialog"}
    window = open_window(face_video)
    qtbot.waitUntil(window.commands.record.isEnabled, timeout=PATIENCE_MS)
    window.commands.record.trigger()
    dialog = window.dialogs.open_one
    assert isinstance(dialog, RecordingDialog)
    assert dialog.keep.current == "face", "unless another was chosen before"
    labels = dialog.keep.labels
    assert labels["face"].text().startswith("typically")
    qtbot.waitUntil(lambda: labels["face"].text().startswith("about"), timeout=PATIENCE_MS)
    said = {keep: dialog.keep.costs.per_second[keep] for keep in labels}
    assert 30 * 3000 < said["face"] < said["face+picture"] < said["frame"] < 30 * 150_000
    dialog.reject()
    link = window.conductor.engine.link
    assert link is None or link.sampler is None
    qtbot.waitUntil(lambda: not window.desk.busy, timeout=PATIENCE_MS)


def test_questions_that_are_left_before_they_are_measured_leave_no_thread(
    qtbot: QtBot, open_window: OpenWindow, wall_video: Path, dialogs: DialogWatch
) -> None:
    dialogs.expected = {"RecordingDialog"}
    window = open_window(str(wall_video))
    qtbot.waitUntil(window.commands.record.isEnabled, timeout=PATIENCE_MS)
    window.commands.record.trigger()
    window.dialogs.open_one.reject()
    qtbot.waitUntil(lambda: not window.desk.busy, timeout=PATIENCE_MS)


def test_nothing_is_recorded_before_the_person_has_agreed(
    qtbot: QtBot, open_window: OpenWindow, sessions: Path, wall_video: Path, dialogs: DialogWatch
) -> None:
    dialogs.expected = {"RecordingDialog"}
    window = open_window(str(wall_video))
    qtbot.waitUntil(window.commands.record.isEnabled, timeout=PATIENCE_MS)
    window.commands.record.trigger()
    dialog = window.dialogs.open_one
    assert isinstance(dialog, RecordingDialog)
    assert dialog.agreed.isVisible()
    assert not dialog.go.isEnabled()
    assert dialog.go.toolTip() == "Tick that the person has agreed"
    qtbot.keyClick(dialog.participant, Qt.Key.Key_Return)
    dialog.accept()
    assert dialog.isVisible()
    assert not window.desk.recording.on
    dialog.agreed.click()
    dialog.go.click()
    assert window.desk.recording.on
    wait_for_frames(qtbot, window)
    window.desk.toggle()
    said(qtbot, window)
    info = only_session(sessions).info
    assert (info.consent.shown, info.consent.confirmed) == (True, True)


def test_recording_without_questions_asks_once_more_where_nobody_agreed(
    qtbot: QtBot, open_window: OpenWindow, wall_video: Path, dialogs: DialogWatch
) -> None:
    dialogs.expected = {"RecordingDialog"}
    SettingsStore().save(Settings(recording=RecordingSettings(ask=False)))
    window = open_window(str(wall_video))
    qtbot.waitUntil(window.commands.record.isEnabled, timeout=PATIENCE_MS)
    assert window.commands.record.text().endswith("…")
    window.commands.record.trigger()
    assert isinstance(window.dialogs.open_one, RecordingDialog)
    assert not window.desk.recording.on


def test_settings_ask_for_consent_only_where_no_question_follows(
    open_window: OpenWindow, dialogs: DialogWatch
) -> None:
    dialogs.expected = {"RecordingDialog"}
    window = open_window("/nowhere.mp4")
    window.commands.recording_settings.trigger()
    dialog = window.dialogs.open_one
    assert isinstance(dialog, RecordingDialog)
    assert not dialog.agreed.isVisible()
    assert dialog.go.isEnabled()
    dialog.at_once.setChecked(True)
    assert dialog.agreed.isVisible()
    assert not dialog.go.isEnabled()
    dialog.agreed.click()
    assert dialog.go.isEnabled()


@real_time
def test_drawn_face_is_not_asked_for_its_consent(
    qtbot: QtBot, open_window: OpenWindow, sessions: Path, face_video: str, dialogs: DialogWatch
) -> None:
    shutil.rmtree(sessions, ignore_errors=True)
    dialogs.expected = {"RecordingDialog"}
    window = open_window(face_video)
    qtbot.waitUntil(window.commands.record.isEnabled, timeout=PATIENCE_MS)
    window.commands.record.trigger()
    dialog = window.dialogs.open_one
    assert isinstance(dialog, RecordingDialog)
    assert not dialog.agreed.isVisible()
    dialog.keep.buttons["face+picture"].setChecked(True)
    dialog.go.click()
    wait_for_frames(qtbot, window)
    window.desk.toggle()
    said(qtbot, window)
    session = only_session(sessions)
    assert (session.info.consent.shown, session.info.consent.confirmed) == (False, False)
    assert (session.info.kept, session.info.size) == ("face", (72, 72))
    assert session.info.picture.size == (320, 240)
    assert session.problems == ()
    with Scrubber(session) as pictures:
        assert pictures.at(0.0).image.shape == (240, 320, 3)


def test_choice_that_cannot_be_had_says_why_and_leaves_the_face(qtbot: QtBot) -> None:
    choice = KeepChoice(DARK, "face+picture", Costs(typical()), {"face+picture": "No encoder."})
    qtbot.addWidget(choice)
    assert not choice.buttons["face+picture"].isEnabled()
    assert choice.current == "face"
    assert "No encoder." in [label.text() for label in choice.findChildren(QLabel)]


def test_stored_choice_of_an_older_version_stays(tmp_path: Path) -> None:
    store = SettingsStore(tmp_path)
    store.path.parent.mkdir(parents=True, exist_ok=True)
    store.path.write_text('{"version": 1, "recording": {"keep": "frame", "ask": true}}')
    assert store.load() == (Settings(recording=RecordingSettings(keep="frame")), None)
    assert Settings().recording.keep == "face"


def test_without_a_picture_there_is_nothing_to_record(open_window: OpenWindow) -> None:
    window = open_window("/nowhere.mp4")
    assert not window.desk.bar.button.isEnabled()
    window.desk.toggle()
    assert not window.desk.recording.on
    assert not window.commands.marker.isEnabled()


def test_the_bar_gives_way_where_the_row_is_short(qtbot: QtBot) -> None:
    """A marker's name and a long recording move neither menus nor pages."""
    record, marker = QAction("Record"), QAction("Marker")
    bar = RecordBar(record, marker)
    qtbot.addWidget(bar)
    bar.show()
    status = RecorderStatus(None, True, 3725.0, 9, 12, 0, 10**9, 10**12)
    bar.show_status(status, on=True)
    bar.marker_field.offer(0, "Marker 1")
    bar.fit(10_000)
    whole = bar.sizeHint().width()
    assert bar.marker_button.text() == "Marker"
    assert bar.taken.maximumWidth() > 0
    bar.fit(whole - 1)
    assert bar.taken.maximumWidth() == 0
    assert bar.room.maximumWidth() > 0
    bar.fit(whole - bar.taken.sizeHint().width() - bar.room.sizeHint().width())
    assert bar.sizeHint().width() <= whole - bar.taken.sizeHint().width()
    assert bar.elapsed.maximumWidth() > 0
    bar.fit(whole)
    assert bar.taken.maximumWidth() > 0, "it comes back where there is room"
