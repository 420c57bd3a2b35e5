"""How a state is said in words, and when a heart rate may stand beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape

from aimanet.types import Reason, State
from aimanet.words import words_for


@dataclass(frozen=True, slots=True)
class Wording:
    """How a state is said: a title, what to do about it, and its colour role."""

    title: str
    hint: str
    role: str


_ROLES = {State.OK: "ok", State.WARMING_UP: "wait"}


def wording(state: State, reason: Reason | None = None, figure: float | None = None) -> Wording:
    """How a reading is said, with its colour role; ``figure`` as in `aimanet.types.Reading`."""
    words = words_for(state, reason, figure)
    role = "wait" if reason is Reason.MEASURING else _ROLES.get(state, "warn")
    return Wording(words.title, words.advice[:1].upper() + words.advice[1:], role)


MOST_LETTERS = 4000
"""As much of a text as a label shows: a page of small print."""

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Codes that steer a terminal or turn the direction of writing, and halves of letters."""


def readable(text: str, most: int = MOST_LETTERS) -> str:
    """A text from a file as it may be shown: nothing in it that steers, and an end."""
    cut = text if len(text) <= most else f"{text[: most - 1]}…"
    return _UNSEEN.sub("\ufffd", cut)


def one_line(text: str, most: int = 300) -> str:
    """As `readable`, for a cell of a table or a title."""
    return " ".join(readable(text, most).split())


def tip(text: str) -> str:
    """As `readable`, for a tool tip, where Qt would take "<" for the beginning of its own marks."""
    shown = readable(text, 1000)
    return f"<qt>{escape(shown)}</qt>".replace("\n", "<br>") if "<" in shown else shown


def short_words(text: str, most: int) -> str:
    """As `readable`; words that no label could break lose their middle."""

    def cut(word: re.Match[str]) -> str:
        kept = most // 2
        return f"{word[0][:kept]}…{word[0][-kept:]}"

    return re.sub(rf"[^\s/\\-]{{{most + 1},}}", cut, readable(text))
