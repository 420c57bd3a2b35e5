"""From pulse segments to a heart rate: integrate, detrend, band-pass, spectrum, peak, SNR.

`PulseAnalyzer` keeps the last seconds and estimates from them; the functions are the steps. Which
peak is the pulse, and how sure that is, decides the filter in `rate.py`.
The only place where a derivative is integrated.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from aimanet.errors import AimaNetError
from aimanet.evidence import rate_grid, weigh
from aimanet.filters import butter_bandpass, sosfilt
from aimanet.rate import RateFilter
from aimanet.types import BvpSegment

if TYPE_CHECKING:
    from aimanet.sway import Sway

Signal = NDArray[np.float64]

SETTLE_S = 4.0
"""Extra seconds kept before the window, in which the causal filter of the live curve settles."""

NFFT_S = 80.0
"""Length (s) that a window is zero-padded to at least: bins of at most 0.75 BPM."""

TWO_OPINIONS = 0.7
"""Weight of a network's evidence and of the second opinion's, where there are two. A network may be
sure and wrong where its training never was (strong movement through a hard codec); colours
averaged over the face are rarely sure of anything wrong. On 24 hard clips of two animated
photographs the readings within 5 BPM rose from 93 to 99 % and the median error of a clip's rate
fell from 0.20 to 0.11 BPM; 1 and 0.5 for the second gave 98 % and 0.12."""

HALF = 0.4
"""Share of a peak's power at half its rate that makes the peak a second harmonic."""


class PulseConfigError(AimaNetError):
    """A setting of the estimate is out of its range."""


