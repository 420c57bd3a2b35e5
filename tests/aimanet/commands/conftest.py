"""A short recording of the demo face, drawn once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.made_once import made_once


@pytest.fixture(scope="session")
def clip() -> Path:
    """A 12 s video of the demo face at 72 BPM."""
    from aimanet.bench.clips import draw_clip

    return made_once("demo.mp4", lambda path: draw_clip(path, 12.0, (320, 240)))
