"""Where a sensor's time line lies on the session's: correlation, drift, and how sure that is.

The session's curve is causally band-passed (`aimanet.pulse.bandpass`), which delays it; the
sensor's wave goes through the same filter, so that the delay cancels out. Then both are
band-passed without delay, scaled to an even size, and correlated at every lag, over what both have
measured (masked normalised correlation, by FFT). A sensor of single beats (ECG, intervals) is
drawn as a wave first; one of heart rates alone is compared by its heart rates, which is coarser.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import uniform_filter1d
from scipy.signal import butter, find_peaks, hilbert, sosfiltfilt

from aimanet.pulse import PulseConfig, bandpass
from aimanet.sessions.reader import Session
from aimanet.sessions.reference_clock import day_apart
from aimanet.sessions.reference_rates import rates_of_wave, smoothed
from aimanet.sessions.reference_sensor import Sensor
from aimanet.sessions.reference_table import ReferenceError, Signal

SEARCH_S = 60.0
"""So far to either side an offset is looked for."""
FS = 40.0
RATE_FS = 4.0
HOLE_S = 0.5
MIN_OVERLAP_S = 10.0
ARRIVAL_S = 0.3
"""From an R peak to the top of the pulse in the face: the valves take 0.1 s, the way and the
pulse's rise 0.1 s each."""
UPSIDE_DOWN = 1.03
"""A wave counts as upside down if that fits better by this factor; else it is half a beat off."""
SMOOTH_S = 2.0
BEAT_S = 0.11
"""Width of the wave that is drawn for a beat."""

CLEAR_R = 0.3
CLEAR_ODDS = 3.0
"""The best lag is clear if it is e to this times likelier than the next; beats resemble another."""
CLEAR_WANDER = 0.25
"""Circular variance of the phase between the two beyond which they are not the same heart."""
CANDIDATES = 80
RATE_CLEAR_R = 0.7
RATE_CLEAR_LEAD = 0.25

PIECE_S = 40.0
REACH_S = 0.4
"""How far a piece's lag may be from the one its neighbours foretell."""
DRIFT_FROM_S = 150.0
DRIFT_SEEN_S = 0.06

Trust = Literal["clear", "uncertain", "none"]
Mask = NDArray[np.bool_]


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


@dataclass(frozen=True, slots=True, eq=False)
class _Track:
    """A signal on an even grid from ``t0``: ``values`` are 0 where ``known`` is False."""

    t0: float
    fs: float
    values: Signal
    known: Mask

    @property
    def end(self) -> float:
        return self.t0 + len(self.values) / self.fs

    def part(self, begin: float, end: float) -> _Track:
        """From ``begin`` to ``end`` (s)."""
        a = max(0, round((begin - self.t0) * self.fs))
        b = max(a, round((end - self.t0) * self.fs))
        return _Track(self.t0 + a / self.fs, self.fs, self.values[a:b], self.known[a:b])


def find_offset(
    session: Session, sensor: Sensor, search_s: float = SEARCH_S, around_s: float | None = None
) -> Alignment:
    """The offset at which sensor and session agree best.

    Args:
        session: its curve is what the sensor is compared with.
        sensor: as it was read.
        search_s: so far around the expected offset.
        around_s: the expected offset; by default from the wall clocks, or the starts together.
    """
    expected, by, notes = expected_offset(session, sensor)
    centre = expected if around_s is None else around_s
    low, high = centre - search_s, centre + search_s
    if around_s is None and by == "start":
        low, high = _room(session, sensor, low, high)
    found = _by_wave(session, sensor, low, high)
    if found is None:
        found = _by_rate(session, sensor, low, high)
    if found is None:
        return Alignment(centre, by=by, notes=(*notes, "nothing to correlate; check the offset"))
    return replace(found, notes=(*notes, *found.notes))


