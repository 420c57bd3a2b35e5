"""What is drawn when, what a method says of itself, and the window measured from inside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.link import Picture
from app.look import DARK
from app.pages import LIVE, SESSIONS
from app.widgets.video_view import VideoView
from tests.app.conftest import PATIENCE_MS, OpenWindow, wall
from tests.app.whole_app import PLAIN


def test_a_picture_is_announced_once_it_is_painted(qtbot: QtBot) -> None:
    view = VideoView()
    qtbot.addWidget(view)
    view.apply_look(DARK)
    view.resize(400, 300)
    seen: list[Picture] = []
    view.shown.connect(seen.append)
    first = Picture(0.0, wall(1), None)
    view.show_picture(first)
    assert seen == []
    view.grab()
    view.grab()  # painted again, for another reason: it is not news
    assert seen == [first]


def test_the_screen_has_its_own_copy_of_the_pixels(qtbot: QtBot) -> None:
    view = VideoView()
    qtbot.addWidget(view)
    view.resize(320, 240)
    pixels = wall(1)
    pixels[:] = (10, 200, 60)
    view.show_picture(Picture(0.0, pixels, None))
    pixels[:] = 0  # a source may use its memory again
    image: QImage = view.grab().toImage()
    middle = image.pixelColor(image.width() // 2, image.height() // 2)
    assert (middle.red(), middle.green(), middle.blue()) == (10, 200, 60)


def test_what_nobody_sees_is_not_drawn_and_goes_on(
    qtbot: QtBot, open_window: OpenWindow, face_model: Path
) -> None:
    window = open_window(PLAIN)
    video, readings = window.body.video, []
    qtbot.waitUntil(lambda: video.picture is not None, timeout=PATIENCE_MS)
    window.conductor.engine.reading.connect(readings.append)
    window.pages.show(SESSIONS)
    before = video.picture
    qtbot.waitUntil(lambda: len(readings) > 2, timeout=PATIENCE_MS)
    assert video.picture is before
    window.pages.show(LIVE)
    qtbot.waitUntil(lambda: video.picture is not before, timeout=PATIENCE_MS)


def test_what_the_network_says_of_itself_is_said_once(
    qtbot: QtBot, open_window: OpenWindow, face_model: Path
) -> None:
    window = open_window(PLAIN)
    engine, said = window.conductor.engine, []
    engine.method_said.connect(said.append)
    link = engine.link
    assert link is not None
    qtbot.waitUntil(lambda: link.method is not None, timeout=PATIENCE_MS)
    link.method.notice = "the GPU cannot be used (out of memory); it goes on"  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: bool(said), timeout=PATIENCE_MS)
    banner = window.body.banners.banner("network")
    assert banner is not None
    assert banner.text == "The GPU cannot be used (out of memory); it goes on."
    readings: list[object] = []
    engine.reading.connect(readings.append)
    qtbot.waitUntil(lambda: len(readings) > 2, timeout=PATIENCE_MS)
    assert len(said) == 1


@pytest.mark.slow
def test_the_window_is_measured_from_inside(repository: Path, face_model: Path) -> None:
    env = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "DISPLAY": ":0"}
    command = [sys.executable, "-m", "app.bench", "--seconds", "6", "--json", "--source", PLAIN]
    done = subprocess.run(
        [*command, "--method", "pos"],
        cwd=repository,
        env=env,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert 0 < report["first_window_s"] < report["first_picture_s"]
    assert report["frames"]["drawn"] > 0
    assert report["grab_to_pixel_ms"]["median"] > 0 or report["first_reading_s"] is None
    assert report["rss_mb"]["end"] is None or report["rss_mb"]["end"] < 700
