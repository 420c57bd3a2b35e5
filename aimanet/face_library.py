"""The names we need of MediaPipe, without the rest of it.

``import mediapipe`` also loads matplotlib's pyplot and opens the machine's sound system, which a
program that looks at faces has no business with; that is 0.9 s of a core, the face detector alone
is 0.05 s. So its packages stay unread until somebody wants more of them.

MediaPipe from 1.0 on reports its use to Google, which nobody here agreed to: ``pyproject.toml``
keeps to the last version whose library cannot open a connection.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

PACKAGES = (
    "mediapipe",
    "mediapipe.tasks",
    "mediapipe.tasks.python",
    "mediapipe.tasks.python.vision",
)
"""Those whose own code is left out, outermost first."""

READ = "__getattr__"
"""What Python calls for a module's missing names (PEP 562)."""


@dataclass(frozen=True, slots=True)
class FaceLibrary:
    """MediaPipe's face detector, its options and the pictures it takes."""

    detector: Any
    options: Any
    base_options: Any
    running_mode: Any
    image: Any
    srgb: Any


def load() -> FaceLibrary:
    """Imports the detector; MediaPipe as a whole where its files lie otherwise than we know.

    Raises:
        ImportError: MediaPipe is not installed.
    """
    try:
        _stand_in()
        return _load()
    except (ImportError, AttributeError):
        _forget()
        return _load()


def _load() -> FaceLibrary:
    base = importlib.import_module("mediapipe.tasks.python.core.base_options")
    picture = importlib.import_module("mediapipe.tasks.python.vision.core.image")
    mode = importlib.import_module("mediapipe.tasks.python.vision.core.vision_task_running_mode")
    faces = importlib.import_module("mediapipe.tasks.python.vision.face_detector")
    return FaceLibrary(
        detector=faces.FaceDetector,
        options=faces.FaceDetectorOptions,
        base_options=base.BaseOptions,
        running_mode=mode.VisionTaskRunningMode,
        image=picture.Image,
        srgb=picture.ImageFormat.SRGB,
    )


def _stand_in() -> None:
    """Puts packages that run their code only when asked for more in place of those not imported."""
    root = importlib.util.find_spec("mediapipe")
    if root is None or not root.submodule_search_locations:
        raise ImportError("MediaPipe is not installed: pip install mediapipe")
    home = Path(root.submodule_search_locations[0])
    for name in PACKAGES:
        if name not in sys.modules:
            sys.modules[name] = _unread(name, home.joinpath(*name.split(".")[1:]))


def _unread(name: str, folder: Path) -> ModuleType:
    """A package that hands on to the real one when a name is wanted that no import put there."""
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None or not (folder / "__init__.py").is_file():
        raise ImportError(f"no package {name} in {folder}")
    package = importlib.util.module_from_spec(spec)

    def read(wanted: str) -> Any:
        if wanted.startswith("__") and wanted != "__version__":  # asked by Python's own inspection
            raise AttributeError(f"module {name!r} has no attribute {wanted!r}")
        if sys.modules.get(name) is package:
            _forget()
        return getattr(importlib.import_module(name), wanted)

    package.__dict__[READ] = read
    return package


def _forget() -> None:
    """Lets the next import begin anew; what the detector holds of MediaPipe stays with it."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "mediapipe"]:
        del sys.modules[name]
