"""Born, suspended, ended: the whole program in processes of its own, and engines by the hundred."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from aimanet.sessions.reader import open_session
from app.engine import LiveEngine, Phase
from app.link import MethodWish
from tests.app.conftest import PATIENCE_MS, running_threads
from tests.app.whole_app import (
    AS_ANYBODY,
    PLAIN,
    TELL,
    TELL_AND_CLOSE,
    children_of,
    finish,
    start,
    wait_for,
    wait_until_gone,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")

CRASHES = ("Traceback", "Fatal Python error", "terminate called", "Segmentation", "QThread: Des")


def assert_calm(said: str) -> None:
    assert not [word for word in CRASHES if word in said], said


# --- starting -------------------------------------------------------------------------------


DOOR = """
import runpy, signal, sys
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests may run under nohup
sys.argv[0] = "main.py"
print("door", flush=True)
runpy.run_path("main.py", run_name="__main__")
"""


def front_door(repository: Path) -> subprocess.Popen[str]:
    """``python main.py live``: the way a person starts it, on a screen that is nowhere."""
    env = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "DISPLAY": ":0"}
    return subprocess.Popen(
        [sys.executable, "-c", DOOR, "live", "--source", PLAIN, "--method", "pos"],
        cwd=repository,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end_at(repository: Path, moment_s: float, number: signal.Signals) -> None:
    """``moment_s`` after Python itself was loaded."""
    process = front_door(repository)
    assert process.stdout is not None
    assert process.stdout.readline() == "door\n"
    try:
        process.wait(moment_s)
    except subprocess.TimeoutExpired:
        process.send_signal(number)
    status, said = finish(process)
    # 0: the window was there; 130: the command line was; -n: not even that
    assert status in (0, 130, -number), (moment_s, number, status, said)
    if status != -number:
        assert_calm(said)


ENDINGS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@pytest.mark.parametrize("number", ENDINGS)
def test_it_can_be_ended_while_it_starts(repository: Path, number: signal.Signals) -> None:
    end_at(repository, {15: 0.5, 2: 0.9, 1: 1.4}[number], number)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_it_can_be_ended_at_any_moment_of_its_start(repository: Path) -> None:
    chance = random.Random(6)
    for _ in range(60):
        end_at(repository, chance.uniform(0.0, 3.5), chance.choice(ENDINGS))


CLOSE_AFTER = """
import sys
from PySide6.QtCore import QTimer
import app.main_window as m
shown = m.MainWindow.showEvent
def show(window, event):
    shown(window, event)
    QTimer.singleShot({ms}, window.close)
m.MainWindow.showEvent = show
"""


@pytest.mark.parametrize("ms", [250, pytest.param(0, marks=pytest.mark.slow)])
def test_a_window_closed_while_it_loads_ends_with_status_0(repository: Path, ms: int) -> None:
    status, said = finish(start(repository, {}, CLOSE_AFTER.format(ms=ms), ""))
    assert status == 0, said
    assert_calm(said)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_window_may_be_closed_at_any_moment(repository: Path) -> None:
    chance = random.Random(7)
    for _ in range(60):
        ms = chance.randrange(3000)
        process = start(repository, {}, CLOSE_AFTER.format(ms=ms), "", "synthetic", "tscan")
        status, said = finish(process)
        assert status == 0, (ms, said)
        assert_calm(said)


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_200_starts_end_with_status_0(repository: Path) -> None:
    for _ in range(200):
        status, said = finish(start(repository, {}, "", TELL_AND_CLOSE))
        assert status == 0, said
        assert_calm(said)


# --- where it starts ------------------------------------------------------------------------


def notices(repository: Path, before: str, act: str, **environment: str | None) -> dict[str, str]:
    """What the window says when started so; it must end well.

    It is told of a face model, even if there is none: it would go and fetch it for this home.
    """
    environment.setdefault("AIMANET_FACE_MODEL", str(repository / "no-model.tflite"))
    process = start(repository, environment, AS_ANYBODY + before, act)
    said: dict[str, str] = wait_for(process, "banners")["said"]
    status, errors = finish(process)
    assert status == 0, errors
    assert_calm(errors)
    return said


CHOOSE = TELL + "window.conductor.set_method('green'); tell()"


@linux
def test_the_window_opens_in_a_read_only_home_and_says_that_nothing_is_remembered(
    repository: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o500)
    unset = dict.fromkeys(("AIMANET_CONFIG_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME"))
    said = notices(repository, "", CHOOSE, HOME=str(home), **unset)
    assert "Permission denied" in said["settings"]
    assert "last until you quit" in said["settings"]
    assert not list(home.iterdir())


@linux
def test_the_window_opens_without_a_home_and_says_where_things_go(
    repository: Path, tmp_path: Path
) -> None:
    before = """
import pwd
def unknown(*_):
    raise KeyError("no such user")
