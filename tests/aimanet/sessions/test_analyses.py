"""Analyses kept with a session."""

from __future__ import annotations

import csv
import json
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from aimanet.sessions.analyses import (
    KeptAnalysis,
    Origin,
    delete_analysis,
    load_analyses,
    save_analysis,
)
from aimanet.sessions.export import export_session
from aimanet.sessions.info import ModelRecord, SessionInfo
from aimanet.sessions.layout import SessionError
from aimanet.sessions.library import delete, entry
from aimanet.sessions.reader import RecordedReading, open_session
from aimanet.sessions.writer import SessionWriter
from aimanet.types import State
from tests.aimanet.sessions.recordings import write_session

T = np.arange(60) / 30


def analysis(key: str = "pos", name: str = "POS", hr: float = 61.123456789) -> KeptAnalysis:
    origin = Origin(
        name=name,
        method="pos",
        model=ModelRecord(name="m", hash="0123456789ab"),
        window_s=10.0,
        made=datetime(2026, 3, 5, 12, tzinfo=UTC),
    )
    readings = (
        RecordedReading(0.5, None, None, State.WARMING_UP, 0.0),
        RecordedReading(1.0, hr, 5.25, State.OK, 0.75),
    )
    return KeptAnalysis(key, origin, readings, T, np.sin(T))


@pytest.fixture
def session(tmp_path: Path) -> Path:
    write_session(tmp_path / "s")
    return tmp_path / "s"


def test_what_is_kept_reads_back(session: Path) -> None:
    save_analysis(session, analysis())
    save_analysis(session, analysis("tscan-mine", "TS-CAN · mine", 62.0))
    found, problems = load_analyses(session)
    assert problems == []
    assert [one.key for one in found] == ["pos", "tscan-mine"]
    assert found[0].origin == analysis().origin
    assert found[0].readings == analysis().readings
    assert np.allclose(found[0].bvp, np.sin(T), rtol=1e-8)
    assert found[0].tally.hr_bpm == 61.123456789
    place = session / "analyses" / "pos"
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in place.iterdir()} == {0o600}


def test_the_same_key_replaces_and_nothing_else_stays(session: Path) -> None:
    save_analysis(session, analysis(hr=61.0))
    save_analysis(session, analysis(hr=99.0))
    (found,) = load_analyses(session)[0]
    assert found.tally.hr_bpm == 99.0
    assert os.listdir(session / "analyses") == ["pos"]


def test_deleting_one_and_all(session: Path) -> None:
    before = entry(session).size_bytes
    save_analysis(session, analysis())
    save_analysis(session, analysis("green", "GREEN"))
    assert entry(session).size_bytes > before
    delete_analysis(session, "pos")
    delete_analysis(session, "pos")
    assert [one.key for one in load_analyses(session)[0]] == ["green"]
    assert delete(session) == ()
    assert not session.exists()


def test_a_session_that_is_being_recorded_keeps_none(tmp_path: Path) -> None:
    with SessionWriter(tmp_path / "s", SessionInfo()):
        with pytest.raises(SessionError, match="is being recorded"):
            save_analysis(tmp_path / "s", analysis())
        assert not (tmp_path / "s" / "analyses").exists()


def test_links_lead_nowhere(session: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    save_analysis(session, analysis())
    os.replace(session / "analyses" / "pos", elsewhere / "pos")
    (session / "analyses" / "pos").symlink_to(elsewhere / "pos")
    assert load_analyses(session) == ([], [])
    delete_analysis(session, "pos")
    assert (elsewhere / "pos" / "readings.csv").exists()
    (session / "analyses" / "pos").unlink()
    (session / "analyses").rmdir()
    (session / "analyses").symlink_to(elsewhere)
    assert load_analyses(session) == ([], [])
    with pytest.raises(SessionError, match="is a link"):
        save_analysis(session, analysis())
    delete(session)
    assert (elsewhere / "pos" / "readings.csv").exists()


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[" * 100_000, '{"name": "x", "method": "pos", "made": "never"}', "\x00\xff"],
)
def test_a_damaged_origin_costs_no_other(session: Path, text: str) -> None:
    save_analysis(session, analysis())
    save_analysis(session, analysis("green", "GREEN"))
    (session / "analyses" / "green" / "analysis.json").write_text(text)
    found, problems = load_analyses(session)
    assert [one.key for one in found] == ["pos"]
    assert problems == ["analyses/green is damaged: left out"]


def test_a_damaged_table_is_named(session: Path) -> None:
    save_analysis(session, analysis())
    (session / "analyses" / "pos" / "bvp.csv").unlink()
    (found,), problems = load_analyses(session)
    assert len(found.readings) == 2
    assert problems == ["analyses/pos/bvp.csv is missing"]


def test_exports_include_them(session: Path, tmp_path: Path) -> None:
    save_analysis(session, analysis())
    opened = open_session(session)
    files = export_session(opened, ["csv", "json", "html"], tmp_path / "out", name="s").files
    by_name = {path.name: path for path in files}
    with by_name["s_analyses.csv"].open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["hr_bpm"] for row in rows] == ["", "61.123456789"]
    assert {(row["analysis"], row["method"], row["model"]) for row in rows} == {("POS", "pos", "m")}
    (told,) = json.loads(by_name["s.json"].read_text(encoding="utf-8"))["analyses"]
    assert told["model"] == {"name": "m", "hash": "0123456789ab"}
    assert told["readings"][1]["hr_bpm"] == 61.123456789
    assert told["compared"]["after"] + told["compared"]["pairs"] == 2
    assert "Re-analysed with other methods" in by_name["s.html"].read_text(encoding="utf-8")
