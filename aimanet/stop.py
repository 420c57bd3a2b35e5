"""Ctrl-C as a wish instead of an exception out of nowhere."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType


class StopRequest:
    """Ctrl-C and SIGTERM as a wish that a loop honours between two frames.

    A second Ctrl-C interrupts at once, unless it is ``patient``. Outside the main thread signals
    stay as they are and only ``ask`` works.
    """

    def __init__(self, *, patient: bool = False) -> None:
        self.asked = False
        self._patient = patient

    def ask(self) -> None:
        """Wishes for the end."""
        self.asked = True

    def __enter__(self) -> StopRequest:
        self._before = {}
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.asked and not self._patient:
            raise KeyboardInterrupt
        self.asked = True
