"""Loss and heart-rate error on recordings, with a network that is known to be right or wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from aimanet.errors import AimaNetError
from aimanet.training import TrainConfig, World, exams
from aimanet.training.exams import RecordedExam, hr_bpm
from aimanet.training.predict import Forward, Reader
from aimanet.training.validation import Validation
from aimanet.tscan import TSCAN
from tests.aimanet.training.recordings import SMALL, recording

CONFIG = TrainConfig(recipe=SMALL, chunk_len=60, validation_clips=1)
CPU = Forward(torch.device("cpu"))


class Green(torch.nn.Module):
    """Reads the pulse off the mean green difference: the derivative, upside down."""

    def forward(self, motion, appearance):
        return -motion[:, 1].mean(dim=(1, 2)).view(-1, SMALL.frame_depth)


def measure(*held, net=None):
    return Validation(CONFIG, held, CPU, World()).measure(net or Green())


def test_a_network_that_is_right():
    figures = measure(recording("1", hr=60.0, seconds=40), recording("2", hr=96.0, seconds=12))
    assert figures.mae_bpm < 0.7
    assert figures.loss < 0.1


def test_a_network_that_is_wrong():
    held = recording("1", hr=60.0, seconds=12), recording("2", hr=96.0, seconds=12)
    swapped = [replace(r, ppg=o.ppg) for r, o in zip(held, reversed(held), strict=True)]
    figures = measure(*swapped)
    assert figures.mae_bpm == pytest.approx(36, abs=2)
    assert figures.loss > 0.8


def test_pieces_of_half_a_minute_between_breaks_and_holes():
    ppg = recording(seconds=100).ppg.copy()
    ppg[2000:2050] = np.nan
    cached = replace(recording(seconds=100, starts=(0, 1205)), ppg=ppg)
    exam = RecordedExam(cached, SMALL)
    assert exam._pieces == [(1, 1201), (1206, 2000), (2051, 2996)] or exam.parts == 3
    for judged in exam.take(Reader(Green(), CPU, SMALL.frame_depth)):
        assert np.isfinite(judged.predicted).all()
        assert np.corrcoef(judged.predicted, judged.label)[0, 1] > 0.9


def test_a_recording_is_read_as_it_would_be_live(monkeypatch):
    """In portions or in one piece, the same numbers."""
    monkeypatch.setattr(exams, "READ_FRAMES", 400)
    net = TSCAN(SMALL).eval()
    exam = RecordedExam(recording(seconds=30), SMALL)
    with torch.no_grad():
        portions = [j.predicted for j in exam.take(Reader(net, CPU, SMALL.frame_depth))]
        from aimanet.preprocess import MotionAppearance

        inputs = MotionAppearance(SMALL)
        live = []
        for clip in exam._cached.clips(SMALL.frame_depth):
            m, a = inputs(clip)
            live.append(net(torch.from_numpy(m.copy()), torch.from_numpy(a.copy())).flatten())
    whole = torch.cat(live).numpy()
    assert np.allclose(np.concatenate(portions), whole[: sum(map(len, portions))], atol=1e-5)


def test_validation_leaves_training_as_it_was():
    net = TSCAN(SMALL).train()
    before = torch.get_rng_state()
    measure(recording(seconds=8), net=net)
    assert net.training
    assert torch.equal(before, torch.get_rng_state())


def test_recordings_that_are_all_too_short():
    with pytest.raises(AimaNetError, match="6 s of face and label"):
        measure(recording(seconds=4))


def test_the_heart_rate_minds_the_sampling_rate():
    for fs in (20.0, 30.0, 60.0):
        t = np.arange(round(20 * fs)) / fs
        assert hr_bpm(np.diff(np.sin(2 * np.pi * 1.5 * t)), fs) == pytest.approx(90, abs=0.5)
    assert hr_bpm(np.full(300, np.nan), 30.0) == 0.0
    assert hr_bpm(np.zeros(300), 30.0) == 0.0
