"""Readings in numbers: their mean heart rate and how many of them were good."""

from __future__ import annotations

from aimanet.types import State


class Tally:
    """Counts readings; constant memory.

    ``hr_bpm`` is the mean of those that are ok, None without any; ``ok_share`` their share of all
    but the ones that were still warming up, None where there are none to judge.
    """

    def __init__(self) -> None:
        self.count = 0
        self._judged = self._ok = 0
        self._sum = 0.0

    def add(self, hr_bpm: float | None, state: State) -> None:
        """Takes a reading."""
        self.count += 1
        if state is not State.WARMING_UP:
            self._judged += 1
        if state is State.OK and hr_bpm is not None:
            self._ok += 1
            self._sum += hr_bpm

    @property
    def hr_bpm(self) -> float | None:
        """Mean of the readings that are ok."""
        return self._sum / self._ok if self._ok else None

    @property
    def ok_share(self) -> float | None:
        """0-1."""
        return self._ok / self._judged if self._judged else None
