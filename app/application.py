"""Starts Qt and opens the window."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from app.environment import undo_opencv_qt

undo_opencv_qt()

from PySide6.QtCore import QElapsedTimer, QObject, QSocketNotifier, QTimer, Slot  # noqa: E402
from PySide6.QtWidgets import QApplication, QWidget  # noqa: E402

from aimanet.errors import AimaNetError  # noqa: E402
from aimanet.stop import end_signals  # noqa: E402
from aimanet.terminal.home import give_home  # noqa: E402
from app.settings import Asked, Preferences, SettingsStore  # noqa: E402

if TYPE_CHECKING:
    from app.main_window import MainWindow

_PATIENCE_MS = 1500
"""How long a closed window's threads may take to end by themselves."""

_DISK_PATIENCE_S = 20.0
"""How long a disk that nothing more reaches may hold up the end: a recording is to be kept."""

_PAGES_PATIENCE_S = 60.0
"""How long the pages may take to end: a training process saves where it is."""


class Interruption(QObject):
    """Ctrl-C in the terminal closes the window, as do ``kill`` and the terminal's own end.

    Python runs a signal handler only between two of its own instructions, and Qt's loop may
    not come back to Python for long: the system writes a byte to a socket that Qt watches.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._reader, self._writer = socket.socketpair()
        for end in (self._reader, self._writer):
            end.setblocking(False)
        self._notifier = QSocketNotifier(self._reader.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._on_byte)
        self._wakeup_before = signal.set_wakeup_fd(self._writer.fileno())  # first: none is missed
        self._before = {number: signal.signal(number, self._on_signal) for number in end_signals()}

    def undo(self) -> None:
        """Put the handlers back that were there before."""
        signal.set_wakeup_fd(self._wakeup_before)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._notifier.setEnabled(False)
        self._reader.close()
        self._writer.close()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        """Nothing: the byte that Python has written to the socket does it."""

    @Slot()
    def _on_byte(self) -> None:
        self._reader.recv(16)
        self._window.close()


class Impatience(QObject):
    """Ends the process when a closed window's threads do not end.

    It waits for what would be lost: a recording that is still written, a page that saves.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._recording, self._pages = window.desk.recording, window.pages
        self._waited = QElapsedTimer()
        self._timer = QTimer(self, interval=_PATIENCE_MS, singleShot=True)
        self._timer.timeout.connect(self._on_time)
        window.closing.connect(self._on_closing)

    @Slot()
    def _on_closing(self) -> None:
        self._waited.start()
        self._timer.start()

    @Slot()
    def _on_time(self) -> None:
        writing = self._recording.busy and self._recording.still_s < _DISK_PATIENCE_S
        saving = self._pages.busy and self._waited.elapsed() < 1000 * _PAGES_PATIENCE_S
        if writing or saving:
            self._timer.start()
        else:
            _leave()


def _leave() -> None:
    """End the process although a thread has not ended.

    It is inside an import or a driver, which nothing can interrupt; the settings are saved, and
    the system takes a camera back by itself. The usual way out would wait for the thread.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # there is none under pythonw
            stream.flush()
    os._exit(0)


def run(
    source: str | None = None,
    method: str | None = None,
    device: str | None = None,
    weights: Path | None = None,
    watch: Callable[[MainWindow], object] | None = None,
    fps: float | None = None,
) -> int:
    """Open the window and stay until it is closed.

    Args:
        source: a spec for ``open_source``; None takes the remembered source, else a camera,
            else the demo face.
        method: tscan, pos, chrom or green; None takes the remembered one.
        device: auto, cpu or cuda; None takes the remembered one.
        weights: other weights for tscan.
        watch: is given the window before it is shown (`app.bench`).
        fps: the frame rate to ask the camera ``source`` for, or of a recording that does not
            say it.

    Returns:
        The exit code: 0, or 2 where method or device are unknown.
    """
    homeless = give_home()
    try:
        preferences = Preferences(SettingsStore(), Asked(source, method, device, weights, fps))
    except AimaNetError as problem:
        print(f"aimanet: {problem}", file=sys.stderr)
        return 2
    preferences.notice = " ".join(filter(None, (homeless, preferences.notice))) or None
    undo_opencv_qt()
    app = QApplication.instance() or QApplication(["aimanet"])
    assert isinstance(app, QApplication)
    return _run_window(app, preferences, watch)


def _run_window(
    app: QApplication, preferences: Preferences, watch: Callable[[MainWindow], object] | None
) -> int:
    from app.main_window import MainWindow
    from app.unforeseen import Unforeseen

    app.setApplicationName("AimaNet")
    app.setDesktopFileName("aimanet")
    app.setStyle("Fusion")
    app.setQuitOnLastWindowClosed(False)
    window = MainWindow(preferences)
    window.closed.connect(app.exit)  # quit() would ask the window once more
    Impatience(window)
    interruption, unforeseen = Interruption(window), Unforeseen(window.notices, window)
    if watch is not None:
        watch(window)
    window.show()
    QTimer.singleShot(0, window.begin)
    app.exec()
    window.conductor.end()
    window.desk.end()
    window.pages.close_down()
    interruption.undo()
    unforeseen.undo()
    gc.freeze()  # else the interpreter ends by searching all that torch made: a second and more
    return 0
