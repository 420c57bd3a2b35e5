"""One folder of the cache and what its ``meta.json`` says.

    <folder>/<data set>/<name>-<key>/crops.f16     raw float16, (N, S, S, 3)
                                     frames.npz    t, starts, gap_s, ppg, hr_bpm, each (N,)
                                     meta.json     `Meta`, written last

The key stands for the recording's full name, its place on disk and the grid; a data set that moved
is recognised by content (`prepare`).
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from aimanet.datasets.base import Recording
from aimanet.datasets.cached import Grid
from aimanet.datasets.content import Fingerprint
from aimanet.errors import AimaNetError
from aimanet.file_lock import FileLock

FORMAT = 1
"""How an entry is laid out on disk."""

CROPPING = 2
"""Raise it when face detection, box or window code gives other crops than before."""

LABELLING = 1
"""Raise it when `align.on_grid` gives other values than before: crops stay, labels are redone."""

CROPS, FRAMES, META = "crops.f16", "frames.npz", "meta.json"


class CacheError(AimaNetError):
    """A recording is not in the cache, or what is there is not to be trusted."""


@dataclass(frozen=True, slots=True)
class Meta:
    """What one entry holds and what it was made from.

    ``crops`` N in the files; ``frames`` of the video, ``faceless`` of them without a face;
    ``seconds`` of video. ``reason`` says why there is nothing to train on ("" where there is).
    ``kind`` and ``drift_s`` are the label's (`Label`). ``video`` is where the video was;
    ``reader`` the data set reader's version, ``detector`` a face model of the user's own.
    """

    dataset: str
    name: str
    subject: str
    tags: tuple[tuple[str, str], ...]
    grid: Grid
    video: str
    sources: Fingerprint
    crops: int = 0
    frames: int = 0
    faceless: int = 0
    seconds: float = 0.0
    reason: str = ""
    kind: str = ""
    drift_s: float | None = None
    reader: int = 1
    detector: str = ""
    format: int = FORMAT
    cropping: int = CROPPING
    labelling: int = LABELLING

    @property
    def key(self) -> str:
        """``dataset/name``."""
        return f"{self.dataset}/{self.name}"

    @property
    def crop_bytes(self) -> int:
        """Size of the file of crops."""
        return self.crops * self.grid.image_size**2 * 3 * 2

    @property
    def is_current(self) -> bool:
        """Whether this version of the code would have made the same."""
        made = (self.format, self.cropping, self.labelling)
        return made == (FORMAT, CROPPING, LABELLING)


def entry_place(folder: Path, recording: Recording, grid: Grid) -> Path:
    """Where the entry of ``recording`` on ``grid`` belongs."""
    video, side, fs = real(recording.video), int(grid.image_size), float(grid.fs)
    what = [recording.dataset, recording.name, video, side, fs]
    key = blake2b(json.dumps(what).encode(), digest_size=6).hexdigest()
    return folder / clean(recording.dataset) / f"{clean(recording.name)}-{key}"


def real(path: Path) -> str:
    """A path without links, as text."""
    return os.path.realpath(path)


def clean(name: str) -> str:
    """A name that every file system takes; different names may become the same."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name)[:60].strip("._") or "_"


def entries_of(folder: Path, dataset: str, name: str, grid: Grid) -> Iterator[tuple[Path, Meta]]:
    """The whole entries of that name on that grid, wherever their videos were."""
    for path in sorted((folder / clean(dataset)).glob(f"{clean(name)}-*/{META}")):
        try:
            meta = load_meta(path.parent)
        except CacheError:
            continue
        if (meta.dataset, meta.name, meta.grid) == (dataset, name, grid):
            yield path.parent, meta


def load_meta(place: Path) -> Meta:
    """Reads ``meta.json``.

    Raises:
        FileNotFoundError: there is none.
        CacheError: it is damaged or of another version of the layout.
    """
    try:
        return _parse(json.loads((place / META).read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileNotFoundError(place) from error
    except OSError as error:
        raise CacheError(f"cannot read {shown(place / META)}: {error.strerror}") from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise CacheError(f"{shown(place / META)} is damaged: delete {shown(place)}") from error


def lock_of(place: Path) -> FileLock:
    """The lock that whoever writes an entry holds."""
    advice = "set AIMANET_CACHE_DIR to another folder"
    return FileLock(place.with_name(f".{place.name}.lock"), ("the cache", advice))


def save_meta(place: Path, meta: Meta) -> None:
    """Writes ``meta.json``, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    part = place / f".{META}.{os.getpid()}"
    try:
        with part.open("w", encoding="utf-8") as file:
            file.write(json.dumps(dataclasses.asdict(meta), indent=1) + "\n")
            file.flush()
            os.fsync(file.fileno())
        part.replace(place / META)
    finally:
        part.unlink(missing_ok=True)


def remember(place: Path, was: Meta, now: Meta) -> None:
    """Renews an entry's meta where that is possible: a reader may lack the right, or be late."""
    lock = lock_of(place)
    try:
        if lock.try_take() and load_meta(place) == was:
            save_meta(place, now)
    except (OSError, AimaNetError):
        pass  # it was only to save the next reader some work
    finally:
        lock.release()


def shown(path: Path | str) -> str:
    """A path for a message, also where its bytes are no UTF-8."""
    return str(path).encode("utf-8", "replace").decode("utf-8")


def _parse(values: dict[str, Any]) -> Meta:
    if values["format"] != FORMAT:
        raise CacheError(
            f"{values.get('dataset')}/{values.get('name')} was cached by another version of "
            "AimaNet: run `aimanet datasets prepare` again"
        )
    sources = values.pop("sources")
    sources["files"] = tuple(sources["files"])
    grid = values.pop("grid")
    tags = tuple((str(k), str(v)) for k, v in values.pop("tags"))
    meta = Meta(
        **values,
        tags=tags,
        sources=Fingerprint(**sources),
        grid=Grid(int(grid["image_size"]), float(grid["fs"])),
    )
    if min(meta.crops, meta.frames, meta.faceless) < 0:
        raise ValueError("a count is negative")
    return meta
