"""Which example sits in which slot of which step: a pure function of the seed.

Nothing is remembered from step to step, so that a run can go on anywhere, and several processes
can fill one batch between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aimanet.training.config import TrainConfig

MEMORY = 400
"""Drawn clips that are remembered for showing again, over all processes (1.5 MB each)."""

LANES = 16
"""A clip is shown again this many steps later, or a multiple of it: then 1, 2, 4, 8 or 16
workers that take turns meet their own clips again and need not draw them anew."""

GOLDEN = 0.5 * (5**0.5 - 1.0)

CYCLE = 1000
"""Slots after which the pattern of corpora repeats: weights are kept to a thousandth."""


@dataclass(frozen=True, slots=True)
class Draw:
    """The ``number``-th example of the ``corpus``-th corpus; ``again``: it was shown before."""

    corpus: int
    number: int
    again: bool = False


class Plan:
    """Slots filled from corpora by ``shares``; of an endless one some clips are shown again."""

    def __init__(
        self, config: TrainConfig, shares: Sequence[float], endless: Sequence[bool]
    ) -> None:
        self.seed, self.batch, self.micro = config.seed, config.batch, config.micro or 2
        self.shares, self.endless = tuple(shares), tuple(endless)
        self.replayed = config.replayed
        self._pattern, self._before = _pattern(self.shares)
        fresh = sum(s for s, e in zip(shares, endless, strict=True) if e) * self.batch
        fresh *= 1.0 - self.replayed
        self.visits = max(1, int(MEMORY / (LANES * max(fresh, 1e-9)))) if fresh else 0

    @property
    def micros(self) -> int:
        """Pieces of a batch that go through the network at once."""
        return -(-self.batch // self.micro)

    @property
    def memory(self) -> int:
        """Drawn clips that may be shown again, over all processes."""
        return self.visits * LANES * self.batch

    def slots(self, micro: int) -> range:
        """The slots of a piece of the batch."""
        return range(micro * self.micro, min((micro + 1) * self.micro, self.batch))

    def draw(self, step: int, slot: int) -> Draw:
        """What sits in a slot."""
        draw = self._first(step, slot)
        if not self.endless[draw.corpus] or not self._is_again(draw.number):
            return draw
        return self._earlier(step, slot, draw) or draw

    def rng(self, first: int, second: int, purpose: int) -> np.random.Generator:
        """The generator for one purpose in one slot of a step, or for an example of a corpus."""
        return np.random.default_rng((self.seed, first, second, purpose))

    def torch_seed(self, step: int, micro: int) -> int:
        """The seed of dropout in one piece of one step."""
        return int(np.random.SeedSequence((self.seed, step, micro)).generate_state(1, np.uint64)[0])

    def taken(self, step: int, corpus: int) -> int:
        """Examples of a corpus in all the steps before ``step``."""
        cycles, rest = divmod(step * self.batch, CYCLE)
        return int(cycles * self._before[-1, corpus] + self._before[rest, corpus])

    def _first(self, step: int, slot: int) -> Draw:
        cycles, place = divmod(step * self.batch + slot, CYCLE)
        corpus = int(self._pattern[place])
        number = cycles * self._before[-1, corpus] + self._before[place, corpus]
        return Draw(corpus, int(number))

    def _is_again(self, number: int) -> bool:
        # Steps of the golden ratio fall evenly everywhere, whatever corpora and pieces repeat.
        return (number * GOLDEN) % 1.0 < self.replayed

    def _earlier(self, step: int, slot: int, draw: Draw) -> Draw | None:
        """One of the clips that were new in an earlier step of the same lane and process."""
        visits = min(self.visits, step // LANES)
        if not visits:
            return None
        rng, slots = self.rng(step, slot, 1), self.slots(slot // self.micro)
        for _ in range(8):
            back = LANES * int(rng.integers(1, visits + 1))
            other = self._first(step - back, int(rng.choice(slots)))
            if other.corpus == draw.corpus and not self._is_again(other.number):
                return Draw(other.corpus, other.number, again=True)
        return None


def _pattern(shares: Sequence[float]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The corpus (CYCLE,) of each slot, and how often each came before, (CYCLE + 1, corpora).

    Each slot goes to the corpus that is furthest behind its share.
    """
    pattern = np.zeros(CYCLE, np.int64)
    before = np.zeros((CYCLE + 1, len(shares)), np.int64)
    wanted = np.asarray(shares)
    for place in range(CYCLE):
        pattern[place] = np.argmax(wanted * (place + 1) - before[place])
        before[place + 1] = before[place]
        before[place + 1, pattern[place]] += 1
    return pattern, before
