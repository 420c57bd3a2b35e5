from __future__ import annotations

import time

import numpy as np
import pytest

from aimanet.errors import SourceError
from aimanet.sources import open_source
from tests.given_time import real_time


def test_frames_of_a_small_face() -> None:
    spec = "synthetic:hr=72,seed=1,seconds=0.5,fps=20,width=160,height=120"
    with open_source(spec, realtime=False) as source:
        info = source.open()
        frames = list(source)
    assert (info.width, info.height, info.fps, info.frames) == (160, 120, 20.0, 10)
    assert info.duration_s == pytest.approx(0.5)
    assert [frame.index for frame in frames] == list(range(10))
    assert [frame.t for frame in frames] == pytest.approx(np.arange(10) / 20)
    assert frames[0].image.shape == (120, 160, 3)
    assert frames[0].image.dtype == np.uint8


def test_the_same_spec_gives_the_same_pictures_and_another_seed_others() -> None:
    def first(seed: int) -> np.ndarray:
        spec = f"synthetic:seed={seed},seconds=1,width=160,height=120"
        with open_source(spec, realtime=False) as source:
            frame = source.read()
        assert frame is not None
        return frame.image

    np.testing.assert_array_equal(first(1), first(1))
    assert (first(1) != first(2)).any()


def test_bare_synthetic_has_no_end() -> None:
    with open_source("synthetic", realtime=False) as source:
        info = source.open()
        assert (info.frames, info.duration_s) == (None, None)
        assert source.read() is not None
        assert source.label == "Demo face"
        assert not source.live


def test_wishes_fill_what_the_spec_leaves_open() -> None:
    source = open_source("synthetic:width=200,seconds=1", realtime=False, size=(160, 120), fps=15)
    info = source.open()
    source.close()
    assert (info.width, info.height, info.fps) == (200, 120, 15.0)


@pytest.mark.parametrize("fps", [1.0, 240.0, 1000.0])
def test_any_rate_that_a_source_may_be_asked_for(fps: float) -> None:
    with open_source("synthetic:width=64,height=64,seconds=1", realtime=False, fps=fps) as source:
        info = source.open()
        assert (info.fps, info.frames) == (fps, round(fps))
        assert source.read() is not None


@real_time
def test_real_speed() -> None:
    with open_source("synthetic:seconds=0.55,fps=20,width=160,height=120") as source:
        began = time.perf_counter()
        source.read()
        assert len(list(source)) == 10
        assert time.perf_counter() - began > 0.48


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ("hrr=72", ["unknown key 'hrr'", "hr", "seed", "seconds", "fps", "width", "height"]),
        ("hr=fast", ["hr=fast", "float"]),
        ("hr=nan", ["hr=nan"]),
        ("seed=1.5", ["seed=1.5", "int"]),
        ("seconds=0", ["seconds"]),
        ("seconds=-3", ["seconds"]),
        ("fps=0", ["fps"]),
        ("width=0", ["width", "0"]),
        ("width=1e3", ["width=1e3"]),
    ],
)
def test_wishes_that_cannot_be_met(wish: str, words: list[str]) -> None:
    source = open_source(f"synthetic:{wish}", realtime=False)
    with pytest.raises(SourceError) as caught:
        source.open()
    message = str(caught.value)
    assert all(word in message for word in words)
    assert "\n" not in message
    assert message.startswith("synthetic")


@real_time
def test_in_real_time_a_slow_reader_gets_fewer_frames_of_the_right_time() -> None:
    """Each frame takes the reader as long as three: two of three are left out."""
    with open_source("synthetic:width=64,height=64,fps=20") as source:
        frames, began = [], time.perf_counter()
        while not frames or frames[-1].t < 2.0:
            frame = source.read()
            assert frame is not None
            frames.append(frame)
            time.sleep(0.15)
        spent = time.perf_counter() - began
    assert spent < 2.0 + 0.4, "at the speed of drawing it would be six seconds"
    assert len(frames) < 25
    assert [frame.t for frame in frames] == [frame.index / 20 for frame in frames]


def test_not_in_real_time_a_slow_reader_gets_every_frame() -> None:
    with open_source("synthetic:width=64,height=64,fps=100,seconds=0.1", realtime=False) as source:
        frames = []
        while (frame := source.read()) is not None:
            frames.append(frame.index)
            time.sleep(0.03)
    assert frames == list(range(10))


def test_a_reader_that_paused_goes_on_where_it_was() -> None:
    """Loading a network takes seconds: they are not a loss."""
    with open_source("synthetic:width=64,height=64,fps=20") as source:
        first = source.read()
        time.sleep(1.3)
        second = source.read()
    assert first is not None
    assert second is not None
    assert (first.index, second.index) == (0, 1)
