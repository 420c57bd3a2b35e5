"""What the numbers of a sensor's column can be: a pulse wave, rates, intervals, or neither."""

from __future__ import annotations

import numpy as np

from aimanet.pulse import detrend, smoothing
from aimanet.sessions.reference_rates import FS, rates_of_wave
from aimanet.sessions.reference_table import Signal

HR_BPM = (25.0, 250.0)
"""Heart rates that a person can have."""
IBI_S = (60.0 / HR_BPM[1], 60.0 / HR_BPM[0])
INTERVAL_S = {"ms": 1e-3, "s": 1.0, "us": 1e-6}
"""Seconds in the units of intervals."""
NO_FINGER = (255.0, 511.0, 65535.0)
"""What oximeters write as a rate while they have none."""
SLOWEST_WAVE_HZ = 8.0
PULSE_SHARE = 0.4
"""A wave is a pulse if so much of its power, beyond what noise would have, is in its harmonics."""
OXYGEN = (80.0, 100.0)
LOOK_S, LOOK = 60.0, 200_000
WINDOW_S = 10.0
BEAT_HZ, BAND_HZ = (0.7, 3.5), (0.5, 8.0)
HARMONIC_HZ = 0.15


def known(values: Signal) -> Signal:
    """The numbers among them."""
    return values[np.isfinite(values)]


def rises(values: Signal) -> bool:
    """Whether they rise or fall all along, as times do."""
    steps = np.diff(known(values)[:20_000])
    if len(steps) < 2:
        return False
    up, down = float((steps > 0).mean()), float((steps < 0).mean())
    return (down < 0.05 and up > 0.02) or (up < 0.05 and down > 0.5)


def counts(values: Signal) -> bool:
    """Whether they go up by one from row to row, as the number of a sample does."""
    steps = np.diff(known(values)[:20_000])
    return len(steps) > 2 and float((steps == 1).mean()) > 0.9


def is_switch(values: Signal) -> bool:
    """Whether there are but one or two values: a trigger, a button, a constant."""
    return len(np.unique(known(values)[:LOOK])) <= 2


def looks_like_oxygen(values: Signal) -> bool:
    """Whether all of them could be an oxygen saturation in percent."""
    some = known(values)
    some = some[(some > 0) & (some < 127)]
    return len(some) > 0 and OXYGEN[0] <= some.min() and float(some.max()) <= OXYGEN[1]


def looks_like_rates(values: Signal) -> bool:
    """Whether they could be heart rates in BPM."""
    told = known(values)
    told = told[(told > 0) & ~np.isin(told, NO_FINGER)]
    if len(told) < 3 or len(told) * 2 < len(known(values)):
        return False
    low, middle, high = np.percentile(told, (5, 50, 95)).tolist()
    steps = float(np.median(np.abs(np.diff(told))))
    calm = steps < min(4.0, 0.1 * middle) and high - low < 120 and not beating(told)
    return calm and 35 <= middle <= 200 and low >= HR_BPM[0]


def interval_unit(values: Signal) -> str:
    """The unit in which they could be intervals between beats; "" for none."""
    told = known(values)
    told = told[told > 0]
    if len(told) < 3:
        return ""
    middle = float(np.median(told))
    for unit, second in INTERVAL_S.items():
        if IBI_S[0] <= middle * second <= IBI_S[1]:
            return unit
    return ""


def looks_like_intervals(values: Signal, *, smooth: bool = False) -> bool:
    """Whether they could be intervals; a wave that only lies in their range is smoother.

    Args:
        values: (K,).
        smooth: accept them as smooth as slow breathing makes them.
    """
    told = known(values)
    told = told[told > 0]
    if not interval_unit(values) or len(told) < 3:
        return False
    calm = float(np.median(np.abs(np.diff(told)))) < 0.2 * float(np.median(told))
    level = told - np.median(told)
    power = float(np.mean(level**2))
    wave = power > 0 and float(np.mean(level[1:] * level[:-1])) > 0.9 * power
    narrow = float(np.ptp(np.percentile(told, (5, 95)))) < 0.8 * float(np.median(told))
    return calm and narrow and (smooth or not wave)


