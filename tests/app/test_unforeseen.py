"""A mistake of ours in a slot or a painter is said in the window, which stays."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.app.whole_app import TELL, finish, start, wait_for

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")

STUMBLE = (
    TELL
    + """
from PySide6.QtCore import QTimer
def stumble():
    raise ValueError("the third step")
for wait in (0, 1, 2):
    QTimer.singleShot(wait, stumble)
QTimer.singleShot(300, tell)
"""
)


def test_an_exception_in_a_slot_is_said_once_and_the_window_stays(repository: Path) -> None:
    process = start(repository, {}, "", STUMBLE)
    said = wait_for(process, "banners")["said"]
    assert said["unforeseen"] == (
        "An unexpected error occurred: the third step. What was recorded is safe."
    )
    status, stderr = finish(process)
    assert status == 0
    assert stderr.count("ValueError: the third step") == 1
