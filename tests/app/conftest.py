"""Real windows for tests, and two watches: no dialog nobody asked for, no thread left behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import shiboken6
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QThread
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from aimanet.errors import FaceModelError
from app.main_window import MainWindow
from app.settings import Asked, Preferences, SettingsStore
from tests.aimanet.sources.videos import write_video

PATIENCE_MS = 120_000
"""For states that come within a second or two here; generous on a loaded machine."""

OpenWindow = Callable[..., MainWindow]


class DialogWatch(QObject):
    """Notes every dialog that is shown; a test names those it expects."""

    def __init__(self) -> None:
        super().__init__()
        self.expected: set[str] = set()
        self.unexpected: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QDialog):
            kind = type(watched).__name__
            if kind not in self.expected:
                self.unexpected.append(f"{kind}: {watched.windowTitle()}")
        return False


@pytest.fixture(autouse=True)
def dialogs(qapp: QApplication) -> Iterator[DialogWatch]:
    watch = DialogWatch()
    qapp.installEventFilter(watch)
    yield watch
    qapp.removeEventFilter(watch)
    assert not watch.unexpected


def running_threads() -> list[QThread]:
    found = [o for o in shiboken6.getAllValidWrappers() if isinstance(o, QThread)]
    return [thread for thread in found if thread.isRunning()]


@pytest.fixture(autouse=True)
def nothing_is_left(qapp: QApplication) -> Iterator[None]:
    before = set(map(id, qapp.topLevelWidgets()))
    yield
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not running_threads()
    left = [w for w in qapp.topLevelWidgets() if id(w) not in before and not w.parent()]
    assert not [w for w in left if w.isVisible()]
    assert not [w for w in left if isinstance(w, MainWindow)]


@pytest.fixture
def open_window(qtbot: QtBot, qapp: QApplication, nothing_is_left: None) -> Iterator[OpenWindow]:
    """``open_window(source, method=...)``: the real window, running; closed after the test."""
    qapp.setStyle("Fusion")
    qapp.setQuitOnLastWindowClosed(False)
    windows: list[MainWindow] = []

    def open_(source: str | None = None, method: str | None = "pos", **more: object) -> MainWindow:
        asked = Asked(source, method, **more)  # type: ignore[arg-type]
        window = MainWindow(Preferences(SettingsStore(), asked))
        windows.append(window)
        window.show()
        qtbot.waitExposed(window)
        window.begin()
        return window

    yield open_
    for window in windows:
        if shiboken6.isValid(window):
            shut(qtbot, window)
            window.deleteLater()
    windows.clear()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def shut(qtbot: QtBot, window: MainWindow) -> None:
    """Close and wait until every thread of the window has ended."""
    window.close()
    done = lambda: not window.busy and not window.isVisible()  # noqa: E731
    qtbot.waitUntil(done, timeout=PATIENCE_MS)


def wall(number: int, width: int = 320, height: int = 240) -> NDArray[np.uint8]:
    """A picture without a face; its brightness follows ``number``."""
    image = np.full((height, width, 3), 90, np.uint8)
    image[:, : width // 2] += np.uint8(number % 60)
    return image


@pytest.fixture(scope="session")
def wall_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A minute without a face: no test is to see its end, however busy the machine is."""
    from aimanet.bench.clips import of_length

    folder = tmp_path_factory.mktemp("wall")
    part = write_video(folder / "part.mp4", (wall(n) for n in range(180)))
    return of_length(part, folder / "wall.mp4", 60.0)


@pytest.fixture(scope="session")
def short_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a second without a face."""
    folder = tmp_path_factory.mktemp("short")
    return write_video(folder / "short.mp4", (wall(n) for n in range(15)))


@pytest.fixture(scope="session")
def face_model() -> Path:
    """The face detector's model, or a skip where it is neither here nor to be fetched."""
    from aimanet.face import face_model_path

    try:
        return face_model_path()
    except FaceModelError as problem:
        pytest.skip(str(problem))
