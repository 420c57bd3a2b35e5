"""The head's rhythm speaks against a rate; a head that wanders or rocks with the heart does not."""

from __future__ import annotations

import numpy as np
import pytest

from aimanet.evidence import rate_grid
from aimanet.sway import AGAINST, Sway
from aimanet.types import FaceCrop

RATES = rate_grid(40.0, 210.0)
T = np.arange(360) / 30.0


def moved(dx: np.ndarray, seconds: float = 10.0) -> np.ndarray | None:
    """The doubt about `RATES` after a face of 200 px went ``dx`` sides to the right."""
    sway = Sway()
    for i, (t, d) in enumerate(zip(T, dx, strict=False)):
        sway.add(FaceCrop(i, float(t), (200.0 * (1.0 + float(d)), 100.0, 200.0, 200.0), None))
    return sway.doubt(RATES, float(T[len(dx) - 1]), seconds, 30.0)


def test_a_nod_is_doubted_at_its_own_rate_only() -> None:
    doubt = moved(0.05 * np.sin(2 * np.pi * 1.5 * T))
    assert doubt is not None
    assert RATES[doubt == doubt.max()].mean() == pytest.approx(90, abs=3)
    assert doubt.max() > 1.5 * AGAINST
    assert doubt[np.abs(RATES - 90) > 25].max() == 0.0


def test_the_hearts_own_recoil_is_left_alone() -> None:
    doubt = moved(0.0005 * np.sin(2 * np.pi * 1.2 * T))
    assert doubt is not None
    assert doubt.max() < 0.12 * AGAINST


def test_a_head_that_wanders_has_no_rhythm() -> None:
    steps = np.random.default_rng(3).normal(0, 0.004, len(T))
    doubt = moved(np.cumsum(steps))
    assert doubt is not None
    assert doubt.mean() < 0.1 * AGAINST


def test_too_little_says_nothing() -> None:
    assert Sway().doubt(RATES, 1.0, 10.0, 30.0) is None
    assert moved(np.zeros(60), 2.0) is None
    nobody = Sway()
    nobody.add(FaceCrop(0, 0.0, None, None))
    assert nobody.doubt(RATES, 1.0, 1.0, 30.0) is None


@pytest.mark.parametrize(("fs", "high_bpm"), [(7.0, 210.0), (10.0, 300.0), (60.0, 210.0)])
def test_a_nod_is_found_at_any_rate_of_samples(fs: float, high_bpm: float) -> None:
    """The band may reach to the spectrum's end, where there is less around a tone."""
    sway, rates = Sway(), rate_grid(40.0, high_bpm)
    for i, t in enumerate(T):
        x = 200.0 * (1.0 + 0.05 * float(np.sin(2 * np.pi * 1.5 * t)))
        sway.add(FaceCrop(i, float(t), (x, 100.0, 200.0, 200.0), None))
    doubt = sway.doubt(rates, float(T[-1]), 10.0, fs)
    assert doubt is not None
    assert rates[doubt == doubt.max()].mean() == pytest.approx(90, abs=3)
