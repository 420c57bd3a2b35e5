"""A sensor's clock that runs faster or slower than the computer's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from aimanet.sessions.reference_lags import CLEAR_R, best_lag, surest_lag
from aimanet.sessions.reference_table import Signal
from aimanet.sessions.reference_tracks import FS, Track

PIECE_S = 40.0
REACH_S = 0.4
"""How far a piece's lag may be from the one its neighbours foretell."""
DRIFT_FROM_S = 150.0
DRIFT_SEEN_S = 0.06

Trust = Literal["clear", "uncertain", "none"]


@dataclass(frozen=True, slots=True)
class Alignment:
    """A sensor's time t is at offset_s + (1 + drift_ppm / 1e6) * t on the session's time line.

    ``correlation`` of the two there (0-1); ``runner_up`` the best at any other lag, scaled alike.
    ``trust`` is clear, uncertain (look at the curves) or none (nothing to correlate: the starts or
    the wall clocks were put together). ``by``: wave, beats, heart rate, wall clock or start.
    """

    offset_s: float
    correlation: float = 0.0
    runner_up: float = 0.0
    trust: Trust = "none"
    by: str = "start"
    drift_ppm: float = 0.0
    inverted: bool = False
    overlap_s: float = 0.0
    notes: tuple[str, ...] = ()

    def on_session(self, t: Signal) -> Signal:
        """The sensor's times (K,) s on the session's time line."""
        return self.offset_s + (1.0 + 1e-6 * self.drift_ppm) * t


def with_drift(
    ours: Track, theirs: Track, aligned: Alignment, low: float, high: float
) -> Alignment:
    """Follows the lag piece by piece: a sensor's clock may run faster than the computer's."""
    if min(ours.end - ours.t0, theirs.end - theirs.t0) < DRIFT_FROM_S:
        return aligned
    anchor = _anchor(ours, theirs, aligned, low, high)
    if anchor is None:
        return aligned
    at, lags = _followed(ours, theirs, *anchor, sign=-1.0 if aligned.inverted else 1.0)
    if len(at) < 4 or at[-1] - at[0] < 0.5 * DRIFT_FROM_S:
        return aligned
    slope, level = _line(at, lags)
    spread = float(np.median(np.abs(lags - (level + slope * at))))
    if abs(slope) * (at[-1] - at[0]) < DRIFT_SEEN_S or spread > 0.06:
        return aligned
    # At the session's time a the sensor shows a - lag: turn "lag over a" into "a over t".
    rate = 1.0 / (1.0 - slope)
    moved = replace(aligned, offset_s=level * rate, drift_ppm=1e6 * (rate - 1.0))
    stretched = _stretched(theirs, rate)
    found = best_lag(ours, stretched, moved.offset_s - REACH_S, moved.offset_s + REACH_S,
                  both_ways=aligned.inverted)  # fmt: skip
    if found is None or found.r < aligned.correlation:
        return aligned
    note = f"the sensor's clock drifts by {moved.drift_ppm:+.0f} ppm; taken out"
    sure = found.r >= CLEAR_R and len(at) >= 4
    return replace(
        moved,
        offset_s=found.offset_s,
        correlation=found.r,
        runner_up=min(aligned.runner_up, found.r),
        trust="clear" if sure else aligned.trust,
        overlap_s=found.overlap_s,
        notes=(*aligned.notes, note),
    )


def _anchor(
    ours: Track, theirs: Track, aligned: Alignment, low: float, high: float
) -> tuple[float, float] | None:
    """A moment of the session and its lag that are beyond doubt."""
    begin = max(ours.t0, theirs.t0 + aligned.offset_s)
    end = min(ours.end, theirs.end + aligned.offset_s)
    if aligned.trust == "clear":
        # A drift blurs the whole; near the middle of what they share it blurs least.
        return 0.5 * (begin + end), aligned.offset_s
    length = 2.5 * PIECE_S
    best: tuple[float, float, float] | None = None
    for start in np.arange(ours.t0, ours.end - length + 1e-9, length):
        piece = ours.part(start, start + length)
        found = surest_lag(piece, theirs, low, high, both_ways=aligned.inverted, min_s=0.7 * length)
        if found is not None and found.clear and (best is None or found.odds > best[0]):
            best = found.odds, float(start) + length / 2, found.offset_s
    return None if best is None else best[1:]


def _followed(
    ours: Track, theirs: Track, at: float, lag: float, sign: float
) -> tuple[Signal, Signal]:
    """Lags of pieces outward from an anchor, each near what the ones before foretell."""
    moments: list[float] = []
    lags: list[float] = []
    step = PIECE_S / 2
    for way in (1, -1):
        near, k = lag, 0 if way == 1 else 1
        last_slope = 0.0
        while ours.t0 <= (middle := at + way * k * step) <= ours.end:
            k += 1
            guess = near + last_slope * step
            piece = ours.part(middle - PIECE_S / 2, middle + PIECE_S / 2)
            far = Track(piece.t0, piece.fs, sign * piece.values, piece.known)
            around = theirs.part(piece.t0 - guess - 2.0, piece.end - guess + 2.0)
            if len(piece.values) < PIECE_S * FS / 2 or len(around.values) < PIECE_S * FS / 2:
                continue
            found = best_lag(far, around, guess - REACH_S, guess + REACH_S, min_s=PIECE_S / 2)
            if found is None or found.r < CLEAR_R or abs(found.offset_s - guess) > 0.9 * REACH_S:
                continue
            moments.append(middle)
            lags.append(found.offset_s)
            last_slope = 0.5 * last_slope + 0.5 * (found.offset_s - near) / step
            near = found.offset_s
    order = np.argsort(moments)
    return np.array(moments)[order], np.array(lags)[order]


def _line(x: Signal, y: Signal) -> tuple[float, float]:
    """Slope and level of the straight line by medians (Theil & Sen)."""
    some = np.linspace(0, len(x) - 1, min(len(x), 300)).astype(int)
    x, y = x[some], y[some]
    i, j = np.triu_indices(len(x), 1)
    slope = float(np.median((y[j] - y[i]) / (x[j] - x[i])))
    return slope, float(np.median(y - slope * x))


def _stretched(track: Track, rate: float) -> Track:
    """The track with its times multiplied by ``rate``."""
    t = (track.t0 + np.arange(len(track.values)) / track.fs) * rate
    grid = np.arange(np.ceil(t[0] * track.fs), np.floor(t[-1] * track.fs)) / track.fs
    values = np.interp(grid, t, track.values)
    known = np.interp(grid, t, track.known.astype(np.float64)) > 0.5
    return Track(float(grid[0]), track.fs, values * known, known)
