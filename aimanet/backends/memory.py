"""Which backend won here before: a small file in the user's cache folder.

It is a hint and nothing more. Missing, damaged, somebody else's or not to be written: the backends
are measured again, and nobody is bothered. What it names is one of the candidates or is ignored.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import platform
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import platformdirs

from aimanet.backends.base import Candidate
from aimanet.checkpoint import write_whole
from aimanet.errors import OutputError
from aimanet.preprocess import Recipe

NAME = "backends.json"
CACHE_VAR = "AIMANET_CACHE_DIR"

_KEPT = 16
"""Choices that are kept: recipes, versions and numbers of threads do not pile up for ever."""

_MAX_BYTES = 1 << 16


def place() -> Path:
    """The file: in ``AIMANET_CACHE_DIR``, else in the user's cache folder."""
    named = os.environ.get(CACHE_VAR)
    folder = Path(named).expanduser() if named else None
    return (folder or platformdirs.user_cache_path("AimaNet", appauthor=False)) / NAME


def key(field: list[Candidate], recipe: Recipe) -> str:
    """Stands for all that decides who is fastest: candidates, versions, network, processor."""
    versions = {}
    for name in sorted({candidate.backend for candidate in field}):
        with suppress(PackageNotFoundError):
            versions[name] = version(name)
    facts = [
        [dataclasses.astuple(candidate) for candidate in field],
        versions,
        dataclasses.asdict(recipe),
        _processor(),
        os.cpu_count(),
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def recall(key: str) -> Candidate | None:
    """The candidate that won under ``key``; None where nothing useful is known."""
    values = _read().get(key)
    try:
        backend, threads = str(values["backend"]), int(values["threads"])  # type: ignore[index]
    except (TypeError, KeyError, ValueError, OverflowError):
        return None
    return Candidate(backend, threads)


def remember(key: str, winner: Candidate) -> None:
    """Notes a winner; where that cannot be written it is measured again next time."""
    known = {k: v for k, v in _read().items() if k != key}
    kept = dict(list(known.items())[-(_KEPT - 1) :])
    kept[key] = {"backend": winner.backend, "threads": winner.threads}
    with suppress(OutputError, ValueError, TypeError):
        write_whole(place(), json.dumps(kept, indent=1).encode(), "the choice of backend")


def _read() -> dict[str, object]:
    try:
        with place().open("rb") as file:
            found = json.loads(file.read(_MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _processor() -> str:
    """The processor's name; on Linux `platform.processor` would start a program for it."""
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as file:
            return next((line for line in file if line.startswith("model name")), "")
    except OSError:
        return platform.processor()