def expected_offset(session: Session, sensor: Sensor) -> tuple[float, str, tuple[str, ...]]:
    """The offset that the wall clocks tell, or else the one that puts the starts together.

    Clocks that are whole hours apart (another time zone, summer time) are put together.
    """
    begin, end = sensor.span
    started = session.info.started
    if sensor.start is None or started is None:
        return -begin, "start", ()
    start = sensor.start
    if not sensor.dated:
        start = day_apart(start, started)
    there = started if start.tzinfo is not None else started.replace(tzinfo=None)
    offset = (start - there).total_seconds()
    if _overlap(offset + begin, offset + end, session) > 0:
        return offset, "wall clock", ()
    for hours in sorted(range(-26, 27), key=abs):
        moved = offset + 3600.0 * hours
        if _overlap(moved + begin, moved + end, session) > 0:
            note = f"the sensor's clock is {abs(hours)} h off (time zone or summer time?)"
            return moved, "wall clock", (note,)
    days = offset / 86400.0
    note = f"by its clock the sensor ran {days:+.1f} days from the session; starts put together"
    return -begin, "start", (note,)


def _overlap(begin: float, end: float, session: Session) -> float:
    return min(end, session.duration_s + SEARCH_S) - max(begin, -SEARCH_S)


def _room(session: Session, sensor: Sensor, low: float, high: float) -> tuple[float, float]:
    """A sensor that ran longer than the session may have begun any time before it."""
    begin, end = sensor.span
    return low - max(0.0, end - begin - session.duration_s), high


def _by_wave(session: Session, sensor: Sensor, low: float, high: float) -> Alignment | None:
    ours, theirs = _session_track(session), _sensor_track(sensor)
    if ours is None or theirs is None:
        return None
    found = _surest(ours, theirs, low, high, both_ways=sensor.kind == "ppg")
    if found is None:
        return None
    by = "wave" if sensor.kind == "ppg" else "beats"
    aligned = _alignment(found, by, clear=found.clear)
    if min(ours.end - ours.t0, theirs.end - theirs.t0) < DRIFT_FROM_S:
        return aligned
    return _drifted(ours, theirs, aligned, low, high)


def _alignment(found: _Peak, by: str, *, clear: bool) -> Alignment:
    return Alignment(
        offset_s=found.offset_s,
        correlation=found.r,
        runner_up=found.rival,
        trust="clear" if clear else "uncertain",
        by=by,
        inverted=found.sign < 0,
        overlap_s=found.overlap_s,
        notes=("the sensor's wave is upside down beside the session's",) if found.sign < 0 else (),
    )


def _session_track(session: Session) -> _Track | None:
    return _track(session.bvp_t, session.bvp, FS, causal=False)


def _sensor_track(sensor: Sensor) -> _Track | None:
    if len(sensor.ppg):
        return _track(sensor.t, sensor.ppg, FS, causal=True)
    if len(sensor.beats) >= 8:
        t, wave = drawn_beats(sensor.beats)
        return _track(t, wave, FS, causal=True)
    return None


def drawn_beats(beats: Signal) -> tuple[Signal, Signal]:
    """A wave with a bump behind each R peak; where beats are missing there are no samples."""
    t = np.arange(beats[0] - 0.5, beats[-1] + 1.0, 1.0 / FS)
    tops = beats + ARRIVAL_S
    at = np.searchsorted(tops, t)
    wave = np.zeros(len(t))
    for side in (-1, 0):
        near = tops[np.clip(at + side, 0, len(tops) - 1)]
        wave += np.exp(-0.5 * ((t - near) / BEAT_S) ** 2)
    apart = tops[np.clip(at, 0, len(tops) - 1)] - tops[np.clip(at - 1, 0, len(tops) - 1)]
    here = apart < 2.5
    return t[here], wave[here]


def _track(t: Signal, wave: Signal, fs: float, *, causal: bool) -> _Track | None:
    """A wave on the grid: band-passed and evenly loud between its holes."""
    good = np.isfinite(t) & np.isfinite(wave)
    t, wave = t[good], wave[good]
    if len(t) < 2 or t[-1] - t[0] < MIN_OVERLAP_S:
        return None
    grid = np.arange(np.ceil(t[0] * fs), np.floor(t[-1] * fs)) / fs
    values, known = np.zeros(len(grid)), np.zeros(len(grid), np.bool_)
    cuts = np.flatnonzero(np.diff(t) > HOLE_S) + 1
    for part, piece in zip(np.split(t, cuts), np.split(wave, cuts), strict=True):
        if part[-1] - part[0] < 3.0:
            continue
        inside = (grid >= part[0]) & (grid <= part[-1])
        values[inside] = _shaped(_at(part, piece, grid[inside]), fs, causal=causal)
        known |= inside
    return _Track(float(grid[0]), fs, values, known) if known.sum() > MIN_OVERLAP_S * fs else None


