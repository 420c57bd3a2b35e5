"""When a number may be shown: trust in an estimate, from named features.

A face that does not live must never read ``ok``. The method's own spectrum cannot promise that,
because a network draws pulse-like curves from noise and a video codec beats in time. So a second
witness looks at the colours themselves, in separate patches of the face: blood comes to all of
them at once, in one rhythm and of one colour; noise, compression, flickering light and a moving
picture do not.

A reading is ``ok`` when each of its features is above its bar (`Features.margins`); the quality
is the smallest margin. The bars were set on real and animated faces against photographs held
still with sensor noise, shaking, zooming, flickering light, and through codecs; the figures
stand beside the constants and `tests/aimanet/test_quality.py` measures them again.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from aimanet.classical import project_pos
from aimanet.estimate import Estimate
from aimanet.pulse import detrend, smoothing
from aimanet.types import Clip, State

Array = NDArray[np.float64]

STABLE_S = 2.0
"""Seconds over which the estimates must agree."""

SPREAD_BPM = 8.0
"""How far they may lie apart: a pulse changes by 2-3 BPM a second at most."""

CONFIRM = 3
"""Readings in a row, a second's worth, that must pass before the number is shown: what chance
lifts over the bars does not stay there."""

SNR_DB = -1.0
"""Bar for the method's own SNR at a full window. White noise gives -6 to 0 dB at its highest peak
in 10 s, live faces 4 to 15. It cannot be trusted alone: a photograph that is shaken in rhythm, or
lit by a flickering lamp, drives the network to 13 dB."""

WITNESS_DB = 24.0
"""Bar for two facts of the `Testimony` taken together: ``tone_db`` + 12 ``unison``.

