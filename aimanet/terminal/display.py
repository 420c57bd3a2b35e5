"""Can a window open here? Asked before Qt is loaded, because Qt aborts when it cannot."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import re
import subprocess
import sys

# What Qt's xcb platform and OpenGL look for on Linux, and the package that brings it on
# Debian and Ubuntu.
PACKAGES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libGLESv2.so.2": "libgles2",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
}
QT_NEEDS = [name for name in PACKAGES if "GLES" not in name]

PROBE = "from PySide6.QtGui import QGuiApplication; QGuiApplication([])"
PROBE_LIMIT_S = 20.0


def why_no_window() -> str | None:
    """One line on why no window can open here, or None when one can; see `DisplayCheck`."""
    return DisplayCheck().reason()


_NO_QT = "the window needs PySide6, which is not installed here"


class DisplayCheck:
    """Finds out whether a window can open here, beside whatever else is done meanwhile.

    Only Linux is asked closely; elsewhere a desktop is taken for granted. Qt is tried in a
    process of its own, since a missing library makes it abort instead of raising.
    """

    def __init__(self) -> None:
        self._probe: subprocess.Popen[str] | None = None
        self._known: str | None = self._at_once()
        if self._known is None and sys.platform.startswith("linux"):
            self._try_qt()

    @property
    def hopeless(self) -> bool:
        """It is known already that no window can open."""
        return self._known is not None

    def reason(self) -> str | None:
        """One line on why no window can open here, or None when one can. Waits for the trial."""
        if self._known is not None or self._probe is None:
            return self._known
        try:
            _, said = self._probe.communicate(timeout=PROBE_LIMIT_S)
        except subprocess.TimeoutExpired as error:
            self._probe.kill()
            self._probe.communicate()
            return _untried(error)
        return None if self._probe.returncode == 0 else _explain(said)

    @staticmethod
    def _at_once() -> str | None:
        linux = sys.platform.startswith("linux")
        if linux and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            return "no display here (neither DISPLAY nor WAYLAND_DISPLAY is set)"
        return None if importlib.util.find_spec("PySide6") else _NO_QT

    def _try_qt(self) -> None:
        environment = dict(os.environ)
        if "cv2" in environment.get("QT_QPA_PLATFORM_PLUGIN_PATH", ""):
            del environment["QT_QPA_PLATFORM_PLUGIN_PATH"]  # OpenCV's own Qt 5, of no use to ours
        try:
            self._probe = subprocess.Popen(
                [sys.executable, "-c", PROBE],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
            )
        except OSError as error:
            self._known = _untried(error)


def _untried(error: Exception) -> str:
    return f"Qt could not be tried here ({type(error).__name__})"


def _explain(stderr: str) -> str:
    """What Qt's dying words mean for a user."""
    missing = missing_library(stderr)
    libraries = [missing] if missing else []
    libraries += [name for name in QT_NEEDS if name not in libraries and not _loads(name)]
    if libraries:
        return f"Qt lacks system libraries; install them with: {apt_line(libraries)}"
    if "could not connect to display" in stderr:
        return f"the display {os.environ.get('DISPLAY', '')!r} cannot be reached"
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    return f"Qt cannot start here: {lines[-1] if lines else 'it died without a word'}"


def missing_library(message: str) -> str | None:
    """The shared library that a loader's message says is missing, e.g. ``libEGL.so.1``."""
    found = re.search(r"(lib[\w+.-]*\.so[.\d]*): cannot open shared object", message)
    return found.group(1) if found else None


def apt_line(libraries: list[str]) -> str:
    """The command that installs the packages with these libraries (Debian, Ubuntu)."""
    packages = dict.fromkeys(PACKAGES.get(name, f"<the package with {name}>") for name in libraries)
    return f"sudo apt-get install -y {' '.join(packages)}"


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
