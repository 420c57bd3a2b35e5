"""Which recordings are evaluated, and why the others are not."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from aimanet.datasets.base import DatasetError
from aimanet.evaluation.profiles import EvaluationError
from aimanet.evaluation.selection import select
from tests.aimanet.datasets.folders import ubfc_phys, ubfc_rppg


@pytest.fixture(scope="module")
def rppg(tmp_path_factory):
    root = tmp_path_factory.mktemp("rppg")
    return ubfc_rppg(root, subjects=(1, 3), simple=(5,), seconds=0.2)


@pytest.fixture(scope="module")
def phys(tmp_path_factory):
    return ubfc_phys(tmp_path_factory.mktemp("phys"), subjects=(3, 10), tasks=("T1",), seconds=0.2)


def names(selection):
    return [r.name for r in selection.recordings]


def test_all_of_several_data_sets_each_under_its_name(rppg, phys):
    one, other = select([str(rppg), f"ubfc-phys={phys}"], include_excluded=True)
    assert (one.dataset, other.dataset) == ("ubfc-rppg", "ubfc-phys")
    assert len(one.recordings) == 3
    assert names(other) == ["s3_T1", "s10_T1"]


def test_what_its_authors_leave_out_is_left_out_unless_asked_for(phys):
    (selection,) = select([f"ubfc-phys={phys}"])
    assert names(selection) == ["s10_T1"]
    (skipped,) = selection.skipped
    assert skipped.video == "s3_T1"
    assert skipped.reason.startswith("excluded: ")
    (selection,) = select([f"ubfc-phys={phys}"], include_excluded=True)
    assert names(selection) == ["s3_T1", "s10_T1"]


def test_subjects_are_chosen_by_name(rppg):
    everyone = select([str(rppg)])[0].recordings
    (selection,) = select([str(rppg)], subjects=[everyone[1].subject])
    assert selection.recordings == (everyone[1],)
    with pytest.raises(EvaluationError, match=r"no subject 'nobody' in the data: there are"):
        select([str(rppg)], subjects=["nobody"])
    near = everyone[1].subject + "x"
    with pytest.raises(EvaluationError, match=f"did you mean {everyone[1].subject}"):
        select([str(rppg)], subjects=[near])


def test_a_recording_without_a_sensor_is_listed_as_unlabelled(rppg, tmp_path):
    root = shutil.copytree(rppg, tmp_path / "copy")
    (root / "DATASET_2" / "subject3" / "ground_truth.txt").unlink()
    (selection,) = select([f"ubfc-rppg={root}"])
    assert len(selection.recordings) == 2
    assert any("subject3" in s.video and "unlabelled" in s.reason for s in selection.skipped)


def test_one_data_set_in_two_folders_keeps_two_names(rppg, tmp_path):
    root = shutil.copytree(rppg, tmp_path / "copy")
    one, other = select([f"ubfc-rppg={rppg}", f"ubfc-rppg={root}"])
    assert (one.dataset, other.dataset) == (f"ubfc-rppg ({rppg.name})", "ubfc-rppg (copy)")


def test_folders_with_nothing_to_evaluate(rppg, tmp_path):
    with pytest.raises(DatasetError, match="no such folder"):
        select([str(tmp_path / "none")])
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(EvaluationError, match="no recordings"):
        select([f"pure={empty}"])
    np.save(empty / "input_numpy.npy", np.zeros((10, 6, 36, 36), np.float32))
    np.save(empty / "output_numpy.npy", np.zeros(10, np.float32))
    with pytest.raises(EvaluationError, match="have no frames"):
        select([str(empty)])
