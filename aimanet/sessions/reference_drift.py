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
SPREAD_S = 0.06
ANCHORS = 9
INVERTED = "the sensor's wave is upside down beside the session's"

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
    at, lags = _followed(ours, theirs, anchor)
    if len(at) < 4 or at[-1] - at[0] < 0.5 * DRIFT_FROM_S:
        return aligned
    slope, level = _line(at, lags)
    spread = float(np.median(np.abs(lags - (level + slope * at))))
    if abs(slope) * (at[-1] - at[0]) < DRIFT_SEEN_S or spread > SPREAD_S:
        return aligned
    # At the session's time a the sensor shows a - lag: turn "lag over a" into "a over t".
    rate = 1.0 / (1.0 - slope)
    around = level * rate
    upright = anchor.sign > 0
    ours = ours if upright else replace(ours, values=-ours.values)
    found = best_lag(ours, _stretched(theirs, rate), around - REACH_S, around + REACH_S)
    if found is None or found.r < max(CLEAR_R, aligned.correlation):
        return aligned
    ppm = 1e6 * (rate - 1.0)
    return Alignment(
        offset_s=found.offset_s,
        correlation=found.r,
        runner_up=min(aligned.runner_up, found.r),
        trust="clear",
        by=aligned.by,
        drift_ppm=ppm,
        inverted=not upright,
        overlap_s=found.overlap_s,
        notes=(
            *(() if upright else (INVERTED,)),
            f"the sensor's clock drifts by {ppm:+.0f} ppm; taken out",
        ),
    )


@dataclass(frozen=True, slots=True)
class _Anchor:
    """A moment ``at`` (s) of the session whose ``lag`` (s) and ``sign`` are beyond doubt."""

    at: float
    lag: float
    sign: float


def _anchor(
    ours: Track, theirs: Track, aligned: Alignment, low: float, high: float
) -> _Anchor | None:
    """The middle of what both share, or the first piece from there that is clear by itself."""
    begin = max(ours.t0, theirs.t0 + aligned.offset_s)
    end = min(ours.end, theirs.end + aligned.offset_s)
    if aligned.trust == "clear":
        # A drift blurs the whole; near the middle of what they share it blurs least.
        return _Anchor(0.5 * (begin + end), aligned.offset_s, -1.0 if aligned.inverted else 1.0)
    length = 2.5 * PIECE_S
    starts = np.arange(ours.t0, ours.end - length + 1e-9, length)
    if not len(starts):
        return None
    from_middle = np.argsort(np.abs(starts - starts.mean()))[:ANCHORS]
    for start in starts[from_middle].tolist():
        piece = ours.part(start, start + length)
        near = theirs.part(start - high, start + length - low)
        found = surest_lag(
            piece, near, low, high, both_ways=aligned.by == "wave", min_s=0.7 * length
        )
        if found is not None and found.clear:
            return _Anchor(start + length / 2, found.offset_s, found.sign)
    return None


def _followed(ours: Track, theirs: Track, anchor: _Anchor) -> tuple[Signal, Signal]:
    """Lags of pieces outward from an anchor, each near what the ones before foretell."""
    seen: list[tuple[float, float]] = []
    for step in (0.5 * PIECE_S, -0.5 * PIECE_S):
        at, lag, slope = anchor.at, anchor.lag, 0.0
        middle = at if step > 0 else at + step
        while ours.t0 <= middle <= ours.end:
            guess = lag + slope * (middle - at)
            found = _near(ours, theirs, middle, guess, anchor.sign)
            if found is not None:
                if middle != at:
                    slope = 0.5 * slope + 0.5 * (found - lag) / (middle - at)
                at, lag = middle, found
                seen.append((at, lag))
            middle += step
    seen.sort()
    table = np.array(seen).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def _near(ours: Track, theirs: Track, middle: float, guess: float, sign: float) -> float | None:
    """The lag of the piece around ``middle`` if it is sure enough and close to the guess."""
    piece = ours.part(middle - PIECE_S / 2, middle + PIECE_S / 2)
    around = theirs.part(piece.t0 - guess - 2.0, piece.end - guess + 2.0)
    if min(len(piece.values), len(around.values)) < PIECE_S * FS / 2:
        return None
    piece = replace(piece, values=sign * piece.values)
    found = best_lag(piece, around, guess - REACH_S, guess + REACH_S, min_s=PIECE_S / 2)
    if found is None or found.r < CLEAR_R or abs(found.offset_s - guess) > 0.9 * REACH_S:
        return None
    return found.offset_s


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
