"""How a state is said in words, and when a heart rate may stand beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aimanet.types import Reading, State


@dataclass(frozen=True, slots=True)
class Wording:
    """How a state is said: a title, what to do about it, and its colour role."""

    title: str
    hint: str
    role: str


STATES = {
    State.OK: Wording("Good signal", "Keep still for the steadiest number.", "ok"),
    State.WARMING_UP: Wording("Measuring…", "The first number takes a few seconds.", "wait"),
    State.POOR_SIGNAL: Wording(
        "Signal too weak", "Hold still, face the light, come a little closer.", "warn"
    ),
    State.NO_FACE: Wording("No face in view", "Look towards the camera.", "warn"),
}


def shown_bpm(reading: Reading) -> float | None:
    """The heart rate that all parts of the window show of ``reading``, or None for none.

    While warming up or without a face an estimate may exist, but it is of nobody's pulse now.
    """
    if reading.state in (State.NO_FACE, State.WARMING_UP):
        return None
    return reading.hr_bpm


def short_words(text: str, most: int) -> str:
    """``text``, in which words that no label could break lose their middle."""

    def cut(word: re.Match[str]) -> str:
        kept = most // 2
        return f"{word[0][:kept]}…{word[0][-kept:]}"

    return re.sub(rf"[^\s/\\-]{{{most + 1},}}", cut, text)
