"""MMPD in the published layout, and as it comes from other hands."""

from __future__ import annotations

import numpy as np
import pytest

from aimanet.datasets import planes
from aimanet.datasets.base import DatasetError
from aimanet.datasets.mmpd import Mmpd
from tests.aimanet.datasets.folders import person
from tests.aimanet.datasets.folders_b import lag_frames, mmpd_file

MMPD = Mmpd()


def only(root):
    found = MMPD.find(root)
    assert len(found.recordings) == 1
    return found.recordings[0]


def read_all(recording):
    MMPD.label(recording)
    return list(MMPD.frames(recording))


def test_the_published_layout(tmp_path):
    for name in ("subject10/p10_0", "subject2/p2_10", "subject2/p2_9"):
        mmpd_file(tmp_path / f"{name}.mat")
    found = MMPD.find(tmp_path)
    assert [r.name for r in found.recordings] == ["p2_9", "p2_10", "p10_0"]
    assert [r.subject for r in found.recordings] == ["subject2", "subject2", "subject10"]
    assert not found.problems
    assert dict(found.recordings[0].tags) == {
        "light": "LED-low",
        "motion": "Stationary (after exercise)",
        "exercise": "True",
        "skin": "3",
        "gender": "female",
        "glasses": "False",
        "hair": "False",
        "makeup": "False",
    }
    facts = MMPD.look(found.recordings[0])
    assert (facts.frames, facts.fps, facts.samples, facts.problems) == (30, 30.0, 30, ())
    assert facts.seconds == pytest.approx(29 / 30)


@pytest.mark.parametrize("dtype", ["f8", "f4", "u1"])
@pytest.mark.parametrize("packed", [True, False])
def test_frames_are_those_that_were_stored(tmp_path, dtype, packed):
    import cv2

    face = person(4, 1.0)
    recording = only(mmpd_file(tmp_path / "subject1/p1_0.mat", face, packed, dtype).parent)
    frames = list(MMPD.frames(recording))
    assert [f.t for f in frames] == pytest.approx(np.arange(30) / 30)
    assert [f.index for f in frames] == list(range(30))
    for frame, image in zip(frames, face.images(), strict=True):
        assert frame.image.shape == (60, 80, 3)  # upright: rows before columns
        assert np.array_equal(frame.image, cv2.resize(image, (80, 60)))
        assert frame.image.flags.c_contiguous


def test_the_label_is_at_the_right_moment(tmp_path):
    face = person(7, 3.0)
    recording = only(mmpd_file(tmp_path / "subject1/p1_0.mat", face).parent)
    label = MMPD.label(recording)
    assert np.allclose(label.ppg, face.bvp(label.t))
    lag, fit = lag_frames(MMPD.frames(recording), label, 30.0)
    assert abs(lag) < 0.3
    assert fit > 0.95


def test_a_label_of_another_length_is_stretched_and_told(tmp_path):
    face = person(7, 3.0)
    t = np.arange(150) / 50
    path = mmpd_file(tmp_path / "subject1/p1_0.mat", face, GT_ppg=face.bvp(t)[:, None])
    recording = only(path.parent)
    lag, _ = lag_frames(MMPD.frames(recording), MMPD.label(recording), 30.0)
    assert abs(lag) < 0.3
    (problem,) = MMPD.look(recording).problems
    assert "150 samples for 90 frames" in problem.text
    assert not problem.fatal


def test_large_videos_come_in_blocks(tmp_path, monkeypatch):
    path = mmpd_file(tmp_path / "subject1/p1_0.mat")
    whole = [f.image for f in MMPD.frames(only(path.parent))]
    monkeypatch.setattr(planes, "BUDGET_BYTES", 9 * 3 * 80 * 60 + 5)
    parts = [f.image for f in MMPD.frames(only(path.parent))]
    assert np.array_equal(whole, parts)


@pytest.mark.slow
def test_the_floats_of_a_video_are_never_in_memory(tmp_path):
    """200 MB as MATLAB holds it; the frames themselves are 25 MB."""
    import tracemalloc

    video = np.random.default_rng(0).integers(0, 256, (300, 150, 190, 3)) / 255.0
    path = mmpd_file(tmp_path / "subject1/p1_0.mat", video=video, GT_ppg=np.arange(300.0)[None])
    recording = only(path.parent)
    tracemalloc.start()
    count = sum(1 for _ in MMPD.frames(recording))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 300
    assert peak < 100e6


