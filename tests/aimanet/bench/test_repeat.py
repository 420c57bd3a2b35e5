"""Hours out of a short clip: index and time go on over the seam."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from aimanet.bench.repeat import RepeatedSource
from aimanet.sources import Source, SourceInfo
from aimanet.types import Frame


class Short(Source):
    """Ten frames at 20 Hz that begin at 5 s."""

    def __init__(self) -> None:
        super().__init__("short", "Short")
        self.left: list[Frame] = []
        self.opened = self.closed = 0

    def open(self) -> SourceInfo:
        self.opened += 1
        image = np.zeros((2, 2, 3), np.uint8)
        self.left = [Frame(k, 5.0 + k / 20.0, image) for k in range(10)]
        return SourceInfo(2, 2, 20.0, 10, 0.5, "short")

    def read(self) -> Frame | None:
        return self.left.pop(0) if self.left else None

    def close(self) -> None:
        self.closed += 1


def test_the_seam_is_one_step_like_any_other():
    inner = Short()
    source = RepeatedSource(inner, seconds=1.2)
    with source:
        frames = list(source)
    assert [frame.index for frame in frames] == list(range(24))
    np.testing.assert_allclose([frame.t for frame in frames], np.arange(24) / 20.0, atol=1e-9)
    assert inner.opened == inner.closed == 3


def test_an_empty_recording_ends_at_once():
    class Empty(Short):
        def open(self) -> SourceInfo:
            info = super().open()
            self.left = []
            return replace(info, frames=0)

    with RepeatedSource(Empty(), 10.0) as source:
        assert list(source) == []


def test_what_it_says_of_itself():
    assert RepeatedSource(Short(), 3600.0).open().duration_s == pytest.approx(3600.0)
