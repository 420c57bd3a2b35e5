"""What the machine has, found out beside the window: cameras, and a GPU that torch can use."""

from __future__ import annotations

from PySide6.QtCore import QThread, Signal

from app.workers import words_for


class CameraScan(QThread):
    """Lists the cameras once; a back end may take seconds over it."""

    found = Signal(list)
    failed = Signal(str)

    def run(self) -> None:
        """Emit ``found`` with a list of CameraInfo, empty where there is none."""
        try:
            from aimanet.sources import list_cameras

            self.found.emit(list_cameras())
        except Exception as problem:  # no camera list must never mean no window
            self.failed.emit(words_for(problem, "looking for cameras"))
            self.found.emit([])


class DeviceProbe(QThread):
    """Asks torch for CUDA once; without NVIDIA's driver it need not be asked (or imported)."""

    found = Signal(bool, str)

    def run(self) -> None:
        """Emit ``found`` with whether there is CUDA and the words that say so."""
        try:
            from aimanet.backends.devices import may_have_cuda

            if not may_have_cuda():
                self.found.emit(False, "no NVIDIA GPU was found")
                return
            import torch

            if torch.cuda.is_available():
                self.found.emit(True, torch.cuda.get_device_name(0))
            elif torch.version.cuda is None:
                self.found.emit(False, "this torch is built without CUDA")
            else:
                self.found.emit(False, "no NVIDIA GPU was found")
        except Exception as problem:  # without torch there are still the classical methods
            self.found.emit(False, words_for(problem, "asking torch for a GPU"))
