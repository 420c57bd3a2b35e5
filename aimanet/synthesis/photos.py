"""Photographs of people, animated with a known pulse.

What a camera would have seen if the person in the photograph had had this pulse: the skin darkens
with the blood by the reflection model I = L (spec + diffuse (1 - a p(t))) (Wang et al. 2017,
"Algorithmic principles of remote PPG", section II), in the colour and strength that its tone
has (`pulse_colour`), unevenly and with a delay over the face; the head turns as an ellipsoid on
which the photograph's own light falls anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from aimanet.errors import SourceError
from aimanet.synthesis.actors import Part
from aimanet.synthesis.complexion import Complexion, complexion, normals, toned
from aimanet.synthesis.relief import smooth_noise
from aimanet.synthesis.scenery import pulse_colour
from aimanet.synthesis.stage import Subject
from aimanet.synthesis.worn import bearded, masked, spectacles
from aimanet.types import BBox

Image = NDArray[np.float32]
FindFace = Callable[[NDArray[np.uint8]], BBox | None]
"""The square around the face in an (H, W, 3) uint8 RGB picture as the app cuts it, or None."""

SUFFIXES = {
    ".avif", ".bmp", ".gif", ".heic", ".jp2", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"
}  # fmt: skip
LARGEST = 1600
"""Photographs are scaled down to this (px) before a face is looked for."""

UNIT = 1 / 3
"""Half a head's width over the side of its square (`aimanet.face_box.MARGIN`)."""


class PhotoError(SourceError):
    """A photograph that cannot be read or shows no face, or a folder without any."""


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """``picture`` (H, W, 3) uint8 RGB and its ``face`` (x, y, w, h), the tracker's square."""

    name: str
    picture: NDArray[np.uint8]
    face: BBox


def load_photos(folder: Path, find: FindFace) -> tuple[list[Photo], list[str]]:
    """All photographs of a folder in the order of their names, and a line for each left out.

    Raises:
        PhotoError: there is no such folder, or no usable photograph in it.
    """
    if not folder.is_dir():
        raise PhotoError(f"{folder} is no folder: give one with photographs of faces")
    photos: list[Photo] = []
    left_out: list[str] = []
    for path in sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES):
        try:
            photos.append(load_photo(path, find))
        except PhotoError as error:
            left_out.append(str(error))
    if not photos:
        why = f"none of {len(left_out)} is usable; {left_out[0]}" if left_out else "none is there"
        raise PhotoError(f"{folder}: no photograph of a face ({why})")
    return photos, left_out


def load_photo(path: Path, find: FindFace) -> Photo:
    """The photograph in a file, upright, and the face that ``find`` finds in it.

    Raises:
        PhotoError: it cannot be read, is too small, or shows no face.
    """
    picture = _read(path)
    if min(picture.shape[:2]) < 64:
        raise PhotoError(f"{path}: {picture.shape[1]}x{picture.shape[0]} px is too small")
    face = find(picture)
    if face is None:
        raise PhotoError(f"{path}: no face found in it")
    return Photo(path.name, picture, face)


