"""The models of this computer: ours, and those in the user's models folder, with their runs.

``NAME.safetensors`` is a model, ``NAME.md`` what its owner wrote about it, ``NAME.run/`` the
trainer's folder of the run that makes it. Only the head of a weights file is read here.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import platformdirs

from aimanet.errors import AimaNetError
from aimanet.files import parse_json
from aimanet.plausible import number
from app.training.runs import RunEntry, lock_file, read_run, run_folder
from app.training.standard_test import (
    RESULTS,
    TestResult,
    content_of,
    read_results,
    shipped_result,
    with_result,
)
from app.wording import one_line, readable

SUFFIX = ".safetensors"
FORMAT = "aimanet-tscan-"
_LONGEST_HEAD = 10_000_000
_LONGEST_NAME = 80


class LibraryError(AimaNetError):
    """A model cannot be read, renamed, copied or deleted."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a weights file says about itself."""

    name: str = ""
    origin: str = ""
    data: str = ""
    command: str = ""
    created: str = ""
    steps: int = 0
    figures: dict[str, float] = field(default_factory=dict)
    image_size: int = 36
    fs: float = 30.0


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model of the list. ``problem`` says why it cannot be used, "" where it can.

    ``test`` is its result in the standard test, None where this version has not tested it.
    """

    path: Path
    head: Head
    size: int = 0
    notes: str = ""
    shipped: bool = False
    run: RunEntry | None = None
    problem: str = ""
    test: TestResult | None = None

    @property
    def name(self) -> str:
        """What it is called."""
        return self.head.name if self.shipped else self.path.stem

    @property
    def mae_bpm(self) -> float | None:
        """The error in its last validation."""
        return self.head.figures.get("val_mae_bpm")


def models_folder() -> Path:
    """Where models go; ``AIMANET_MODELS_DIR`` names another folder."""
    override = os.environ.get("AIMANET_MODELS_DIR")
    if override:
        return Path(override).expanduser()
    return platformdirs.user_data_path("AimaNet", appauthor=False) / "models"


def shipped_model() -> Path:
    """The weights that come with the program."""
    # `aimanet.checkpoint.default_weights` says the same, and brings torch along.
    import aimanet

    package = Path(aimanet.__file__).resolve().parent
    checkout = package.parent / "models"
    folder = checkout if checkout.is_dir() else package / "_models"
    return folder / f"tscan{SUFFIX}"


def list_models(folder: Path) -> list[ModelEntry]:
    """Ours first, then the newest; runs without any weights yet are among them."""
    ours = _tested(read_model(shipped_model(), shipped=True), {}, None)
    try:
        paths = {p for p in folder.iterdir() if p.suffix == SUFFIX and not p.name.startswith(".")}
        runs = {p.with_suffix(SUFFIX) for p in folder.iterdir() if p.suffix == ".run"}
    except OSError:
        return [ours]
    results = read_results(folder)
    models = [read_model(path) for path in paths | {p for p in runs if read_run(p)}]
    found = [_tested(model, results, ours.test) for model in models]
    return [ours, *sorted(found, key=_newest, reverse=True)]


def _tested(
    model: ModelEntry, results: Mapping[str, TestResult], ours: TestResult | None
) -> ModelEntry:
    """The model with its result, where that is of the same version as our own weights'."""
    if model.problem:
        return model
    if model.shipped:
        return replace(model, test=shipped_result(model.path))
    try:
        content = content_of(model.path)
        same = content == content_of(shipped_model())
    except OSError:
        return model
    result = ours if same else results.get(content)
    if result is None or ours is None or result.version != ours.version:
        return model
    return replace(model, test=result)


def keep_result(folder: Path, model: ModelEntry, result: TestResult) -> None:
    """Keep what the standard test of ``model`` gave (LibraryError)."""
    try:
        content = content_of(model.path)
    except OSError as error:
        raise LibraryError(f"“{model.name}” cannot be read ({error.strerror})") from error
    data = with_result(read_results(folder), content, result)
    _write(folder / RESULTS, lambda file: file.write(data))


def _newest(entry: ModelEntry) -> tuple[float, str]:
    for path in (entry.path, run_folder(entry.path)):
        try:
            return (path.stat().st_mtime, entry.name)
        except OSError:
            pass
    return (0.0, entry.name)


