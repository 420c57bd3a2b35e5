"""Which cameras there are, and which one a name means."""

from __future__ import annotations

import logging
import os
import platform
from dataclasses import dataclass
from types import ModuleType

from aimanet.errors import SourceError

BACKENDS = {
    "Linux": "CAP_V4L2",
    "Windows": "CAP_MSMF",
    "Darwin": "CAP_AVFOUNDATION",
}
"""The one back end of OpenCV used per system: indices of different back ends differ."""

_ENVIRONMENT = {
    # OpenCV reads these when a camera is opened; what the user has set stays
    "OPENCV_FFMPEG_LOGLEVEL": "-8",
    "OPENCV_FFMPEG_CAPTURE_OPTIONS": "rtsp_transport;tcp|fflags;nobuffer",
    "OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT": "3",
    "OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS": "0",  # else opening takes up to a minute
    "OPENCV_AVFOUNDATION_SKIP_AUTH": "1",  # else only the main thread could open a camera
}


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """A camera of this computer.

    ``width`` and ``height`` (pixels) and ``fps`` are what it delivers unless asked for
    something else; None where that is not known.
    """

    index: int
    name: str
    backend: str
    width: int | None = None
    height: int | None = None
    fps: float | None = None


def load_cv2() -> ModuleType:
    """OpenCV, told to be quiet: a failing camera is reported by us, in words."""
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    import cv2

    if "OPENCV_LOG_LEVEL" not in os.environ:
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_FATAL)
    return cv2


def backend_id() -> int:
    """OpenCV's number of the back end for the cameras of this system."""
    cv2 = load_cv2()
    return int(getattr(cv2, BACKENDS.get(platform.system(), "CAP_ANY")))


def list_cameras(*, probe: bool = False) -> list[CameraInfo]:
    """The cameras of this computer, by index; an empty list where there are none.

    Args:
        probe: open each camera for a moment (its light goes on) to learn its picture size
            and rate. A camera that another program uses keeps them unknown.
    """
    cameras = [
        CameraInfo(index, name, BACKENDS.get(platform.system(), "CAP_ANY").removeprefix("CAP_"))
        for index, name in sorted(_names().items())
    ]
    return [_probed(camera) for camera in cameras] if probe else cameras


def find_camera(name: str, cameras: list[CameraInfo] | None = None) -> CameraInfo:
    """The camera that is called so, or whose name alone contains ``name`` (case ignored).

    Args:
        name: the name or a part of it.
        cameras: where to look; None asks the computer.

    Raises:
        SourceError: none or several fit; the message lists the cameras there are.
    """
    if cameras is None:
        cameras = list_cameras()
    wanted = name.strip().casefold()
    exact = [camera for camera in cameras if camera.name.casefold() == wanted]
    fitting = exact or [camera for camera in cameras if wanted in camera.name.casefold()]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise SourceError(
            f"camera {name!r}: {len(fitting)} cameras fit ({describe(fitting)}); "
            f"choose one as camera:{fitting[0].index}"
        )
    raise SourceError(f"camera {name!r}: there is no such camera; {describe_all(cameras)}")


def describe(cameras: list[CameraInfo]) -> str:
    """``0: Integrated Camera, 2: Logitech C920``."""
    return ", ".join(f"{camera.index}: {camera.name}" for camera in cameras)


def describe_all(cameras: list[CameraInfo]) -> str:
    """What can be chosen instead of a camera that is not there."""
    if cameras:
        return f"there are {describe(cameras)}"
    return "no camera was found here; connect one, or use a video file, a URL or 'synthetic'"


def _names() -> dict[int, str]:
    backend = backend_id()
    try:
        from cv2_enumerate_cameras import enumerate_cameras

        found = enumerate_cameras(backend)
    except (ImportError, NotImplementedError, OSError) as error:
        logging.getLogger(__name__).warning("cameras cannot be listed: %s", error)
        return {}
    return {int(info.index): info.name or f"Camera {info.index}" for info in found}


def _probed(camera: CameraInfo) -> CameraInfo:
    cv2 = load_cv2()
    capture = cv2.VideoCapture(camera.index, backend_id())
    try:
        if not capture.isOpened():
            return camera
        width = int(capture.get(cv2.CAP_PROP_FRAME_WIDTH))
        height = int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
        fps = float(capture.get(cv2.CAP_PROP_FPS))
    finally:
        capture.release()
    return CameraInfo(
        camera.index, camera.name, camera.backend, width or None, height or None, fps or None
    )
