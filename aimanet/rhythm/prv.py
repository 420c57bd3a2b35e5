"""Pulse rate variability: intervals between beats, RMSSD, SDNN, where the signal carries them.

It is called PRV and not HRV, because the intervals come from pulses in the skin and not from the
R-peaks of an ECG (Schäfer & Vagedes 2013 review how the two differ).

What a camera adds to the truth is noise in the time of each beat: with a standard deviation of j
it gives a heart without any variability an SDNN of sqrt(2) j and an RMSSD of sqrt(6) j. How large
j is can be told from the wave itself (`aimanet.rhythm.jitter`), and PRV is shown only where that is
small beside what was found. The figures behind the bars stand beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aimanet.errors import AimaNetError
from aimanet.rhythm.beats import Beats
from aimanet.rhythm.train import Train

Signal = NDArray[np.float64]

EXTRA = "NeuroKit2 is needed: pip install neurokit2"

LEAST_S = 60.0
"""Seconds of good signal. Five minutes are the standard (Task Force 1996); the review of Shaffer
& Ginsberg 2017 names a minute as enough to estimate the RMSSD and SDNN of five."""

LEAST_USABLE = 0.8
"""Share of the time between the first and the last good beat that usable intervals fill."""

PLAUSIBLE_MS = (280.0, 1700.0)
"""Intervals of hearts at 214 to 35 BPM."""

NEAR = 0.3
"""An interval may differ by this share from the median of its five neighbours on either side."""

LEAST_LIKENESS = 0.6
"""A beat whose wave is less like the typical one (correlation) has no time worth using."""

NOISE_MS = 14.0
NOISE_SHARE = 0.5
"""The RMSSD of noise alone may reach the larger of 14 ms and half of what was found.

Measured on 160 waves with noise of 0-25 dB and three colours, hearts with an RMSSD of 4-100 ms: a
third is shown, half of these within 1 ms of the true RMSSD, 95 % within 5, the worst 11 ms off;
SDNN is nearer. With 16 ms and 0.6 the worst is 72. By noise: of 20-25 dB all are shown, of 15-20
four in ten, of 10-15 two, below none. Of 116 curves of 30 drawn faces (70 s each; TS-CAN and POS,
whole and as sessions keep them) 24 are shown, the worst 7 ms off."""


class MissingExtraError(AimaNetError):
    """An optional package is not installed; the line says how to get it."""


@dataclass(frozen=True, slots=True, eq=False)
class Intervals:
    """Inter-beat intervals of good signal: ``t`` (n,) s where each ends, ``ibi_ms`` (n,).

    ``usable`` (n,) is False for those that are no sound interval of a regular beat; ``run`` (n,)
    numbers the unbroken pieces that they come from.
    """

    t: Signal
    ibi_ms: Signal
    usable: NDArray[np.bool_]
    run: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Prv:
    """Pulse rate variability of ``seconds`` s of recording.

    ``rmssd_ms``, ``sdnn_ms``, ``mean_ibi_ms`` in ms; ``pnn50`` 0-1, the share of intervals that
    differ by more than 50 ms from the one before; ``usable`` 0-1, the share of the time that the
    ``intervals`` behind these figures fill; ``noise_ms`` the RMSSD that the camera's noise alone
    would give.
    """

    rmssd_ms: float
    sdnn_ms: float
    mean_ibi_ms: float
    pnn50: float
    usable: float
    intervals: int
    seconds: float
    noise_ms: float


@dataclass(frozen=True, slots=True)
class PrvResult:
    """``prv``, or None and in ``why`` the reason in a few words. ``intervals`` are there anyway."""

    prv: Prv | None
    why: str
    intervals: Intervals


NO_INTERVALS = Intervals(np.empty(0), np.empty(0), np.empty(0, bool), np.empty(0, np.int64))


def measure_prv(train: Train) -> PrvResult:
    """PRV of the good beats of a recording, or why there is none."""
    if train.good_s < LEAST_S:
        return PrvResult(None, _too_short(train.good_s), NO_INTERVALS)
    try:
        neurokit = load_neurokit()
    except MissingExtraError as error:
        return PrvResult(None, str(error), NO_INTERVALS)
    found = find_intervals(train.runs, neurokit)
    usable = float(found.ibi_ms[found.usable].sum()) / 1e3 / train.span_s
    if usable < LEAST_USABLE:
        why = f"only {100 * usable:.0f} % of the beats are usable, {100 * LEAST_USABLE:.0f} needed"
        return PrvResult(None, why, found)
    rmssd, sdnn, mean, pnn50 = _time_domain(found, neurokit)
    jitter = np.concatenate([run.jitter_s for run in train.runs])
    noise_ms = 1e3 * float(np.sqrt(6.0 * np.mean(jitter**2)))
    if not noise_ms <= max(NOISE_MS, NOISE_SHARE * rmssd):
        why = f"the signal is too noisy: noise alone would read as {noise_ms:.0f} ms"
        return PrvResult(None, why, found)
    count = int(found.usable.sum())
    return PrvResult(
        Prv(rmssd, sdnn, mean, pnn50, min(1.0, usable), count, train.span_s, noise_ms), "", found
    )


def _too_short(good_s: float) -> str:
    return f"needs a minute of good signal, has {int(good_s)} s"


def load_neurokit() -> Any:
    """NeuroKit2; it brings pandas, matplotlib and scikit-learn and takes seconds to load.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        return import_module("neurokit2")
    except ModuleNotFoundError as error:
        raise MissingExtraError(EXTRA) from error


