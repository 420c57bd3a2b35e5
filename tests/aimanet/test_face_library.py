"""MediaPipe's face detector without the rest, and the rest for whoever wants it."""

from __future__ import annotations

import subprocess
import sys

LEAN = """
import sys
from aimanet.face_library import load
parts = load()
print(parts.detector.__name__, *sorted({"matplotlib", "sounddevice"} & set(sys.modules)))
"""

WHOLE = """
from aimanet.face_library import load
parts = load()
import mediapipe
from mediapipe.tasks.python import vision
assert mediapipe.__version__ and mediapipe.Image and mediapipe.tasks.BaseOptions
assert vision.PoseLandmarker and vision.drawing_utils.DrawingSpec
print("whole")
"""

MOVED = """
from aimanet import face_library
face_library.PACKAGES = ("mediapipe", "mediapipe.elsewhere")
print(face_library.load().detector.__name__)
import mediapipe
print(mediapipe.Image.__name__)
"""


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_detector_comes_without_plots_and_sound():
    assert run(LEAN) == "FaceDetector"


def test_whoever_imports_mediapipe_later_gets_all_of_it():
    assert run(WHOLE) == "whole"


def test_other_folders_in_another_version_mean_the_long_way():
    assert run(MOVED).split() == ["FaceDetector", "Image"]
