"""Methods over data sets through the real cache; what fails is listed and the rest goes on."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from aimanet.checkpoint import default_weights
from aimanet.errors import CheckpointError, MethodError
from aimanet.evaluation.profiles import PROFILES, EvaluationError
from aimanet.evaluation.runner import Settings, evaluate_one, make_entrants, run
from aimanet.evaluation.selection import select
from tests.aimanet.datasets.folders import ubfc_rppg

from .recordings import recording

TOOLBOX = PROFILES["toolbox-2025"]


def test_weights_make_a_row_each(tmp_path):
    first = shutil.copy(default_weights(), tmp_path / "mine.safetensors")
    (tmp_path / "x").mkdir()
    second = shutil.copy(default_weights(), tmp_path / "x" / "mine.safetensors")
    got = make_entrants(["pos", "tscan", "pos"], [str(first), "default"], "cpu")
    assert [e.label for e in got] == ["POS", "TS-CAN mine", "TS-CAN"]
    assert got[0].method.model is None
    assert got[1].method.model == got[2].method.model
    same = [e.label for e in make_entrants(["tscan"], [str(first), str(second)], "cpu")]
    assert same[0].startswith("TS-CAN mine, tscan (")
    assert make_entrants(["tscan"], (), "cpu")[0].label == "TS-CAN"


def test_bad_methods_and_weights(tmp_path):
    with pytest.raises(EvaluationError, match="no methods: name some of tscan"):
        make_entrants([])
    with pytest.raises(EvaluationError, match="add it to --methods"):
        make_entrants(["pos"], ["default"])
    with pytest.raises(MethodError, match="unknown method"):
        make_entrants(["magic"])
    with pytest.raises(CheckpointError, match="no weights at"):
        make_entrants(["tscan"], [str(tmp_path / "none.safetensors")], "cpu")


def test_an_unlabelled_recording_is_said_to_be_one(tmp_path):
    (pos,) = make_entrants(["pos"])
    cached = recording(seconds=2.0, labelled=False)
    with pytest.raises(EvaluationError, match="unlabelled"):
        evaluate_one(cached, pos.method, Settings(TOOLBOX, tmp_path))


def test_a_data_set_becomes_rows_and_a_broken_video_is_listed(tmp_path, face_model):
    root = ubfc_rppg(tmp_path / "data", subjects=(1, 3), simple=(5,), seconds=3.0)
    broken = root / "DATASET_2" / "subject3" / "vid.avi"
    broken.write_bytes(broken.read_bytes()[:2000])
    selections = select([f"ubfc-rppg={root}"])
    heard = []
    pos, green = run(
        selections,
        make_entrants(["pos", "green"]),
        Settings(TOOLBOX, tmp_path / "cache", jobs=1),
        lambda *news: heard.append(news),
    )
    assert (pos.row.method, green.row.method) == ("POS", "GREEN")
    for outcome in (pos, green):
        assert outcome.row.dataset == "ubfc-rppg"
        assert [v.video for v in outcome.row.videos] == [p.video for p in outcome.predictions]
        assert len(outcome.row.videos) == 2
        (skipped,) = outcome.row.skipped
        assert "subject3" in skipped.video
        assert "\n" not in skipped.reason
        assert skipped.reason
        assert outcome.row.summary.mae.value < 20.0
        assert outcome.row.summary.macc.value > 0.7
        assert all(np.isfinite(p.pred).all() for p in outcome.predictions)
    assert ("ubfc-rppg: face crops", 3, 3) in heard
    assert ("ubfc-rppg: GREEN", 3, 3) in heard
