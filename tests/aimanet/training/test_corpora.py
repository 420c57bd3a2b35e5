"""Examples: repeatable, aligned with their labels, whatever they come from."""

from __future__ import annotations

import pickle
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from aimanet.datasets.arrays import open_arrays
from aimanet.errors import AimaNetError
from aimanet.preprocess import MotionAppearance, Recipe
from aimanet.training import Material, TrainConfig
from aimanet.training.corpora import ArrayCorpus, DrawnCorpus, RecordedCorpus, make_corpus, shares
from aimanet.training.examples import Change, recorded_example
from aimanet.training.exams import hr_bpm
from aimanet.training.stretches import labelled_stretches
from tests.aimanet.training.recordings import SMALL, people, recording

RNG = np.random.default_rng(0)


def same(a, b) -> bool:
    return all(
        np.array_equal(x, y)
        for x, y in ((a.motion, b.motion), (a.appearance, b.appearance), (a.label, b.label))
    )


def recorded(*recordings, frames=60, augment=False, seed=1) -> RecordedCorpus:
    return RecordedCorpus(seed, SMALL, frames, recordings, augment)


def brightness_lag(examples) -> int:
    """The shift of the labels at which brightness falls the most as blood rises."""
    lags, total = range(-4, 5), np.zeros(9)
    for e in examples:
        green = -e.motion[:, 1].astype(np.float32).mean(axis=(1, 2))
        total += [np.corrcoef(np.roll(green, -k)[5:-5], e.label[5:-5])[0, 1] for k in lags]
    return lags[int(np.argmax(total))]


def test_drawn_examples_are_the_same_for_the_same_number():
    corpus = DrawnCorpus(5, Recipe(), 60)
    a, b = corpus.example(3, RNG), corpus.example(3, RNG)
    assert same(a, b)
    assert a.motion.shape == (60, 3, 36, 36)
    assert a.appearance.shape == (6, 3, 36, 36)
    assert 0.9 < a.label.std() < 1.1
    assert 35 < a.hr_bpm < 215
    assert not same(a, DrawnCorpus(6, Recipe(), 60).example(3, RNG))


def test_labels_of_drawn_clips_lie_on_their_frames():
    corpus = DrawnCorpus(2, Recipe(), 90, coded=0.0)
    examples = [corpus.example(i, RNG) for i in range(8)]
    middle = [replace(e, motion=e.motion[..., 8:28, 8:28]) for e in examples]
    assert brightness_lag(middle) == 0


