from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from aimanet.filters import butter_bandpass, butter_lowpass, sosfiltfilt, upsampled


@pytest.mark.parametrize(("order", "edge"), [(2, 0.035), (2, 0.95), (4, 0.2), (6, 0.5)])
def test_low_passed_signals_are_those_of_scipy(order: int, edge: float) -> None:
    x = np.random.default_rng(order).standard_normal(500) + 3.0
    sos = signal.butter(order, edge, output="sos")
    got = sosfiltfilt(butter_lowpass(order, edge), x)
    np.testing.assert_allclose(got, signal.sosfiltfilt(sos, x), rtol=0, atol=1e-12)


@pytest.mark.parametrize(("length", "fs", "high"), [(48, 30.0, 4.0), (8, 5.0, 2.0), (96, 60.0, 4)])
def test_band_passed_channels_are_those_of_scipy(length: int, fs: float, high: float) -> None:
    x = np.random.default_rng(length).standard_normal((length, 5)) + 1.0
    pad = min(length - 1, 21)
    sos = signal.butter(3, (0.667, high), "bandpass", fs=fs, output="sos")
    wanted = signal.sosfiltfilt(sos, x, axis=0, padlen=pad)
    got = sosfiltfilt(butter_bandpass(3, 0.667, high, fs), x, pad)
    np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("length", "times"), [(12, 2), (600, 4), (1201, 8)])
def test_finer_samples_are_those_of_scipy(length: int, times: int) -> None:
    x = np.cumsum(np.random.default_rng(length).standard_normal(length))
    wanted = signal.resample_poly(x, times, 1, padtype="line")
    np.testing.assert_allclose(upsampled(x, times), wanted, rtol=0, atol=1e-10)


def test_what_cannot_be_filtered_is_refused() -> None:
    with pytest.raises(ValueError, match="Nyquist"):
        butter_bandpass(3, 0.667, 4.0, fs=8.0)
    with pytest.raises(ValueError, match="even orders"):
        butter_lowpass(3, 0.5)
    with pytest.raises(ValueError, match="too few"):
        sosfiltfilt(butter_lowpass(2, 0.5), np.ones(9))
