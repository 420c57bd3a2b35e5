"""Times, sizes and endings of a recording, as the window says them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from aimanet.commands.record_words import size_text
from app.widgets.banner import sentence

if TYPE_CHECKING:
    from aimanet.sessions.recorder import RecorderStatus

__all__ = [
    "Ending",
    "Reason",
    "clock_text",
    "ending_of",
    "hours_text",
    "lost_text",
    "room_text",
    "size_text",
]


class Reason(Enum):
    """Why a recording ended, where no error ended it; the value is said before the rest."""

    ASKED = ""
    SOURCE_ENDED = "The source has ended, and the recording with it."
    SOURCE_LOST = "The source has failed; the recording ended with it."
    STOPPED = "Measuring was stopped, and the recording with it."
    REPLACED = "Another source was opened; the recording of the one before has ended."


@dataclass(frozen=True, slots=True)
class Ending:
    """What is said about a recording that has ended; ``folder`` None where nothing is left."""

    level: str
    text: str
    folder: Path | None
    refused: bool = False


def clock_text(seconds: float) -> str:
    """``1:23`` or ``1:02:03``."""
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    if hours:
        return f"{hours}:{minutes:02d}:{whole % 60:02d}"
    return f"{minutes}:{whole % 60:02d}"


def hours_text(hours: float) -> str:
    """A rough length: ``40 s``, ``25 min``, ``1.3 h``, ``40 h``, ``more than a week``."""
    if hours < 1 / 60:
        return f"{3600 * hours:.0f} s"
    if hours < 1:
        return f"{60 * hours:.0f} min"
    if hours < 168:
        return f"{hours:.1f} h" if hours < 10 else f"{hours:.0f} h"
    return "more than a week"


def room_text(free: int | None, bytes_per_hour: float) -> str:
    """What is free and how long that lasts; empty where nobody can tell."""
    if free is None:
        return ""
    return f"{size_text(free)} free: room for {hours_text(free / bytes_per_hour)}"


def lost_text(dropped: int, pictures: int) -> str:
    """``12 dropped, 30 not in the picture``; empty where nothing is missing."""
    parts = [f"{dropped} dropped"] if dropped else []
    parts += [f"{pictures} not in the picture"] if pictures else []
    return ", ".join(parts)


def ending_of(status: RecorderStatus, reason: Reason) -> Ending:
    """The last word about a recording."""
    if status.folder is None:
        return Ending("error", _failed(status.error), None, refused=True)
    if not status.frames and not status.error:
        words = " ".join(filter(None, [reason.value, "Nothing was recorded: no picture came."]))
        return Ending("info", words, None)
    parts = [reason.value, sentence(status.error) if status.error else "", _summary(status)]
    lossy = status.dropped or status.pictures_lost
    level = "error" if status.error else "warning" if lossy else "info"
    folder = status.folder if status.folder.is_dir() else None
    return Ending(level, " ".join(filter(None, parts)), folder)


def _failed(error: str) -> str:
    return sentence(f"not recording: {error}") if error else "Nothing was recorded."


def _summary(status: RecorderStatus) -> str:
    where = "" if status.error else f", to {status.folder}"
    words = (
        f"Recorded {clock_text(round(status.elapsed_s))}, {size_text(status.size_bytes)}{where}."
    )
    if status.dropped:
        words += f" {_are(status.dropped)} missing in it: the disk was too slow."
    if status.pictures_lost:
        words += (
            f" {_are(status.pictures_lost)} missing in the compressed picture, but not in the "
            "face: this computer was too slow to compress them."
        )
    return words


def _are(frames: int) -> str:
    return "1 frame is" if frames == 1 else f"{frames} frames are"
