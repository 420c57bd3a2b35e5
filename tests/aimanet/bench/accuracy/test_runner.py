"""Real clips through the real tracker and pipeline: once, cached, in several processes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from aimanet.bench.accuracy import judging
from aimanet.bench.accuracy.footage import Camera, code_version, load
from aimanet.bench.accuracy.judging import judge
from aimanet.bench.accuracy.material import AccuracyError
from aimanet.bench.accuracy.runner import Setup, evaluate_shots
from aimanet.face import FaceTracker
from aimanet.pipeline import Pipeline
from aimanet.types import State
from tests.aimanet.bench.accuracy.measured import DemoClip

POS = Setup(methods=("pos",))


@pytest.fixture(scope="module")
def kept(tmp_path_factory, face_model):
    """A clip of 6 s, judged while it is filmed and kept."""
    cache = tmp_path_factory.mktemp("crops")
    clip = DemoClip(seconds=6.0, kept="v1")
    camera = Camera(cache)
    (filmed,) = judge(clip, POS.entrants(), camera)
    camera.close()
    return cache, clip, filmed


def same(one, other):
    assert one.state == other.state
    np.testing.assert_array_equal(
        [one.hr_bpm, one.truth_bpm, one.snr_db], [other.hr_bpm, other.truth_bpm, other.snr_db]
    )
    for name in ("t", "span_s", "hr_bpm", "truth_bpm", "quality", "state"):
        np.testing.assert_array_equal(getattr(one.readings, name), getattr(other.readings, name))
    assert one.readings.features.keys() == other.readings.features.keys()


def test_a_clip_is_read_as_live(kept):
    """The same frames through a Pipeline with a tracker give the same answer."""
    _, clip, filmed = kept
    tracker = FaceTracker()
    pipeline = Pipeline(POS.entrants()[0].method, tracker)
    said = [r for r in map(pipeline.step, clip.open().frames) if r is not None]
    tracker.close()
    assert filmed.hr_bpm == pytest.approx(pipeline.summary().hr_bpm)
    assert filmed.truth_bpm == pytest.approx(72.0, abs=1.5)
    assert abs(filmed.error_bpm) < 3.0
    assert (filmed.seconds, filmed.fps) == (pytest.approx(6.0), pytest.approx(30.0))
    mine = filmed.readings
    assert len(mine) == len(said)
    np.testing.assert_array_equal(
        mine.hr_bpm, [np.nan if r.hr_bpm is None else r.hr_bpm for r in said]
    )
    read = np.isfinite(mine.hr_bpm)
    assert mine.t[read][0] > 4.0
    assert np.abs(mine.truth_bpm[read] - 72.0).max() < 3.0
    assert np.abs(mine.now_bpm[read] - 72.0).max() < 3.0
    assert not np.array_equal(mine.now_bpm[read], mine.truth_bpm[read])
    assert mine.span_s.sum() == pytest.approx(6.0 - mine.t[0])
    assert mine.is_state(State.WARMING_UP)[0]


def test_what_the_judge_weighed_is_kept(kept):
    """Every number of the features, nested ones behind a dot, where there was an estimate."""
    _, _, filmed = kept
    read = np.isfinite(filmed.readings.hr_bpm)
    features = filmed.readings.features
    assert features
    for column in features.values():
        assert np.isfinite(column[read]).any()
        assert np.isnan(column[~read]).all()


def test_crops_from_the_cache_give_the_same(kept):
    cache, _, filmed = kept
    assert [p.name for p in cache.rglob("*") if p.is_file()] == ["demo_1.npz"]
    gone = DemoClip(seconds=6.0, kept="v1", hr=150.0)
    (again,) = judge(gone, POS.entrants(), Camera(cache))
    same(filmed, again)


def test_crops_of_other_code_are_taken_only_if_asked(kept):
    cache, _, filmed = kept
    newer = DemoClip(seconds=6.0, kept="v2", seed=1)
    assert Camera(cache)._place(newer) == cache / "v2" / "demo_1.npz"
    camera = Camera(cache, any_version=True)
    (again,) = judge(newer, POS.entrants(), camera)
    same(filmed, again)
    other = DemoClip(kept="v2", seed=2)
    assert camera._place(other) == cache / "v2" / "demo_2.npz", "there is none of any version"


def test_a_damaged_entry_is_made_again(tmp_path, face_model):
    clip = DemoClip(seconds=0.3, kept="v")
    place = tmp_path / "v" / "demo_1.npz"
    place.parent.mkdir()
    place.write_bytes(b"PK\x03\x04 no crops")
    assert load(place) is None
    camera = Camera(tmp_path)
    judge(clip, POS.entrants(), camera)
    camera.close()
    footage = load(place)
    faces = list(footage.faces)
    assert len(faces) == 9
    assert faces[3].crop.shape == (72, 72, 3)
    assert faces[3].t == pytest.approx(0.1)


def clips(*lengths_s):
    """Recordings of the demo face; the second one is broken."""
    return [
        DemoClip(seconds, seed=seed, origin="recording")
        for seed, seconds in zip((3, 13, 4), lengths_s, strict=True)
    ]


def check(outcome):
    assert [r.clip.name for r in outcome.results] == ["demo 3", "demo 4"]
    assert [(m.clip.name, m.reason) for m in outcome.missing] == [("demo 13", "a broken clip")]


def test_a_broken_recording_is_told_of_and_not_lost(face_model):
    told = []
    check(evaluate_shots(clips(0.3, 1, 0.3), POS, jobs=1, tell=lambda *mark: told.append(mark)))
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.slow
def test_as_many_processes_as_one_likes(face_model):
    """Same results in the same order, of the network too."""
    both = Setup(methods=("tscan", "pos"))
    alone = evaluate_shots(clips(6.0, 1.0, 0.5)[:2], both, jobs=1)
    beside = evaluate_shots(clips(6.0, 1.0, 0.5), both, jobs=2)
    assert [r.method for r in beside.results] == ["TS-CAN", "POS"] * 2
    for one, other in zip(alone.results, beside.results, strict=False):
        same(one, other)
    assert np.isfinite(alone.results[0].hr_bpm)
    check(evaluate_shots(clips(0.5, 1.0, 0.5), POS, jobs=3))


def test_a_drawn_clip_that_fails_is_our_mistake(face_model):
    with pytest.raises(ValueError, match="broken"):
        evaluate_shots([DemoClip(seed=13)], POS, jobs=1)


def test_a_clip_without_frames(face_model):
    with pytest.raises(AccuracyError, match="demo 1: no frames"):
        judge(DemoClip(seconds=0.001), POS.entrants(), Camera())


@dataclass(frozen=True)
class Inner:
    tone_db: float = 3.0
    sure: bool = True


@dataclass(frozen=True)
class Weighed:
    spread: float = 2.0
    said: Inner = Inner()
    second: float | None = None
    name: str = "left out"


def test_nested_features_are_flat():
    assert list(judging.flat(None)) == []
    flat = dict(judging.flat(Weighed()))
    assert list(flat) == ["spread", "said.tone_db", "said.sure", "second"]
    assert (flat["said.tone_db"], flat["said.sure"]) == (3.0, 1.0)
    assert np.isnan(flat["second"])


def test_the_version_of_the_code(repository):
    version = code_version()
    assert len(version) == 12
    assert version == code_version()
    assert version != code_version("aimanet.synthesis.scene")