def test_a_chunk_is_what_live_windows_give():
    """From the start of a run, and later on, where the burn-in has settled the scale."""
    cached = recording(seconds=8)
    where = labelled_stretches(cached)[0]
    inputs = MotionAppearance(SMALL)
    live = [inputs(clip) for clip in cached.clips(10)]
    motion = np.concatenate([m for m, _ in live])
    for first, tolerance in ((0, 1e-3), (120, 0.02)):
        e = recorded_example(cached, where, first, 60, SMALL)
        scale = np.abs(motion[first : first + 60]).max()
        assert np.abs(e.motion - motion[first : first + 60]).max() < tolerance * scale
        assert (
            np.abs(e.appearance - np.concatenate([a for _, a in live])[first // 10 :][:6]).max()
            < 2e-3
        )
        wave = np.diff(cached.ppg[first : first + 61])
        assert np.allclose(e.label, wave / wave.std(), atol=1e-5)


@pytest.mark.parametrize("pace", [0.8, 1.25])
def test_a_stretched_chunk_has_a_stretched_pulse(pace):
    cached = recording(seconds=20, hr=90.0)
    where = labelled_stretches(cached)[0]
    e = recorded_example(cached, where, 80, 300, SMALL, Change(pace))
    assert e.label.shape == (300,)
    assert hr_bpm(e.label, 30.0) == pytest.approx(90 * pace, abs=1.5)
    assert brightness_lag([e]) == 0


def test_a_chunk_at_the_end_is_stretched_no_further_than_there_are_frames():
    cached = recording(seconds=5, hr=90.0)
    where = labelled_stretches(cached)[0]
    e = recorded_example(cached, where, 89, 60, SMALL, Change(1.25))
    assert same(e, recorded_example(cached, where, 89, 60, SMALL))


def test_an_epoch_shows_every_chunk_once_and_the_next_one_in_another_order():
    corpus = recorded(*people(3, seconds=10.5))
    n = corpus.size
    assert n == 3 * 5
    epochs = [[corpus._order[e * n + i] for i in range(n)] for e in range(2)]
    for chunks in epochs:
        ordered = sorted(chunks)
        gaps = [b[1] - a[1] for a, b in pairwise(ordered) if a[0] == b[0]]
        assert set(gaps) == {60}
    assert [c[0] for c in epochs[0]] != [c[0] for c in epochs[1]]
    assert same(corpus.example(4, RNG), recorded(*people(3, seconds=10.5)).example(4, RNG))


def test_chunks_stay_inside_runs_and_labels():
    cached = recording(seconds=20, starts=(0, 200))
    holes = cached.ppg.copy()
    holes[300:310] = np.nan
    holes[450:500] = holes[450]  # the sensor lost its finger
    corpus = recorded(replace(cached, ppg=holes))
    assert [(s.run, s.first, s.end) for _, s in corpus.places] == [
        (0, 0, 200),
        (200, 200, 300),
        (200, 310, 450),
        (200, 500, 600),
    ]
    for number in range(3 * corpus.size):
        place, offset = corpus._order[number]
        where = corpus.places[place][1]
        assert where.first <= where.first + offset <= where.end - 61


def test_augmentation_comes_from_the_generator_alone():
    corpus = recorded(*people(2, seconds=12), augment=True)
    a, b, c = (corpus.example(1, np.random.default_rng(s)) for s in (1, 1, 2))
    assert same(a, b)
    assert not same(a, c)


def test_mapped_crops_travel_as_a_file_name(tmp_path):
    cached = recording()
    file = tmp_path / "crops"
    cached.crops.tofile(file)
    mapped = np.memmap(file, np.float16, "r", shape=cached.crops.shape)
    blob = pickle.dumps(recorded(replace(cached, crops=mapped)))
    assert len(blob) < cached.crops.nbytes / 2
    assert same(pickle.loads(blob).example(0, RNG), recorded(cached).example(0, RNG))


def test_a_chunk_longer_than_every_run():
    with pytest.raises(AimaNetError, match=r"has 180 labelled frames.*longest has 119.*len 110"):
        recorded(recording(seconds=4), frames=180)


def write_arrays(folder: Path, frames=200) -> Path:
    rng = np.random.default_rng(1)
    inputs = rng.normal(size=(frames, 6, 36, 36)).astype(np.float32)
    np.save(folder / "input_numpy.npy", inputs)
    np.save(folder / "output_numpy.npy", rng.normal(size=frames).astype(np.float32))
    return folder


def test_ready_made_arrays(tmp_path):
    arrays = open_arrays(write_arrays(tmp_path))
    corpus = ArrayCorpus(1, Recipe(), 60, arrays.recordings())
    assert corpus.size == 3
    _, first = corpus._order[0]
    e = corpus.example(0, RNG)
    raw = np.load(tmp_path / "input_numpy.npy")[first : first + 60]
    assert np.allclose(e.motion, raw[:, :3], atol=2e-3)
    assert e.appearance.shape == (6, 3, 36, 36)
    mean = raw[:10, 3:].mean(axis=0)
    assert np.allclose(e.appearance[0], (mean - mean.mean()) / mean.std(), atol=5e-3)
    frame = ArrayCorpus(1, Recipe(appearance="frame"), 60, arrays.recordings()).example(0, RNG)
    assert np.allclose(frame.appearance, raw[:, 3:], atol=2e-3)


def test_arrays_of_another_size(tmp_path):
    arrays = open_arrays(write_arrays(tmp_path))
    with pytest.raises(AimaNetError, match=r"pictures of 36 px.*--image-size 36"):
        ArrayCorpus(1, SMALL, 60, arrays.recordings())


def test_shares_of_a_mixture():
    config = TrainConfig(chunk_len=60, recipe=SMALL)
    big, small = Material("a", people(2, seconds=12.1)), Material("b", people(1, seconds=8.1))
    drawn = Material()

    def of(*material):
        return shares(material, [make_corpus(config, i, m) for i, m in enumerate(material)])

    assert of(big, small) == pytest.approx([0.75, 0.25])
    assert of(big, drawn) == pytest.approx([0.5, 0.5])
    assert of(replace(big, weight=1.0), replace(drawn, weight=3.0)) == pytest.approx([0.25, 0.75])
