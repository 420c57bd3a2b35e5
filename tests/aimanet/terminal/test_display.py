"""Whether a window can open, found out without dying of it."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from aimanet.terminal.display import apt_line, missing_library, why_no_window

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks X11 questions")


@pytest.fixture
def no_display(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@linux
def test_without_a_display_nothing_is_tried(no_display):
    assert "no display" in (why_no_window() or "")


@linux
def test_a_display_that_is_not_there_kills_only_the_probe(no_display):
    no_display.setenv("QT_QPA_PLATFORM", "xcb")
    no_display.setenv("DISPLAY", ":4217")
    reason = why_no_window() or ""
    assert "':4217' cannot be reached" in reason or "apt-get install" in reason


@linux
@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs Xvfb")
def test_a_real_display_lets_a_window_open(no_display):
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", "1", "-screen", "0", "640x480x24"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        number = server.stdout.readline().strip()
        no_display.setenv("DISPLAY", f":{number}")
        no_display.setenv("QT_QPA_PLATFORM", "xcb")
        # what `import cv2` does to the environment must not stand in the way
        no_display.setenv("QT_QPA_PLATFORM_PLUGIN_PATH", "/somewhere/cv2/qt/plugins")
        reason = why_no_window()
        assert reason is None or "apt-get install" in reason
    finally:
        server.terminate()
        server.wait(10)
        server.stdout.close()


@pytest.mark.parametrize(
    ("message", "library"),
    [
        ("ImportError: libEGL.so.1: cannot open shared object file: No such file", "libEGL.so.1"),
        ("(libxcb-cursor.so.0: cannot open shared object file: ...)", "libxcb-cursor.so.0"),
        ("No module named 'PySide6'", None),
    ],
)
def test_the_missing_library_is_read_from_the_message(message, library):
    assert missing_library(message) == library


def test_the_line_to_type_names_each_package_once():
    line = apt_line(["libxcb-cursor.so.0", "libEGL.so.1", "libEGL.so.1"])
    assert line == "sudo apt-get install -y libxcb-cursor0 libegl1"
