"""JSON: the whole session but its pictures in one document."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from aimanet import __version__
from aimanet.rhythm.prv import Intervals
from aimanet.rhythm.study import record
from aimanet.sessions.analyses import KeptAnalysis, load_analyses
from aimanet.sessions.analysis import compare, studied
from aimanet.sessions.export.job import Tick
from aimanet.sessions.reader import RecordedReading, Session
from aimanet.sessions.reference import reference_info
from aimanet.sessions.reference_compare import ReferenceComparison, compare_reference
from aimanet.words import CLAIM

FORMAT = "aimanet-session-export-1"


def write(session: Session, stage: Path, stem: str, tick: Tick) -> list[Path]:
    """``STEM.json``: strict JSON, null where there is nothing."""
    path = stage / f"{stem}.json"
    encoder = json.JSONEncoder(allow_nan=False, ensure_ascii=False, indent=1)
    with path.open("w", encoding="utf-8", errors="replace") as file:
        for k, part in enumerate(encoder.iterencode(_document(session))):
            file.write(part)
            if k % 20000 == 0:
                tick(0.5)
        file.write("\n")
    return [path]


def _document(session: Session) -> dict[str, Any]:
    info = session.info.model_dump(mode="json")
    found = studied(session)
    return {
        "format": FORMAT,
        "aimanet": __version__,
        "note": CLAIM,
        "session": _plain(info),
        "duration_s": session.duration_s,
        "problems": list(session.problems),
        "frames": _columns(
            index=session.frames.index.tolist(),
            t=session.frames.t.tolist(),
            box=[None if b[0] != b[0] else b for b in session.frames.box.tolist()],
        ),
        "readings": _readings(session.readings),
        "pulse": _columns(t=session.bvp_t.tolist(), bvp=session.bvp.tolist()),
        **record(found),
        "intervals": _intervals(found.prv.intervals),
        "markers": [{"t": m.t, "name": m.name} for m in session.markers],
        "reference": _reference(session),
        "comparison": _comparison(compare_reference(session)),
        "analyses": [_analysis(session, one) for one in load_analyses(session.folder)[0]],
        "footage": [
            {"file": one.name, "expected": one.expected, "readable": one.readable}
            for one in session.footage
        ],
    }


def _readings(readings: Iterable[RecordedReading]) -> list[dict[str, Any]]:
    return [
        {
            "t": r.t,
            "hr_bpm": r.hr_bpm,
            "snr_db": r.snr_db,
            "state": str(r.state),
            "quality": r.quality,
            "reason": r.reason,
        }
        for r in readings
    ]


def _analysis(session: Session, one: KeptAnalysis) -> dict[str, Any]:
    """What another method read, and how far it is from the readings of the recording."""
    return {
        **_plain(one.origin.model_dump(mode="json", exclude={"format"})),
        "hr_bpm": one.tally.hr_bpm,
        "ok_share": one.tally.ok_share,
        "compared": asdict(compare(session.readings, one.readings)),
        "readings": _readings(one.readings),
    }


def _intervals(found: Intervals) -> dict[str, list[Any]]:
    """Between beats of good signal; ``t`` is the later beat's."""
    return {
        "t": [round(t, 4) for t in found.t.tolist()],
        "ibi_ms": [round(ibi, 1) for ibi in found.ibi_ms.tolist()],
        "usable": found.usable.tolist(),
    }


def _columns(**columns: Iterable[Any]) -> dict[str, list[Any]]:
    return {name: list(_told(values)) for name, values in columns.items()}


def _told(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        yield None if isinstance(value, float) and not math.isfinite(value) else value


def _plain(value: Any) -> Any:
    """Values of a hand-edited head that JSON has no word for become null."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _reference(session: Session) -> dict[str, Any] | None:
    reference, info = session.reference, reference_info(session.folder)
    if reference is None:
        return None
    rate = reference.hr_bpm
    return {
        "file": info.file if info else None,
        "columns": info.columns if info else None,
        "offset_s": info.offset_s if info else None,
        "correlation": info.correlation if info else None,
        **_columns(
            t=reference.t.tolist(),
            ppg=reference.ppg.tolist(),
            hr_bpm=[] if rate is None else rate.tolist(),
        ),
    }


def _comparison(found: ReferenceComparison | None) -> dict[str, Any] | None:
    if found is None:
        return None
    limits = found.agreement
    figures = {
        "mae_bpm": found.mae_bpm,
        "rmse_bpm": found.rmse_bpm,
        "pearson": found.pearson,
        "bias_bpm": limits.bias_bpm,
        "low_bpm": limits.low_bpm,
        "high_bpm": limits.high_bpm,
    }
    return {
        "readings": len(found.t),
        "ok": int(np.count_nonzero(found.ok)),
        "window_s": found.window_s,
        **{key: value if math.isfinite(value) else None for key, value in figures.items()},
        "t": found.t.tolist(),
        "camera_bpm": found.camera_bpm.tolist(),
        "sensor_bpm": found.sensor_bpm.tolist(),
    }
