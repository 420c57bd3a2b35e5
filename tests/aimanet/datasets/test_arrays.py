"""The original arrays in both layouts: units, splits, recordings, and how little is resident."""

from __future__ import annotations

import numpy as np
import pytest

from aimanet.datasets import arrays
from aimanet.datasets.arrays import INPUT, OUTPUT, is_arrays, open_arrays
from aimanet.datasets.base import DatasetError

SIZE = 10


def numbers(frames, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(frames, 6, SIZE, SIZE)).astype(np.float32), rng.normal(size=frames)


def one_pair(folder, frames):
    inputs, labels = numbers(frames)
    np.save(folder / INPUT, inputs)
    np.save(folder / OUTPUT, labels)
    return inputs, labels.astype(np.float32)


def many_pairs(folder, train=(23, 40), test=(15,), suffix=""):
    made = {}
    for part, lengths in (("train", train), ("test", test)):
        for kind in ("images", "gt"):
            (folder / part / kind).mkdir(parents=True)
        for i, frames in enumerate(lengths):
            made[part, i] = numbers(frames, seed=i)
            np.save(folder / part / "images" / f"s{i}.npy", made[part, i][0])
            np.save(folder / part / "gt" / f"s{i}{suffix}.npy", made[part, i][1])
    return made


def test_the_one_pair_is_split_by_a_frame(tmp_path):
    inputs, labels = one_pair(tmp_path, 97)
    train, test = open_arrays(tmp_path).split(65)
    assert (len(train), train.dropped, len(test), test.dropped) == (6, 5, 3, 2)
    x, y = train.read(2, 6)
    assert np.array_equal(x, inputs[20:60])
    assert np.array_equal(y, labels[20:60])
    x, y = test.read(0, 3)
    assert np.array_equal(x, inputs[65:95])
    assert np.array_equal(y, labels[65:95])


@pytest.mark.parametrize(
    ("split", "says"),
    [
        (132720, "past the end: .* holds 97 frames; try 80"),
        (98, "past the end"),
        (88, "test on .* try 80"),
        (97, "test on"),
        (9, "train on .* try 80"),
        (-20, "train on"),
    ],
)
def test_a_split_that_leaves_nothing_suggests_another(tmp_path, split, says):
    one_pair(tmp_path, 97)
    with pytest.raises(DatasetError, match=says):
        open_arrays(tmp_path).split(split)
    assert len(open_arrays(tmp_path).split(80)[1]) == 1


def test_the_suggested_split_falls_between_recordings(tmp_path, monkeypatch):
    monkeypatch.setattr(arrays, "RECORDING_FRAMES", 20)
    one_pair(tmp_path, 97)
    with pytest.raises(DatasetError, match=r"try 80$"):
        open_arrays(tmp_path).split(1000)
    one_pair(tmp_path, 65)
    with pytest.raises(DatasetError, match=r"try 40$"):
        open_arrays(tmp_path).split(1000)


def test_too_few_frames_for_any_split(tmp_path):
    one_pair(tmp_path, 19)
    with pytest.raises(DatasetError, match="holds 19 frames"):
        open_arrays(tmp_path).split(10)


def test_no_unit_crosses_a_file(tmp_path):
    made = many_pairs(tmp_path)
    train, test = open_arrays(tmp_path).split(0)
    assert (len(train), train.dropped, len(test), test.dropped) == (6, 3, 1, 5)
    x, y = train.read(0, 6)
    expected = [(made["train", 0][0][:20]), made["train", 1][0][:40]]
    assert np.array_equal(x, np.concatenate(expected))
    assert np.array_equal(train.read(1, 3)[0], x[10:30])
    assert y.shape == (60,)


def test_names_that_differ_are_noted(tmp_path):
    many_pairs(tmp_path, suffix="_bvp")
    found = open_arrays(tmp_path)
    assert found.notes[0].endswith("names differ: s0.npy with s0_bvp.npy and 1 more")
    assert len(found.pairs) == 3


def test_hidden_files_are_left_alone(tmp_path):
    many_pairs(tmp_path)
    (tmp_path / "train" / "gt" / "._s0.npy").write_bytes(b"junk")
    assert not open_arrays(tmp_path).notes


def test_folders_that_are_refused(tmp_path):
    many_pairs(tmp_path / "a")
    (tmp_path / "a" / "train" / "gt" / "s1.npy").unlink()
    many_pairs(tmp_path / "b", test=())
    many_pairs(tmp_path / "c")
    np.save(tmp_path / "c" / "test" / "images" / "s0.npy", np.zeros((15, 6, 12, 12)))
    (tmp_path / "d" / "train" / "images").mkdir(parents=True)
    (tmp_path / "e").mkdir()
    np.save(tmp_path / "e" / OUTPUT, np.zeros(5))
    (tmp_path / "f").mkdir()
    says = {
        "a": "2 .npy files but .* 1: they are matched",
        "b": "no .npy file in .*images",
        "c": "12 px, .* of 10",
        "d": "no .npy file",
        "e": f"there is no .*{INPUT}",
        "f": f"there is no {INPUT} .*--data_path",
        "no such folder": f"there is no {INPUT}",
    }
    for name, match in says.items():
        with pytest.raises(DatasetError, match=match):
            open_arrays(tmp_path / name)


def test_files_that_are_all_too_short(tmp_path):
    many_pairs(tmp_path, test=(9, 8))
    with pytest.raises(DatasetError, match=r"no file in .*test holds 10 frames"):
        open_arrays(tmp_path).split(0)


def test_recordings_for_training_on_anything(tmp_path):
    one_pair(tmp_path, 97)
    found = open_arrays(tmp_path).recordings(40)
    assert [(s.subject, s.first, s.end) for s in found] == [
        ("000", 0, 40),
        ("001", 40, 80),
        ("002", 80, 97),
    ]
    pieces = list(found[1].pieces(15))
    assert len(pieces) == 2
    assert pieces[1].motion.shape == pieces[1].appearance.shape == (15, 3, SIZE, SIZE)
    many_pairs(tmp_path / "folders")
    assert [s.subject for s in open_arrays(tmp_path / "folders").recordings()] == ["s0", "s1", "s0"]


def test_values_are_looked_at_in_pieces(tmp_path, monkeypatch):
    inputs, _ = one_pair(tmp_path, 97)
    row = inputs[0].nbytes
    monkeypatch.setattr(arrays, "SCAN_BYTES", 10 * row)
    assert list(open_arrays(tmp_path).check_values()) == [*range(10, 91, 10), 97]
    inputs[42] = np.nan
    np.save(tmp_path / INPUT, inputs)
    looking = open_arrays(tmp_path).check_values()
    assert [next(looking) for _ in range(4)] == [10, 20, 30, 40]
    with pytest.raises(DatasetError, match=f"{INPUT} holds NaN or infinity at frame 42"):
        next(looking)


def test_a_folder_is_recognised_by_its_names(tmp_path):
    assert not is_arrays(tmp_path)
    many_pairs(tmp_path / "a")
    assert is_arrays(tmp_path / "a")
    one_pair(tmp_path, 20)
    assert is_arrays(tmp_path)
