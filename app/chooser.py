"""Which source runs: the one asked for, the remembered one, a camera, or the demo face."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.probes import CameraScan
from app.widgets.source_picker import DEMO_SPEC

if TYPE_CHECKING:
    from aimanet.sources import CameraInfo


def camera_specs(cameras: list[CameraInfo]) -> list[tuple[str, str]]:
    """Spec and words for each camera: its name, which survives replugging, where it is unique."""
    names = Counter(camera.name for camera in cameras)
    return [
        (f"camera:{camera.name}", camera.name)
        if names[camera.name] == 1 and not camera.name.isdecimal()
        else (f"camera:{camera.index}", f"{camera.name} ({camera.index})")
        for camera in cameras
    ]


class SourceChooser(QObject):
    """Decides what to start with, and what comes in place of a source that cannot be had.

    A source that a person chose and that fails stays failed, with its reason. One that was
    chosen for them (remembered, or the first camera) gives way to the demo face.
    """

    start = Signal(str)
    cameras_changed = Signal(list)
    fell_back = Signal(str)
    scanning = Signal(bool)
    scan_failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.spec = ""
        self.cameras: list[tuple[str, str]] = []
        self._by_person = False
        self._undecided = False
        self._scan: CameraScan | None = None

    def begin(self, asked: str | None, remembered: str | None) -> None:
        """The first choice of a session; may have to wait for the list of cameras."""
        self.look_for_cameras()
        if asked is not None:
            self.choose(asked)
        elif remembered is not None:
            self._start(remembered, by_person=False)
        else:
            self._undecided = True

    def choose(self, spec: str) -> None:
        """A person wants ``spec``."""
        self._start(spec, by_person=True)

    def give_way(self, reason: str) -> bool:
        """After a failure for ``reason``: whether the demo face takes over."""
        if self._by_person or self.spec == DEMO_SPEC:
            return False
        self._start(DEMO_SPEC, by_person=False)
        self.fell_back.emit(reason)
        return True

    def look_for_cameras(self) -> None:
        """Ask the system again, unless that is being done."""
        if self._scan is not None:
            return
        self._scan = CameraScan(self)
        self._scan.failed.connect(self._on_scan_failed, Qt.ConnectionType.QueuedConnection)
        self._scan.found.connect(self._on_found, Qt.ConnectionType.QueuedConnection)
        self.scanning.emit(True)
        self._scan.start()

    def wait(self) -> None:
        """Block until no search for cameras is going on."""
        if self._scan is not None:
            self._scan.wait()

    @property
    def is_scanning(self) -> bool:
        """A search for cameras is going on."""
        return self._scan is not None

    def _start(self, spec: str, by_person: bool) -> None:
        self._undecided = False
        self._by_person = by_person
        self.spec = spec
        self.start.emit(spec)

    @Slot(str)
    def _on_scan_failed(self, text: str) -> None:
        self.scan_failed.emit(text)

    @Slot(list)
    def _on_found(self, cameras: list[CameraInfo]) -> None:
        if self._scan is not None:
            self._scan.wait()
            self._scan.deleteLater()
            self._scan = None
        self.cameras = camera_specs(cameras)
        self.scanning.emit(False)
        self.cameras_changed.emit(self.cameras)
        if not self._undecided:
            return
        if self.cameras:
            self._start(self.cameras[0][0], by_person=False)
        else:
            self._start(DEMO_SPEC, by_person=False)
            self.fell_back.emit("No camera was found.")
