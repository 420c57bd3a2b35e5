"""What a reading and a recording are called in a line of text; nothing heavy is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aimanet.methods import LABELS
from aimanet.types import State

if TYPE_CHECKING:
    from aimanet.pipeline import Summary

WORDS = {
    State.OK: "ok",
    State.WARMING_UP: "warming up",
    State.POOR_SIGNAL: "poor signal",
    State.NO_FACE: "no face",
}


def describe(summary: Summary) -> str:
    """A summary in a line: ``72.1 BPM (ok), SNR 6.2 dB, over 30.0 s; face in 100 % of ...``."""
    rate = "no heart rate" if summary.hr_bpm is None else f"{summary.hr_bpm:.1f} BPM"
    snr = "" if summary.snr_db is None else f", SNR {summary.snr_db:.1f} dB"
    model = summary.model or LABELS[summary.method]
    return (
        f"{rate} ({WORDS[summary.state]}){snr}, over {summary.duration_s:.1f} s with {model}; "
        f"a face in {100 * summary.face_fraction:.0f} % of {summary.frames} frames"
    )


def origin_words(origin_s: float) -> str:
    """Where the times of a recording with a clock of its own begin: ``0 s is ...``."""
    return f"0 s is {origin_s:.6f} s in the recording's own times"