@dataclass(frozen=True, slots=True)
class PulseConfig:
    """How a heart rate is estimated.

    ``window_s`` 6-30 s of signal behind an estimate; ``first_s`` seconds needed for the first
    one; ``low_bpm`` and ``high_bpm`` the band that a pulse is looked for in.
    """

    window_s: float = 10.0
    first_s: float = 4.5
    low_bpm: float = 40.0
    high_bpm: float = 210.0

    def __post_init__(self) -> None:
        if not 6.0 <= self.window_s <= 30.0:
            raise PulseConfigError(
                f"window of {self.window_s:g} s: choose 6 to 30 seconds for the estimate"
            )
        if not 20.0 <= self.low_bpm < self.high_bpm <= 300.0:
            raise PulseConfigError(
                f"band of {self.low_bpm:g}-{self.high_bpm:g} BPM: choose low < high in 20-300"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """Power over frequency of one window: ``bpm`` (K,) and ``power`` (K,), the band only."""

    bpm: NDArray[np.float64]
    power: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """What the last seconds say. ``hr_bpm`` and ``snr_db`` are None while they are too few.

    ``hr_bpm`` is the rate at the window's end, ``middle_bpm`` that in its middle, where its
    spectrum has it (they differ while the rate rises or falls).
    ``t``/``curve`` is the causally filtered live curve, ``window_s`` the seconds used.
    ``confidence`` is the probability that ``hr_bpm`` is within 5 BPM of the truth, ``second_bpm``
    and ``second_confidence`` the next best rate that is not near it. ``rates`` (K,) and
    ``evidence`` (S, K) are what this window alone says, for `rate.RatePath`.
    """

    hr_bpm: float | None = None
    middle_bpm: float | None = None
    snr_db: float | None = None
    window_s: float = 0.0
    spectrum: Spectrum = field(default_factory=lambda: Spectrum(np.empty(0), np.empty(0)))
    t: Signal = field(default_factory=lambda: np.empty(0))
    curve: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    confidence: float = 0.0
    second_bpm: float | None = None
    second_confidence: float = 0.0
    rates: Signal = field(default_factory=lambda: np.empty(0))
    evidence: Signal = field(default_factory=lambda: np.empty((0, 0)))


def smoothing(fs: float, at_30hz: float = 100.0) -> float:
    """Returns the lambda at ``fs`` Hz that cuts where ``at_30hz`` cuts at 30 Hz (about 0.48 Hz)."""
    return at_30hz * (fs / 30.0) ** 2


@lru_cache(maxsize=64)
def _trend_factor(n: int, smooth: float) -> Signal:
    """Banded Cholesky factor of I + lambda^2 D'D, D the second difference (n-2, n)."""
    from scipy.linalg import cholesky_banded  # the first estimate needs it, the first picture not

    d = (1.0, -2.0, 1.0)
    bands = np.zeros((3, n))
    for i in range(3):
        for j in range(i + 1):
            lag = i - j
            bands[lag, j : j + n - 2] += d[i] * d[j]
    bands *= smooth**2
    bands[0] += 1.0
    return np.asarray(cholesky_banded(bands, lower=True))


def detrend(signal: Signal, smooth: float = 100.0) -> Signal:
    """Takes the slow trend off a signal (n,) or signals (n, k): smoothness priors.

    Tarvainen et al. 2002: x - (I + lambda^2 D'D)^-1 x, where the matrix has five
    diagonals, so that n steps are enough.
    """
    if len(signal) < 3:
        return signal - signal.mean() if len(signal) else signal
    from scipy.linalg import cho_solve_banded

    factor = _trend_factor(len(signal), smooth)
    return np.asarray(signal - cho_solve_banded((factor, True), signal))


def integrate(derivative: Signal, start: float = 0.0) -> Signal:
    """Returns the running sum of (n,) differences, going on from ``start``."""
    return start + np.cumsum(derivative)


SHORT = 600
"""Curves of up to so many samples are filtered by a convolution; a live window is one."""


@lru_cache(maxsize=16)
def _band_filter(fs: float, low_hz: float, high_hz: float) -> NDArray[np.float64]:
    return butter_bandpass(2, low_hz, high_hz, fs)


@lru_cache(maxsize=2)
def _band_response(n: int, fs: float, low_hz: float, high_hz: float) -> NDArray[np.float64]:
    """What the band-pass makes of a single 1: n samples."""
    return sosfilt(_band_filter(fs, low_hz, high_hz), np.eye(1, n + 1, 1)[0])[1:]


def bandpass(signal: Signal, fs: float, low_hz: float = 0.7, high_hz: float = 3.5) -> Signal:
    """Returns the causally band-passed signal (n,): a live curve that never changes its past."""
    n, high_hz = len(signal), min(high_hz, 0.49 * fs)
    if not n:
        return signal
    if n > SHORT:
        return sosfilt(_band_filter(fs, low_hz, high_hz), signal)
    # The same: as if the first value had always been there, of which a band-pass leaves nothing.
    return np.convolve(signal - signal[0], _band_response(n, fs, low_hz, high_hz))[:n]


def spectrum(signal: Signal, fs: float) -> tuple[Signal, Signal]:
    """Returns frequencies (Hz) and power of a detrended window (n,): Hann, zero-padded FFT."""
    n = len(signal)
    nfft = 1 << int(np.ceil(np.log2(max(n, NFFT_S * fs))))
    power = np.abs(np.fft.rfft(signal * np.hanning(n + 2)[1:-1], nfft)) ** 2
    freqs = np.arange(len(power), dtype=np.float64) * (fs / nfft)
    return freqs, power.astype(np.float64)


def interpolate_peak(freqs: Signal, power: Signal, i: int) -> float:
    """Returns the frequency of the top of the parabola through log power around bin ``i``."""
    if not 0 < i < len(power) - 1:
        return float(freqs[i])
    a, b, c = np.log(power[i - 1 : i + 2] + 1e-300)
    bend = a - 2.0 * b + c
    shift = 0.0 if bend >= 0.0 else 0.5 * (a - c) / bend
    return float(freqs[i] + np.clip(shift, -0.5, 0.5) * (freqs[1] - freqs[0]))


def find_peak(
    freqs: Signal, power: Signal, low_hz: float, high_hz: float, half: float = HALF
) -> float | None:
    """Returns the pulse's frequency (Hz): the highest true peak in the band, or None.

    A slope that comes in from below the band (movement, drift) has no peak and is no pulse.
    When a peak of at least ``half`` of its power stands at half the frequency, that is the
    pulse and the higher one its second harmonic.
    """
    inner = power[1:-1]
    tops = 1 + np.flatnonzero((inner >= power[:-2]) & (inner > power[2:]))
    tops = tops[(freqs[tops] >= low_hz) & (freqs[tops] <= high_hz)]
    if not len(tops) or power[tops].max() <= 0.0:
        return None
    best = tops[np.argmax(power[tops])]
    halves = tops[np.abs(freqs[tops] - freqs[best] / 2.0) < 0.06]
    if len(halves):
        lower = halves[np.argmax(power[halves])]
        if power[lower] >= half * power[best]:
            best = lower
    return interpolate_peak(freqs, power, int(best))


def climb(freqs: Signal, power: Signal, hz: float, reach_hz: float = 0.05) -> float:
    """Returns the frequency (Hz) of the peak uphill from ``hz``, or ``hz`` where none is near.

    A grid, a prior and a weight on a spectrum move a rate a little; this takes it back.
    """
    i = int(np.argmin(np.abs(freqs - hz)))
    while 0 < i < len(power) - 1 and power[i] < max(power[i - 1], power[i + 1]):
        i += 1 if power[i + 1] > power[i - 1] else -1
    top = interpolate_peak(freqs, power, i)
    return top if abs(top - hz) <= reach_hz else hz


def snr_db(
    freqs: Signal, power: Signal, hz: float, window_s: float, band: tuple[float, float]
) -> float:
    """Returns the signal-to-noise ratio in dB of a pulse at ``hz``, as de Haan & Jeanne define it.

    Power around ``hz`` and 2 ``hz`` over the rest of the band. "Around" is what a steady tone
    fills after the Hann window, 1.2 / ``window_s``, and at least 0.1 Hz.
    """
    inside = (freqs >= band[0]) & (freqs <= band[1])
    half = max(0.1, 1.2 / window_s)
    near = (np.abs(freqs - hz) <= half) | (np.abs(freqs - 2.0 * hz) <= half)
    signal = power[inside & near].sum()
    noise = power[inside & ~near].sum()
    return float(10.0 * np.log10((signal + 1e-300) / (noise + 1e-300)))


class PulseAnalyzer:
    """Keeps the last seconds of pulse and estimates the heart rate from them.

    Memory is bounded: ``window_s`` and a few seconds more, whatever the length of the recording.
    """

    def __init__(self, config: PulseConfig | None = None) -> None:
        self.config = config or PulseConfig()
        self._filter = RateFilter(rate_grid(self.config.low_bpm, self.config.high_bpm))
        self.reset()

    def inherit(self, other: PulseAnalyzer) -> None:
        """Goes on from the rate that ``other`` followed, where both look in the same band."""
        if np.array_equal(other._filter.rates, self._filter.rates):
            self._filter = other._filter

    def reset(self) -> None:
        """Forgets the signal and the rate."""
        self._filter.reset()
        self._fs = 30.0
        self._derivative = False
        self._end: float | None = None
        self._signal = np.empty(0)

    @property
    def end_t(self) -> float | None:
        """Time (s) of the newest sample."""
        return self._end

    def add(self, segment: BvpSegment) -> None:
        """Takes a segment; where it overlaps what is there, it replaces it."""
        values = segment.bvp.astype(np.float64)
        if not len(values):
            return
        overlap = self._overlap(segment)
        kept = self._signal[: len(self._signal) - overlap]
        self._derivative = segment.is_derivative
        if segment.is_derivative:
            values = integrate(values, kept[-1] if len(kept) else 0.0)
        limit = round((self.config.window_s + SETTLE_S) * segment.fs)
        self._signal = np.concatenate([kept, values])[-limit:]
        self._end = float(segment.t[-1])

    def _overlap(self, segment: BvpSegment) -> int:
        """Number of samples that the segment replaces; a hole or another fs forgets them all."""
        if self._end is not None:
            ahead = round((float(segment.t[0]) - self._end) * segment.fs)
            if segment.fs == self._fs and ahead <= 1:
                return min(len(self._signal), 1 - ahead)
        self.reset()
        self._fs = segment.fs
        return 0

    def window(self) -> Signal:
        """Returns the undetrended samples of the last ``window_s`` seconds, or what is there."""
        return self._signal[-round(self.config.window_s * self._fs) :]

    def estimate(self, second: Signal | None = None, sway: Sway | None = None) -> Estimate:
        """Returns the heart rate now, by the last ``window_s`` seconds and what was before them.

        ``second`` (n,) is another, detrended pulse of these seconds at the same rate of samples;
        it is heard beside a network's. ``sway`` knows the head's rhythm, which speaks against
        rates. Once for each time: the filter takes a window when it is first asked about it.
        """
        t, curve = self._curve()
        signal, fs = self.window(), self._fs
        length_s = len(signal) / fs
        if self._end is None or length_s < self.config.first_s:
            return Estimate(window_s=length_s, t=t, curve=curve)
        band = (self.config.low_bpm / 60.0, self.config.high_bpm / 60.0)
        level = detrend(signal, smoothing(fs))
        freqs, plain = spectrum(level, fs)
        # A network that gives the derivative makes white noise there, which integration turns
        # into 1/f^2: a fast pulse would drown in it. A weight of f is half of the way back;
        # all of it (f^2) would lift second harmonics above the pulse itself.
        power = plain * freqs if self._derivative else plain
        inside = (freqs >= band[0]) & (freqs <= band[1])
        drawn = Spectrum(freqs[inside] * 60.0, power[inside] / (power[inside].max() + 1e-300))
        if find_peak(freqs, power, *band) is None:
            return Estimate(window_s=length_s, spectrum=drawn, t=t, curve=curve)
        rates = self._filter.rates
        evidence = weigh(level, fs, self._derivative, rates)
        if self._derivative and second is not None and len(second) >= 0.9 * len(level):
            evidence = TWO_OPINIONS * (evidence + weigh(second, fs, False, rates))
        if sway is not None and (doubt := sway.doubt(rates, self._end, length_s, fs)) is not None:
            evidence = evidence - doubt
        filling = len(signal) < round(self.config.window_s * fs)
        belief = self._filter.update(self._end, evidence, filling)
        # The spectrum shows the rate of the window's middle, the belief that of its end.
        since = np.exp(belief.slope * length_s / 2.0)
        middle = climb(freqs, plain, belief.hr_bpm / 60.0 / since)
        hr_bpm = float(np.clip(60.0 * middle * since, self.config.low_bpm, self.config.high_bpm))
        return Estimate(
            hr_bpm=hr_bpm,
            middle_bpm=60.0 * middle,
            snr_db=snr_db(freqs, power, middle, length_s, band),
            window_s=length_s,
            spectrum=drawn,
            t=t,
            curve=curve,
            confidence=belief.confidence,
            second_bpm=belief.second_bpm,
            second_confidence=belief.second_confidence,
            rates=rates,
            evidence=evidence,
        )

    def _curve(self) -> tuple[Signal, NDArray[np.float32]]:
        fs, n = self._fs, round(self.config.window_s * self._fs)
        low, high = self.config.low_bpm / 60.0, self.config.high_bpm / 60.0
        curve = bandpass(self._signal, fs, low, high)[-n:]
        end = self._end if self._end is not None else 0.0
        t = end + (np.arange(len(curve)) - (len(curve) - 1)) / fs
        return t, curve.astype(np.float32)
