"""The heart rate of the last seconds of pulse.

`PulseAnalyzer` keeps them and takes the steps of `pulse.py`. Which peak is the pulse, and how sure
that is, decides the filter in `rate.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from aimanet.errors import AimaNetError
from aimanet.evidence import rate_grid, weigh
from aimanet.pulse import (
    Signal,
    bandpass,
    climb,
    detrend,
    find_peak,
    integrate,
    smoothing,
    snr_db,
    spectrum,
)
from aimanet.rate import RateFilter
from aimanet.types import BvpSegment

if TYPE_CHECKING:
    from aimanet.sway import Sway

SETTLE_S = 4.0
"""Extra seconds kept before the window, in which the causal filter of the live curve settles."""

TWO_OPINIONS = 0.7
"""Weight of a network's evidence and of the second opinion's, where there are two. A network may be
sure and wrong where its training never was (strong movement through a hard codec); colours
averaged over the face are rarely sure of anything wrong. On 24 hard clips of two animated
photographs the readings within 5 BPM rose from 93 to 99 % and the median error of a clip's rate
fell from 0.20 to 0.11 BPM; 1 and 0.5 for the second gave 98 % and 0.12."""


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


class PulseAnalyzer:
    """Keeps the last seconds of pulse and estimates the heart rate from them.

    Memory is bounded: ``window_s`` and a few seconds more, whatever the length of the recording.
    """

    def __init__(self, config: PulseConfig | None = None) -> None:
        self.config = config or PulseConfig()
        self._band = (self.config.low_bpm / 60.0, self.config.high_bpm / 60.0)  # Hz
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
        level = detrend(signal, smoothing(fs))
        freqs, plain = spectrum(level, fs)
        # A network that gives the derivative makes white noise there, which integration turns
        # into 1/f^2: a fast pulse would drown in it. A weight of f is half of the way back;
        # all of it (f^2) would lift second harmonics above the pulse itself.
        power = plain * freqs if self._derivative else plain
        inside = (freqs >= self._band[0]) & (freqs <= self._band[1])
        drawn = Spectrum(freqs[inside] * 60.0, power[inside] / (power[inside].max() + 1e-300))
        if find_peak(freqs, power, *self._band) is None:
            return Estimate(window_s=length_s, spectrum=drawn, t=t, curve=curve)
        evidence = self._weigh(level, second)
        rates = self._filter.rates
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
            snr_db=snr_db(freqs, power, middle, length_s, self._band),
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

    def _weigh(self, level: Signal, second: Signal | None) -> Signal:
        """What the window says for each rate; a network's is weighed with the second opinion's."""
        rates = self._filter.rates
        evidence = weigh(level, self._fs, self._derivative, rates)
        if self._derivative and second is not None and len(second) >= 0.9 * len(level):
            evidence = TWO_OPINIONS * (evidence + weigh(second, self._fs, False, rates))
        return evidence

    def _curve(self) -> tuple[Signal, NDArray[np.float32]]:
        fs, n = self._fs, round(self.config.window_s * self._fs)
        curve = bandpass(self._signal, fs, *self._band)[-n:]
        end = self._end if self._end is not None else 0.0
        t = end + (np.arange(len(curve)) - (len(curve) - 1)) / fs
        return t, curve.astype(np.float32)