Live faces have 25-45; after hard compression 3-24: they stay below the bar although the rate is
often right. The bar was set on 96 lifeless clips (two photographs, 20 s each: noise, shaking,
zoom, flicker, mp4v, MJPEG, MPEG-4, H.264, VP9), 4385 readings of POS: with all other bars none is
``ok`` at 24, clips that are: two at 22, three at 18. It is near: single readings reach 25, a shaken
photograph in H.264, and only `CONFIRM` stops them. Interim network weights: none of 871."""

UNISON = 0.5
"""Bar for the unison alone. Key frames of a still picture make tones as pure as any pulse's
(30 dB), but each patch goes its own way: 0.01-0.28. Live faces: 0.65-1."""

BLOOD = 0.92
"""Bar for the colour's likeness to blood. Live faces 0.95-1 (0.87 for seconds under strong
movement); key frames of a shaken photograph in H.264 0.25-0.90, flicker through it 0.39-0.57."""

CHROMA = 0.1
"""Bar for the part of the colour that no grey has: flickering white light looks like blood by
0.94, but has 0.01-0.04 here. Live faces: 0.2-0.5."""

BRIDGED = 0.25
"""Largest share of the window that may be interpolated: a picture that changes a few times a
second (a still photograph between a codec's key frames) shows no pulse."""

CONFIDENCE = 0.86
"""Bar for the belief that the rate is within 5 BPM (`rate.Belief`). Of 3,655 ok readings on 130
drawn and animated clips 99.6 % have more; key frames of a still or shaken picture have 0.36-0.79,
a doll in the light of a screen up to 0.84 while all else about it looks alive."""

PATCHES = (
    (0.40, 0.22, 0.09, 0.06),
    (0.60, 0.22, 0.09, 0.06),
    (0.38, 0.50, 0.07, 0.07),
    (0.62, 0.50, 0.07, 0.07),
    (0.43, 0.68, 0.07, 0.07),
    (0.57, 0.68, 0.07, 0.07),
)
"""Forehead, cheeks, beside the mouth: centre x, y and radii x, y, in sides of the crop."""

_RGB_OF_BLOOD = np.array([0.33, 0.77, 0.53])
"""Relative pulse height in R, G, B under white light (de Haan & van Leest 2014)."""


def _unit(vector: Array) -> Array:
    return np.asarray(vector / np.linalg.norm(vector))


_GREY = _unit(np.ones(3))
_BLOODS = np.stack([_unit(_RGB_OF_BLOOD), _unit(np.array([0.2, 0.77, 0.3]))])
"""Colours that count as blood: white light, and light or cameras that favour green more."""
_TINT = _unit(_BLOODS[0] - _GREY * (_BLOODS[0] @ _GREY))


@dataclass(frozen=True, slots=True)
class Testimony:
    """What the patches of the face say about one rate (`Witness.testify`).

    ``tone_db``: the power of the patches' mean POS signal there over its mean power in the rest
    of the band. ``unison`` 0-1: the part of the power that all patches share in phase; 1 for one
    pulse everywhere, 1/6 on average for noise. ``blood`` 0-1: how far the colour that comes and
    goes is that of blood. ``chroma`` 0-1: the part of it that sets blood apart from grey.
    """

    tone_db: float = 0.0
    unison: float = 0.0
    blood: float = 0.0
    chroma: float = 0.0


@dataclass(frozen=True, slots=True)
class Features:
    """What trust rests on.

    ``snr_db`` the method's SNR above the bar for its window; ``spread_bpm`` how far the estimates
    of the last `STABLE_S` seconds lie apart; ``said`` what the patches say about this very rate;
    ``bridged`` the interpolated share of the window; ``confidence`` 0-1 the rate filter's own.
    """

    snr_db: float
    spread_bpm: float
    said: Testimony
    bridged: float
    confidence: float

    def margins(self) -> dict[str, float]:
        """Returns how far each feature is above its bar: 0 at the bar, 1 far above it."""
        said = self.said
        return {
            "snr": self.snr_db / 10.0,
            "stability": (SPREAD_BPM - self.spread_bpm) / SPREAD_BPM,
            "witness": (said.tone_db + 12.0 * said.unison - WITNESS_DB) / 12.0,
            "unison": (said.unison - UNISON) / (1.0 - UNISON),
            "blood": (said.blood - BLOOD) / (0.98 - BLOOD),
            "chroma": (said.chroma - CHROMA) / CHROMA,
            "bridged": (BRIDGED - self.bridged) / BRIDGED,
            "confidence": (self.confidence - CONFIDENCE) / (1.0 - CONFIDENCE),
        }


def snr_bar(window_s: float) -> float:
    """Returns the SNR (dB) that an estimate needs: few cycles look like a pulse by chance."""
    return SNR_DB + max(0.0, 8.0 - window_s)


@lru_cache(maxsize=8)
def patch_weights(size: int) -> Array:
    """Returns the soft `PATCHES` (6, size*size), each summing to 1."""
    y, x = (np.mgrid[0:size, 0:size] + 0.5) / size
    patches = [np.exp(-(((x - cx) / rx) ** 2) - ((y - cy) / ry) ** 2) for cx, cy, rx, ry in PATCHES]
    return np.stack([(p / p.sum()).ravel() for p in patches])


class Witness:
    """The colours of the face's patches over the last seconds, whatever the method in use."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self.reset()

    def reset(self) -> None:
        """Forgets the past."""
        self._colours: Array = np.empty((len(PATCHES), 0, 3))
        self._fs = 30.0
        self._newest: Array | None = None  # the pulses of these colours, once somebody asked

    def add(self, clip: Clip) -> None:
        """Takes the colours of a clip."""
        if clip.starts:
            self.reset()
        crops = clip.crops if clip.starts else clip.crops[1:]
        pixels = crops.reshape(len(crops), -1, 3)
        weights = patch_weights(crops.shape[1]).astype(np.float32)
        new = np.einsum("tqc,pq->ptc", pixels, weights, optimize=True)
        self._fs = clip.fs
        limit = round(self._window_s * clip.fs)
        self._colours = np.concatenate([self._colours, new], axis=1)[:, -limit:]
        self._newest = None

    def pulse(self) -> Array:
        """Returns the pulse (n,) that the patches have in common, each by how quiet it is.

        Empty while there is less than a second. It is a second opinion on the rate, for methods
        that may be wrong and sure of it.
        """
        if self._colours.shape[1] < self._fs:
            return np.empty(0)
        pulses = self._pulses()
        _, band = _band_tones(pulses.shape[1], self._fs)
        return np.asarray((pulses / _noise(pulses @ band.T)[:, None]).sum(axis=0))

    def testify(self, hz: float) -> Testimony:
        """Returns the evidence that the whole face pulses at ``hz``, in the colour of blood.

        In tone and unison, patches count by how quiet they are, so that a shadow or a beard
        harms little.
        """
        n = self._colours.shape[1]
        if n < self._fs:
            return Testimony()
        wave, others = _tones(n, self._fs, hz)
        pulses = self._pulses()
        at, rest = pulses @ wave, pulses @ others.T
        noise = _noise(rest)
        tone = np.abs(np.sum(at / noise)) ** 2
        floor = np.mean(np.abs(np.sum(rest / noise[:, None], axis=0)) ** 2)
        tone_db = 10.0 * np.log10(tone / (floor + 1e-30) + 1e-30)
        z = at / np.sqrt(noise)
        unison = np.abs(z.sum()) ** 2 / (len(z) * np.sum(np.abs(z) ** 2) + 1e-30)
        colour = wave @ detrend(self._scaled().mean(axis=0), smoothing(self._fs))
        size = np.linalg.norm(colour) + 1e-30
        blood = np.abs(_BLOODS @ colour).max() / size
        chroma = np.abs(_TINT @ colour) / size
        return Testimony(float(tone_db), float(unison), float(blood), float(chroma))

    def _scaled(self) -> Array:
        """The patches' colours (P, n, 3) over their own means."""
        return np.asarray(self._colours / (self._colours.mean(axis=1, keepdims=True) + 1e-9))

    def _pulses(self) -> Array:
        """The patches' POS pulses (P, n), detrended."""
        if self._newest is None:
            pulses = project_pos(self._scaled(), self._fs)
            self._newest = detrend(pulses.T, smoothing(self._fs)).T
        return self._newest


def _noise(tones: Array) -> Array:
    """Each patch's mean power (P,) over tones (P, K)."""
    return np.asarray(np.mean(np.abs(tones) ** 2, axis=1) + 1e-30)


def _tones(n: int, fs: float, hz: float) -> tuple[Array, Array]:
    """Hann-windowed waves at ``hz`` (n,) and over the rest of the band (K, n)."""
    grid, band = _band_tones(n, fs)
    step = fs / n
    far = (np.abs(grid - hz) > 1.5 * step) & (np.abs(grid - 2.0 * hz) > 1.5 * step)
    return _waves(n, fs, np.array([hz]))[0], band[far]


@lru_cache(maxsize=2)
def _band_tones(n: int, fs: float) -> tuple[Array, Array]:
    """The band in half steps of the window's resolution (K,) in Hz, and its waves (K, n)."""
    grid = np.arange(0.7, 3.5, fs / n / 2.0)
    return grid, _waves(n, fs, grid)


def _waves(n: int, fs: float, hz: Array) -> Array:
    """Hann-windowed complex waves (K, n) at ``hz`` (K,)."""
    window, at = np.hanning(n + 2)[1:-1], -2j * np.pi / fs * np.arange(n)
    return np.asarray(window * np.exp(hz[:, None] * at))


class Judge:
    """Turns an estimate and the witness's testimony into a state and a quality.

    ``passed``: how many readings in a row have passed all bars.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forgets the estimates of the past."""
        self._recent: deque[tuple[float, float]] = deque()
        self.passed = 0
        self.last: Features | None = None

    def judge(
        self, t: float, estimate: Estimate, said: Testimony, bridged: float
    ) -> tuple[State, float]:
        """Returns the state at ``t`` (s) and the quality, 0-1; ``ok`` is 0.5 or better."""
        if estimate.hr_bpm is None or estimate.snr_db is None:
            self.reset()
            waiting = not len(estimate.spectrum.bpm)
            return (State.WARMING_UP if waiting else State.POOR_SIGNAL), 0.0
        self._recent.append((t, estimate.hr_bpm))
        while self._recent[0][0] < t - STABLE_S:
            self._recent.popleft()
        rates = [hr for _, hr in self._recent]
        features = Features(
            snr_db=estimate.snr_db - snr_bar(estimate.window_s),
            spread_bpm=max(rates) - min(rates),
            said=said,
            bridged=bridged,
            confidence=estimate.confidence,
        )
        self.last = features
        worst = min(features.margins().values())
        self.passed = self.passed + 1 if worst >= 0.0 else 0
        if self.passed >= CONFIRM:
            return State.OK, min(1.0, 0.5 + 0.5 * worst)
        return State.POOR_SIGNAL, float(np.clip(0.5 + 0.5 * worst, 0.0, 0.49))
