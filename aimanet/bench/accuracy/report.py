"""A whole measurement as plain values: what was done, the tables, CSV files and one JSON object."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from aimanet.bench.accuracy.calibration import Calibration, calibrations
from aimanet.bench.accuracy.figures import (
    ConditionRow,
    LifelessRow,
    condition_rows,
    conditions_of,
    lifeless_rows,
    methods_of,
)
from aimanet.bench.accuracy.results import STATES, ClipResult, Missing
from aimanet.bench.accuracy.verdict import Verdict, verdicts
from aimanet.methods import LABELS
from aimanet.outputs import CsvRows

DIGITS = 4
"""Decimals in files."""


@dataclass(frozen=True)
class Report:
    """What was measured, and how it came about.

    ``command`` makes the same again; ``created`` is a date; ``versions`` of packages; ``models``
    the fingerprint of each network's weights by method; ``seeds`` a kind; ``seconds`` a clip;
    ``code`` the fingerprint of the code that drew the clips ("" where none was drawn).
    """

    results: tuple[ClipResult, ...]
    missing: tuple[Missing, ...]
    command: str
    created: str
    versions: tuple[tuple[str, str], ...]
    seeds: tuple[int, ...]
    seconds: float
    code: str

    @cached_property
    def methods(self) -> list[str]:
        """The methods, in order."""
        return methods_of(self.results)

    @cached_property
    def models(self) -> dict[str, str]:
        """The weights' fingerprints by method."""
        return {r.method: r.model for r in self.results if r.model is not None}

    @cached_property
    def networks(self) -> list[str]:
        """The methods that a verdict is given on: those with weights, or else all."""
        return [m for m in self.methods if m in self.models] or self.methods

    @cached_property
    def conditions(self) -> list[ConditionRow]:
        """The table by condition."""
        return condition_rows(self.results)

    @cached_property
    def lifeless(self) -> list[LifelessRow]:
        """The table of false alarms."""
        return lifeless_rows(self.results)

    @cached_property
    def calibration(self) -> list[Calibration]:
        """Quality against error, by method."""
        return calibrations(self.results)

    @cached_property
    def verdicts(self) -> dict[str, list[Verdict]]:
        """Which of the project's bars hold, by network."""
        known = set(LABELS.values())
        rivals = [m for m in self.methods if m not in self.models and m in known]
        return {
            name: verdicts(self.results, name, [r for r in rivals if r != name])
            for name in self.networks
        }


def header(report: Report) -> dict[str, Any]:
    """What has to be known to make the figures again; nothing of the machine is in it."""
    clips = list({result.clip.name: result for result in report.results}.values())
    return {
        "created": report.created,
        "command": report.command,
        "versions": dict(report.versions),
        "weights": report.models,
        "seeds": list(report.seeds),
        "seconds": report.seconds,
        "code": report.code,
        "clips": len(clips),
        "lifeless_clips": sum(not result.clip.alive for result in clips),
    }


def record(report: Report) -> dict[str, Any]:
    """Everything but the readings, as values for JSON."""
    return _finite(
        {
            **header(report),
            "table": [
                {"condition": row.condition, "method": row.method, **asdict(row.figures)}
                for row in report.conditions
            ],
            "lifeless": [asdict(row) for row in report.lifeless],
            "calibration": [asdict(one) for one in report.calibration],
            "bars": {name: [asdict(v) for v in all_] for name, all_ in report.verdicts.items()},
            "clips_measured": [clip_record(result) for result in report.results],
            "missing": [{"clip": m.clip.name, "reason": m.reason} for m in report.missing],
        }
    )


def clip_record(result: ClipResult) -> dict[str, Any]:
    """One method on one clip."""
    clip = result.clip
    return {
        "clip": clip.name,
        "kind": clip.kind,
        "origin": clip.origin,
        "alive": clip.alive,
        "seed": clip.seed,
        "conditions": "; ".join(conditions_of(result)) if clip.alive else "",
        "method": result.method,
        "hr_bpm": result.hr_bpm,
        "truth_bpm": result.truth_bpm,
        "error_bpm": result.error_bpm,
        "snr_db": result.snr_db,
        "state": str(result.state),
        "seconds": result.seconds,
        "fps": result.fps,
        "face_share": result.face_share,
        "ok_s": result.ok_s,
        "judged_s": result.judged_s,
        "first_ok_s": result.first_ok_s,
    }


def clips_csv(report: Report) -> str:
    """A line a clip and method."""
    return _csv([clip_record(result) for result in report.results])


def tables_csv(report: Report) -> str:
    """A line a condition (or lifeless kind) and method."""
    rows = [
        {"table": "condition", "row": row.condition, "method": row.method, **asdict(row.figures)}
        for row in report.conditions
    ]
    rows += [
        {"table": "lifeless", "row": row.kind, "method": row.method, "clips": row.clips}
        | {"ok_of_all": row.ok_share, "worst": row.worst, "worst_s": row.worst_s}
        for row in report.lifeless
    ]
    rows += [
        {"table": "quality", "row": f"{b.low:.1f}-{b.high:.1f}", "method": one.method}
        | {"readings": b.readings, "mae": b.mae, "within": b.within, "lifeless": b.lifeless}
        for one in report.calibration
        for b in one.bins
    ]
    return _csv(rows)


def readings_csv(report: Report) -> str:
    """A line a reading: time, rate, truth, quality, state, and what the judge weighed."""
    return _csv([line for result in report.results for line in reading_records(result)])


def reading_records(result: ClipResult) -> Iterator[dict[str, Any]]:
    """The readings of one method on one clip."""
    said = result.readings
    for k in range(len(said)):
        yield {
            "clip": result.clip.name,
            "kind": result.clip.kind,
            "alive": result.clip.alive,
            "method": result.method,
            "t": said.t[k],
            "span_s": said.span_s[k],
            "hr_bpm": said.hr_bpm[k],
            "truth_bpm": said.truth_bpm[k],
            "now_bpm": said.now_bpm[k],
            "quality": said.quality[k],
            "state": str(STATES[said.state[k]]),
            "snr_db": said.snr_db[k],
        } | {f"feature.{name}": column[k] for name, column in said.features.items()}


def _csv(rows: Sequence[dict[str, Any]]) -> str:
    """Rows under one head; what a row has not is empty, as is what is no number."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO(newline="")
    table = CsvRows(out, number=_rounded)
    table.add(names)
    for row in rows:
        cells = (row.get(name) for name in names)
        table.add(int(cell) if isinstance(cell, bool) else cell for cell in cells)
    return out.getvalue()


def _rounded(value: float) -> str:
    return f"{value:.{DIGITS}f}" if math.isfinite(value) else ""


def _finite(value: Any) -> Any:
    """The same nest with rounded numbers; null for what is none."""
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, str) or not isinstance(value, Iterable):
        if isinstance(value, float):
            return round(float(value), DIGITS) if math.isfinite(value) else None
        return value
    return [_finite(inner) for inner in value]