pwd.getpwuid = unknown
"""
    unset = dict.fromkeys(("HOME", "AIMANET_CONFIG_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME"))
    said = notices(repository, before, CHOOSE, TMPDIR=str(tmp_path), **unset)
    assert "There is no home folder here" in said["settings"]
    assert [path.name for path in tmp_path.rglob("settings.json")] == ["settings.json"]


@pytest.mark.slow
@linux
def test_the_window_opens_on_a_full_disk(repository: Path) -> None:
    full = "resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))\n"
    said = notices(repository, full, CHOOSE)
    assert "cannot be saved" in said["settings"]


def test_the_window_opens_with_damaged_settings_and_geometry(
    repository: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "settings.json").write_bytes(b"\x00\xff{")
    (folder / "window.ini").write_bytes(b"[General]\ngeometry=@ByteArray(\\x1\\xd9\\xd0junk)\n\xff")
    said = notices(repository, "", TELL_AND_CLOSE)
    assert "Kept as" in said["settings"]
    assert [p.read_bytes() for p in folder.glob("settings.*.json")] == [b"\x00\xff{"]


# --- running --------------------------------------------------------------------------------

RECORD = """
from pathlib import Path
from PySide6.QtCore import QTimer
from app.recording.plan import Plan
recording = window.desk.recording
def look():
    if recording.can_start:
        recording.start(Plan("frame", Path({folder!r})))
    status = recording.status
    if status is not None and status.frames > 20:
        timer.stop()
        say(event="recording", frames=status.frames)
timer = QTimer(window, interval=50)
timer.timeout.connect(look)
timer.start()
"""


@linux
@pytest.mark.parametrize(
    "number", [signal.SIGTERM, pytest.param(signal.SIGHUP, marks=pytest.mark.slow)]
)
def test_ended_while_recording_the_session_is_whole_and_no_process_is_left(
    repository: Path, tmp_path: Path, number: signal.Signals
) -> None:
    process = start(repository, {}, "", RECORD.format(folder=str(tmp_path / "sessions")))
    written = wait_for(process, "recording")["frames"]
    children = children_of(process.pid)
    process.send_signal(number)
    status, said = finish(process)
    assert status == 0, said
    assert_calm(said)
    [folder] = (tmp_path / "sessions").iterdir()
    session = open_session(folder)
    assert not session.interrupted
    assert len(session.frames) >= written
    for child in children:
        wait_until_gone(child)


AWAY_S = 3.0

COUNT = """
import time
from PySide6.QtCore import QTimer
link = window.conductor.engine.link
def look():
    say(event="look", t=time.monotonic(), frames=link.figures.frames, dropped=link.crops.dropped)
timer = QTimer(window, interval=100)
timer.timeout.connect(look)
timer.start()
"""


def test_suspended_and_resumed_it_goes_on_without_a_burst(repository: Path) -> None:
    process = start(repository, {}, "", COUNT)
    looks = [wait_for(process, "look")]
    while looks[-1]["frames"] < 30:
        looks.append(wait_for(process, "look"))
    process.send_signal(signal.SIGSTOP)
    time.sleep(AWAY_S)  # this is what is tested: the program is away for so long
    process.send_signal(signal.SIGCONT)
    while looks[-1]["t"] < looks[0]["t"] + AWAY_S or looks[-1]["frames"] < 120:
        looks.append(wait_for(process, "look"))
    gap = max(range(1, len(looks)), key=lambda n: looks[n]["t"] - looks[n - 1]["t"])
    before = looks[gap - 1]
    for look in looks[gap:]:  # the demo's 30 frames a second; those it was away for are not made up
        lived = look["t"] - before["t"] - AWAY_S
        assert look["frames"] - before["frames"] <= 30 * lived + 20, (before, look)
        assert look["dropped"] == 0
    process.send_signal(signal.SIGTERM)
    status, errors = finish(process)
    assert status == 0, errors
    assert_calm(errors)


# --- engines by the hundred -----------------------------------------------------------------


def cycles(qtbot: QtBot, count: int) -> tuple[list[int], list[int], list[float]]:
    """Threads, open files and resident MB after each of ``count`` runs."""
    engine = LiveEngine()
    threads, files, rss_mb = [], [], []
    for n in range(count):
        readings: list[object] = []
        engine.reading.connect(readings.append)
        method = ("pos", "tscan", "chrom", "green")[n % 4]
        engine.start(PLAIN, MethodWish(method, "cpu"), 10, overlay=True)
        if n % 3 == 0:  # some are stopped while they load, some while they run
            qtbot.waitUntil(lambda heard=readings: bool(heard), timeout=PATIENCE_MS)
        elif n % 3 == 1:
            qtbot.waitUntil(lambda: engine.phase is Phase.RUNNING, timeout=PATIENCE_MS)
        engine.stop()
        qtbot.waitUntil(lambda: not engine.busy, timeout=PATIENCE_MS)
        engine.reading.disconnect(readings.append)
        assert not running_threads()
        threads.append(len(os.listdir("/proc/self/task")))
        files.append(len(os.listdir("/proc/self/fd")))
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        rss_mb.append(pages * os.sysconf("SC_PAGE_SIZE") / 1e6)
    assert engine.link is None
    assert not [t for t in threading.enumerate() if t.name == "face loader"]
    return threads, files, rss_mb


@pytest.mark.slow
@linux
def test_runs_that_follow_each_other_leave_no_thread_and_no_file_open(
    qtbot: QtBot, face_model: Path
) -> None:
    threads, files, _ = cycles(qtbot, 13)
    # The least of several: a thread that is only just ending is not one that is left.
    assert min(threads[7:]) <= min(threads[:6]) + 1, threads
    assert min(files[7:]) <= min(files[:6]) + 1, files


@linux
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_200_runs_leave_threads_files_and_memory_flat(qtbot: QtBot, face_model: Path) -> None:
    threads, files, rss_mb = cycles(qtbot, 200)
    print(f"threads {threads}, files {files}, MB {[round(mb) for mb in rss_mb]}")
    assert min(threads[180:]) <= min(threads[:20]) + 1
    assert min(files[180:]) <= min(files[:20]) + 1
    assert max(rss_mb[180:]) < max(rss_mb[20:60]) + 20
