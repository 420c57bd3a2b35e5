"""What other packages leave in the environment that would keep Qt from starting."""

from __future__ import annotations

import os
from pathlib import PurePath

_SET_BY_OPENCV = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")


def undo_opencv_qt() -> list[str]:
    """Remove the Qt variables that ``import cv2`` sets on Linux; returns their names.

    OpenCV's wheel points them at the Qt 5 inside its own package, with which our Qt 6 finds
    no platform plugin. A value that leads elsewhere is the user's own and stays.
    """
    removed = []
    for name in _SET_BY_OPENCV:
        if "cv2" in PurePath(os.environ.get(name, "")).parts:
            del os.environ[name]
            removed.append(name)
    return removed


def bind_pyqtgraph() -> None:
    """Have pyqtgraph use the Qt that the window uses, whatever else is installed or asked for."""
    os.environ["PYQTGRAPH_QT_LIB"] = "PySide6"
