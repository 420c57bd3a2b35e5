"""The field's metrics: from a predicted and a measured wave to heart rates, SNR and MACC.

The same numbers as rPPG-Toolbox (Liu et al., NeurIPS 2023) from the same waves, written anew from
the formulas: integrate where the waves are derivatives, take the trend off (smoothness priors,
lambda 100), band-pass (Butterworth of order 1, forwards and backwards), then

* heart rate: the highest bin of the periodogram in the band (boxcar, zero-padded to a power of
  two, not interpolated);
* SNR: power of the prediction within 0.1 Hz of the *measured* rate and of twice that, over the
  rest of the band (de Haan & Jeanne 2013), 10 log10;
* MACC: the highest absolute correlation over circular shifts (Cho et al. 2017).

This coarse spectrum is for comparison with other people's figures only; live readings
interpolate (`aimanet.pulse`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.signal import butter, filtfilt, periodogram

from aimanet.evaluation.profiles import EvaluationError, Profile
from aimanet.pulse import detrend, integrate

Signal = NDArray[np.float64]
Wave = NDArray[np.floating | np.integer]

SMOOTH = 100.0
"""Lambda of the trend; the field uses it at every sampling rate."""

NEAR_HZ = 6.0 / 60.0
"""What counts as "at" a rate in the SNR: 6 BPM on either side, edges included."""

MIN_SAMPLES = 10
"""Fewest samples that can be scored: the filter pads both ends with nine and wants one more."""

FLAT = 1e-11
"""A filtered wave this small beside the raw one is what rounding left of a constant or a ramp."""


@dataclass(frozen=True, slots=True)
class Score:
    """One video, or one window of it. NaN is what cannot be said of a wave without change.

    ``hr_label_bpm`` from the sensor's wave, ``hr_pred_bpm`` from the predicted one; ``snr_db`` of
    the prediction at the sensor's rate; ``macc`` 0-1.
    """

    hr_label_bpm: float
    hr_pred_bpm: float
    snr_db: float
    macc: float

    @property
    def error_bpm(self) -> float:
        """Predicted minus measured."""
        return self.hr_pred_bpm - self.hr_label_bpm


UNDEFINED = Score(np.nan, np.nan, np.nan, np.nan)


def score(pred: Wave, label: Wave, fs: float, profile: Profile, *, derivative: bool) -> Score:
    """Scores one stretch of waves, both (n,) at ``fs`` Hz, n at least `MIN_SAMPLES`.

    Args:
        pred: the camera's wave.
        label: the contact sensor's wave.
        fs: Hz.
        profile: the band.
        derivative: whether both are differences and have to be summed up first.

    Raises:
        EvaluationError: too few samples, or ``fs`` too low for the band.
    """
    ours = filtered(pred, fs, profile, derivative=derivative)
    truth = filtered(label, fs, profile, derivative=derivative)
    hr_label = _heart_rate(*_spectrum(truth, fs), profile)
    freqs, power = _spectrum(ours, fs)
    return Score(
        hr_label_bpm=hr_label,
        hr_pred_bpm=_heart_rate(freqs, power, profile),
        snr_db=snr_db(freqs, power, hr_label / 60.0, profile),
        macc=macc(ours, truth),
    )


def score_windows(
    pred: Wave,
    label: Wave,
    fs: float,
    profile: Profile,
    *,
    derivative: bool,
    window_s: float | None = None,
) -> list[Score]:
    """Scores waves in windows of ``window_s`` one after the other, or whole (None).

    A window longer than the wave is the wave. A rest too short to be filtered is left out.

    Raises:
        EvaluationError: as `score`, or the windows are too short.
    """
    n = len(pred)
    size = n if window_s is None else min(n, window_samples(window_s, fs))
    parts = [slice(a, a + size) for a in range(0, n, max(1, size)) if n - a >= MIN_SAMPLES]
    return [score(pred[p], label[p], fs, profile, derivative=derivative) for p in parts]


def window_samples(window_s: float, fs: float) -> int:
    """Returns the samples of a window.

    Raises:
        EvaluationError: they are too few to be scored.
    """
    size = round(window_s * fs) if np.isfinite(window_s) else 0
    if size < MIN_SAMPLES:
        raise EvaluationError(
            f"a window of {window_s:g} s at {fs:g} Hz has under {MIN_SAMPLES} samples: "
            "choose a longer one, e.g. --window 10"
        )
    return size


def filtered(wave: Wave, fs: float, profile: Profile, *, derivative: bool) -> Signal:
    """Returns the wave (n,) integrated, without trend and band-passed; all 0 for a flat one.

    Single precision is summed up in single precision, as the toolbox does with its tensors: the
    difference is about 1e-6 dB.
    """
    if len(wave) < MIN_SAMPLES:
        raise EvaluationError(f"{len(wave)} samples: at least {MIN_SAMPLES} are needed")
    given: Any = wave if wave.dtype == np.float32 else wave.astype(np.float64)
    raw = np.asarray(integrate(given) if derivative else given, np.float64)
    out = np.asarray(filtfilt(*_band(fs, profile), detrend(raw, SMOOTH)))
    flat = wave.min() == wave.max() or not np.ptp(out) > FLAT * np.abs(raw).max()
    return np.zeros(len(wave)) if flat else out


@lru_cache(maxsize=32)
def _band(fs: float, profile: Profile) -> tuple[Signal, Signal]:
    if not fs > 2.0 * profile.high_hz:
        raise EvaluationError(
            f"fs of {fs:g} Hz is too low for {profile.name}: "
            f"its band ends at {profile.high_hz:g} Hz, so more than {2 * profile.high_hz:g} Hz"
        )
    nyquist = fs / 2.0
    b, a = butter(1, (profile.low_hz / nyquist, profile.high_hz / nyquist), "bandpass")
    return b, a


def _spectrum(wave: Signal, fs: float) -> tuple[Signal, Signal]:
    nfft = 1 << (len(wave) - 1).bit_length()
    freqs, power = periodogram(wave, fs=fs, nfft=nfft, detrend=False)
    return freqs, power


def _heart_rate(freqs: Signal, power: Signal, profile: Profile) -> float:
    """BPM of the highest bin in the band; NaN for no power, or where no bin lies in the band."""
    inside = np.flatnonzero((freqs >= profile.low_hz) & (freqs <= profile.high_hz))
    if not len(inside) or not power[inside].max() > 0.0:
        return np.nan
    return float(freqs[inside[np.argmax(power[inside])]] * 60.0)


def snr_db(freqs: Signal, power: Signal, hz: float, profile: Profile) -> float:
    """Returns the SNR (dB) of a spectrum at the true rate ``hz``.

    As in the toolbox, the power at the harmonics counts also where they leave the band, and a
    spectrum without any rest has an SNR of 0. NaN without a true rate or without any power there.
    """
    near = [(freqs >= k * hz - NEAR_HZ) & (freqs <= k * hz + NEAR_HZ) for k in (1.0, 2.0)]
    band = (freqs >= profile.low_hz) & (freqs <= profile.high_hz)
    signal = sum(float(power[part].sum()) for part in near)
    rest = float(power[band & ~near[0] & ~near[1]].sum())
    if not signal > 0.0:
        return np.nan
    return 10.0 * float(np.log10(signal / rest)) if rest else 0.0


def macc(pred: Signal, label: Signal) -> float:
    """Returns the highest |correlation| of ``pred`` with circular shifts of ``label``, both (n,).

    Shifts of 0 to n - 2 samples: the toolbox leaves the last one out. Through the FFT, which
    gives all shifts at once. NaN where one of them is flat.
    """
    a, b = pred - pred.mean(), label - label.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    if not scale > 0.0:
        return np.nan
    products = fft.irfft(fft.rfft(a) * np.conj(fft.rfft(b)), len(a))
    return min(1.0, float(np.abs(products[:-1]).max()) / scale)