def beating(values: Signal) -> bool:
    """Whether the numbers rise and fall evenly, as a wave does and heart rates do not."""
    level = values[:20_000] - np.median(values[:20_000])
    up = np.flatnonzero((level[:-1] <= 0) & (level[1:] > 0))
    periods = np.diff(up)
    if len(periods) < 5:
        return False
    even = float(periods.std()) < 0.35 * float(periods.mean())
    smooth = float(np.mean(level[1:] * level[:-1])) > 0.8 * float(np.mean(level**2))
    return even and smooth


def is_pulse(values: Signal, hz: float) -> bool:
    """Whether values (K,) sampled at ``hz`` beat like a heart, by their spectrum."""
    if not SLOWEST_WAVE_HZ <= hz <= 10_000 or is_switch(values) or counts(values):
        return False
    even = _even(values, hz)
    width = round(WINDOW_S * FS)
    if len(even) < width / 2:
        return False
    windows = [even[k : k + width] for k in range(0, max(1, len(even) - width + 1), width)]
    shares = [_share(window) for window in windows]
    return float(np.median(shares)) > PULSE_SHARE


def _even(values: Signal, hz: float) -> Signal:
    """Up to a minute out of the middle, at `FS`."""
    reach = round(LOOK_S * hz / 2)
    middle = len(values) // 2
    some = known(values[max(0, middle - reach) : middle + reach])
    per = round(hz / FS)
    if per > 1 and len(some) > per:
        some = np.convolve(some, np.ones(per) / per, "valid")
    if len(some) < 2:
        return np.empty(0)
    t = np.arange(len(some)) / hz
    return np.asarray(np.interp(np.arange(0.0, t[-1], 1.0 / FS), t, some))


def _share(window: Signal) -> float:
    """How much of the power lies at a beat and its harmonics, less what noise has there (0-1)."""
    if not np.ptp(window) > 1e-9 * float(np.abs(window).max()):
        return 0.0
    level = detrend(window, smoothing(FS)) * np.hanning(len(window))
    power: Signal = np.abs(np.fft.rfft(level, 4096)) ** 2
    freqs = np.arange(2049) * FS / 4096
    band = (freqs >= BAND_HZ[0]) & (freqs <= BAND_HZ[1])
    beats = np.flatnonzero((freqs >= BEAT_HZ[0]) & (freqs <= BEAT_HZ[1]))
    tops = [k for k in beats.tolist() if power[k] >= power[k - 1] and power[k] >= power[k + 1]]
    if not tops:
        return 0.0
    return max(_harmonic(freqs, power, band, float(freqs[k])) for k in _highest(power, tops))


def _highest(power: Signal, tops: list[int]) -> list[int]:
    return sorted(tops, key=lambda k: -float(power[k]))[:3]


def _harmonic(freqs: Signal, power: Signal, band: np.ndarray, beat_hz: float) -> float:
    away = np.abs(freqs / beat_hz - np.maximum(np.round(freqs / beat_hz), 1)) * beat_hz
    near = band & (away <= HARMONIC_HZ)
    floor = float(near.sum()) / float(band.sum())
    share = float(power[near].sum()) / max(float(power[band].sum()), 1e-300)
    return (share - floor) / (1.0 - floor)


def same_pulse(a: Signal, b: Signal, hz: float) -> bool:
    """Whether two waves beat at the same rate, so that it does not matter which is taken."""
    n = min(len(a), len(b), round(LOOK_S * hz))
    t = np.arange(n) / hz
    rates = [rates_of_wave(t, np.nan_to_num(wave[:n]), WINDOW_S)[1] for wave in (a, b)]
    apart = known(np.abs(rates[0] - rates[1]))
    return len(apart) > 0 and float(np.median(apart)) < 4.0


def same_rates(a: Signal, b: Signal) -> bool:
    """Whether two columns tell the same heart rate."""
    n = min(len(a), len(b))
    apart = known(np.abs(a[:n] - b[:n]))
    return len(apart) > 0 and float(np.median(apart)) <= 3.0
