"""How lengths, sizes, dates and shares are said on the sessions page."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QLocale

from aimanet.sessions.library import SessionEntry

NOTHING = "–"
"""In place of a number that nobody knows."""


def clock(seconds: float, tenths: bool = False) -> str:
    """A moment or a length: ``0:07``, ``12:34``, ``1:02:03``; with tenths ``0:07.4``."""
    whole = round(max(0.0, seconds) * 10) if tenths else round(max(0.0, seconds)) * 10
    minutes, rest = divmod(whole, 600)
    hours, minutes = divmod(minutes, 60)
    ending = f"{rest // 10:02d}" + (f".{rest % 10}" if tenths else "")
    return f"{hours}:{minutes:02d}:{ending}" if hours else f"{minutes}:{ending}"


def size(count: int) -> str:
    """Bytes as the system's own file manager says them."""
    return QLocale().formattedDataSize(count, 1, QLocale.DataSizeFormat.DataSizeSIFormat)


def day(when: datetime | None) -> str:
    """Local date and time, sortable by eye."""
    return "unknown day" if when is None else f"{when.astimezone():%Y-%m-%d %H:%M}"


def long_day(when: datetime | None) -> str:
    """Local date and time as in a sentence."""
    return "an unknown day" if when is None else f"{when.astimezone():%A, %d %B %Y, %H:%M}"


def bpm(value: float | None, digits: int = 0) -> str:
    """A heart rate without its unit."""
    return NOTHING if value is None else f"{value:.{digits}f}"


def percent(share: float | None) -> str:
    """A share of 0-1."""
    return NOTHING if share is None else f"{share:.0%}"


def count(number: int, what: str) -> str:
    """``1 frame``, ``2 frames``."""
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def state(entry: SessionEntry) -> str:
    """What is special about a session, in a word or two."""
    if entry.problem:
        return "Cannot open"
    if entry.recording:
        return "Recording now"
    if entry.video_problem:
        return "Damaged"
    if entry.interrupted:
        return "Interrupted"
    return "With reference" if entry.has_reference else "Complete"


STATE_TIPS = {
    "Damaged": "A video of the session is missing, or some of its frames cannot be read",
    "Recording now": "It is being recorded; afterwards it can be changed or deleted",
    "Interrupted": "The program or computer stopped unexpectedly; everything up to then is there",
    "With reference": "A contact sensor's signal belongs to it",
    "Complete": "The recording ended normally",
}

KEPT = {
    "frame": "the whole picture",
    "face": "the face only",
    "none": "no video",
}
