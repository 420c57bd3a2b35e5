"""Photographs: read whatever they are, skin found, tone told, pulse put in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from aimanet.synthesis.actors import Part
from aimanet.synthesis.complexion import complexion, normals, toned
from aimanet.synthesis.drawing import draw_head
from aimanet.synthesis.look import Look
from aimanet.synthesis.photos import Photo, PhotoError, animated, framed, load_photo, load_photos

BBox = tuple[float, float, float, float]
LOOK = Look(light=(-0.5, -0.3, 0.8), ambient=0.5)


def portrait(melanin: float, **look: object) -> tuple[np.ndarray, np.ndarray, BBox]:
    """A drawn photograph (360, 480, 3), where its skin is, and the square of its face."""
    x, y = np.meshgrid(np.arange(480, dtype=np.float32), np.arange(360, dtype=np.float32))
    here = draw_head(replace(LOOK, melanin=melanin, **look), (x - 240) / 75, (y - 170) / 75)
    back = np.array([120.0, 135.0, 150.0], np.float32) * (1 - here.alpha[..., None])
    image = np.clip(here.rgb + back, 0, 255).astype(np.uint8)
    return image, np.asarray(here.perfusion) > 0.8, (240 - 112.5, 174 - 112.5, 225.0, 225.0)


def grid(face: BBox) -> tuple[np.ndarray, np.ndarray]:
    unit, cx, cy = face[2] / 3, face[0] + face[2] / 2, face[1] + 0.48 * face[3]
    x, y = np.meshgrid(np.arange(480, dtype=np.float32), np.arange(360, dtype=np.float32))
    return (x - cx) / unit, (y - cy) / unit


@pytest.mark.parametrize("melanin", [0.05, 0.45, 0.95])
def test_skin_is_found_on_any_tone_and_its_tone_is_told(melanin: float) -> None:
    image, skin, face = portrait(melanin)
    found = complexion(image.astype(np.float32), *grid(face))
    assert found.mask[skin].mean() > 0.6
    assert found.mask[~skin].mean() < 0.06
    assert found.melanin == pytest.approx(melanin, abs=0.2)
    assert found.light[0] < 0 < found.light[2]


def test_beard_and_brows_are_no_skin() -> None:
    image, _, face = portrait(0.2, beard=0.95, hair=(40.0, 30.0, 22.0))
    u, v = grid(face)
    mask = complexion(image.astype(np.float32), u, v).mask
    chin = (np.abs(u) < 0.3) & (v > 0.9) & (v < 1.15)
    cheeks = (np.abs(np.abs(u) - 0.5) < 0.15) & (v > 0.05) & (v < 0.3)
    assert mask[chin].mean() < 0.35
    assert mask[cheeks].mean() > 0.8


def test_another_tone_changes_the_skin_only() -> None:
    image, skin, face = portrait(0.2)
    values = image.astype(np.float32)
    found = complexion(values, *grid(face))
    dark = toned(values, found, 0.9)
    assert dark[skin].mean() < 0.55 * values[skin].mean()
    assert dark[:60, :60].mean() >= values[:60, :60].mean()
    assert complexion(dark, *grid(face)).melanin > 0.55


def test_a_pulse_follows_the_skin() -> None:
    def strength(melanin: float) -> np.ndarray:
        image, _, face = portrait(melanin)
        photo = Photo("x", image, face)
        part = Part(strength=(0.004, 0.004))
        subject = animated(np.random.default_rng(1), photo, part, (480, 360))
        assert subject.pulse is not None
        where = np.abs(subject.pulse[..., 1]) > 0.05
        assert where.mean() < 0.4
        return -(subject.pulse / np.maximum(subject.still, 20))[where].mean(axis=0)

    light, dark = strength(0.05), strength(0.95)
    assert 0.001 < light[1] < 0.008
    assert light[1] > light[2] > light[0] > 0
    assert dark[1] < 0.8 * light[1]


@pytest.mark.parametrize("size", [(640, 480), (320, 240), (480, 640)])
def test_framed_keeps_the_face_in_view(size: tuple[int, int]) -> None:
    image, _, face = portrait(0.2)
    for scale in (0.6, 1.0, 5.0):
        big = cv2.resize(image, None, fx=scale, fy=scale)
        square = tuple(scale * x for x in face)
        view, at = framed(Photo("x", np.asarray(big), square), size, 0.5)
        assert view.shape == (size[1], size[0], 3)
        assert at[0] >= -1
        assert at[0] + at[2] <= size[0] + 1
        assert 0.4 < at[3] / size[1] < 0.95
        cx, cy = int(at[0] + at[2] / 2), int(at[1] + at[3] / 2)
        near = view[cy - 3 : cy + 3, cx - 3 : cx + 3].mean(axis=(0, 1))
        assert near[0] > near[2] + 15  # the nose is red, the wall is blue


def everywhere(picture: np.ndarray) -> BBox | None:
    """A "detector" that takes reddish pictures for faces."""
    if picture[..., 0].mean() < picture[..., 2].mean() + 5:
        return None
    return (1.0, 2.0, 50.0, 50.0)


def jpeg_turned(path: Path, picture: np.ndarray) -> None:
    """A JPEG whose EXIF says: turn me by 90 degrees to the right."""
    data = cv2.imencode(".jpg", picture[..., ::-1])[1].tobytes()
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    path.write_bytes(data[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + data[2:])


def test_pictures_of_all_sorts(tmp_path: Path) -> None:
    red = np.full((90, 120, 3), (200, 120, 100), np.uint8)
    jpeg_turned(tmp_path / "turned.JPG", red)
    assert load_photo(tmp_path / "turned.JPG", everywhere).picture.shape == (120, 90, 3)
    clear = np.dstack([red[..., ::-1], np.full((90, 120), 255, np.uint8)])
    clear[:, :40, 3] = 0
    cv2.imwrite(str(tmp_path / "clear.png"), clear)
    picture = load_photo(tmp_path / "clear.png", everywhere).picture
    assert picture[10, 100].tolist() == [200, 120, 100]
    assert picture[10, 10].tolist() == [140, 140, 140]
    cv2.imwrite(str(tmp_path / "deep.png"), red[..., ::-1].astype(np.uint16) * 257)
    assert load_photo(tmp_path / "deep.png", everywhere).picture[5, 5].tolist() == [200, 120, 100]
    cv2.imwrite(str(tmp_path / "grey.png"), red[..., 0])
    grey = load_photo(tmp_path / "grey.png", lambda _: (0.0, 0.0, 64.0, 64.0)).picture
    assert grey.shape == (90, 120, 3)
    cv2.imwrite(str(tmp_path / "huge.png"), np.full((3000, 200, 3), (100, 120, 200), np.uint8))
    assert load_photo(tmp_path / "huge.png", everywhere).picture.shape[0] == 1600


def test_a_folder_lists_what_it_leaves_out(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "b.png"), np.full((90, 90, 3), (100, 120, 200), np.uint8))
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((90, 90, 3), 128, np.uint8))
    cv2.imwrite(str(tmp_path / "tiny.png"), np.full((20, 20, 3), (100, 120, 200), np.uint8))
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("not a photograph")
    photos, left_out = load_photos(tmp_path, everywhere)
    assert [photo.name for photo in photos] == ["b.png"]
    assert [line.split(": ")[0].split("/")[-1] for line in left_out] == [
        "a.jpg", "empty.jpg", "tiny.png", "wall.png"
    ]  # fmt: skip
    assert all("\n" not in line for line in left_out)
    with pytest.raises(PhotoError, match="none of 5 is usable"):
        load_photos(tmp_path, lambda _: None)
    with pytest.raises(PhotoError, match="no folder"):
        load_photos(tmp_path / "gone", everywhere)


def test_normals_are_of_unit_length() -> None:
    u, v = grid((100.0, 60.0, 200.0, 200.0))
    assert np.allclose(np.linalg.norm(normals(u, v), axis=2), 1, atol=1e-3)