def find_intervals(runs: Sequence[Beats], neurokit: Any) -> Intervals:
    """The intervals of unbroken runs of beats, and which of them are usable."""
    parts = [_of_run(run, number, neurokit) for number, run in enumerate(runs) if len(run) > 1]
    if not parts:
        return NO_INTERVALS
    names = Intervals.__slots__
    return Intervals(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _of_run(run: Beats, number: int, neurokit: Any) -> Intervals:
    ibi = 1e3 * np.diff(run.t)
    usable = (ibi >= PLAUSIBLE_MS[0]) & (ibi <= PLAUSIBLE_MS[1]) & _near(ibi)
    odd = run.likeness < LEAST_LIKENESS
    usable &= ~(odd[1:] | odd[:-1])
    usable &= ~_artefacts(run.t, neurokit)
    return Intervals(run.t[1:], ibi, usable, np.full(len(ibi), number))


def _near(ibi: Signal) -> NDArray[np.bool_]:
    """Which intervals are near the median of those around them, themselves left out."""
    padded = np.pad(ibi, 5, mode="constant", constant_values=np.nan)
    around = np.lib.stride_tricks.sliding_window_view(padded, 11).copy()
    around[:, 5] = np.nan
    if len(ibi) < 2:
        return np.zeros(len(ibi), bool)
    usual = np.nanmedian(around, axis=1)
    return np.asarray(np.abs(ibi - usual) <= NEAR * usual)


def _artefacts(t: Signal, neurokit: Any) -> NDArray[np.bool_]:
    """Which intervals (n - 1,) touch an ectopic, missed, extra or misplaced beat.

    Lipponen & Tarvainen 2019, as NeuroKit2 has it. They would be corrected there; here they are
    left out, because a corrected beat is an invented one and adds no variability of its own.
    """
    if len(t) < 5:
        return np.ones(len(t) - 1, bool)
    ticks = np.round(1e4 * (t - t[0])).astype(int)
    found, _ = neurokit.signal_fixpeaks(ticks, sampling_rate=10_000, iterative=False)
    bad = np.zeros(len(t) + 1, bool)
    for kind, reach in (("ectopic", 1), ("missed", 0), ("extra", 1), ("longshort", 1)):
        for beat in found[kind]:
            bad[beat : beat + reach + 1] = True
    return bad[1 : len(t)]


def _time_domain(found: Intervals, neurokit: Any) -> tuple[float, float, float, float]:
    """RMSSD, SDNN, mean (ms) and pNN50 of the usable intervals.

    NeuroKit2 takes differences only between intervals that follow one another; it sees that by
    their times.
    """
    which = found.usable
    table = neurokit.hrv_time(
        {"RRI": found.ibi_ms[which], "RRI_Time": found.t[which]}, sampling_rate=1000
    )
    names = ("HRV_RMSSD", "HRV_SDNN", "HRV_MeanNN", "HRV_pNN50")
    rmssd, sdnn, mean, pnn50 = (float(table[name].iloc[0]) for name in names)
    return rmssd, sdnn, mean, pnn50 / 100.0
