"""Results as tables in the terminal."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from rich import box
from rich.table import Table
from rich.text import Text

from aimanet.evaluation.report import DIGITS, HEADS
from aimanet.evaluation.results import Evaluation, Row
from aimanet.evaluation.summary import METRICS, Figure

SHOWN_SKIPPED = 10
"""Reasons printed before the rest is only counted."""


def summary_table(evaluation: Evaluation) -> Table:
    """A line a row: every figure with its standard error."""
    trust = any(row.ok_share is not None for row in evaluation.rows)
    table = Table(box=box.SIMPLE_HEAD, title=_title(evaluation), title_justify="left")
    for name in ("method", "data", "videos"):
        table.add_column(name, justify="right" if name == "videos" else "left")
    for name, unit in HEADS.values():
        table.add_column(f"{name} {unit}".strip() if unit != "r" else name, justify="right")
    if trust:
        table.add_column("ok", justify="right")
    for row in evaluation.rows:
        table.add_row(*_summary_cells(row, trust=trust))
    return table


def _title(evaluation: Evaluation) -> Text:
    whole = evaluation.window_s is None
    what = "whole videos" if whole else f"windows of {evaluation.window_s:g} s"
    profile = evaluation.profile
    return Text(f"{profile.name} ({profile.low_hz:g}-{profile.high_hz:g} Hz), {what}, +- SE")


def _summary_cells(row: Row, *, trust: bool) -> list[Text]:
    summary = row.summary
    cells = [_plain(row.method), _plain(row.dataset), Text(str(len(row.videos)))]
    cells += [_figure(getattr(summary, name), DIGITS.get(name, 2)) for name in METRICS]
    if trust:
        cells.append(Text("-" if row.ok_share is None else f"{row.ok_share:.0%}"))
    return cells


def video_table(row: Row) -> Table:
    """A line a video: the mean of its windows, where there are any."""
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("video")
    for name in ("sensor BPM", "camera BPM", "error BPM", "SNR dB", "MACC"):
        table.add_column(name, justify="right")
    for video in row.videos:
        mean = video.mean()
        table.add_row(
            _plain(video.video),
            _number(mean.hr_label_bpm, 2),
            _number(mean.hr_pred_bpm, 2),
            _number(mean.error_bpm, 2),
            _number(mean.snr_db, 2),
            _number(mean.macc, 3),
        )
    return table


def notes(evaluation: Evaluation) -> Iterator[str]:
    """What is in no figure, and why; once for all methods."""
    reasons: dict[str, None] = {}
    for row in evaluation.rows:
        for one in row.skipped:
            reasons[f"left out: {row.dataset}/{one.video}: {one.reason}"] = None
        for video in row.undefined:
            reasons[f"no heart rate: {row.dataset}/{video}: a wave in it does not change"] = None
    yield from (_plain(line).plain for line in list(reasons)[:SHOWN_SKIPPED])
    if len(reasons) > SHOWN_SKIPPED:
        yield f"... and {len(reasons) - SHOWN_SKIPPED} more; --json or --out lists them all"


def _figure(figure: Figure, digits: int) -> Text:
    value = _number(figure.value, digits)
    if value.plain == "-":
        return value
    return value.append(f" ±{_number(figure.se, digits).plain}", style="dim")


def _number(value: float, digits: int) -> Text:
    return Text(f"{value:.{digits}f}" if np.isfinite(value) else "-")


def _plain(text: str) -> Text:
    """Names from files, without control characters."""
    return Text("".join(char if char.isprintable() else "?" for char in text))
