"""The capture thread: what it keeps, what it drops, and that it goes away."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from aimanet.errors import SourceError, SourceInterrupted
from aimanet.live import CaptureFeed, DirectFeed, Feed
from aimanet.sources import Source, SourceInfo
from aimanet.stop import StopRequest
from aimanet.types import Frame
from tests.given_time import GivenTime

IMAGE = np.zeros((2, 2, 3), np.uint8)


class Script(Source):
    """A device whose reads follow a list: frames by index, errors, or an event to wait for."""

    live = True

    def __init__(self, *steps: int | Exception | threading.Event) -> None:
        super().__init__("script", "Script")
        self.steps = list(steps)
        self.threads: list[threading.Thread] = []
        self.read_all = threading.Event()

    def open(self) -> SourceInfo:
        self.threads.append(threading.current_thread())
        return SourceInfo(2, 2, 30.0, None, None, "scripted")

    def read(self) -> Frame | None:
        if not self.steps:
            self.read_all.set()
            return None
        step = self.steps.pop(0)
        if isinstance(step, Exception):
            raise step
        if isinstance(step, threading.Event):
            step.wait(60)
            return self.read()
        return Frame(step, step / 30.0, IMAGE)

    def close(self) -> None:
        self.threads.append(threading.current_thread())


def indices(feed: Feed, seconds: float | None = None) -> list[int]:
    return [frame.index for frame in feed.frames(seconds)]


def test_frames_arrive_in_order_and_the_end_ends():
    with CaptureFeed(Script(*range(5)), StopRequest()) as feed:
        assert feed.info.detail == "scripted"
        assert indices(feed) == [0, 1, 2, 3, 4]
        assert feed.dropped == 0


def test_a_full_queue_drops_the_oldest_and_counts_them():
    source = Script(*range(10))
    with CaptureFeed(source, StopRequest(), capacity=3) as feed:
        assert source.read_all.wait(60)
        assert indices(feed) == [7, 8, 9]
        assert feed.dropped == 7


def test_an_interruption_is_told_and_reading_goes_on():
    told: list[str] = []
    source = Script(0, SourceInterrupted("gone for now"), 1)
    with CaptureFeed(source, StopRequest(), told.append) as feed:
        assert indices(feed) == [0, 1]
    assert told == ["gone for now"]


def test_a_final_error_comes_after_the_frames_before_it():
    seen: list[int] = []
    with (
        CaptureFeed(Script(0, SourceError("unplugged")), StopRequest()) as feed,
        pytest.raises(SourceError, match="unplugged"),
    ):
        seen.extend(frame.index for frame in feed.frames())
    assert seen == [0]


def test_an_error_while_opening_comes_from_entering():
    class Absent(Script):
        def open(self) -> SourceInfo:
            raise SourceError("no such camera")

    before = threading.active_count()
    with pytest.raises(SourceError, match="no such camera"), CaptureFeed(Absent(), StopRequest()):
        pytest.fail("entered")
    assert threading.active_count() == before


def test_opened_and_closed_in_one_thread_which_is_gone_afterwards():
    source = Script(0)
    with CaptureFeed(source, StopRequest()) as feed:
        indices(feed)
    assert len(set(source.threads)) == 1
    assert source.threads[0] is not threading.current_thread()
    assert not source.threads[0].is_alive()


def test_leaving_early_ends_the_thread_in_the_middle_of_the_stream():
    source = Script(*range(100_000))
    with CaptureFeed(source, StopRequest()) as feed:
        next(feed.frames())
    assert not source.threads[0].is_alive()
    assert source.steps


def test_seconds_end_a_source_that_delivers_nothing():
    silent = threading.Event()
    source = Script(silent)
    began = time.monotonic()
    with CaptureFeed(source, StopRequest()) as feed, GivenTime() as given:
        assert indices(feed, seconds=0.3) == []
        assert time.monotonic() - began >= 0.3
        assert given.s < 5.0
        silent.set()


def test_a_stop_ends_the_frames_of_a_silent_source():
    silent, stop = threading.Event(), StopRequest()
    with CaptureFeed(Script(silent), stop) as feed:
        threading.Timer(0.1, stop.ask).start()
        assert indices(feed) == []
        silent.set()


def test_direct_reading_counts_the_recordings_own_seconds():
    with DirectFeed(Script(*range(90)), StopRequest()) as feed:
        assert len(indices(feed, seconds=1.0)) == 30
    stop = StopRequest()
    with DirectFeed(Script(*range(90)), stop) as feed:
        stop.ask()
        assert indices(feed) == []
