"""The window asks for the frame rate that a recording does not say, and uses it from then on."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.engine import Phase
from app.main_window import MainWindow
from app.widgets.rate_dialog import RateDialog
from tests.aimanet.sources.videos import write_video
from tests.app.conftest import PATIENCE_MS, DialogWatch, OpenWindow, wall


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """A second of a camera's raw stream, without a face."""
    pictures = [wall(n) for n in range(24)]
    return write_video(tmp_path / "cam.mjpeg", pictures, codec="mjpeg", pixels="yuvj420p")


def question(qtbot: QtBot, window: MainWindow) -> RateDialog:
    qtbot.waitUntil(lambda: isinstance(window.dialogs.open_one, RateDialog), timeout=PATIENCE_MS)
    dialog = window.dialogs.open_one
    assert isinstance(dialog, RateDialog)
    return dialog


def wait_for(qtbot: QtBot, window: MainWindow, wanted: Phase) -> None:
    qtbot.waitUntil(lambda: window.conductor.engine.phase is wanted, timeout=PATIENCE_MS)


def test_recording_without_a_rate_is_played_at_the_one_that_is_stated(
    qtbot: QtBot, open_window: OpenWindow, dialogs: DialogWatch, raw: Path, face_model: Path
) -> None:
    dialogs.expected = {"RateDialog"}
    window = open_window(str(raw))
    engine = window.conductor.engine
    dialog = question(qtbot, window)
    assert dialog.reason.text() == "cam.mjpeg does not say its frame rate."
    assert engine.phase is Phase.FAILED
    assert window.body.video.picture is None
    dialog.field.setValue(24.0)
    dialog.buttons.buttons()[0].click()
    qtbot.waitUntil(lambda: engine.link is not None and engine.link.opened is not None,
                    timeout=PATIENCE_MS)  # fmt: skip
    assert engine.link is not None
    assert engine.link.opened is not None
    info = engine.link.opened[1]
    assert (info.fps, info.fps_source) == (24.0, "stated")
    assert window.body.banners.banner("source") is None
    wait_for(qtbot, window, Phase.ENDED)
    window.conductor.toggle()  # once more: it is remembered
    wait_for(qtbot, window, Phase.RUNNING)
    assert window.dialogs.open_one is None
    wait_for(qtbot, window, Phase.ENDED)


def test_cancelled_question_can_be_asked_again(
    qtbot: QtBot, open_window: OpenWindow, dialogs: DialogWatch, raw: Path
) -> None:
    dialogs.expected = {"RateDialog"}
    window = open_window(str(raw))
    question(qtbot, window).reject()
    banner = window.body.banners.banner("source")
    assert banner is not None
    assert banner.text == "cam.mjpeg does not say its frame rate."
    assert window.conductor.engine.phase is Phase.FAILED
    window.rates.ask()
    assert question(qtbot, window).isVisible()


def test_rate_from_the_command_line_is_not_asked_for(
    qtbot: QtBot, open_window: OpenWindow, raw: Path, face_model: Path
) -> None:
    window = open_window(str(raw), fps=24.0)
    wait_for(qtbot, window, Phase.ENDED)
    assert window.dialogs.open_one is None
