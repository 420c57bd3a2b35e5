"""What a run measured, in one answer: it stays on the screen after Stop and can be copied."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from aimanet.types import Reading, Reason, State
from app.wording import Wording, wording

if TYPE_CHECKING:
    from aimanet.pipeline import Summary

_LONGEST_STEP_S = 2.5
"""Readings further apart than this have a hole between them, which belongs to no state."""


@dataclass(frozen=True, slots=True)
class Result:
    """The trusted readings of one run; rates in BPM, times in seconds.

    ``hr_bpm``, ``low_bpm`` and ``high_bpm`` are None where no reading was trusted; ``why``
    then says what most readings lacked. ``of_clip``: over a whole clip, not until Stop.
    """

    hr_bpm: float | None
    low_bpm: float | None
    high_bpm: float | None
    good_s: float
    total_s: float
    why: Wording
    method: str
    source: str
    when: datetime
    of_clip: bool = False

    @property
    def share(self) -> float:
        """Part of the time with a good signal, 0-1."""
        return self.good_s / self.total_s if self.total_s > 0 else 0.0

    @property
    def range_text(self) -> str:
        """The lowest and the highest trusted reading."""
        assert self.low_bpm is not None
        assert self.high_bpm is not None
        low, high = f"{self.low_bpm:.0f}", f"{self.high_bpm:.0f}"
        return low if low == high else f"{low}–{high}"

    @property
    def wording(self) -> Wording:
        """For the card with the number."""
        if self.hr_bpm is None:
            return Wording("No trusted reading", f"{self.why.title}. {self.why.hint}", "warn")
        title = "Average for this clip" if self.of_clip else "Average until Stop"
        part = f"{self.share:.0%} of the clip" if self.of_clip else _of(self.good_s, self.total_s)
        return Wording(title, f"Range {self.range_text} BPM · Good signal for {part}", "ok")

    @property
    def sentence(self) -> str:
        """In one line."""
        if self.hr_bpm is None:
            return f"No trusted reading ({self.why.title.lower()})."
        which = "Average for this clip" if self.of_clip else "Average"
        return f"{which}: {self.hr_bpm:.0f} BPM ({self.method}, good signal)."

    @property
    def text(self) -> str:
        """For the clipboard."""
        if self.hr_bpm is None:
            first = f"Heart rate: no trusted reading ({self.why.title.lower()})"
        else:
            first = f"Heart rate: {self.hr_bpm:.0f} BPM on average, range {self.range_text} BPM"
        return "\n".join(
            (
                first,
                f"Good signal: {_of(self.good_s, self.total_s)} ({self.share:.0%})",
                f"Method: {self.method}",
                f"Source: {self.source}",
                f"Measured: {self.when:%Y-%m-%d %H:%M} with AimaNet (not a medical device)",
            )
        )


class ResultSoFar:
    """Takes readings one by one and keeps only sums: a run may last for days."""

    def __init__(self) -> None:
        self._count, self._sum = 0, 0.0
        self._low, self._high = float("inf"), float("-inf")
        self._good_s = self._total_s = 0.0
        self._last_t: float | None = None
        self._others: Counter[tuple[State, Reason | None]] = Counter()

    @property
    def is_empty(self) -> bool:
        """There was no reading."""
        return self._last_t is None

    def add(self, reading: Reading) -> None:
        """Take the next reading in."""
        ok = reading.state is State.OK and reading.hr_bpm is not None
        if self._last_t is not None:
            step = min(max(0.0, reading.t - self._last_t), _LONGEST_STEP_S)
            self._total_s += step
            self._good_s += step if ok else 0.0
        self._last_t = reading.t
        if reading.state is State.OK and reading.hr_bpm is not None:
            self._count, self._sum = self._count + 1, self._sum + reading.hr_bpm
            self._low, self._high = min(self._low, reading.hr_bpm), max(self._high, reading.hr_bpm)
        else:
            measuring = reading.state is State.WARMING_UP or reading.reason is Reason.MEASURING
            reason = Reason.TOO_SHORT if measuring else reading.reason
            self._others[reading.state, reason] += 1

    def result(self, method: str, source: str, whole: Summary | None = None) -> Result:
        """The answer so far; ``whole`` is that of a clip at its end."""
        trusted = self._count > 0 and (whole is None or whole.state is State.OK)
        mean = self._sum / self._count if trusted else None
        return Result(
            hr_bpm=mean if whole is None or not trusted else whole.hr_bpm,
            low_bpm=self._low if trusted else None,
            high_bpm=self._high if trusted else None,
            good_s=self._good_s,
            total_s=self._total_s,
            why=self._why(whole),
            method=method,
            source=source,
            when=datetime.now(),
            of_clip=whole is not None,
        )

    def _why(self, whole: Summary | None) -> Wording:
        """What most readings lacked that were not trusted, or the clip as a whole."""
        if whole is not None and whole.state is not State.OK:
            return wording(whole.state, whole.reason)
        most = self._others.most_common(1)
        return wording(*most[0][0]) if most else wording(State.WARMING_UP, Reason.TOO_SHORT)


def _of(good_s: float, total_s: float) -> str:
    return f"{_time(good_s)} of {_time(total_s)}"


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
