"""Where the window was the last time, and where it goes the first time."""

from __future__ import annotations

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QMainWindow

from app.settings import config_dir

_TITLE_PX = 40
"""Left free for the window manager's frame, whose size nobody tells before the window is there."""


def restore_geometry(window: QMainWindow) -> None:
    """As it was left; the first time in the middle, with room around it."""
    saved = _file().value("geometry")
    if saved is not None and window.restoreGeometry(saved):
        return
    room = window.screen().availableGeometry().adjusted(0, 0, 0, -_TITLE_PX)
    width = min(room.width(), max(1180, round(room.width() * 0.72)))
    height = min(room.height(), max(680, round(room.height() * 0.78)))
    window.resize(width, height)
    window.move(room.center() - window.rect().center())


def save_geometry(window: QMainWindow) -> None:
    """Remember it for the next time."""
    _file().setValue("geometry", window.saveGeometry())


def _file() -> QSettings:
    return QSettings(str(config_dir() / "window.ini"), QSettings.Format.IniFormat)
