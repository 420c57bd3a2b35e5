"""Where a sensor's time line lies on the session's: correlation, drift, and how sure that is.

The session's curve is causally band-passed (`aimanet.pulse.bandpass`), which delays it; the
sensor's wave goes through the same filter, so that the delay cancels out. Then both are
band-passed without delay, scaled to an even size, and correlated at every lag, over what both have
measured (masked normalised correlation, by FFT). A sensor of single beats (ECG, intervals) is
drawn as a wave first; one of heart rates alone is compared by its heart rates, which is coarser.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from aimanet.sessions.reader import Session
from aimanet.sessions.reference_dates import day_apart
from aimanet.sessions.reference_drift import INVERTED, Alignment, Trust, with_drift
from aimanet.sessions.reference_lags import Peak, best_lag, surest_lag
from aimanet.sessions.reference_rates import rates_of_wave, smoothed
from aimanet.sessions.reference_sensor import Sensor
from aimanet.sessions.reference_table import ReferenceError
from aimanet.sessions.reference_tracks import RATE_FS, rate_track, sensor_track, session_track

__all__ = [
    "Alignment",
    "Trust",
    "expected_offset",
    "find_offset",
    "near_session",
    "require_overlap",
]

SEARCH_S = 60.0
"""So far to either side an offset is looked for."""
LONGEST_S = 86_400.0
"""A sensor that ran longer, and whose clock does not say when, is not searched through."""
RATE_CLEAR_Z = 2.6
"""Fisher's z of a clear correlation of heart rates, counting one value in `RATE_WIDTH_S`."""
RATE_CLEAR_LEAD = 0.25
HARDLY_R = 0.3
"""Heart rates that correlate less say nothing about the offset: the clocks are believed instead."""
RATE_WIDTH_S = 8.0
DELAY_S = 0.15
"""By so much the live curve's filter delays a pulse of 70 BPM."""


def find_offset(
    session: Session, sensor: Sensor, search_s: float = SEARCH_S, around_s: float | None = None
) -> Alignment:
    """The offset at which sensor and session agree best.

    Args:
        session: its curve is what the sensor is compared with.
        sensor: as it was read.
        search_s: so far around the expected offset.
        around_s: the expected offset; by default from the wall clocks, or the starts together.

    Raises:
        ReferenceError: the sensor ran for days, and nothing says when the session was.
    """
    sensor = near_session(session, sensor, search_s, around_s)
    expected, by, notes = expected_offset(session, sensor)
    centre = expected if around_s is None else around_s
    low, high = centre - search_s, centre + search_s
    if around_s is None and by == "start":
        low, high = _room(session, sensor, low, high)
    found = _by_wave(session, sensor, low, high)
    if found is None:
        found = _by_rate(session, sensor, low, high)
        if found is not None and found.trust != "clear" and found.correlation < HARDLY_R:
            note = "the heart rates are too even to find the offset by; check it"
            return Alignment(centre, by=by, notes=(*notes, note))
    if found is None:
        return Alignment(centre, by=by, notes=(*notes, "nothing to correlate; check the offset"))
    return replace(found, notes=(*notes, *found.notes))


def near_session(
    session: Session, sensor: Sensor, search_s: float = SEARCH_S, around_s: float | None = None
) -> Sensor:
    """The part of a sensor that can lie on the session: some run for days or years.

    Raises:
        ReferenceError: nothing says which part it is, or there is none.
    """
    begin, end = sensor.span
    if end - begin <= session.duration_s + 2 * search_s:
        return sensor
    expected, by, _ = expected_offset(session, sensor)
    if around_s is None and by == "start":
        if end - begin <= LONGEST_S:
            return sensor
        raise ReferenceError(
            f"the sensor ran for {(end - begin) / 3600:.0f} h, and its clock does not say where "
            "the session lies in it: cut that part out, or give the offset"
        )
    low = -(expected if around_s is None else around_s) - search_s
    high = low + session.duration_s + 2 * search_s
    near = sensor.between(low, high)
    if not any(len(line) for line in (near.t, near.beats, near.rate_t)):
        raise ReferenceError("the sensor measured nothing during the session: correct the offset")
    return near


def expected_offset(session: Session, sensor: Sensor) -> tuple[float, str, tuple[str, ...]]:
    """The offset that the wall clocks tell, or else the one that puts the starts together.

    Clocks that are whole hours apart (another time zone, summer time) are put together.
    """
    begin, end = sensor.span
    started = session.info.started
    if sensor.start is None or started is None:
        return 0.0 - begin, "start", ()
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
    away = abs(offset)
    apart = f"{away / 86400.0:.1f} days" if away > 172_800 else f"{away / 3600:.1f} h"
    order = "after" if offset > 0 else "before"
    note = f"by its clock the sensor ran {apart} {order} the session; their starts were aligned"
    return 0.0 - begin, "start", (note,)


def _overlap(begin: float, end: float, session: Session) -> float:
    return min(end, session.duration_s + SEARCH_S) - max(begin, -SEARCH_S)


def _room(session: Session, sensor: Sensor, low: float, high: float) -> tuple[float, float]:
    """A sensor that ran longer than the session may have begun any time before it."""
    begin, end = sensor.span
    return low - max(0.0, end - begin - session.duration_s), high


def _by_wave(session: Session, sensor: Sensor, low: float, high: float) -> Alignment | None:
    ours, theirs = session_track(session), sensor_track(sensor)
    if ours is None or theirs is None:
        return None
    found = surest_lag(ours, theirs, low, high, both_ways=sensor.kind == "ppg")
    if found is None:
        return None
    by = "wave" if sensor.kind == "ppg" else "beats"
    aligned = _alignment(found, by, clear=found.clear)
    return with_drift(ours, theirs, aligned, low, high)


def _alignment(found: Peak, by: str, *, clear: bool) -> Alignment:
    return Alignment(
        offset_s=found.offset_s,
        correlation=found.r,
        runner_up=found.rival,
        trust="clear" if clear else "uncertain",
        by=by,
        inverted=found.sign < 0,
        overlap_s=found.overlap_s,
        notes=(INVERTED,) if found.sign < 0 else (),
    )


def _by_rate(session: Session, sensor: Sensor, low: float, high: float) -> Alignment | None:
    """By the course of the heart rate, each a mean over the same seconds around a moment."""
    if len(sensor.rate_t) < 8:
        return None
    ours_t, ours_bpm = rates_of_wave(session.bvp_t, session.bvp, RATE_WIDTH_S, step_s=1.0 / RATE_FS)
    ours = rate_track(ours_t - DELAY_S, ours_bpm)
    theirs_bpm = smoothed(sensor.rate_t, sensor.rate_bpm, RATE_WIDTH_S)
    theirs = rate_track(sensor.rate_t, theirs_bpm)
    if ours is None or theirs is None:
        return None
    found = best_lag(ours, theirs, low, high, apart_s=4.0, min_s=20.0)
    if found is None:
        return None
    known = max(0.0, found.overlap_s / RATE_WIDTH_S - 3.0)
    sure = float(np.arctanh(min(found.r, 0.999))) * known**0.5 >= RATE_CLEAR_Z
    clear = sure and found.rival <= (1.0 - RATE_CLEAR_LEAD) * found.r
    return _alignment(found, "heart rate", clear=clear)


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