def test_floats_up_to_255(tmp_path):
    video = np.random.default_rng(0).uniform(0, 255, (30, 6, 8, 3))
    video[:, 0] = 0.5  # the first pieces look like 0-1
    path = mmpd_file(tmp_path / "subject1/p1_0.mat", video=video)
    frames = [f.image for f in MMPD.frames(only(path.parent))]
    assert np.array_equal(frames, np.rint(video).astype(np.uint8))


def test_the_wrong_word_of_older_releases(tmp_path):
    path = mmpd_file(tmp_path / "subject1/p1_0.mat", motion="Watching Videos  ", exercise=False)
    tags = dict(only(path.parent).tags)
    assert tags["motion"] == "Walking"
    assert tags["exercise"] == "False"


def test_other_peoples_folders(tmp_path):
    root = tmp_path / "Größe 1" / "MMPD data"
    mmpd_file(root / "mini_MMPD" / "Subject 07" / "P07_03.MAT")
    (root / "mini_MMPD" / "Subject 07" / "._P07_03.MAT").write_bytes(b"x")
    (root / "notes.txt").write_text("x")
    recording = only(root)
    assert (recording.name, recording.subject) == ("p7_3", "subject7")
    assert len(list(MMPD.frames(recording))) == 30


def test_a_file_in_the_wrong_folder_is_told(tmp_path):
    mmpd_file(tmp_path / "subject2" / "p1_0.mat")
    found = MMPD.find(tmp_path)
    assert found.recordings[0].subject == "subject1"
    assert "subject 1" in found.problems[0].text


def test_sizes_tell_incomplete_downloads(tmp_path):
    files = [mmpd_file(tmp_path / f"subject1/p1_{k}.mat") for k in range(3)]
    sizes = [f"data/rPPG_dataset/mini_MMPD/subject1/{f.name},{f.stat().st_size}" for f in files]
    (tmp_path / "size_mini_MMPD.csv").write_text("\r\n".join(sizes))
    (tmp_path / "size_MMPD.csv").write_text("data/subject1/p1_0.mat,999999999\n")
    assert not MMPD.find(tmp_path).problems
    data = files[1].read_bytes()
    files[1].write_bytes(data[:-5000])
    (problem,) = MMPD.find(tmp_path).problems
    assert problem.path == files[1]
    assert f"has {len(data) - 5000} of {len(data)} bytes" in problem.text
    (told,) = MMPD.look(MMPD.find(tmp_path).recordings[1]).problems
    assert told.fatal
    assert "download it again" in told.text


def test_a_broken_list_of_sizes_is_no_news(tmp_path):
    mmpd_file(tmp_path / "subject1/p1_0.mat")
    (tmp_path / "size_MMPD.csv").write_bytes(b"\xff\xfe\x00\x01\x81,5\n,,\n")
    assert not MMPD.find(tmp_path).problems


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"video": None}, "there is no video in it"),
        ({"video": np.zeros((30, 80, 60))}, "30x80x60, not frames"),
        ({"GT_ppg": None}, "there is no GT_ppg in it"),
        ({"GT_ppg": np.zeros((1, 30))}, "never changes"),
        ({"GT_ppg": np.full((1, 30), np.nan)}, "fewer than two rows"),
        ({"GT_ppg": np.zeros((0, 0))}, "fewer than two rows"),
    ],
)
def test_what_is_missing_is_told(tmp_path, change, told):
    recording = only(mmpd_file(tmp_path / "subject1/p1_0.mat", **change).parent)
    (problem,) = (p for p in MMPD.look(recording).problems if p.fatal)
    assert told in problem.text
    assert "\n" not in problem.text
    with pytest.raises(DatasetError, match=r"p1_0\.mat: "):
        read_all(recording)


def test_rubbish_is_found_and_told(tmp_path):
    path = tmp_path / "subject1" / "p1_0.mat"
    path.parent.mkdir()
    path.write_bytes(b"")
    recording = only(tmp_path)
    assert recording.tags == ()
    (problem,) = MMPD.look(recording).problems
    assert "no MATLAB file" in problem.text


def test_nothing_of_ours(tmp_path):
    (tmp_path / "subject1").mkdir()
    (tmp_path / "subject1" / "vid.avi").write_bytes(b"x")
    assert MMPD.find(tmp_path).recordings == ()
    assert MMPD.find(tmp_path / "missing").recordings == ()
