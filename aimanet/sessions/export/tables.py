"""CSV: one table a kind, one row an observation, the same ``t`` everywhere.

Text that a spreadsheet would take for a formula (a name, a note, a marker that begins with = + -
or @) has an apostrophe before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np

from aimanet.outputs import CsvRows, digits
from aimanet.rhythm.study import Study, record
from aimanet.sessions.analyses import KeptAnalysis, load_analyses
from aimanet.sessions.analysis import studied
from aimanet.sessions.export.job import Tick
from aimanet.sessions.reader import Session
from aimanet.sessions.reference_compare import compare_reference

KINDS = (
    *("session", "frames", "readings", "pulse", "markers", "intervals", "reference"),
    "analyses",
)
"""The tables that a session can give; those with nothing to say are left out."""

EVERY = 5000
"""Rows between two questions whether to go on."""


def write(session: Session, stage: Path, stem: str, tick: Tick) -> list[Path]:
    """``STEM_KIND.csv``: session, frames, readings, pulse, intervals, markers, reference."""
    found = studied(session)
    tables: dict[str, tuple[tuple[str, ...], Iterable[tuple[object, ...]]]] = {
        "session": (("key", "value"), _about(session, found)),
        "frames": (("index", "t", "face_x", "face_y", "face_w", "face_h"), _frames(session)),
        "readings": (
            (
                *("t", "time", "hr_bpm", "snr_db", "state", "quality"),
                *("sensor_bpm", "error_bpm", "reason"),
            ),
            _readings(session),
        ),
        "pulse": (("t", "bvp"), zip(session.bvp_t.tolist(), session.bvp.tolist(), strict=True)),
        "markers": (("t", "name"), ((m.t, m.name) for m in session.markers)),
    }
    if len(found.prv.intervals.t):
        tables["intervals"] = (("t", "ibi_ms", "usable"), _intervals(found))
    if session.reference is not None:
        tables["reference"] = (("t", "ppg", "hr_bpm"), _reference(session))
    if analyses := load_analyses(session.folder)[0]:
        head = ("analysis", "method", "model", "t", "hr_bpm", "snr_db", "state", "quality")
        tables["analyses"] = (head, _analyses(analyses))
    paths = []
    for k, (kind, (header, rows)) in enumerate(tables.items()):
        path = stage / f"{stem}_{kind}.csv"
        with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
            out = CsvRows(file, "\r\n", digits)
            out.add(header)
            for number, row in enumerate(rows):
                out.add(row)
                if number % EVERY == 0:
                    tick(k / len(tables))
        paths.append(path)
    return paths


def _about(session: Session, found: Study) -> Iterator[tuple[object, ...]]:
    info = session.info
    yield from (
        ("name", info.name or session.folder.name),
        ("started", info.started.isoformat() if info.started else None),
        ("duration_s", session.duration_s),
        ("participant", info.participant),
        ("notes", info.notes),
        ("source", info.source.label or info.source.spec),
        ("method", info.method),
        ("model", info.model.name if info.model else None),
        ("window_s", info.window_s),
        ("hr_bpm", session.tally.hr_bpm),
        ("ok_share", session.tally.ok_share),
        ("origin_s", info.origin_s),
    )
    told = record(found)
    for kind in ("prv", "respiration"):
        for name, value in (told[kind] or {}).items():
            yield f"{kind}_{name}", value
        yield f"{kind}_reason", told[f"{kind}_reason"]
    for problem in session.problems:
        yield "problem", problem


def _intervals(found: Study) -> Iterator[tuple[object, ...]]:
    """Between beats of good signal; ``t`` is the later beat's."""
    beats = found.prv.intervals
    for t, ibi, usable in zip(
        beats.t.tolist(), beats.ibi_ms.tolist(), beats.usable.tolist(), strict=True
    ):
        yield round(t, 4), round(ibi, 1), int(usable)


def _frames(session: Session) -> Iterator[tuple[object, ...]]:
    table = session.frames
    for index, t, box in zip(
        table.index.tolist(), table.t.tolist(), table.box.tolist(), strict=True
    ):
        yield index, t, *box


def _readings(session: Session) -> Iterator[tuple[object, ...]]:
    found = compare_reference(session)
    sensor = (
        {} if found is None else dict(zip(found.t.tolist(), found.sensor_bpm.tolist(), strict=True))
    )
    started = session.info.started
    for r in session.readings:
        time = None if started is None else (started + timedelta(seconds=r.t)).isoformat()
        beside = sensor.get(r.t)
        error = None if beside is None or r.hr_bpm is None else r.hr_bpm - beside
        yield r.t, time, r.hr_bpm, r.snr_db, str(r.state), r.quality, beside, error, r.reason


def _analyses(analyses: list[KeptAnalysis]) -> Iterator[tuple[object, ...]]:
    for one in analyses:
        model = one.origin.model.name if one.origin.model else None
        for r in one.readings:
            about = one.origin.name, one.origin.method, model
            yield (*about, r.t, r.hr_bpm, r.snr_db, str(r.state), r.quality)


def _reference(session: Session) -> Iterator[tuple[object, ...]]:
    reference = session.reference
    if reference is None:
        return
    rate = reference.hr_bpm
    rates = np.full(len(reference.t), np.nan) if rate is None else rate
    yield from zip(reference.t.tolist(), reference.ppg.tolist(), rates.tolist(), strict=True)
