"""The face detector's network: read, converted, run; held against MediaPipe where that is here."""

from __future__ import annotations

import dataclasses
import json
import random
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from aimanet.blazeface import BlazeFace, _merged, _opencv, _same_padding, _to_onnx
from aimanet.synthesis.drawing import draw_head
from aimanet.synthesis.look import Look
from aimanet.tflite import read


def drawn(width: int, height: int, look: Look, x: float, y: float, scale: float) -> np.ndarray:
    """A head with its middle at (x, y), ``scale`` px from there to an ear, on grey."""
    u = (np.arange(width, dtype=np.float32) - x) / scale
    v = (np.arange(height, dtype=np.float32) - y) / scale
    portrait = draw_head(look, *np.meshgrid(u, v))
    alpha = portrait.alpha[..., None]
    return np.clip(portrait.rgb * alpha + 120 * (1 - alpha), 0, 255).astype(np.uint8)


PICTURES = [
    drawn(200, 260, Look(), 100, 120, 50),
    drawn(260, 200, Look(melanin=0.8, seed=3), 150, 90, 40),
    drawn(192, 192, Look(seed=9), 90, 100, 70),
]


@pytest.fixture(scope="module")
def data(face_model: Path) -> bytes:
    return face_model.read_bytes()


@pytest.mark.parametrize("picture", PICTURES)
def test_a_drawn_face_is_found_once(data, picture):
    (face,) = BlazeFace(data, 0.5)(picture)
    size = np.array([picture.shape[1], picture.shape[0]])
    left_eye, right_eye, nose, mouth = face.marks[:4] * size
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_eye[1] < nose[1] < mouth[1]
    assert np.all(face.box[:2] < face.box[2:])


def test_opencv_says_the_same_as_the_usual_way(data):
    usual, other = BlazeFace(data, 0.5), BlazeFace(data, 0.5)
    other._run = _opencv(_to_onnx(read(data)))
    for picture in PICTURES:
        (a,), (b,) = usual(picture), other(picture)
        assert a.score == pytest.approx(b.score, abs=1e-5)
        np.testing.assert_allclose(a.marks, b.marks, atol=1e-5)
        np.testing.assert_allclose(a.box, b.box, atol=1e-5)


def test_a_view_of_a_larger_picture_is_the_same_as_its_copy(data):
    wide = np.hstack((PICTURES[0], PICTURES[0]))
    view = wide[:, :200]
    (a,), (b,) = BlazeFace(data, 0.5)(view), BlazeFace(data, 0.5)(view.copy())
    np.testing.assert_array_equal(a.box, b.box)


def test_nobody_in_an_empty_room(data):
    assert BlazeFace(data, 0.3)(np.full((200, 300, 3), 120, np.uint8)) == []


def test_a_heap_of_boxes_is_averaged_by_score_and_others_stay():
    def box(x: float) -> np.ndarray:
        return np.concatenate(([[x, 0.0], [x + 1.0, 1.0]], np.full((6, 2), x)))

    found = _merged(
        np.array([0.5, 0.9, 0.7]), np.stack([box(0.1), box(0.0), box(5.0)]), np.array([1, 1])
    )
    assert [score for score, _ in found] == [0.9, 0.7]
    assert found[0][1][2, 0] == pytest.approx(0.1 * 0.5 / 1.4)
    assert found[1][1][2, 0] == 5.0


def test_padding_is_tensorflows():
    assert _same_padding((128, 128), (5, 5), (2, 2)) == (1, 1, 2, 2)
    assert _same_padding((64, 64), (3, 3), (1, 1)) == (1, 1, 1, 1)


THEIRS = """
import json, os, sys
import numpy as np
from mediapipe.tasks.python.core.base_options import BaseOptions
from mediapipe.tasks.python.vision import face_detector
from mediapipe.tasks.python.vision.core.image import Image, ImageFormat

base = BaseOptions(model_asset_path=sys.argv[1])
net = face_detector.FaceDetector.create_from_options(face_detector.FaceDetectorOptions(base))
for name in sys.argv[2:]:
    seen, = net.detect(Image(image_format=ImageFormat.SRGB, data=np.load(name))).detections
    box = seen.bounding_box
    print(json.dumps([
        [box.origin_x, box.origin_y], seen.categories[0].score,
        [(mark.x, mark.y) for mark in seen.keypoints],
    ]), flush=True)
os._exit(0)  # its own close would report to Google
"""


def test_against_mediapipe_itself(data, face_model, tmp_path):
    pytest.importorskip("mediapipe")
    names = [str(tmp_path / f"{k}.npy") for k in range(len(PICTURES))]
    for name, picture in zip(names, PICTURES, strict=True):
        np.save(name, picture)
    done = subprocess.run(
        [sys.executable, "-c", THEIRS, str(face_model), *names],
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    ours = BlazeFace(data, 0.5)
    for picture, line in zip(PICTURES, done.stdout.splitlines(), strict=True):
        (face,) = ours(picture)
        corner, score, marks = json.loads(line)
        size = np.array([picture.shape[1], picture.shape[0]])
        assert np.abs((np.array(marks) - face.marks) * size).max() < 0.5  # px
        assert np.abs(np.array(corner) - face.box[:2] * size).max() < 1.5  # theirs are whole px
        assert score == pytest.approx(face.score, abs=0.005)


@pytest.mark.parametrize(
    "text", [b"", b"hello", b"\0\0\0\0TFL3", b"\xff" * 4 + b"TFL3" + b"\xff" * 99]
)
def test_no_such_file(text):
    with pytest.raises(ValueError, match="TensorFlow Lite"):
        read(text)


def test_damaged_files_are_refused_or_work(data):
    dice = random.Random(5)
    refused = 0
    for _ in range(40):
        broken = bytearray(data)
        for _ in range(8):  # where the tables are, not the weights
            broken[dice.choice((dice.randrange(8, 600), dice.randrange(len(data))))] ^= (
                dice.randrange(1, 256)
            )
        try:
            BlazeFace(bytes(broken), 0.5)(PICTURES[0])
        except (ValueError, RuntimeError, cv2.error):
            refused += 1
    assert refused > 0
    with pytest.raises(ValueError, match="TensorFlow Lite"):
        read(data[: len(data) // 2])


def test_a_network_for_something_else(data):
    network = read(data)
    with pytest.raises(ValueError, match="something else than faces"):
        _to_onnx(dataclasses.replace(network, outputs=network.outputs[::-1]))
