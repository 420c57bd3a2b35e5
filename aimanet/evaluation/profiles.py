"""Named ways to score, so that a figure can be compared with a published one."""

from __future__ import annotations

from dataclasses import dataclass

from aimanet.errors import AimaNetError


class EvaluationError(AimaNetError):
    """Something cannot be scored; the line says what, and what to do."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The band (Hz) of the filter, of the search for the peak and of the SNR."""

    name: str
    low_hz: float
    high_hz: float
    about: str


PROFILES = {
    p.name: p
    for p in (
        Profile("toolbox-2025", 0.6, 3.3, "rPPG-Toolbox as it is today: 36-198 BPM"),
        Profile("neurips2023", 0.75, 2.5, "the table of its paper (NeurIPS 2023): 45-150 BPM"),
    )
}
"""By name."""


def profile_named(name: str) -> Profile:
    """Returns a profile.

    Raises:
        EvaluationError: there is none of that name.
    """
    if name not in PROFILES:
        known = "; ".join(f"{p.name} ({p.about})" for p in PROFILES.values())
        raise EvaluationError(f"unknown profile {name!r}: use {known}")
    return PROFILES[name]
