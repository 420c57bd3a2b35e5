"""What a run tells of its frames."""

from __future__ import annotations

import numpy as np
import pytest

from aimanet.terminal.session import FrameClock
from aimanet.types import Frame


def test_holes_in_the_index_are_dropped_frames_and_do_not_change_the_rate():
    clock = FrameClock()
    assert clock.fps is None
    for index in (0, 1, 2, 7, 8, 10):
        clock.tick(Frame(index, 100.0 + index / 25.0, np.zeros((2, 2, 3), np.uint8)))
    assert clock.dropped == 5
    assert clock.fps == pytest.approx(25.0)
    assert clock.first_t == 100.0
