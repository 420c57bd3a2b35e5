"""Things without a pulse as subjects for a `stage`: pictures of faces, walls, rooms, static."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from aimanet.synthesis.actors import Part, drawn
from aimanet.synthesis.backdrops import backdrop, empty_room, wall
from aimanet.synthesis.stage import Subject

if TYPE_CHECKING:
    from aimanet.synthesis.photos import Photo

Image = NDArray[np.float32]
Size = tuple[int, int]


def bare_wall(rng: np.random.Generator, part: Part, size: Size, photo: Photo | None) -> Subject:
    """A wall; nobody there."""
    del part, photo
    return nothing(wall(rng, size[1], size[0]))


def vacant_room(rng: np.random.Generator, part: Part, size: Size, photo: Photo | None) -> Subject:
    """A room with an empty chair."""
    del part, photo
    return nothing(empty_room(rng, size[1], size[0]))


def static(rng: np.random.Generator, part: Part, size: Size, photo: Photo | None) -> Subject:
    """A covered lens: an even grey on which the camera's noise is all there is."""
    del part, photo
    return nothing(np.full((size[1], size[0], 3), rng.uniform(25, 130), np.float32))


def held_picture(rng: np.random.Generator, part: Part, size: Size, photo: Photo | None) -> Subject:
    """A print that fills most of the view, before a room."""
    return _card(rng, _print(rng, part, photo), size, rng.uniform(0.8, 0.95))


def poster(rng: np.random.Generator, part: Part, size: Size, photo: Photo | None) -> Subject:
    """A poster on a wall some metres away."""
    tall = rng.uniform(0.3, 0.42)
    return _card(rng, _print(rng, part, photo), size, tall, wall(rng, size[1], size[0]))


def cartoon(rng: np.random.Generator, part: Part, size: Size, photo: Photo | None) -> Subject:
    """A character of few colours with thick outlines."""
    del photo
    return drawn(rng, replace(part, cartoon=True), size)


def nothing(picture: Image) -> Subject:
    """A picture in which nothing moves."""
    corner = np.ascontiguousarray(picture[:16, :16])
    return Subject(picture, (0, 0, 16, 16), corner, (8.0, 8.0), 8.0, rigid=True)


def _print(rng: np.random.Generator, part: Part, photo: Photo | None) -> Image:
    """The picture on the paper, (480, 400, 3)."""
    if photo is not None:
        from aimanet.synthesis.photos import framed

        return framed(photo, (400, 480), 0.42)[0]
    subject = drawn(rng, part, (400, 480))
    x, y, w, h = subject.box
    image = subject.back.copy()
    place = image[y : y + h, x : x + w]
    place *= 1.0 - subject.still[..., 3:]
    place += subject.still[..., :3]
    return image


def _card(
    rng: np.random.Generator, picture: Image, size: Size, tall: float, back: Image | None = None
) -> Subject:
    """``picture`` on paper with a white edge, ``tall`` of the view's height."""
    width, height = size
    h = int(height * tall)
    w = h * picture.shape[1] // picture.shape[0]
    edge = max(2, h // 40)
    inner = cv2.resize(picture, (w - 2 * edge, h - 2 * edge), interpolation=cv2.INTER_AREA)
    paper = np.full((h, w, 3), 228.0, np.float32)
    paper[edge : h - edge, edge : w - edge] = inner
    layer = np.zeros((height, width, 4), np.float32)
    x, y = (width - w) // 2, (height - h) // 2
    layer[y : y + h, x : x + w, :3] = paper
    layer[y : y + h, x : x + w, 3] = 1.0
    ramp = np.zeros((2, height, width, 3), np.float32)
    ramp[0, ..., :] = (np.linspace(-1, 1, width, dtype=np.float32) + 0.5)[:, None]
    ramp[1, ..., :] = (np.linspace(-1, 1, height, dtype=np.float32) + 0.5)[:, None, None]
    return Subject(
        back=backdrop(rng, height, width) if back is None else back,
        box=(0, 0, width, height),
        still=layer,
        centre=(width / 2, height / 2),
        unit=h / 2,
        yaw=layer[..., :3] * ramp[0] * 0.4,  # paper that tilts catches more light on one side
        pitch=layer[..., :3] * ramp[1] * 0.4,
        screen=layer[..., 3],
        rigid=True,
    )
