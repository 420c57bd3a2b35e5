"""A thread that takes every picture off a camera the moment it arrives.

OpenCV's captures block (a stalled network camera for seconds) and, worse, buffer: a reader
that is late once would see old pictures with new time stamps for ever. So one thread does
nothing but grab and stamp, and keeps the newest few pictures for the reader.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from aimanet.errors import SourceError, SourceInterrupted
from aimanet.sources.formats import MAX_PIXELS

CAPACITY = 12
"""Pictures kept for a late reader; the oldest is dropped for a new one (a hole in the index)."""
READ_WAIT_S = 1.0
FIRST_RETRY_S = 0.25
SLOWEST_RETRY_S = 2.0
NO_PICTURE = "sends no pictures; is another program using it, or is the address another one?"


@dataclass(frozen=True, slots=True, eq=False)
class Grabbed:
    """A picture as the camera gave it: ``image`` (H, W, 3) uint8 BGR, ``t`` s at its grab."""

    index: int
    t: float
    image: NDArray[np.uint8]


class Capture(Protocol):
    """The part of ``cv2.VideoCapture`` that is used here."""

    def grab(self) -> bool:
        """Wait for the next picture; False when there is none."""

    def retrieve(self) -> tuple[bool, NDArray[np.uint8]]:
        """Decode the picture of the last ``grab``."""

    def release(self) -> None:
        """Let go of the camera."""


class Grabber(threading.Thread):
    """Connects, grabs, and connects again with growing pauses when the camera is lost.

    The camera is opened, used and released in this thread only. It is no daemon: a process
    that ends waits for the running call into OpenCV, which is bounded by time-outs.

    Args:
        connect: opens the camera; raises SourceError with what is wrong.
        label: the camera's name for messages.
    """

    def __init__(self, connect: Callable[[], Capture], label: str) -> None:
        super().__init__(name=f"grabber {label}")
        self._connect = connect
        self._label = label
        self._stopping = threading.Event()
        self._change = threading.Condition()
        self._kept: deque[Grabbed] = deque(maxlen=CAPACITY)
        self._index = 0
        self._trouble: SourceError | None = None
        self._trouble_is_new = False
        self._delivered_before = False

    def first(self, timeout_s: float) -> Grabbed:
        """Wait for the very first picture and leave it in place for :meth:`take`.

        Raises:
            SourceError: the camera could not be opened, or sent nothing in time.
        """
        with self._change:
            self._change.wait_for(lambda: self._kept or self._trouble, timeout_s)
            if self._kept:
                return self._kept[0]
        raise self._trouble or SourceError(
            f"{self._label}: no picture within {timeout_s:.0f} s; is it switched on and free?"
        )

    def take(self) -> Grabbed:
        """The oldest picture kept; waits for one at most :data:`READ_WAIT_S`.

        Raises:
            SourceInterrupted: none came; a reconnection is under way.
            SourceError: the thread has ended.
        """
        with self._change:
            self._change.wait_for(
                lambda: self._kept or self._trouble_is_new or not self.is_alive(), READ_WAIT_S
            )
            if self._kept:
                return self._kept.popleft()
            self._trouble_is_new = False
            trouble = self._trouble
        if not self.is_alive():
            raise SourceError(f"{self._label}: reading has ended; open it again") from trouble
        reason = str(trouble) if trouble else f"{self._label}: sends no pictures at the moment"
        raise SourceInterrupted(reason) from trouble

    def stop(self, timeout_s: float | None = None) -> None:
        """Release the camera; returns when that is done or after ``timeout_s``."""
        self._stopping.set()
        self.join(timeout_s)

    @property
    def _over(self) -> bool:
        """Nobody wants more: told so, or the program is at its end and forgot to."""
        return self._stopping.is_set() or not threading.main_thread().is_alive()

    def run(self) -> None:
        """The thread's work; not to be called."""
        pause_s = FIRST_RETRY_S
        while not self._over:
            started = self._index
            try:
                self._stream()
            except SourceError as error:
                self._report(error)
            except Exception as error:  # cv2.error and what else a back end may throw
                self._report(SourceError(f"{self._label}: {_one_line(error)}"))
            if not self._delivered_before:
                return
            pause_s = FIRST_RETRY_S if self._index > started else min(2 * pause_s, SLOWEST_RETRY_S)
            self._stopping.wait(pause_s)

    def _stream(self) -> None:
        capture = self._connect()
        try:
            # a second try, because some webcams miss one picture while they warm up
            while not self._over and (capture.grab() or capture.grab()):
                self._keep(time.perf_counter(), capture)
        finally:
            capture.release()
        if not self._over:
            self._index += 1  # nobody knows how many pictures are lost: one hole
            lost = "camera disconnected; reconnecting…"
            text = lost if self._delivered_before else f"the camera {NO_PICTURE}"
            raise SourceError(f"{self._label}: {text}")

    def _keep(self, t: float, capture: Capture) -> None:
        decoded, image = capture.retrieve()
        if decoded and image.shape[0] * image.shape[1] > MAX_PIXELS:
            size = f"{image.shape[1]}x{image.shape[0]}"
            raise SourceError(f"{self._label}: its pictures are {size}; up to 8K can be read")
        with self._change:
            if decoded:
                self._kept.append(Grabbed(self._index, t, image))
                self._trouble, self._trouble_is_new = None, False
                self._delivered_before = True
                self._change.notify_all()
            self._index += 1

    def _report(self, error: SourceError) -> None:
        with self._change:
            self._trouble, self._trouble_is_new = error, True
            self._change.notify_all()


def _one_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
