"""Butterworth filters in NumPy alone: `scipy.signal` takes longer to import than all else here.

The same designs and the same zero-phase filtering as SciPy's ``butter`` and ``sosfiltfilt``
(bilinear transform with prewarped edges; odd padding; steady state at the ends), to rounding.
Made for short signals or few of them: time runs in Python, channels in NumPy.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_RATE = 2.0
"""The rate (Hz) at which the analogue filters are designed: the Nyquist frequency is 1."""


def butter_lowpass(order: int, edge: float) -> Array:
    """Second-order sections (N, 6) of a low-pass; ``edge`` over the Nyquist frequency, even order.

    Rows are b0, b1, b2, 1, a1, a2.
    """
    if order % 2:
        raise ValueError(f"order {order}: only even orders are cut into second-order sections")
    warped = _warped(edge)
    poles = warped * _prototype(order)
    return _sections(poles, zeros_at_dc=0, gain=warped**order)


def butter_bandpass(order: int, low: float, high: float, fs: float) -> Array:
    """Second-order sections (``order``, 6) of a band-pass from ``low`` to ``high`` Hz."""
    first, last = _warped(2 * low / fs), _warped(2 * high / fs)
    half = _prototype(order) * (last - first) / 2
    root = np.sqrt(half**2 - first * last)
    poles = np.concatenate([half + root, half - root])
    return _sections(poles, zeros_at_dc=order, gain=(last - first) ** order)


def _warped(edge: float) -> float:
    if not 0.0 < edge < 1.0:
        raise ValueError(f"a filter's edge must be between 0 and the Nyquist frequency, not {edge}")
    return 2 * _RATE * float(np.tan(np.pi * edge / 2))


def _prototype(order: int) -> NDArray[np.complex128]:
    """The poles of the analogue low-pass with its edge at 1 rad/s."""
    return -np.exp(1j * np.pi * np.arange(1 - order, order, 2) / (2 * order))


def _sections(poles: NDArray[np.complex128], zeros_at_dc: int, gain: float) -> Array:
    """The digital filter of an analogue one whose zeros lie at 0 and at infinity."""
    twice = 2 * _RATE
    gain *= float((twice**zeros_at_dc / np.prod(twice - poles)).real)
    digital = (twice + poles) / (twice - poles)
    upper = digital[digital.imag > 1e-12]
    real = np.sort(digital[np.abs(digital.imag) <= 1e-12].real)
    pairs = [(p, p.conjugate()) for p in upper[np.argsort(-np.abs(upper.imag))]]
    pairs += list(zip(real[::2], real[1::2], strict=True))
    zeros = [1.0] * zeros_at_dc + [-1.0] * (len(poles) - zeros_at_dc)
    rows = []
    for k, pair in enumerate(pairs):
        b = np.poly([zeros[k], zeros[-1 - k]]) * (gain if k == 0 else 1.0)
        rows.append(np.concatenate([b, np.poly(pair).real]))
    return np.array(rows)


def sosfiltfilt(sos: Array, x: Array, pad: int | None = None) -> Array:
    """Filters ``x`` (T,) or (T, channels) forwards and backwards: no phase shift.

    ``pad`` samples are added at each end, point-mirrored; None takes three times the filter's
    length, as SciPy does.
    """
    if pad is None:
        pad = 3 * (2 * len(sos) + 1)
    if len(x) <= pad:
        raise ValueError(f"{len(x)} samples are too few: more than {pad} are needed")
    head = 2 * x[0] - x[pad:0:-1]
    tail = 2 * x[-1] - x[-2 : -pad - 2 : -1]
    y = np.concatenate([head, x, tail])
    y = sosfilt(sos, sosfilt(sos, y)[::-1])[::-1]
    return y[pad : len(y) - pad]


def sosfilt(sos: Array, x: Array) -> Array:
    """One causal pass over ``x`` (T,) or (T, channels); its first value was always there.

    SciPy's ``sosfilt`` with ``zi=sosfilt_zi(sos) * x[0]``.
    """
    start, scale = x[0], 1.0
    for b0, b1, b2, _, a1, a2 in sos.tolist():
        total = 1 + a1 + a2
        first = (b1 + b2 - (a1 + a2) * b0) / total
        second = (1 + a1) * first - (b1 - a1 * b0)
        x = _section((b0, b1, b2, a1, a2), x, scale * first * start, scale * second * start)
        scale *= (b0 + b1 + b2) / total
    return x


def _section(ba: tuple[float, ...], x: Array, z0: Array, z1: Array) -> Array:
    """One second-order section, direct form II transposed, from the state (z0, z1) on."""
    b0, b1, b2, a1, a2 = ba
    out = []
    for value in x.tolist() if x.ndim == 1 else x:  # floats are faster than arrays of one
        y = b0 * value + z0
        z0 = b1 * value - a1 * y + z1
        z1 = b2 * value - a2 * y
        out.append(y)
    return np.array(out)


def upsampled(x: Array, times: int) -> Array:
    """``x`` (T,) with ``times`` samples for each, (T * times,): SciPy's ``resample_poly``.

    Band-limited, by a Kaiser window (beta 5) of ten samples to each side; beyond its ends the
    signal goes on along the line that joins them (``padtype="line"``).
    """
    reach = 10
    half = reach * times
    taps = np.sinc(np.arange(-half, half + 1) / times) * np.kaiser(2 * half + 1, 5.0)
    taps *= times / taps.sum()
    beyond = (x[-1] - x[0]) / (len(x) - 1) * np.arange(1, reach + 1)
    longer = np.concatenate([x[0] - beyond[::-1], x, x[-1] + beyond])
    spread = np.zeros(len(longer) * times)
    spread[::times] = longer
    return np.convolve(spread, taps)[2 * half : 2 * half + len(x) * times]
