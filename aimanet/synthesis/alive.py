"""The held-out kinds with a pulse; what they have in common is told in `kinds`."""

from __future__ import annotations

from aimanet.synthesis import acting
from aimanet.synthesis.actors import Part
from aimanet.synthesis.filming import Camera, Codec
from aimanet.synthesis.plans import Entry, Kind, Plan

MESSENGER = {"preset": "veryfast", "bf": "2", "maxrate": "400k", "bufsize": "600k"}
DIM = Camera(level=0.28, read=1.8, shot=2.2, lines=0.3)
DARK = Part(melanin=(0.75, 1.0))


def _kind(name: str, what: str, conditions: str, plan: Plan) -> Entry:
    return Kind(name, what, True, tuple(conditions.split(", "))), plan


ALIVE: tuple[Entry, ...] = (
    _kind("still", "calm, daylight, no encoder", "still", Plan()),
    _kind("talking", "speaks in phrases", "talking", Plan(act=acting.talking)),
    _kind("moving", "looks around at a desk", "moving", Plan(act=acting.moving)),
    _kind("strong", "sways, shakes, nods", "strong motion", Plan(act=acting.strong)),
    _kind("dim", "a quarter of the light, more noise", "dim", Plan(camera=DIM)),
    _kind("dark skin", "the darkest skin", "dark skin", Plan(part=DARK)),
    _kind(
        "messenger",
        "H.264 at 250 kbit/s with B-frames",
        "messenger compression",
        Plan(codec=Codec("libx264", 250, MESSENGER, gop=150)),
    ),
)
