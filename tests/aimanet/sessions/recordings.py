"""Small real sessions for tests: noise pictures with odd times, boxes, readings and markers."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from aimanet.sessions.info import SessionInfo
from aimanet.sessions.writer import SessionWriter
from aimanet.types import FaceCrop, Frame, Reading, State

SIZE = (64, 48)
START = 1000.0
"""The source's clock at the first frame, s."""


def times(count: int) -> np.ndarray:
    """Source times with jitter, and two frames within one millisecond."""
    t = START + np.arange(count) / 30 + np.random.default_rng(5).uniform(0, 0.01, count)
    t[0] = START
    if count > 3:
        t[3] = t[2] + 0.0002
    return t


def image(i: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    rng = np.random.default_rng([7, i])
    return rng.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)


def frame(i: int, t: float | None = None) -> Frame:
    return Frame(10 + i, START + i / 30 if t is None else t, image(i))


def crop(i: int, t: float | None = None, face: bool = True) -> FaceCrop:
    at = START + i / 30 if t is None else t
    if not face:
        return FaceCrop(10 + i, at, None, None)
    return FaceCrop(10 + i, at, (1.5, -2.25, 40.0, 40.0), image(i + 500, (36, 36)))


def reading(t: float, hr: float | None = 71.123456789, state: State = State.OK) -> Reading:
    return Reading(
        t=t,
        hr_bpm=hr,
        snr_db=None if hr is None else 5.4321,
        state=state,
        quality=0.75,
        bvp_t=t - np.arange(60)[::-1] / 30,
        bvp=np.sin(np.arange(60, dtype=np.float32)),
    )


def fill(writer: SessionWriter, count: int, *, faceless: tuple[int, ...] = ()) -> None:
    for i, t in enumerate(times(count).tolist()):
        writer.frame(frame(i, t), crop(i, t, i not in faceless))
        if i % 10 == 9:
            warm = i < 20
            hr = None if warm else 70.0 + i / 7
            writer.reading(reading(t, hr, State.WARMING_UP if warm else State.OK))


def write_session(folder: Path, count: int = 60, kept: str = "frame", **info: object) -> Path:
    head = SessionInfo.model_validate({"kept": kept, "fps": 30.0, "method": "pos", **info})
    with SessionWriter(folder, head) as writer:
        fill(writer, count, faceless=(4, 5))
        writer.mark(START + 0.5, 'stood up, "quickly"')
    return folder
