"""What a minute takes, said beforehand: measured on a dozen frames, near what a recording holds."""

from __future__ import annotations

from itertools import islice

import pytest

from aimanet.face import FaceTracker
from aimanet.sessions.cost import KEEPS, typical
from aimanet.sessions.info import SessionInfo, keeping
from aimanet.sessions.sample import SAMPLE_FRAMES, is_enough, measured
from aimanet.sessions.writer import SessionWriter
from aimanet.sources import open_source
from aimanet.types import FaceCrop, Frame
from tests.aimanet.sessions.recordings import image

SECONDS = 4


@pytest.fixture(scope="module")
def steps(face_model):
    with open_source("synthetic:hr=72,seed=1,width=320,height=240", realtime=False) as source:
        frames = list(islice(source, 30 * SECONDS))
    tracker = FaceTracker()
    made = [(frame, tracker.track(frame)) for frame in frames]
    tracker.close()
    return made


@pytest.mark.parametrize("keep", KEEPS)
def test_measured_is_within_a_quarter_of_what_is_recorded(tmp_path, steps, keep):
    info = SessionInfo(fps=30.0).model_copy(update=keeping(keep))
    with SessionWriter(tmp_path / "s", info) as writer:
        for frame, crop in steps:
            writer.frame(frame, crop, wait=True)
    videos = sum(path.stat().st_size for path in (tmp_path / "s").glob("*.mkv"))
    rows = (tmp_path / "s" / "frames.csv").stat().st_size
    said = measured(steps[:SAMPLE_FRAMES], 30.0, [keep])
    assert list(said) == [keep]
    # The curve and the readings, which are not written here, take 1.5 kB a second.
    assert said[keep] == pytest.approx((videos + rows) / SECONDS + 1500, rel=0.25)


def test_without_a_face_in_sight_the_middle_of_the_picture_stands_for_it(steps):
    blind = [(frame, FaceCrop(frame.index, frame.t, None, None)) for frame, _ in steps[:12]]
    with_face, without = (measured(sample, 30.0)["face"] for sample in (steps[:12], blind))
    assert without == pytest.approx(with_face, rel=0.5)


def test_rate_is_that_of_the_frames_where_the_source_says_another(steps):
    slow = [(Frame(f.index, 2 * f.t, f.image), crop) for f, crop in steps[:12]]
    half = measured(slow, 30.0)["frame"] / measured(steps[:12], 30.0)["frame"]
    assert half == pytest.approx(0.5, rel=0.01)


def test_one_frame_is_enough_for_a_figure():
    lone = [(Frame(0, 0.0, image(0)), FaceCrop(0, 0.0, None, None))]
    said = measured(lone, None)
    assert said["none"] < said["face"] < said["face+picture"] < 10**7
    assert said["frame"] == pytest.approx(30 * image(0).nbytes, rel=0.5), "noise stays as it is"


def test_a_dozen_frames_or_a_second_are_enough():
    frames = [(Frame(i, 0.3 * i, image(0)), FaceCrop(i, 0.3 * i, None, None)) for i in range(5)]
    assert [is_enough(frames[:n]) for n in range(6)] == [False] * 5 + [True]


def test_typical_sizes_follow_pixels_and_rate():
    vga, hd = typical((640, 480), 30.0), typical((1280, 960), 15.0)
    assert hd["frame"] == pytest.approx(2 * vga["frame"], rel=0.01)
    assert hd["face"] == pytest.approx(vga["face"] / 2)
    assert 3600 * vga["face"] < 3e9
