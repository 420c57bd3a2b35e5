"""Results as JSON values and CSV text: full precision, null or empty where undefined."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterable, Sequence
from typing import Any

from aimanet.evaluation.metrics import Score
from aimanet.evaluation.results import Evaluation, Row, VideoResult
from aimanet.evaluation.summary import METRICS, Agreement, Figure, Summary
from aimanet.outputs import CsvRows

SCORE_COLUMNS = ("hr_label", "hr_pred", "snr", "macc")


def finite(value: float | None) -> float | None:
    """The value with all its digits; None for NaN and the infinities."""
    return None if value is None or not math.isfinite(value) else float(value)


def to_json(record: dict[str, Any]) -> str:
    """One line of strict JSON (a NaN would be a bug and raises ValueError)."""
    return json.dumps(record, allow_nan=False, ensure_ascii=True)


def summary_record(summary: Summary) -> dict[str, Any]:
    """``mae, mae_se, ... macc, macc_se`` and ``videos``, how many scores are behind them."""
    record: dict[str, Any] = {}
    for name in METRICS:
        figure: Figure = getattr(summary, name)
        record[name], record[f"{name}_se"] = finite(figure.value), finite(figure.se)
    return record


def score_record(score: Score) -> dict[str, float | None]:
    """``hr_label, hr_pred`` (BPM), ``snr`` (dB) and ``macc``."""
    values = (score.hr_label_bpm, score.hr_pred_bpm, score.snr_db, score.macc)
    return {name: finite(v) for name, v in zip(SCORE_COLUMNS, values, strict=True)}


def video_record(video: VideoResult, *, windows: bool) -> dict[str, Any]:
    """A video's scores (the mean of its windows, and each of them) and what is known of it."""
    record: dict[str, Any] = dict(score_record(video.mean()))
    record["seconds"] = finite(video.seconds)
    if video.subject:
        record["subject"] = video.subject
    if video.ok_share is not None:
        record["ok_share"] = finite(video.ok_share)
    if windows:
        record["windows"] = [score_record(score) for score in video.scores]
    return record


def agreement_record(agreement: Agreement) -> dict[str, float | None]:
    """The Bland-Altman figures in BPM, predicted minus measured."""
    return {
        "bias": finite(agreement.bias_bpm),
        "sd": finite(agreement.sd_bpm),
        "low": finite(agreement.low_bpm),
        "high": finite(agreement.high_bpm),
    }


def row_record(row: Row, *, windows: bool) -> dict[str, Any]:
    """``summary``, ``per_video`` (by name), the agreement, and what was left out."""
    summary = row.summary
    return {
        "summary": {
            **summary_record(summary),
            "videos": len(row.videos),
            "scores": summary.n,
        },
        "per_video": {v.video: video_record(v, windows=windows) for v in row.videos},
        "bland_altman": agreement_record(row.agreement),
        "undefined": row.undefined,
        "skipped": [{"video": s.video, "reason": s.reason} for s in row.skipped],
    }


def evaluation_record(evaluation: Evaluation) -> dict[str, Any]:
    """Everything: the conditions, and ``rows`` with one `row_record` each."""
    windows = evaluation.window_s is not None
    rows = [
        {
            "method": row.method,
            "model": row.model,
            "dataset": row.dataset,
            "ok_share": finite(row.ok_share),
            **row_record(row, windows=windows),
        }
        for row in evaluation.rows
    ]
    return {**conditions(evaluation), "rows": rows}


def conditions(evaluation: Evaluation) -> dict[str, Any]:
    """What has to be known to make the figures again."""
    profile = evaluation.profile
    return {
        "profile": profile.name,
        "band_hz": [profile.low_hz, profile.high_hz],
        "window_s": evaluation.window_s,
        "command": evaluation.command,
        "created": evaluation.created,
        "versions": dict(evaluation.versions),
    }


def results_csv(evaluation: Evaluation) -> str:
    """One line a video (a window, where there are any) of each row."""
    head = ("method", "dataset", "video", "subject", "window", *SCORE_COLUMNS, "ok_share")
    lines = [
        (row.method, row.dataset, v.video, v.subject, k, *score_record(s).values(), v.ok_share)
        for row in evaluation.rows
        for v in row.videos
        for k, s in enumerate(v.scores)
    ]
    return _csv(head, lines)


def summary_csv(evaluation: Evaluation) -> str:
    """One line a row, each figure with its standard error."""
    figures = [f"{name}{end}" for name in METRICS for end in ("", "_se")]
    head = ("method", "model", "dataset", "profile", "window_s", "videos", "scores", "skipped")
    lines = [
        (
            *(row.method, row.model, row.dataset, evaluation.profile.name, evaluation.window_s),
            *(len(row.videos), row.summary.n, len(row.skipped)),
            *summary_record(row.summary).values(),
            finite(row.ok_share),
            *agreement_record(row.agreement).values(),
        )
        for row in evaluation.rows
    ]
    return _csv((*head, *figures, "ok_share", "bias", "sd", "low", "high"), lines)


def _csv(head: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    out = io.StringIO(newline="")
    rows = CsvRows(out)
    for line in (head, *lines):
        rows.add(line)
    return out.getvalue()
