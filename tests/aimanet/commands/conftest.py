"""A short recording of the demo face, drawn once."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A 12 s video of the demo face at 72 BPM."""
    from aimanet.bench.clips import draw_clip

    return draw_clip(tmp_path_factory.mktemp("clip") / "demo.mp4", 12.0, (480, 360))
