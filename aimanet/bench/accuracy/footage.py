"""From a clip's frames to face crops, once: tracked, or out of a cache of crops.

The face is looked for by the tracker that the camera's pictures go through, and what it cuts out
is kept as it is: 72 px, 8 bits. Every method then sees the same crops, and other weights can be
measured later without drawing anything again.
"""

from __future__ import annotations

import glob
import hashlib
import os
import re
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aimanet.bench.accuracy.material import Material, Truth
from aimanet.datasets.cropping import whole_frame
from aimanet.errors import OutputError
from aimanet.face import FaceTracker
from aimanet.types import FaceCrop


@dataclass(frozen=True, slots=True, eq=False)
class Footage:
    """A clip as its face crops, and the truth about it."""

    faces: Iterator[FaceCrop]
    truth: Truth | None


class Camera:
    """Films clips, one after the other, with one face detector for all.

    Args:
        cache: a folder of crops to take from and to add to; None keeps nothing.
        any_version: also take crops of clips that other code drew.
        model: the detector's file; by default `FaceTracker` looks for it.
    """

    def __init__(
        self, cache: Path | None = None, model: Path | None = None, *, any_version: bool = False
    ) -> None:
        self._cache = cache
        self._any_version = any_version
        self._model = model
        self._tracker: FaceTracker | None = None

    def close(self) -> None:
        """Frees the detector."""
        if self._tracker is not None:
            self._tracker.close()

    def film(self, material: Material) -> Footage:
        """Begins to film a clip; take its faces to the end before the next one is filmed.

        Raises:
            AimaNetError: it cannot be read (also while its faces are taken).
            OutputError: the cache cannot be written.
        """
        place = self._place(material)
        if place is not None and (kept := load(place)) is not None:
            return kept
        reel = material.open()
        faces = self._faces(reel.frames, alone=reel.face_alone)
        if place is not None:
            faces = _kept(faces, reel.truth, place)
        return Footage(faces, reel.truth)

    def _place(self, material: Material) -> Path | None:
        name = material.cache_name
        if self._cache is None or not name:
            return None
        place = self._cache / f"{name}.npz"
        if self._any_version and not place.exists():
            others = self._cache.glob(f"*/{glob.escape(place.name)}")
            place = max(others, key=lambda path: path.stat().st_mtime, default=place)
        return place

    def _faces(self, frames: Iterator[Any], *, alone: bool) -> Iterator[FaceCrop]:
        if alone:
            yield from map(whole_frame, frames)
            return
        if self._tracker is None:
            self._tracker = FaceTracker(model_path=self._model)
        self._tracker.reset()
        yield from map(self._tracker.track, frames)


def _kept(faces: Iterator[FaceCrop], truth: Truth | None, place: Path) -> Iterator[FaceCrop]:
    """Hands the crops on; when they have all been taken, they are in the cache."""
    taken = []
    for face in faces:
        taken.append(face)
        yield face
    save(place, taken, truth)


def save(place: Path, faces: list[FaceCrop], truth: Truth | None) -> None:
    """Writes crops (all of one size) whole, or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    seen = [face for face in faces if face.crop is not None]
    columns: dict[str, NDArray[Any]] = {
        "index": np.array([face.index for face in faces], np.int64),
        "t": np.array([face.t for face in faces], np.float64),
        "seen": np.array([face.crop is not None for face in faces], bool),
        "bbox": np.array([face.bbox for face in seen], np.float64).reshape(-1, 4),
        "crops": np.stack([face.crop for face in seen if face.crop is not None])
        if seen
        else np.empty((0, 0, 0, 3), np.uint8),
    }
    if truth is not None:
        columns |= {"truth_t": truth.t, "truth_hr_bpm": truth.hr_bpm}
        columns["truth_half_s"] = np.array(truth.half_s)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=place.parent, prefix=f".{place.stem}.", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez_compressed(file, **columns)  # type: ignore[arg-type]
            os.chmod(part, 0o644)
            os.replace(part, place)
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise
    except OSError as error:
        why = error.strerror or str(error)
        raise OutputError(f"cannot write {place}: {why}; choose another --cache") from error


def load(place: Path) -> Footage | None:
    """What `save` wrote; None where nothing is or where it is damaged (it is made again then)."""
    try:
        with np.load(place, allow_pickle=False) as file:
            columns = {name: file[name] for name in file.files}
        truth = None
        if "truth_t" in columns:
            half_s = float(columns["truth_half_s"])
            truth = Truth(columns["truth_t"], columns["truth_hr_bpm"], half_s)
        return Footage(iter(_unpacked(columns)), truth)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _unpacked(columns: dict[str, NDArray[Any]]) -> list[FaceCrop]:
    faces = []
    crops = zip(columns["bbox"], columns["crops"], strict=True)
    for index, t, seen in zip(columns["index"], columns["t"], columns["seen"], strict=True):
        box, crop = next(crops) if seen else (None, None)
        bbox = None if box is None else (*(float(side) for side in box),)
        faces.append(FaceCrop(int(index), float(t), bbox, crop))  # type: ignore[arg-type]
    return faces


def code_version(module: str = "aimanet.synthesis.kinds") -> str:
    """A fingerprint of the code that draws and cuts the clips: crops of other code are others.

    Of all modules of `aimanet.synthesis` that ``module`` leads to, and of the face tracker's.
    """
    package = Path(__file__).resolve().parents[2]
    waiting = [module, "aimanet.face"]
    seen: dict[str, bytes] = {}
    while waiting:
        name = waiting.pop()
        base = package.joinpath(*name.split(".")[1:])
        path = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
        if name in seen or not path.is_file():
            continue
        seen[name] = path.read_bytes()
        found = re.findall(rb"aimanet\.(?:synthesis(?:\.\w+)?|face\w*)", seen[name])
        waiting += [each.decode() for each in found]
    digest = hashlib.sha256()
    for name in sorted(seen):
        digest.update(name.encode() + b"\0" + hashlib.sha256(seen[name]).digest())
    return digest.hexdigest()[:12]
