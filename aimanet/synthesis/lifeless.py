"""The held-out kinds without a pulse: nothing may be shown on them as a heart rate."""

from __future__ import annotations

from aimanet.synthesis import acting, props
from aimanet.synthesis.actors import Part
from aimanet.synthesis.filming import Camera
from aimanet.synthesis.plans import Entry, Kind, Plan


def _kind(name: str, what: str, conditions: str, plan: Plan) -> Entry:
    return Kind(name, what, False, tuple(conditions.split(", "))), plan


LIFELESS: tuple[Entry, ...] = (
    _kind(
        "print held",
        "a photograph in a shaking hand",
        "photograph held",
        Plan(subject=props.held_picture, act=acting.hand_held),
    ),
    _kind("wall", "a wall", "wall", Plan(subject=props.bare_wall, act=acting.fixed)),
    _kind(
        "poster",
        "a poster on a wall some metres away",
        "poster",
        Plan(subject=props.poster, act=acting.fixed),
    ),
    _kind("doll", "moves and blinks, no pulse", "doll", Plan(act=acting.moving)),
    _kind(
        "empty room",
        "an empty chair",
        "empty room",
        Plan(subject=props.vacant_room, act=acting.fixed),
    ),
    _kind(
        "noise",
        "a covered lens",
        "noise",
        Plan(subject=props.static, act=acting.fixed, camera=Camera(read=20.0)),
    ),
    _kind(
        "cartoon",
        "talks",
        "cartoon",
        Plan(part=Part(cartoon=True), act=acting.talking),
    ),
)
