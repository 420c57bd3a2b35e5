"""The held-out kinds without a pulse: nothing may be shown on them as a heart rate."""

from __future__ import annotations

from aimanet.synthesis import acting, filming, props
from aimanet.synthesis.filming import Camera, Codec
from aimanet.synthesis.plans import Entry, Kind, Plan


def _kind(name: str, what: str, conditions: str, plan: Plan) -> Entry:
    return Kind(name, what, False, tuple(conditions.split(", "))), plan


HARD = Codec(
    "libx264",
    120,
    {"preset": "veryfast", "bf": "0", "maxrate": "200k", "bufsize": "200k", "sc_threshold": "0"},
    gop=25,
)
"""Little rate and a key frame 72 times a minute, which shows as a beat in the picture."""

_PRINTS: tuple[Entry, ...] = (
    _kind(
        "print",
        "a photograph before a camera on a stand",
        "photograph held",
        Plan(subject=props.held_picture, act=acting.fixed),
    ),
    _kind(
        "print in a hand",
        "shaking at 4-11 Hz, swaying, tilting",
        "photograph held",
        Plan(subject=props.held_picture, act=acting.hand_held),
    ),
    _kind(
        "print zoomed",
        "in a hand, the lens zooms and hunts",
        "photograph held",
        Plan(subject=props.held_picture, act=acting.zoomed),
    ),
    _kind(
        "print, flicker",
        "under 50 Hz lamps, folded to 72 a minute",
        "photograph held, flicker",
        Plan(subject=props.held_picture, act=acting.hand_held, light=filming.mains, fps=24.7),
    ),
    _kind(
        "print, key frames",
        "H.264 at 120 kbit/s with a key frame 72 times a minute",
        "photograph held",
        Plan(subject=props.held_picture, act=acting.hand_held, codec=HARD),
    ),
    _kind(
        "poster",
        "on a wall some metres away",
        "poster",
        Plan(subject=props.poster, act=acting.fixed),
    ),
)

_DOLLS: tuple[Entry, ...] = (
    _kind("doll", "moves, blinks, has no blood", "doll", Plan(act=acting.moving)),
    _kind("swaying doll", "72 times a minute", "doll", Plan(act=acting.pendulum)),
    _kind(
        "doll by a screen",
        "the light of a film plays on it",
        "doll, flicker",
        Plan(light=filming.screen_light),
    ),
    _kind("cartoon", "it talks", "cartoon", Plan(subject=props.cartoon, act=acting.talking)),
)

_NOBODY: tuple[Entry, ...] = (
    _kind("wall", "plaster and a socket", "wall", Plan(subject=props.bare_wall, act=acting.fixed)),
    _kind(
        "empty room",
        "an empty chair",
        "empty room",
        Plan(subject=props.vacant_room, act=acting.fixed, light=filming.hunting),
    ),
    _kind(
        "covered lens",
        "nothing but noise",
        "noise",
        Plan(subject=props.static, act=acting.fixed, camera=Camera(read=20.0, shot=0.0)),
    ),
)

LIFELESS: tuple[Entry, ...] = (*_PRINTS, *_DOLLS, *_NOBODY)
