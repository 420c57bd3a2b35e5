"""Pulse waves whose every beat is known, as a method would give them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aimanet.rhythm.tape import Stretch
from aimanet.synthesis.pulse import PulseShape
from aimanet.types import Reading, State

FS = 30.0


@dataclass(frozen=True)
class Heart:
    """``breath`` a minute; ``sway_s`` and ``slow_s`` deviations of the intervals with the breath
    and with blood pressure (0.1 Hz); ``swell`` the breath's share in the heights."""

    bpm: float = 66.0
    breath: float = 15.0
    sway_s: float = 0.03
    slow_s: float = 0.02
    swell: float = 0.2

    def beats(self, seconds: float) -> np.ndarray:
        times = [-3.0]
        while times[-1] < seconds + 3.0:
            t = times[-1]
            sway = np.sqrt(2) * self.sway_s * np.sin(2 * np.pi * self.breath / 60 * t)
            slow = np.sqrt(2) * self.slow_s * np.sin(2 * np.pi * 0.1 * t + 1.0)
            times.append(t + 60.0 / self.bpm + sway + slow)
        return np.array(times)

    def wave(self, t: np.ndarray, beats: np.ndarray, weak: np.ndarray | None = None) -> np.ndarray:
        """Each beat the same hump and echo from its own time on, whatever comes after it."""
        shape, period = PulseShape(width=0.11, echo=0.2), float(np.median(np.diff(beats)))
        strength = 1.0 + self.swell * np.sin(2 * np.pi * self.breath / 60 * beats)
        strength = strength if weak is None else strength * weak
        last, total = np.searchsorted(beats, t), np.zeros_like(t)
        for back in (-3, -2, -1, 0):
            k = np.clip(last + back, 0, len(beats) - 1)
            u = (t - beats[k]) / period
            hump = np.exp(-0.5 * ((u - shape.at) / shape.width) ** 2)
            echo = shape.echo * np.exp(-0.5 * ((u - shape.echo_at) / shape.echo_width) ** 2)
            total += strength[k] * (hump + echo)
        return total


def curve(
    heart: Heart, seconds: float, snr_db: float = 30.0, seed: int = 0
) -> tuple[Stretch, np.ndarray]:
    """The wave with white noise, ``snr_db`` of it in 0.7-4 Hz, and its beats."""
    t, beats = np.arange(0.0, seconds, 1 / FS), heart.beats(seconds)
    wave = heart.wave(t, beats)
    return Stretch(0.0, FS, wave + noise(wave, snr_db, seed)), beats


def noise(wave: np.ndarray, snr_db: float, seed: int) -> np.ndarray:
    hiss = np.random.default_rng(seed).normal(size=len(wave))
    freqs = np.fft.rfftfreq(len(wave), 1 / FS)
    band = np.fft.irfft(np.where((freqs > 0.7) & (freqs < 4), np.fft.rfft(hiss), 0), len(wave))
    return hiss * wave.std() / band.std() * 10 ** (-snr_db / 20)


def readings(heart: Heart, seconds: float, poor: tuple[float, float] = (0, 0)) -> list[Reading]:
    """Three a second, ok from 4.5 s on but for those in ``poor``."""
    return [
        Reading(t, heart.bpm, 9.0, State.POOR_SIGNAL if poor[0] <= t < poor[1] else State.OK)
        for t in np.arange(4.5, seconds, 1 / 3).tolist()
    ]


def truth(beats: np.ndarray, begin: float, end: float) -> tuple[float, float]:
    """RMSSD and SDNN (ms) of the beats between two times."""
    ibi = 1e3 * np.diff(beats[(beats >= begin) & (beats <= end)])
    return float(np.sqrt(np.mean(np.diff(ibi) ** 2))), float(ibi.std(ddof=1))
