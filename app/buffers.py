"""What lies between two threads: a slot for the newest thing and a bounded queue of crops.

Overflow rules:

* ``NewestSlot``: one item; a newer one replaces it unseen (pictures for the screen).
* ``CropQueue.put``: when full, the *oldest* crop goes and is counted. The hole in time that it
  leaves is seen by the windower, which bridges it or starts anew. For live sources.
* ``CropQueue.put_waiting``: when full, the *writer* waits. For files, where nothing may be lost.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

from aimanet.types import FaceCrop

T = TypeVar("T")


class NewestSlot(Generic[T]):
    """Holds the newest item until it is taken; never more than one."""

    def __init__(self) -> None:
        self._item: deque[T] = deque(maxlen=1)

    def put(self, item: T) -> None:
        """Leave ``item``, in place of what was there."""
        self._item.append(item)

    def take(self) -> T | None:
        """The item, or None where there is nothing new."""
        try:
            return self._item.pop()
        except IndexError:
            return None


class CropQueue:
    """Bounded queue from the capture thread to the inference thread."""

    def __init__(self, capacity: int = 150) -> None:
        self.capacity = capacity
        self.dropped = 0
        self._crops: deque[FaceCrop] = deque()
        self._change = threading.Condition()
        self._finished = False
        self._nudged = False

    def __len__(self) -> int:
        return len(self._crops)

    def put(self, crop: FaceCrop) -> None:
        """Add ``crop`` at once; the oldest one is dropped and counted when full."""
        with self._change:
            if len(self._crops) >= self.capacity:
                self._crops.popleft()
                self.dropped += 1
            self._append(crop)

    def put_waiting(self, crop: FaceCrop) -> None:
        """Add ``crop``, waiting for room; returns without adding once the queue is aborted."""
        with self._change:
            self._change.wait_for(lambda: self._finished or len(self._crops) < self.capacity)
            self._append(crop)

    def _append(self, crop: FaceCrop) -> None:
        if not self._finished:
            self._crops.append(crop)
            self._change.notify_all()

    def get(self) -> FaceCrop | None:
        """The next crop; waits for one. None when nudged, or when there will be no more."""
        with self._change:
            self._change.wait_for(lambda: self._crops or self._finished or self._nudged)
            self._nudged = False
            crop = self._crops.popleft() if self._crops else None
            self._change.notify_all()
            return crop

    @property
    def exhausted(self) -> bool:
        """No crop is left and none will come."""
        with self._change:
            return self._finished and not self._crops

    def nudge(self) -> None:
        """Wake the reader without a crop, so that it sees what else changed."""
        with self._change:
            self._nudged = True
            self._change.notify_all()

    def finish(self) -> None:
        """No more will come; what is in the queue is still read."""
        with self._change:
            self._finished = True
            self._change.notify_all()

    def abort(self) -> None:
        """No more will come, and what is in the queue is forgotten."""
        with self._change:
            self._crops.clear()
            self._finished = True
            self._change.notify_all()
