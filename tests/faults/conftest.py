"""What the tests of faults share with those of the library."""

from __future__ import annotations

from tests.aimanet.conftest import face_model

__all__ = ["face_model"]
