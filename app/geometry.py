"""Where the window was the last time, and where it goes the first time."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSettings
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMainWindow

from app.settings import config_dir

_TITLE_PX = 32
"""Left free for the window manager's frame, whose size nobody tells before the window is there."""


def restore_geometry(window: QMainWindow) -> None:
    """As it was left, inside a screen that is there; the first time in the middle of one."""
    saved = _file().value("geometry")
    if saved is not None and window.restoreGeometry(saved):
        if not window.isFullScreen() and not window.isMaximized():
            window.setGeometry(inside(window.geometry(), _room(window.geometry(), window)))
        return
    room = _room(window.screen().availableGeometry(), window)
    width = min(room.width(), max(1180, round(room.width() * 0.72)))
    height = min(room.height(), max(680, round(room.height() * 0.78)))
    middle = QRect(0, 0, width, height)
    middle.moveCenter(room.center())
    window.setGeometry(inside(middle, room))  # without the frame, for which the room has space


def inside(wanted: QRect, room: QRect) -> QRect:
    """``wanted``, made smaller and moved until it lies within ``room``."""
    width, height = min(wanted.width(), room.width()), min(wanted.height(), room.height())
    x = min(max(wanted.x(), room.x()), room.x() + room.width() - width)
    y = min(max(wanted.y(), room.y()), room.y() + room.height() - height)
    return QRect(x, y, width, height)


def _room(wanted: QRect, window: QMainWindow) -> QRect:
    """What the screen under the middle of ``wanted`` has left below a window's title."""
    screen = QGuiApplication.screenAt(wanted.center()) or window.screen()
    return screen.availableGeometry().adjusted(0, _TITLE_PX, 0, 0)


def save_geometry(window: QMainWindow) -> None:
    """Remember it for the next time."""
    _file().setValue("geometry", window.saveGeometry())


def _file() -> QSettings:
    return QSettings(str(config_dir() / "window.ini"), QSettings.Format.IniFormat)