def _read(path: Path) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB: grey, 16-bit and transparent pictures too, turned as EXIF says."""
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
        image = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
        if image is not None and (image.ndim != 3 or image.shape[2] != 4):
            image = cv2.imdecode(data, cv2.IMREAD_COLOR)  # obeys EXIF, and makes 8-bit BGR
    except (OSError, cv2.error) as error:
        why = getattr(error, "strerror", None) or "not a picture"
        raise PhotoError(f"{path}: cannot be read ({why})") from error
    if image is None:
        raise PhotoError(f"{path}: not a picture that can be read; use JPEG or PNG")
    image = _opaque(image) if image.shape[2] == 4 else image
    scale = LARGEST / max(image.shape[:2])
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(image[..., ::-1], np.uint8)


def _opaque(image: NDArray[Any]) -> NDArray[np.uint8]:
    """A transparent picture (any depth) on grey."""
    top = np.float32(np.iinfo(image.dtype).max if image.dtype.kind == "u" else 1.0)
    values = image.astype(np.float32) / top
    alpha = values[..., 3:]
    return np.asarray((values[..., :3] * alpha + 0.55 * (1 - alpha)) * 255 + 0.5, np.uint8)


def framed(photo: Photo, size: tuple[int, int], share: float) -> tuple[Image, BBox]:
    """The photograph cut and scaled to ``size`` (width, height), (H, W, 3) float32.

    The face's square is ``share`` of the height, or more where the photograph is cut closer
    (up to 0.9); what is still missing at its edges is mirrored. Also: the square in it.
    """
    width, height = size
    x, y, w, h = photo.face
    rows, columns = photo.picture.shape[:2]
    tall = max(h / 0.9, min(h / share, rows, columns * height / width))
    wide = tall * width / height
    left = _placed(x + w / 2 - 0.5 * wide, wide, columns)
    top = _placed(y + h / 2 - 0.47 * tall, tall, rows)
    scale = height / tall
    part, (px, py) = _cut(photo.picture, left, top, wide, tall)
    matrix = np.array([[scale, 0, (px - left) * scale], [0, scale, (py - top) * scale]])
    if scale < 1:  # a warp would skip pixels: average first
        blur = 0.4 / scale
        part = np.asarray(cv2.GaussianBlur(part, (0, 0), blur), np.float32)
    flags = cv2.INTER_LINEAR if scale < 1 else cv2.INTER_CUBIC
    view = cv2.warpAffine(part, matrix, size, flags=flags, borderMode=cv2.BORDER_REFLECT)
    face = ((x - left) * scale, (y - top) * scale, w * scale, h * scale)
    return np.clip(view, 0, 255).astype(np.float32), face


def _placed(start: float, length: float, whole: int) -> float:
    """Where a view begins that stays inside the picture as far as it can."""
    if length >= whole:
        return (whole - length) / 2
    return float(np.clip(start, 0, whole - length))


def _cut(
    picture: NDArray[np.uint8], left: float, top: float, wide: float, tall: float
) -> tuple[Image, tuple[int, int]]:
    """The part of a picture that a view needs, and where it begins."""
    x, y = max(0, int(left) - 2), max(0, int(top) - 2)
    part = picture[y : int(top + tall) + 3, x : int(left + wide) + 3]
    return part.astype(np.float32), (x, y)


def animated(rng: np.random.Generator, photo: Photo, part: Part, size: tuple[int, int]) -> Subject:
    """The photograph as a subject: its skin has a pulse, its head can move.

    ``part.melanin`` tells the skin's tone where it is not left as it is; ``part.size`` the size
    of the head, where the photograph has room.
    """
    image, face = framed(photo, size, rng.uniform(*part.size) / 1.1)
    centre = (face[0] + face[2] / 2, face[1] + 0.48 * face[3])
    unit = UNIT * face[2]
    u, v = np.meshgrid(
        ((np.arange(size[0]) - centre[0]) / unit).astype(np.float32),
        ((np.arange(size[1]) - centre[1]) / unit).astype(np.float32),
    )
    skin = complexion(image, u, v)
    melanin = skin.melanin
    if part.tone is not None:
        melanin = float(rng.uniform(*part.tone))
        image = toned(image, skin, melanin)
    image, skin = _dressed(rng, image, skin, u, v, part)
    return _Sitter(rng, image, u, v, skin, melanin).subject(centre, float(unit), part)


def _dressed(
    rng: np.random.Generator, image: Image, skin: Complexion, u: Image, v: Image, part: Part
) -> tuple[Image, Complexion]:
    """Glasses, beard and mask put on; the skin below them is hidden."""
    things = [
        *([bearded(rng, u, v)] if part.beard else []),
        *([spectacles(u, v)] if part.glasses else []),
        *([masked(u, v)] if part.mask else []),
    ]
    mask = skin.mask
    for colour, cover in things:
        level = np.float32(0.4 + 0.6 * float(image.mean()) / 128.0)  # in the light that there is
        image = image + (np.clip(colour * level, 0, 250) - image) * cover
        mask = mask * (1.0 - cover[..., 0])
    return image, replace(skin, mask=mask)


class _Sitter:
    """What of the photograph changes when the person lives."""

    def __init__(
        self,
        rng: np.random.Generator,
        image: Image,
        u: Image,
        v: Image,
        skin: Complexion,
        melanin: float,
    ) -> None:
        self._rng, self._image, self._u, self._v = rng, image, u, v
        self._skin, self._melanin = skin, melanin

    def subject(self, centre: tuple[float, float], unit: float, part: Part) -> Subject:
        pulse, late = self._pulse(self._rng.uniform(*part.strength))
        yaw, pitch = self._relit()
        facing = normals(self._u, self._v)[..., 2]
        near = np.clip(1.25 - np.hypot(self._u / 1.15, self._v / 1.5), 0, 0.25) * 4
        height, width = self._image.shape[:2]
        return Subject(
            back=self._image,
            box=(0, 0, width, height),
            still=self._image,
            centre=centre,
            unit=unit,
            pulse=pulse,
            late=late,
            yaw=yaw,
            pitch=pitch,
            screen=np.asarray(facing * near, np.float32),
            jaw=0.09,
            lids=0.11,
        )

    def _pulse(self, strength: float) -> tuple[Image, Image]:
        rng, shape = self._rng, self._skin.mask.shape
        cheeks = sum(
            np.exp(-(((self._u - s * 0.5) / 0.3) ** 2) - ((self._v - 0.25) / 0.3) ** 2)
            for s in (-1.0, 1.0)
        )
        patches = 1 + 0.25 * smooth_noise(rng, shape, int(rng.integers(6, 12))) + 0.3 * cheeks
        where = self._skin.mask * np.clip(patches, 0.2, 2.0)
        colour = pulse_colour(self._melanin) * np.float32(strength)
        pulse = -self._image * (where[..., None] * colour)
        delay = 0.01 * smooth_noise(rng, shape, 8) - 0.012 * np.clip(self._v, -1.4, 1.4)
        return pulse.astype(np.float32), (-pulse * delay[..., None]).astype(np.float32)

    def _relit(self) -> tuple[Image, Image]:
        """What one radian of yaw and of pitch adds: the normals turn under the light."""
        n = normals(self._u, self._v)
        x, y, z = self._skin.light
        shade = (1.0 - float(np.linalg.norm(self._skin.light))) + n @ np.array((x, y, z), "f4")
        shade = np.maximum(shade, 0.25)
        head = np.clip((1.15 - np.hypot(self._u, self._v / 1.3)) / 0.3, 0, 1)
        yaw = (x * n[..., 2] - z * n[..., 0]) / shade * head / 2.2  # 2.2: the camera's gamma
        pitch = (y * n[..., 2] - z * n[..., 1]) / shade * head / 2.2
        return (
            (self._image * yaw[..., None]).astype(np.float32),
            (self._image * pitch[..., None]).astype(np.float32),
        )
