"""A short recording of the demo face, drawn once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.made_once import made_once


@pytest.fixture(scope="session")
def clip() -> Path:
    """A 12 s video of the demo face at 72 BPM.

    Of high quality: x264 writes another file each time, and at a webcam's bit rate the first
    ``ok`` comes after 5 s mostly, after 8 s at times.
    """
    from aimanet.bench.clips import draw_clip
    from aimanet.synthesis.export import HIGH_QUALITY

    return made_once("demo.mp4", lambda path: draw_clip(path, 12.0, (320, 240), HIGH_QUALITY))
