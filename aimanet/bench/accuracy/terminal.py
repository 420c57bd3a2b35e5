"""The measurement as tables in a terminal."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from rich import box
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from aimanet.bench.accuracy.calibration import Calibration
from aimanet.bench.accuracy.figures import ALL, Figures, pairs
from aimanet.bench.accuracy.report import Report

SHOWN_MISSING = 10
"""Reasons printed before the rest is only counted."""

COLUMNS = (
    "clips", "MAE", "RMSE", "r", "live MAE", "ok", "ok<5", "now<5", "ok MAE", "first ok", "jumps"
)  # fmt: skip

LEGEND = (
    "MAE, RMSE (BPM) and r (Pearson): the rate of each clip; (n) clips without any. "
    "Live, three readings a second: MAE of all; ok, share of the seconds after the warm-up; ok<5, "
    "share of the ok readings within 5 BPM of the mean true rate of their window; now<5, of the "
    "true rate of that moment; MAE of the ok readings (window); median time to the first ok; leaps "
    "of over 8 BPM within a second while ok."
)


def head_lines(report: Report) -> Iterator[str]:
    """Where the figures come from."""
    versions = ", ".join(f"{name} {number}" for name, number in report.versions)
    yield f"{report.created}  {versions}"
    yield report.command
    for method, model in report.models.items():
        yield f"{method}: {model}"
    if report.code:
        seeds = f"{report.seeds[0]}-{report.seeds[-1]}" if report.seeds else "none"
        yield f"held-out clips of {report.seconds:g} s, seeds {seeds}, drawn by code {report.code}"


def condition_table(report: Report) -> Table:
    """Every condition, a line a method; the smallest clip error of each condition stands out."""
    table = _table("condition", "method", *COLUMNS)
    for name, row in pairs(report.conditions):
        best = min((f.mae for f in row.values() if np.isfinite(f.mae)), default=np.nan)
        for k, (method, one) in enumerate(row.items()):
            table.add_row(
                f"[bold]{_plain(name)}[/]" if k == 0 else "",
                _plain(method),
                *_cells(one, best),
                end_section=k == len(row) - 1,
            )
    return table


def _cells(one: Figures, best: float) -> list[Text]:
    clips = f"{one.clips}" + (f" ({one.unread})" if one.unread else "")
    return [
        Text(clips),
        Text(_number(one.mae), style="bold" if one.mae <= best + 0.005 else ""),
        Text(_number(one.rmse)),
        Text(_number(one.pearson, 3)),
        Text(_number(one.live_mae)),
        Text(_percent(one.ok_share)),
        Text(_percent(one.ok_within, 1)),
        Text(_percent(one.now_within, 1)),
        Text(_number(one.ok_mae)),
        Text(_seconds(one.first_ok_s)),
        Text(f"{one.jumps}"),
    ]


def lifeless_table(report: Report) -> Table:
    """Share of all seconds shown as ok where nothing lives; one column a method."""
    kinds = list(dict.fromkeys(row.kind for row in report.lifeless))
    table = _table("nothing alive: false ok", "clips", *(_plain(m) for m in report.methods))
    for kind in kinds:
        rows = {row.method: row for row in report.lifeless if row.kind == kind}
        clips = next(iter(rows.values())).clips
        shares = [_percent(rows[m].ok_share, 1) if m in rows else "-" for m in report.methods]
        table.add_row(
            f"[bold]{_plain(kind)}[/]" if kind == ALL else _plain(kind), f"{clips}", *shares
        )
    return table


def calibration_table(calibration: Calibration) -> Table:
    """Quality in ten steps."""
    title = f"{_plain(calibration.method)}: quality"
    table = _table(title, "readings", "MAE", "within 5 BPM", "lifeless")
    for one in calibration.bins:
        table.add_row(
            f"{one.low:.1f}-{one.high:.1f}",
            f"{one.readings}",
            _number(one.mae),
            _percent(one.within, 1),
            f"{one.lifeless}",
        )
    return table


def calibration_line(calibration: Calibration) -> str:
    """Whether error falls as quality rises, in a sentence."""
    rank = calibration.spearman
    if not np.isfinite(rank):
        return f"{calibration.method}: too few readings to say what quality means"
    verb = "falls" if rank < -0.1 else "rises" if rank > 0.1 else "does not change"
    up = calibration.steps_up
    steps = "at every step" if verb == "falls" and not up else f"with {up} steps up on the way"
    return (
        f"{calibration.method}: error {verb} as quality rises, {steps} "
        f"(Spearman {rank:+.2f} over {calibration.readings} readings)"
    )


def verdict_table(report: Report) -> Table:
    """The bars, and which of them hold."""
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("method", "bar", "wanted", "found", ""):
        table.add_column(name, overflow="fold")
    for method, found in report.verdicts.items():
        for k, one in enumerate(found):
            holds = Text("holds", style="green") if one.holds else Text("FALLS SHORT", style="red")
            table.add_row(
                _plain(method) if k == 0 else "",
                _plain(one.name),
                one.bar,
                _plain(one.found),
                holds,
            )
    return table


def notes(report: Report) -> Iterator[str]:
    """What is in no figure, and why."""
    for one in report.missing[:SHOWN_MISSING]:
        yield _printable(f"left out: {one.clip.name}: {one.reason}")
    if len(report.missing) > SHOWN_MISSING:
        yield f"... and {len(report.missing) - SHOWN_MISSING} more; --json or --out lists them all"


def _table(first: str, *others: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="left" if name == "method" else "right")
    return table


def _number(value: float, digits: int = 2) -> str:
    return f"{value:.{digits}f}" if np.isfinite(value) else "-"


def _percent(value: float, digits: int = 0) -> str:
    return f"{100 * value:.{digits}f} %" if np.isfinite(value) else "-"


def _seconds(value: float) -> str:
    return "never" if np.isinf(value) else f"{value:.1f} s" if np.isfinite(value) else "-"


def _plain(text: str) -> str:
    """Names from files for a table: without control characters, and no markup."""
    return escape(_printable(text))


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text)
