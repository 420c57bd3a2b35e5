"""Methods over cached recordings: one wave a run, integrated once, cut where something is not."""

from __future__ import annotations

import numpy as np
import pytest

from aimanet.classical import Green, Pos
from aimanet.evaluation.metrics import score
from aimanet.evaluation.profiles import PROFILES, EvaluationError
from aimanet.evaluation.results import VideoResult
from aimanet.evaluation.tracing import score_traced, stretches, trace
from aimanet.methods import make_method
from aimanet.preprocess import Recipe
from aimanet.types import BvpSegment

from .recordings import recording

TOOLBOX = PROFILES["toolbox-2025"]


class Counter:
    """Says of every frame how many it has seen, and better late than never: 3 frames back too."""

    name, model = "counter", None

    def __init__(self, *, derivative=False):
        self.recipe = Recipe()
        self.derivative = derivative
        self.reset()

    def reset(self):
        self.seen = 0

    def process(self, clip):
        if clip.starts:
            self.seen = 0
        fresh = len(clip.t) - 1
        back = 0 if clip.starts or self.derivative else 3
        self.seen += 1
        t = clip.t[-1] + (np.arange(fresh + back) - (fresh + back - 1)) / clip.fs
        return BvpSegment(t, clip.fs, np.full(len(t), self.seen, np.float32), self.derivative)


def test_newer_samples_win():
    got = trace(recording(seconds=2.0), Counter())
    (piece,) = got.pieces
    # 60 frames: five clips of 10 after the first frame, each bettering 3 before it.
    assert piece.pred.tolist() == [1.0] * 7 + [2.0] * 10 + [3.0] * 10 + [4.0] * 10 + [5.0] * 13
    assert len(piece.label) == 50


def test_a_derivative_is_summed_up_once_and_anew_in_every_run():
    got = trace(recording(seconds=2.0, starts=(25,)), Counter(derivative=True))
    first, second = (piece.pred.tolist() for piece in got.pieces)
    assert first == [*range(1, 11), *range(12, 31, 2)]
    assert second == [*range(1, 11), *range(12, 31, 2), *range(33, 61, 3)]
    assert not any(piece.derivative for piece in got.pieces)


def test_pieces_stand_beside_their_own_labels():
    cached = recording(seconds=4.0, starts=(50,))
    cached.ppg[70:80] = np.nan
    got = trace(cached, Green())
    assert [len(piece.pred) for piece in got.pieces] == [41, 20, 31]
    want = [cached.ppg[0:41], cached.ppg[50:70], cached.ppg[80:111]]
    for piece, label in zip(got.pieces, want, strict=True):
        assert np.array_equal(piece.label, label)


def test_a_whole_video_is_its_longest_piece_and_windows_come_from_all_long_ones():
    cached = recording(seconds=14.0, starts=(150,))
    traced = trace(cached, Pos())
    lengths = [len(piece.pred) for piece in traced.pieces]
    assert lengths == [141, 261]
    whole, used = score_traced(traced, cached, TOOLBOX, None)
    assert (len(whole.scores), [len(u.pred) for u in used]) == (1, [261])
    assert whole.seconds == pytest.approx(8.7)
    assert whole.scores[0] == score(used[0].pred, used[0].label, 30.0, TOOLBOX, derivative=False)
    windows, used = score_traced(traced, cached, TOOLBOX, 4.0)
    assert [len(u.pred) for u in used] == [120, 240], "a rest is no window"
    assert (len(windows.scores), windows.seconds) == (3, 12.0)
    _, used = score_traced(traced, cached, TOOLBOX, 6.0)
    assert [len(u.pred) for u in used] == [180]
    _, used = score_traced(traced, cached, TOOLBOX, 60.0)
    assert [len(u.pred) for u in used] == [261]


@pytest.mark.parametrize("name", ["pos", "chrom", "green", "tscan"])
def test_every_method_finds_the_pulse_of_a_drawn_face(name):
    cached = recording(hr=84.0, seconds=7.5)
    traced = trace(cached, make_method(name, device="cpu"))
    result, _ = score_traced(traced, cached, TOOLBOX, None)
    assert result.subject == "person of one"
    (got,) = result.scores
    assert abs(got.error_bpm) <= 60 * 30 / 256
    assert got.macc > 0.6
    assert 0.0 < result.ok_share <= 1.0


def test_a_face_without_life_is_not_ok():
    cached = recording(hr=None, labelled=False, seconds=8.0)
    assert trace(cached, Pos()).ok_share == 0.0


def test_two_recordings_one_after_the_other_do_not_mix():
    method = Pos()
    cached = recording(seconds=3.0)
    (alone,) = trace(cached, method).pieces
    trace(recording(hr=120.0, seconds=2.0, seed=3), method)
    (again,) = trace(cached, method).pieces
    assert np.array_equal(alone.pred, again.pred)


def test_nothing_to_score_is_said():
    cached = recording(seconds=2.0)
    cached.ppg[5:] = np.nan
    with pytest.raises(EvaluationError, match="no stretch with both a face and a label"):
        score_traced(trace(cached, Pos()), cached, TOOLBOX, None)


def test_stretches():
    assert stretches(np.array([1, 1, 0, 1, 0, 0, 1], bool)) == [
        slice(0, 2),
        slice(3, 4),
        slice(6, 7),
    ]
    assert stretches(np.zeros(3, bool)) == []
    assert stretches(np.ones(3, bool)) == [slice(0, 3)]


def test_the_mean_of_windows_leaves_undefined_ones_out():
    from aimanet.evaluation.metrics import UNDEFINED, Score

    video = VideoResult("v", (Score(60, 66, 1.0, 0.5), UNDEFINED, Score(70, 70, 3.0, 0.7)), 30.0)
    assert video.mean() == Score(65.0, 68.0, 2.0, pytest.approx(0.6))
    assert np.isnan(VideoResult("v", (UNDEFINED, UNDEFINED), 1.0).mean().snr_db)