def _at(t: Signal, wave: Signal, grid: Signal) -> Signal:
    """The wave at ``grid``; means over a step of the grid where it is sampled faster."""
    step = 1.0 / FS
    per = (len(t) - 1) / max(t[-1] - t[0], 1e-9) * step
    if per > 1.5:
        wave = uniform_filter1d(wave, max(1, round(per)))
    return np.interp(grid, t, wave)


def _shaped(wave: Signal, fs: float, *, causal: bool) -> Signal:
    wave = wave - wave.mean()
    if causal:
        band = PulseConfig()
        wave = bandpass(wave, fs, band.low_bpm / 60.0, band.high_bpm / 60.0)
    sos = butter(2, (0.6, 4.0), "bandpass", fs=fs, output="sos")
    wave = np.asarray(sosfiltfilt(sos, wave, padlen=min(len(wave) - 1, int(3 * fs))))
    loud = np.sqrt(uniform_filter1d(wave**2, round(3.0 * fs)))
    floor = 0.2 * float(np.median(loud)) + 1e-12
    return np.clip(wave / np.maximum(loud, floor), -3.0, 3.0)


@dataclass(frozen=True, slots=True)
class _Peak:
    """The best lag: correlation there and the best one elsewhere.

    ``odds`` (nats) by how much likelier it is than any other, ``wander`` the circular variance of
    the phase between the two; both only where they were compared by phase.
    """

    offset_s: float
    r: float
    rival: float
    sign: float
    overlap_s: float
    odds: float = 0.0
    wander: float = 1.0

    @property
    def clear(self) -> bool:
        """Beyond doubt."""
        return self.r >= CLEAR_R and self.odds >= CLEAR_ODDS and self.wander <= CLEAR_WANDER


@dataclass(frozen=True, slots=True, eq=False)
class _Lags:
    """Correlations ``r`` and scores (``r`` weighted by the overlap) at all offsets."""

    offsets: Signal
    r: Signal
    score: Signal
    count: Signal
    sign: float


def _lags(
    ours: _Track, theirs: _Track, low: float, high: float, *, both_ways: bool, min_s: float
) -> _Lags | None:
    """All offsets from ``low`` to ``high`` s; None where the two never overlap by ``min_s``."""
    r, count = _correlation(ours, theirs)
    fs = ours.fs
    offsets = ours.t0 - theirs.t0 + (np.arange(len(r)) - (len(theirs.values) - 1)) / fs
    allowed = (offsets >= low) & (offsets <= high) & (count >= min_s * fs)
    if not allowed.any():
        return None
    score = r * np.sqrt(count / count[allowed].max())
    sign = 1.0
    if both_ways and -score[allowed].min() > UPSIDE_DOWN * score[allowed].max():
        sign, r, score = -1.0, -r, -score
    return _Lags(offsets, r, np.where(allowed, score, -1.0), count / fs, sign)


def _best(
    ours: _Track,
    theirs: _Track,
    low: float,
    high: float,
    *,
    both_ways: bool = False,
    apart_s: float = 0.35,
    min_s: float = MIN_OVERLAP_S,
) -> _Peak | None:
    """The highest correlation at offsets from ``low`` to ``high`` s; None without an overlap."""
    lags = _lags(ours, theirs, low, high, both_ways=both_ways, min_s=min_s)
    return None if lags is None else _peak(lags, int(np.argmax(lags.score)), apart_s, ours.fs)


def _peak(lags: _Lags, k: int, apart_s: float, fs: float) -> _Peak:
    others = np.abs(lags.offsets - lags.offsets[k]) > apart_s
    rival = float(lags.score[others].max()) if others.any() else 0.0
    return _Peak(
        offset_s=float(lags.offsets[k]) + _between(lags.r, k) / fs,
        r=float(lags.r[k]),
        rival=max(0.0, rival),
        sign=lags.sign,
        overlap_s=float(lags.count[k]),
    )


