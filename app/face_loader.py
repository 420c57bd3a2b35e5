"""Loads what finds faces beside the first pictures, which it would hold up."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # these bring in OpenCV and MediaPipe
    from aimanet.sources.base import Faces

_STEP_S = 0.1


class FaceLoader:
    """Imports the packages and fetches the model in a thread of its own; `make` does the rest.

    Args:
        go: begin when this is set, or after ``patience_s``.
        stopping: end as soon as possible.
    """

    def __init__(self, go: threading.Event, stopping: threading.Event, patience_s: float) -> None:
        self._go, self._stopping, self._patience_s = go, stopping, patience_s
        self._problem: Exception | None = None
        self._thread = threading.Thread(target=self._load, name="face loader")
        self._thread.start()

    @property
    def ready(self) -> bool:
        """Whether `make` has nothing more to wait for."""
        return not self._thread.is_alive()

    def wait(self) -> None:
        """Block until it is ready, or no longer wanted."""
        while not self.ready and not self._stopping.is_set():
            self._thread.join(_STEP_S)

    def join(self) -> None:
        """Block until the thread has ended."""
        self._thread.join()

    def make(self) -> Faces:
        """The tracker, to be used and closed in the thread that calls this.

        Raises:
            FaceModelError: there is no model, or it cannot be used.
        """
        from aimanet.face import FaceTracker

        if self._problem is not None:
            raise self._problem
        return FaceTracker()

    def _load(self) -> None:
        self._go.wait(self._patience_s)
        if self._stopping.is_set():
            return
        try:
            from aimanet.face import face_model_path
            from aimanet.face_library import load

            face_model_path()
            if not self._stopping.is_set():
                load()
        except Exception as problem:  # told by the thread that wants the tracker
            self._problem = problem
