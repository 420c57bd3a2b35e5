from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.environment import undo_opencv_qt

_REAL_WINDOW = """
import cv2, os
import app.application as application
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
import app.main_window as main_window
print("opencv first:", "QT_QPA_PLATFORM_PLUGIN_PATH" in os.environ)

class Window(main_window.MainWindow):
    def showEvent(self, event):
        super().showEvent(event)
        QTimer.singleShot(0, self.say)
    def say(self):
        print("platform:", QGuiApplication.platformName(), self.isVisible())
        self.close()

main_window.MainWindow = Window
raise SystemExit(application.run("no-such-file.mp4", "pos"))
"""


def test_what_opencv_set_is_removed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM_PLUGIN_PATH", str(tmp_path / "cv2" / "qt" / "plugins"))
    monkeypatch.setenv("QT_QPA_FONTDIR", str(tmp_path / "cv2" / "qt" / "fonts"))
    assert undo_opencv_qt() == ["QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"]
    assert "QT_QPA_PLATFORM_PLUGIN_PATH" not in os.environ


def test_what_the_user_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_FONTDIR", "/usr/share/fonts")
    assert "QT_QPA_FONTDIR" not in undo_opencv_qt()
    assert os.environ["QT_QPA_FONTDIR"] == "/usr/share/fonts"


@pytest.fixture
def display() -> Iterator[str]:
    """An X display of our own, or a skip."""
    server = shutil.which("Xvfb")
    if server is None:
        pytest.skip("no Xvfb here: a real xcb window cannot be opened")
    reading, writing = os.pipe()
    command = [server, "-displayfd", str(writing), "-screen", "0", "1280x720x24"]
    with subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL) as process:
        os.close(writing)
        with os.fdopen(reading) as pipe:
            number = pipe.readline().strip()
        if not number:
            pytest.skip("Xvfb does not start here")
        yield f":{number}"
        process.terminate()


def python(code: str, repository: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=repository,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.skipif(sys.platform != "linux", reason="OpenCV sets these variables on Linux only")
def test_a_real_xcb_window_opens_after_opencv_was_imported(display: str, repository: Path) -> None:
    done = python(_REAL_WINDOW, repository, DISPLAY=display, QT_QPA_PLATFORM="xcb")
    assert done.returncode == 0, done.stderr
    assert "platform: xcb True" in done.stdout


def test_the_window_is_there_before_the_heavy_libraries(repository: Path) -> None:
    code = (
        "import sys, app.application, app.main_window;"
        "print([m for m in ('torch', 'mediapipe', 'cv2', 'scipy', 'av') if m in sys.modules])"
    )
    assert python(code, repository).stdout.strip() == "[]"
