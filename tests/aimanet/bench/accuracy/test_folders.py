"""Clips from folders: a list beside videos, and data sets with a contact sensor."""

from __future__ import annotations

import numpy as np
import pytest

from aimanet.bench.accuracy.folders import find, truth_of_sensor
from aimanet.bench.accuracy.material import AccuracyError
from aimanet.datasets.base import DatasetError, Label
from aimanet.synthesis.export import ExportPlan, export
from tests.aimanet.datasets import folders


@pytest.fixture(scope="module")
def listed(tmp_path_factory):
    """Two clips as `synthesize` writes them."""
    folder = tmp_path_factory.mktemp("videos") / "mine"
    for _ in export(ExportPlan(folder, clips=2, seed=5, seconds=0.5, size=(128, 96))):
        pass
    return folder


def test_what_synthesize_writes(listed):
    first, second = find([str(listed)])
    assert (first.info.name, first.info.kind, first.info.alive) == ("mine/clip_0000", "mine", True)
    reel = second.open()
    frames = list(reel.frames)
    assert len(frames) == 15
    assert (frames[0].t, frames[0].image.shape) == (0.0, (96, 128, 3))
    hr = float((listed / "clips.csv").read_text().splitlines()[2].split(",")[2])
    assert reel.truth.mean(0.0, 0.5) == pytest.approx(hr, rel=0.1)


def test_every_clip_has_a_name_of_its_own(listed, tmp_path):
    for folder in (tmp_path / "desk", tmp_path / "more" / "desk"):
        folder.mkdir(parents=True)
        (folder / "a.mp4").write_bytes((listed / "clip_0000.mp4").read_bytes())
        (folder / "clips.csv").write_text("video,hr_bpm\na.mp4,60\na.mp4,\n")
    other = str(tmp_path / "more" / "desk")
    names = [each.info.name for each in find([str(tmp_path / "desk"), other])]
    assert names == ["desk/a", "desk/a~3", f"desk ({other})/a", f"desk ({other})/a~3"]


def test_a_list_may_know_less(listed, tmp_path):
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / name).write_bytes((listed / "clip_0000.mp4").read_bytes())
    rows = "video,truth,hr_bpm,conditions\na.mp4,,61.5,dim; talking\nb.mp4,,,\n"
    (tmp_path / "clips.csv").write_text(rows)
    one, other = find([str(tmp_path)])
    assert one.open().truth.mean(0.0, 99.0) == 61.5
    assert one.info.conditions == ("dim", "talking")
    assert (other.info.alive, other.open().truth) == (False, None), "nothing lives there"


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("", "no videos"),
        ("film,truth\nx,y\n", "columns video and truth"),
        ("video,truth,hr_bpm\nno.mp4,,60\n", "line 2: there is no file"),
        ("video,truth,hr_bpm\na.mp4,no.csv,60\n", "no.csv"),
        ("video,truth,hr_bpm\na.mp4,,fast\n", "'fast' is no number"),
        ("video,truth,hr_bpm\na.mp4,,7\n", "out of 20 to 300"),
    ],
)
def test_a_list_that_makes_no_sense(listed, tmp_path, rows, says):
    (tmp_path / "a.mp4").write_bytes((listed / "clip_0000.mp4").read_bytes())
    (tmp_path / "clips.csv").write_text(rows)
    with pytest.raises(AccuracyError, match=says):
        find([str(tmp_path)])


def test_a_truth_that_makes_no_sense(listed, tmp_path):
    (tmp_path / "a.mp4").write_bytes((listed / "clip_0000.mp4").read_bytes())
    (tmp_path / "clips.csv").write_text("video,truth\na.mp4,a.csv\n")
    for text, says in (("t,bvp\n0,1\n", "t and hr_bpm"), ("t,hr_bpm\n1,60\n0,60\n", "increase")):
        (tmp_path / "a.csv").write_text(text)
        with pytest.raises(AccuracyError, match=says):
            find([str(tmp_path)])[0].open()


def test_a_data_set_with_a_sensor(tmp_path):
    folders.ubfc_rppg(tmp_path / "UBFC", seconds=12.0)
    found = find([f"ubfc-rppg={tmp_path / 'UBFC'}"])
    assert {each.info.kind for each in found} == {"ubfc-rppg"}
    reel = found[0].open()
    assert next(reel.frames).t == 0.0
    assert np.isfinite(reel.truth.mean(0.0, 10.0))


def test_a_folder_that_is_none(tmp_path):
    with pytest.raises(DatasetError, match="no such folder"):
        find([str(tmp_path / "nowhere")])


def test_the_rate_of_a_contact_sensor():
    """A rate that rises from 60 to 80 BPM in a minute, with a second wave in each beat."""
    t = np.arange(0.0, 60.0, 1 / 128)
    phase = np.cumsum(60.0 + 20.0 * t / 60.0) / 60.0 / 128
    wave = np.sin(2 * np.pi * phase) + 0.5 * np.sin(4 * np.pi * phase + 1.0)
    truth = truth_of_sensor(Label(t, wave))
    assert truth.half_s == 5.0
    for start in (0.0, 20.0, 48.0):
        true = 60.0 + 20.0 * (start + 5.0) / 60.0
        assert truth.mean(start, start + 10.0) == pytest.approx(true, abs=0.7)
    assert truth.mean(0.0, 60.0) == pytest.approx(70.0, abs=0.5)


def test_a_sensor_with_a_hole_says_nothing_there():
    t = np.arange(0.0, 40.0, 1 / 64)
    keep = (t < 15.0) | (t > 20.0)
    wave = np.sin(2 * np.pi * 1.2 * t)
    truth = truth_of_sensor(Label(t[keep], wave[keep]))
    assert truth.mean(2.0, 12.0) == pytest.approx(72.0, abs=0.2)
    middle = truth.t[np.isnan(truth.hr_bpm)]
    assert (middle.min(), middle.max()) == (
        pytest.approx(10.5, abs=0.6),
        pytest.approx(24.5, abs=0.6),
    )


def test_an_electrocardiogram_has_its_own_rate():
    t = np.arange(0.0, 20.0)
    ecg = Label(t, np.zeros(20), hr_bpm=np.where(t < 2, 0.0, 66.0), kind="ecg")
    assert truth_of_sensor(ecg).mean(0.0, 20.0) == 66.0
    with pytest.raises(AccuracyError, match="no rate"):
        truth_of_sensor(Label(np.arange(5.0), np.zeros(5)))