def read_model(path: Path, *, shipped: bool = False) -> ModelEntry:
    """The model in ``path``; what is wrong with it goes into ``problem``."""
    run = None if shipped else read_run(path)
    notes = "" if shipped else _notes(path)
    try:
        size, head = path.stat().st_size, read_head(path)
    except FileNotFoundError:
        return ModelEntry(path, Head(), 0, notes, shipped, run, "it has no weights yet")
    except (OSError, LibraryError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return ModelEntry(path, Head(), 0, notes, shipped, run, reason or "it cannot be read")
    return ModelEntry(path, head, size, notes, shipped, run)


def read_head(path: Path) -> Head:
    """What a weights file says about itself (LibraryError, OSError)."""
    with path.open("rb") as file:
        values = _header(file, path)[0].get("__metadata__", {})
    try:
        if not str(values.get("format", "")).startswith(FORMAT):
            raise LibraryError(f"{path.name} holds no AimaNet weights")
        card, recipe = parse_json(values.get("card", "{}")), parse_json(values.get("recipe", "{}"))
        figures = {one_line(str(k)): number(v) for k, v in dict(card.get("figures", {})).items()}
        told = ("name", "origin", "data", "command", "created")
        words = {key: readable(str(card.get(key, ""))) for key in told}
        return Head(
            **words,
            steps=int(number(card.get("steps", 0), "frames")),
            figures=figures,
            image_size=int(number(recipe.get("image_size", 36), "width")),
            fs=number(recipe.get("fs", 30.0), "fs"),
        )
    except (ValueError, TypeError, AttributeError) as error:
        raise LibraryError(f"the card in {path.name} is damaged") from error


def _header(file: BinaryIO, path: Path) -> tuple[dict[str, Any], int]:
    """The head of a safetensors file, and where the numbers begin."""
    try:
        (length,) = struct.unpack("<Q", file.read(8))
        if length > _LONGEST_HEAD:
            raise ValueError("too long")
        head = json.loads(file.read(length))
        if not isinstance(head, dict) or not isinstance(head.get("__metadata__", {}), dict):
            raise ValueError("not a table")
    except (struct.error, ValueError, RecursionError) as error:
        raise LibraryError(f"{path.name} is no readable safetensors file") from error
    return head, 8 + length


def _notes(path: Path) -> str:
    try:
        return path.with_suffix(".md").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


# --- names ------------------------------------------------------------------------------------


def file_name(name: str) -> str:
    """A file's stem for what people call a model."""
    kept = re.sub(r"[^\w .()+-]+", "-", " ".join(name.split())).strip(" .-")
    return kept[:_LONGEST_NAME].strip(" .-")


def free_path(folder: Path, name: str) -> Path:
    """A place in ``folder`` for a new model that overwrites nothing."""
    stem = file_name(name) or "model"
    number, path = 1, folder / f"{stem}{SUFFIX}"
    while path.exists() or run_folder(path).exists():
        number += 1
        path = folder / f"{stem}-{number}{SUFFIX}"
    return path


# --- changing ---------------------------------------------------------------------------------


def rename(entry: ModelEntry, name: str) -> Path:
    """Call a model, with its notes and its run, something else; returns its new place."""
    stem = file_name(name)
    if not stem:
        raise LibraryError("a model needs a name with a letter or a digit in it")
    new = entry.path.with_name(f"{stem}{SUFFIX}")
    if new == entry.path:
        return new
    if new.exists() or run_folder(new).exists():
        raise LibraryError(f"there is a model called “{stem}” already: choose another name")
    if entry.path.exists() and not entry.problem:
        _copy_with_name(entry.path, new, stem)
        _told(entry.path.unlink, f"“{entry.name}” cannot be renamed")
    notes = (entry.path.with_suffix(".md"), new.with_suffix(".md"))
    for old, now in ((run_folder(entry.path), run_folder(new)), notes):
        if old.exists():
            _told(partial(os.replace, old, now), f"{old.name} cannot be renamed")
    return new


def describe(entry: ModelEntry, notes: str) -> None:
    """Keep what its owner says about a model; "" forgets it."""
    path = entry.path.with_suffix(".md")
    if not notes.strip():
        _told(lambda: path.unlink(missing_ok=True), "the notes cannot be removed")
    else:
        _write(path, lambda file: file.write(notes.strip().encode() + b"\n") and None)


def delete(entry: ModelEntry) -> None:
    """The weights, the notes and the run."""
    if entry.shipped:
        raise LibraryError("the weights that come with AimaNet stay")
    run = run_folder(entry.path)
    folders = [run, run.with_name(run.name + ".old")]
    files = [entry.path, entry.path.with_suffix(".md"), lock_file(entry.path)]
    for path in files:
        _told(partial(path.unlink, missing_ok=True), f"{path.name} cannot be deleted")
    for path in folders:
        if path.exists():
            _told(partial(shutil.rmtree, path), f"{path.name} cannot be deleted")


def copy_in(path: Path, folder: Path) -> Path:
    """A copy of somebody's AimaNet weights among our models."""
    try:
        read_head(path)
    except OSError as error:
        raise LibraryError(f"{path} cannot be read ({error.strerror})") from error
    new = free_path(folder, path.stem)
    _copy_with_name(path, new, new.stem)
    return new


def copy_out(entry: ModelEntry, path: Path) -> None:
    """A copy of the weights elsewhere."""
    if path.exists() and path.resolve() == entry.path.resolve():
        raise LibraryError(f"{path} is the model itself: choose another place")
    _copy_with_name(entry.path, path, entry.head.name)


def _copy_with_name(path: Path, new: Path, name: str) -> None:
    """The weights in ``path`` as ``new``, with ``name`` on their card; whole or not at all."""
    try:
        with path.open("rb") as file:
            head, start = _header(file, path)
            card = json.loads(head["__metadata__"]["card"])
            head["__metadata__"]["card"] = json.dumps({**card, "name": name})
            blob = json.dumps(head, separators=(",", ":")).encode()
            blob += b" " * (-len(blob) % 8)

            def fill(out: BinaryIO) -> None:
                out.write(struct.pack("<Q", len(blob)) + blob)
                file.seek(start)
                shutil.copyfileobj(file, out)

            _write(new, fill)
    except (OSError, KeyError, ValueError, TypeError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or "its card is damaged"
        raise LibraryError(f"{path.name} cannot be copied to {new} ({reason})") from error


def _write(path: Path, fill: Callable[[BinaryIO], object]) -> None:
    """``fill`` a file that takes the place of ``path`` when it is complete."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                fill(file)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(part, 0o644)
            os.replace(part, path)
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise LibraryError(f"{path} cannot be written ({error.strerror})") from error


def _told(action: Callable[[], object], what: str) -> None:
    try:
        action()
    except OSError as error:
        raise LibraryError(f"{what} ({error.strerror})") from error
