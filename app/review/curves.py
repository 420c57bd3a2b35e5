"""Curves for the plots: recorded, re-analysed and measured ones alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aimanet.sessions.reader import Marker, RecordedReading, Session
from aimanet.types import State
from aimanet.words import trusted_bpm

Values = NDArray[np.float64]

MAX_GAP_S = 2.5
"""Readings further apart are not joined."""

STATES = (State.OK, State.POOR_SIGNAL, State.NO_FACE, State.WARMING_UP)


@dataclass(frozen=True, slots=True, eq=False)
class Rates:
    """Heart rates over time: ``t``, ``bpm`` (NaN for none), ``ok``, ``quality``, all (N,).

    ``state`` (N,) counts into `STATES`.
    """

    t: Values
    bpm: Values
    ok: NDArray[np.bool_]
    quality: Values
    state: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Wave:
    """A pulse wave: ``t`` (M,) s rising, ``value`` (M,)."""

    t: Values
    value: Values

    def around(self, t0: float, t1: float) -> tuple[Values, Values]:
        """The stretch from t0 to t1, its height about 1, broken where samples are missing."""
        a, b = np.searchsorted(self.t, [t0, t1])
        t, value = self.t[a:b], self.value[a:b]
        if len(t) < 2:
            return t, value
        finite = value[np.isfinite(value)]
        if not len(finite):
            return t, value
        centred = value - np.median(finite)
        reach = float(np.percentile(np.abs(centred[np.isfinite(centred)]), 98)) * 1.15
        scaled = np.clip(centred / (reach or 1.0), -1.05, 1.05)
        scaled[1:][np.diff(t) > 0.5] = np.nan
        return t, scaled


def rates_of(readings: Sequence[RecordedReading]) -> Rates:
    """What a plot needs of readings; no number where it is not trusted."""
    bpm = np.array([trusted_bpm(r) for r in readings], float)
    state = np.array([STATES.index(r.state) for r in readings], np.int64)
    return Rates(
        t=np.array([r.t for r in readings], float),
        bpm=bpm,
        ok=(state == 0) & np.isfinite(bpm),
        quality=np.array([r.quality for r in readings], float),
        state=state,
    )


def recorded_wave(session: Session) -> Wave:
    """The live curve of the day."""
    return Wave(session.bvp_t, session.bvp)


def line_of(rates: Rates) -> tuple[Values, Values]:
    """The trusted numbers as a line with NaN in its gaps."""
    t, bpm = rates.t, np.where(rates.ok, rates.bpm, np.nan)
    wide = np.flatnonzero(np.diff(t) > MAX_GAP_S)
    return np.insert(t, wide + 1, t[wide] + 0.01), np.insert(bpm, wide + 1, np.nan)


def thinned(t: Values, y: Values, most: int = 2400) -> tuple[Values, Values]:
    """At most about ``most`` points: of each stretch the lowest and the highest, gaps kept."""
    per = -(-2 * len(t) // most)
    if per <= 2:
        return t, y
    kept: list[int] = []
    for a in range(0, len(t), per):
        part = y[a : a + per]
        if np.isnan(part).any():
            kept += [a, a + int(np.flatnonzero(np.isnan(part))[0])]
        if not np.isnan(part).all():
            kept += [a + int(np.nanargmin(part)), a + int(np.nanargmax(part))]
    rows = np.unique(kept)
    return t[rows], y[rows]


def spaced(markers: Sequence[Marker], duration_s: float, most: int) -> list[Marker]:
    """Those within the session, at most ``most``: none so near another that one sees only one."""
    shown: list[Marker] = []
    for marker in markers:
        if -1.0 <= marker.t <= duration_s + 1.0 and (
            len(markers) <= most or not shown or marker.t - shown[-1].t >= duration_s / most
        ):
            shown.append(marker)
    return shown
