"""From windows of pulse to a heart rate that does not jump: a Bayesian filter over rate and slope.

The state is a heart rate (a logarithmic grid) and its relative change per second; windows speak
for states (`evidence.py`). Between windows the rate moves on by its slope and a little more, old
evidence fades, and a small leak to everywhere lets a wrong lock go. The forward filter
(`RateFilter`) gives the live rate and the probability that it is right, the best path through all
windows (`RatePath`) the rate of a whole recording (both: Rabiner 1989, section III). To follow
the rate by a hidden Markov model over spectra is the idea of BeliefPPG (Bieri et al. 2023).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from aimanet.evidence import SLOPES, STEP, Array, at_middle

NEAR_BPM = 5.0
"""A rate is right when it is at most this far off."""


@dataclass(frozen=True, slots=True)
class Dynamics:
    """How a rate moves and how much overlapping windows count; chosen as `evidence.Weights`.

    ``first`` tempers the evidence while the window fills, ``each`` that of every 1/3 s after;
    ``fade_s`` is the memory; ``walk`` the relative width of a step of 1/3 s; ``slopes`` are log
    odds against slopes of 0.5, 1, 1.5 and 2 % a second; ``leak`` and ``turn`` the chances per
    second of any other rate, and of another slope. Another rate is told once it is ``hold``
    times as likely as the one that was told before.
    """

    first: float = 1.2
    each: float = 0.2
    fade_s: float = 6.5
    walk: float = 0.005
    slopes: tuple[float, ...] = (2.5, 2.8, 3.2, 3.6)
    leak: float = 0.017
    hold: float = 2.5
    turn: float = 0.14


DYNAMICS = Dynamics()


@dataclass(frozen=True, slots=True)
class Belief:
    """What the filter holds.

    ``hr_bpm`` with the probability ``confidence`` that it is at most `NEAR_BPM` off, its relative
    change per second ``slope``, and the next best rate elsewhere with its own probability.
    """

    hr_bpm: float
    confidence: float
    slope: float = 0.0
    second_bpm: float | None = None
    second_confidence: float = 0.0


def _steps(dt: float, slope: float) -> Array:
    """Weights (2 R + 1,) of the walk over ``dt`` seconds, moved by ``slope``: Laplace."""
    width = DYNAMICS.walk * np.sqrt(3.0 * dt)
    reach = int(np.ceil((8.0 * width + abs(slope) * dt) / STEP))
    offsets = np.arange(-reach, reach + 1) * STEP - slope * dt
    weights = np.exp(-np.abs(offsets) / width)
    return np.asarray(weights / weights.sum())


_DOUBT = np.array([*DYNAMICS.slopes[::-1], 0.0, *DYNAMICS.slopes])
_ODDS = np.exp(-_DOUBT)
_SLOPE_PRIOR = (_ODDS / _ODDS.sum())[:, None]

LONGEST_S = 5.0
"""A longer pause between two windows moves the rate no further than this one."""


class RateFilter:
    """The forward filter over ``rates`` (K,): windows in, beliefs out; memory of one posterior."""

    def __init__(self, rates: Array) -> None:
        self.rates = rates
        low = np.searchsorted(rates, rates - NEAR_BPM)
        high = np.searchsorted(rates, rates + NEAR_BPM, side="right")
        self._near = low, high
        # As likely in each BPM: a peak is as wide in Hz everywhere, so in steps it shrinks with f.
        self._prior = _SLOPE_PRIOR * (rates / rates.sum())
        self.reset()

    def reset(self) -> None:
        """Forgets the past."""
        self._t: float | None = None
        self._alone = True
        self._held: float | None = None
        self._state = self._prior

    @property
    def posterior(self) -> Array:
        """Probability (K,) of each rate."""
        return np.asarray(self._state.sum(axis=0))

    def update(self, t: float, evidence: Array, filling: bool) -> Belief:
        """Takes the evidence (S, K) of the window that ends at ``t`` s; ``filling`` while it grows.

        Windows that still grow hold all that was seen, so each of them speaks for itself.
        """
        if self._t is not None and t <= self._t:
            return self.belief()
        self._alone = filling or self._t is None
        if self._alone or self._t is None:
            self._state = self._prior
            temper = DYNAMICS.first
        else:
            self._move(min(t - self._t, LONGEST_S))
            temper = DYNAMICS.each * min(3.0 * (t - self._t), 3.0)
        state = self._state * np.exp(temper * (evidence - evidence.max()))
        self._state = state / state.sum()
        self._t = t
        belief = self.belief()
        self._held = belief.hr_bpm
        return belief

    def _move(self, dt: float) -> None:
        faded = self._prior * (self._state / self._prior) ** np.exp(-dt / DYNAMICS.fade_s)
        moved = np.stack(
            [
                np.convolve(row, _steps(dt, float(slope)), "same")
                for row, slope in zip(faded, SLOPES, strict=True)
            ]
        )
        moved /= moved.sum()
        turned, leaked = (1.0 - np.exp(-dt * rate) for rate in (DYNAMICS.turn, DYNAMICS.leak))
        moved += turned * (_SLOPE_PRIOR * moved.sum(axis=0) - moved)
        self._state = moved + leaked * (self._prior - moved)

    def belief(self) -> Belief:
        """Returns the rate around which most probability lies, and the next one elsewhere."""
        posterior = self.posterior
        mass = self._mass(posterior)
        best = int(np.argmax(mass))
        if self._held is not None and not self._alone:
            near = np.abs(self.rates - self._held) < NEAR_BPM
            held = int(np.argmax(np.where(near, mass, 0.0)))
            best = held if DYNAMICS.hold * mass[held] >= mass[best] else best
        hr_bpm = self._centre(posterior, best)
        rest = np.where(np.abs(self.rates - hr_bpm) < 2.0 * NEAR_BPM, 0.0, posterior)
        others = self._mass(rest)
        second = int(np.argmax(others))
        return Belief(
            hr_bpm,
            float(min(mass[best], 1.0)),
            self._slope(best),
            self._centre(rest, second) if others[second] > 0.0 else None,
            float(others[second]),
        )

    def _mass(self, posterior: Array) -> Array:
        total = np.concatenate([[0.0], np.cumsum(posterior)])
        return np.asarray(total[self._near[1]] - total[self._near[0]])

    def _slope(self, i: int) -> float:
        """The expected slope near state ``i``; one window alone cannot tell it."""
        if self._alone:
            return 0.0
        near = self._state[:, self._near[0][i] : self._near[1][i]].sum(axis=1)
        return float(near @ SLOPES / near.sum())

    def _centre(self, posterior: Array, i: int) -> float:
        near = slice(self._near[0][i], self._near[1][i])
        return float(posterior[near] @ self.rates[near] / posterior[near].sum())


class RatePath:
    """The best path of rates through a recording, as its mean: no longer with the hours.

    A window speaks for the rate at its middle, so the path runs through the middles; its ends
    are held for the half windows there. Each state carries the sum over the best path to it.
    """

    def __init__(self) -> None:
        self._past_beats = self._past_s = 0.0
        self._rates: Array | None = None
        self._score = self._sum = np.empty(0)
        self._t = self._middle = self._span_s = 0.0

    def add(self, t: float, window_s: float, rates: Array, evidence: Array, trust: float) -> None:
        """Takes a window's evidence (S, K): it ends at ``t`` s; ``trust`` is its weight."""
        steady = at_middle(evidence, window_s, _DOUBT)
        steady -= steady.max()
        middle = t - window_s / 2.0
        same = self._rates is not None and np.array_equal(rates, self._rates)
        if not same or not 0.0 < t - self._t <= LONGEST_S:
            self._close()
            self._rates, self._middle, self._span_s = rates, middle, window_s / 2.0
            self._score = trust * DYNAMICS.first * steady
            self._sum = self._span_s * _peaks(rates, steady)
        else:
            dt = max(middle - self._middle, 1e-3)
            score, came = _best_step(self._score, dt)
            self._score = score + trust * DYNAMICS.each * 3.0 * dt * steady
            self._sum = self._sum[came] + dt * _peaks(rates, steady)
            self._span_s += dt
            self._middle = middle
        self._t = t
        self._last = _peaks(rates, steady) * window_s / 2.0, window_s / 2.0

    def _whole(self) -> tuple[float, float]:
        """Sum of rates over time (BPM s) and seconds of the stretch that is open."""
        if self._rates is None:
            return 0.0, 0.0
        best = int(np.argmax(self._score))
        return float(self._sum[best] + self._last[0][best]), self._span_s + self._last[1]

    def _close(self) -> None:
        total, seconds = self._whole()
        self._past_beats += total
        self._past_s += seconds

    def mean_bpm(self) -> float | None:
        """Returns the mean rate over the path, or None where there was no window."""
        total, seconds = self._whole()
        seconds += self._past_s
        return (total + self._past_beats) / seconds if seconds > 0.0 else None


def _peaks(rates: Array, steady: Array) -> Array:
    """The rate (K,) that a window shows near each state: between the steps of the grid."""
    weights = np.exp(2.0 * steady)
    return np.asarray(_smooth(weights * rates) / _smooth(weights))


def _smooth(x: Array) -> Array:
    return np.asarray(np.convolve(x, np.array([0.5, 1.0, 1.0, 1.0, 0.5]), "same") + 1e-300)


def _best_step(score: Array, dt: float) -> tuple[Array, Array]:
    """Best score (K,) of arriving at each state after ``dt`` s, and from where (K,)."""
    steps = np.log(_steps(dt, 0.0))
    reach = len(steps) // 2
    padded = np.pad(score, reach, constant_values=-np.inf)
    ways = sliding_window_view(padded, len(steps)) + steps
    pick = np.argmax(ways, axis=1)
    best = np.take_along_axis(ways, pick[:, None], axis=1)[:, 0]
    came = np.arange(len(score)) + pick - reach
    far = int(np.argmax(score))
    jump = score[far] + np.log(DYNAMICS.leak * dt / len(score))
    return np.maximum(best, jump), np.where(best >= jump, came, far)