def _surest(
    ours: _Track,
    theirs: _Track,
    low: float,
    high: float,
    *,
    both_ways: bool,
    min_s: float = MIN_OVERLAP_S,
) -> _Peak | None:
    """The lag at which both hearts keep step.

    A beat more or less costs a steady pulse hardly any correlation. What tells them apart is the
    phase between the two waves: smoothed over two seconds it wanders least at the true lag, and
    the logarithm of the ratio of two such variances, times half the number of independent
    stretches, is how much likelier one lag is than the other.
    """
    lags = _lags(ours, theirs, low, high, both_ways=both_ways, min_s=min_s)
    if lags is None:
        return None
    tops, _ = find_peaks(lags.score, distance=round(0.2 * ours.fs))
    tops = tops[lags.score[tops] > 0.7 * lags.score.max()]
    tops = tops[np.argsort(lags.score[tops])[::-1][:CANDIDATES]]
    if not len(tops):
        return _peak(lags, int(np.argmax(lags.score)), 0.35, ours.fs)
    turn_a, turn_b = _turning(ours), _turning(theirs)
    shift = np.round((lags.offsets[tops] - (ours.t0 - theirs.t0)) * ours.fs).astype(int)
    wander = np.array([_wander(turn_a, turn_b, int(k)) for k in shift])
    stretches = lags.count[tops] / SMOOTH_S
    likely = -0.5 * stretches * np.log(wander) + 0.5 * stretches * np.log(wander.min())
    best = int(np.argmax(np.where(stretches > 0.5 * stretches.max(), likely, -np.inf)))
    others = np.delete(likely, best)
    odds = float(likely[best] - others.max()) if len(others) else np.inf
    peak = _peak(lags, int(tops[best]), 0.35, ours.fs)
    return replace(peak, odds=odds, wander=float(wander[best]))


def _turning(track: _Track) -> NDArray[np.complex128]:
    """(N,) the track's phase as complex numbers of length 1; 0 where it is unknown."""
    sos = butter(2, (0.7, 2.5), "bandpass", fs=track.fs, output="sos")
    wave = hilbert(sosfiltfilt(sos, track.values))
    return np.asarray(wave / np.maximum(np.abs(wave), 1e-9) * track.known, np.complex128)


def _wander(a: NDArray[np.complex128], b: NDArray[np.complex128], shift: int) -> float:
    """Circular variance (0-1) of the smoothed phase between ``a`` and ``b`` put at ``shift``."""
    begin, end = max(0, shift), min(len(a), len(b) + shift)
    between = a[begin:end] * np.conj(b[begin - shift : end - shift])
    width = round(SMOOTH_S * FS)
    calm = uniform_filter1d(between.real, width) + 1j * uniform_filter1d(between.imag, width)
    length = np.abs(calm)
    told = length > 1e-6
    if not told.any():
        return 1.0
    return max(1e-6, 1.0 - float(np.abs((calm[told] / length[told]).mean())))


def _between(r: Signal, k: int) -> float:
    """Where between samples the top of the parabola around ``k`` is, in samples."""
    if not 0 < k < len(r) - 1:
        return 0.0
    a, b, c = r[k - 1 : k + 2]
    bend = a - 2 * b + c
    return float(np.clip(0.5 * (a - c) / bend, -0.5, 0.5)) if bend < 0 else 0.0


def _correlation(ours: _Track, theirs: _Track) -> tuple[Signal, Signal]:
    """Pearson's r and number of common samples at every lag of ``theirs`` behind ``ours``.

    Padfield 2012: masked normalised correlation through FFTs of values, squares and masks.
    """
    size = fft.next_fast_len(len(ours.values) + len(theirs.values) - 1, real=True)
    last = len(ours.values) + len(theirs.values) - 1

    def product(a: Signal, b: Signal) -> Signal:
        spectrum = fft.rfft(a, size) * fft.rfft(b[::-1], size)
        return np.asarray(fft.irfft(spectrum, size)[:last])

    a, ma = ours.values, ours.known.astype(np.float64)
    b, mb = theirs.values, theirs.known.astype(np.float64)
    n = np.maximum(np.round(product(ma, mb)), 0.0)
    one = np.maximum(n, 1.0)
    sum_a, sum_b = product(a, mb), product(ma, b)
    both = product(a, b) - sum_a * sum_b / one
    var_a = product(a * a, mb) - sum_a**2 / one
    var_b = product(ma, b * b) - sum_b**2 / one
    scale = np.sqrt(np.maximum(var_a, 0.0) * np.maximum(var_b, 0.0))
    r = np.where((scale > 1e-6 * one) & (n > 1), both / np.maximum(scale, 1e-300), 0.0)
    return np.clip(r, -1.0, 1.0), n


