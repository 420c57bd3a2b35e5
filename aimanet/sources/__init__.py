"""Where frames come from: cameras, files, network streams, folders, the synthetic face.

``open_source(spec)`` picks the right one. Its modules are imported only when needed: PyAV
and OpenCV take longer to load than everything else here.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from aimanet.errors import SourceError
from aimanet.sources.address import without_password
from aimanet.sources.base import Source, SourceInfo
from aimanet.sources.cameras import CameraInfo, list_cameras
from aimanet.sources.formats import DOWNLOADS, is_synthetic, looks_like_path, suffix_of
from aimanet.sources.frame_rate import require_readable

__all__ = ["CameraInfo", "Source", "SourceInfo", "list_cameras", "open_source"]

MOST_DIGITS = 9
"""Of a camera's number: OpenCV takes it as a C int."""
SCHEMES = ("http", "https", "rtsp", "rtsps", "rtmp")
HELP = (
    "give a camera number or name, a video file, a folder of pictures, "
    "an http:// or rtsp:// URL, or 'synthetic'"
)


@dataclass(frozen=True, slots=True)
class _Wishes:
    realtime: bool
    size: tuple[int, int] | None
    fps: float | None

    def __post_init__(self) -> None:
        if self.size is not None and min(self.size) < 1:
            raise SourceError(
                f"size {self.size[0]}x{self.size[1]}: width and height must be above 0"
            )
        if self.fps is not None and not 1 <= self.fps <= 1000:
            raise SourceError(f"fps {self.fps:g} is out of range; 1 to 1000")

    def require_readable_rate(self) -> None:
        """Of a recording, as opposed to a camera, which need not do as it is asked."""
        if self.fps is not None:
            require_readable(self.fps)


def open_source(
    spec: str,
    *,
    realtime: bool = True,
    size: tuple[int, int] | None = None,
    fps: float | None = None,
) -> Source:
    """The source that ``spec`` means, not opened yet; no device or file is opened here.

    Args:
        spec: ``0`` or ``camera:0`` or a camera's name; the path of a video file or of a folder
            of pictures (an existing path wins over a camera's name); an ``http://`` or
            ``rtsp://`` URL; ``synthetic:hr=72,seed=1,seconds=60,...``.
        realtime: False delivers recorded frames as fast as they can be read.
        size: width, height to ask a camera for; also the synthetic face's size.
        fps: rate to ask a camera for; also that of a video or of pictures without times, and
            the synthetic face's rate.

    Raises:
        SourceError: the spec means nothing, or a file that is not there.
    """
    if not spec.strip() or not os.path.exists(spec):  # a file's name may end in a space
        spec = spec.strip()
    wishes = _Wishes(realtime, size, fps)
    if not spec:
        raise SourceError(f"no source given; {HELP}")
    if spec.startswith("session:"):
        return _session(_at_home(spec.removeprefix("session:")), wishes)
    if is_synthetic(spec):
        return _synthetic(spec, wishes)
    if spec.isdecimal():
        return _webcam(spec, spec, wishes)
    if spec.startswith("camera:"):
        return _webcam(spec, spec.removeprefix("camera:").strip(), wishes)
    if scheme := re.match(r"([A-Za-z][A-Za-z0-9+.-]+)://", spec):
        return _by_url(spec, scheme[1].lower(), wishes)
    return _by_path_or_name(spec, wishes)


def _synthetic(spec: str, wishes: _Wishes) -> Source:
    from aimanet.sources.synthetic import SyntheticSource

    defaults = {} if wishes.fps is None else {"fps": f"{wishes.fps:g}"}
    if wishes.size is not None:
        defaults |= {"width": str(wishes.size[0]), "height": str(wishes.size[1])}
    return SyntheticSource(spec, wishes.realtime, defaults)


def _session(folder: Path, wishes: _Wishes) -> Source:
    from aimanet.sessions.replay import ReplaySource

    return ReplaySource(folder, wishes.realtime)


def _webcam(spec: str, camera: str, wishes: _Wishes) -> Source:
    from aimanet.sources.camera import WebcamSource

    if not camera:
        raise SourceError(f"{spec}: which camera? give its number or name, as in camera:0")
    if camera.isdecimal() and len(camera) > MOST_DIGITS:
        raise SourceError(f"camera {camera[:MOST_DIGITS]}...: there is no such camera")
    which = int(camera) if camera.isdecimal() else camera
    return WebcamSource(spec, which, wishes.size, wishes.fps)


def _by_url(spec: str, scheme: str, wishes: _Wishes) -> Source:
    shown = without_password(spec)
    if scheme == "file":
        path = url2pathname(spec.partition("://")[2].removeprefix("localhost"))
        if not Path(path).is_absolute():
            raise SourceError(f"{shown}: no path in it; as in file:///home/me/clip.mp4")
        return _by_path_or_name(path, wishes)
    if scheme not in SCHEMES:
        raise SourceError(f"{shown}: cannot read {scheme}:// addresses; use {', '.join(SCHEMES)}")
    try:
        parts = urlsplit(spec)
        host, _ = parts.hostname, parts.port
    except ValueError as error:  # its words may quote the password
        raise SourceError(
            f"{shown}: not a valid address; is the port a number up to 65535? In a password "
            "/ ? # are written %2F %3F %23"
        ) from error
    if not host:
        raise SourceError(
            f"{shown}: there is no host in this address; as in http://192.168.1.20/video"
        )
    if scheme.startswith("http") and suffix_of(parts.path) in DOWNLOADS:
        raise SourceError(f"{shown}: a video file, not a camera; download it and give its path")
    from aimanet.sources.camera import NetworkSource

    # FFmpeg knows schemes by their small letters only
    return NetworkSource(spec, scheme + spec[len(scheme) :], wishes.size, wishes.fps)


def _by_path_or_name(spec: str, wishes: _Wishes) -> Source:
    path = _at_home(spec)
    exists = os.path.exists(path)
    is_folder = os.path.isdir(path)
    if is_folder and os.path.exists(path / "session.json"):
        return _session(path, wishes)
    if is_folder:
        from aimanet.sources.images import ImageFolderSource

        wishes.require_readable_rate()
        return ImageFolderSource(spec, path, wishes.realtime, wishes.fps)
    if device := re.fullmatch(r"/dev/video(\d+)", spec):
        return _webcam(spec, device[1], wishes)
    if exists:
        from aimanet.sources.video import VideoSource

        wishes.require_readable_rate()
        return VideoSource(spec, path, wishes.realtime, wishes.fps)
    if looks_like_path(spec):
        raise SourceError(f"{spec}: no such file or folder; check the path")
    return _webcam(spec, spec, wishes)


def _at_home(spec: str) -> Path:
    """The path, with ``~`` replaced where there is such a home."""
    return Path(os.path.expanduser(spec))
