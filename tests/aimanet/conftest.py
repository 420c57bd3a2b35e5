"""What several rooms' tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from aimanet.errors import FaceModelError
from aimanet.face_model import face_model_path


@pytest.fixture(scope="session")
def face_model() -> Path:
    """The face detector's model, or a skip where it is neither here nor to be fetched."""
    try:
        return face_model_path()
    except FaceModelError as problem:
        pytest.skip(f"no face model: {problem}")
