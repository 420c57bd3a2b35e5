"""The held-out kinds with a pulse; what they have in common is told in `kinds`."""

from __future__ import annotations

from aimanet.synthesis import acting, beats, filming
from aimanet.synthesis.actors import Part
from aimanet.synthesis.filming import Camera, Codec
from aimanet.synthesis.plans import Entry, Kind, Plan


def _kind(name: str, what: str, conditions: str, plan: Plan) -> Entry:
    return Kind(name, what, True, tuple(conditions.split(", "))), plan


DARK = Part(melanin=(0.75, 1.0), tone=(0.75, 1.0))
LIGHT = Part(melanin=(0.0, 0.15), tone=(0.0, 0.15))
DIM = Camera(level=0.28, read=1.8, shot=2.2, lines=0.3)
DUSK = Camera(level=0.4, read=1.6, shot=2.0, lines=0.3)
NOISY = Camera(read=4.5, shot=3.0, lines=0.8)

FILE = Codec("libx264", None, {"crf": "23", "preset": "veryfast"}, gop=250)
"""What programs write by default."""

CALL = Codec(
    "libx264",
    250,
    {"preset": "veryfast", "bf": "2", "maxrate": "400k", "bufsize": "600k"},
    gop=150,
)
_LIVE = {"deadline": "realtime", "error-resilient": "1", "lag-in-frames": "0"}
VP8 = Codec("libvpx", 220, {**_LIVE, "cpu-used": "8", "drop-threshold": "30"}, gop=300)
VP9 = Codec("libvpx-vp9", 180, {**_LIVE, "cpu-used": "8"}, gop=300)
WEBCAM = Codec("mjpeg", None, {"qmin": "7", "qmax": "7"}, "yuvj422p")

_POSTURES: tuple[Entry, ...] = (
    _kind("still", "calm, daylight, no encoder", "still", Plan()),
    _kind("talking", "speaks in phrases, nods along", "talking", Plan(act=acting.talking)),
    _kind("moving", "looks around at a desk", "moving", Plan(act=acting.moving)),
    _kind(
        "strong motion",
        "sways by up to a third of the head's width, shakes and nods at 0.7-2 Hz",
        "strong motion",
        Plan(act=acting.strong),
    ),
    _kind(
        "strong motion, H.264",
        "the same through an ordinary file, CRF 23",
        "strong motion, ordinary H.264",
        Plan(act=acting.strong, codec=FILE),
    ),
)

_LOOKS: tuple[Entry, ...] = (
    _kind("dim", "a quarter of the light, more noise", "dim", Plan(camera=DIM)),
    _kind("dark skin", "the darkest quarter of skins", "dark skin", Plan(part=DARK)),
    _kind(
        "dark and dim", "dark skin, little light", "dark skin, dim", Plan(part=DARK, camera=DUSK)
    ),
    _kind("light skin", "the lightest skins", "light skin", Plan(part=LIGHT)),
    _kind(
        "glasses and beard",
        "half of the skin is covered",
        "glasses/beard/mask",
        Plan(part=Part(glasses=True, beard=True), act=acting.talking),
    ),
    _kind("mask", "a surgical mask", "glasses/beard/mask", Plan(part=Part(mask=True))),
)

_CAMERAS: tuple[Entry, ...] = (
    _kind("15 fps", "a slow camera", "15 fps", Plan(fps=15.0, act=acting.moving)),
    _kind("60 fps", "a quick camera", "60 fps", Plan(fps=60.0, act=acting.moving)),
    _kind("12 fps, uneven", "late frames", "12 fps", Plan(fps=12.0, jitter=0.3)),
    _kind("call, H.264", "250 kbit/s, B-frames", "messenger compression", Plan(codec=CALL)),
    _kind(
        "call, VP8",
        "220 kbit/s, real time, frames are dropped",
        "messenger compression",
        Plan(act=acting.talking, codec=VP8),
    ),
    _kind(
        "call, VP9",
        "180 kbit/s, real time, moving",
        "messenger compression",
        Plan(act=acting.moving, codec=VP9),
    ),
    _kind("webcam MJPEG", "each frame a JPEG", "mjpeg", Plan(act=acting.moving, codec=WEBCAM)),
    _kind("noise", "a noisy sensor", "noise", Plan(camera=NOISY)),
)

_LIGHTS: tuple[Entry, ...] = (
    _kind(
        "mains flicker",
        "50 Hz lamps folded to 72 a minute, rolling down the rows",
        "flicker",
        Plan(light=filming.mains, fps=24.7),
    ),
    _kind(
        "screen light", "a film lights the face", "screen light", Plan(light=filming.screen_light)
    ),
    _kind(
        "auto-exposure",
        "exposure and white balance hunt",
        "auto-exposure",
        Plan(light=filming.hunting, act=acting.moving),
    ),
)

_HEARTS: tuple[Entry, ...] = (
    _kind("slow heart", "40 to 55 a minute", "still", Plan(hr=(40.0, 55.0))),
    _kind("quick heart", "100 to 200 a minute", "still", Plan(hr=(100.0, 200.0))),
    _kind(
        "arrhythmia",
        "extra beats, or fibrillation",
        "arrhythmia",
        Plan(hr=(60.0, 110.0), beat=beats.irregular),
    ),
    _kind(
        "exercise",
        "20 to 36 a minute more or less within the clip, moving",
        "exercise",
        Plan(hr=(90.0, 165.0), beat=beats.exercise, act=acting.moving),
    ),
)

ALIVE: tuple[Entry, ...] = (*_POSTURES, *_LOOKS, *_CAMERAS, *_LIGHTS, *_HEARTS)
