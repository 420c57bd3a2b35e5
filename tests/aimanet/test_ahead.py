"""Faces found ahead of the consumer: the same crops, none lost, no thread left behind."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from aimanet.ahead import CropsAhead, CropsHere, open_crops
from aimanet.errors import SourceError
from aimanet.sources import Source, SourceInfo
from aimanet.types import FaceCrop, Frame


class Grey(Source):
    """Frames that are told apart by their grey; counts what was read, and in which thread."""

    def __init__(self, frames: int, fails: str = "") -> None:
        super().__init__("grey", "Grey")
        self.left, self.fails = frames, fails
        self.read_count = 0
        self.threads: set[int] = set()
        self.is_open = False

    def open(self) -> SourceInfo:
        self.threads.add(threading.get_ident())
        if self.fails == "open":
            raise SourceError("no such grey")
        self.is_open = True
        return SourceInfo(8, 8, 30.0, self.left, None, "grey")

    def read(self) -> Frame | None:
        self.threads.add(threading.get_ident())
        if self.read_count == self.left:
            if self.fails == "read":
                raise SourceError("no more grey")
            return None
        self.read_count += 1
        image = np.full((8, 8, 3), self.read_count % 256, np.uint8)
        return Frame(self.read_count - 1, self.read_count / 30.0, image)

    def close(self) -> None:
        self.threads.add(threading.get_ident())
        self.is_open = False


class Whole:
    """A tracker that takes the whole frame for the face."""

    def __init__(self) -> None:
        self.threads = {threading.get_ident()}
        self.is_open = True

    def track(self, frame: Frame) -> FaceCrop:
        self.threads.add(threading.get_ident())
        return FaceCrop(frame.index, frame.t, (0.0, 0.0, 8.0, 8.0), frame.image)

    def reset(self) -> None: ...

    def close(self) -> None:
        self.threads.add(threading.get_ident())
        self.is_open = False


def no_thread() -> bool:
    return not any(thread.name == "faces" for thread in threading.enumerate())


class Studio:
    """A source and the trackers that were made for it."""

    def __init__(self, frames: int, fails: str = "") -> None:
        self.source = Grey(frames, fails)
        self.trackers: list[Whole] = []

    def detector(self) -> Whole:
        self.trackers.append(Whole())
        return self.trackers[-1]

    def ahead(self, capacity: int = 4) -> CropsAhead:
        return CropsAhead(self.source, self.detector, capacity)

    def check_closed(self) -> None:
        assert no_thread()
        assert not self.source.is_open
        assert not any(tracker.is_open for tracker in self.trackers)


def test_the_same_crops_in_the_same_order():
    here, there = Studio(100), Studio(100)
    with CropsHere(here.source, here.detector) as crops:
        plain = list(crops)
    with there.ahead() as crops:
        assert crops.info.frames == 100
        ahead = list(crops)
    assert [crop.index for crop in ahead] == list(range(100))
    for one, other in zip(plain, ahead, strict=True):
        assert (one.t, one.bbox) == (other.t, other.bbox)
        np.testing.assert_array_equal(one.crop, other.crop)
    here.check_closed()
    there.check_closed()


def test_a_slow_consumer_holds_the_source_back():
    studio = Studio(200)
    with studio.ahead(capacity=4) as crops:
        for taken, crop in enumerate(crops):
            assert crop.index == taken
            # Those taken at once, those queued since, and the one in the thread's hand.
            assert studio.source.read_count <= taken + 4 + 4 + 1
    assert taken == 199
    studio.check_closed()


def test_one_thread_has_source_and_tracker_to_itself():
    studio = Studio(20)
    with studio.ahead() as crops:
        assert len(list(crops)) == 20
    assert studio.source.threads == studio.trackers[0].threads
    assert threading.get_ident() not in studio.source.threads
    assert len(studio.source.threads) == 1


def test_an_error_comes_after_all_that_was_before_it():
    studio = Studio(50, fails="read")
    seen = []
    with studio.ahead() as crops, pytest.raises(SourceError, match="no more grey"):
        seen.extend(crop.index for crop in crops)
    assert seen == list(range(50))
    studio.check_closed()


def test_a_source_that_does_not_open():
    studio = Studio(5, fails="open")
    with pytest.raises(SourceError, match="no such grey"), studio.ahead():
        pytest.fail("it was opened")
    assert not studio.trackers
    studio.check_closed()


def test_a_detector_that_cannot_be_had():
    def none_here() -> Whole:
        raise SourceError("no detector")

    source = Grey(5)
    with CropsAhead(source, none_here) as crops, pytest.raises(SourceError, match="no detector"):
        list(crops)
    assert no_thread()
    assert not source.is_open


def test_leaving_in_the_middle_ends_the_thread():
    studio = Studio(1_000_000)
    with studio.ahead() as crops:
        assert next(crop.index for crop in crops if crop.index >= 30) == 30
    assert studio.source.read_count < 100
    studio.check_closed()


def test_leaving_without_taking_anything():
    studio = Studio(1_000_000)
    with studio.ahead():
        pass
    studio.check_closed()


def test_one_core_needs_no_thread(monkeypatch):
    source = Grey(3)
    assert isinstance(open_crops(source, Whole, threads=1), CropsHere)
    assert isinstance(open_crops(source, Whole, threads=2), CropsAhead)
    monkeypatch.setattr("aimanet.ahead.cores", lambda: 1)
    assert isinstance(open_crops(source, Whole), CropsHere)
