"""How states and reasons are said to people, in the window, the terminal and exports alike."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from aimanet.types import Reason, State

CLAIM = "AimaNet is not a medical device."

BETTER_FACE_PX = 100
BETTER_FPS = 15


@dataclass(frozen=True, slots=True)
class Words:
    """``title`` for a label; ``clause`` for a sentence ("no heart rate: ..."); ``advice``."""

    title: str
    clause: str
    advice: str


class Judged(Protocol):
    """A reading, live or recorded."""

    @property
    def hr_bpm(self) -> float | None:
        """The estimate, trusted or not."""

    @property
    def state(self) -> State:
        """What it is worth."""


STATES = {
    State.OK: Words("Good signal", "the signal is good", ""),
    State.WARMING_UP: Words("Measuring…", "it is still measuring", ""),
    State.POOR_SIGNAL: Words(
        "Signal too weak",
        "the signal is too weak",
        "Hold still, face the light, come a little closer.",
    ),
    State.NO_FACE: Words("No face in view", "no face is in view", "Look towards the camera."),
}

REASONS = {
    Reason.MEASURING: STATES[State.WARMING_UP],
    Reason.TOO_DARK: Words(
        "Too dark", "the picture is too dark", "More light on your face: a window or lamp in front."
    ),
    Reason.TOO_BRIGHT: Words(
        "Too bright", "the picture is too bright", "Less light, or a lower exposure."
    ),
    Reason.OVEREXPOSED: Words(
        "Face overexposed",
        "the face is overexposed",
        "Less light on your face, or a lower exposure.",
    ),
    Reason.FROZEN: Words(
        "Picture frozen",
        "the picture does not change",
        "The same picture comes again and again: check the camera.",
    ),
    Reason.LOW_FRAME_RATE: Words(
        "Frame rate too low",
        "there are too few frames a second",
        f"{BETTER_FPS} frames a second or more are better: more light, or fewer other programs.",
    ),
    Reason.UNEVEN_FRAME_RATE: Words(
        "Frames are missing",
        "frames are missing",
        "Close other programs, or use a cable instead of Wi-Fi.",
    ),
    Reason.MOTION: Words(
        "Too much movement", "there is too much movement", "Hold your head and the camera still."
    ),
    Reason.FACE_SMALL: Words(
        "Face too small", "the face is too small in the picture", "Move closer to the camera."
    ),
    Reason.COMPRESSED: Words(
        "Compressed too hard",
        "the video is compressed too hard",
        "Use a higher quality or bit rate: compression removes the pulse.",
    ),
    Reason.TOO_SHORT: Words(
        "Too short",
        "the recording is too short",
        "A number takes about ten seconds of a steady face.",
    ),
    Reason.WEAK: STATES[State.POOR_SIGNAL],
}


def words_for(state: State, reason: Reason | None = None, figure: float | None = None) -> Words:
    """Returns how a reading is said; ``figure`` as in `aimanet.types.Reading`."""
    words = STATES[state] if reason is None else REASONS[reason]
    if figure is None:
        return words
    if reason is Reason.MEASURING:
        left = f"up to {math.ceil(figure)} s left" if figure > 0.0 else "almost done"
        return Words(words.title, words.clause, left)
    if reason is Reason.FACE_SMALL:
        size = f"the face is {figure:.0f} px high, {BETTER_FACE_PX} or more are better."
        return Words(words.title, words.clause, f"Move closer: {size}")
    if reason is Reason.LOW_FRAME_RATE:
        return Words(words.title, words.clause, f"Only {figure:.0f}: {words.advice}")
    return words


def trusted_bpm(reading: Judged) -> float | None:
    """Returns the heart rate that may be shown of a reading: None unless it is ``ok``."""
    return reading.hr_bpm if reading.state is State.OK else None