def _drifted(
    ours: _Track, theirs: _Track, aligned: Alignment, low: float, high: float
) -> Alignment:
    """Follows the lag piece by piece: a sensor's clock may run faster than the computer's."""
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
    found = _best(ours, stretched, moved.offset_s - REACH_S, moved.offset_s + REACH_S,
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
    ours: _Track, theirs: _Track, aligned: Alignment, low: float, high: float
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
        found = _surest(piece, theirs, low, high, both_ways=aligned.inverted, min_s=0.7 * length)
        if found is not None and found.clear and (best is None or found.odds > best[0]):
            best = found.odds, float(start) + length / 2, found.offset_s
    return None if best is None else best[1:]


def _followed(
    ours: _Track, theirs: _Track, at: float, lag: float, sign: float
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
            far = _Track(piece.t0, piece.fs, sign * piece.values, piece.known)
            around = theirs.part(piece.t0 - guess - 2.0, piece.end - guess + 2.0)
            if len(piece.values) < PIECE_S * FS / 2 or len(around.values) < PIECE_S * FS / 2:
                continue
            found = _best(far, around, guess - REACH_S, guess + REACH_S, min_s=PIECE_S / 2)
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


def _stretched(track: _Track, rate: float) -> _Track:
    """The track with its times multiplied by ``rate``."""
    t = (track.t0 + np.arange(len(track.values)) / track.fs) * rate
    grid = np.arange(np.ceil(t[0] * track.fs), np.floor(t[-1] * track.fs)) / track.fs
    values = np.interp(grid, t, track.values)
    known = np.interp(grid, t, track.known.astype(np.float64)) > 0.5
    return _Track(float(grid[0]), track.fs, values * known, known)


def _by_rate(session: Session, sensor: Sensor, low: float, high: float) -> Alignment | None:
    """By the course of the heart rate, each a mean over the same seconds around a moment."""
    if len(sensor.rate_t) < 8:
        return None
    width_s = 8.0
    ours_t, ours_bpm = rates_of_wave(session.bvp_t, session.bvp, width_s, step_s=1.0 / RATE_FS)
    ours = _rate_track(ours_t - _filter_delay_s(), ours_bpm)
    theirs_bpm = smoothed(sensor.rate_t, sensor.rate_bpm, width_s)
    theirs = _rate_track(sensor.rate_t, theirs_bpm)
    if ours is None or theirs is None:
        return None
    found = _best(ours, theirs, low, high, apart_s=4.0, min_s=20.0)
    if found is None:
        return None
    clear = found.r >= RATE_CLEAR_R and found.rival <= (1.0 - RATE_CLEAR_LEAD) * found.r
    return _alignment(found, "heart rate", clear=clear)


def _filter_delay_s() -> float:
    """By how much the live curve's filter delays a pulse of 70 BPM: about 0.15 s."""
    return 0.15


def _rate_track(t: Signal, bpm: Signal) -> _Track | None:
    good = np.isfinite(bpm)
    t, bpm = t[good], bpm[good]
    if len(t) < 8 or t[-1] - t[0] < MIN_OVERLAP_S:
        return None
    grid = np.arange(np.ceil(t[0] * RATE_FS), np.floor(t[-1] * RATE_FS)) / RATE_FS
    at = np.clip(np.searchsorted(t, grid), 1, len(t) - 1)
    hole = max(4.0, 3.0 * float(np.median(np.diff(t))))
    known = (t[at] - t[at - 1]) <= hole
    middle = float(np.median(bpm))
    return _Track(float(grid[0]), RATE_FS, (np.interp(grid, t, bpm) - middle) * known, known)


def require_overlap(session: Session, sensor: Sensor, aligned: Alignment) -> None:
    """Something of the sensor must lie on the session.

    Raises:
        ReferenceError: nothing does.
    """
    begin, end = aligned.on_session(np.array(sensor.span)).tolist()
    if end <= 0 or begin >= session.duration_s:
        raise ReferenceError(
            f"with an offset of {aligned.offset_s:+.2f} s the sensor covers {begin:.1f} to "
            f"{end:.1f} s, the session 0 to {session.duration_s:.1f} s: correct the offset"
        )
