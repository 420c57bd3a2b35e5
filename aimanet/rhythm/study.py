"""What a recording's beats say beyond their rate, in one answer, for every surface."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aimanet.estimate import PulseConfig
from aimanet.pulse import bandpass
from aimanet.rhythm.prv import Prv, PrvResult, measure_prv
from aimanet.rhythm.respiration import Respiration, RespirationResult, measure_respiration
from aimanet.rhythm.tape import Signal, Stretch, unbroken
from aimanet.rhythm.train import Judged, good_beats


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """PRV and respiration of a recording, each with the reason where it is not shown."""

    prv: PrvResult
    respiration: RespirationResult


def study(
    stretches: Sequence[Stretch], readings: Sequence[Judged], window_s: float = 10.0
) -> Study:
    """Studies the whole curve of a run (`PulseTape.stretches`) and its readings.

    Args:
        stretches: the curve.
        readings: of the same clock, oldest first.
        window_s: seconds behind each reading.
    """
    train = good_beats(stretches, readings, window_s)
    return Study(measure_prv(train), measure_respiration(train))


def study_recorded(
    t: Signal, bvp: Signal, readings: Sequence[Judged], window_s: float = 10.0
) -> Study:
    """Studies a session's live curve, ``t`` (n,) s and ``bvp`` (n,).

    That curve went through a causal filter, which delays the harmonics of a beat differently and
    all of them by the rate: intervals would be off by 20-45 ms (drawn faces). The same filter
    backwards in time takes the delays back; 9-15 ms are left, and 6-13 without the detour.
    """
    return study([_undelayed(piece) for piece in unbroken(t, bvp)], readings, window_s)


def _undelayed(piece: Stretch) -> Stretch:
    band = PulseConfig()
    back = bandpass(piece.wave[::-1], piece.fs, band.low_bpm / 60.0, band.high_bpm / 60.0)
    return Stretch(piece.t0, piece.fs, back[::-1])


def prv_words(prv: Prv) -> str:
    """``RMSSD 42 ms · SDNN 51 ms · 96 % of beats``."""
    return (
        f"RMSSD {prv.rmssd_ms:.0f} ms · SDNN {prv.sdnn_ms:.0f} ms · "
        f"{100 * prv.usable:.0f} % of beats"
    )


def respiration_words(found: Respiration) -> str:
    """``14 breaths a minute``."""
    return f"{found.per_min:.0f} breaths a minute"


def words(found: Study) -> tuple[str, str]:
    """One line each about PRV and respiration."""
    prv, breath = found.prv, found.respiration
    return (
        f"PRV: {prv.why if prv.prv is None else prv_words(prv.prv)}",
        "Respiration: "
        + (breath.why if breath.respiration is None else respiration_words(breath.respiration)),
    )


def record(found: Study) -> dict[str, Any]:
    """``prv`` and ``respiration`` as plain values, or null and the reason beside it."""
    prv, breath = found.prv.prv, found.respiration.respiration
    return {
        "prv": None
        if prv is None
        else {
            "rmssd_ms": round(prv.rmssd_ms, 1),
            "sdnn_ms": round(prv.sdnn_ms, 1),
            "mean_ibi_ms": round(prv.mean_ibi_ms, 1),
            "pnn50": round(prv.pnn50, 3),
            "usable": round(prv.usable, 3),
            "intervals": prv.intervals,
            "seconds": round(prv.seconds, 1),
            "noise_ms": round(prv.noise_ms, 1),
        },
        "prv_reason": found.prv.why or None,
        "respiration": None
        if breath is None
        else {
            "per_min": round(breath.per_min, 1),
            "share": round(breath.share, 3),
            "windows": breath.windows,
        },
        "respiration_reason": found.respiration.why or None,
    }
