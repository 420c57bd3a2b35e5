"""Sessions whose live curve is the wave of a heart that is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from aimanet.pulse import bandpass
from aimanet.sessions.info import SessionInfo
from aimanet.sessions.writer import SessionWriter
from aimanet.types import Frame

from .waves import FS, Heart, curve, readings

START = 500.0
"""The source's clock at the first frame, s."""


def write_heart(folder: Path, heart: Heart, seconds: float, snr_db: float = 25.0) -> np.ndarray:
    """Records without video, as the app would; returns the beats on the session's clock."""
    stretch, beats = curve(heart, seconds, snr_db)
    live = bandpass(stretch.wave - stretch.wave[0], FS).astype(np.float32)
    head = SessionInfo.model_validate({"kept": "none", "fps": 1.0, "method": "pos"})
    picture = np.zeros((8, 8, 3), np.uint8)
    with SessionWriter(folder, head) as writer:
        for second in range(int(seconds) + 1):
            writer.frame(Frame(second, START + second, picture))
        for said in readings(heart, seconds):
            upto = np.searchsorted(stretch.t, said.t)
            window = slice(max(0, upto - 300), upto)
            t = START + stretch.t[window]
            writer.reading(replace(said, t=START + said.t, bvp_t=t, bvp=live[window]))
    return beats
