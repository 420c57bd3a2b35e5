"""Readings and summaries as plain JSON values: rounded, and null where there is no estimate."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # `train` prints records too, on servers that have no OpenCV
    from enum import StrEnum

    from aimanet.pipeline import Summary
    from aimanet.types import Reading


def number(value: float | None, digits: int) -> float | None:
    """The value as a plain rounded float; None for None, NaN and the infinities."""
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), digits)


def text(word: StrEnum | None) -> str | None:
    """The word as a plain string; None for None."""
    return None if word is None else str(word)


def reading_record(reading: Reading) -> dict[str, Any]:
    """``{t, hr_bpm, snr_db, state, reason}``: what ``analyze`` lists and ``live`` prints."""
    return {
        "t": number(reading.t, 3),
        "hr_bpm": number(reading.hr_bpm, 2),
        "snr_db": number(reading.snr_db, 2),
        "state": str(reading.state),
        "reason": text(reading.reason),
    }


def to_line(record: dict[str, Any] | list[dict[str, Any]]) -> str:
    """One line of strict JSON (a NaN would be a bug and raises ValueError)."""
    return json.dumps(record, allow_nan=False, ensure_ascii=True)


def summary_record(summary: Summary, readings: list[dict[str, Any]]) -> dict[str, Any]:
    """The object that ``analyze --json`` prints, with its ``readings`` as records.

    They are not taken from the summary, which keeps them in single precision: a second
    rounding would make some differ from what ``live`` prints.
    """
    return {
        "hr_bpm": number(summary.hr_bpm, 2),
        "snr_db": number(summary.snr_db, 2),
        "state": str(summary.state),
        "method": summary.method,
        "model": summary.model,
        "fps": number(summary.fps, 3),
        "frames": summary.frames,
        "duration_s": number(summary.duration_s, 3),
        "face_fraction": number(summary.face_fraction, 4),
        "readings": readings,
        "reason": text(summary.reason),
    }
