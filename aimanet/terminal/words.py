"""What a reading and a recording are called in a line of text; nothing heavy is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aimanet.methods import LABELS
from aimanet.types import Reason, State
from aimanet.words import words_for

if TYPE_CHECKING:
    from aimanet.pipeline import Summary

ESTIMATE = "estimate in --json"


def state_words(state: State, reason: Reason | None = None, figure: float | None = None) -> str:
    """What a reading is worth, in ASCII: ``ok``, ``too dark``, ``measuring, up to 6 s left``."""
    if state is State.OK:
        return "ok"
    words = words_for(state, reason, figure)
    title = words.title.lower().rstrip("…")
    return f"{title}, {words.advice}" if reason is Reason.MEASURING and words.advice else title


def advice_words(state: State, reason: Reason | None = None, figure: float | None = None) -> str:
    """What would help, as a sentence; empty where there is nothing to do but wait."""
    waiting = reason is Reason.MEASURING
    return "" if waiting else words_for(state, reason, figure).advice


def describe(summary: Summary, estimate: str = "") -> str:
    """A summary in a line: ``72.1 BPM (ok), SNR 6.2 dB, over 30.0 s; face in 100 % of ...``.

    A heart rate that is not trusted is not said; ``estimate`` is where it can be found.
    """
    model = summary.model or LABELS[summary.method]
    over = (
        f", over {summary.duration_s:.1f} s with {model}; "
        f"a face in {100 * summary.face_fraction:.0f} % of {summary.frames} frames"
    )
    if summary.state is State.OK and summary.hr_bpm is not None:
        snr = "" if summary.snr_db is None else f", SNR {summary.snr_db:.1f} dB"
        return f"{summary.hr_bpm:.1f} BPM (ok){snr}{over}"
    known = summary.hr_bpm is not None
    words = words_for(summary.state, summary.reason)
    rate = "no trusted heart rate" if known else "no heart rate"
    where = f" ({estimate})" if known and estimate else ""
    return f"{rate}: {words.clause}{where}{over}"


def summary_advice(summary: Summary) -> str:
    """What would have helped, as a sentence; empty for a heart rate that is trusted."""
    return advice_words(summary.state, summary.reason)


def origin_words(origin_s: float) -> str:
    """Where the times of a recording with a clock of its own begin: ``0 s is ...``."""
    return f"0 s is {origin_s:.6f} s in the recording's own times"
