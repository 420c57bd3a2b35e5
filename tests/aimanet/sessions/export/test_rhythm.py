"""PRV and respiration in the exports of a session."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from aimanet.sessions.analysis import studied
from aimanet.sessions.export import export_session
from aimanet.sessions.reader import open_session
from tests.aimanet.rhythm.sessions import write_heart
from tests.aimanet.rhythm.waves import Heart, truth

pytest.importorskip("neurokit2")


@pytest.fixture(scope="module")
def heart():
    return Heart(sway_s=0.04)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory, heart):
    folder = tmp_path_factory.mktemp("hearts") / "minute"
    beats = write_heart(folder, heart, 80.0)
    return open_session(folder), beats


def table(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))[1:]


def test_a_session_tells_the_true_figures(recorded, heart):
    session, beats = recorded
    found = studied(session)
    rmssd, sdnn = truth(beats, 0.5, 79.5)
    assert found.prv.prv.rmssd_ms == pytest.approx(rmssd, abs=5)
    assert found.prv.prv.sdnn_ms == pytest.approx(sdnn, abs=4)
    assert found.respiration.respiration.per_min == pytest.approx(heart.breath, abs=0.5)


def test_json_and_csv_hold_figures_and_intervals(recorded, tmp_path):
    session, beats = recorded
    paths = {p.name.rpartition("_")[2]: p for p in export_session(session, ["csv"], tmp_path).files}
    (document,) = export_session(session, ["json"], tmp_path).files
    told = json.loads(document.read_text())
    assert told["prv"]["rmssd_ms"] == pytest.approx(studied(session).prv.prv.rmssd_ms, abs=0.05)
    assert told["prv_reason"] is None
    about = dict(table(paths["session.csv"]))
    assert float(about["prv_sdnn_ms"]) == told["prv"]["sdnn_ms"]
    assert float(about["respiration_per_min"]) == told["respiration"]["per_min"]
    rows = table(paths["intervals.csv"])
    ibi = np.array([float(row[1]) for row in rows if row[2] == "1"])
    assert len(ibi) == told["prv"]["intervals"] == sum(told["intervals"]["usable"])
    assert ibi.std(ddof=1) == pytest.approx(told["prv"]["sdnn_ms"], abs=0.2)
    assert ibi.mean() == pytest.approx(1e3 * np.diff(beats).mean(), rel=0.02)


def test_the_page_has_them_among_its_facts(recorded, tmp_path):
    session, _ = recorded
    (page,) = export_session(session, ["html"], tmp_path).files
    text = page.read_text(encoding="utf-8")
    assert "<dt>PRV</dt><dd>RMSSD " in text
    assert "15 breaths a minute" in text


def test_a_short_session_says_why_not(tmp_path):
    write_heart(tmp_path / "short", Heart(), 30.0)
    (document,) = export_session(open_session(tmp_path / "short"), ["json"], tmp_path).files
    told = json.loads(document.read_text())
    assert (told["prv"], told["respiration"]) == (None, None)
    assert told["prv_reason"].startswith("needs a minute of good signal")
    assert told["intervals"] == {"t": [], "ibi_ms": [], "usable": []}
